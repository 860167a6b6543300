"""What a chain lacks, as rules over plain rows; `gap_keeping` reads the rows and keeps what is found."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from vocabulary.chains import LinkState, link_state
from vocabulary.classifications import LoanPurpose
from vocabulary.gaps import GapKind
from vocabulary.reasons import GateCode
from vocabulary.units import convert, in_base_units

_LONGEST_KEY = 700
"""NFKC writes many characters for some that are one, so that a specification may come out longer than it was."""
_VERBS = re.compile(r"^(采购|求购|需求|需要|拟购|购买|急需)[:：]?")
_UNITS = "万件|万只|平方米|立方米|公斤|千克|公里|千米|kg|km|吨|t|米|m|㎡|升|件|只|个|套|台|批"
_AMOUNT = re.compile(rf"[\d.,]+万?({_UNITS})(/年)?$")


@dataclass(frozen=True)
class LinkRow:
    """A link of a chain in force with its confirmed firms."""

    id: int
    chain_id: int
    name: str
    n_confirmed: int


@dataclass(frozen=True)
class OpenNeed:
    """An open purchase need; `is_met` if a supplier of the city is eligible or has the order."""

    demand_id: int
    organization_id: int
    chain_id: int
    link_id: int | None
    title: str
    category: str | None
    specification: str
    quantity_milli: int | None
    unit: str | None
    budget_fen: int | None
    is_met: bool


@dataclass(frozen=True)
class LoanNeed:
    """An open financing need; `gates` are the closed ones of each product that a run kept as nearest to fitting."""

    demand_id: int
    organization_id: int
    chain_id: int
    purpose: LoanPurpose
    amount_fen: int | None
    is_served: bool
    gates: tuple[tuple[GateCode, ...], ...] = ()


@dataclass(frozen=True)
class Found:
    """A gap as one run sees it. `quantities` maps a unit to thousandths of it; money is in fen."""

    chain_id: int
    kind: GapKind
    key: str
    product: str
    demand_ids: tuple[int, ...]
    n_buyers: int
    value_fen: int
    n_unpriced: int
    link_id: int | None = None
    specification: str = ""
    quantities: tuple[tuple[str, int], ...] = ()
    gate: GateCode | None = None
    n_gate: int = 0


def find(links: Iterable[LinkRow], needs: Sequence[OpenNeed], loans: Iterable[LoanNeed]) -> list[Found]:
    """All gaps, the one worth most first. A need counts in one gap only, so that the values of a list add up.

    An unmet need counts where its product is missing; the link's own gap counts needs that a single firm meets.
    """
    found = [*_unmet(needs), *_unserved(loans), *_weak(links, needs)]
    order = list(GapKind)
    return sorted(found, key=lambda gap: (-gap.value_fen, order.index(gap.kind), -len(gap.demand_ids), gap.key))


def product_of(title: str) -> str:
    """The good in a need's title: 采购镀锡铜排 20 吨 gives 镀锡铜排."""
    text = re.sub(r"\s+", "", unicodedata.normalize("NFKC", title))
    return _AMOUNT.sub("", _VERBS.sub("", text)) or text


def normal(text: str) -> str:
    """Spelling by which two specifications are the same."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def summed(rows: Iterable[tuple[int | None, str | None]]) -> tuple[tuple[str, int], ...]:
    """Quantities (thousandths, unit) added up within one dimension, in its smallest unit; others stay apart."""
    by_unit: Counter[str] = Counter()
    for milli, unit in rows:
        if milli is not None and unit is not None:
            by_unit[unit] += milli
    factors = {unit.value: factor for unit, factor in in_base_units().items()}
    sums: Counter[str] = Counter()
    for unit in sorted(by_unit, key=lambda code: (factors[code], code)):
        into = next((other for other in sums if convert(Decimal(1), unit, other) is not None), unit)
        sums[into] += int(convert(Decimal(by_unit[unit]), unit, into) or 0)
    return tuple(sorted(sums.items()))


def _unmet(needs: Iterable[OpenNeed]) -> list[Found]:
    groups: dict[tuple[int, str], list[OpenNeed]] = defaultdict(list)
    for need in needs:
        if not need.is_met:
            key = "|".join((need.category or "", normal(product_of(need.title)), normal(need.specification)))
            groups[need.chain_id, key[:_LONGEST_KEY]].append(need)
    return [
        Found(
            chain_id, GapKind.UNMET_PURCHASE, key, product_of(rows[0].title),
            tuple(need.demand_id for need in rows),
            len({need.organization_id for need in rows}),
            sum(need.budget_fen or 0 for need in rows),
            sum(need.budget_fen is None for need in rows),
            link_id=next((need.link_id for need in rows if need.link_id is not None), None),
            specification=rows[0].specification,
            quantities=summed((need.quantity_milli, need.unit) for need in rows),
        )
        for (chain_id, key), rows in groups.items()
    ]  # fmt: skip


def _unserved(loans: Iterable[LoanNeed]) -> list[Found]:
    groups: dict[tuple[int, LoanPurpose], list[LoanNeed]] = defaultdict(list)
    for loan in loans:
        if not loan.is_served:
            groups[loan.chain_id, loan.purpose].append(loan)
    found = []
    for (chain_id, purpose), rows in groups.items():
        closed = Counter(gate for loan in rows for gates in loan.gates for gate in gates)
        order = list(GateCode)
        gate = min(closed, key=lambda code: (-closed[code], order.index(code)), default=None)
        found.append(
            Found(
                chain_id, GapKind.UNSERVED_FINANCING, purpose.value, purpose.value,
                tuple(loan.demand_id for loan in rows),
                len({loan.organization_id for loan in rows}),
                sum(loan.amount_fen or 0 for loan in rows),
                sum(loan.amount_fen is None for loan in rows),
                gate=gate,
                n_gate=closed[gate] if gate else 0,
            )
        )  # fmt: skip
    return found


def _weak(links: Iterable[LinkRow], needs: Iterable[OpenNeed]) -> list[Found]:
    met: dict[int, list[OpenNeed]] = defaultdict(list)
    for need in needs:
        if need.is_met and need.link_id is not None:
            met[need.link_id].append(need)
    kinds = {LinkState.MISSING: GapKind.MISSING_LINK, LinkState.THIN: GapKind.THIN_LINK}
    found = []
    for link in links:
        kind = kinds.get(link_state(link.n_confirmed))
        if kind is not None:
            rows = met[link.id]
            found.append(
                Found(
                    link.chain_id, kind, str(link.id), link.name,
                    tuple(need.demand_id for need in rows),
                    len({need.organization_id for need in rows}),
                    sum(need.budget_fen or 0 for need in rows),
                    sum(need.budget_fen is None for need in rows),
                    link_id=link.id,
                )
            )  # fmt: skip
    return found
