"""Policy scenarios as offices read them: the list, one with its figures, and the firms and pairs behind each figure.

The joint office sees all; a chain's office sees what was computed, with the pairs of its own chain only.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, case, func, select, true
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import is_city_level, require
from access.scopes import in_chain
from models.chain import Chain
from models.organization import Organization, User
from models.policy import PolicyEffect, PolicyScenario, ProductSuggestion, WeightsVersion
from models.posting import Demand, Supply
from vocabulary.classifications import Market
from vocabulary.lifecycles import PostingStatus
from vocabulary.policy import PolicyChange, PolicyGroup, PolicyStatus

_Author, _Publisher, _Firm, _Counterpart = aliased(User), aliased(User), aliased(Organization), aliased(Organization)
_COLUMN: dict[PolicyGroup, Any] = {
    PolicyGroup.CHAIN: PolicyEffect.chain_id,
    PolicyGroup.DISTRICT: PolicyEffect.region_code,
    PolicyGroup.TIER: PolicyEffect.tier,
    PolicyGroup.SIZE: PolicyEffect.size_band,
}
NOT_FILED = "-"
"""A group of the firms that filed nothing of it, in an address."""


@dataclass(frozen=True)
class ScenarioLine:
    """One scenario with who is behind it; what counts pairs is limited to the reader's chain."""

    scenario: PolicyScenario
    author: str
    publisher: str | None
    bank: str | None
    product: str | None
    n_gained: int = 0
    n_lost: int = 0


@dataclass(frozen=True)
class ProductLine:
    """A product under other terms: [before, after] by field, and what its bank answered."""

    bank: str
    product: str
    terms: dict[str, Any]
    suggestion: ProductSuggestion | None


@dataclass(frozen=True)
class EffectFilter:
    """Which pairs of a result are asked for."""

    change: PolicyChange | None = None
    group: PolicyGroup | None = None
    value: str = ""
    is_turning: bool = False
    firm: str = ""
    """The firm's address."""


@dataclass(frozen=True)
class FirmLine:
    """A firm with how many of its pairs are gained, lost and moved."""

    public_id: str
    name: str
    effect: PolicyEffect
    chain_zh: str | None
    chain_en: str | None
    n: dict[PolicyChange, int]


@dataclass(frozen=True)
class PairLine:
    effect: PolicyEffect
    firm: str
    need: str
    counterpart: str
    product: str


@dataclass(frozen=True)
class GroupLine:
    """The firms of one group by change; names are set for chains only, whose names are rows."""

    value: str
    code: Any
    chain_zh: str | None
    chain_en: str | None
    n: dict[PolicyChange, int]


@dataclass(frozen=True)
class ResultFigures:
    """Firms and pairs by change, and needs that turn; each opens the rows it counts."""

    firms: dict[PolicyChange, int]
    pairs: dict[PolicyChange, int]
    turning_firms: dict[PolicyChange, int]


def visible(actor: Actor) -> ColumnElement[bool]:
    """SQL: scenarios an actor may read; drafts are the joint office's own."""
    return true() if is_city_level(actor, None) else col(PolicyScenario.computed_at).is_not(None)


def scenario(session: Session, actor: Actor, public_id: str) -> PolicyScenario:
    """One scenario, or NotVisible."""
    return line(session, actor, public_id).scenario


def line(session: Session, actor: Actor, public_id: str) -> ScenarioLine:
    """One scenario with who is behind it, or NotVisible."""
    require(actor, Permission.READ_POLICIES)
    row = session.execute(_statement(actor).where(col(PolicyScenario.public_id) == public_id)).first()
    if row is None:
        raise NotVisible
    return ScenarioLine(*row)


