"""The assignment over rows: limits hold, it is kept, adopted once and line by line, or dropped."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random
from threading import Barrier

import pytest
from sqlmodel import Session, select

from access.capacity import booking_weeks, capacities
from access.lists import assignments as lists
from access.lookups import NotVisible
from models.assignment import AssignmentProposal, AssignmentRow
from models.base import now
from models.capacity import BranchCapacity
from models.financing_need import FinancingNeed
from models.loan_product import LoanProduct
from models.organization import Organization
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.recommendation import PairSignal
from models.session import unit_of_work
from tests import factories
from vocabulary.classifications import PairingOrigin, Side, SignalKind
from vocabulary.lifecycles import AssignmentStatus, PairingStatus, PostingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.planning import AdoptionOutcome, UnservedCause
from vocabulary.roles import OrganizationKind
from workflows import assignments, recommendations
from workflows.assignment_run import AssignmentRun, AssignmentSettings, compute
from workflows.calendar import today
from workflows.errors import StepNotAllowed


class City:
    """Firms with needs and banks with products, recommended, before the joint office."""

    def __init__(self, session: Session, *, n_firms: int, visits: list[int | None]) -> None:
        self.session = session
        self.chain = factories.make_chain(session)
        self.office = factories.make_actor(session, OrganizationKind.JOINT_OFFICE)
        self.needs = [self.need(n) for n in range(n_firms)]
        self.products: list[Supply] = []
        for visits_per_week in visits:
            bank = factories.make_organization(session, OrganizationKind.BANK)
            factories.make_branch(session, bank, visits_per_week=visits_per_week)
            self.products.append(factories.make_loan_product(session, bank))

    def need(self, n: int) -> Demand:
        firm = factories.make_organization(self.session, chain_id=self.chain.id)
        factories.make_profile(self.session, firm)
        return factories.make_financing_need(self.session, firm, amount_fen=(100 + 10 * n) * FEN_PER_WAN)

    def recommend(self) -> None:
        for need in self.session.exec(select(Demand)).all():
            recommendations.refresh_demand(self.session, need.id or 0, today=today())

    def run(self, **settings: int) -> AssignmentRun:
        return compute(self.session, self.office, AssignmentSettings(**settings), on=today())

    def proposal(self) -> AssignmentProposal:
        self.recommend()
        return assignments.keep(self.session, self.office, self.run())

    def adopt(self, proposal: AssignmentProposal) -> Counter[AdoptionOutcome]:
        return assignments.adopt(self.session, self.office, proposal, on=today())


def check_limits(session: Session, run: AssignmentRun, weeks: int) -> None:
    """Independently of the solver: book every pair week by week, the latest-opening products last."""
    lenders = capacities(session, today())
    firms, fen = Counter(pair.supply_id for pair in run.pairs), Counter()
    amounts = dict(session.exec(select(FinancingNeed.demand_id, FinancingNeed.amount_fen)).all())
    for pair in run.pairs:
        fen[pair.supply_id] += amounts[pair.demand_id]
    left: dict[tuple[int | None, object], int] = {}
    for pair in sorted(run.pairs, key=lambda one: lenders[one.supply_id].paused_until or today()):
        lender = lenders[pair.supply_id]
        if lender.firms_left is not None:
            assert firms[pair.supply_id] <= lender.firms_left
        if lender.fen_left is not None:
            assert fen[pair.supply_id] <= lender.fen_left
        if lender.visits_per_week is None:
            continue
        for week in booking_weeks(today())[:weeks]:
            is_paused = lender.paused_until is not None and lender.paused_until >= week + timedelta(days=4)
            places = left.setdefault((lender.branch_id, week), lender.left_in(week))
            if not is_paused and places > 0:
                left[lender.branch_id, week] -= 1
                break
        else:
            pytest.fail(f"no week for {pair}")


@pytest.mark.parametrize("seed", range(12))
def test_limits_hold_and_the_total_is_never_below_first_come(session: Session, seed: int) -> None:
    dice = Random(seed)
    city = City(session, n_firms=dice.randint(6, 14), visits=[dice.choice((0, 1, 1, 2, None)) for _ in range(3)])
    bank = session.get_one(Organization, city.products[0].organization_id)
    city.products.append(factories.make_loan_product(session, bank))
    for product in (session.get_one(LoanProduct, supply.id) for supply in city.products):
        if dice.random() < 0.3:
            product.quota_firms, product.quota_stated_at = dice.randint(0, 4), now()
        if dice.random() < 0.3:
            product.quota_fen, product.quota_stated_at = dice.randint(50, 900) * FEN_PER_WAN, now()
        if dice.random() < 0.4:
            product.paused_until, product.pause_reason = today() + timedelta(days=dice.randint(0, 40)), "盘点"
    session.flush()
    city.recommend()
    weeks = dice.randint(1, 4)
    run = city.run(weeks=weeks, options=dice.randint(1, 2))
    check_limits(session, run, weeks)
    ways = run.figures["ways"]
    assert ways["plan"]["over"] == 0
    assert ways["plan"]["total"] >= ways["first_come"]["total"]
    assert ways["plan"]["served"] >= ways["first_come"]["served"]
    served = {pair.demand_id for pair in run.pairs}
    assert served | {need.demand_id for need in run.unserved} == {need.id for need in city.needs}


def test_every_firm_gets_a_bank_where_the_limits_allow_and_scarce_visits_have_a_price(session: Session) -> None:
    city = City(session, n_firms=6, visits=[1, 0])
    city.recommend()
    run = city.run()
    assert (len(run.pairs), [need.cause for need in run.unserved]) == (4, [UnservedCause.FULL] * 2)
    assert run.figures["prices"][0]["served"] == 1
    session.exec(select(BranchCapacity).where(BranchCapacity.visits_per_week == 0)).one().visits_per_week = 1
    session.flush()
    assert len(city.run().pairs) == 6


def test_needs_taken_on_and_pairs_dismissed_are_left_out(session: Session) -> None:
    city = City(session, n_firms=2, visits=[5])
    city.recommend()
    factories.make_pairing(
        session, city.needs[0], city.products[0], city.chain,
        status=PairingStatus.CONFIRMED, decided_by_id=city.office.user_id, decided_at=now(), hold_until=now(),
    )  # fmt: skip
    session.add(
        PairSignal(
            demand_id=city.needs[1].id, supply_id=city.products[0].id, side=Side.SUPPLY, kind=SignalKind.DISMISS,
            by_user_id=city.office.user_id, by_organization_id=city.products[0].organization_id,
        )
    )  # fmt: skip
    session.flush()
    run = city.run()
    assert (run.pairs, run.figures["taken_on"], run.figures["needs"]) == ([], 1, 1)


def test_a_chain_office_assigns_its_own_firms_and_other_offices_do_not_see_it(session: Session) -> None:
    city = City(session, n_firms=2, visits=[9])
    city.recommend()
    own = factories.make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=city.chain.id)
    other = factories.make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=factories.make_chain(session).id)
    assert len(compute(session, own, AssignmentSettings(), on=today()).pairs) == 2
    assert compute(session, other, AssignmentSettings(), on=today()).pairs == []
    kept = assignments.keep(session, own, compute(session, own, AssignmentSettings(), on=today()))
    assert lists.proposal(session, city.office, kept.public_id) is kept
    with pytest.raises(NotVisible):
        lists.proposal(session, other, kept.public_id)
    with pytest.raises(NotVisible):
        assignments.adopt(session, other, kept, on=today())


def test_adopting_opens_pairings_marked_so_and_confirms_none(session: Session) -> None:
    city = City(session, n_firms=3, visits=[9])
    assert city.adopt(city.proposal()) == {AdoptionOutcome.OPENED: 3}
    opened = session.exec(select(Pairing.status, Pairing.origin)).all()
    assert opened == [(PairingStatus.PROPOSED, PairingOrigin.ASSIGNMENT)] * 3


def test_a_proposal_is_adopted_once(session: Session) -> None:
    city = City(session, n_firms=2, visits=[9])
    proposal = city.proposal()
    city.adopt(proposal)
    with pytest.raises(StepNotAllowed):
        city.adopt(proposal)
    with pytest.raises(StepNotAllowed):
        assignments.drop(session, city.office, proposal)
    assert len(session.exec(select(Pairing)).all()) == 2


def test_of_two_officials_adopting_at_once_one_wins_and_the_other_is_told_who(engine) -> None:
    with unit_of_work(engine) as session:
        city = City(session, n_firms=3, visits=[9])
        proposal_id = city.proposal().id
        officials = [factories.make_actor(session, OrganizationKind.JOINT_OFFICE) for _ in range(2)]
    start = Barrier(2)

    def adopt(actor):
        start.wait()
        try:
            with unit_of_work(engine) as own:
                assignments.adopt(own, actor, own.get_one(AssignmentProposal, proposal_id), on=today())
        except StepNotAllowed as overtaken:
            return overtaken.changed_by
        return ""

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(adopt, officials))
    winner = officials[answers.index("")]
    assert sorted(answers) == ["", winner.name]
    with unit_of_work(engine) as session:
        assert len(session.exec(select(Pairing)).all()) == 3


def test_a_stale_proposal_is_told_line_by_line_and_loses_nothing(session: Session) -> None:
    city = City(session, n_firms=5, visits=[1])
    proposal = city.proposal()
    rows = lists.served_rows(session, proposal)
    assert len(rows) == 4
    closed = session.get_one(Demand, rows[0].demand_id)
    closed.status, closed.closed_reason = PostingStatus.CLOSED, "已解决"
    elsewhere = factories.make_loan_product(session, factories.make_organization(session, OrganizationKind.BANK))
    factories.make_pairing(
        session, session.get_one(Demand, rows[1].demand_id), elsewhere, city.chain,
        status=PairingStatus.CONFIRMED, decided_by_id=city.office.user_id, decided_at=now(), hold_until=now(),
    )  # fmt: skip
    product = session.get_one(LoanProduct, rows[2].supply_id)
    product.quota_firms, product.quota_stated_at = 1, now()
    session.flush()
    expected = assignments.outcomes(session, rows, on=today())
    outcome = AdoptionOutcome
    assert list(expected.values()) == [
        outcome.NEED_NOT_OPEN, outcome.TAKEN_ON, outcome.OPENED, outcome.NO_CAPACITY,
    ]  # fmt: skip
    city.adopt(proposal)
    assert [row.outcome for row in lists.served_rows(session, proposal)] == list(expected.values())
    assert len(session.exec(select(AssignmentRow)).all()) == 5


def test_dropping_keeps_the_lines_and_who_dropped(session: Session) -> None:
    city = City(session, n_firms=2, visits=[9])
    proposal = city.proposal()
    assignments.drop(session, city.office, proposal, note="等下周")
    assert (proposal.status, proposal.note, proposal.decided_by_id) == (
        AssignmentStatus.DROPPED, "等下周", city.office.user_id,
    )  # fmt: skip
    assert len(lists.served_rows(session, proposal)) == 2
    assert session.exec(select(Pairing)).all() == []


@pytest.mark.parametrize(
    ("n_firms", "visits", "words"),
    [(0, [2], "目前没有待对接的融资需求"), (2, [], "目前没有发布中的贷款产品"), (2, [0], "名额、额度都已用完")],
)
def test_an_empty_run_says_why(session: Session, sign_in_as, do_jobs, n_firms, visits, words) -> None:
    city = City(session, n_firms=n_firms, visits=visits)
    city.recommend()
    office = factories.make_organization(session, OrganizationKind.JOINT_OFFICE)
    client = sign_in_as(factories.make_user(session, office))
    followed = client.post("/assignments/", data={"options": "1", "weeks": "4"}).location
    assert do_jobs() == 1
    assert words in client.get(followed, follow_redirects=True).text


def test_pages_show_adopt_and_explain(session: Session, sign_in_as, do_jobs) -> None:
    city = City(session, n_firms=3, visits=[1, None])
    city.recommend()
    office = factories.make_organization(session, OrganizationKind.JOINT_OFFICE)
    client = sign_in_as(factories.make_user(session, office))
    followed = client.post("/assignments/", data={"options": "9", "weeks": "x"}).location
    assert do_jobs() == 1
    address = client.get(followed).location
    row_id = session.exec(select(AssignmentRow.public_id)).first()
    session.rollback()
    assert client.get(f"{address}/rows/{row_id}").status_code == 200
    assert client.get(f"{address}?left=1").status_code == 200
    assert "提交审定" in client.post(f"{address}/adopt", follow_redirects=True).text
    assert client.post(f"{address}/adopt").status_code == 409
    assert client.get("/assignments/").text.count("已采用") == 1
