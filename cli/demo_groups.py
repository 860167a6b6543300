"""Supplier groups of the demo world: one complete, one that waits for one more acceptance."""

from datetime import timedelta

from sqlmodel import Session, col, select

from access.actor import Actor
from cli.demo_base import DemoBase
from cli.demo_catalogue import trades
from cli.demo_organizations import UNIT_WORDS, rounded
from cli.demo_postings import add_need
from models.organization import Membership, Organization, User
from models.posting import Demand
from models.purchase_need import PurchaseNeed
from vocabulary.lifecycles import SupplierShareStatus
from vocabulary.roles import OrganizationKind, Role
from vocabulary.units import MILLI
from workflows import supplier_groups, supplier_shares
from workflows.recommendations import refresh_demand

_H = SupplierShareStatus
_NEEDS = (
    ("镀锡铜线", "金杯电缆", _H.ACCEPTED),
    ("中低压电力电缆", "湘江电网物资", _H.ASKED),
    ("优质籼米", "雁城超市", _H.DECLINED),
    ("蔬菜水果罐头", "学校后勤", _H.LAPSED),
)
"""Trade, buyer, and what the last member does with its share."""
_PART = 0.9
"""Of all that the city's firms have to spare, what such a need asks for: more than any one of them has."""
_MORE_THAN_ANYBODY_HAS = 10**7
_EVENT = "supplier_group"


def add_groups(base: DemoBase) -> None:
    """Needs that no single firm covers: all but the last member accept, and the last does what the table says."""
    session = base.session
    for title, buyer, last_does in _NEEDS:
        demand = _need(base, title, buyer)
        found = supplier_groups.proposal(session, demand, today=base.today)
        if found is None or not found.members:
            raise RuntimeError(f"the demo city has no group for {demand.title}")
        asker = actor_of_organization(session, demand.organization_id)
        group = supplier_groups.ask(session, asker, demand, fingerprint=found.fingerprint, today=base.today)
        *others, last = supplier_shares.shares_of(session, group)
        for share in others:
            supplier_shares.accept(
                session, actor_of_organization(session, share.organization_id), share, today=base.today
            )
        last_actor = actor_of_organization(session, last.organization_id)
        if last_does is _H.ACCEPTED:
            supplier_shares.accept(session, last_actor, last, today=base.today)
        elif last_does is _H.DECLINED:
            supplier_shares.decline(session, last_actor, last, note="检修期间产能不足，下季度可以承担。")
        elif last_does is _H.LAPSED:
            group.expires_on = base.today - timedelta(days=1)
            supplier_shares.expire_due(session, base.today)
    base.forget_news(_EVENT)


def _need(base: DemoBase, title: str, buyer: str) -> Demand:
    """An open need of a buyer for most of what firms have to spare of the goods of this trade."""
    session = base.session
    organization = session.exec(select(Organization).where(Organization.short_name == buyer)).one()
    trade = next(trade for trade in trades() if trade.title == title)
    add_need(base, organization, trade, quantity=_MORE_THAN_ANYBODY_HAS)
    demand = base.needs[-1]
    terms = session.get_one(PurchaseNeed, demand.id)
    terms.window_end = base.today + timedelta(days=120)
    refresh_demand(session, demand.id or 0, today=base.today)
    probe = supplier_groups.proposal(session, demand, today=base.today)
    spare = _MORE_THAN_ANYBODY_HAS - (probe.shortfall_milli // MILLI if probe else 0)
    quantity = rounded(spare * _PART)
    terms.quantity_milli, terms.budget_fen = quantity * MILLI, quantity * trade.price_yuan * 100
    demand.title = f"采购{title}{quantity}{UNIT_WORDS[trade.unit]}"
    refresh_demand(session, demand.id or 0, today=base.today)
    return demand


def actor_of_organization(session: Session, organization_id: int) -> Actor:
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
