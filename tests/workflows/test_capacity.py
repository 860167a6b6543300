"""What branches can take on: weeks given away, quotas, pauses, and who may state them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier

import pytest
from sqlmodel import Session, select

from access.capacity import Capacity, Visit, booking_weeks, capacities, first_week
from access.lists.capacity import outlook, visit_of
from access.lookups import NotVisible
from access.rules import NotAllowed
from models.audit_event import AuditEvent
from models.base import now
from models.capacity import BranchCapacity, VisitSlot
from models.loan_product import LoanProduct
from models.organization import Membership, Organization
from models.pairing import Pairing
from models.posting import Supply
from models.session import unit_of_work
from tests import factories
from tests.workflows.test_verdicts import REASON, World
from vocabulary.lifecycles import PairingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.planning import CapacityBound
from vocabulary.roles import OrganizationKind, Role
from workflows import bulk_verdicts, capacity, next_lender, pairings, recommendations, verdicts
from workflows.bulk_verdicts import Obstacle
from workflows.calendar import today
from workflows.errors import ChangedMeanwhile, NotComplete

MONDAY = date(2026, 11, 23)
WEEK = timedelta(days=7)


class Bank:
    """A bank whose branch makes two visits a week, and firms that want its product."""

    def __init__(self, session: Session, *, visits_per_week: int | None = 2) -> None:
        self.session = session
        self.world = World(session)
        self.row: Organization = self.world.counterpart_row
        self.supply: Supply = self.world.supply
        self.branch = factories.make_branch(session, self.row, visits_per_week=visits_per_week)
        self.officer = factories.actor_of(factories.make_user(session, self.row), self.row)

    @property
    def product(self) -> LoanProduct:
        return self.session.get_one(LoanProduct, self.supply.id)

    def pairing(self, *, amount_fen: int = 500 * FEN_PER_WAN) -> Pairing:
        """A pairing of a new firm that has consented."""
        world = World(self.session)
        world.counterpart_row, world.supply = self.row, self.supply
        world.chain, world.office = self.world.chain, self.world.office
        world.demand = factories.make_financing_need(self.session, world.firm_row, amount_fen=amount_fen)
        world.consent()
        return world.pairing()

    def confirm(self, pairing: Pairing) -> None:
        self.world.confirm(pairing)

    def week(self, pairing: Pairing) -> date | None:
        visit = visit_of(self.session, pairing)
        return visit and visit.week

    def refused(self, pairing: Pairing) -> str:
        """Why the pairing cannot be confirmed."""
        with pytest.raises(NotComplete) as refusal:
            self.confirm(pairing)
        assert pairing.status is PairingStatus.PROPOSED
        return refusal.value.problems["capacity"]

    def state(self, **values: object) -> None:
        present = {"quota_firms": None, "quota_fen": None, "paused_until": None, "pause_reason": ""}
        version = self.product.capacity_version
        capacity.set_product(
            self.session, self.officer, self.supply, **{"version": version, "on": today(), **present, **values}
        )


def lender(**values: object) -> Capacity:
    return Capacity(supply_id=1, **values)


def test_from_saturday_on_the_first_week_is_the_next_one() -> None:
    days = [MONDAY + timedelta(days=n) for n in range(7)]
    assert [first_week(day) for day in days] == [MONDAY] * 5 + [MONDAY + WEEK] * 2


def test_a_lender_without_limits_visits_this_week() -> None:
    assert lender().visit(MONDAY) == Visit(MONDAY, None)
    assert lender().remaining(MONDAY) is None


def test_a_full_week_passes_the_visit_on_and_says_why() -> None:
    full = lender(visits_per_week=2, booked={MONDAY: 2, MONDAY + WEEK: 2})
    assert full.visit(MONDAY) == Visit(MONDAY + 2 * WEEK, CapacityBound.VISITS)
    assert full.remaining(MONDAY) == 4


def test_four_full_weeks_refuse_the_visit_until_the_next_monday() -> None:
    full = lender(visits_per_week=1, booked=dict.fromkeys(booking_weeks(MONDAY), 1))
    assert full.visit(MONDAY) == Visit(None, CapacityBound.VISITS)
    assert (full.remaining(MONDAY), full.opens_on(MONDAY)) == (0, MONDAY + WEEK)


def test_a_pause_to_thursday_leaves_the_friday_and_one_to_friday_leaves_the_next_week() -> None:
    assert lender(paused_until=MONDAY + timedelta(days=3)).visit(MONDAY) == Visit(MONDAY, None)
    until_friday = lender(paused_until=MONDAY + timedelta(days=4))
    assert until_friday.visit(MONDAY) == Visit(MONDAY + WEEK, CapacityBound.PAUSE)


def test_a_pause_of_a_month_refuses_the_visit_and_names_the_day_after() -> None:
    paused = lender(paused_until=MONDAY + timedelta(days=40))
    assert paused.visit(MONDAY) == Visit(None, CapacityBound.PAUSE)
    assert (paused.remaining(MONDAY), paused.opens_on(MONDAY)) == (0, MONDAY + timedelta(days=41))


def test_quotas_are_asked_before_weeks_and_only_the_bank_opens_them_again() -> None:
    assert lender(firms_left=0).visit(MONDAY) == Visit(None, CapacityBound.FIRMS)
    little = lender(fen_left=300)
    assert little.visit(MONDAY, amount_fen=301) == Visit(None, CapacityBound.AMOUNT)
    assert little.visit(MONDAY, amount_fen=300) == Visit(MONDAY, None)
    assert lender(firms_left=0).opens_on(MONDAY) is None
    assert lender(firms_left=3, visits_per_week=9).remaining(MONDAY) == 3


def test_a_limit_lowered_below_what_is_booked_leaves_nothing_and_moves_nobody() -> None:
    assert lender(visits_per_week=1, booked={MONDAY: 3}).left_in(MONDAY) == 0


def test_with_two_visits_a_week_the_third_confirmed_pair_goes_to_next_week(session: Session) -> None:
    bank = Bank(session)
    pairs = [bank.pairing() for _ in range(3)]
    for pair in pairs:
        bank.confirm(pair)
    this_week = first_week(today())
    assert [bank.week(pair) for pair in pairs] == [this_week, this_week, this_week + WEEK]
    slots = session.exec(select(VisitSlot.number, VisitSlot.bound).order_by(VisitSlot.id)).all()
    assert slots == [(1, None), (2, None), (1, CapacityBound.VISITS)]


def test_branches_share_their_visits_among_products_but_not_with_other_banks(session: Session) -> None:
    bank, other = Bank(session, visits_per_week=1), Bank(session, visits_per_week=1)
    bank.confirm(bank.pairing())
    bank.supply = factories.make_loan_product(session, bank.row)
    second, elsewhere = bank.pairing(), other.pairing()
    bank.confirm(second)
    other.confirm(elsewhere)
    assert bank.week(second) == first_week(today()) + WEEK
    assert other.week(elsewhere) == first_week(today())


def test_a_verdict_taken_back_frees_its_place_for_the_next(session: Session) -> None:
    bank = Bank(session, visits_per_week=1)
    first, second = bank.pairing(), bank.pairing()
    bank.confirm(first)
    verdicts.take_back(session, bank.world.office, first)
    bank.confirm(second)
    bank.confirm(first)
    assert bank.week(second) == first_week(today())
    assert bank.week(first) == first_week(today()) + WEEK


def test_a_revoked_pairing_gives_its_week_back(session: Session) -> None:
    bank = Bank(session, visits_per_week=1)
    first, second = bank.pairing(), bank.pairing()
    bank.confirm(first)
    pairings.revoke(session, bank.world.office, first, note="情况有变")
    assert bank.week(first) is None
    bank.confirm(second)
    assert bank.week(second) == first_week(today())


def test_a_lender_full_for_four_weeks_refuses_the_confirmation(session: Session) -> None:
    bank = Bank(session, visits_per_week=1)
    for _ in range(4):
        bank.confirm(bank.pairing())
    assert bank.refused(bank.pairing()) == "visits"


def test_a_quota_of_firms_counts_from_when_it_was_stated(session: Session) -> None:
    bank = Bank(session)
    bank.confirm(bank.pairing())
    bank.state(quota_firms=1)
    bank.confirm(bank.pairing())
    assert bank.refused(bank.pairing()) == "firms"


def test_an_amount_left_refuses_only_the_need_that_asks_for_more(session: Session) -> None:
    bank = Bank(session)
    bank.state(quota_fen=700 * FEN_PER_WAN)
    bank.confirm(bank.pairing(amount_fen=500 * FEN_PER_WAN))
    assert bank.refused(bank.pairing(amount_fen=300 * FEN_PER_WAN)) == "amount"
    small = bank.pairing(amount_fen=200 * FEN_PER_WAN)
    bank.confirm(small)
    assert small.status is PairingStatus.CONFIRMED


def test_a_paused_product_is_visited_after_its_pause(session: Session) -> None:
    bank = Bank(session)
    until = first_week(today()) + timedelta(days=6)
    bank.state(paused_until=until, pause_reason="年末规模管控")
    pair = bank.pairing()
    bank.confirm(pair)
    assert visit_of(session, pair) == Visit(first_week(today()) + WEEK, CapacityBound.PAUSE)


def test_bulk_names_the_pairings_whose_lender_is_full_and_confirms_the_rest(session: Session) -> None:
    bank = Bank(session, visits_per_week=1)
    pairs = [bank.pairing() for _ in range(6)]
    ids = [pair.public_id for pair in pairs]
    result = bulk_verdicts.decide(session, bank.world.office, ids, reason=REASON, hold_minutes=30)
    assert len(result.winners) == 4
    assert {loser.why for loser in result.losers} == {Obstacle.LENDER_FULL}
    preview = bulk_verdicts.preview(session, bank.world.office, [loser.public_id for loser in result.losers])
    assert [line.why for line in preview] == [Obstacle.LENDER_FULL] * 2


def test_two_officials_confirming_at_once_hold_the_weeks(engine) -> None:
    with unit_of_work(engine) as session:
        bank = Bank(session, visits_per_week=1)
        ids = [bank.pairing().id for _ in range(8)]
        office = OrganizationKind.JOINT_OFFICE
        officials = [factories.make_actor(session, office) for _ in ids]
    start = Barrier(len(ids))

    def confirm(pairing_id, actor):
        start.wait()
        try:
            with unit_of_work(engine) as own:
                pairing = own.get_one(Pairing, pairing_id)
                verdicts.confirm(own, actor, pairing, reason=REASON, hold_minutes=30)
        except NotComplete as refused:
            return refused.problems["capacity"]
        return "done"

    with ThreadPoolExecutor(len(ids)) as pool:
        answers = sorted(pool.map(confirm, ids, officials))
    assert answers == ["done"] * 4 + ["visits"] * 4
    with unit_of_work(engine) as session:
        weeks = session.exec(select(VisitSlot.week).order_by(VisitSlot.week)).all()
    assert weeks == booking_weeks(today())


def test_the_official_sees_the_delay_and_may_ask_the_next_lender(session: Session) -> None:
    bank = Bank(session, visits_per_week=1)
    bank.confirm(bank.pairing())
    pair = bank.pairing()
    other = factories.make_loan_product(session, factories.make_organization(session, OrganizationKind.BANK))
    recommendations.refresh_demand(session, pair.demand_id, today=today())
    found = outlook(session, pair, on=today())
    assert found.visit == Visit(first_week(today()) + WEEK, CapacityBound.VISITS)
    shown = {line.supply_public_id: line.visit for line in found.others}
    assert shown[other.public_id] == Visit(first_week(today()), None)
    office = factories.make_actor(session, OrganizationKind.JOINT_OFFICE)
    asked = next_lender.ask_next_lender(session, office, pair, supply_public_id=other.public_id)
    assert (asked.supply_id, asked.demand_id, asked.status) == (other.id, pair.demand_id, PairingStatus.PROPOSED)
    assert (pair.status, pair.verdict_reason) == (PairingStatus.ON_HOLD, "lender_full")


def test_a_product_that_is_not_recommended_is_no_next_lender(session: Session) -> None:
    bank = Bank(session)
    pair = bank.pairing()
    other = factories.make_loan_product(session, factories.make_organization(session, OrganizationKind.BANK))
    with pytest.raises(NotVisible):
        next_lender.ask_next_lender(session, bank.world.office, pair, supply_public_id=other.public_id)
    assert pair.status is PairingStatus.PROPOSED


def test_stating_visits_leaves_a_trace_without_the_figure_and_the_second_of_two_is_told(session: Session) -> None:
    bank = Bank(session)
    values = {"version": bank.branch.version, "on": today()}
    capacity.set_visits(session, bank.officer, bank.branch, visits_per_week=5, **values)
    assert bank.branch.visits_per_week == 5
    event = session.exec(select(AuditEvent).where(AuditEvent.action == "capacity_stated")).one()
    assert (event.subject_kind, event.new) == ("branch_capacity", {"fields": ["visits_per_week"]})
    with pytest.raises(ChangedMeanwhile) as told:
        capacity.set_visits(session, bank.officer, bank.branch, visits_per_week=9, **values)
    assert told.value.current == {"visits_per_week": 5}


def test_a_confirmation_meanwhile_is_told_to_the_officer_who_states_the_quota(session: Session) -> None:
    bank = Bank(session)
    bank.state(quota_firms=5)
    seen = bank.product.capacity_version
    bank.confirm(bank.pairing())
    with pytest.raises(ChangedMeanwhile) as told:
        bank.state(quota_firms=5, paused_until=today(), pause_reason="盘点", version=seen)
    assert told.value.current["quota_firms"] == 4


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"quota_firms": -1}, {"quota_firms": "too_large"}),
        ({"paused_until": date(2020, 1, 1), "pause_reason": "x"}, {"paused_until": "in_past"}),
        ({"paused_until": date(2099, 1, 1), "pause_reason": "  "}, {"pause_reason": "missing"}),
    ],
)
def test_values_out_of_order_are_named(session: Session, values, problem) -> None:
    with pytest.raises(NotComplete) as refused:
        Bank(session).state(**values)
    assert refused.value.problems == problem


def test_an_officer_of_another_branch_or_bank_states_nothing(session: Session) -> None:
    bank = Bank(session)
    branch = BranchCapacity(organization_id=bank.row.id, branch="常宁支行", visits_per_week=1)
    session.add(branch)
    session.flush()
    values = {"visits_per_week": 9, "version": 1, "on": today()}

    def officer(organization: Organization, name: str):
        user = factories.make_user(session, organization, Role.OFFICER)
        return replace(factories.actor_of(user, organization), branch=name)

    capacity.set_visits(session, officer(bank.row, "衡南支行"), branch, **values)  # 常宁支行 has no officer yet
    user = factories.make_user(session)
    session.add(Membership(user_id=user.id, organization_id=bank.row.id, role=Role.OFFICER, branch="常宁支行"))
    session.flush()
    with pytest.raises(NotAllowed):
        capacity.set_visits(session, officer(bank.row, "衡南支行"), branch, **values | {"visits_per_week": 3})
    stranger = officer(factories.make_organization(session, OrganizationKind.BANK), "")
    with pytest.raises(NotAllowed):
        capacity.set_visits(session, stranger, branch, **values | {"visits_per_week": 3})
    with pytest.raises(NotAllowed):
        capacity.set_product(
            session, stranger, bank.supply, quota_firms=1, quota_fen=None, paused_until=None, pause_reason="",
            version=1, on=today(),
        )  # fmt: skip
    assert branch.visits_per_week == 9


def test_a_quota_taken_on_by_an_ended_pairing_is_left_again(session: Session) -> None:
    bank = Bank(session)
    bank.state(quota_firms=1)
    pair = bank.pairing()
    bank.confirm(pair)
    assert capacities(session, today())[bank.supply.id].firms_left == 0
    pairings.revoke(session, bank.world.office, pair, note="情况有变")
    assert capacities(session, today())[bank.supply.id].firms_left == 1
    assert now() >= bank.product.quota_stated_at
