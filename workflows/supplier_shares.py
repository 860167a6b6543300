"""What the members of a supplier group answer, and what follows: pairings for the office, or the end of the group.

A group is locked while one answer is weighed, so that of two last answers at once one completes it.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum

from sqlmodel import Session, col, func, or_, select

from access.actor import SYSTEM, Actor
from access.permissions import Permission
from access.rules import NotAllowed, is_own, may, require, require_rule
from models.base import now
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.product_line import ProductLine
from models.recommendation import PairSignal
from models.supplier_group import SupplierGroup, SupplierShare
from vocabulary.classifications import GroupEnd, PairingOrigin, Side, SignalKind
from vocabulary.lifecycles import (
    LIVE_PAIRING,
    SUPPLIER_GROUP,
    SUPPLIER_SHARE,
    PostingStatus,
    SupplierGroupStatus,
    SupplierShareStatus,
)
from workflows.errors import NotComplete
from workflows.notifications import queue_to_members
from workflows.pairings import decides_for_chain, propose_agreed
from workflows.transitions import advance, require_step

_G, _H = SupplierGroupStatus, SupplierShareStatus


class Acceptance(StrEnum):
    """What an accepted share led to; broken: another member can no longer give its share."""

    WAITING = "waiting"
    COMPLETE = "complete"
    BROKEN = "broken"


def accept(session: Session, actor: Actor, share: SupplierShare, *, today: date) -> Acceptance:
    """A supplier takes its share. With the last acceptance every pair of the group goes before its office.

    Raises StepNotAllowed if the share was answered or the group ended, NotComplete if the time is over, the need is
    not open or the line's free capacity no longer covers the share.
    """
    _require_answerer(actor, share)
    group = _locked(session, share)
    require_step(session, SUPPLIER_SHARE, share, _H.ACCEPTED)
    demand = session.get_one(Demand, group.demand_id)
    if group.expires_on < today:
        raise NotComplete({"share": "late"})
    if demand.status is not PostingStatus.OPEN:
        raise NotComplete({"share": "need_closed"})
    if not _holds(session, share):
        raise NotComplete({"share": "capacity"})
    advance(
        session, actor, SUPPLIER_SHARE, share, _H.ACCEPTED,
        chain_id=share.chain_id, answered_by_id=actor.user_id, answered_at=now(),
    )  # fmt: skip
    shares = shares_of(session, group)
    if any(each.status is not _H.ACCEPTED for each in shares):
        return Acceptance.WAITING
    if not all(_holds(session, each) for each in shares):
        _end(session, SYSTEM, group, GroupEnd.CAPACITY_CHANGED)
        return Acceptance.BROKEN
    _complete(session, actor, group, demand, shares)
    return Acceptance.COMPLETE


def decline(session: Session, actor: Actor, share: SupplierShare, *, note: str = "") -> None:
    """A supplier does not take its share: the group ends, the others are free and are told.

    The supplier is left out of what is proposed for this need from now on.
    """
    _require_answerer(actor, share)
    group = _locked(session, share)
    advance(
        session, actor, SUPPLIER_SHARE, share, _H.DECLINED,
        reason=note, chain_id=share.chain_id, answered_by_id=actor.user_id, answered_at=now(), note=note[:500],
    )  # fmt: skip
    _end(session, actor, group, GroupEnd.SHARE_DECLINED)


def take_back(session: Session, actor: Actor, group: SupplierGroup) -> None:
    """The buyer, or the office, no longer asks. Raises StepNotAllowed if the group is complete or ended."""
    require_may_ask(actor, session.get_one(Demand, group.demand_id))
    _end(session, actor, group, GroupEnd.TAKEN_BACK)


def end_for_need(session: Session, actor: Actor, demand_id: int, reason: GroupEnd) -> None:
    """End the group that is being asked for a need that changed or is no longer open, if there is one."""
    group = session.exec(
        select(SupplierGroup).where(SupplierGroup.demand_id == demand_id, SupplierGroup.status == _G.ASKED)
    ).first()
    if group is not None:
        _end(session, actor, group, reason)


def expire_due(session: Session, day: date) -> int:
    """End the groups whose time to answer is over or whose need is no longer open; returns how many.

    Who did not answer in time has lapsed, and is left out of what is proposed for this need from now on.
    """
    due = session.exec(
        select(SupplierGroup, Demand.status)
        .join(Demand, col(Demand.id) == SupplierGroup.demand_id)
        .where(
            SupplierGroup.status == _G.ASKED,
            or_(SupplierGroup.expires_on < day, col(Demand.status) != PostingStatus.OPEN),
        )
        .order_by(col(SupplierGroup.id))
    ).all()
    for group, status in due:
        is_open = status is PostingStatus.OPEN
        if is_open:
            for share in shares_of(session, group):
                if share.status is _H.ASKED:
                    advance(session, SYSTEM, SUPPLIER_SHARE, share, _H.LAPSED, chain_id=share.chain_id)
        _end(session, SYSTEM, group, GroupEnd.NO_ANSWER if is_open else GroupEnd.NEED_CLOSED)
    return len(due)


def shares_of(session: Session, group: SupplierGroup) -> Sequence[SupplierShare]:
    """The shares of a group, as the database has them now, in order of number."""
    statement = select(SupplierShare).where(SupplierShare.group_id == group.id).order_by(col(SupplierShare.number))
    return session.exec(statement.execution_options(populate_existing=True)).all()


def free_milli(session: Session, supply_ids: Iterable[int], *, without_group: int | None = None) -> dict[int, int]:
    """Spare capacity of lines, in thousandths of their unit, less what their firms accepted elsewhere.

    An accepted share counts while its group is being asked or its pairing is live; what was delivered is for the firm
    to take off its spare capacity. Two queries.
    """
    ids = tuple(supply_ids)
    taken_statement = (
        select(SupplierShare.supply_id, func.sum(SupplierShare.line_milli))
        .join(SupplierGroup, col(SupplierGroup.id) == SupplierShare.group_id)
        .outerjoin(Pairing, col(Pairing.id) == SupplierShare.pairing_id)
        .where(
            col(SupplierShare.supply_id).in_(ids),
            SupplierShare.status == _H.ACCEPTED,
            or_(SupplierGroup.status == _G.ASKED, col(Pairing.status).in_(LIVE_PAIRING)),
        )
        .group_by(col(SupplierShare.supply_id))
    )
    if without_group is not None:
        taken_statement = taken_statement.where(SupplierShare.group_id != without_group)
    taken = {supply_id: int(total) for supply_id, total in session.exec(taken_statement).all()}
    spare = session.exec(
        select(ProductLine.supply_id, ProductLine.spare_capacity_milli).where(col(ProductLine.supply_id).in_(ids))
    ).all()
    return {supply_id: max(0, (milli or 0) - taken.get(supply_id, 0)) for supply_id, milli in spare}


def require_may_ask(actor: Actor, demand: Demand) -> None:
    """The buyer whose need it is, or the office of its chain."""
    if is_own(actor, demand):
        require(actor, Permission.POST_PURCHASE_NEEDS)
    else:
        require(actor, Permission.DECIDE_PAIRINGS)
        require_rule(actor, decides_for_chain, demand, "ask_supplier_group")


def tell_group(session: Session, group: SupplierGroup, demand: Demand, *, event: str, organizations: set[int]) -> None:
    """One message to the members of some organizations; it names the need by its title only."""
    reason = group.end_reason.value if group.end_reason else None
    queue_to_members(
        session,
        sorted(organizations),
        template="supplier_group",
        values={"event": event, "demand": demand.title, "reason": reason},
    )


def _require_answerer(actor: Actor, share: SupplierShare) -> None:
    require_rule(actor, is_own, share, "answer_share")
    if not may(actor, Permission.SEE_OWN_RECOMMENDATIONS):
        raise NotAllowed(Permission.SEE_OWN_RECOMMENDATIONS.value)
    if not actor.is_verified:
        raise NotAllowed("verified_organization")


def _locked(session: Session, share: SupplierShare) -> SupplierGroup:
    group = session.get_one(SupplierGroup, share.group_id, with_for_update=True, populate_existing=True)
    session.refresh(share)
    return group


def _holds(session: Session, share: SupplierShare) -> bool:
    """Whether the line is open and its free capacity covers the share. Locks the line until the transaction ends."""
    session.get_one(ProductLine, share.supply_id, with_for_update=True, populate_existing=True)
    supply = session.get_one(Supply, share.supply_id)
    free = free_milli(session, (share.supply_id,), without_group=share.group_id)
    return supply.status is PostingStatus.OPEN and free.get(share.supply_id, 0) >= share.line_milli


def _complete(
    session: Session, actor: Actor, group: SupplierGroup, demand: Demand, shares: Sequence[SupplierShare]
) -> None:
    advance(session, actor, SUPPLIER_GROUP, group, _G.COMPLETE, chain_id=demand.chain_id)
    for share in shares:
        _remember_interest(session, group, share, Side.DEMAND, group.asked_by_id, demand.organization_id)
        _remember_interest(session, group, share, Side.SUPPLY, share.answered_by_id or 0, share.organization_id)
        pairing = propose_agreed(
            session,
            actor,
            demand_id=group.demand_id,
            supply_id=share.supply_id,
            origin=PairingOrigin.SUPPLIER_GROUP,
            recommendation_id=share.recommendation_id,
        )
        share.pairing_id = pairing.id
        session.add(share)
    session.flush()
    told = {demand.organization_id, *(share.organization_id for share in shares)}
    tell_group(session, group, demand, event="complete", organizations=told)


def _remember_interest(
    session: Session, group: SupplierGroup, share: SupplierShare, side: Side, user_id: int, organization_id: int
) -> None:
    """Asking and accepting are interest in the pair: both sides see the pairing that comes of it."""
    is_known = session.exec(
        select(PairSignal.id).where(
            PairSignal.demand_id == group.demand_id,
            PairSignal.supply_id == share.supply_id,
            PairSignal.side == side,
            PairSignal.kind == SignalKind.INTEREST,
        )
    ).first()
    if is_known is None:
        session.add(
            PairSignal(
                demand_id=group.demand_id,
                supply_id=share.supply_id,
                side=side,
                kind=SignalKind.INTEREST,
                by_user_id=user_id,
                by_organization_id=organization_id,
            )
        )


def _end(session: Session, actor: Actor, group: SupplierGroup, reason: GroupEnd) -> None:
    """End a group, free its other members and tell everybody concerned but the organization that acted."""
    demand = session.get_one(Demand, group.demand_id)
    advance(
        session, actor, SUPPLIER_GROUP, group, _G.ENDED,
        reason=reason.value, chain_id=demand.chain_id, end_reason=reason,
    )  # fmt: skip
    shares = shares_of(session, group)
    for share in shares:
        if share.status in (_H.ASKED, _H.ACCEPTED):
            advance(session, actor, SUPPLIER_SHARE, share, _H.RELEASED, chain_id=share.chain_id)
    told = {demand.organization_id, *(share.organization_id for share in shares)} - {actor.organization_id}
    tell_group(session, group, demand, event="ended", organizations={each for each in told if each is not None})
