"""Several suppliers for one need (拼量): the smallest group that covers it, and asking that group."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from sqlalchemy import select as select_columns
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, or_, select

from access.actor import Actor
from models.organization import Organization
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.product_line import ProductLine
from models.purchase_need import PurchaseNeed
from models.recommendation import PairSignal, Recommendation
from models.supplier_group import SupplierGroup, SupplierShare
from vocabulary.classifications import Market, SignalKind
from vocabulary.lifecycles import (
    LIVE_PAIRING,
    SUPPLIER_GROUP,
    OrganizationStatus,
    PairingStatus,
    PostingStatus,
    SupplierGroupStatus,
    SupplierShareStatus,
)
from vocabulary.reasons import PairState
from vocabulary.units import convert
from workflows.audit import record
from workflows.errors import AlreadyExists, NotComplete
from workflows.pairings import responsible_chain
from workflows.supplier_shares import free_milli, require_may_ask, shares_of, tell_group

ANSWER_DAYS = 7
"""Calendar days that the members of a group have to answer."""
_STANDS = LIVE_PAIRING | {PairingStatus.FULFILLED}


@dataclass(frozen=True)
class Member:
    """One supplier of a proposed group with its share, and why it is there."""

    number: int
    supply_id: int
    title: str
    organization_id: int
    firm: str
    quantity_milli: int
    line_milli: int
    free_milli: int
    """What the line could still give, in thousandths of the need's unit."""
    lead_time_days: int | None
    score: float
    contributions: tuple[dict[str, Any], ...]
    recommendation_id: int


@dataclass(frozen=True)
class Proposal:
    """The smallest group for a need; shares add up exactly to the quantity.

    Without members all suppliers together fall short by `shortfall_milli`.
    """

    quantity_milli: int
    unit: str
    window_end: date | None
    members: tuple[Member, ...]
    fit: float
    shortfall_milli: int
    n_left_out: int
    """Suppliers that were asked before and said no, or did not answer."""

    @property
    def fingerprint(self) -> str:
        """Names who was proposed with which share, so that what is asked is what was read."""
        content = ";".join(f"{member.supply_id}:{member.quantity_milli}" for member in self.members)
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def proposal(session: Session, demand: Demand, *, today: date) -> Proposal | None:
    """The smallest group of eligible suppliers for a need, by what is true now.

    None where nothing is to be proposed: the need is not open, takes one supplier only or states no quantity, one
    supplier covers it alone, or a group is being asked or has been found.
    """
    need = session.get(PurchaseNeed, demand.id) if demand.market is Market.SUPPLY else None
    if need is None or not need.accept_partial or need.quantity_milli is None or need.unit is None:
        return None
    if demand.status is not PostingStatus.OPEN or _has_group(session, demand):
        return None
    left_out = _left_out(session, demand)
    rows = {row.supply_id: row for row in _candidates(session, demand) if row.supply_id not in left_out}
    free = _free_in_unit(session, rows, need.unit)
    # The solver takes a moment to load, which pages that propose nothing need not wait for.
    from matchmaking.supplier_group import Offer, smallest_group

    group = smallest_group(
        [
            Offer(supply=supply_id, spare_milli=free[supply_id], value=row.score, ready_on=_ready_on(row, today))
            for supply_id, row in rows.items()
        ],
        quantity_milli=need.quantity_milli,
        window_end=need.window_end,
    )
    shares = group.shares or ()
    if len(shares) == 1:
        return None
    return Proposal(
        quantity_milli=need.quantity_milli,
        unit=need.unit,
        window_end=need.window_end,
        members=tuple(
            _member(number, rows[int(share.supply)], share.quantity_milli, free[int(share.supply)], need.unit)
            for number, share in enumerate(shares, start=1)
        ),
        fit=group.value or 0.0,
        shortfall_milli=group.shortfall_milli,
        n_left_out=len(left_out),
    )


def ask(session: Session, actor: Actor, demand: Demand, *, fingerprint: str, today: date) -> SupplierGroup:
    """Ask the proposed group. Writes the group with its shares and a message to each member.

    Raises NotComplete if nothing is proposed or it is no longer what the actor read, AlreadyExists if somebody asked
    a group for this need at the same moment.
    """
    require_may_ask(actor, demand)
    found = proposal(session, demand, today=today)
    if found is None or not found.members:
        raise NotComplete({"group": "none"})
    if found.fingerprint != fingerprint:
        raise NotComplete({"group": "changed"})
    last_day = today + timedelta(days=ANSWER_DAYS)
    group = SupplierGroup(
        demand_id=demand.id or 0,
        quantity_milli=found.quantity_milli,
        unit=found.unit,
        fit=found.fit,
        asked_by_id=actor.user_id or 0,
        expires_on=min(last_day, demand.expires_on) if demand.expires_on else last_day,
    )
    try:
        with session.begin_nested():
            session.add(group)
            session.flush()
    except IntegrityError as error:
        raise AlreadyExists("supplier_group") from error
    for member in found.members:
        session.add(_share(session, group, demand, member))
    session.flush()
    record(
        session, actor, "supplier_group_asked",
        subject_kind=SUPPLIER_GROUP.noun, subject_id=group.id or 0, new={"members": len(found.members)},
        chain_id=demand.chain_id,
    )  # fmt: skip
    told = {share.organization_id for share in shares_of(session, group)}
    tell_group(session, group, demand, event="asked", organizations=told)
    return group


