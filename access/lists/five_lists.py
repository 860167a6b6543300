"""What the five lists and the map of a chain are made of, beyond the lists of projects and problems.

Everything is the office's own: callers pass the office as the actor, and rows are those of its chains.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from access.actor import Actor
from access.lists.chain_map import is_met, link_of_category, present_boxes
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require
from access.scopes import in_chain
from models.chain import Chain, ChainLink
from models.firm_placement import FirmPlacement
from models.firm_profile import FirmProfile
from models.organization import Organization
from models.posting import Demand
from models.project import ChainTarget
from models.purchase_need import PurchaseNeed
from models.research_result import ResearchResult
from vocabulary.chains import FirmStanding
from vocabulary.classifications import ChainPlacement, Market
from vocabulary.lifecycles import ChainStatus, LinkStatus, OrganizationStatus, PostingStatus
from vocabulary.office_reports import ResearchStatus


@dataclass(frozen=True)
class FirmOnChain:
    """A verified firm on one link, or on none; a firm on several links has several rows, the first of which counts."""

    chain_id: int
    firm_id: int
    name: str
    uscc: str | None
    link_id: int | None
    kind: ChainPlacement | None
    standing: FirmStanding | None
    region_code: str | None
    industry_code: str | None
    is_first: bool


@dataclass(frozen=True)
class OpenNeed:
    """An open purchase need and the link it belongs to."""

    chain_id: int
    title: str
    buyer: str | None
    """None where the buyer does not want to be named."""
    link_id: int | None
    quantity_milli: int | None
    unit: str | None
    is_met: bool
    """Whether some supplier is eligible now."""


@dataclass(frozen=True)
class ResearchLine:
    """A research result with its chain and link."""

    result: ResearchResult
    chain: Chain
    link: ChainLink | None


def chains(session: Session, actor: Actor, *, chain_id: int | None) -> Sequence[Chain]:
    """The chains of a report in their order: one, or all that go on. NotVisible if the office has no such chain."""
    require(actor, Permission.MAKE_REPORTS)
    statement = select(Chain).where(in_chain(actor, Chain.id)).order_by(col(Chain.sort_order), col(Chain.id))
    if chain_id is not None:
        statement = statement.where(Chain.id == chain_id)
    else:
        statement = statement.where(Chain.status == ChainStatus.ACTIVE)
    found = session.exec(statement).all()
    if chain_id is not None and not found:
        raise NotVisible
    return found


def targets(session: Session, actor: Actor, *, year: int) -> Sequence[ChainTarget]:
    """What the chains in scope want to reach in a year."""
    require(actor, Permission.MAKE_REPORTS)
    return session.exec(
        select(ChainTarget)
        .where(in_chain(actor, ChainTarget.chain_id), ChainTarget.year == year)
        .order_by(col(ChainTarget.id))
    ).all()


def firms(session: Session, actor: Actor, chain_ids: Sequence[int]) -> list[FirmOnChain]:
    """Verified firms of chains, by chain, link and name; firms on no present link of their chain come last."""
    require(actor, Permission.MAKE_REPORTS)
    rows = session.execute(
        select_columns(
            col(FirmProfile.chain_id),
            col(FirmProfile.organization_id),
            col(Organization.legal_name),
            col(Organization.uscc),
            col(FirmPlacement.kind),
            col(FirmPlacement.standing),
            col(FirmProfile.region_code),
            col(FirmProfile.industry_code),
            col(ChainLink.id),
        )
        .join(Organization, col(Organization.id) == col(FirmProfile.organization_id))
        .outerjoin(
            FirmPlacement,
            (col(FirmPlacement.organization_id) == col(FirmProfile.organization_id))
            & col(FirmPlacement.ended_at).is_(None),
        )
        .outerjoin(
            ChainLink,
            (col(ChainLink.id) == col(FirmPlacement.chain_link_id))
            & (col(ChainLink.chain_id) == col(FirmProfile.chain_id))
            & (col(ChainLink.status) == LinkStatus.ACTIVE),
        )
        .where(
            in_chain(actor, FirmProfile.chain_id),
            col(FirmProfile.chain_id).in_(chain_ids),
            col(FirmProfile.verified_at).is_not(None),
            col(Organization.status) == OrganizationStatus.VERIFIED,
        )
        .order_by(
            col(FirmProfile.chain_id).nulls_first(),
            col(ChainLink.id).is_(None),
            col(ChainLink.sort_order),
            col(ChainLink.id),
            col(FirmPlacement.kind),
            col(Organization.legal_name),
            col(Organization.id),
        )
    ).all()
    return list(_first_ones(rows))


def _first_ones(rows: Sequence[Any]) -> Any:
    seen: set[int] = set()
    for chain_id, firm_id, name, uscc, kind, standing, region, industry, link_id in rows:
        if link_id is None and firm_id in seen:
            continue  # a placement on a link that is gone, of a firm that stands elsewhere
        is_placed = link_id is not None
        yield FirmOnChain(
            chain_id, firm_id, name, uscc, link_id, kind if is_placed else None, standing if is_placed else None,
            region, industry, firm_id not in seen,
        )  # fmt: skip
        seen.add(firm_id)


def open_needs(session: Session, actor: Actor, chain_ids: Sequence[int]) -> list[OpenNeed]:
    """Open purchase needs by chain; one without a link is put where its category belongs, as on the map."""
    require(actor, Permission.MAKE_REPORTS)
    boxes = {chain_id: present_boxes(session, chain_id) for chain_id in chain_ids}
    known = {chain_id: {box.id for box in found} for chain_id, found in boxes.items()}
    rows = session.execute(
        select_columns(Demand, PurchaseNeed, col(Organization.legal_name), is_met())
        .join(PurchaseNeed, col(PurchaseNeed.demand_id) == col(Demand.id))
        .join(Organization, col(Organization.id) == col(Demand.organization_id))
        .where(
            in_chain(actor, Demand.chain_id),
            col(Demand.chain_id).in_(chain_ids),
            col(Demand.market) == Market.SUPPLY,
            col(Demand.status) == PostingStatus.OPEN,
        )
        .order_by(col(Demand.chain_id).nulls_first(), col(Demand.id))
    ).all()
    found = []
    for demand, need, buyer, is_covered in rows:
        chain_id = demand.chain_id or 0
        link_id = demand.chain_link_id if demand.chain_link_id in known[chain_id] else None
        link_id = link_id or link_of_category(need.category_code, boxes[chain_id])
        shown = None if need.hide_name else buyer  # a report travels: whoever hides stays hidden
        found.append(OpenNeed(chain_id, demand.title, shown, link_id, need.quantity_milli, need.unit, bool(is_covered)))
    return found


def research(session: Session, actor: Actor, *, status: ResearchStatus | None = None) -> list[ResearchLine]:
    """Research results of the office's chains, the newest first within a chain."""
    require(actor, Permission.MAKE_REPORTS)
    conditions = [in_chain(actor, ResearchResult.chain_id)]
    if status is not None:
        conditions.append(col(ResearchResult.status) == status)
    rows = session.execute(
        select_columns(ResearchResult, Chain, ChainLink)
        .join(Chain, col(Chain.id) == col(ResearchResult.chain_id))
        .outerjoin(ChainLink, col(ChainLink.id) == col(ResearchResult.chain_link_id))
        .where(*conditions)
        .order_by(col(Chain.sort_order), col(Chain.id), col(ResearchResult.id).desc())
    ).all()
    return [ResearchLine(*row) for row in rows]


def research_result(session: Session, actor: Actor, public_id: str) -> ResearchResult:
    """One result of the office's chains, or NotVisible."""
    require(actor, Permission.MAKE_REPORTS)
    row = session.exec(
        select(ResearchResult).where(in_chain(actor, ResearchResult.chain_id), ResearchResult.public_id == public_id)
    ).first()
    if row is None:
        raise NotVisible
    return row
