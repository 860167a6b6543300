"""Scored aspects of the finance market."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from matchmaking.components.base import Matrix, PlainComponent, SharedDepths, shared_depth
from matchmaking.facts import FinanceDemand, FinanceSupply
from vocabulary import industries
from vocabulary.reasons import ComponentCode

_DEAREST_BPS, _CHEAPEST_BPS = 800, 300
"""Rates between which price is scored: the range of loans to firms seen in practice."""
_REGION_VALUES = (0.5, 0.65, 0.85, 1.0)
"""Served everywhere, in the province, in the city, in the county itself: a nearer lender knows the firm better."""


def _industry(demand: FinanceDemand, supply: FinanceSupply) -> float | None:
    if not demand.industry_path or not supply.target_industries:
        return None
    return max(_share_of_path(demand.industry_path, code) for code in supply.target_industries)


def _share_of_path(path: tuple[str, ...], code: str) -> float:
    """How much of the line from section to `code` the path follows; a code of another standard is held or not."""
    target = industries.path(code)
    return shared_depth(path, target) / len(target) if target else float(code in path)


def _industry_matrix(supplies: Sequence[FinanceSupply]) -> Matrix:
    """`_industry` for all pairs: each target code once, then the best target of each product."""
    codes = list(dict.fromkeys(code for supply in supplies for code in supply.target_industries))
    targets = [industries.path(code) for code in codes]
    shared_depths = SharedDepths(targets)
    lengths = np.array([max(1, len(target)) for target in targets])
    unknown = [number for number, target in enumerate(targets) if not target]
    place = {code: number for number, code in enumerate(codes)}
    choosing = np.array([row for row, supply in enumerate(supplies) if supply.target_industries], dtype=np.int64)
    chosen = np.array([place[code] for row in choosing for code in supplies[row].target_industries], dtype=np.int64)
    sizes = [len(supplies[row].target_industries) for row in choosing]
    starts = np.cumsum([0, *sizes[:-1]]) if sizes else np.zeros(0, dtype=np.int64)

    def matrix(demands: Sequence[FinanceDemand]) -> NDArray[np.float64]:
        values = np.full((len(demands), len(supplies)), np.nan)
        known = [row for row, demand in enumerate(demands) if demand.industry_path]
        if not known or not len(choosing):
            return values
        paths = [demands[row].industry_path or () for row in known]
        shares = shared_depths(paths) / lengths
        for number in unknown:  # a code of another standard is held or not
            shares[:, number] = [codes[number] in path for path in paths]
        values[np.ix_(np.array(known), choosing)] = np.maximum.reduceat(shares[:, chosen], starts, axis=1)
        return values

    return matrix


def _size(demand: FinanceDemand, supply: FinanceSupply) -> float | None:
    if demand.staff_band is None or not supply.size_bands:
        return None
    return 1 - min(abs(demand.staff_band - band) for band in supply.size_bands) / 7


def _guarantee(demand: FinanceDemand, supply: FinanceSupply) -> float | None:
    """Share of the methods offered that the product takes; an unsecured product asks for none."""
    if "unsecured" in supply.guarantee_methods:
        return 1.0
    if not demand.guarantee_methods or not supply.guarantee_methods:
        return None
    offered = set(demand.guarantee_methods)
    return len(offered & set(supply.guarantee_methods)) / len(offered)


def _price(demand: FinanceDemand, supply: FinanceSupply) -> float | None:
    """1 where the dearest rate of the product is within what the firm would take, else by how cheap it is."""
    if supply.rate_from_bps is None or supply.rate_to_bps is None:
        return None
    if demand.max_rate_bps is not None and supply.rate_to_bps <= demand.max_rate_bps:
        return 1.0
    middle = (supply.rate_from_bps + supply.rate_to_bps) / 2
    return min(1.0, max(0.0, (_DEAREST_BPS - middle) / (_DEAREST_BPS - _CHEAPEST_BPS)))


def _tier(demand: FinanceDemand, supply: FinanceSupply) -> float | None:
    if demand.tier is None or not supply.tiers:
        return None
    return float(demand.tier in supply.tiers)


def _region(demand: FinanceDemand, supply: FinanceSupply) -> float | None:
    if not demand.region_path:
        return None
    depth = max((index + 1 for index, code in enumerate(demand.region_path) if code in supply.regions), default=0)
    return _REGION_VALUES[min(depth, 3)]


INDUSTRY_FIT = PlainComponent(
    ComponentCode.INDUSTRY_FIT, _industry, ("industry_path",), ("target_industries",), _industry_matrix
)
SIZE_FIT = PlainComponent(ComponentCode.SIZE_FIT, _size, ("staff_band",), ("size_bands",))
GUARANTEE_FIT = PlainComponent(ComponentCode.GUARANTEE_FIT, _guarantee, ("guarantee_methods",), ("guarantee_methods",))
PRICE_FIT = PlainComponent(ComponentCode.PRICE_FIT, _price, ("max_rate_bps",), ("rate_from_bps", "rate_to_bps"))
TIER_FIT = PlainComponent(ComponentCode.TIER_FIT, _tier, ("tier",), ("tiers",))
REGION_FIT = PlainComponent(ComponentCode.REGION_FIT, _region, ("region_path",), ("regions",))
