"""The pages of loan products."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlmodel import Session, select

from models.capacity import BranchCapacity
from models.loan_product import LoanProduct, LoanProductVersion
from models.posting import Supply
from tests.factories import make_loan_product, make_organization, make_product_line, make_user
from vocabulary.lifecycles import PostingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind
from workflows.calendar import today


def _filled(**values: object) -> dict[str, object]:
    return {
        "title": "铜业流动资金贷款", "branch": "常宁支行", "min_amount_fen": "10", "max_amount_fen": "1000",
        "min_term_months": "3", "max_term_months": "36", "rate_from_bps": "3.45", "rate_to_bps": "4.5",
        "repayment": "bullet", "purposes": ["working_capital"], "guarantee_methods": ["mortgage", "pledge"],
        "regions": "430400", "target_industries": "32、3251", "tax_grades": ["A", "B"], "size_bands": ["2", "3"],
        "min_months_in_operation": "24", "min_revenue_band": "2", "max_debt_ratio_band": "5",
        "expires_on": (today() + timedelta(days=365)).isoformat(), "action": "publish",
    } | values  # fmt: skip


@pytest.fixture
def officer(session: Session, sign_in_as) -> FlaskClient:
    return sign_in_as(make_user(session, make_organization(session, OrganizationKind.BANK)))


def test_a_product_is_published_with_limits_kept_as_band_levels(officer: FlaskClient, session: Session) -> None:
    answer = officer.post("/loan-products/new", data=_filled())
    assert answer.status_code == 303
    terms = session.exec(select(LoanProductVersion)).one()
    assert (terms.version, terms.max_amount_fen, terms.rate_to_bps) == (1, 1_000 * FEN_PER_WAN, 450)
    assert (terms.min_revenue_band, terms.max_debt_ratio_band, terms.size_bands) == (2, 5, [2, 3])
    assert (terms.regions, terms.target_industries) == (["430400"], ["32", "3251"])
    product = session.exec(select(LoanProduct)).one()
    assert product.branch == "常宁支行"
    assert session.exec(select(BranchCapacity.branch, BranchCapacity.visits_per_week)).all() == [("常宁支行", None)]
    assert session.exec(select(Supply)).one().status is PostingStatus.OPEN
    page = officer.get(answer.location).text
    for text in ("500 万元 – 1,000 万元", "60% – 70%", "4.50%", "常宁支行", "抵押、质押"):
        assert text in page


@pytest.mark.parametrize(
    ("name", "typed"), [("min_revenue_band", "8"), ("max_debt_ratio_band", "-1"), ("size_bands", "9")]
)
def test_a_limit_off_the_band_edges_is_refused(officer: FlaskClient, session: Session, name: str, typed: str) -> None:
    answer = officer.post("/loan-products/new", data=_filled(**{name: typed}))
    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text
    assert session.exec(select(Supply)).all() == []


@pytest.mark.parametrize("typed", ["很高", "2.5"])
def test_a_band_that_is_no_level_at_all_is_refused_not_a_crash(officer: FlaskClient, typed: str) -> None:
    assert officer.post("/loan-products/new", data=_filled(min_revenue_band=typed)).status_code == 422


def test_changed_terms_are_a_second_version_and_the_first_can_still_be_read(
    officer: FlaskClient, session: Session
) -> None:
    address = officer.post("/loan-products/new", data=_filled()).location
    edited = _filled(rate_to_bps="5.25", version="1", action="save")
    assert officer.post(f"{address}/edit", data=edited).status_code == 303
    rates = select(LoanProductVersion.version, LoanProductVersion.rate_to_bps).order_by(LoanProductVersion.version)
    assert session.exec(rates).all() == [(1, 450), (2, 525)]
    page = officer.get(f"{address}/versions").text
    assert page.index("第 2 版") < page.index("5.25%") < page.index("第 1 版") < page.index("4.50%")


def test_an_unchanged_form_makes_no_version(officer: FlaskClient, session: Session) -> None:
    address = officer.post("/loan-products/new", data=_filled()).location
    officer.post(f"{address}/edit", data=_filled(version="1", action="save"))
    assert [terms.version for terms in session.exec(select(LoanProductVersion)).all()] == [1]


def test_crossed_ranges_are_named_beside_the_upper_field(officer: FlaskClient) -> None:
    answer = officer.post("/loan-products/new", data=_filled(max_amount_fen="5", rate_to_bps="3"))
    assert answer.status_code == 422
    assert 'id="max_amount_fen-error"' in answer.text
    assert 'id="rate_to_bps-error"' in answer.text


def test_products_of_other_banks_and_product_lines_do_not_exist_here(officer: FlaskClient, session: Session) -> None:
    foreign = make_loan_product(session, make_organization(session, OrganizationKind.BANK)).public_id
    line = make_product_line(session, make_organization(session)).public_id
    session.commit()
    for public_id in (foreign, line):
        for page in ("", "/edit", "/versions"):
            assert officer.get(f"/loan-products/{public_id}{page}").status_code == 404


def test_an_enterprise_posts_no_loan_products(session: Session, sign_in_as) -> None:
    client = sign_in_as(make_user(session, make_organization(session)))
    assert client.get("/loan-products").status_code == 403
    assert client.post("/loan-products/new", data=_filled()).status_code == 403
    assert session.exec(select(Supply)).all() == []


def test_an_industry_whose_name_holds_the_separator_survives_editing(officer: FlaskClient, session: Session) -> None:
    address = officer.post("/loan-products/new", data=_filled(target_industries="37、3251")).location
    shown = "37 铁路、船舶、航空航天和其他运输设备制造业、3251 铜压延加工"
    assert f'value="{shown}"' in officer.get(f"{address}/edit").text
    edited = _filled(target_industries=shown, version="1", action="save")
    assert officer.post(f"{address}/edit", data=edited).status_code == 303
    assert [each.target_industries for each in session.exec(select(LoanProductVersion)).all()] == [["37", "3251"]]


def test_a_region_kept_as_a_prefix_is_named_and_survives_editing(officer: FlaskClient, session: Session) -> None:
    officer.post("/loan-products/new", data=_filled(regions="4304"))
    terms = session.exec(select(LoanProductVersion)).one()
    assert terms.regions == ["430400"]
