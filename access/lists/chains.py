"""The industry chains: who is on which link, what is missing, and what came of the pairings. Sums and names only."""

from collections import defaultdict
from dataclasses import dataclass, field

from sqlalchemy import exists
from sqlmodel import Session, col, func, select

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require
from models.chain import Chain, ChainLink
from models.firm_placement import FirmPlacement
from models.firm_profile import FirmProfile
from models.organization import Organization
from models.pairing import CaseStep, Pairing
from models.posting import Demand, Supply
from models.purchase_need import PurchaseNeed
from models.recommendation import Recommendation
from vocabulary.classifications import CaseStepKind, LinkPosition, Market
from vocabulary.lifecycles import LIVE_PAIRING, OrganizationStatus, PairingStatus, PostingStatus
from vocabulary.reasons import PairState

_FIRMS_PER_LINK = 12


@dataclass(frozen=True)
class Outcome:
    """How often a step was reached and, for steps with an amount, its sum in fen. Kinds are never added up."""

    kind: CaseStepKind
    count: int
    amount_fen: int | None


@dataclass(frozen=True)
class ChainSummary:
    """One line of the list of chains."""

    id: int
    code: str
    name_zh: str
    name_en: str
    host_region_code: str | None
    n_firms: int
    n_financing_needs: int
    n_purchase_needs: int
    n_supplies: int
    n_live_pairings: int
    n_fulfilled: int
    outcomes: list[Outcome]

    def amount_fen(self, kind: CaseStepKind) -> int:
        """Sum of one kind of step."""
        return next((row.amount_fen or 0 for row in self.outcomes if row.kind is kind), 0)

    @property
    def disbursed_fen(self) -> int:
        return self.amount_fen(CaseStepKind.DISBURSED)

    @property
    def ordered_fen(self) -> int:
        return self.amount_fen(CaseStepKind.VOLUME_ORDER)


@dataclass
class LinkLine:
    """A link with its firms and its open purchase needs."""

    name_zh: str
    name_en: str
    position: LinkPosition
    n_firms: int = 0
    firm_names: list[str] = field(default_factory=list)
    n_needs: int = 0
    unmet: list[str] = field(default_factory=list)
    """Titles of open needs for which no eligible product line is known."""

    @property
    def is_gap(self) -> bool:
        return self.n_firms == 0 or bool(self.unmet)


@dataclass(frozen=True)
class ChainPage:
    summary: ChainSummary
    links: dict[LinkPosition, list[LinkLine]]
    unplaced: int
    """Verified firms of the chain whose link is not known."""


def summaries(session: Session, actor: Actor) -> list[ChainSummary]:
    """All chains with their figures, in a fixed number of queries."""
    require(actor, Permission.READ_CHAIN_PAGE)
    firms = _count(session, FirmProfile.chain_id, col(FirmProfile.verified_at).is_not(None))
    needs = _count_by(session, Demand.chain_id, Demand.market, Demand.status == PostingStatus.OPEN)
    supplies = _count(session, Supply.chain_id, Supply.status == PostingStatus.OPEN)
    pairings = _count_by(session, Pairing.chain_id, Pairing.status)
    outcomes = _outcomes(session)
    rows = session.exec(select(Chain).order_by(col(Chain.sort_order), col(Chain.id))).all()
    return [
        ChainSummary(
            chain.id or 0,
            chain.code,
            chain.name_zh,
            chain.name_en,
            chain.host_region_code,
            firms[chain.id],
            needs[chain.id, Market.FINANCE],
            needs[chain.id, Market.SUPPLY],
            supplies[chain.id],
            sum(pairings[chain.id, status] for status in LIVE_PAIRING),
            pairings[chain.id, PairingStatus.FULFILLED],
            outcomes.get(chain.id or 0, []),
        )
        for chain in rows
    ]


def page(session: Session, actor: Actor, code: str) -> ChainPage:
    """One chain: links by position, gaps, outcomes. Raises NotVisible for an unknown code."""
    summary = next((row for row in summaries(session, actor) if row.code == code), None)
    if summary is None:
        raise NotVisible
    chain_id = summary.id
    links = session.exec(
        select(ChainLink).where(ChainLink.chain_id == chain_id).order_by(col(ChainLink.sort_order), col(ChainLink.id))
    ).all()
    lines = {link.id: LinkLine(link.name_zh, link.name_en, link.position) for link in links}
    unplaced = _place_firms(session, chain_id, lines)
    _place_needs(session, chain_id, list(links), lines)
    by_position: dict[LinkPosition, list[LinkLine]] = {position: [] for position in LinkPosition}
    for line in lines.values():
        by_position[line.position].append(line)
    return ChainPage(summary, by_position, unplaced)


