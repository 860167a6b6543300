"""What the engine gets to read of the rows."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event
from sqlmodel import Session

from access.capacity import first_week
from models.base import now
from models.firm_profile import Certificate
from models.loan_product import LoanProduct
from tests.factories import (
    book_week,
    make_branch,
    make_chain,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_product_line,
    make_profile,
    make_purchase_need,
    make_recognition,
)
from vocabulary.classifications import Tier
from vocabulary.lifecycles import OrganizationStatus, PairingStatus, PostingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.roles import OrganizationKind
from workflows.facts import finance_demands, finance_supplies, supply_demands, supply_supplies

TODAY = date(2026, 6, 15)


def test_confidential_figures_reach_the_engine_as_bands_only(session: Session) -> None:
    firm = make_organization(session)
    make_profile(session, firm, revenue_fen=7_391 * FEN_PER_WAN, employees=83, collateral_value_fen=412 * FEN_PER_WAN)
    make_financing_need(session, firm)
    (facts,) = finance_demands(session, today=TODAY)
    assert (facts.revenue_band, facts.staff_band, facts.collateral_band) == (5, 3, 3)
    assert "7391" not in str(facts.to_dict())


def test_a_financing_need_is_described_by_the_need_first_and_then_the_firm(session: Session) -> None:
    firm = make_organization(session)
    make_profile(session, firm, main_products="镀锡铜线", introduction="老牌企业", tier=Tier.SRDI)
    make_recognition(session, firm)
    demand = make_financing_need(session, firm, max_annual_rate_bps=420)
    demand.text = "扩产"
    session.flush()
    (facts,) = finance_demands(session, today=TODAY)
    assert facts.text == "流动资金，扩产，镀锡铜线，老牌企业"
    assert facts.industry_path == ("C", "32", "325", "3251")
    assert facts.region_path == ("43", "4304", "430482")
    assert (facts.max_rate_bps, facts.tier, facts.purpose) == (420, "srdi", "working_capital")
    assert facts.is_verified is True


@pytest.mark.parametrize(
    ("claimed", "rows", "expected"),
    [
        (Tier.SRDI, [], None),
        (Tier.NONE, [], "none"),
        (None, [], None),
        (Tier.SRDI, [{"expires_on": TODAY}], "srdi"),
        (Tier.SRDI, [{"expires_on": TODAY - timedelta(days=1)}], "none"),
        (Tier.SRDI, [{"issued_on": TODAY + timedelta(days=1)}], "none"),
        (Tier.SRDI, [{"status": "filed"}], None),
        (Tier.SRDI, [{"status": "revoked", "revoked_reason": "复核未通过"}], "none"),
        (Tier.NONE, [{"kind": "little_giant"}, {"kind": "srdi"}], "little_giant"),
        (Tier.LITTLE_GIANT, [{"kind": "little_giant", "expires_on": TODAY - timedelta(days=1)}, {}], "srdi"),
        (Tier.NONE, [{"kind": "high_tech"}], "none"),
    ],
)
def test_only_verified_titles_valid_on_the_day_make_a_tier(session: Session, claimed, rows, expected) -> None:
    firm, other = make_organization(session), make_organization(session)
    make_profile(session, firm, tier=claimed)
    make_recognition(session, other, kind="champion")
    for values in rows:
        make_recognition(session, firm, **values)
    make_financing_need(session, firm)
    (facts,) = finance_demands(session, today=TODAY)
    assert facts.tier == expected


def test_a_firm_without_verified_profile_has_no_data_and_is_not_verified(session: Session) -> None:
    demand = make_financing_need(session, make_organization(session), guarantee_methods=[])
    (facts,) = finance_demands(session, today=TODAY, ids=[demand.id])
    assert facts.is_verified is False
    assert facts.revenue_band is None
    assert facts.industry_path is None
    assert facts.guarantee_methods is None


def test_only_open_postings_of_active_organizations_are_read(session: Session) -> None:
    firm = make_organization(session)
    shown = make_financing_need(session, firm)
    make_financing_need(session, firm).status = PostingStatus.PAUSED
    make_financing_need(session, make_organization(session, status=OrganizationStatus.SUSPENDED))
    make_purchase_need(session, firm)
    assert [facts.id for facts in finance_demands(session, today=TODAY)] == [shown.id]


def test_a_loan_product_is_read_at_its_current_terms(session: Session) -> None:
    bank = make_organization(session, OrganizationKind.BANK)
    supply = make_loan_product(session, bank, target_industries=["3251"], regions=["4304"], min_revenue_band=2)
    (facts,) = finance_supplies(session, today=TODAY)
    assert facts.id == supply.id
    assert facts.text == "流动资金贷款，铜压延加工"
    assert (facts.regions, facts.min_revenue_band, facts.remaining_visits) == (("4304",), 2, None)
    assert facts.is_open is True


def test_a_posting_past_its_last_day_is_not_open(session: Session) -> None:
    supply = make_loan_product(session, make_organization(session, OrganizationKind.BANK))
    supply.expires_on = TODAY - timedelta(days=1)
    session.flush()
    assert [facts.is_open for facts in finance_supplies(session, today=TODAY)] == [False]


def test_the_visits_of_a_branch_are_shared_by_its_products_and_count_four_weeks(session: Session) -> None:
    bank = make_organization(session, OrganizationKind.BANK)
    first, second = make_loan_product(session, bank), make_loan_product(session, bank)
    make_branch(session, bank, visits_per_week=2)
    book_week(session, first, TODAY)
    book_week(session, second, TODAY + timedelta(days=7), status=PairingStatus.WITHDRAWN)
    assert [facts.remaining_visits for facts in finance_supplies(session, today=TODAY)] == [7, 7]


def test_a_full_branch_says_what_binds_and_when_it_opens_again(session: Session) -> None:
    bank = make_organization(session, OrganizationKind.BANK)
    supply = make_loan_product(session, bank)
    make_branch(session, bank, visits_per_week=1)
    for week in range(4):
        book_week(session, supply, TODAY + timedelta(days=7 * week))
    (facts,) = finance_supplies(session, today=TODAY)
    assert (facts.remaining_visits, facts.capacity_bound) == (0, "visits")
    assert facts.capacity_from == first_week(TODAY) + timedelta(days=7)


def test_what_is_left_of_an_amount_is_the_highest_amount_until_less_is_left_than_the_lowest(session: Session) -> None:
    supply = make_loan_product(session, make_organization(session, OrganizationKind.BANK))
    product = session.get_one(LoanProduct, supply.id)
    product.quota_fen, product.quota_stated_at = 300 * FEN_PER_WAN, now()
    session.flush()
    (facts,) = finance_supplies(session, today=TODAY)
    assert (facts.max_amount_fen, facts.remaining_visits) == (300 * FEN_PER_WAN, None)
    product.quota_fen = 9 * FEN_PER_WAN
    session.flush()
    (facts,) = finance_supplies(session, today=TODAY)
    assert (facts.max_amount_fen, facts.remaining_visits) == (1_000 * FEN_PER_WAN, 0)
    assert (facts.capacity_bound, facts.capacity_from) == ("amount", None)


def test_a_purchase_need_names_its_category_in_its_text(session: Session) -> None:
    chain = make_chain(session)
    buyer = make_organization(session, OrganizationKind.BUYER, chain_id=chain.id)
    make_purchase_need(session, buyer, must_certificates=["iso9001"], delivery_region_code="430400")
    (facts,) = supply_demands(session)
    assert facts.text == "采购电工圆铜线，电工圆铜线 2.6mm，铜压延加工"
    assert facts.region_path == ("43", "4304")
    assert (facts.chain, facts.must_certificates) == (chain.code, ("iso9001",))


def test_certificates_count_until_the_day_they_expire(session: Session) -> None:
    firm = make_organization(session)
    make_profile(session, firm)
    for code, expires_on in (("iso9001", TODAY), ("iso14001", TODAY - timedelta(days=1)), ("ccc", None)):
        session.add(Certificate(organization_id=firm.id, code=code, expires_on=expires_on))
    make_product_line(session, firm)
    (facts,) = supply_supplies(session, today=TODAY)
    assert facts.certificates == ("ccc", "iso9001")


def test_no_certificate_of_a_verified_firm_is_known_and_of_another_is_not(session: Session) -> None:
    verified = make_organization(session)
    make_profile(session, verified)
    make_product_line(session, verified)
    make_product_line(session, make_organization(session), standards=[])
    first, second = supply_supplies(session, today=TODAY)
    assert (first.certificates, second.certificates) == ((), None)
    assert (first.standards, second.standards) == (("GB/T 3953",), None)
    assert (first.region_path, second.region_path) == (("43", "4304", "430482"), None)


def test_the_number_of_queries_does_not_grow_with_the_rows(session: Session) -> None:
    def count() -> int:
        statements: list[str] = []
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", lambda *args: statements.append(args[2]))
        supply_supplies(session, today=TODAY)
        finance_demands(session, today=TODAY)
        return len(statements)

    for _ in range(2):
        firm = make_organization(session)
        make_profile(session, firm)
        make_product_line(session, firm)
        make_financing_need(session, firm)
    few = count()
    for _ in range(5):
        make_product_line(session, make_organization(session))
    session.commit()
    assert count() == few == 5


def test_a_city_served_covers_its_counties(session):
    """Forms keep full codes of six digits; the engine compares prefixes."""
    bank = make_organization(session, OrganizationKind.BANK)
    make_loan_product(session, bank, regions=["430400", "430000", "430482"])
    (supply,) = finance_supplies(session, today=date(2026, 6, 1))
    assert supply.regions == ("4304", "43", "430482")
