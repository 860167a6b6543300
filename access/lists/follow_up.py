"""The office's list of cases that are due or late: who was told, who has them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, case, exists
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, or_

from access import parties
from access.actor import Actor
from access.people import works_at
from access.permissions import Permission
from access.rules import require
from access.scopes import OFFICES, in_chain
from models.organization import Membership, Organization, User
from models.pairing import CaseReminder, Pairing
from models.posting import Demand, Supply
from vocabulary.case_clocks import ClockStage, ReminderLevel
from vocabulary.classifications import Market
from vocabulary.lifecycles import RUNNING_PAIRING, PairingStatus

_Firm, _Counterpart = aliased(Organization), aliased(Organization)
_Handler, _Follower = aliased(User), aliased(User)


@dataclass(frozen=True)
class FollowUpLine:
    """One running case. `level` is how far it was escalated for what is due now; None if nobody was told yet."""

    public_id: str
    market: Market
    status: PairingStatus
    demand_title: str
    supply_title: str
    firm: str
    counterpart: str
    stage: ClockStage
    due_on: date
    is_stated: bool
    is_provisional: bool
    handler: str | None
    handler_left: bool
    follower: str | None
    follower_left: bool
    level: ReminderLevel | None
    is_late: bool


@dataclass(frozen=True)
class FollowUpPage:
    items: list[FollowUpLine]
    total: int
    counts: dict[ReminderLevel, int]
    """Cases by how far they were escalated, whatever else is filtered by."""
    n_late: int
    followers: list[tuple[str, str]]
    """Public id and name of those who follow a listed case."""
    counterparts: list[tuple[str, str]]


def follow_up(
    session: Session,
    actor: Actor,
    *,
    on: date,
    level: ReminderLevel | None = None,
    follower: str = "",
    counterpart: str = "",
    page: int = 1,
    size: int = 50,
) -> FollowUpPage:
    """Cases of the office's chain that are late, or of which somebody was reminded; the longest late first."""
    require(actor, Permission.DECIDE_PAIRINGS)
    reached = _level()
    listed = _lines(on).where(
        in_chain(actor, Pairing.chain_id), _is_running(), or_(col(Pairing.due_on) < on, reached.is_not(None))
    )
    everything = listed.subquery()
    counts = dict(session.execute(select_columns(everything.c.level, func.count()).group_by(everything.c.level)).all())
    wanted = listed
    if level is not None:
        wanted = wanted.where(reached == level)
    if follower:
        wanted = wanted.where(_Follower.public_id == follower)
    if counterpart:
        wanted = wanted.where(_Counterpart.public_id == counterpart)
    total = session.execute(select_columns(func.count()).select_from(wanted.subquery())).scalar_one()
    order = (col(Pairing.due_on).nulls_first(), col(Pairing.id))
    rows = session.execute(wanted.order_by(*order).offset((page - 1) * size).limit(size)).all()
    return FollowUpPage(
        items=[_line(row) for row in rows],
        total=total,
        counts={ReminderLevel(known): number for known, number in counts.items() if known is not None},
        n_late=session.execute(select_columns(func.count()).where(everything.c.is_late)).scalar_one(),
        followers=_choices(session, everything.c.follower_id, everything.c.follower),
        counterparts=_choices(session, everything.c.counterpart_id, everything.c.counterpart),
    )


def overdue_condition(on: date) -> Any:
    """SQL: the case is running and its due day has passed."""
    return and_(_is_running(), col(Pairing.due_on) < on)


def handler_left(on: date) -> Any:
    """SQL: the counterpart's person no longer works there."""
    there = works_at(col(Pairing.handled_by_id), col(Membership.organization_id) == parties.counterpart_column(), on)
    return and_(col(Pairing.handled_by_id).is_not(None), ~there.correlate(Pairing))


def follower_left(on: date) -> Any:
    """SQL: the official no longer works at an office."""
    office = aliased(Organization)
    at_office = exists().where(col(office.id) == col(Membership.organization_id), col(office.kind).in_(OFFICES))
    there = works_at(col(Pairing.followed_by_id), at_office, on)
    return and_(col(Pairing.followed_by_id).is_not(None), ~there.correlate(Pairing))


def _is_running() -> Any:
    return col(Pairing.status).in_(RUNNING_PAIRING)


def _level() -> Any:
    """SQL: the highest level that was told of what is due now."""

    def was_told(level: ReminderLevel) -> Any:
        return (
            exists()
            .where(
                col(CaseReminder.pairing_id) == col(Pairing.id),
                col(CaseReminder.stage) == col(Pairing.due_stage),
                col(CaseReminder.due_on) == col(Pairing.due_on),
                col(CaseReminder.level) == level,
            )
            .correlate(Pairing)
        )

    return case(*((was_told(level), level.value) for level in reversed(ReminderLevel)), else_=None)


def _lines(on: date) -> Any:
    return (
        select_columns(
            col(Pairing.public_id),
            col(Pairing.market),
            col(Pairing.status),
            col(Demand.title).label("demand_title"),
            col(Supply.title).label("supply_title"),
            col(_Firm.legal_name).label("firm"),
            col(_Counterpart.legal_name).label("counterpart"),
            col(_Counterpart.public_id).label("counterpart_id"),
            col(Pairing.due_stage).label("stage"),
            col(Pairing.due_on),
            col(Pairing.due_is_stated).label("is_stated"),
            col(Pairing.due_is_provisional).label("is_provisional"),
            col(_Handler.full_name).label("handler"),
            handler_left(on).label("handler_left"),
            col(_Follower.full_name).label("follower"),
            col(_Follower.public_id).label("follower_id"),
            follower_left(on).label("follower_left"),
            _level().label("level"),
            (col(Pairing.due_on) < on).label("is_late"),
        )
        .select_from(Pairing)
        .join(Demand, col(Demand.id) == col(Pairing.demand_id))
        .join(Supply, col(Supply.id) == col(Pairing.supply_id))
        .join(_Firm, col(_Firm.id) == parties.firm_column())
        .join(_Counterpart, col(_Counterpart.id) == parties.counterpart_column())
        .outerjoin(_Handler, col(_Handler.id) == col(Pairing.handled_by_id))
        .outerjoin(_Follower, col(_Follower.id) == col(Pairing.followed_by_id))
    )


def _line(row: Any) -> FollowUpLine:
    values = row._asdict() | {name: bool(getattr(row, name)) for name in ("handler_left", "follower_left", "is_late")}
    values["level"] = ReminderLevel(row.level) if row.level else None
    del values["counterpart_id"], values["follower_id"]
    return FollowUpLine(**values)


def _choices(session: Session, key: Any, name: Any) -> list[tuple[str, str]]:
    rows = session.execute(select_columns(key, name).where(key.is_not(None)).distinct().order_by(name)).all()
    return [(public_id, text) for public_id, text in rows]
