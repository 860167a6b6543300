"""The funnel adds up in any world, averages need five, and the report of the unseen names each with its cause."""

import random
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session, select

from access.lists import funnel, funnel_figures
from access.lists.funnel import Filters
from access.lists.funnel_rows import FunnelNoun, rows
from models.base import now
from models.capacity import BranchCapacity
from models.exposure import Exposure
from models.loan_product import LoanProduct
from models.pairing import CaseStep
from models.recommendation import Recommendation
from models.session import open_session
from tests import factories
from vocabulary.classifications import LADDERS, CaseStepKind, DeclineReason, Market, VerdictReason
from vocabulary.funnel import LEVELS, ExposureCause, FunnelLevel, FunnelStanding
from vocabulary.lifecycles import RELEASED_PAIRING, PairingStatus, PostingStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.reasons import PairState
from vocabulary.roles import OrganizationKind
from workflows import exposure
from workflows.calendar import today
from workflows.recommendations import refresh_all

_P, _J = PairingStatus, OrganizationKind.JOINT_OFFICE


def _pairing(session: Session, demand, supply, chain, status: PairingStatus, official):
    """A pairing in a status, with the evidence its CHECKs ask for."""
    values = {
        "status": status, "decided_by_id": official.id, "decided_at": now(), "hold_until": now(),
        "verdict_reason": VerdictReason.OTHER, "verdict_note": "…", "decline_reason": DeclineReason.OTHER,
    }  # fmt: skip
    if status in RELEASED_PAIRING | {_P.DECLINED}:
        values["introduced_at"] = now()
    return factories.make_pairing(session, demand, supply, chain, **values)


def _step(session: Session, pairing, kind: CaseStepKind, official, **values):
    row = CaseStep(
        pairing_id=pairing.id, kind=kind, happened_on=today(), amount_fen=100 * FEN_PER_WAN,
        recorded_by_id=official.id,
    )  # fmt: skip
    return factories._add(session, row, values)


def _random_world(session: Session, seed: int) -> None:
    """Firms with postings in every status, noted or not, and with any pairings and steps."""
    dice = random.Random(seed)
    official = factories.make_user(session)
    chains = [factories.make_chain(session) for _ in range(2)]
    others = {
        Market.FINANCE: factories.make_organization(session, OrganizationKind.BANK),
        Market.SUPPLY: factories.make_organization(session, OrganizationKind.BUYER),
    }
    for _ in range(dice.randrange(1, 12)):
        chain = dice.choice(chains)
        firm = factories.make_organization(session, chain_id=chain.id if dice.random() < 0.9 else None)
        if dice.random() < 0.8:
            factories.make_profile(session, firm, tier=dice.choice([None, "srdi", "none"]), is_first_time_borrower=True)
        market = dice.choice(list(Market))
        is_loan = market is Market.FINANCE
        posting = (
            factories.make_financing_need(session, firm) if is_loan else factories.make_product_line(session, firm)
        )
        posting.status = dice.choice(list(PostingStatus))
        posting.opened_at = now() - timedelta(days=dice.randrange(40))
        if dice.random() < 0.7:
            state, at = dice.choice(list(PairState)), dice.choice([None, now()])
            session.add(
                Exposure(
                    market=market, demand_id=posting.id if is_loan else None, supply_id=None if is_loan else posting.id,
                    state=state, eligible_at=at, shown_at=at and dice.choice([None, at]),
                    cause=ExposureCause.BELOW_CUT if at and state is PairState.ELIGIBLE else None,
                )
            )  # fmt: skip
        for status in dice.sample(list(PairingStatus), dice.choice([0, 0, 1, 2])):
            other = (
                factories.make_loan_product(session, others[market])
                if is_loan
                else factories.make_purchase_need(session, others[market])
            )
            sides = (posting, other) if is_loan else (other, posting)
            pairing = _pairing(session, *sides, chain, status, official)
            if status in RELEASED_PAIRING:
                for kind in LADDERS[market][: dice.randrange(6)]:
                    _step(session, pairing, kind, official, is_void=dice.random() < 0.1)
    session.flush()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), market=st.sampled_from(list(Market)))
def test_every_level_is_the_next_and_those_that_stay(engine: Engine, seed: int, market: Market) -> None:
    with open_session(engine) as session:
        _random_world(session, seed)
        actor = factories.make_actor(session, _J)
        found = funnel.funnel(session, actor, Filters(market=market), on=today())
        for stage, following in pairwise(found.stages):
            assert stage.reached == following.reached + sum(stage.staying.values())
        assert found.stages[-1].staying in ({}, {FunnelStanding.DONE: found.stages[-1].reached})
        every = rows(session, actor, FunnelNoun.POSTINGS, Filters(market=market), on=today(), size=1_000)
        assert len({row.id for row in every.rows}) == len(every.rows) == every.total == found.total
        for cut in (found.by_chain, found.by_tier, found.by_region):
            for level, stage in zip(LEVELS, found.stages, strict=True):
                assert sum(line.reached[level] for line in cut) == stage.reached
        for stage in found.stages:
            asked = Filters(market=market, level=stage.level)
            assert rows(session, actor, FunnelNoun.POSTINGS, asked, on=today()).total == stage.reached
        session.rollback()


def test_an_empty_city_has_a_funnel_of_zeros_and_no_average(session: Session) -> None:
    actor = factories.make_actor(session, _J)
    assert {stage.reached for stage in funnel.funnel(session, actor, Filters(), on=today()).stages} == {0}
    figures = funnel_figures.figures(session, actor, Filters(), on=today())
    assert (figures.n_first_time, figures.n_timed, figures.days, figures.counterparts) == (0, 0, None, [])


