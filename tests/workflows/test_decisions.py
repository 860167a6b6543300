"""Decisions are read from what officials, counterparts and outcomes said; nothing is changed by reading them."""

from datetime import timedelta

import pytest
from sqlmodel import Session, select

from matchmaking.learning import Verdict
from matchmaking.settings import ENGINE_VERSION
from models.base import now
from models.chain import Chain
from models.pairing import CaseStep, Pairing
from models.posting import Demand, Supply
from models.recommendation import Recommendation, RecommendationRun
from tests import factories
from vocabulary.classifications import CaseStepKind, DeclineReason, Market, VerdictReason
from vocabulary.lifecycles import PairingStatus
from vocabulary.reasons import PairState
from vocabulary.roles import OrganizationKind
from workflows.calendar import today
from workflows.learning import collect_decisions, declared_weights, report, told


class Office:
    """A chain with an official, and pairs of new firms and one bank that the engine has scored."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.chain: Chain = factories.make_chain(session)
        self.official = factories.make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=self.chain.id)
        self.bank = factories.make_organization(session, OrganizationKind.BANK)

    def pair(self) -> tuple[Demand, Supply]:
        firm = factories.make_organization(self.session, chain_id=self.chain.id)
        return factories.make_financing_need(self.session, firm), factories.make_loan_product(self.session, self.bank)

    def recommendation(
        self, demand: Demand, supply: Supply, text: float, engine: str = ENGINE_VERSION, price: float | None = None
    ) -> int | None:
        run = RecommendationRun(market=Market.FINANCE, settings={"engine": engine}, settings_fingerprint="f")
        self.session.add(run)
        self.session.flush()
        parts = [
            {"code": "text", "value": text, "weight": 0.2, "points": text},
            {"code": "price_fit", "value": price, "weight": 0.1, "points": 0.0},
        ]
        row = Recommendation(
            run_id=run.id, market=Market.FINANCE, demand_id=demand.id, supply_id=supply.id, state=PairState.ELIGIBLE,
            score=text, n_components=2, n_with_data=1, contributions=parts, gates=[], changes=[], demand_digest="d",
            supply_digest="s", superseded_at=now(),
        )  # fmt: skip
        self.session.add(row)
        self.session.flush()
        return row.id

    def decided(self, status: PairingStatus, *, is_scored: bool = True, **values) -> Pairing:
        demand, supply = self.pair()
        recommendation_id = self.recommendation(demand, supply, 0.4) if is_scored else None
        verdict = {"decided_by_id": self.official.user_id, "decided_at": now(), "hold_until": now()}
        verdict |= {"introduced_at": now(), "verdict_reason": VerdictReason.FACTS_VERIFIED}
        return factories.make_pairing(
            self.session, demand, supply, self.chain, recommendation_id=recommendation_id, status=status,
            **verdict | values,
        )  # fmt: skip

    def step(self, pairing: Pairing, kind: CaseStepKind, **values) -> CaseStep:
        row = CaseStep(
            pairing_id=pairing.id, kind=kind, happened_on=today(), recorded_by_id=self.official.user_id, **values
        )
        self.session.add(row)
        self.session.flush()
        return row

    def labels(self) -> list[tuple[int, float]]:
        table, _ = collect_decisions(self.session, Market.FINANCE)
        return list(zip(table["label"].tolist(), table["trust"].tolist(), strict=True))


@pytest.fixture
def office(session: Session) -> Office:
    return Office(session)


@pytest.mark.parametrize(
    ("status", "values", "expected"),
    [
        (PairingStatus.CONFIRMED, {}, [(1, 0.25)]),
        (PairingStatus.INTRODUCED, {}, [(1, 0.25)]),
        (PairingStatus.REFUSED, {"verdict_reason": VerdictReason.NOT_SUITABLE}, [(0, 0.25)]),
        (PairingStatus.REFUSED, {"verdict_reason": VerdictReason.INFORMATION_MISSING}, []),
        (PairingStatus.DECLINED, {"decline_reason": DeclineReason.DEBT_TOO_HIGH}, [(0, 1.0)]),
        (PairingStatus.DECLINED, {"decline_reason": DeclineReason.COMPETITOR}, []),
        (PairingStatus.PROPOSED, {}, []),
        (PairingStatus.WITHDRAWN, {}, []),
    ],
)
def test_a_pairing_says_good_bad_or_nothing(office, status, values, expected) -> None:
    office.decided(status, **values)
    assert office.labels() == expected


def test_what_came_of_a_pair_counts_in_full_even_if_it_ended_later(office) -> None:
    office.step(office.decided(PairingStatus.IN_PROGRESS), CaseStepKind.CREDIT_GRANTED, amount_fen=1)
    declined = office.decided(PairingStatus.DECLINED, decline_reason=DeclineReason.PRICE_NOT_SUITABLE)
    office.step(declined, CaseStepKind.DISBURSED, amount_fen=1)
    assert office.labels() == [(1, 1.0), (1, 1.0)]


def test_a_visit_or_a_step_that_was_taken_back_proves_nothing(office) -> None:
    pairing = office.decided(PairingStatus.IN_PROGRESS)
    office.step(pairing, CaseStepKind.VISIT)
    granted = office.step(pairing, CaseStepKind.CREDIT_GRANTED, amount_fen=1)
    office.step(pairing, CaseStepKind.CREDIT_GRANTED, corrects_id=granted.id, is_void=True)
    assert office.labels() == [(1, 0.25)]


def test_a_decision_names_its_official_its_firm_and_the_values_the_engine_gave(office) -> None:
    pairing = office.decided(PairingStatus.CONFIRMED)
    table, n_unknown = collect_decisions(office.session, Market.FINANCE)
    (row,) = table.to_dict("records")
    assert (row["official"], row["firm"]) == (office.official.user_id, pairing.demand_organization_id)
    assert (row["text"], row["on"], n_unknown) == (0.4, today(), 0)
    assert all(
        row[code] is None or row[code] != row[code] for code in declared_weights(Market.FINANCE) if code != "text"
    )


def test_a_pairing_opened_by_hand_takes_the_last_recommendation_before_the_verdict(office) -> None:
    demand, supply = office.pair()
    office.recommendation(demand, supply, 0.1)
    office.recommendation(demand, supply, 0.2)
    later = office.recommendation(demand, supply, 0.9)
    office.session.get_one(Recommendation, later).created_at = now() + timedelta(days=2)
    verdict = {"decided_by_id": office.official.user_id, "decided_at": now() + timedelta(days=1), "hold_until": now()}
    factories.make_pairing(office.session, demand, supply, office.chain, status=PairingStatus.CONFIRMED, **verdict)
    table, _ = collect_decisions(office.session, Market.FINANCE)
    assert table["text"].tolist() == [0.2]


def test_pairs_the_present_engine_never_scored_are_counted_and_left_out(office) -> None:
    office.decided(PairingStatus.CONFIRMED, is_scored=False)
    demand, supply = office.pair()
    old = office.recommendation(demand, supply, 0.3, engine="0")
    verdict = {"decided_by_id": office.official.user_id, "decided_at": now(), "hold_until": now()}
    factories.make_pairing(
        office.session, demand, supply, office.chain, status=PairingStatus.CONFIRMED, recommendation_id=old, **verdict
    )
    table, n_unknown = collect_decisions(office.session, Market.FINANCE)
    assert (len(table), n_unknown) == (0, 2)


def test_the_report_of_a_young_office_keeps_the_weights_and_changes_nothing(office) -> None:
    office.decided(PairingStatus.CONFIRMED)
    weights = declared_weights(Market.FINANCE)
    found = report(office.session, Market.FINANCE, current=weights)
    assert (found.n_decisions, found.study.promotion.is_promoted) == (1, False)
    assert found.study.learned.verdict in (Verdict.TOO_FEW_DECISIONS, Verdict.ONE_LABEL_ONLY)
    assert not office.session.dirty
    assert len(office.session.exec(select(Pairing)).all()) == 1


def many_decisions(office: Office, n: int) -> None:
    """Verdicts and outcomes of twenty-five officials, good where the texts are alike, whatever the price."""
    officials = [
        factories.make_actor(office.session, OrganizationKind.CHAIN_OFFICE, chain_id=office.chain.id) for _ in range(25)
    ]
    for number in range(n):
        similarity = number % 20 / 20
        demand, supply = office.pair()
        recommendation_id = office.recommendation(demand, supply, similarity, price=number % 7 / 7)
        is_good = (similarity > 0.5) != (number % 9 == 0)
        pairing = factories.make_pairing(
            office.session, demand, supply, office.chain, recommendation_id=recommendation_id,
            status=PairingStatus.IN_PROGRESS if is_good else PairingStatus.DECLINED, decided_at=now(),
            decided_by_id=officials[number % 25].user_id, introduced_at=now(), hold_until=now(),
            decline_reason=None if is_good else DeclineReason.PRICE_NOT_SUITABLE,
            status_changed_at=now() - timedelta(days=n - number),
        )  # fmt: skip
        if is_good:
            office.step(pairing, CaseStepKind.CREDIT_GRANTED, amount_fen=1)


def test_the_report_says_what_many_decisions_teach(office) -> None:
    many_decisions(office, 240)
    declared = declared_weights(Market.FINANCE)
    found = report(office.session, Market.FINANCE, current=declared)
    learned = found.study.learned
    assert learned.verdict is Verdict.LEARNED
    assert learned.weights["text"] > declared["text"] / sum(declared.values())
    assert learned.weights["price_fit"] < 0.1 * declared["price_fit"] / sum(declared.values())
    lines = told(found)
    assert lines[0] == "finance: 240 decisions, 0 more that this engine never scored"
    assert "  weights: learned, from 180 decisions that count as 180" in lines
    assert "  probability: too_few_decisions, on 60 decisions held out" in lines
