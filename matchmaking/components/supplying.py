"""Scored aspects of the supply market."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from matchmaking.components.base import Matrix, PlainComponent, SharedDepths, shared_depth
from matchmaking.facts import SupplyDemand, SupplySupply
from vocabulary.reasons import ComponentCode
from vocabulary.standards import same_standard
from vocabulary.units import convert

_DISTANCE_VALUES = (0.1, 0.4, 0.8, 1.0)
"""Another province, the same province, the same city, the same county."""


def _category(demand: SupplyDemand, supply: SupplySupply) -> float | None:
    if not demand.industry_path or not supply.industry_path:
        return None
    longest = max(len(demand.industry_path), len(supply.industry_path))
    return shared_depth(demand.industry_path, supply.industry_path) / longest


def _category_matrix(supplies: Sequence[SupplySupply]) -> Matrix:
    """`_category` for all pairs."""
    made = [supply.industry_path for supply in supplies]
    lengths = np.array([len(path or ()) for path in made])
    shared_depths = SharedDepths(made)

    def matrix(demands: Sequence[SupplyDemand]) -> NDArray[np.float64]:
        wanted = [demand.industry_path for demand in demands]
        wanted_lengths = np.array([len(path or ()) for path in wanted])
        longest = np.maximum(wanted_lengths[:, None], lengths)
        has = (wanted_lengths > 0)[:, None] & (lengths > 0)
        return np.where(has, shared_depths(wanted) / np.maximum(longest, 1), np.nan)

    return matrix


def _capacity(demand: SupplyDemand, supply: SupplySupply) -> float | None:
    """Share of the quantity that the spare capacity covers, at most 1."""
    if not demand.quantity_milli or demand.unit is None or supply.unit is None or supply.spare_capacity_milli is None:
        return None
    spare = convert(Decimal(supply.spare_capacity_milli), supply.unit, demand.unit)
    return None if spare is None else float(min(Decimal(1), spare / demand.quantity_milli))


def _distance(demand: SupplyDemand, supply: SupplySupply) -> float | None:
    if not demand.region_path or not supply.region_path:
        return None
    return _DISTANCE_VALUES[min(3, shared_depth(demand.region_path, supply.region_path))]


def _distance_matrix(supplies: Sequence[SupplySupply]) -> Matrix:
    """`_distance` for all pairs."""
    places = [supply.region_path for supply in supplies]
    has_place = np.array([bool(place) for place in places])
    shared_depths = SharedDepths(places)

    def matrix(demands: Sequence[SupplyDemand]) -> NDArray[np.float64]:
        wanted = [demand.region_path for demand in demands]
        has = np.array([bool(place) for place in wanted])[:, None] & has_place
        depths = np.minimum(shared_depths(wanted), 3)
        return np.where(has, np.array(_DISTANCE_VALUES)[depths], np.nan)

    return matrix


def _chain(demand: SupplyDemand, supply: SupplySupply) -> float | None:
    if demand.chain is None or supply.chain is None:
        return None
    return float(demand.chain == supply.chain)


def _wishes(demand: SupplyDemand, supply: SupplySupply) -> float | None:
    """Share of the wished certificates and standards that are held."""
    n_wishes = len(demand.wished_certificates) + len(demand.wished_standards)
    if n_wishes == 0 or (supply.certificates is None and supply.standards is None):
        return None
    held = sum(code in (supply.certificates or ()) for code in demand.wished_certificates)
    held += sum(any(same_standard(code, own) for own in supply.standards or ()) for code in demand.wished_standards)
    return held / n_wishes


CATEGORY_FIT = PlainComponent(
    ComponentCode.CATEGORY_FIT, _category, ("industry_path",), ("industry_path",), _category_matrix
)
CAPACITY_FIT = PlainComponent(
    ComponentCode.CAPACITY_FIT, _capacity, ("quantity_milli", "unit"), ("spare_capacity_milli", "unit")
)
DISTANCE = PlainComponent(ComponentCode.DISTANCE, _distance, ("region_path",), ("region_path",), _distance_matrix)
CHAIN_FIT = PlainComponent(ComponentCode.CHAIN_FIT, _chain, ("chain",), ("chain",))
WISHES = PlainComponent(
    ComponentCode.WISHES, _wishes, ("wished_certificates", "wished_standards"), ("certificates", "standards")
)