def scenarios(
    session: Session, actor: Actor, *, status: PolicyStatus | None, page: int, size: int
) -> tuple[list[ScenarioLine], int, dict[PolicyStatus, int]]:
    """One page of scenarios, newest first; how many there are; and how many of each status."""
    require(actor, Permission.READ_POLICIES)
    counts: dict[PolicyStatus, int] = dict(
        session.execute(
            select(col(PolicyScenario.status), func.count()).where(visible(actor)).group_by(col(PolicyScenario.status))
        ).all()
    )
    statement = _statement(actor)
    if status is not None:
        statement = statement.where(col(PolicyScenario.status) == status)
    rows = session.execute(
        statement.order_by(col(PolicyScenario.id).desc()).offset((page - 1) * size).limit(size)
    ).all()
    found = [ScenarioLine(*row) for row in rows]
    firms = _firms_of(session, actor, [entry.scenario.id or 0 for entry in found])
    lines = [
        replace(
            entry,
            n_gained=firms[entry.scenario.id or 0, PolicyChange.GAINED],
            n_lost=firms[entry.scenario.id or 0, PolicyChange.LOST],
        )
        for entry in found
    ]
    return lines, sum(counts.values()) if status is None else counts.get(status, 0), counts


def figures(session: Session, actor: Actor, found: PolicyScenario) -> ResultFigures:
    """One query."""
    columns = (
        col(PolicyEffect.change),
        func.count(),
        func.count(func.distinct(col(PolicyEffect.organization_id))),
        func.count(func.distinct(_turning_firm())),
    )
    rows = session.execute(
        select(*columns).where(*_of(actor, found, EffectFilter())).group_by(col(PolicyEffect.change))
    ).all()
    by_change = {change: (pairs, firms, turning) for change, pairs, firms, turning in rows}
    pairs, firms, turning = ({change: by_change.get(change, (0, 0, 0))[n] for change in PolicyChange} for n in range(3))
    return ResultFigures(firms=firms, pairs=pairs, turning_firms=turning)


def groups(session: Session, actor: Actor, found: PolicyScenario) -> dict[PolicyGroup, list[GroupLine]]:
    """Firms by change within each group; one query a group."""
    chains = {row.id: row for row in session.execute(select(Chain)).scalars()}
    result = {}
    for group, column in _COLUMN.items():
        counts: defaultdict[Any, dict[PolicyChange, int]] = defaultdict(lambda: dict.fromkeys(PolicyChange, 0))
        statement = (
            select(col(column), col(PolicyEffect.change), func.count(func.distinct(col(PolicyEffect.organization_id))))
            .where(*_of(actor, found, EffectFilter()))
            .group_by(col(column), col(PolicyEffect.change))
        )
        for value, change, n in session.execute(statement):
            counts[value][change] = n
        codes = sorted(counts, key=lambda code: (code is None, str(code)))
        result[group] = [
            GroupLine(
                NOT_FILED if code is None else str(code),
                code,
                chains[code].name_zh if group is PolicyGroup.CHAIN and code else None,
                chains[code].name_en if group is PolicyGroup.CHAIN and code else None,
                counts[code],
            )
            for code in codes
        ]
    return result


