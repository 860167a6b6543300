"""A chain as a map: links with firms as confirmed, filed and guessed, needs, flows, share supplied locally.

Names of firms and sums only; nothing here is confidential, so everybody who may read a chain's page reads the same.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import exists
from sqlmodel import Session, col, func, select

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require
from models.chain import Chain, ChainFlow, ChainLink
from models.firm_placement import FirmPlacement
from models.firm_profile import FirmProfile
from models.organization import Organization
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.purchase_need import PurchaseNeed
from models.recommendation import Recommendation
from vocabulary import regions
from vocabulary.chains import MIN_SHARE_BASE, FirmStanding, LinkState, link_state
from vocabulary.classifications import ChainPlacement, LinkPosition
from vocabulary.lifecycles import LinkStatus, OrganizationStatus, PairingStatus, PostingStatus
from vocabulary.reasons import PairState

_ORDERED = (PairingStatus.AGREED, PairingStatus.FULFILLED)


@dataclass
class Share:
    """本地配套率: purchase needs that a supplier of this city can or does meet, of all that were published."""

    met: int = 0
    base: int = 0

    @property
    def is_enough(self) -> bool:
        """Whether the base is large enough for a share to mean something."""
        return self.base >= MIN_SHARE_BASE

    @property
    def percent(self) -> int | None:
        return round(100 * self.met / self.base) if self.is_enough else None


@dataclass
class Box:
    """One link on the map. `n_needs` are open purchase needs, `unmet` the titles of those nobody is eligible for."""

    id: int
    code: str
    name_zh: str
    name_en: str
    position: LinkPosition
    parent_id: int | None
    products: list[str]
    industries: tuple[str, ...]
    n_confirmed: int = 0
    n_filed: int = 0
    n_guessed: int = 0
    leaders: list[str] = field(default_factory=list)
    backbone: list[str] = field(default_factory=list)
    n_needs: int = 0
    unmet: list[str] = field(default_factory=list)
    share: Share = field(default_factory=Share)
    oldest: datetime | None = None
    newest: datetime | None = None
    """When the firms last confirmed what is said of them: the stalest and the freshest of the confirmed ones."""

    @property
    def state(self) -> LinkState:
        return link_state(self.n_confirmed)


@dataclass(frozen=True)
class ChainMap:
    """A chain's links in order (children after their parent), its flows by link id, and what stands on no link."""

    id: int
    code: str
    name_zh: str
    name_en: str
    version: int
    source: str
    is_demo: bool
    boxes: list[Box]
    flows: list[tuple[int, int]]
    n_firms: int
    n_unplaced: int
    """Verified firms of the chain on no link at all, not even guessed."""
    n_on_several: int
    """Firms on more than one link; each counts on each of them, and once in `n_firms`."""
    n_needs_elsewhere: int
    """Open purchase needs of the chain that belong to no link."""
    share: Share
    merged_into: str | None = None

    def count(self, state: LinkState) -> int:
        return sum(box.state is state for box in self.boxes)

    @property
    def has_leader(self) -> bool:
        return any(box.leaders for box in self.boxes)

    def of(self, position: LinkPosition) -> list[Box]:
        return [box for box in self.boxes if box.position is position]


def chain_map(session: Session, actor: Actor, code: str) -> ChainMap:
    """The present map of a chain, in a fixed number of queries. Raises NotVisible for an unknown code."""
    require(actor, Permission.READ_CHAIN_PAGE)
    chain = visible_chain(session, code)
    boxes = present_boxes(session, chain.id or 0)
    by_id = {box.id: box for box in boxes}
    flows = session.exec(
        select(ChainFlow.from_link_id, ChainFlow.to_link_id)
        .where(col(ChainFlow.from_link_id).in_(by_id))
        .order_by(col(ChainFlow.id))
    ).all()
    n_firms, n_unplaced, n_on_several = _place_firms(session, chain.id or 0, by_id)
    share, elsewhere = _place_needs(session, chain.id or 0, boxes)
    target = session.get(Chain, chain.merged_into_id) if chain.merged_into_id else None
    return ChainMap(
        chain.id or 0, chain.code, chain.name_zh, chain.name_en, chain.version, chain.source, chain.is_demo, boxes,
        [(one, other) for one, other in flows if other in by_id], n_firms, n_unplaced, n_on_several, elsewhere, share,
        target.code if target else None,
    )  # fmt: skip


def visible_chain(session: Session, code: str) -> Chain:
    """A chain by its code, also a merged one. Raises NotVisible."""
    chain = session.exec(select(Chain).where(Chain.code == code)).first()
    if chain is None:
        raise NotVisible
    return chain


def present_boxes(session: Session, chain_id: int) -> list[Box]:
    """The chain's links without figures, children after their parents."""
    links = session.exec(
        select(ChainLink)
        .where(ChainLink.chain_id == chain_id, ChainLink.status == LinkStatus.ACTIVE)
        .order_by(col(ChainLink.sort_order), col(ChainLink.id))
    ).all()
    return in_tree_order(
        Box(
            link.id or 0, link.code, link.name_zh, link.name_en, link.position, link.parent_id, list(link.products),
            link.industries,
        )
        for link in links
    )  # fmt: skip


