"""A scenario computed: both sides' present facts, the real engine before and after, and the pairs that differ.

Reads only. Officials' sandbox and the nightly run ask the same engine; there is no second one.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from time import perf_counter
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from matchmaking import MARKETS, MatchSettings, Recommender
from models.firm_profile import FirmProfile
from models.loan_product import LoanProduct
from models.organization import Organization
from models.policy import PolicyScenario
from vocabulary.bands import SCALES
from vocabulary.classifications import FIRM_SIDE, Market, Side
from vocabulary.policy import TOP_RANKS, PolicyChange, PolicyManner, PolicyRule
from vocabulary.reasons import GateAnswer
from workflows import facts, track_records
from workflows.policy_terms import TermsRule, changed_terms, with_terms
from workflows.weights import latest_weights

_Places = dict[tuple[int, int], tuple[int, float, list[float]]]
"""Rank, score and points by (demand id, supply id)."""


@dataclass(frozen=True)
class PolicyFacts:
    """What a scenario is computed on, and the name of it all."""

    demands: list[Any]
    supplies: list[Any]
    history_digest: str | None
    weights: dict[str, float]
    digest: str


@dataclass(frozen=True)
class PolicyRun:
    """What a scenario would do; `effects` are rows of `policy_effect` without scenario and address."""

    effects: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    figures: dict[str, Any]
    weights_before: dict[str, float]
    facts_digest: str
    settings_fingerprint: str
    on: date
    duration_ms: int


def read_facts(session: Session, market: Market, *, on: date) -> PolicyFacts:
    """Present facts of a market; the digest changes with any of them, with the history and with published weights."""
    demands: list[Any]
    supplies: list[Any]
    if market is Market.FINANCE:
        demands, supplies = facts.finance_demands(session, today=on), facts.finance_supplies(session, today=on)
    else:
        demands, supplies = facts.supply_demands(session), facts.supply_supplies(session, today=on)
    history, weights = track_records.in_use(session, market), latest_weights(session, market)
    names = [row.digest for row in (*demands, *supplies)]
    whole = hashlib.sha256("\n".join([history or "", repr(weights), *names]).encode())
    return PolicyFacts(demands, supplies, history, weights, whole.hexdigest())


def terms_rule(scenario: PolicyScenario) -> TermsRule | None:
    """The change of terms; None for a change of weights."""
    if scenario.rule is PolicyRule.WEIGHTS:
        return None
    return TermsRule(
        scenario.rule, scenario.manner or PolicyManner.RELAX, scenario.value, bank_id=scenario.bank_id,
        supply_id=scenario.supply_id, purpose=scenario.purpose,
    )  # fmt: skip


def compute(session: Session, scenario: PolicyScenario, *, on: date) -> PolicyRun:
    """Run the engine on the present facts and on the copy, and keep the pairs that are gained, lost or moved."""
    started, market = perf_counter(), MARKETS[scenario.market.value]
    present = read_facts(session, scenario.market, on=on)
    rule = terms_rule(scenario)
    terms = changed_terms(rule, present.supplies) if rule else {}
    other_supplies = with_terms(present.supplies, terms) if rule else present.supplies
    settings = MatchSettings(as_of=on, weights=present.weights)
    changed = MatchSettings(as_of=on, weights=present.weights if rule else present.weights | scenario.value)
    records = track_records.read(session, scenario.market, present.history_digest)
    before = _places(records.recommender(present.supplies, settings), present.demands)
    after = _places(records.recommender(other_supplies, changed), present.demands)
    effects = _effects(before, after)
    _explain(effects, market, on, present, other_supplies)
    _say_who(session, effects, present, FIRM_SIDE[scenario.market])
    return PolicyRun(
        effects=effects,
        changes=_changes(session, terms, present.supplies),
        figures=_figures(before, after, present),
        weights_before=present.weights,
        facts_digest=present.digest,
        settings_fingerprint=settings.fingerprint(market),
        on=on,
        duration_ms=round((perf_counter() - started) * 1000),
    )


def _places(engine: Recommender, demands: list[Any]) -> _Places:
    ranked = engine.rank_eligible(demands)
    ids = engine.supplies_.ids
    columns = (ranked.demand_index, ranked.supply_index, ranked.rank, ranked.score, ranked.points)
    return {
        (int(demands[row].id), int(ids[supply])): (rank, score, points)
        for row, supply, rank, score, points in zip(*(column.tolist() for column in columns), strict=True)
    }


def _effects(before: _Places, after: _Places) -> list[dict[str, Any]]:
    served_before, served_after = ({demand for demand, _ in places} for places in (before, after))
    found = []
    for pair in sorted({*before, *after}):
        old, new = before.get(pair), after.get(pair)
        if old is None:
            change, is_turning = PolicyChange.GAINED, pair[0] not in served_before
        elif new is None:
            change, is_turning = PolicyChange.LOST, pair[0] not in served_after
        elif old[0] != new[0] and min(old[0], new[0]) <= TOP_RANKS:
            change, is_turning = PolicyChange.MOVED, False
        else:
            continue
        found.append(
            {
                "change": change, "demand_id": pair[0], "supply_id": pair[1], "is_turning": is_turning, "gates": [],
                **_place("before", old), **_place("after", new),
            }
        )  # fmt: skip
    return found


def _place(name: str, place: tuple[int, float, list[float]] | None) -> dict[str, Any]:
    rank, score, points = place or (None, None, None)
    rounded = None if points is None else [None if part != part else round(part, 9) for part in points]
    return {f"rank_{name}": rank, f"score_{name}": score, f"points_{name}": rounded}


def _explain(effects: list[dict[str, Any]], market: Any, on: date, present: PolicyFacts, others: list[Any]) -> None:
    """The gates that are not open on the side where the pair is missing, with both limits."""
    demands = {row.id: row for row in present.demands}
    old, new = ({row.id: row for row in rows} for rows in (present.supplies, others))
    for effect in effects:
        if effect["change"] is PolicyChange.MOVED:
            continue
        demand, supply_id = demands[effect["demand_id"]], effect["supply_id"]
        is_gained = effect["change"] is PolicyChange.GAINED
        shut, open_ = (old, new) if is_gained else (new, old)
        for gate in market.gates:
            closed = gate.run(demand, shut[supply_id], on)
            if closed.answer is GateAnswer.OPEN:
                continue
            other = gate.run(demand, open_[supply_id], on)
            limits = (closed.limit, other.limit) if is_gained else (other.limit, closed.limit)
            effect["gates"].append(
                {
                    "code": gate.code.value, "answer": closed.answer.value, "kind": gate.kind.value,
                    "source": gate.source, "value": _plain(closed.value), "limit": _plain(limits[0]),
                    "limit_after": _plain(limits[1]),
                }
            )  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return value.isoformat() if isinstance(value, date) else value


def _say_who(session: Session, effects: list[dict[str, Any]], present: PolicyFacts, side: Side) -> None:
    """The firm of each pair with what it is counted by, as it is now. One query."""
    rows = present.demands if side is Side.DEMAND else present.supplies
    firm_of = {row.id: row.organization_id for row in rows}
    name = "demand_id" if side is Side.DEMAND else "supply_id"
    statement = select(
        col(Organization.id), col(Organization.chain_id), col(FirmProfile.region_code), col(FirmProfile.tier),
        col(FirmProfile.employees),
    ).outerjoin(FirmProfile, col(FirmProfile.organization_id) == Organization.id)  # fmt: skip
    known = {row[0]: row for row in session.execute(statement)}
    for effect in effects:
        firm_id = firm_of[effect[name]]
        _, chain_id, region_code, tier, employees = known[firm_id]
        effect |= {
            "organization_id": firm_id, "chain_id": chain_id, "region_code": region_code, "tier": tier,
            "size_band": SCALES["staff"].level_of(employees),
        }  # fmt: skip


def _changes(session: Session, terms: dict[int, dict[str, Any]], supplies: Iterable[Any]) -> list[dict[str, Any]]:
    versions = dict(
        session.execute(
            select(col(LoanProduct.supply_id), col(LoanProduct.current_version)).where(
                col(LoanProduct.supply_id).in_(terms)
            )
        ).all()
    )
    return [
        {
            "supply_id": product.id, "bank_id": product.organization_id, "version": versions[product.id],
            "terms": {
                name: [_plain(getattr(product, name)), _plain(value)] for name, value in terms[product.id].items()
            },
        }
        for product in supplies
        if product.id in terms
    ]  # fmt: skip


def _figures(before: _Places, after: _Places, present: PolicyFacts) -> dict[str, Any]:
    return {
        "demands": len(present.demands),
        "supplies": len(present.supplies),
        "pairs_before": len(before),
        "pairs_after": len(after),
        "served_before": len({demand for demand, _ in before}),
        "served_after": len({demand for demand, _ in after}),
    }
