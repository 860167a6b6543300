"""Supplier groups as the buyer, the office and a member may see them; a member knows the others by number only."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import case, func, literal, or_, select
from sqlmodel import Session, col

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require
from access.scopes import in_chain, own
from models.organization import Organization
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.product_line import ProductLine
from models.purchase_need import PurchaseNeed
from models.recommendation import Recommendation
from models.supplier_group import SupplierGroup, SupplierShare
from vocabulary.classifications import GroupEnd, Market
from vocabulary.lifecycles import (
    RELEASED_PAIRING,
    PairingStatus,
    PostingStatus,
    SupplierGroupStatus,
    SupplierShareStatus,
)
from vocabulary.reasons import PairState
from vocabulary.units import in_base_units


@dataclass(frozen=True)
class ShareLine:
    """One member as the buyer or the office reads it."""

    number: int
    firm: str
    title: str
    quantity_milli: int
    status: SupplierShareStatus
    note: str
    answered_at: datetime | None
    pairing_public_id: str | None
    pairing_status: PairingStatus | None


@dataclass(frozen=True)
class GroupLine:
    """One group with its members."""

    public_id: str
    demand_public_id: str
    need: str
    buyer: str
    quantity_milli: int
    unit: str
    fit: float
    status: SupplierGroupStatus
    end_reason: GroupEnd | None
    asked_at: datetime
    expires_on: date
    shares: tuple[ShareLine, ...]

    @property
    def n_accepted(self) -> int:
        return sum(share.status is SupplierShareStatus.ACCEPTED for share in self.shares)


@dataclass(frozen=True)
class OtherMember:
    """Another member as a member reads it: a number, and a name only when both were introduced to the buyer."""

    number: int
    quantity_milli: int
    status: SupplierShareStatus
    name: str | None


@dataclass(frozen=True)
class OwnShare:
    """A firm's own part of a group. `buyer` is None while the buyer keeps its name back."""

    share: SupplierShare
    line: str
    need: str
    specification: str
    buyer: str | None
    unit: str
    group_quantity_milli: int
    window_start: date | None
    window_end: date | None
    region_code: str | None
    payment_days: int | None
    group_status: SupplierGroupStatus
    end_reason: GroupEnd | None
    expires_on: date
    pairing_public_id: str | None
    others: tuple[OtherMember, ...]


@dataclass(frozen=True)
class NeedToPool:
    """An open need that no recommended supplier covers alone, but all together may."""

    public_id: str
    title: str
    buyer: str
    quantity_milli: int
    unit: str
    n_suppliers: int


def groups_of_need(session: Session, demand: Demand) -> list[GroupLine]:
    """Every group asked for a need, newest first. The need must be one the reader may see."""
    return _groups(session, [col(SupplierGroup.demand_id) == demand.id])


def groups_for_office(session: Session, actor: Actor, *, limit: int = 100) -> list[GroupLine]:
    """Groups whose need or one of whose members belongs to the office's chain, newest first."""
    require(actor, Permission.DECIDE_PAIRINGS)
    has_own = (
        select(col(SupplierShare.id))
        .where(col(SupplierShare.group_id) == SupplierGroup.id, in_chain(actor, SupplierShare.chain_id))
        .exists()
    )
    return _groups(session, [or_(in_chain(actor, Demand.chain_id), has_own)], limit=limit)


