"""The assignment of open financing needs to loan products on what is recommended at present; nothing is written.

Needs that a lender has taken on are left out; of the others every eligible recommendation that no side has dismissed
is a possible pair. What binds are the visits of the branches in the coming weeks, quotas and pauses.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from time import perf_counter
from typing import Any

from sqlalchemy import exists, func, or_, select
from sqlmodel import Session, col

from access.actor import Actor
from access.capacity import Capacity, booking_weeks, capacities
from access.permissions import Permission
from access.rules import require
from access.scopes import in_chain
from matchmaking.assignment import Assignment, Edge, Figures, Group, Id, assign
from models.chain import Chain
from models.financing_need import FinancingNeed
from models.firm_profile import FirmProfile
from models.organization import Organization
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.recommendation import PairSignal, Recommendation
from vocabulary.classifications import Market, SignalKind
from vocabulary.lifecycles import TAKEN_ON, PostingStatus
from vocabulary.planning import BOOKING_WEEKS, LimitKind, UnservedCause
from vocabulary.reasons import GateCode, PairState
from workflows.facts import HIDDEN

N_PRICES = 12
MOST_OPTIONS = 3


@dataclass(frozen=True)
class AssignmentSettings:
    """How many lenders each firm is sent to at most, and over how many coming weeks visits are counted."""

    options: int = 1
    weeks: int = BOOKING_WEEKS

    def __post_init__(self) -> None:
        if not 1 <= self.options <= MOST_OPTIONS or not 1 <= self.weeks <= BOOKING_WEEKS:
            raise ValueError("options or weeks out of range")


@dataclass(frozen=True)
class AssignedPair:
    """A need and the product it is sent to, on the recommendation that says why."""

    demand_id: int
    supply_id: int
    recommendation_id: int
    score: float


@dataclass(frozen=True)
class Unserved:
    """A need that is sent nowhere: the cause and, without any eligible product, the gate that closes most."""

    demand_id: int
    cause: UnservedCause
    closed_gate: str | None


@dataclass(frozen=True)
class AssignmentRun:
    """What one run found; `figures` is ready to be kept as JSON."""

    settings: AssignmentSettings
    pairs: list[AssignedPair]
    unserved: list[Unserved]
    figures: dict[str, Any]
    duration_ms: int


@dataclass(frozen=True)
class _Pair:
    recommendation_id: int
    amount_fen: int


def compute(session: Session, actor: Actor, settings: AssignmentSettings, *, on: date) -> AssignmentRun:
    """Assign the open needs of the actor's office: its chain's, or all for the joint office.

    A number of queries that does not depend on how many needs and products there are.
    """
    require(actor, Permission.DECIDE_PAIRINGS)
    started = perf_counter()
    needs = _open_needs(session, actor)
    taken_on = _taken_on(session)
    wanted = [need for need in needs if need not in taken_on]
    edges, pairs = _edges(session, actor, set(wanted))
    banks = _banks(session)
    lenders = {one: lender for one, lender in capacities(session, on).items() if one in banks}
    limits = _product_limits(lenders, edges, pairs, settings.weeks, on)
    groups = _branch_groups({edge.supply for edge in edges}, lenders, settings.weeks, on)
    reached = {edge.demand for edge in edges}
    found = assign(
        edges,
        demand_limits={need: settings.options for need in wanted if settings.options > 1 or need not in reached},
        supply_limits=limits,
        groups=groups,
        arrival=wanted,
    )
    gates = _closing_gates(session, found)
    return AssignmentRun(
        settings=settings,
        pairs=[
            AssignedPair(
                int(edge.demand), int(edge.supply), pairs[edge.demand, edge.supply].recommendation_id, edge.value
            )
            for edge in found.chosen
        ],
        unserved=[Unserved(int(need), cause, gates.get(need)) for need, cause in found.unserved.items()],
        figures=_figures(found, banks, lenders, limits, settings.weeks, on)
        | {"needs": len(wanted), "taken_on": len(needs) - len(wanted), "products": len(lenders), "edges": len(edges)},
        duration_ms=round((perf_counter() - started) * 1000),
    )


def office_needs(actor: Actor) -> Any:
    """SQL: ids of the open financing needs whose firm the actor's office is responsible for."""
    chain_id = func.coalesce(FirmProfile.chain_id, Demand.chain_id, Organization.chain_id)
    return (
        select(col(Demand.id))
        .join(Organization, col(Organization.id) == col(Demand.organization_id))
        .outerjoin(FirmProfile, col(FirmProfile.organization_id) == col(Demand.organization_id))
        .outerjoin(Chain, col(Chain.id) == chain_id)
        .where(
            col(Demand.market) == Market.FINANCE,
            col(Demand.status) == PostingStatus.OPEN,
            col(Organization.status).not_in(HIDDEN),
            in_chain(actor, Chain.id),
        )
    )


