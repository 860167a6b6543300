"""One link of a chain: its firms, needs, pairings and loans, and what waits for an official to confirm."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, func, select

from access import parties
from access.actor import Actor
from access.lists.chain_map import Box, ChainMap, chain_map, is_met, link_of_category, short_name, visible_chain
from access.lookups import NotVisible
from access.permissions import Permission
from access.recognitions import present_day, titles_of
from access.rules import keeps_chain, require, require_rule
from access.small_counts import LEAST, sees_small_counts, shown
from models.chain import Chain, ChainLink
from models.firm_placement import FirmPlacement
from models.firm_profile import FirmProfile
from models.organization import Organization
from models.pairing import CaseStep, Pairing
from models.posting import Demand, Supply
from models.purchase_need import PurchaseNeed
from vocabulary.chains import FirmStanding
from vocabulary.classifications import CaseStepKind, ChainPlacement, Market, Tier
from vocabulary.lifecycles import LinkStatus, OrganizationStatus, PairingStatus, PostingStatus
from vocabulary.roles import OrganizationKind

_ROWS = 200


@dataclass(frozen=True)
class FirmLine:
    """A firm on a link. `elsewhere` names its other links; `score` and `reasons` belong to a guess."""

    placement_id: int
    name: str
    kind: ChainPlacement
    standing: FirmStanding
    region_code: str | None
    tier: Tier | None
    since: datetime
    confirmed_at: datetime | None
    score: float | None
    reasons: list[dict[str, Any]]
    link_id: int
    link_zh: str
    link_en: str
    link_code: str
    products: str
    elsewhere: int
    standing_on: date | None


@dataclass(frozen=True)
class NeedLine:
    title: str
    opened_at: datetime | None
    is_covered: bool


@dataclass(frozen=True)
class PairingLine:
    public_id: str
    demand: str
    supply: str
    market: Market
    status: PairingStatus


@dataclass(frozen=True)
class Loans:
    """Sums in fen of the firms on a link, credit granted and money drawn apart. None: too few firms to show."""

    granted_fen: int
    drawn_fen: int
    borrowers: int


@dataclass(frozen=True)
class LinkPage:
    chain: ChainMap
    box: Box
    firms: list[FirmLine]
    needs: list[NeedLine]
    is_open: bool
    """Whether the reader sees counts however small; the next two are None for one that is too small."""
    n_financing_needs: int | None
    n_pairings: int | None
    pairings: Counter[PairingStatus]
    """By status; empty for outsiders, who would tell the small ones from the others."""
    pairing_lines: list[PairingLine]
    """For the chain's office and the joint office only."""
    loans: Loans | None
    is_loan_hidden: bool
    feeds: list[Box]
    fed_by: list[Box]
    may_keep: bool


def link_page(session: Session, actor: Actor, chain_code: str, link_code: str) -> LinkPage:
    """A link that is not retired, in a fixed number of queries. Raises NotVisible."""
    found = chain_map(session, actor, chain_code)
    box = next((box for box in found.boxes if box.code == link_code), None)
    if box is None:
        raise NotVisible
    chain = visible_chain(session, chain_code)
    by_id = {other.id: other for other in found.boxes}
    firms = _firms(session, FirmPlacement.chain_link_id == box.id)
    confirmed = (
        select(FirmPlacement.organization_id)
        .where(
            FirmPlacement.chain_link_id == box.id,
            col(FirmPlacement.ended_at).is_(None),
            FirmPlacement.kind == ChainPlacement.CONFIRMED,
        )
        .scalar_subquery()
    )
    is_office = keeps_chain(actor, chain)
    loans = _loans(session, confirmed)
    is_open = sees_small_counts(actor, chain)
    hidden = loans.borrowers < LEAST and not is_open
    counts = session.exec(
        select(Pairing.status, func.count()).where(parties.firm_column().in_(confirmed)).group_by(col(Pairing.status))
    ).all()
    n_financing_needs = session.exec(
        select(func.count())
        .select_from(Demand)
        .where(
            Demand.market == Market.FINANCE,
            Demand.status == PostingStatus.OPEN,
            col(Demand.organization_id).in_(confirmed),
        )
    ).one()
    return LinkPage(
        chain=found,
        box=box,
        firms=firms,
        needs=_needs(session, found, box),
        n_financing_needs=shown(n_financing_needs, is_open),
        is_open=is_open,
        n_pairings=shown(sum(n for _status, n in counts), is_open),
        pairings=Counter({PairingStatus(status): n for status, n in counts} if is_open else {}),
        pairing_lines=_pairing_lines(session, confirmed, chain.id or 0) if is_office else [],
        loans=None if hidden else loans,
        is_loan_hidden=hidden,
        feeds=[by_id[other] for one, other in found.flows if one == box.id],
        fed_by=[by_id[one] for one, other in found.flows if other == box.id],
        may_keep=is_office,
    )


