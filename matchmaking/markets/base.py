"""What a market is."""

from dataclasses import dataclass

from matchmaking.components.base import Component
from matchmaking.facts import Facts
from matchmaking.gates.base import Gate


@dataclass(frozen=True)
class Market:
    """One market. `components` are pairs of a component and its weight; weights need not add up to one."""

    code: str
    demand_type: type[Facts]
    supply_type: type[Facts]
    gates: tuple[Gate, ...]
    components: tuple[tuple[Component, float], ...]
