"""What a market is."""

from dataclasses import dataclass

from matchmaking.components.base import Component
from matchmaking.facts import Facts
from matchmaking.gates.base import Gate


@dataclass(frozen=True)
class Market:
    """One market. `components` are pairs of a component and its weight; weights need not add up to one.

    `demand_order` and `supply_order` name the facts by which rows are sorted for scanning, so that rows to which the
    same gates are closed stand together. They change speed, not results.
    """

    code: str
    demand_type: type[Facts]
    supply_type: type[Facts]
    gates: tuple[Gate, ...]
    components: tuple[tuple[Component, float], ...]
    demand_order: tuple[str, ...] = ("region_path", "industry_path")
    supply_order: tuple[str, ...] = ("region_path", "industry_path")
