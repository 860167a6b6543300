"""What officials, counterparts and outcomes said of pairs, as decisions the engine can learn from. It only reports.

What came of a pair proves more than a verdict on it: credit granted, an order or a refusal by the other side count
in full, a bare confirmation or refusal by an official a quarter. Endings that say nothing of the fit are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import func
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from access import parties
from access.case_steps import is_latest
from matchmaking.calibration import Calibration, calibrate
from matchmaking.learning import Decisions, Study, split, split_masks, study
from matchmaking.offline import Comparison, compare
from matchmaking.settings import ENGINE_VERSION
from matchmaking.weights import Floats, scores
from models.pairing import CaseStep, Pairing
from models.posting import Supply
from models.recommendation import Recommendation, RecommendationRun
from vocabulary.classifications import PROOF, DeclineReason, Market, VerdictReason
from vocabulary.lifecycles import RELEASED_PAIRING, PairingStatus
from vocabulary.model_versions import LabelKind, RankOrder
from vocabulary.reasons import PairState
from workflows.calendar import SHANGHAI
from workflows.weights import declared_weights

SAYS_NOTHING = frozenset({DeclineReason.ALREADY_SUPPLIED, DeclineReason.COMPETITOR, DeclineReason.OTHER})
"""Reasons of a decline that lie outside what the engine scores."""
UNFIT = frozenset({VerdictReason.NOT_SUITABLE, VerdictReason.RISK_FOUND})
"""Reasons of an official's refusal that speak of the pair, not of papers that are missing."""
TRUST_IN_VERDICT = 0.25
_L = LabelKind
_KINDS = {_L.CAME_TO_SOMETHING: "1o", _L.DECLINED: "0o", _L.CONFIRMED: "1v", _L.REFUSED: "0v"}
COLUMNS = ("demand_id", "supply_id", "label", "official", "firm", "on", "trust", "state", "supply_since")
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
    comparisons: tuple[Comparison, ...] = ()
    """The learned weights beside those in use and beside plain orders, on later decisions."""
    until: date | None = None
    """Day of the newest decision."""
    labels: dict[str, int] = field(default_factory=dict)
    """Decisions by what was said."""


def report(session: Session, market: Market, *, current: dict[str, float]) -> Report:
    """Study the decisions of a market against the weights in use. Reads only."""
    table, n_unknown = collect_decisions(session, market)
    return examine(table, market, current=current, n_unknown=n_unknown)


def examine(table: pd.DataFrame, market: Market, *, current: dict[str, float], n_unknown: int = 0) -> Report:
    """Study decisions as `collect_decisions` gives them. Aspects that weigh nothing as declared are not learned."""
    current = {code: weight for code, weight in current.items() if weight}
    decisions = Decisions.from_frame(table, list(current))
    found = study(decisions, current)
    weights = found.learned.weights if found.promotion.is_promoted else current
    _, held_out = split(decisions.without(found.learned.set_aside))
    kept = table[~table["official"].isin(found.learned.set_aside)]
    return Report(
        market, len(decisions), n_unknown, current, found, calibrate(weights, held_out),
        _compared(kept, found, current), max(table["on"], default=None), _said(table),
    )  # fmt: skip


def _said(table: pd.DataFrame) -> dict[str, int]:
    """How many decisions of each kind: what came of a pair, a decline, an official's bare word."""
    kinds = table["label"].astype(int).astype(str) + (table["trust"] < 1).map({True: "v", False: "o"})
    return {code.value: int((kinds == kind).sum()) for code, kind in _KINDS.items()}


def _compared(table: pd.DataFrame, found: Study, current: Mapping[str, float]) -> tuple[Comparison, ...]:
    """The learned weights and the plain orders on the decisions that are no part of what was learned from."""
    decisions = Decisions.from_frame(table, list(current))
    if not len(decisions):
        return ()
    past, new, known = split_masks(decisions)
    chosen = table["supply_id"][past & (decisions.labels == 1)].value_counts()
    orders = {
        RankOrder.CANDIDATE: _scored(decisions, found.learned.weights),
        RankOrder.CURRENT: _scored(decisions, current),
        RankOrder.RULES_ONLY: (table["state"] == PairState.ELIGIBLE).to_numpy(dtype=float),
        RankOrder.NEWEST: pd.to_datetime(table["supply_since"]).astype("int64").to_numpy(dtype=float),
        RankOrder.POPULAR: table["supply_id"].map(chosen).fillna(0).to_numpy(dtype=float),
    }
    return compare(decisions, orders, known=known, new=new)


def _scored(decisions: Decisions, weights: Mapping[str, float]) -> Floats:
    return scores(decisions.values, np.array([weights[code] for code in decisions.codes]))


def collect_decisions(session: Session, market: Market) -> tuple[pd.DataFrame, int]:
    """Columns demand_id, supply_id, label, official, firm, on, trust, state, supply_since and a value by component;
    how many were left out.

    The values are those of the recommendation the pairing came from, or of the last one before its verdict; a pair the
    present engine never scored is counted and left out.
    """
    codes = list(declared_weights(market))
    rows, n_unknown = [], 0
    for pairing, contributions, engine, state, since, has_proof in session.exec(_statement(market)):
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
                "state": state,
                "supply_since": since.astimezone(SHANGHAI).date(),
                **{code: values.get(code) for code in codes},
            }
        )
    return pd.DataFrame(rows, columns=[*COLUMNS, *codes]), n_unknown


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
    columns: tuple[Any, ...] = (
        Pairing, Recommendation.contributions, RecommendationRun.settings["engine"].as_string(), Recommendation.state,
        Supply.created_at, has_proof,
    )  # fmt: skip
    return (
        select(*columns)
        .select_from(Pairing)
        .join(Supply, col(Supply.id) == Pairing.supply_id)
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
    for part in found.comparisons:
        chance = "" if part.beats_chance else ", no better than chance"
        lines.append(f"  {part.group.value}: {part.n} later decisions{chance}")
        lines += [
            f"    {one.order.value:<22} {one.value:.3f} ({one.low:.3f} to {one.high:.3f})" for one in part.measured
        ]
    lines.append(f"  probability: {calibration.earned.value}, on {calibration.n_decisions} decisions held out")
    return lines
