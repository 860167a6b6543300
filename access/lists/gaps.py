"""What chains lack, as their offices see it: the list, one gap with its evidence, a firm's upgrade tasks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import exists
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from access.actor import Actor
from access.lists.chain_map import short_name
from access.lookups import NotVisible
from access.people import is_present
from access.permissions import Permission
from access.rules import require
from access.scopes import in_chain, own
from models.chain import Chain, ChainLink
from models.financing_need import FinancingNeed
from models.gap import Gap, GapEvent, GapMonth, GapNeed, GapTask
from models.organization import Membership, Organization, User
from models.posting import Demand, Supply
from models.project import Project
from models.purchase_need import PurchaseNeed
from models.recommendation import Recommendation
from vocabulary.classifications import Market
from vocabulary.gaps import (
    GapKind,
    GapStatus,
    GapTaskStatus,
)
from vocabulary.lifecycles import PostingStatus
from vocabulary.reasons import GateAnswer, GateCode, PairState
from vocabulary.roles import OrganizationKind

NEAR_MISSES = 20
"""Shown of a gap, those that lack least first."""
_RUNNING = (GapTaskStatus.OPEN, GapTaskStatus.IN_PROJECT)


@dataclass(frozen=True)
class GapFilters:
    """None asks for all. `is_overdue`: a lead or task of the gap is past its day."""

    chain_id: int | None = None
    kind: GapKind | None = None
    status: GapStatus | None = GapStatus.OPEN
    is_overdue: bool = False
    is_idle: bool = False
    """Nobody was given a lead or task."""


@dataclass(frozen=True)
class GapLine:
    """One gap with where it is and how far its leads and tasks are."""

    gap: Gap
    chain_zh: str
    chain_en: str
    chain_code: str
    link_zh: str | None
    link_en: str | None
    link_code: str | None
    closed_by: str | None
    closed_by_public_id: str | None
    n_running: int
    n_overdue: int


@dataclass(frozen=True)
class GapList:
    """The rows asked for, and the counts of all rows of the same chain by status and kind."""

    lines: list[GapLine]
    total: int
    value_fen: int
    by_status: Counter[GapStatus]
    by_kind: Counter[GapKind]
    """Of the status asked for."""
    n_overdue: int
    n_idle: int


@dataclass(frozen=True)
class EvidenceLine:
    """A need that a gap counts. `amount_fen` is its budget or the loan asked for."""

    public_id: str
    title: str
    organization: str
    specification: str
    quantity_milli: int | None
    unit: str | None
    amount_fen: int | None
    since: date
    status: PostingStatus


@dataclass(frozen=True)
class NearMiss:
    """A pair that nearly fits: the firm that could do better, what it offers or asks, and what is in the way."""

    recommendation: Recommendation
    market: Market
    firm_id: int
    firm: str
    firm_public_id: str
    other: str
    """The product line, or the loan product with its bank."""
    need: str
    closed: list[dict[str, Any]]


@dataclass(frozen=True)
class TaskLine:
    task: GapTask
    owner: str
    firm: str | None
    project: str | None
    project_public_id: str | None
    is_overdue: bool


@dataclass(frozen=True)
class GapPage:
    line: GapLine
    evidence: list[EvidenceLine]
    near_misses: list[NearMiss]
    months: Sequence[GapMonth]
    events: list[tuple[GapEvent, Project | None]]
    tasks: list[TaskLine]


@dataclass(frozen=True)
class UpgradeLine:
    """What a firm is to be helped with; the gap's buyers are not named."""

    task: GapTask
    gap: Gap
    owner: str
    is_overdue: bool


