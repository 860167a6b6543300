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
from models.model_version import ModelVersion
from models.organization import User
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


def _statement() -> Any:
    statement: Any = select(ModelVersion, *(col(person.full_name) for person in _COLUMN_OF))
    for person, column in _COLUMN_OF.items():
        statement = statement.outerjoin(person, col(person.id) == getattr(ModelVersion, column))
    return statement