def _open_needs(session: Session, actor: Actor) -> list[int]:
    """In order of arrival."""
    return list(
        session.execute(office_needs(actor).order_by(col(Demand.opened_at).nulls_first(), col(Demand.id))).scalars()
    )


def _taken_on(session: Session) -> set[int]:
    statement = select(col(Pairing.demand_id)).where(
        col(Pairing.market) == Market.FINANCE, col(Pairing.status).in_(TAKEN_ON)
    )
    return set(session.execute(statement).scalars())


def _edges(session: Session, actor: Actor, wanted: set[int]) -> tuple[list[Edge], dict[tuple[Id, Id], _Pair]]:
    """Eligible pairs, and those that only the lender's capacity closed when they were last recommended.

    The latter's limit is asked anew; where it is still nothing, its price tells what one more visit would bring.
    """
    dismissed = exists().where(
        col(PairSignal.demand_id) == col(Recommendation.demand_id),
        col(PairSignal.supply_id) == col(Recommendation.supply_id),
        col(PairSignal.kind) == SignalKind.DISMISS,
    )
    statement = (
        select(
            col(Recommendation.demand_id), col(Recommendation.supply_id), col(Recommendation.score),
            col(Recommendation.id), col(FinancingNeed.amount_fen),
        )
        .join(Supply, col(Supply.id) == col(Recommendation.supply_id))
        .join(Organization, col(Organization.id) == col(Supply.organization_id))
        .join(FinancingNeed, col(FinancingNeed.demand_id) == col(Recommendation.demand_id))
        .where(
            col(Recommendation.market) == Market.FINANCE,
            col(Recommendation.superseded_at).is_(None),
            or_(
                col(Recommendation.state) == PairState.ELIGIBLE,
                col(Recommendation.first_closed_gate) == GateCode.LENDER_CAPACITY.value,
            ),
            col(Recommendation.demand_id).in_(office_needs(actor)),
            col(Supply.status) == PostingStatus.OPEN,
            col(Organization.status).not_in(HIDDEN),
            ~dismissed,
        )
    )  # fmt: skip
    edges, pairs = [], {}
    for demand_id, supply_id, score, recommendation_id, amount_fen in session.execute(statement):
        if demand_id in wanted:
            edges.append(Edge(demand_id, supply_id, min(1.0, score)))
            pairs[demand_id, supply_id] = _Pair(recommendation_id, amount_fen or 0)
    return edges, pairs


def _banks(session: Session) -> dict[int, int]:
    """Supply id to bank id of the open loan products."""
    statement = (
        select(col(Supply.id), col(Supply.organization_id))
        .join(Organization, col(Organization.id) == col(Supply.organization_id))
        .where(
            col(Supply.market) == Market.FINANCE,
            col(Supply.status) == PostingStatus.OPEN,
            col(Organization.status).not_in(HIDDEN),
        )
    )
    return dict(session.execute(statement).all())


def _product_limits(
    lenders: Mapping[int, Capacity], edges: Iterable[Edge], pairs: Mapping[tuple[Id, Id], _Pair], weeks: int, on: date
) -> dict[Id, int]:
    """How many firms each product can be sent; products without a limit of their own are not named.

    Where an amount is left, as many as it covers even if the largest of the needs come.
    """
    amounts: defaultdict[int, list[int]] = defaultdict(list)
    for edge in edges:
        if lenders[int(edge.supply)].fen_left is not None:
            amounts[int(edge.supply)].append(pairs[edge.demand, edge.supply].amount_fen)
    limits: dict[Id, int] = {}
    for supply_id, lender in lenders.items():
        own = [] if lender.firms_left is None else [lender.firms_left]
        if lender.first_open_week(on, weeks=weeks) is None:
            own.append(0)
        if lender.fen_left is not None:
            own.append(_covered(sorted(amounts[supply_id], reverse=True), lender.fen_left))
        if own:
            limits[supply_id] = min(own)
    return limits


def _covered(amounts: list[int], left: int) -> int:
    """How many of the amounts, largest first, fit into what is left."""
    count = 0
    for amount in amounts:
        left -= amount
        if left < 0:
            break
        count += 1
    return count