def gaps(
    session: Session,
    actor: Actor,
    filters: GapFilters | None = None,
    *,
    on: date,
    page: int = 1,
    size: int | None = None,
) -> GapList:
    """The gaps of the office's chains, the one worth most first; `size` None gives all. Raises NotAllowed."""
    require(actor, Permission.HANDLE_GAPS)
    asked = filters or GapFilters()
    scope = [in_chain(actor, Gap.chain_id)]
    if asked.chain_id is not None:
        scope.append(col(Gap.chain_id) == asked.chain_id)
    of_status = [*scope, *([col(Gap.status) == asked.status] if asked.status else [])]
    conditions = list(of_status)
    if asked.kind is not None:
        conditions.append(col(Gap.kind) == asked.kind)
    if asked.is_overdue:
        conditions.append(_has_late(on))
    if asked.is_idle:
        conditions.append(_is_idle())
    statuses = session.execute(
        select_columns(col(Gap.status), func.count()).where(*scope).group_by(col(Gap.status))
    ).all()
    kinds = session.execute(
        select_columns(col(Gap.kind), func.count(), func.count().filter(_has_late(on)), func.count().filter(_is_idle()))
        .where(*of_status)
        .group_by(col(Gap.kind))
    ).all()
    total, value = session.execute(
        select_columns(func.count(), func.coalesce(func.sum(col(Gap.value_fen)), 0)).select_from(Gap).where(*conditions)
    ).one()
    return GapList(
        _lines(session, on, conditions, offset=(page - 1) * (size or 0), limit=size),
        total,
        int(value),
        Counter({GapStatus(row[0]): row[1] for row in statuses}),
        Counter({GapKind(row[0]): row[1] for row in kinds}),
        sum(row[2] for row in kinds),
        sum(row[3] for row in kinds),
    )


def gap_page(session: Session, actor: Actor, public_id: str, *, on: date) -> GapPage:
    """One gap with everything about it, in a fixed number of queries. Raises NotVisible, NotAllowed."""
    require(actor, Permission.HANDLE_GAPS)
    found = _lines(
        session, on, [in_chain(actor, Gap.chain_id), col(Gap.public_id) == public_id], offset=0, limit=1
    )  # fmt: skip
    if not found:
        raise NotVisible
    gap = found[0].gap
    events = session.exec(
        select(GapEvent, Project)
        .outerjoin(Project, col(Project.id) == GapEvent.project_id)
        .where(GapEvent.gap_id == gap.id)
        .order_by(col(GapEvent.id).desc())
    ).all()
    return GapPage(
        found[0],
        _evidence(session, gap),
        _near_misses(session, gap) if gap.status is GapStatus.OPEN else [],
        session.exec(select(GapMonth).where(GapMonth.gap_id == gap.id).order_by(col(GapMonth.month).desc())).all(),
        list(events),
        _tasks(session, col(GapTask.gap_id) == gap.id, on),
    )


def near_miss(session: Session, actor: Actor, gap: Gap, public_id: str) -> NearMiss | None:
    """The near miss of a gap with this address, or None."""
    require(actor, Permission.HANDLE_GAPS)
    rows = _near_misses(session, gap)
    return next((row for row in rows if row.recommendation.public_id == public_id), None)


def task(session: Session, actor: Actor, public_id: str) -> tuple[GapTask, Gap]:
    """A lead or task with its gap. Raises NotVisible, NotAllowed."""
    require(actor, Permission.HANDLE_GAPS)
    row = session.exec(
        select(GapTask, Gap)
        .join(Gap, col(Gap.id) == GapTask.gap_id)
        .where(in_chain(actor, GapTask.chain_id), GapTask.public_id == public_id)
    ).first()
    if row is None:
        raise NotVisible
    return row


def of_link(session: Session, actor: Actor, link_id: int, *, on: date) -> list[GapLine]:
    """Open gaps of a link, for its own office; others see none."""
    conditions = [
        in_chain(actor, Gap.chain_id), col(Gap.chain_link_id) == link_id, col(Gap.status) == GapStatus.OPEN
    ]  # fmt: skip
    return _lines(session, on, conditions, offset=0, limit=None)