def needs_to_pool(session: Session, actor: Actor, *, limit: int = 50) -> list[NeedToPool]:
    """Open needs of the office's chain that the largest eligible supplier does not cover and all of them would."""
    require(actor, Permission.DECIDE_PAIRINGS)
    spare = func.coalesce(ProductLine.spare_capacity_milli, 0) * _factor(ProductLine.unit)
    wanted = PurchaseNeed.quantity_milli * _factor(PurchaseNeed.unit)
    has_group = (
        select(col(SupplierGroup.id))
        .where(col(SupplierGroup.demand_id) == Demand.id, col(SupplierGroup.status) != SupplierGroupStatus.ENDED)
        .exists()
    )
    statement: Any = (
        select(
            col(Demand.public_id),
            col(Demand.title),
            col(Organization.legal_name),
            col(PurchaseNeed.quantity_milli),
            col(PurchaseNeed.unit),
            func.count(col(Recommendation.id)),
        )
        .join(PurchaseNeed, col(PurchaseNeed.demand_id) == Demand.id)
        .join(Organization, col(Organization.id) == Demand.organization_id)
        .join(Recommendation, col(Recommendation.demand_id) == Demand.id)
        .join(ProductLine, col(ProductLine.supply_id) == Recommendation.supply_id)
        .where(
            col(Demand.market) == Market.SUPPLY,
            col(Demand.status) == PostingStatus.OPEN,
            in_chain(actor, Demand.chain_id),
            col(PurchaseNeed.accept_partial),
            col(PurchaseNeed.quantity_milli).is_not(None),
            col(Recommendation.superseded_at).is_(None),
            col(Recommendation.state) == PairState.ELIGIBLE,
            ~has_group,
        )
        .group_by(col(Demand.id), col(Organization.id), col(PurchaseNeed.demand_id))
        .having(func.max(spare) < wanted, func.sum(spare) >= wanted)
        .order_by(col(Demand.id).desc())
        .limit(limit)
    )
    return [NeedToPool(*row) for row in session.execute(statement)]


def need_for_office(session: Session, actor: Actor, public_id: str) -> Demand:
    """A purchase need of the office's chain, or one that a member of the chain was asked for."""
    require(actor, Permission.DECIDE_PAIRINGS)
    has_own = (
        select(col(SupplierShare.id))
        .join(SupplierGroup, col(SupplierGroup.id) == SupplierShare.group_id)
        .where(col(SupplierGroup.demand_id) == Demand.id, in_chain(actor, SupplierShare.chain_id))
        .exists()
    )
    statement = select(Demand).where(
        col(Demand.public_id) == public_id,
        col(Demand.market) == Market.SUPPLY,
        col(Demand.status) != PostingStatus.DRAFT,
        or_(in_chain(actor, Demand.chain_id), has_own),
    )
    row: Demand = _one(session, statement)
    return row


def own_group(session: Session, demand: Demand, public_id: str) -> SupplierGroup:
    """A group of a need that the reader may see."""
    statement = select(SupplierGroup).where(
        col(SupplierGroup.public_id) == public_id, col(SupplierGroup.demand_id) == demand.id
    )
    row: SupplierGroup = _one(session, statement)
    return row


def own_shares(session: Session, actor: Actor) -> list[OwnShare]:
    """The firm's parts of groups, those that wait for an answer first."""
    waits = case((col(SupplierShare.status) == SupplierShareStatus.ASKED, 0), else_=1)
    statement = _own_shares(actor).order_by(waits, col(SupplierShare.id).desc()).limit(100)
    return _own(session, session.execute(statement).all())


def own_share(session: Session, actor: Actor, public_id: str) -> OwnShare:
    """One own share. Raises NotVisible for another firm's."""
    rows = session.execute(_own_shares(actor).where(col(SupplierShare.public_id) == public_id)).all()
    if not rows:
        raise NotVisible
    return _own(session, rows)[0]


def _one(session: Session, statement: Any) -> Any:
    row = session.execute(statement).scalars().first()
    if row is None:
        raise NotVisible
    return row


def _factor(unit: Any) -> Any:
    """SQL: what one thousandth of the unit is in base units. Goods of one need share their dimension by its gate."""
    return case(*((unit == code, literal(factor)) for code, factor in in_base_units().items()), else_=literal(1))


def _groups(session: Session, conditions: Iterable[Any], *, limit: int = 100) -> list[GroupLine]:
    rows = session.execute(
        select(SupplierGroup, col(Demand.public_id), col(Demand.title), col(Organization.legal_name))
        .join(Demand, col(Demand.id) == SupplierGroup.demand_id)
        .join(Organization, col(Organization.id) == Demand.organization_id)
        .where(*conditions)
        .order_by(col(SupplierGroup.id).desc())
        .limit(limit)
    ).all()
    shares = _shares(session, [group.id for group, *_rest in rows])
    return [
        GroupLine(
            group.public_id, demand_public_id, title, buyer, group.quantity_milli, group.unit, group.fit,
            group.status, group.end_reason, group.created_at, group.expires_on, tuple(shares[group.id]),
        )
        for group, demand_public_id, title, buyer in rows
    ]  # fmt: skip


