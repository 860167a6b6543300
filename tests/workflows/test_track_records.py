"""What came of cases is read by the engine: from the next whole run on, frozen, and never of fewer than three firms."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from models.audit_event import AuditEvent
from models.base import now
from models.chain import Chain
from models.organization import Organization
from models.pairing import CaseStep, Pairing
from models.posting import Demand, Supply
from models.recommendation import HistorySnapshot, Recommendation, RecommendationRun
from tests import factories
from vocabulary.classifications import CaseStepKind, Market
from vocabulary.lifecycles import PairingStatus, RunStatus
from vocabulary.reasons import TRACK_RECORD
from vocabulary.roles import OrganizationKind
from workflows import recommendations, track_records
from workflows.calendar import today
from workflows.recommendations import refresh_all, refresh_demand, refresh_supply, replay
from workflows.weights import declared_weights


class City:
    """Copper firms that ask for loans, and two banks with one product each: `lender` will have lent, `other` not."""

    def __init__(self, engine: Engine, session: Session) -> None:
        self.engine, self.session = engine, session
        self.chain: Chain = factories.make_chain(session)
        self.official = factories.make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=self.chain.id)
        self.lender, self.other = (
            factories.make_loan_product(session, factories.make_organization(session, OrganizationKind.BANK))
            for _ in range(2)
        )
        self.needs = [self.need() for _ in range(5)]

    def need(self) -> Demand:
        firm = factories.make_organization(self.session, chain_id=self.chain.id)
        factories.make_profile(self.session, firm)
        return factories.make_financing_need(self.session, firm)

    def night(self) -> RecommendationRun:
        """A whole run of the finance market."""
        self.session.commit()
        run = refresh_all(self.engine, today=today())[0]
        self.session.expire_all()
        assert run.status is RunStatus.FINISHED, run.error
        return run

    def lent(self, need: Demand, kind: CaseStepKind = CaseStepKind.DISBURSED, **values: Any) -> CaseStep:
        """A case of the lender with this need that came to a loan."""
        verdict = {"decided_by_id": self.official.user_id, "decided_at": now(), "introduced_at": now()}
        values = {"recommendation_id": self.row(need, self.lender).id} | values
        pairing = factories.make_pairing(
            self.session, need, self.lender, self.chain, status=PairingStatus.FULFILLED, **verdict | values
        )
        return self.step(pairing, kind)

    def step(self, pairing: Pairing, kind: CaseStepKind, **values: Any) -> CaseStep:
        row = CaseStep(
            pairing_id=pairing.id, kind=kind, happened_on=today(), amount_fen=100, recorded_by_id=self.official.user_id,
            **values,
        )  # fmt: skip
        self.session.add(row)
        self.session.flush()
        return row

    def row(self, need: Demand, product: Supply) -> Recommendation:
        return self.session.exec(
            select(Recommendation).where(
                Recommendation.demand_id == need.id,
                Recommendation.supply_id == product.id,
                col(Recommendation.superseded_at).is_(None),
            )
        ).one()

    def said(self) -> dict[tuple[int, int], Any]:
        """What is current of every pair."""
        columns = [getattr(Recommendation, name) for name in recommendations._CONTENT]
        rows = self.session.execute(
            select(Recommendation.demand_id, Recommendation.supply_id, *columns).where(  # type: ignore[call-overload]
                col(Recommendation.superseded_at).is_(None)
            )
        )
        return {(row[0], row[1]): tuple(row[2:]) for row in rows}


@pytest.fixture
def city(engine: Engine, session: Session) -> City:
    city = City(engine, session)
    city.night()
    return city


def record_of(row: Recommendation) -> dict[str, Any]:
    return {part["code"]: part for part in row.contributions if part["code"] in TRACK_RECORD}


def test_loans_to_three_firms_count_from_the_next_whole_run_on(city: City) -> None:
    for need in city.needs[:3]:
        city.lent(need)
    asked = city.needs[4]
    before, untouched = city.row(asked, city.lender), city.row(asked, city.other).public_id
    refresh_demand(city.session, asked.id, today=today())
    assert city.row(asked, city.lender).public_id == before.public_id, "a day keeps one history"
    city.night()
    after = city.row(asked, city.lender)
    record = {code: (part["deed"], part["n_firms"]) for code, part in record_of(after).items()}
    codes = ("track_activity", "track_region", "track_size", "track_industry")
    assert record == dict.fromkeys(codes, ("lent", 3))
    assert sum(part["points"] for part in after.contributions) == pytest.approx(after.score, abs=1e-9)
    values = {part["code"]: part["value"] for part in after.contributions if part["code"] not in TRACK_RECORD}
    assert values == {part["code"]: part["value"] for part in before.contributions}
    assert abs(after.score - before.score) < 0.2
    assert city.row(asked, city.other).public_id == untouched, "a product without a record says what it said"


def test_loans_to_two_firms_change_nothing(city: City) -> None:
    before = city.said()
    city.lent(city.needs[0])
    step = city.lent(city.needs[1])
    city.step(city.session.get_one(Pairing, step.pairing_id), CaseStepKind.RENEWED)
    city.night()
    assert city.said() == before


@pytest.mark.parametrize("is_void", [True, False])
def test_voided_and_replaced_steps_do_not_count(city: City, *, is_void: bool) -> None:
    steps = [city.lent(need) for need in city.needs[:3]]
    pairing = city.session.get_one(Pairing, steps[0].pairing_id)
    city.step(pairing, CaseStepKind.DISBURSED, corrects_id=steps[0].id, is_void=is_void)
    digest = track_records.write_down(city.session, Market.FINANCE)
    events = city.session.exec(select(HistorySnapshot.events).where(HistorySnapshot.digest == digest)).one()
    assert len(events) == (0 if is_void else 3)


def test_a_granted_credit_counts_and_a_visit_does_not(city: City) -> None:
    for need, kind in zip(city.needs, ["credit_granted", "renewed", "disbursed", "visit", "contact"], strict=True):
        city.lent(need, CaseStepKind(kind))
    digest = track_records.write_down(city.session, Market.FINANCE)
    events = city.session.exec(select(HistorySnapshot.events).where(HistorySnapshot.digest == digest)).one()
    assert sorted(outcome for *_, outcome in events) == ["credit_granted", "disbursed", "renewed"]


def test_a_changed_history_is_not_used_and_the_next_night_puts_it_right_and_says_so(city: City) -> None:
    for need in city.needs[:3]:
        city.lent(need)
    city.night()
    digest = track_records.in_use(city.session, Market.FINANCE)
    kept = city.session.exec(select(HistorySnapshot).where(HistorySnapshot.digest == digest)).one()
    honest = kept.events
    kept.events = [[*event[:2], event[2].replace("20", "19", 1), event[3]] for event in honest]
    city.session.add(kept)
    city.session.commit()
    track_records._known.clear()
    assert track_records._stored_events(city.session, Market.FINANCE, digest or "") == ()
    city.night()
    city.session.refresh(kept)
    assert kept.events == honest
    told = city.session.exec(select(AuditEvent.subject_id).where(AuditEvent.action == "history_refused")).all()
    assert told == [kept.id]


def test_past_demands_stay_as_they_were_read(city: City) -> None:
    for need in city.needs[:3]:
        city.lent(need)
    before = track_records.write_down(city.session, Market.FINANCE)
    for need in city.needs[:3]:
        need.title = "改了"
        city.session.get_one(Organization, need.organization_id).legal_name = "改名"
    city.night()
    assert track_records.write_down(city.session, Market.FINANCE) == before


def test_a_pairing_made_by_hand_counts_with_the_facts_last_read(city: City) -> None:
    for need in city.needs[:3]:
        city.lent(need, recommendation_id=None)
    digest = track_records.write_down(city.session, Market.FINANCE)
    events = city.session.exec(select(HistorySnapshot.events).where(HistorySnapshot.digest == digest)).one()
    assert {event[0] for event in events} == {city.row(need, city.lender).demand_digest for need in city.needs[:3]}


def test_a_recommendation_is_made_again_with_the_history_of_its_day(city: City) -> None:
    for need in city.needs[:3]:
        city.lent(need)
    city.night()
    row = city.row(city.needs[4], city.lender)
    city.lent(city.needs[3])
    city.night()
    assert city.row(city.needs[4], city.lender).id != row.id
    track_records._known.clear()
    again = replay(city.session, city.session.get_one(Recommendation, row.id))
    records = track_records.read(
        city.session, Market.FINANCE, city.session.get_one(RecommendationRun, row.run_id).history_digest
    )
    demand = city.needs[4]
    (facts,) = recommendations.facts.finance_demands(city.session, today=date(2026, 6, 15), ids=(demand.id,))
    content = recommendations._content(
        again, row.demand_digest, row.supply_digest, records.behind(facts, city.lender.id or 0)
    )
    assert content == {name: getattr(row, name) for name in recommendations._CONTENT}


def test_small_runs_say_what_the_whole_run_said(city: City) -> None:
    for need in city.needs[:3]:
        city.lent(need)
    city.night()
    whole = city.said()
    for need in city.needs:
        refresh_demand(city.session, need.id, today=today())
    for product in (city.lender, city.other):
        refresh_supply(city.session, product.id, today=today())
    assert city.said() == whole


def test_a_new_outcome_leaves_what_a_run_from_nothing_gives(city: City) -> None:
    for need in city.needs[:3]:
        city.lent(need)
    city.night()
    city.lent(city.needs[3])
    before = city.said()
    city.night()
    after = city.said()
    assert {pair for pair in after if after[pair] != before[pair]} == {(need.id, city.lender.id) for need in city.needs}
    for row in city.session.exec(select(Recommendation).where(col(Recommendation.superseded_at).is_(None))):
        row.superseded_at = now()
    city.night()
    assert city.said() == after


def test_the_history_is_stored_once_per_content(city: City) -> None:
    for need in city.needs[:3]:
        city.lent(need)
    first, second = city.night(), city.night()
    assert first.history_digest == second.history_digest
    assert len(city.session.exec(select(HistorySnapshot.id)).all()) == 3, "none in each market, then three loans"


@pytest.mark.parametrize("market", Market)
def test_the_record_weighs_at_most_a_fifth_where_all_facts_are_there(market: Market) -> None:
    weights = declared_weights(market)
    tracked = sum(weight for code, weight in weights.items() if code in TRACK_RECORD)
    assert 0 < tracked / sum(weights.values()) <= 0.2
