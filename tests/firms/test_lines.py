"""The pages of product lines."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlmodel import Session, select

from models.posting import Supply
from models.product_line import ProductLine
from tests.factories import make_organization, make_product_line, make_user
from vocabulary.lifecycles import PostingStatus
from vocabulary.roles import OrganizationKind
from workflows.calendar import today


def _filled(**values: object) -> dict[str, object]:
    return {
        "title": "裸铜线", "category_code": "3251", "specification": "2.6mm", "standards": "gb/t3953-2009、IEC 60228",
        "unit": "tonne", "yearly_capacity_milli": "18,000", "spare_capacity_milli": "3000", "lead_time_days": "30",
        "delivers_to": "430000、430400", "unit_price_fen": "7.2",
        "expires_on": (today() + timedelta(days=365)).isoformat(), "action": "publish",
    } | values  # fmt: skip


@pytest.fixture
def filer(session: Session, sign_in_as) -> FlaskClient:
    return sign_in_as(make_user(session, make_organization(session)))


def test_a_line_is_published_with_standards_in_one_spelling(filer: FlaskClient, session: Session) -> None:
    answer = filer.post("/product-lines/new", data=_filled())
    assert answer.status_code == 303
    line = session.exec(select(ProductLine)).one()
    assert (line.standards, line.yearly_capacity_milli, line.spare_capacity_milli) == (
        ["GB/T 3953-2009", "IEC 60228"], 18_000_000, 3_000_000,
    )  # fmt: skip
    assert session.exec(select(Supply)).one().status is PostingStatus.OPEN
    page = filer.get(answer.location).text
    assert "18,000 吨" in page
    assert "3251" in page


def test_spare_capacity_above_the_yearly_is_refused_beside_the_field(filer: FlaskClient, session: Session) -> None:
    answer = filer.post("/product-lines/new", data=_filled(spare_capacity_milli="20000", action="save"))
    assert answer.status_code == 422
    assert 'id="spare_capacity_milli-error"' in answer.text
    assert "不能大于年产能" in answer.text
    assert 'value="20000"' in answer.text
    assert session.exec(select(Supply)).all() == []


def test_an_unknown_region_is_named(filer: FlaskClient) -> None:
    answer = filer.post("/product-lines/new", data=_filled(delivers_to="430400、火星"))
    assert answer.status_code == 422
    assert "列表中没有：火星。" in answer.text


def test_the_edit_form_shows_what_is_stored_in_a_form_it_reads_again(filer: FlaskClient, session: Session) -> None:
    answer = filer.post("/product-lines/new", data=_filled())
    form = filer.get(f"{answer.location}/edit").text
    assert 'value="GB/T 3953-2009、IEC 60228"' in form
    assert 'value="430000 湖南省、430400 衡阳市"' in form
    again = _filled(delivers_to="430000 湖南省、430400 衡阳市", version="1", action="save")
    assert filer.post(f"{answer.location}/edit", data=again).status_code == 303
    assert session.exec(select(ProductLine)).one().delivers_to == ["430000", "430400"]


def test_lines_of_other_firms_do_not_exist_and_buyers_have_none(
    filer: FlaskClient, session: Session, sign_in_as
) -> None:
    foreign = make_product_line(session, make_organization(session)).public_id
    session.commit()
    assert filer.get(f"/product-lines/{foreign}").status_code == 404
    buyer = sign_in_as(make_user(session, make_organization(session, OrganizationKind.BUYER)))
    assert buyer.get("/product-lines").status_code == 403
