"""Model versions for those who train, approve or audit them. What a version does to firms is not for administrators."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require
from models.drift_alarm import DriftAlarm
from models.model_version import ModelVersion, ShadowChange
from models.organization import Organization, User
from models.posting import Demand, Supply
from vocabulary.classifications import Market
from vocabulary.model_versions import ModelStatus

_COLUMN_OF = {aliased(User): f"{step}_by_id" for step in ("trained", "proposed", "promoted", "ended")}


@dataclass(frozen=True)
class ModelLine:
    """A version with the names of those who took its steps."""

    version: ModelVersion
    trainer: str | None
    proposer: str | None
    promoter: str | None
    ender: str | None


@dataclass(frozen=True)
class ShadowLine:
    """The list of one demand: what comes among the first places, what goes, and (name, rank before, rank after)."""

    firm: str
    need: str
    came: list[str]
    went: list[str]
    moved: list[tuple[str, int, int]]


def versions(
    session: Session, actor: Actor, *, market: Market | None, status: ModelStatus | None, page: int, size: int
) -> tuple[list[ModelLine], dict[ModelStatus, int]]:
    """One page of the versions, newest first, and how many there are of each status (of the market)."""
    require(actor, Permission.READ_MODELS)
    of_market = [] if market is None else [col(ModelVersion.market) == market]
    counted = session.execute(
        select(col(ModelVersion.status), func.count()).where(*of_market).group_by(col(ModelVersion.status))
    ).all()
    wanted = [] if status is None else [col(ModelVersion.status) == status]
    rows = session.execute(
        _statement()
        .where(*of_market, *wanted)
        .order_by(col(ModelVersion.id).desc())
        .offset((page - 1) * size)
        .limit(size)
    ).all()
    return [ModelLine(*row) for row in rows], {ModelStatus(each): n for each, n in counted}


def line(session: Session, actor: Actor, public_id: str) -> ModelLine:
    """One version, or NotVisible."""
    require(actor, Permission.READ_MODELS)
    row = session.execute(_statement().where(col(ModelVersion.public_id) == public_id)).first()
    if row is None:
        raise NotVisible
    return ModelLine(*row)


def others(session: Session, actor: Actor, version: ModelVersion) -> list[ModelVersion]:
    """The other versions of the same market, newest first: what a version can be compared with."""
    require(actor, Permission.READ_MODELS)
    return list(
        session.execute(
            select(ModelVersion)
            .where(col(ModelVersion.market) == version.market, col(ModelVersion.id) != version.id)
            .order_by(col(ModelVersion.id).desc())
            .limit(50)
        ).scalars()
    )


def shadow_changes(
    session: Session, actor: Actor, version: ModelVersion, *, is_new: bool, page: int, size: int
) -> tuple[list[ShadowLine], dict[bool, int]]:
    """One page of the lists that a version changes: with other supplies among the first places (`is_new`) or only their
    order; and how many there are of each. Three queries."""
    require(actor, Permission.READ_MODEL_EFFECTS)
    of_version = col(ShadowChange.model_version_id) == version.id
    has_new = col(ShadowChange.n_new) > 0
    counts = dict(session.execute(select(has_new, func.count()).where(of_version).group_by(has_new)).all())
    rows = session.execute(
        select(ShadowChange, col(Organization.legal_name), col(Demand.title))
        .join(Organization, col(Organization.id) == col(ShadowChange.organization_id))
        .join(Demand, col(Demand.id) == col(ShadowChange.demand_id))
        .where(of_version, has_new if is_new else ~has_new)
        .order_by(col(ShadowChange.n_new).desc(), col(Organization.legal_name), col(ShadowChange.id))
        .offset((page - 1) * size)
        .limit(size)
    ).all()
    ids = {supply for change, *_ in rows for supply in (*change.supplies_before, *change.supplies_after)}
    short = func.coalesce(col(Organization.short_name), col(Organization.legal_name))
    named = session.execute(
        select(col(Supply.id), short, col(Supply.title))
        .join(Organization, col(Organization.id) == col(Supply.organization_id))
        .where(col(Supply.id).in_(ids))
    )
    names = {
        row_id: title if title.startswith(organization) else f"{organization} · {title}"
        for row_id, organization, title in named
    }
    return [_shadow_line(change, firm, need, names) for change, firm, need in rows], {
        bool(key): n for key, n in counts.items()
    }


def drifts(session: Session, actor: Actor, *, page: int, size: int) -> tuple[list[DriftAlarm], int]:
    """One page of what changed, that which still is so first, and how many there are."""
    require(actor, Permission.READ_MODEL_EFFECTS)
    total = session.execute(select(func.count()).select_from(DriftAlarm)).scalar_one()
    order = (col(DriftAlarm.ended_on).is_not(None), col(DriftAlarm.found_on).desc(), col(DriftAlarm.id).desc())
    rows = session.execute(select(DriftAlarm).order_by(*order).offset((page - 1) * size).limit(size)).scalars()
    return list(rows), total


def _shadow_line(change: ShadowChange, firm: str, need: str, names: dict[int, str]) -> ShadowLine:
    before, after = change.supplies_before, change.supplies_after
    moved = [
        (names[supply], before.index(supply) + 1, rank)
        for rank, supply in enumerate(after, start=1)
        if supply in before and before.index(supply) + 1 != rank
    ]
    came, went = ([names[one] for one in some if one not in rest] for some, rest in ((after, before), (before, after)))
    return ShadowLine(firm, need, came, went, moved)


def _statement() -> Any:
    statement: Any = select(ModelVersion, *(col(person.full_name) for person in _COLUMN_OF))
    for person, column in _COLUMN_OF.items():
        statement = statement.outerjoin(person, col(person.id) == getattr(ModelVersion, column))
    return statement
