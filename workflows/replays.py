"""A recommendation of the past made again and laid beside what was stored: equal to the last digit, or what differs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from models.policy import WeightsVersion
from models.recommendation import Recommendation, RecommendationRun
from vocabulary.classifications import Market
from vocabulary.reasons import TRACK_RECORD
from workflows import model_versions
from workflows.recommendations import replay
from workflows.weights import declared_weights, merged


@dataclass(frozen=True)
class ReplayedPart:
    """One aspect: its part of the score as stored and as made again; None where it had no data."""

    code: str
    stored: float | None
    again: float | None


@dataclass(frozen=True)
class Replayed:
    """What a replay found. Without `again` it could not be made: it belongs to another version of the engine."""

    made_at: datetime
    settings_fingerprint: str
    history_digest: str | None
    weights_version: WeightsVersion | None
    """As what its weights were published; None for those declared in code."""
    model_number: int | None
    """The model version those weights are, if they were learned."""
    stored: float
    again: float | None = None
    parts: tuple[ReplayedPart, ...] = ()
    same_gates: bool = False

    @property
    def is_equal(self) -> bool:
        return self.again == self.stored and self.same_gates and all(part.stored == part.again for part in self.parts)


def check(session: Session, row: Recommendation) -> Replayed:
    """Make a recommendation again from its stored facts, settings and history. Reads only."""
    run = session.get_one(RecommendationRun, row.run_id)
    weights = run.settings.get("weights", {})
    learned = model_versions.with_weights(session, row.market, weights)
    found: dict[str, Any] = {
        "made_at": row.created_at,
        "settings_fingerprint": run.settings_fingerprint,
        "history_digest": run.history_digest,
        "weights_version": _published(session, row.market, weights),
        "model_number": learned.number if learned else None,
        "stored": row.score,
    }
    try:
        pair = replay(session, row)
    except ValueError:
        return Replayed(**found)
    stored = {part["code"]: part["points"] if part["value"] is not None else None for part in row.contributions}
    again = {
        part.code.value: part.points if part.value is not None else None
        for part in pair.contributions
        if part.code not in TRACK_RECORD or (part.value is not None and part.weight > 0)
    }
    gates = [(gate["code"], gate["answer"]) for gate in row.gates]
    return Replayed(
        **found,
        again=pair.score,
        parts=tuple(ReplayedPart(code, stored.get(code), again.get(code)) for code in dict.fromkeys([*stored, *again])),
        same_gates=gates == [(gate.code.value, gate.answer.value) for gate in pair.gates],
    )


def _published(session: Session, market: Market, weights: dict[str, float]) -> WeightsVersion | None:
    """The newest version of the weights that says just this."""
    declared = declared_weights(market)
    if weights == declared:
        return None
    versions = session.exec(
        select(WeightsVersion).where(WeightsVersion.market == market).order_by(col(WeightsVersion.version).desc())
    )
    return next((one for one in versions if merged(declared, one) == weights), None)