def _branch_groups(supplies: set[Id], lenders: Mapping[int, Capacity], weeks: int, on: date) -> list[Group]:
    """Visits left of each branch, and of its later weeks for the products whose pause lasts until then.

    Such sets nest, so a plan that holds them all can be booked week by week.
    """
    every = booking_weeks(on)[:weeks]
    starts: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for supply_id in sorted(int(one) for one in supplies):
        lender = lenders[supply_id]
        first = lender.first_open_week(on, weeks=weeks)
        if lender.branch_id is not None and lender.visits_per_week is not None and first is not None:
            starts[lender.branch_id][supply_id] = every.index(first)
    groups = []
    for branch_id, start_of in starts.items():
        lender = lenders[next(iter(start_of))]
        for start in sorted({0, *start_of.values()}):
            members = frozenset[Id](one for one, first in start_of.items() if first >= start)
            left = sum(lender.left_in(week) or 0 for week in every[start:])
            groups.append(Group(id=branch_key(branch_id, start), supplies=members, limit=left))
    return groups


def branch_key(branch_id: int, start: int = 0) -> str:
    """The id of a branch's limit from the n-th coming week on."""
    return f"{branch_id}/{start}"


def _closing_gates(session: Session, found: Assignment) -> dict[Id, str]:
    """For each need without an eligible product the gate that closes most of those stored."""
    lost = [need for need, cause in found.unserved.items() if cause is UnservedCause.NO_ELIGIBLE]
    statement = (
        select(col(Recommendation.demand_id), col(Recommendation.first_closed_gate), func.count().label("n"))
        .where(
            col(Recommendation.market) == Market.FINANCE,
            col(Recommendation.superseded_at).is_(None),
            col(Recommendation.first_closed_gate).is_not(None),
        )
        .group_by(col(Recommendation.demand_id), col(Recommendation.first_closed_gate))
        .order_by(func.count(), col(Recommendation.first_closed_gate).nulls_first())
    )
    wanted = set(lost)
    return {need: gate for need, gate, _n in session.execute(statement) if need in wanted} if lost else {}


def _figures(
    found: Assignment,
    banks: Mapping[int, int],
    lenders: Mapping[int, Capacity],
    limits: Mapping[Id, int],
    weeks: int,
    on: date,
) -> dict[str, Any]:
    """Everything the page of a proposal says in numbers."""
    ways = {"plan": found.figures, "by_score": found.by_score, "first_come": found.first_come}
    loads = {name: _by_bank(figures, banks) for name, figures in ways.items()}
    shown = sorted({bank for load in loads.values() for bank in load})
    left = _bank_limits(banks, lenders, limits, weeks, on)
    prices = [
        price for price in found.prices if price.kind is not LimitKind.DEMAND and (price.served or price.value > 0)
    ]
    prices.sort(key=lambda price: (-price.served, -price.value, str(price.id)))
    return {
        "ways": {
            name: {
                "served": figures.served, "options": figures.options, "total": figures.total, "mean": figures.mean,
                "over": figures.over, "highest": max(loads[name].values(), default=0),
            }
            for name, figures in ways.items()
        },
        "could_serve": found.could_serve,
        "banks": [
            {"bank_id": bank, "limit": left.get(bank)} | {name: loads[name][bank] for name in ways} for bank in shown
        ],
        "prices": [asdict(price) | {"kind": price.kind.value} for price in prices[:N_PRICES]],
    }  # fmt: skip


def _by_bank(figures: Figures, banks: Mapping[int, int]) -> Counter[int]:
    load: Counter[int] = Counter()
    for supply_id, count in figures.load.items():
        if count:
            load[banks[int(supply_id)]] += count
    return load


def _bank_limits(
    banks: Mapping[int, int], lenders: Mapping[int, Capacity], limits: Mapping[Id, int], weeks: int, on: date
) -> dict[int, int]:
    """Firms each bank can take on in all; a bank with a branch or product without any limit is not named."""
    branches: defaultdict[tuple[int, int | str], list[int]] = defaultdict(list)
    open_ended = set()
    for supply_id, lender in lenders.items():
        bank = banks[supply_id]
        if lender.branch_id is not None and lender.visits_per_week is not None:
            visits = sum(lender.left_in(week) or 0 for week in booking_weeks(on)[:weeks])
            branches[bank, lender.branch_id].append(min(limits.get(supply_id, visits), visits))
            branches[bank, f"{lender.branch_id} in all"] = [visits]
        elif supply_id in limits:
            branches[bank, f"product {supply_id}"].append(limits[supply_id])
        else:
            open_ended.add(bank)
    found: Counter[int] = Counter()
    for (bank, key), values in branches.items():
        if isinstance(key, int):
            found[bank] += min(sum(values), branches[bank, f"{key} in all"][0])
        elif key.startswith("product"):
            found[bank] += values[0]
    return {bank: limit for bank, limit in found.items() if bank not in open_ended}
