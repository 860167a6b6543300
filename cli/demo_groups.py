"""Supplier groups of the demo world: one complete, one that waits for one more acceptance."""

from datetime import timedelta

from sqlmodel import Session, col, delete, select

from access.actor import Actor
from cli.demo_base import DemoBase
from cli.demo_catalogue import trades
from cli.demo_postings import add_need
from models.notice import Notice
from models.organization import Membership, Organization, User
from models.outbox import OutboxMessage
from models.posting import Demand
from models.purchase_need import PurchaseNeed
from vocabulary.lifecycles import SupplierShareStatus
from vocabulary.roles import OrganizationKind, Role
from workflows import supplier_groups, supplier_shares
from workflows.recommendations import refresh_demand

_H = SupplierShareStatus
_NEEDS = (
    ("镀锡铜线", "金杯电缆", 3_300, _H.ACCEPTED),
    ("中低压电力电缆", "湘江电网物资", 9_000, _H.ASKED),
    ("阀控式铅酸蓄电池", "石鼓数据", 11_000, _H.DECLINED),
    ("阀控式铅酸蓄电池", "湘江家电", 11_500, _H.LAPSED),
)
"""Trade, buyer, quantity, and what the last member does with its share."""
_EVENT = "supplier_group"


def add_groups(base: DemoBase) -> None:
    """Needs that no single firm covers: all but the last member accept, and the last does what the table says."""
    session = base.session
    for title, buyer, quantity, last_does in _NEEDS:
        demand = _need(base, title, buyer, quantity)
        refresh_demand(session, demand.id or 0, today=base.today)
        found = supplier_groups.proposal(session, demand, today=base.today)
        if found is None or not found.members:
            raise RuntimeError(f"the demo city has no group for {demand.title}")
        asker = _actor(session, demand.organization_id)
        group = supplier_groups.ask(session, asker, demand, fingerprint=found.fingerprint, today=base.today)
        *others, last = supplier_shares.shares_of(session, group)
        for share in others:
            supplier_shares.accept(session, _actor(session, share.organization_id), share, today=base.today)
        last_actor = _actor(session, last.organization_id)
        if last_does is _H.ACCEPTED:
            supplier_shares.accept(session, last_actor, last, today=base.today)
        elif last_does is _H.DECLINED:
            supplier_shares.decline(session, last_actor, last, note="检修期间产能不足，下季度可以承担。")
        elif last_does is _H.LAPSED:
            group.expires_on = base.today - timedelta(days=1)
            supplier_shares.expire_due(session, base.today)
    session.flush()
    # Nobody in the demo is waiting for mail about what happened before it began.
    session.connection().execute(delete(Notice).where(col(Notice.event) == _EVENT))
    session.connection().execute(delete(OutboxMessage).where(col(OutboxMessage.template) == _EVENT))


def _need(base: DemoBase, title: str, buyer: str, quantity: int) -> Demand:
    """An open need of a buyer for what the trade of this title makes."""
    organization = base.session.exec(select(Organization).where(Organization.short_name == buyer)).one()
    trade = next(trade for trade in trades() if trade.title == title)
    add_need(base, organization, trade, quantity=quantity)
    demand = base.needs[-1]
    terms = base.session.get_one(PurchaseNeed, demand.id)
    terms.window_end = base.today + timedelta(days=120)
    base.session.flush()
    return demand


def _actor(session: Session, organization_id: int) -> Actor:
    """The first person of an organization."""
    organization = session.get_one(Organization, organization_id)
    user, role = session.exec(
        select(User, Membership.role)
        .join(Membership, col(Membership.user_id) == col(User.id))
        .where(Membership.organization_id == organization_id)
        .order_by(col(Membership.id))
        .limit(1)
    ).one()
    return Actor(
        user_id=user.id,
        name=user.full_name,
        organization_id=organization.id,
        organization_kind=OrganizationKind(organization.kind),
        organization_name=organization.legal_name,
        is_verified=organization.verified_at is not None,
        role=Role(role),
        chain_id=organization.chain_id,
    )
