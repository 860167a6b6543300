"""How much each aspect weighs in the product's lists: declared here, changed by published versions.

The markets declare their track records for tables whose supplies are known by their history alone; there they outweigh
everything. On screen both sides file facts, and a record is to refine these: together at most a fifth of the score
where all facts are there (0.25 against 1.00). Past texts do not count here: in a likeness one could recognise
the need of another firm. A version therefore sets only aspects that weigh something as declared.
"""

import hashlib
import json
import logging
from datetime import date
from typing import Any

from sqlmodel import Session, col, func, select

from access.actor import SYSTEM, Actor
from matchmaking import MARKETS, MatchSettings
from models.audit_event import AuditEvent
from models.policy import WeightsVersion
from vocabulary.audit_actions import AuditAction
from vocabulary.classifications import Market
from vocabulary.reasons import TRACK_RECORD, ComponentCode
from workflows.audit import record

log = logging.getLogger(__name__)

_C = ComponentCode
_TRACK_WEIGHTS: dict[Market, dict[ComponentCode, float]] = {
    Market.FINANCE: {_C.TRACK_ACTIVITY: 0.08, _C.TRACK_INDUSTRY: 0.07, _C.TRACK_REGION: 0.05, _C.TRACK_SIZE: 0.05},
    Market.SUPPLY: {_C.TRACK_ACTIVITY: 0.10, _C.TRACK_INDUSTRY: 0.10, _C.TRACK_REGION: 0.05},
}


def declared_weights(market: Market) -> dict[str, float]:
    """Weight by component code as declared, in the market's order."""
    tracked = {code.value: _TRACK_WEIGHTS[market].get(code, 0.0) for code in TRACK_RECORD}
    return MatchSettings(as_of=date.min, weights=tracked).weight(MARKETS[market.value])


def weights_in_use(session: Session, market: Market, *, on: date) -> dict[str, float]:
    """Weight by component code on a day, in the market's order: the last intact version that is valid by then."""
    return _with(market, _last_intact(session, market, col(WeightsVersion.valid_from) <= on))


def latest_weights(session: Session, market: Market) -> dict[str, float]:
    """The weights last published, though they may hold only from tomorrow on."""
    return _with(market, _last_intact(session, market))


def _last_intact(session: Session, market: Market, *conditions: Any) -> WeightsVersion | None:
    """The newest version that is what was published; one that is not is passed over, and the log says so."""
    versions = session.exec(
        select(WeightsVersion)
        .where(WeightsVersion.market == market, *conditions)
        .order_by(col(WeightsVersion.version).desc())
    )
    for version in versions:
        if is_intact(version):
            return version
        log.error("version %s of the weights of %s is not what was published: not used", version.version, market.value)
    return None


def is_intact(version: WeightsVersion) -> bool:
    """Whether a version is what was published."""
    return version.digest == _digest(version)


def sound_alarm(session: Session) -> int:
    """One audit event for each version that is not what was published and was not told of; returns how many."""
    n = 0
    for version in session.exec(select(WeightsVersion).order_by(col(WeightsVersion.id))).all():
        told = select(AuditEvent.id).where(
            AuditEvent.action == AuditAction.WEIGHTS_REFUSED, AuditEvent.subject_id == version.id
        )
        if not is_intact(version) and session.exec(told).first() is None:
            new = {"market": version.market.value, "version": version.version}
            record(session, SYSTEM, AuditAction.WEIGHTS_REFUSED, subject_kind="weights_version",
                   subject_id=version.id or 0, new=new)  # fmt: skip
            n += 1
    return n


def _digest(version: WeightsVersion) -> str:
    content = [version.market.value, version.version, version.valid_from.isoformat(), version.weights]
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def publish_weights(
    session: Session,
    actor: Actor,
    market: Market,
    weights: dict[str, float],
    *,
    valid_from: date,
    reason: str,
    created_by_id: int,
) -> WeightsVersion:
    """The next version, approved by the actor. Two at once fail at the unique key.

    Rows written: the version and its event.
    """
    assert actor.user_id is not None
    old = latest_weights(session, market)
    last = session.exec(select(func.max(WeightsVersion.version)).where(WeightsVersion.market == market)).one() or 0
    version = WeightsVersion(
        market=market, version=last + 1, weights=weights, valid_from=valid_from, reason=reason, digest="",
        created_by_id=created_by_id, approved_by_id=actor.user_id,
    )  # fmt: skip
    version.digest = _digest(version)
    session.add(version)
    session.flush()
    record(
        session, actor, AuditAction.WEIGHTS_PUBLISHED, subject_kind="weights_version", subject_id=version.id or 0,
        old={"weights": old}, reason=reason,
        new={"market": market.value, "version": version.version, "weights": weights, "digest": version.digest},
    )  # fmt: skip
    return version


def _with(market: Market, version: WeightsVersion | None) -> dict[str, float]:
    declared = declared_weights(market)
    return declared if version is None else merged(declared, version)


def merged(declared: dict[str, float], version: WeightsVersion) -> dict[str, float]:
    """Weights as a version sets them; what weighs nothing as declared stays so."""
    return {code: version.weights.get(code, weight) if weight else weight for code, weight in declared.items()}