def waiting_placements(session: Session, actor: Actor, chain: Chain) -> list[FirmLine]:
    """Filed and guessed placements of a chain for its office to confirm, the surest first."""
    require(actor, Permission.KEEP_CHAINS)
    require_rule(actor, keeps_chain, chain, "keep_chain")
    links = select(ChainLink.id).where(ChainLink.chain_id == chain.id, ChainLink.status == LinkStatus.ACTIVE)
    rows = _firms(
        session,
        col(FirmPlacement.chain_link_id).in_(links),
        col(FirmPlacement.kind).in_((ChainPlacement.FILED, ChainPlacement.GUESSED)),
    )
    return sorted(rows, key=lambda row: (row.kind is ChainPlacement.GUESSED, -(row.score or 0)))


def placements(session: Session, actor: Actor, chain: Chain, ids: Sequence[int]) -> list[FirmPlacement]:
    """The named placements of a chain; ids of other chains are left out."""
    require(actor, Permission.KEEP_CHAINS)
    require_rule(actor, keeps_chain, chain, "keep_chain")
    return list(
        session.exec(
            select(FirmPlacement)
            .join(ChainLink, col(ChainLink.id) == FirmPlacement.chain_link_id)
            .where(col(FirmPlacement.id).in_(ids), ChainLink.chain_id == chain.id)
            .order_by(col(FirmPlacement.id))
        ).all()
    )


def placement(session: Session, actor: Actor, chain: Chain, placement_id: int) -> FirmPlacement:
    """One present placement of a chain. Raises NotVisible."""
    rows = [row for row in placements(session, actor, chain, [placement_id]) if row.ended_at is None]
    if not rows:
        raise NotVisible
    return rows[0]


def line_of(session: Session, row: FirmPlacement) -> FirmLine:
    """A placement with its firm, for its page. Raises NotVisible if the firm is not verified any more."""
    lines = _firms(session, FirmPlacement.id == row.id)
    if not lines:
        raise NotVisible
    return lines[0]


def kept_chain(session: Session, actor: Actor, code: str) -> Chain:
    """A chain whose map the actor keeps. Raises NotVisible, NotAllowed."""
    require(actor, Permission.KEEP_CHAINS)
    chain = visible_chain(session, code)
    require_rule(actor, keeps_chain, chain, "keep_chain")
    return chain


def kept_link(session: Session, actor: Actor, chain: Chain, code: str) -> ChainLink:
    """A link of a chain, also a retired one. Raises NotVisible."""
    require(actor, Permission.KEEP_CHAINS)
    link = session.exec(select(ChainLink).where(ChainLink.chain_id == chain.id, ChainLink.code == code)).first()
    if link is None:
        raise NotVisible
    return link


def retired_links(session: Session, actor: Actor, chain: Chain) -> list[ChainLink]:
    require(actor, Permission.READ_CHAIN_PAGE)
    return list(
        session.exec(
            select(ChainLink)
            .where(ChainLink.chain_id == chain.id, ChainLink.status == LinkStatus.RETIRED)
            .order_by(col(ChainLink.id))
        ).all()
    )


def unplaced_firms(session: Session, actor: Actor, chain: Chain) -> list[tuple[str, str]]:
    """Public id and name of verified firms of a chain, for an official to place by hand; those on no link first."""
    require(actor, Permission.KEEP_CHAINS)
    count = func.count(col(FirmPlacement.id))
    rows = session.exec(
        select(Organization.public_id, Organization.legal_name)
        .join(FirmProfile, col(FirmProfile.organization_id) == Organization.id)
        .outerjoin(
            FirmPlacement,
            (col(FirmPlacement.organization_id) == Organization.id) & col(FirmPlacement.ended_at).is_(None),
        )
        .where(
            FirmProfile.chain_id == chain.id,
            col(FirmProfile.verified_at).is_not(None),
            Organization.status == OrganizationStatus.VERIFIED,
        )
        .group_by(col(Organization.id))
        .order_by(count > 0, col(Organization.legal_name))
        .limit(2_000)
    ).all()
    return [(public_id, name) for public_id, name in rows]


