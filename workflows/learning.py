"""What officials, counterparts and outcomes said of pairs, as decisions the engine can learn from. It only reports.

What came of a pair proves more than a verdict on it: credit granted, an order or a refusal by the other side count
in full, a bare confirmation or refusal by an official a quarter. Endings that say nothing of the fit are left out.
"""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from access import parties
from access.case_steps import is_latest
from matchmaking.calibration import Calibration, calibrate
from matchmaking.learning import Decisions, Study, split, study
from matchmaking.settings import ENGINE_VERSION
from models.pairing import CaseStep, Pairing
from models.recommendation import Recommendation, RecommendationRun
from vocabulary.classifications import PROOF, DeclineReason, Market, VerdictReason
from vocabulary.lifecycles import RELEASED_PAIRING, PairingStatus
from workflows.calendar import SHANGHAI
from workflows.weights import declared_weights

SAYS_NOTHING = frozenset({DeclineReason.ALREADY_SUPPLIED, DeclineReason.COMPETITOR, DeclineReason.OTHER})
"""Reasons of a decline that lie outside what the engine scores."""
UNFIT = frozenset({VerdictReason.NOT_SUITABLE, VerdictReason.RISK_FOUND})
"""Reasons of an official's refusal that speak of the pair, not of papers that are missing."""
TRUST_IN_VERDICT = 0.25
_CONFIRMED = RELEASED_PAIRING | {PairingStatus.CONFIRMED}


@dataclass(frozen=True)
class Report:
    """What there is to learn in one market. Nothing follows from it by itself: an operator reads it."""

    market: Market
    n_decisions: int
    n_unknown: int
    """Decided pairs that the present engine never scored; they are left out."""
    current: dict[str, float]
    study: Study
    calibration: Calibration


def report(session: Session, market: Market, *, current: dict[str, float]) -> Report:
    """Study the decisions of a market against the weights in use. Reads only."""
    table, n_unknown = collect_decisions(session, market)
    decisions = Decisions.from_frame(table, list(current))
    found = study(decisions, current)
    weights = found.learned.weights if found.promotion.is_promoted else current
    _, held_out = split(decisions)
    return Report(market, len(decisions), n_unknown, current, found, calibrate(weights, held_out))


def collect_decisions(session: Session, market: Market) -> tuple[pd.DataFrame, int]:
    """Columns demand_id, supply_id, label, official, firm, on, trust and a value by component; how many were left out.

    The values are those of the recommendation the pairing came from, or of the last one before its verdict; a pair the
    present engine never scored is counted and left out.
    """
    codes = list(declared_weights(market))
    rows, n_unknown = [], 0
    for pairing, contributions, engine, has_proof in session.exec(_statement(market)):
        judged = _judged(pairing, has_proof=has_proof)
        if judged is None:
            continue
        if contributions is None or engine != ENGINE_VERSION:
            n_unknown += 1
            continue
        label, trust = judged
        values = {part["code"]: part["value"] for part in contributions}
        rows.append(
            {
                "demand_id": pairing.demand_id,
                "supply_id": pairing.supply_id,
                "label": label,
                "official": pairing.decided_by_id,
                "firm": parties.firm_id(pairing),
                "on": pairing.status_changed_at.astimezone(SHANGHAI).date(),
                "trust": trust,
                **{code: values.get(code) for code in codes},
            }
        )
    names = ["demand_id", "supply_id", "label", "official", "firm", "on", "trust", *codes]
    return pd.DataFrame(rows, columns=names), n_unknown


def _judged(pairing: Pairing, *, has_proof: bool) -> tuple[int, float] | None:
    """Label and trust, or None where the pairing says nothing of the fit."""
    if has_proof:
        return 1, 1.0
    if pairing.status is PairingStatus.DECLINED:
        return None if pairing.decline_reason in SAYS_NOTHING else (0, 1.0)
    if pairing.status is PairingStatus.REFUSED:
        return (0, TRUST_IN_VERDICT) if pairing.verdict_reason in UNFIT else None
    return (1, TRUST_IN_VERDICT) if pairing.status in _CONFIRMED else None


def _statement(market: Market) -> Any:
    """Pairings, each with its recommendation's contributions and engine version, and whether something came of it."""
    has_proof = (
        select(CaseStep.id)
        .where(CaseStep.pairing_id == Pairing.id, col(CaseStep.kind).in_(PROOF), *is_latest())
        .exists()
    )
    earlier = aliased(Recommendation)
    last_before = (
        select(func.max(earlier.id))
        .where(
            earlier.demand_id == Pairing.demand_id,
            earlier.supply_id == Pairing.supply_id,
            earlier.created_at <= func.coalesce(Pairing.decided_at, Pairing.status_changed_at),
        )
        .scalar_subquery()
    )
    return (
        select(Pairing, Recommendation.contributions, RecommendationRun.settings["engine"].as_string(), has_proof)
        .select_from(Pairing)
        .outerjoin(Recommendation, col(Recommendation.id) == func.coalesce(Pairing.recommendation_id, last_before))
        .outerjoin(RecommendationRun, col(RecommendationRun.id) == Recommendation.run_id)
        .where(Pairing.market == market)
        .order_by(col(Pairing.id))
    )


def told(found: Report) -> list[str]:
    """The report as lines of text."""
    learned, promotion, calibration = found.study.learned, found.study.promotion, found.calibration
    lines = [
        f"{found.market.value}: {found.n_decisions} decisions, {found.n_unknown} more that this engine never scored",
        f"  weights: {learned.verdict.value}, from {learned.n_decisions} decisions that count as"
        f" {learned.n_effective:.0f}",
    ]
    if learned.set_aside:
        lines.append(f"    set aside, against all others: officials {', '.join(map(str, learned.set_aside))}")
    if learned.is_learned:
        lines += [
            f"    {code:<22} {weight:.3f} -> {learned.weights[code]:.3f}" for code, weight in found.current.items()
        ]
    lines.append(
        f"  against the weights in use: {promotion.verdict.value}, on {promotion.n_held_out} decisions held out"
    )
    if promotion.current is not None and promotion.candidate is not None:
        lines.append(
            f"    good above bad {promotion.current:.3f} -> {promotion.candidate:.3f}"
            f" (gain {promotion.low:+.3f} to {promotion.high:+.3f})"
        )
    if found.study.boosted_auc is not None:
        lines.append(f"    a boosted model, which is not used, would reach {found.study.boosted_auc:.3f}")
    lines.append(f"  probability: {calibration.earned.value}, on {calibration.n_decisions} decisions held out")
    return lines
