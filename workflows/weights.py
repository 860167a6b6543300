"""How much each aspect weighs in the product's lists: declared here, changed by published versions.

The markets declare their track records for tables whose supplies are known by their history alone; there they outweigh
everything. On screen both sides file facts, and a record is to refine these: together at most a fifth of the score
where all facts are there (0.25 against 1.00). Past texts do not count here: in a likeness one could recognise
the need of another firm. A version therefore sets only aspects that weigh something as declared.
"""

from datetime import date

from sqlmodel import Session, col, func, select

from matchmaking import MARKETS, MatchSettings
from models.policy import WeightsVersion
from vocabulary.classifications import Market
from vocabulary.reasons import TRACK_RECORD, ComponentCode

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
    """Weight by component code on a day, in the market's order: the last version that is valid by then."""
    version = session.exec(
        select(WeightsVersion)
        .where(WeightsVersion.market == market, col(WeightsVersion.valid_from) <= on)
        .order_by(col(WeightsVersion.version).desc())
        .limit(1)
    ).first()
    return _with(market, version)


def latest_weights(session: Session, market: Market) -> dict[str, float]:
    """The weights last published, though they may hold only from tomorrow on."""
    newest = select(WeightsVersion).where(WeightsVersion.market == market).order_by(col(WeightsVersion.version).desc())
    return _with(market, session.exec(newest.limit(1)).first())


def publish_weights(
    session: Session,
    market: Market,
    weights: dict[str, float],
    *,
    valid_from: date,
    reason: str,
    created_by_id: int,
    approved_by_id: int,
) -> WeightsVersion:
    """The next version. Two at once fail at the unique key."""
    last = session.exec(select(func.max(WeightsVersion.version)).where(WeightsVersion.market == market)).one() or 0
    version = WeightsVersion(
        market=market, version=last + 1, weights=weights, valid_from=valid_from, reason=reason,
        created_by_id=created_by_id, approved_by_id=approved_by_id,
    )  # fmt: skip
    session.add(version)
    session.flush()
    return version


def _with(market: Market, version: WeightsVersion | None) -> dict[str, float]:
    declared = declared_weights(market)
    if version is None:
        return declared
    return {code: version.weights.get(code, weight) if weight else weight for code, weight in declared.items()}