def firm_of_chain(session: Session, actor: Actor, public_id: str) -> Organization:
    """A firm by its public id, for the office to place. Raises NotVisible."""
    require(actor, Permission.KEEP_CHAINS)
    row = session.exec(
        select(Organization).where(
            Organization.public_id == public_id, Organization.kind == OrganizationKind.ENTERPRISE
        )
    ).first()
    if row is None:
        raise NotVisible
    return row


def _firms(session: Session, *conditions: Any) -> list[FirmLine]:
    several = (
        select(FirmPlacement.organization_id, func.count().label("n"))
        .where(col(FirmPlacement.ended_at).is_(None))
        .group_by(col(FirmPlacement.organization_id))
        .subquery()
    )
    rows = session.exec(
        select(FirmPlacement, FirmProfile, ChainLink, short_name(), several.c.n)  # type: ignore[call-overload]
        .join(Organization, col(Organization.id) == FirmPlacement.organization_id)
        .join(FirmProfile, col(FirmProfile.organization_id) == FirmPlacement.organization_id)
        .join(ChainLink, col(ChainLink.id) == FirmPlacement.chain_link_id)
        .join(several, several.c.organization_id == FirmPlacement.organization_id)
        .where(
            *conditions,
            col(FirmPlacement.ended_at).is_(None),
            col(FirmProfile.verified_at).is_not(None),
            Organization.status == OrganizationStatus.VERIFIED,
        )
        .order_by(col(Organization.id))
    ).all()
    titles = titles_of(session, [profile.organization_id for _row, profile, *_rest in rows], present_day())
    ranks = {standing: rank for rank, standing in enumerate(FirmStanding)}
    lines = [
        FirmLine(
            row.id or 0, name, row.kind, row.standing, profile.region_code,
            titles[profile.organization_id].tier, row.created_at,
            profile.confirmed_current_at or profile.verified_at, row.score, row.reasons, link.id or 0, link.name_zh,
            link.name_en, link.code, profile.main_products or "", n - 1, row.standing_on,
        )
        for row, profile, link, name, n in rows
    ]  # fmt: skip
    return sorted(lines, key=lambda line: ranks[line.standing])


def _needs(session: Session, chain: ChainMap, box: Box) -> list[NeedLine]:
    rows = session.exec(
        select(Demand.chain_link_id, PurchaseNeed.category_code, Demand.title, Demand.opened_at, is_met())  # type: ignore[call-overload]
        .join(PurchaseNeed, col(PurchaseNeed.demand_id) == Demand.id)
        .where(Demand.chain_id == chain.id, Demand.status == PostingStatus.OPEN)
        .order_by(col(Demand.id))
    ).all()
    known = {other.id for other in chain.boxes}
    return [
        NeedLine(title, opened_at, is_covered)
        for link_id, category, title, opened_at, is_covered in rows
        if (link_id if link_id in known else link_of_category(category, chain.boxes)) == box.id
    ]


def _pairing_lines(session: Session, firms: Any, chain_id: int) -> list[PairingLine]:
    rows = session.exec(
        select(Pairing, Demand.title, Supply.title)
        .join(Demand, col(Demand.id) == Pairing.demand_id)
        .join(Supply, col(Supply.id) == Pairing.supply_id)
        .where(parties.firm_column().in_(firms), Pairing.chain_id == chain_id)
        .order_by(col(Pairing.id).desc())
        .limit(_ROWS)
    ).all()
    return [PairingLine(row.public_id, demand, supply, row.market, row.status) for row, demand, supply in rows]


def _loans(session: Session, firms: Any) -> Loans:
    """Steps that were corrected or voided do not count."""
    corrected = select(CaseStep.corrects_id).where(col(CaseStep.corrects_id).is_not(None))
    rows = session.exec(
        select(CaseStep.kind, func.sum(CaseStep.amount_fen), Pairing.demand_organization_id)
        .join(Pairing, col(Pairing.id) == CaseStep.pairing_id)
        .where(
            Pairing.market == Market.FINANCE,
            col(Pairing.demand_organization_id).in_(firms),
            col(CaseStep.kind).in_((CaseStepKind.CREDIT_GRANTED, CaseStepKind.DISBURSED)),
            col(CaseStep.is_void).is_(False),
            col(CaseStep.id).not_in(corrected),
        )
        .group_by(col(CaseStep.kind), col(Pairing.demand_organization_id))
    ).all()
    sums: Counter[CaseStepKind] = Counter()
    for kind, amount, _firm in rows:
        sums[CaseStepKind(kind)] += amount or 0
    return Loans(sums[CaseStepKind.CREDIT_GRANTED], sums[CaseStepKind.DISBURSED], len({firm for *_rest, firm in rows}))
