"""The industry chains: who is on which link, what is missing, and what came of the pairings. Sums and names only."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, distinct, func, select

from access import parties
from access.actor import Actor
from access.lists.chain_offices import staffed
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require
from access.small_counts import LEAST, sees_small_counts, shown
from models.chain import Chain, ChainLink
from models.firm_placement import FirmPlacement
from models.firm_profile import FirmProfile
from models.organization import Organization
from models.pairing import CaseStep, Pairing
from models.posting import Demand, Supply
from vocabulary.chains import LinkState, link_state
from vocabulary.classifications import CaseStepKind, ChainPlacement, Market
from vocabulary.lifecycles import (
    LIVE_PAIRING,
    ChainStatus,
    LinkStatus,
    OrganizationStatus,
    PairingStatus,
    PostingStatus,
)


@dataclass(frozen=True)
class Outcome:
    """How often a step was reached and, for steps with an amount, its sum in fen. Kinds are never added up.

    `firms` counts the different firms; both figures are None where they are too few for the reader.
    """

    kind: CaseStepKind
    count: int | None
    amount_fen: int | None
    firms: int


@dataclass(frozen=True)
class ChainSummary:
    """One line of the list of chains; None for a count that is too small for the reader."""

    id: int
    code: str
    name_zh: str
    name_en: str
    host_region_code: str | None
    n_firms: int
    n_financing_needs: int | None
    n_purchase_needs: int
    n_supplies: int
    n_live_pairings: int | None
    n_fulfilled: int | None
    outcomes: list[Outcome]
    states: Counter[LinkState]
    is_staffed: bool
    """Whether the chain's own office does its work; otherwise the joint office does."""
    is_open: bool
    """Whether the reader sees counts however small."""

    def amount_fen(self, kind: CaseStepKind) -> int:
        """Sum of one kind of step."""
        return next((row.amount_fen or 0 for row in self.outcomes if row.kind is kind), 0)

    @property
    def disbursed_fen(self) -> int:
        return self.amount_fen(CaseStepKind.DISBURSED)

    @property
    def ordered_fen(self) -> int:
        return self.amount_fen(CaseStepKind.VOLUME_ORDER)


def summaries(session: Session, actor: Actor) -> list[ChainSummary]:
    """Chains that go on, with their figures, in a fixed number of queries."""
    return _summaries(session, actor, Chain.status == ChainStatus.ACTIVE)


def merged(session: Session, actor: Actor) -> list[tuple[str, str, str]]:
    """Code and names of chains that went into another; their versions can still be read."""
    require(actor, Permission.READ_CHAIN_PAGE)
    rows = session.exec(
        select(Chain.code, Chain.name_zh, Chain.name_en)
        .where(Chain.status == ChainStatus.MERGED)
        .order_by(col(Chain.id))
    ).all()
    return [(code, name_zh, name_en) for code, name_zh, name_en in rows]


def _summaries(session: Session, actor: Actor, condition: Any) -> list[ChainSummary]:
    require(actor, Permission.READ_CHAIN_PAGE)
    firms = _count(session, FirmProfile.chain_id, col(FirmProfile.verified_at).is_not(None))
    needs = _count_by(session, Demand.chain_id, Demand.market, Demand.status == PostingStatus.OPEN)
    supplies = _count(session, Supply.chain_id, Supply.status == PostingStatus.OPEN)
    pairings = _count_by(session, Pairing.chain_id, Pairing.status)
    outcomes = _outcomes(session)
    states = _states(session)
    with_office = staffed(session)
    rows = session.exec(select(Chain).where(condition).order_by(col(Chain.sort_order), col(Chain.id))).all()
    return [
        ChainSummary(
            chain.id or 0,
            chain.code,
            chain.name_zh,
            chain.name_en,
            chain.host_region_code,
            firms[chain.id],
            shown(needs[chain.id, Market.FINANCE], is_open),
            needs[chain.id, Market.SUPPLY],
            supplies[chain.id],
            shown(sum(pairings[chain.id, status] for status in LIVE_PAIRING), is_open),
            shown(pairings[chain.id, PairingStatus.FULFILLED], is_open),
            _told(outcomes.get(chain.id or 0, []), is_open),
            states.get(chain.id or 0, Counter()),
            chain.id in with_office,
            is_open,
        )
        for chain, is_open in ((chain, sees_small_counts(actor, chain)) for chain in rows)
    ]


def _told(outcomes: list[Outcome], is_open: bool) -> list[Outcome]:
    """For outsiders every kind of step, so that none at all looks like a few."""
    if is_open:
        return outcomes
    enough = {row.kind: row for row in outcomes if row.firms >= LEAST}
    return [enough.get(kind, Outcome(kind, None, None, 0)) for kind in CaseStepKind]


def _states(session: Session) -> dict[int, Counter[LinkState]]:
    """How many links of each chain are strong, thin and missing."""
    confirmed = (
        select(FirmPlacement.chain_link_id, func.count().label("n"))
        .join(Organization, col(Organization.id) == FirmPlacement.organization_id)
        .where(
            col(FirmPlacement.ended_at).is_(None),
            FirmPlacement.kind == ChainPlacement.CONFIRMED,
            Organization.status == OrganizationStatus.VERIFIED,
        )
        .group_by(col(FirmPlacement.chain_link_id))
        .subquery()
    )
    found: dict[int, Counter[LinkState]] = defaultdict(Counter)
    for chain_id, n in session.exec(
        select(ChainLink.chain_id, func.coalesce(confirmed.c.n, 0))
        .outerjoin(confirmed, confirmed.c.chain_link_id == ChainLink.id)
        .where(ChainLink.status == LinkStatus.ACTIVE)
    ).all():
        found[chain_id][link_state(n)] += 1
    return found


def summary_of(session: Session, actor: Actor, code: str) -> ChainSummary:
    """One chain's line of figures, also of a merged one. Raises NotVisible for an unknown code."""
    found = next((row for row in _summaries(session, actor, Chain.code == code)), None)
    if found is None:
        raise NotVisible
    return found


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
        .add_columns(func.count(distinct(parties.firm_column())))
        .join(Pairing, col(Pairing.id) == CaseStep.pairing_id)
        .where(col(CaseStep.is_void).is_(False), col(CaseStep.id).not_in(corrected))
        .group_by(col(Pairing.chain_id), col(CaseStep.kind))
    )
    if chain_id is not None:
        statement = statement.where(col(Pairing.chain_id) == chain_id)
    found: dict[int, list[Outcome]] = defaultdict(list)
    order = list(CaseStepKind)
    for row_chain, kind, count, amount, n_firms in session.execute(statement):
        found[row_chain].append(Outcome(CaseStepKind(kind), count, amount, n_firms))
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
            before = sums.get(row.kind, Outcome(row.kind, 0, None, 0))
            amount = (before.amount_fen or 0) + (row.amount_fen or 0)
            sums[row.kind] = Outcome(
                row.kind, (before.count or 0) + (row.count or 0), amount or None, before.firms + row.firms
            )
    return [sums[kind] for kind in CaseStepKind if kind in sums]
