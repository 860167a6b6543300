"""What each side reads of its recommendations."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from access.actor import Actor
from access.lists.recommendations import Filters, detail, for_counterpart, for_firm, overview
from access.lookups import NotVisible
from access.rules import NotAllowed
from models.organization import Organization
from models.recommendation import PairSignal, Recommendation
from tests.factories import (
    actor_of,
    make_chain,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_pairing,
    make_product_line,
    make_profile,
    make_purchase_need,
    make_user,
)
from vocabulary.classifications import Side, SignalKind
from vocabulary.lifecycles import PairingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.reasons import PairState
from vocabulary.roles import OrganizationKind
from workflows.recommendations import refresh_demand

TODAY = date(2026, 6, 15)


def actor(session: Session, organization: Organization) -> Actor:
    return actor_of(make_user(session, organization), organization)


@pytest.fixture
def finance(session: Session) -> tuple[Any, Any, Actor, Actor]:
    """A firm's need, three products of one bank (the last one too small) and an actor of each side."""
    firm, bank = make_organization(session), make_organization(session, OrganizationKind.BANK)
    make_profile(session, firm, contact_phone="13900001111", revenue_fen=3_217 * FEN_PER_WAN, profit_fen=987_654)
    need = make_financing_need(session, firm)
    products = [make_loan_product(session, bank, rate_to_bps=rate) for rate in (700, 450)]
    products.append(make_loan_product(session, bank, max_amount_fen=100 * FEN_PER_WAN))
    refresh_demand(session, need.id, today=TODAY)
    return need, products, actor(session, firm), actor(session, bank)


@pytest.fixture
def supply(session: Session) -> tuple[Any, Any, Actor, Actor]:
    """A need of a buyer that hides its name, a product line, the buyer's and the firm's actors."""
    firm = make_organization(session)
    buyer = make_organization(session, OrganizationKind.BUYER, legal_name="神秘电缆有限公司")
    make_profile(session, firm)
    line = make_product_line(session, firm)
    need = make_purchase_need(session, buyer, hide_name=True)
    refresh_demand(session, need.id, today=TODAY)
    return need, line, actor(session, buyer), actor(session, firm)


def test_a_firm_reads_the_best_first_and_the_near_miss_last(session: Session, finance: Any) -> None:
    need, products, firm, bank = finance
    listing = for_firm(session, firm, need.public_id, size=50)
    assert [line.supply_public_id for line in listing.lines] == [
        products[1].public_id,
        products[0].public_id,
        products[2].public_id,
    ]
    assert [line.rank for line in listing.lines] == [1, 2, 3]
    assert listing.lines[-1].first_closed_gate == "amount"
    assert listing.lines[0].counterpart == bank.organization_name
    assert len(listing.lines[0].strongest) == 2
    assert listing.total == 3


def test_filters_and_pages_keep_the_rank_of_a_pair(session: Session, finance: Any) -> None:
    need, _, firm, _ = finance
    closed = for_firm(session, firm, need.public_id, filters=Filters(state=PairState.CLOSED), size=50)
    assert [(line.rank, line.state) for line in closed.lines] == [(3, PairState.CLOSED)]
    second = for_firm(session, firm, need.public_id, page=2, size=2)
    assert (second.total, [line.rank for line in second.lines]) == (3, [3])
    assert for_firm(session, firm, need.public_id, filters=Filters(q="没有的名字"), size=50).total == 0


def test_a_bank_finds_firms_by_region_and_industry(session: Session, finance: Any) -> None:
    _, products, _, bank = finance
    for filters, total in (
        (Filters(region="4304", industry="32"), 1),
        (Filters(industry="C"), 1),
        (Filters(region="11"), 0),
        (Filters(industry="A"), 0),
    ):
        assert for_counterpart(session, bank, products[0].public_id, filters=filters, size=50).total == total


def test_postings_of_others_are_not_visible(session: Session, finance: Any) -> None:
    need, products, firm, bank = finance
    with pytest.raises(NotVisible):
        for_firm(session, firm, products[0].public_id, size=50)
    with pytest.raises(NotAllowed):
        for_firm(session, bank, need.public_id, size=50)
    stranger = actor(session, make_organization(session))
    row = session.exec(select(Recommendation)).first()
    assert row is not None
    with pytest.raises(NotVisible):
        detail(session, stranger, row.public_id)


def test_a_bank_reads_bands_and_never_a_figure_or_a_contact(session: Session, finance: Any) -> None:
    _, products, _, bank = finance
    (line,) = for_counterpart(session, bank, products[1].public_id, size=50).lines
    page = detail(session, bank, line.public_id)
    shown = {value.name: value for value in page.demand_party.values}
    assert (shown["revenue_fen"].value, shown["revenue_fen"].scale) == (4, "revenue")
    assert shown["main_products"].value == "裸铜线、镀锡铜线"
    for secret in ("3217", str(3_217 * FEN_PER_WAN), "13900001111", "987654"):
        assert secret not in repr(page)
    assert sum(part["points"] for part in page.contributions) == pytest.approx(line.score, abs=1e-9)