def in_tree_order(boxes: Iterable[Box]) -> list[Box]:
    """From upstream to downstream, each box followed by those below it; without its parent a box stands at the top."""
    order = list(LinkPosition)
    rows = sorted(boxes, key=lambda box: order.index(box.position))
    known = {box.id for box in rows}
    below: dict[int | None, list[Box]] = defaultdict(list)
    for box in rows:
        below[box.parent_id if box.parent_id in known else None].append(box)

    def walk(parent: int | None) -> Iterable[Box]:
        for box in below[parent]:
            yield box
            yield from walk(box.id)

    return list(walk(None))


def place(boxes: dict[int, Box], rows: Iterable[tuple[int, ChainPlacement, FirmStanding, str]]) -> None:
    """Count placements (link id, kind, standing, firm's name) into the boxes."""
    for link_id, kind, standing, name in rows:
        box = boxes.get(link_id)
        if box is None:
            continue
        if kind is ChainPlacement.CONFIRMED:
            box.n_confirmed += 1
            if standing is FirmStanding.LEADER:
                box.leaders.append(name)
            elif standing is FirmStanding.BACKBONE:
                box.backbone.append(name)
        elif kind is ChainPlacement.FILED:
            box.n_filed += 1
        else:
            box.n_guessed += 1


def short_name() -> Any:
    """SQL: what a firm is called for short."""
    return func.coalesce(func.nullif(Organization.short_name, ""), Organization.legal_name)


def _place_firms(session: Session, chain_id: int, boxes: dict[int, Box]) -> tuple[int, int, int]:
    """Fill the boxes with firms; how many verified firms there are, on no link, and on more than one."""
    rows = session.exec(
        select(  # type: ignore[call-overload]
            FirmProfile.organization_id, FirmPlacement.chain_link_id, FirmPlacement.kind, FirmPlacement.standing,
            short_name(), FirmProfile.confirmed_current_at, FirmProfile.verified_at,
        )
        .join(Organization, col(Organization.id) == FirmProfile.organization_id)
        .outerjoin(
            FirmPlacement,
            (col(FirmPlacement.organization_id) == FirmProfile.organization_id) & col(FirmPlacement.ended_at).is_(None),
        )
        .where(
            FirmProfile.chain_id == chain_id,
            col(FirmProfile.verified_at).is_not(None),
            Organization.status == OrganizationStatus.VERIFIED,
        )
        .order_by(col(Organization.id))
    ).all()  # fmt: skip
    places: dict[int, int] = defaultdict(int)
    for firm_id, link_id, kind, _standing, _name, current_at, verified_at in rows:
        places[firm_id] += link_id in boxes
        box = boxes.get(link_id)
        if box is not None and kind is ChainPlacement.CONFIRMED:
            seen = current_at or verified_at
            box.oldest = min(box.oldest or seen, seen)
            box.newest = max(box.newest or seen, seen)
    place(boxes, [(link_id, kind, standing, name) for _firm, link_id, kind, standing, name, *_times in rows])
    return len(places), sum(n == 0 for n in places.values()), sum(n > 1 for n in places.values())


def is_met() -> Any:
    """SQL: whether somebody is eligible for a purchase need now."""
    return exists().where(
        col(Recommendation.demand_id) == col(Demand.id),
        col(Recommendation.superseded_at).is_(None),
        col(Recommendation.state) == PairState.ELIGIBLE,
    )


def is_met_here() -> Any:
    """SQL: whether a supplier of this city is eligible for a purchase need, or has an order for it."""
    is_here = col(Organization.region_code).startswith(regions.prefix(regions.CITY))
    eligible = exists().where(
        col(Recommendation.demand_id) == col(Demand.id),
        col(Recommendation.superseded_at).is_(None),
        col(Recommendation.state) == PairState.ELIGIBLE,
        col(Supply.id) == col(Recommendation.supply_id),
        col(Organization.id) == col(Supply.organization_id),
        is_here,
    )
    ordered = exists().where(
        col(Pairing.demand_id) == col(Demand.id),
        col(Pairing.status).in_(_ORDERED),
        col(Organization.id) == col(Pairing.supply_organization_id),
        is_here,
    )
    return eligible | ordered


def _place_needs(session: Session, chain_id: int, boxes: Sequence[Box]) -> tuple[Share, int]:
    """Fill the boxes with purchase needs; the chain's share and its open needs on no link."""
    rows = session.exec(
        select(Demand.chain_link_id, Demand.title, PurchaseNeed.category_code, Demand.status, is_met(), is_met_here())  # type: ignore[call-overload]
        .join(PurchaseNeed, col(PurchaseNeed.demand_id) == Demand.id)
        .where(Demand.chain_id == chain_id, Demand.status != PostingStatus.DRAFT)
        .order_by(col(Demand.id))
    ).all()
    by_id = {box.id: box for box in boxes}
    share, elsewhere = Share(), 0
    for link_id, title, category, status, is_covered, is_local in rows:
        share.base += 1
        share.met += is_local
        box = by_id.get(link_id) or by_id.get(link_of_category(category, boxes) or 0)
        if box is None:
            elsewhere += status is PostingStatus.OPEN
            continue
        box.share.base += 1
        box.share.met += is_local
        if status is PostingStatus.OPEN:
            box.n_needs += 1
            if not is_covered:
                box.unmet.append(title)
    return share, elsewhere


def link_of_category(category: str | None, boxes: Iterable[Box]) -> int | None:
    """The link whose industry code fits the category best, the longest code first, then the earlier link."""
    found = [
        (len(code), -place, box.id)
        for place, box in enumerate(boxes)
        for code in box.industries
        if category and category.startswith(code)
    ]
    return max(found)[2] if found else None