def _shares(session: Session, group_ids: list[int]) -> defaultdict[int, list[ShareLine]]:
    rows = session.execute(
        select(
            SupplierShare, col(Organization.legal_name), col(Supply.title), col(Pairing.public_id), col(Pairing.status)
        )
        .join(Organization, col(Organization.id) == SupplierShare.organization_id)
        .join(Supply, col(Supply.id) == SupplierShare.supply_id)
        .outerjoin(Pairing, col(Pairing.id) == SupplierShare.pairing_id)
        .where(col(SupplierShare.group_id).in_(group_ids))
        .order_by(col(SupplierShare.number))
    ).all()
    found: defaultdict[int, list[ShareLine]] = defaultdict(list)
    for share, firm, title, pairing_public_id, pairing_status in rows:
        found[share.group_id].append(
            ShareLine(
                share.number, firm, title, share.quantity_milli, share.status, share.note, share.answered_at,
                pairing_public_id, pairing_status,
            )
        )  # fmt: skip
    return found


def _own_shares(actor: Actor) -> Any:
    return (
        select(
            SupplierShare, SupplierGroup, Demand, PurchaseNeed, col(Organization.legal_name).label("buyer"),
            col(Supply.title).label("line"), Pairing,
        )
        .join(SupplierGroup, col(SupplierGroup.id) == SupplierShare.group_id)
        .join(Demand, col(Demand.id) == SupplierGroup.demand_id)
        .join(PurchaseNeed, col(PurchaseNeed.demand_id) == Demand.id)
        .join(Organization, col(Organization.id) == Demand.organization_id)
        .join(Supply, col(Supply.id) == SupplierShare.supply_id)
        .outerjoin(Pairing, col(Pairing.id) == SupplierShare.pairing_id)
        .where(own(actor, SupplierShare.organization_id))
    )  # fmt: skip


def _own(session: Session, rows: Iterable[Any]) -> list[OwnShare]:
    found = list(rows)
    others = _members(session, {row[1].id for row in found})
    return [_own_share(row, others[row[1].id]) for row in found]


def _own_share(row: Any, members: list[tuple[SupplierShare, str, PairingStatus | None]]) -> OwnShare:
    share, group, demand, need, buyer, line, pairing = row
    is_introduced = pairing is not None and pairing.introduced_at is not None
    knows_others = pairing is not None and pairing.status in RELEASED_PAIRING
    return OwnShare(
        share=share,
        line=line,
        need=demand.title,
        specification=need.specification,
        buyer=None if need.hide_name and not is_introduced else buyer,
        unit=group.unit,
        group_quantity_milli=group.quantity_milli,
        window_start=need.window_start,
        window_end=need.window_end,
        region_code=need.delivery_region_code,
        payment_days=need.payment_days,
        group_status=group.status,
        end_reason=group.end_reason,
        expires_on=group.expires_on,
        pairing_public_id=pairing.public_id if pairing is not None else None,
        others=tuple(
            OtherMember(
                other.number,
                other.quantity_milli,
                other.status,
                name if knows_others and status in RELEASED_PAIRING else None,
            )
            for other, name, status in members
            if other.id != share.id
        ),
    )


def _members(
    session: Session, group_ids: set[int]
) -> defaultdict[int, list[tuple[SupplierShare, str, PairingStatus | None]]]:
    rows = session.execute(
        select(SupplierShare, col(Organization.legal_name), col(Pairing.status))
        .join(Organization, col(Organization.id) == SupplierShare.organization_id)
        .outerjoin(Pairing, col(Pairing.id) == SupplierShare.pairing_id)
        .where(col(SupplierShare.group_id).in_(group_ids))
        .order_by(col(SupplierShare.number))
    ).all()
    found: defaultdict[int, list[tuple[SupplierShare, str, PairingStatus | None]]] = defaultdict(list)
    for share, name, status in rows:
        found[share.group_id].append((share, name, status))
    return found