@pytest.mark.parametrize(("n", "days"), [(4, None), (5, 7)])
def test_days_to_money_need_five_loans(session: Session, n: int, days: int | None) -> None:
    official, chain = factories.make_user(session), factories.make_chain(session)
    product = factories.make_loan_product(session, factories.make_organization(session, OrganizationKind.BANK))
    for _ in range(n):
        firm = factories.make_organization(session, chain_id=chain.id)
        factories.make_profile(session, firm, is_first_time_borrower=True)
        need = factories.make_financing_need(session, firm)
        need.opened_at = now() - timedelta(days=7)
        pairing = _pairing(session, need, product, chain, _P.FULFILLED, official)
        _step(session, pairing, CaseStepKind.CREDIT_GRANTED, official, amount_fen=300 * FEN_PER_WAN)
        _step(session, pairing, CaseStepKind.DISBURSED, official, happened_on=need.opened_at.date() + timedelta(days=7))
    figures = funnel_figures.figures(session, factories.make_actor(session, _J), Filters(), on=today())
    assert (figures.n_timed, figures.days, figures.n_first_time) == (n, days, n)
    assert [(row.kind, row.n, row.amount_fen) for row in figures.sums] == [
        (CaseStepKind.CREDIT_GRANTED, n, n * 300 * FEN_PER_WAN), (CaseStepKind.DISBURSED, n, n * 100 * FEN_PER_WAN),
    ]  # fmt: skip


def test_four_answers_show_no_rating() -> None:
    line = funnel_figures.CounterpartLine("x", "银行", n_answers=4, average=4.5)
    assert line.rating is None
    line.n_answers = 5
    assert line.rating == 4.5


def _firm_with_need(session: Session, chain, amount_wan: int):
    firm = factories.make_organization(session, chain_id=chain.id)
    factories.make_profile(session, firm)
    return firm, factories.make_financing_need(session, firm, amount_fen=amount_wan * FEN_PER_WAN)


def test_five_firms_nobody_sees_are_all_named_with_their_cause(engine: Engine, monkeypatch) -> None:
    """Each need fits one product by its amount: of a full branch, a paused one, one used up; one stands below the
    cut of the only list it is on; one was published after the last run."""
    monkeypatch.setattr(exposure, "SHOWN_TOP", 1)
    with open_session(engine) as session:
        chain = factories.make_chain(session)
        planted, products = {}, {}
        for place, cause in enumerate(
            (ExposureCause.LENDER_FULL, ExposureCause.LENDER_PAUSED, ExposureCause.QUOTA_USED, ExposureCause.BELOW_CUT)
        ):
            bank = factories.make_organization(session, OrganizationKind.BANK)
            low, high = 100 + 200 * place, 200 + 200 * place
            products[cause] = factories.make_loan_product(
                session, bank, min_amount_fen=low * FEN_PER_WAN, max_amount_fen=high * FEN_PER_WAN
            )
            planted[cause] = _firm_with_need(session, chain, low + 50)
        full = products[ExposureCause.LENDER_FULL].organization_id
        session.add(BranchCapacity(organization_id=full, visits_per_week=0))
        paused = session.get_one(LoanProduct, products[ExposureCause.LENDER_PAUSED].id)
        paused.paused_until, paused.pause_reason = today() + timedelta(days=60), "年末"
        used = session.get_one(LoanProduct, products[ExposureCause.QUOTA_USED].id)
        used.quota_firms, used.quota_stated_at = 0, now()
        rival, _need = _firm_with_need(session, chain, 750)
        session.commit()
    refresh_all(engine, today=today())
    with open_session(engine) as session:
        chain = session.merge(chain)
        best = session.exec(
            select(Recommendation.demand_id).where(Recommendation.state == PairState.ELIGIBLE)
            .order_by(Recommendation.score.desc(), Recommendation.demand_id)
        ).first()  # fmt: skip
        below = planted[ExposureCause.BELOW_CUT]
        hidden = rival if best == below[1].id else below[0]
        late = _firm_with_need(session, chain, 750)
        actor = factories.make_actor(session, _J)
        found = rows(session, actor, FunnelNoun.POSTINGS, Filters(is_unseen=True), on=today())
        wanted = {firm.legal_name: cause.value for cause, (firm, _) in planted.items()}
        wanted.pop(below[0].legal_name)
        assert {row.firm: str(row.cause) for row in found.rows} == wanted | {
            hidden.legal_name: ExposureCause.BELOW_CUT.value, late[0].legal_name: ExposureCause.NO_RUN.value,
        }  # fmt: skip
        report = funnel.exposure(session, actor, Filters(), on=today())
        assert report.by_cause == dict.fromkeys(set(ExposureCause) - {ExposureCause.POSTING_PAUSED}, 1)
        late_stage = funnel.funnel(session, actor, Filters(), on=today()).stages[0]
        assert (late_stage.level, late_stage.staying) == (FunnelLevel.FILED, {FunnelStanding.WAITING: 1})


def test_shown_once_is_shown_for_good(engine: Engine, monkeypatch) -> None:
    with open_session(engine) as session:
        chain = factories.make_chain(session)
        factories.make_loan_product(session, factories.make_organization(session, OrganizationKind.BANK))
        _firm_with_need(session, chain, 500)
        session.commit()
    refresh_all(engine, today=today())
    with open_session(engine, read_only=True) as session:
        first = session.exec(select(Exposure.shown_at)).one()
    monkeypatch.setattr(exposure, "SHOWN_TOP", 0)
    refresh_all(engine, today=today())
    with open_session(engine, read_only=True) as session:
        assert first is not None
        assert session.exec(select(Exposure.shown_at)).one() == first
