"""Minimum-cost circulations in whole numbers, and what one more unit of an arc would save.

Ahuja, Magnanti, Orlin: Network Flows (1993): cost scaling in ch. 10, residual cycles in ch. 9.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]


class TooLarge(ValueError):
    """Costs or capacities are beyond what the solver can count."""


@dataclass(frozen=True)
class Circulation:
    """Arcs of a network without sources and sinks: whole-number arrays of shape (n_arcs,); no two arcs are parallel."""

    n_nodes: int
    tail: Whole
    head: Whole
    capacity: Whole
    cost: Whole

    def solve(self) -> Whole:
        """Flow on every arc, of least cost. The same arcs in the same order give the same flow.

        Raises
        ------
        TooLarge : the solver refused the range of costs or capacities.
        """
        # Loading the solvers takes a second, and most of the product never assigns.
        from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

        if not len(self.tail):
            return np.zeros(0, dtype=np.int64)
        solver = SimpleMinCostFlow()
        arcs = solver.add_arcs_with_capacity_and_unit_cost(self.tail, self.head, self.capacity, self.cost)
        if (status := solver.solve()) != solver.OPTIMAL:
            raise TooLarge(status.name)
        return np.asarray(solver.flows(arcs), dtype=np.int64)

    def savings(self, flow: Whole, arcs: Whole) -> Whole:
        """What the least cost falls by, exactly, if the capacity of each of these arcs alone were one more.

        The extra unit closes a cycle with the cheapest way back through the residual network of the optimal `flow`;
        an optimal flow leaves no other cycle of negative cost, so one cycle is the whole gain.

        Returns
        -------
        array of shape (n_arcs_asked,); 0 where nothing is gained.
        """
        from scipy.sparse import csr_array
        from scipy.sparse.csgraph import dijkstra

        free, used = flow < self.capacity, flow > 0
        tail = np.concatenate([self.tail[free], self.head[used]])
        head = np.concatenate([self.head[free], self.tail[used]])
        cost = np.concatenate([self.cost[free], -self.cost[used]])
        potential = self._potentials(tail, head, cost)
        reduced = (cost + potential[tail] - potential[head]).astype(np.float64)
        residual = csr_array((reduced, (tail, head)), shape=(self.n_nodes, self.n_nodes))
        begin, end = self.head[arcs], self.tail[arcs]
        # Few distinct ends on one side (the groups, or the hub): search from that side.
        backwards = len(np.unique(end)) < len(np.unique(begin))
        sources, place = np.unique(end if backwards else begin, return_inverse=True)
        distances = np.atleast_2d(dijkstra(residual.T if backwards else residual, indices=sources))
        length = distances[place, begin if backwards else end]
        reached = np.isfinite(length)
        back = np.where(reached, length, 0).astype(np.int64) - potential[begin] + potential[end]
        return np.where(reached, np.maximum(-(self.cost[arcs] + back), 0), 0)

    def _potentials(self, tail: Whole, head: Whole, cost: Whole) -> Whole:
        """Shortest distances from everywhere at once, under which every residual arc costs at least nothing."""
        potential = np.zeros(self.n_nodes, dtype=np.int64)
        while True:
            shorter = potential.copy()
            np.minimum.at(shorter, head, potential[tail] + cost)
            if np.array_equal(shorter, potential):
                return potential
            potential = shorter