def _has_group(session: Session, demand: Demand) -> bool:
    """Whether a group is being asked, or one was found and none of its pairings has come to nothing."""
    rows = session.exec(
        select(SupplierGroup.id, SupplierGroup.status, Pairing.status)
        .outerjoin(SupplierShare, col(SupplierShare.group_id) == SupplierGroup.id)
        .outerjoin(Pairing, col(Pairing.id) == SupplierShare.pairing_id)
        .where(SupplierGroup.demand_id == demand.id, SupplierGroup.status != SupplierGroupStatus.ENDED)
    ).all()
    standing: dict[int, bool] = {}
    for group_id, status, pairing_status in rows:
        stands = status is SupplierGroupStatus.ASKED or pairing_status in _STANDS
        standing[group_id or 0] = standing.get(group_id or 0, True) and stands
    return any(standing.values())


def _left_out(session: Session, demand: Demand) -> set[int]:
    """Supplies that said no to a share of this need, did not answer, or whose pairing came to nothing."""
    statement = (
        select(SupplierShare.supply_id)
        .join(SupplierGroup, col(SupplierGroup.id) == SupplierShare.group_id)
        .outerjoin(Pairing, col(Pairing.id) == SupplierShare.pairing_id)
        .where(
            SupplierGroup.demand_id == demand.id,
            or_(
                col(SupplierShare.status).in_((SupplierShareStatus.DECLINED, SupplierShareStatus.LAPSED)),
                col(Pairing.status).not_in(_STANDS),
            ),
        )
    )
    return set(session.exec(statement).all())


def _candidates(session: Session, demand: Demand) -> list[Any]:
    """Lines that every gate of the need is open for and neither side has dismissed."""
    dismissed = (
        select(PairSignal.id)
        .where(
            PairSignal.demand_id == Recommendation.demand_id,
            PairSignal.supply_id == Recommendation.supply_id,
            PairSignal.kind == SignalKind.DISMISS,
        )
        .exists()
    )
    statement = (
        select_columns(
            col(Recommendation.id).label("recommendation_id"),
            col(Recommendation.supply_id),
            col(Recommendation.score),
            col(Recommendation.contributions),
            col(Supply.title),
            col(Supply.organization_id),
            col(Organization.legal_name),
            col(ProductLine.unit),
            col(ProductLine.lead_time_days),
        )
        .join(Supply, col(Supply.id) == Recommendation.supply_id)
        .join(ProductLine, col(ProductLine.supply_id) == Supply.id)
        .join(Organization, col(Organization.id) == Supply.organization_id)
        .where(
            col(Recommendation.demand_id) == demand.id,
            col(Recommendation.superseded_at).is_(None),
            col(Recommendation.state) == PairState.ELIGIBLE,
            col(Supply.status) == PostingStatus.OPEN,
            col(Organization.status) == OrganizationStatus.VERIFIED,
            ~dismissed,
        )
        .order_by(col(Recommendation.supply_id))
    )
    return list(session.execute(statement).all())


def _free_in_unit(session: Session, rows: dict[int, Any], unit: str) -> dict[int, int]:
    """Free capacity in whole thousandths of the need's unit, rounded down."""
    free = free_milli(session, rows)
    found = {}
    for supply_id, row in rows.items():
        milli = convert(Decimal(free.get(supply_id, 0)), row.unit, unit) if row.unit else None
        found[supply_id] = int(milli.to_integral_value(ROUND_FLOOR)) if milli else 0
    return found


def _ready_on(row: Any, today: date) -> date | None:
    return None if row.lead_time_days is None else today + timedelta(days=row.lead_time_days)


def _member(number: int, row: Any, quantity_milli: int, free: int, unit: str) -> Member:
    in_own_unit = convert(Decimal(quantity_milli), unit, row.unit)
    assert in_own_unit is not None
    return Member(
        number=number,
        supply_id=row.supply_id,
        title=row.title,
        organization_id=row.organization_id,
        firm=row.legal_name,
        quantity_milli=quantity_milli,
        line_milli=int(in_own_unit.to_integral_value(ROUND_CEILING)),
        free_milli=free,
        lead_time_days=row.lead_time_days,
        score=row.score,
        contributions=tuple(row.contributions),
        recommendation_id=row.recommendation_id,
    )


def _share(session: Session, group: SupplierGroup, demand: Demand, member: Member) -> SupplierShare:
    return SupplierShare(
        group_id=group.id or 0,
        number=member.number,
        supply_id=member.supply_id,
        organization_id=member.organization_id,
        chain_id=responsible_chain(session, demand, session.get_one(Supply, member.supply_id)),
        quantity_milli=member.quantity_milli,
        line_milli=member.line_milli,
        score=member.score,
        recommendation_id=member.recommendation_id,
    )