def _place_firms(session: Session, chain_id: int, lines: dict[int | None, LinkLine]) -> int:
    rows = session.exec(
        select(FirmPlacement.chain_link_id, Organization.legal_name)
        .join(FirmProfile, col(FirmProfile.organization_id) == FirmPlacement.organization_id)
        .join(Organization, col(Organization.id) == FirmProfile.organization_id)
        .where(
            col(FirmPlacement.ended_at).is_(None),
            FirmProfile.chain_id == chain_id,
            col(FirmProfile.verified_at).is_not(None),
            Organization.status == OrganizationStatus.VERIFIED,
        )
        .order_by(col(FirmProfile.revenue_fen).desc(), col(Organization.id))
    ).all()
    unplaced = 0
    for link_id, name in rows:
        line = lines.get(link_id)
        if line is None:
            unplaced += 1
            continue
        line.n_firms += 1
        if len(line.firm_names) < _FIRMS_PER_LINK:
            line.firm_names.append(name)
    return unplaced


def _place_needs(session: Session, chain_id: int, links: list[ChainLink], lines: dict[int | None, LinkLine]) -> None:
    is_met = exists().where(
        col(Recommendation.demand_id) == col(Demand.id),
        col(Recommendation.superseded_at).is_(None),
        col(Recommendation.state) == PairState.ELIGIBLE,
    )
    rows = session.exec(
        select(Demand.chain_link_id, Demand.title, PurchaseNeed.category_code, is_met)
        .join(PurchaseNeed, col(PurchaseNeed.demand_id) == Demand.id)
        .where(Demand.chain_id == chain_id, Demand.status == PostingStatus.OPEN)
        .order_by(col(Demand.id))
    ).all()
    for link_id, title, category, is_covered in rows:
        line = lines.get(link_id if link_id is not None else _link_of(category, links))
        if line is not None:
            line.n_needs += 1
            if not is_covered:
                line.unmet.append(title)


def _link_of(category: str | None, links: list[ChainLink]) -> int | None:
    """The link whose industry prefix fits the category best, longest prefix first."""
    found = [
        (len(prefix), link.id)
        for link in links
        for prefix in link.industry_prefixes.replace("，", ",").replace(" ", ",").split(",")
        if prefix and category and category.startswith(prefix)
    ]
    return max(found, key=lambda row: row[0])[1] if found else None


def _count(session: Session, column: object, *conditions: object) -> dict[int | None, int]:
    statement = select(column, func.count()).where(*conditions).group_by(column)  # type: ignore[call-overload]
    return defaultdict(int, dict(session.exec(statement).all()))


def _count_by(session: Session, chain: object, code: object, *conditions: object) -> dict[tuple[int | None, str], int]:
    """Rows by chain and code."""
    statement = select(chain, code, func.count()).where(*conditions).group_by(chain, code)  # type: ignore[call-overload]
    return defaultdict(int, {(chain_id, value): n for chain_id, value, n in session.exec(statement).all()})


def _outcomes(session: Session, chain_id: int | None = None) -> dict[int, list[Outcome]]:
    """Latest versions of steps only: a corrected row no longer counts."""
    corrected = select(CaseStep.corrects_id).where(col(CaseStep.corrects_id).is_not(None))
    statement = (
        select(Pairing.chain_id, CaseStep.kind, func.count(), func.sum(CaseStep.amount_fen))
        .join(Pairing, col(Pairing.id) == CaseStep.pairing_id)
        .where(col(CaseStep.is_void).is_(False), col(CaseStep.id).not_in(corrected))
        .group_by(col(Pairing.chain_id), col(CaseStep.kind))
    )
    if chain_id is not None:
        statement = statement.where(Pairing.chain_id == chain_id)
    found: dict[int, list[Outcome]] = defaultdict(list)
    order = list(CaseStepKind)
    for row_chain, kind, count, amount in session.exec(statement).all():
        found[row_chain].append(Outcome(CaseStepKind(kind), count, amount))
    for rows in found.values():
        rows.sort(key=lambda row: order.index(row.kind))
    return found


def own_outcomes(session: Session, actor: Actor) -> list[Outcome]:
    """Outcomes of the official's chain; of all chains, kind by kind, for the joint office."""
    require(actor, Permission.READ_CHAIN_PAGE)
    if actor.chain_id is not None:
        return _outcomes(session, actor.chain_id).get(actor.chain_id, [])
    sums: dict[CaseStepKind, Outcome] = {}
    for rows in _outcomes(session).values():
        for row in rows:
            before = sums.get(row.kind, Outcome(row.kind, 0, None))
            amount = (before.amount_fen or 0) + (row.amount_fen or 0)
            sums[row.kind] = Outcome(row.kind, before.count + row.count, amount or None)
    return [sums[kind] for kind in CaseStepKind if kind in sums]