def test_a_buyer_never_reads_credit_fields(session: Session, supply: Any) -> None:
    need, _, buyer, _ = supply
    (line,) = for_counterpart(session, buyer, need.public_id, size=50).lines
    names = {value.name for value in detail(session, buyer, line.public_id).supply_party.values}
    assert "revenue_fen" in names
    assert not names & {"tax_grade", "guarantee_methods", "collateral_value_fen", "tax_paid_fen"}


def test_a_hidden_buyer_is_neither_shown_nor_found_before_the_introduction(session: Session, supply: Any) -> None:
    need, line, _, firm = supply
    (shown,) = for_firm(session, firm, line.public_id, size=50).lines
    assert shown.counterpart is None
    assert "神秘" not in repr(detail(session, firm, shown.public_id))
    assert for_firm(session, firm, line.public_id, filters=Filters(q="神秘"), size=50).total == 0
    make_pairing(
        session, need, line, make_chain(session), status=PairingStatus.INTRODUCED, decided_by_id=firm.user_id,
        introduced_at=need.created_at,
    )  # fmt: skip
    (introduced,) = for_firm(session, firm, line.public_id, size=50).lines
    assert (introduced.counterpart, introduced.pairing_status) == ("神秘电缆有限公司", PairingStatus.INTRODUCED)


def test_what_the_other_side_said_stays_private_until_it_is_mutual(session: Session, finance: Any) -> None:
    need, products, firm, bank = finance

    def say(speaker: Actor, side: Side, kind: SignalKind) -> None:
        session.add(
            PairSignal(
                demand_id=need.id, supply_id=products[1].id, side=side, kind=kind,
                by_user_id=speaker.user_id, by_organization_id=speaker.organization_id,
            )
        )  # fmt: skip
        session.flush()

    make_pairing(session, need, products[1], make_chain(session))
    say(bank, Side.SUPPLY, SignalKind.INTEREST)
    say(bank, Side.SUPPLY, SignalKind.DISMISS)
    best = for_firm(session, firm, need.public_id, size=50).lines[0]
    assert (best.is_interested, best.is_mutual, best.is_dismissed, best.pairing_status) == (False, False, False, None)
    say(firm, Side.DEMAND, SignalKind.INTEREST)
    best = for_firm(session, firm, need.public_id, size=50).lines[0]
    assert (best.is_mutual, best.pairing_status) == (True, PairingStatus.PROPOSED)
    assert for_counterpart(session, bank, products[1].public_id, size=50).total == 0
    everything = Filters(with_dismissed=True)
    assert for_counterpart(session, bank, products[1].public_id, filters=everything, size=50).total == 1


def test_the_overview_counts_the_states_of_open_postings(session: Session, finance: Any) -> None:
    need, products, firm, bank = finance
    (summary,) = overview(session, firm)
    assert summary.public_id == need.public_id
    assert summary.counts == {PairState.ELIGIBLE: 2, PairState.CLOSED: 1}
    assert [entry.public_id for entry in overview(session, bank)] == [product.public_id for product in products]


def test_a_failed_run_is_told_and_an_old_address_leads_to_the_present_row(
    session: Session, finance: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    need, products, firm, _ = finance
    old = for_firm(session, firm, need.public_id, size=50).lines[0]
    products[1].title = "铜线贷"
    session.flush()
    refresh_demand(session, need.id, today=TODAY)
    page = detail(session, firm, old.public_id)
    assert page.line.public_id != old.public_id
    assert page.line.supply_title == "铜线贷"
    assert page.failed_at is None
    monkeypatch.setattr("matchmaking.Recommender.recommend", lambda *_: 1 / 0)
    refresh_demand(session, need.id, today=TODAY)
    listing = for_firm(session, firm, need.public_id, size=50)
    assert listing.failed_at is not None
    assert listing.total == 3


def test_queries_do_not_grow_with_the_rows(session: Session, finance: Any) -> None:
    need, _, firm, _ = finance
    statements: list[str] = []
    event.listen(session.connection(), "before_cursor_execute", lambda *args: statements.append(args[2]))
    one = for_firm(session, firm, need.public_id, size=1)
    n_for_one = len(statements)
    for_firm(session, firm, need.public_id, size=50)
    assert len(statements) == 2 * n_for_one <= 12
    del statements[:]
    session.expire_all()
    detail(session, firm, one.lines[0].public_id)
    assert len(statements) <= 12