def firms(
    session: Session, actor: Actor, found: PolicyScenario, wanted: EffectFilter, *, page: int, size: int
) -> tuple[list[FirmLine], int]:
    """One page of the firms with a pair that fits, by name; their other changes are counted too."""
    conditions = _of(actor, found, wanted)
    ids = select(col(PolicyEffect.organization_id)).where(*conditions).distinct()
    total = session.execute(select(func.count()).select_from(ids.subquery())).scalar_one()
    some = session.execute(
        select(_Firm, func.max(col(PolicyEffect.id)))
        .join(PolicyEffect, col(PolicyEffect.organization_id) == col(_Firm.id))
        .where(*_of(actor, found, EffectFilter()), col(_Firm.id).in_(ids))
        .group_by(col(_Firm.id))
        .order_by(col(_Firm.legal_name))
        .offset((page - 1) * size)
        .limit(size)
    ).all()
    effects = {
        row.id: row
        for row in session.execute(
            select(PolicyEffect).where(col(PolicyEffect.id).in_([row_id for _, row_id in some]))
        ).scalars()
    }
    counts: defaultdict[int, dict[PolicyChange, int]] = defaultdict(lambda: dict.fromkeys(PolicyChange, 0))
    statement = (
        select(col(PolicyEffect.organization_id), col(PolicyEffect.change), func.count())
        .where(*_of(actor, found, EffectFilter()), col(PolicyEffect.organization_id).in_([firm.id for firm, _ in some]))
        .group_by(col(PolicyEffect.organization_id), col(PolicyEffect.change))
    )
    for firm_id, change, n in session.execute(statement):
        counts[firm_id][change] = n
    chains = {row.id: row for row in session.execute(select(Chain)).scalars()}
    lines = []
    for firm, effect_id in some:
        effect = effects[effect_id]
        chain = chains.get(effect.chain_id)
        lines.append(
            FirmLine(
                firm.public_id, firm.legal_name, effect, chain and chain.name_zh, chain and chain.name_en,
                counts[firm.id],
            )
        )  # fmt: skip
    return lines, total


def pairs(
    session: Session, actor: Actor, found: PolicyScenario, wanted: EffectFilter, *, page: int, size: int
) -> tuple[list[PairLine], int]:
    """One page of pairs that fit: gained, lost, then moved; within each by rank."""
    conditions = _of(actor, found, wanted)
    total = session.execute(select(func.count()).select_from(PolicyEffect).where(*conditions)).scalar_one()
    rank = func.coalesce(col(PolicyEffect.rank_after), col(PolicyEffect.rank_before))
    statement = (
        _pair_columns()
        .where(*conditions)
        .order_by(col(PolicyEffect.change), rank, col(PolicyEffect.id))
        .offset((page - 1) * size)
        .limit(size)
    )
    return [PairLine(*row) for row in session.execute(statement)], total


def pair(session: Session, actor: Actor, found: PolicyScenario, public_id: str) -> PairLine:
    """One pair of a result, or NotVisible."""
    wanted = (*_of(actor, found, EffectFilter()), col(PolicyEffect.public_id) == public_id)
    row = session.execute(_pair_columns().where(*wanted)).first()
    if row is None:
        raise NotVisible
    return PairLine(*row)


def products(session: Session, found: PolicyScenario) -> list[ProductLine]:
    """The products under other terms, by bank, with what was answered. Two queries."""
    ids = [change["supply_id"] for change in found.changes]
    answers = {
        row.supply_id: row
        for row in session.execute(
            select(ProductSuggestion).where(col(ProductSuggestion.scenario_id) == found.id)
        ).scalars()
    }
    names = {
        row_id: (bank, title)
        for row_id, bank, title in session.execute(
            select(col(Supply.id), col(Organization.legal_name), col(Supply.title))
            .join(Organization, col(Organization.id) == col(Supply.organization_id))
            .where(col(Supply.id).in_(ids))
        )
    }
    lines = [
        ProductLine(*names[change["supply_id"]], change["terms"], answers.get(change["supply_id"]))
        for change in found.changes
    ]
    return sorted(lines, key=lambda entry: (entry.bank, entry.product))


def products_of_scope(session: Session) -> list[tuple[int, str, str]]:
    """Open loan products to choose from: id, bank and title."""
    statement = (
        select(col(Supply.id), col(Organization.legal_name), col(Supply.title))
        .join(Organization, col(Organization.id) == col(Supply.organization_id))
        .where(col(Supply.market) == Market.FINANCE, col(Supply.status) == PostingStatus.OPEN)
        .order_by(col(Organization.legal_name), col(Supply.title))
    )
    return [(row_id, bank, title) for row_id, bank, title in session.execute(statement)]