def of_project(session: Session, actor: Actor, project: Project, *, on: date) -> list[GapLine]:
    """The gaps that a project fills or closed, for the chain's own office."""
    grown = select(GapTask.gap_id).where(GapTask.project_id == project.id)
    return _lines(session, on, [in_chain(actor, Gap.chain_id), col(Gap.id).in_(grown)], offset=0, limit=None)


def owners(session: Session, chain_id: int, on: date) -> list[tuple[int, str]]:
    """Who can answer for a lead or task: people of the chain's office, then of the joint office."""
    rows = session.exec(
        select(User.id, User.full_name, short_name())
        .join(Membership, col(Membership.user_id) == User.id)
        .join(Organization, col(Organization.id) == Membership.organization_id)
        .where(
            *is_present(on),
            ((col(Organization.kind) == OrganizationKind.CHAIN_OFFICE) & (col(Organization.chain_id) == chain_id))
            | (col(Organization.kind) == OrganizationKind.JOINT_OFFICE),
        )
        .order_by(col(Organization.kind), col(User.id))
    ).all()
    return [(user_id or 0, f"{name} · {office}") for user_id, name, office in rows]


def upgrades(session: Session, actor: Actor, *, on: date) -> list[UpgradeLine]:
    """The upgrade tasks of the actor's firm, those in hand first."""
    require(actor, Permission.SEE_OWN_RECOMMENDATIONS)
    rows = session.exec(
        select(GapTask, Gap, User.full_name)
        .join(Gap, col(Gap.id) == GapTask.gap_id)
        .join(User, col(User.id) == GapTask.owner_id)
        .where(own(actor, GapTask.organization_id))
        .order_by(col(GapTask.status).not_in(_RUNNING), col(GapTask.due_on), col(GapTask.id))
    ).all()
    return [UpgradeLine(row, gap, owner, _is_late(row, on)) for row, gap, owner in rows]


def _is_late(row: GapTask, on: date) -> bool:
    return row.status in _RUNNING and row.due_on < on


def _late(on: date) -> Any:
    return col(GapTask.status).in_(_RUNNING) & (col(GapTask.due_on) < on)


def _has_late(on: date) -> Any:
    return exists().where(col(GapTask.gap_id) == col(Gap.id), _late(on))


def _is_idle() -> Any:
    running = exists().where(col(GapTask.gap_id) == col(Gap.id), col(GapTask.status).in_(_RUNNING))
    return (col(Gap.status) == GapStatus.OPEN) & ~running


def _count(*conditions: Any) -> Any:
    return (
        select_columns(func.count())
        .select_from(GapTask)
        .where(col(GapTask.gap_id) == col(Gap.id), *conditions)
        .correlate(Gap)
        .scalar_subquery()
    )


def _lines(session: Session, on: date, conditions: list[Any], *, offset: int, limit: int | None) -> list[GapLine]:
    kinds = list(GapKind)
    statement: Any = (
        select_columns(
            Gap, col(Chain.name_zh), col(Chain.name_en), col(Chain.code), col(ChainLink.name_zh).label("link_zh"),
            col(ChainLink.name_en).label("link_en"), col(ChainLink.code).label("link_code"), col(Project.name),
            col(Project.public_id), _count(col(GapTask.status).in_(_RUNNING)), _count(_late(on)),
        )
        .join(Chain, col(Chain.id) == col(Gap.chain_id))
        .outerjoin(ChainLink, col(ChainLink.id) == col(Gap.chain_link_id))
        .outerjoin(Project, col(Project.id) == col(Gap.closed_by_project_id))
        .where(*conditions)
        .order_by(
            col(Gap.status) == GapStatus.CLOSED,
            col(Gap.value_fen).desc(),
            *(col(Gap.kind) != kind for kind in kinds[:-1]),
            col(Gap.n_needs).desc(),
            col(Gap.id),
        )
    )  # fmt: skip
    if limit is not None:
        statement = statement.offset(offset).limit(limit)
    return [GapLine(*row) for row in session.execute(statement).all()]


