"""Who should be on stage: the firms that promise the most new good pairings, spread over chains and districts.

Every counterpart can follow up only so many firms, so the tenth wire maker adds less than the first valve maker. That
is a facility-location problem; at the size of a roadshow its mixed-integer program is solved exactly in milliseconds.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from matchmaking.assignment import BadProblem, Id, by_id

FOLLOWS = 3
"""How many firms a counterpart is counted for: it visits a few after a roadshow, not all."""


@dataclass(frozen=True, kw_only=True)
class StageCandidate:
    """A firm that could present itself; `fits` are its eligible new pairs, counterpart to fit in [0, 1]."""

    id: Id
    chain: Id
    district: Id
    fits: dict[Id, float]


@dataclass(frozen=True)
class StagePlace:
    """One proposed firm: what is counted for it, and the counterparts it is counted with, best first."""

    id: Id
    value: float
    counted: tuple[tuple[Id, float], ...]


@dataclass(frozen=True)
class StageProposal:
    """The proposal and what it is worth, in expected good pairings.

    `by_score` is the value of simply taking the firms with the best single fits; `without_spread` that of the best
    firms if neither chains nor districts had a share. `prices` tell for each pin and bar what the value loses by it.
    """

    places: tuple[StagePlace, ...]
    value: float
    by_score: float
    without_spread: float
    prices: dict[Id, float]
    invited: tuple[tuple[Id, float], ...]
    """Counterparts worth inviting with what is counted for each, most first."""


def propose_stage(
    candidates: Sequence[StageCandidate],
    *,
    places: int,
    pinned: Iterable[Id] = (),
    barred: Iterable[Id] = (),
    chain_share: float = 0.5,
    district_share: float = 0.5,
) -> StageProposal:
    """Choose at most `places` firms with the highest total value.

    The value is the sum over counterparts of their `FOLLOWS` best fits among the firms chosen. No chain and no
    district holds more than its share of the places, rounded up, unless the pins alone do or there is no other. The
    order of candidates is irrelevant.

    Raises
    ------
    BadProblem : a firm stands twice, is pinned and barred, is pinned but unknown, or more are pinned than places.
    """
    stage = _Stage(candidates, places, frozenset(pinned), frozenset(barred), chain_share, district_share)
    chosen = stage.solve()
    counted = stage.counted(chosen)
    value = sum(fit for pairs in counted.values() for _other, fit in pairs)
    prices = {}
    for one in sorted(stage.pinned | stage.barred, key=by_id):
        free = _Stage(candidates, places, stage.pinned - {one}, stage.barred - {one}, chain_share, district_share)
        prices[one] = max(0.0, free.value(free.solve()) - value)
    invited: Counter[Id] = Counter()
    for pairs in counted.values():
        for other, fit in pairs:
            invited[other] += fit  # type: ignore[assignment]  # a Counter also sums floats
    best = sorted(stage.open, key=lambda one: (-max(stage.fits[one].values(), default=0.0), by_id(one)))[:places]
    wide = _Stage(candidates, places, stage.pinned, stage.barred, 1.0, 1.0)
    return StageProposal(
        places=tuple(
            StagePlace(one, sum(fit for _other, fit in counted[one]), tuple(counted[one]))
            for one in sorted(chosen, key=lambda one: (-sum(fit for _o, fit in counted[one]), by_id(one)))
        ),
        value=value,
        by_score=stage.value(best),
        without_spread=wide.value(wide.solve()),
        prices=prices,
        invited=tuple(sorted(invited.items(), key=lambda item: (-item[1], by_id(item[0])))),
    )


class _Stage:
    """One instance: columns are firms (binary), then pairs (counted or not)."""

    def __init__(
        self,
        candidates: Sequence[StageCandidate],
        places: int,
        pinned: frozenset[Id],
        barred: frozenset[Id],
        chain_share: float,
        district_share: float,
    ) -> None:
        self.fits = {one.id: one.fits for one in candidates}
        self.pinned, self.barred, self.places = pinned, barred, places
        if len(self.fits) < len(candidates):
            raise BadProblem("a firm stands twice")
        if pinned & barred:
            raise BadProblem("a firm is pinned and barred")
        if not pinned <= set(self.fits):
            raise BadProblem("a pinned firm is not a candidate")
        if len(pinned) > places:
            raise BadProblem(f"{len(pinned)} firms are pinned for {places} places")
        self.open = sorted((one for one in self.fits if one not in barred), key=by_id)
        self.groups: list[tuple[set[Id], int]] = []
        for share, group_of in (
            (chain_share, {one.id: one.chain for one in candidates}),
            (district_share, {one.id: one.district for one in candidates}),
        ):
            members: dict[Id, set[Id]] = defaultdict(set)
            for one in self.open:
                members[group_of[one]].add(one)
            for group in members.values() if len(members) > 1 else ():
                self.groups.append((group, max(math.ceil(share * places), len(group & pinned))))

    def solve(self) -> list[Id]:
        """The firms chosen, by id."""
        pairs = [(one, other) for one in self.open for other in sorted(self.fits[one], key=by_id)]
        if not self.open or self.places < 1:
            return []
        n_firms, n = len(self.open), len(self.open) + len(pairs)
        column = {one: index for index, one in enumerate(self.open)}
        rows: list[int] = []
        columns: list[int] = []
        values: list[float] = []
        limits: list[float] = []

        def rule(limit: float, terms: Iterable[tuple[int, float]]) -> None:
            for index, value in terms:
                rows.append(len(limits))
                columns.append(index)
                values.append(value)
            limits.append(limit)

        rule(self.places, ((index, 1.0) for index in range(n_firms)))
        for group, limit in self.groups:
            rule(limit, ((column[one], 1.0) for one in group))
        of: dict[Id, list[int]] = defaultdict(list)
        for index, (one, other) in enumerate(pairs, start=n_firms):
            rule(0.0, ((index, 1.0), (column[one], -1.0)))
            of[other].append(index)
        for found in of.values():
            rule(FOLLOWS, ((index, 1.0) for index in found))
        # A place is better taken than empty, by less than any fit that is shown.
        gains = np.array([1e-5] * n_firms + [self.fits[one][other] for one, other in pairs])
        found = milp(
            -gains,
            constraints=LinearConstraint(
                coo_array((values, (rows, columns)), shape=(len(limits), n)).tocsr(), ub=np.array(limits)
            ),
            bounds=Bounds(np.array([float(one in self.pinned) for one in self.open] + [0.0] * len(pairs)), np.ones(n)),
            integrality=np.array([1] * n_firms + [0] * len(pairs)),
            options={"mip_rel_gap": 0.0},
        )
        return [one for one in self.open if found.x[column[one]] > 0.5]

    def counted(self, chosen: Iterable[Id]) -> dict[Id, list[tuple[Id, float]]]:
        """For each firm the counterparts it is counted with: those of whose best `FOLLOWS` it is one."""
        firms = list(chosen)
        of: dict[Id, list[tuple[float, Id]]] = defaultdict(list)
        for one in firms:
            for other, fit in self.fits[one].items():
                of[other].append((fit, one))
        result: dict[Id, list[tuple[Id, float]]] = {one: [] for one in firms}
        for other in sorted(of, key=by_id):
            for fit, one in sorted(of[other], key=lambda item: (-item[0], by_id(item[1])))[:FOLLOWS]:
                result[one].append((other, fit))
        return {one: sorted(found, key=lambda item: (-item[1], by_id(item[0]))) for one, found in result.items()}

    def value(self, chosen: Iterable[Id]) -> float:
        """What a choice is worth."""
        return sum(fit for pairs in self.counted(chosen).values() for _other, fit in pairs)