def weights_versions(session: Session, actor: Actor) -> Sequence[tuple[WeightsVersion, str, str]]:
    """Published weights, newest first, with author and approver."""
    require(actor, Permission.READ_POLICIES)
    rows = session.execute(
        select(WeightsVersion, col(_Author.full_name), col(_Publisher.full_name))
        .join(_Author, col(_Author.id) == col(WeightsVersion.created_by_id))
        .join(_Publisher, col(_Publisher.id) == col(WeightsVersion.approved_by_id))
        .order_by(col(WeightsVersion.id).desc())
        .limit(20)
    ).all()
    return [(version, author, approver) for version, author, approver in rows]


def _statement(actor: Actor) -> Any:
    return (
        select(
            PolicyScenario,
            col(_Author.full_name),
            col(_Publisher.full_name),
            col(Organization.legal_name),
            col(Supply.title),
        )
        .join(_Author, col(_Author.id) == col(PolicyScenario.created_by_id))
        .outerjoin(_Publisher, col(_Publisher.id) == col(PolicyScenario.published_by_id))
        .outerjoin(Organization, col(Organization.id) == col(PolicyScenario.bank_id))
        .outerjoin(Supply, col(Supply.id) == col(PolicyScenario.supply_id))
        .where(visible(actor))
    )


def _firms_of(session: Session, actor: Actor, ids: list[int]) -> defaultdict[tuple[int, PolicyChange], int]:
    statement = (
        select(
            col(PolicyEffect.scenario_id),
            col(PolicyEffect.change),
            func.count(func.distinct(col(PolicyEffect.organization_id))),
        )
        .where(col(PolicyEffect.scenario_id).in_(ids), in_chain(actor, PolicyEffect.chain_id))
        .group_by(col(PolicyEffect.scenario_id), col(PolicyEffect.change))
    )
    counts: defaultdict[tuple[int, PolicyChange], int] = defaultdict(int)
    for scenario_id, change, n in session.execute(statement):
        counts[scenario_id, change] = n
    return counts


def _turning_firm() -> Any:
    """The firm where its need turns, else NULL, which is not counted."""
    return case((col(PolicyEffect.is_turning), col(PolicyEffect.organization_id)))


def _of(actor: Actor, found: PolicyScenario, wanted: EffectFilter) -> tuple[ColumnElement[bool], ...]:
    conditions = [col(PolicyEffect.scenario_id) == found.id, in_chain(actor, PolicyEffect.chain_id)]
    if wanted.change is not None:
        conditions.append(col(PolicyEffect.change) == wanted.change)
    if wanted.is_turning:
        conditions.append(col(PolicyEffect.is_turning).is_(True))
    if wanted.firm:
        firm = select(col(Organization.id)).where(col(Organization.public_id) == wanted.firm)
        conditions.append(col(PolicyEffect.organization_id).in_(firm))
    if wanted.group is not None:
        column = col(_COLUMN[wanted.group])
        conditions.append(column.is_(None) if wanted.value == NOT_FILED else column == _typed(wanted))
    return tuple(conditions)


def _typed(wanted: EffectFilter) -> Any:
    is_number = wanted.group in (PolicyGroup.CHAIN, PolicyGroup.SIZE)
    return int(wanted.value) if is_number else wanted.value


def _pair_columns() -> Any:
    return (
        select(
            PolicyEffect,
            col(_Firm.legal_name),
            col(Demand.title),
            col(_Counterpart.legal_name),
            col(Supply.title),
        )
        .join(_Firm, col(_Firm.id) == col(PolicyEffect.organization_id))
        .join(Demand, col(Demand.id) == col(PolicyEffect.demand_id))
        .join(Supply, col(Supply.id) == col(PolicyEffect.supply_id))
        .join(
            _Counterpart,
            case(
                (col(Demand.organization_id) == col(PolicyEffect.organization_id), col(Supply.organization_id)),
                else_=col(Demand.organization_id),
            )
            == col(_Counterpart.id),
        )
    )