def _evidence(session: Session, gap: Gap) -> list[EvidenceLine]:
    rows = session.execute(
        select_columns(
            col(Demand.public_id), col(Demand.title), short_name(), func.coalesce(col(PurchaseNeed.specification), ""),
            col(PurchaseNeed.quantity_milli), col(PurchaseNeed.unit),
            func.coalesce(col(PurchaseNeed.budget_fen), col(FinancingNeed.amount_fen)), col(GapNeed.since),
            col(Demand.status),
        )
        .join(GapNeed, col(GapNeed.demand_id) == col(Demand.id))
        .join(Organization, col(Organization.id) == col(Demand.organization_id))
        .outerjoin(PurchaseNeed, col(PurchaseNeed.demand_id) == col(Demand.id))
        .outerjoin(FinancingNeed, col(FinancingNeed.demand_id) == col(Demand.id))
        .where(col(GapNeed.gap_id) == gap.id, col(GapNeed.left_on).is_(None))
        .order_by(col(Demand.id))
    ).all()  # fmt: skip
    return [EvidenceLine(*row) for row in rows]


def _near_misses(session: Session, gap: Gap) -> list[NearMiss]:
    """What the present run keeps as closed but near; of one firm the pair that lacks least."""
    is_loan = gap.kind is GapKind.UNSERVED_FINANCING
    posting: Any = Demand if is_loan else Supply
    counterpart: Any = Supply if is_loan else Demand
    other_side = aliased(Organization)
    other_name = func.coalesce(func.nullif(col(other_side.short_name), ""), col(other_side.legal_name))
    rows = session.execute(
        select_columns(
            Recommendation, col(Organization.id), short_name(), col(Organization.public_id), col(posting.title),
            col(counterpart.title), other_name,
        )
        .join(GapNeed, col(GapNeed.demand_id) == col(Recommendation.demand_id))
        .join(Demand, col(Demand.id) == col(Recommendation.demand_id))
        .join(Supply, col(Supply.id) == col(Recommendation.supply_id))
        .join(Organization, col(Organization.id) == col(posting.organization_id))
        .join(other_side, col(other_side.id) == col(counterpart.organization_id))
        .where(
            col(GapNeed.gap_id) == gap.id,
            col(GapNeed.left_on).is_(None),
            col(Recommendation.superseded_at).is_(None),
            col(Recommendation.state) == PairState.CLOSED,
        )
    ).all()  # fmt: skip
    lines = []
    for row, firm_id, firm, firm_public_id, own_title, other_title, bank in rows:
        closed = [gate for gate in row.gates if gate["answer"] == GateAnswer.CLOSED]
        if any(gate["code"] == GateCode.CATEGORY for gate in closed):
            continue  # a maker of other goods is not near, whatever else fits
        other = f"{bank} · {other_title}" if is_loan else own_title
        need = own_title if is_loan else other_title
        lines.append(NearMiss(row, row.market, firm_id, firm, firm_public_id, other, need, closed))
    lines.sort(key=lambda line: (len(line.closed), -line.recommendation.score, line.recommendation.id or 0))
    nearest: dict[int, NearMiss] = {}
    for line in lines:
        nearest.setdefault(line.firm_id, line)
    return list(nearest.values())[:NEAR_MISSES]


def _tasks(session: Session, condition: Any, on: date) -> list[TaskLine]:
    rows = session.exec(
        select(GapTask, User.full_name, Organization.legal_name, Project.name, Project.public_id)  # type: ignore[call-overload]
        .join(User, col(User.id) == GapTask.owner_id)
        .outerjoin(Organization, col(Organization.id) == GapTask.organization_id)
        .outerjoin(Project, col(Project.id) == GapTask.project_id)
        .where(condition)
        .order_by(col(GapTask.id).desc())
    ).all()
    return [
        TaskLine(row, owner, firm, project, public_id, _is_late(row, on))
        for row, owner, firm, project, public_id in rows
    ]
