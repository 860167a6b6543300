"""Several suppliers for one need: the smallest group whose spare capacity covers it (拼量)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from matchmaking.assignment import MICRO, BadProblem, Id, by_id, micro


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What one supplier could give: spare capacity in whole thousandths of the need's unit, and its fit.

    `ready_on` is the earliest day of delivery; None is unknown, and covers no window.
    """

    supply: Id
    spare_milli: int
    value: float
    ready_on: date | None = None


@dataclass(frozen=True)
class Share:
    """A member's part of the quantity, in thousandths of the unit."""

    supply: Id
    quantity_milli: int


@dataclass(frozen=True)
class SupplierGroup:
    """The proposal. `shares` add up exactly to the quantity; None where all offers together fall short.

    `value` is the mean fit of the members, weighed by their shares.
    """

    shares: tuple[Share, ...] | None
    value: float | None
    shortfall_milli: int


def smallest_group(offers: Sequence[Offer], *, quantity_milli: int, window_end: date | None = None) -> SupplierGroup:
    """The fewest suppliers whose spare capacity covers the quantity in time; among these groups the best fit.

    Fit counts for each thousandth that a member delivers, so the best members of the group are used to the full.

    Parameters
    ----------
    offers : eligible lines, each supply once; those without spare capacity or ready too late do not count
    quantity_milli : whole thousandths of the unit, above 0
    window_end : last day of delivery; None is any

    Returns
    -------
    SupplierGroup
        shares by size of fit, ties by id; without shares, `shortfall_milli` is what all offers together lack.

    Raises
    ------
    BadProblem : the quantity is not positive, a supply stands twice, or a value or capacity is no fit number.
    """
    if quantity_milli <= 0:
        raise BadProblem(f"a quantity of {quantity_milli} is not positive")
    if len({offer.supply for offer in offers}) < len(offers):
        raise BadProblem("a supply offers twice")
    if any(offer.spare_milli < 0 for offer in offers):
        raise BadProblem("a spare capacity is negative")
    usable = sorted(
        (offer for offer in offers if offer.spare_milli > 0 and _in_time(offer, window_end)),
        key=lambda offer: (-micro(offer.value), by_id(offer.supply)),
    )
    missing = quantity_milli - sum(offer.spare_milli for offer in usable)
    if missing > 0:
        return SupplierGroup(None, None, missing)
    members = _best_members(usable, quantity_milli, _fewest(usable, quantity_milli))
    shares, left = [], quantity_milli
    for offer in members:
        part = min(offer.spare_milli, left)
        shares.append(Share(offer.supply, part))
        left -= part
    worth = sum(micro(offer.value) * share.quantity_milli for offer, share in zip(members, shares, strict=True))
    return SupplierGroup(tuple(shares), worth / quantity_milli / MICRO, 0)


def _in_time(offer: Offer, window_end: date | None) -> bool:
    return window_end is None or (offer.ready_on is not None and offer.ready_on <= window_end)


def _fewest(offers: Sequence[Offer], quantity: int) -> int:
    """How many of the largest offers are needed; no smaller group can cover the quantity."""
    covered = 0
    for count, spare in enumerate(sorted((offer.spare_milli for offer in offers), reverse=True), start=1):
        covered += spare
        if covered >= quantity:
            return count
    raise AssertionError("the offers cover the quantity")


def _best_members(offers: Sequence[Offer], quantity: int, count: int) -> list[Offer]:
    """The `count` offers that cover the quantity with the best fit per unit, in the order given.

    No member gets nothing: a group of fewer members would then cover the quantity, and there is none.
    """
    n = len(offers)
    spare = np.array([min(offer.spare_milli, quantity) for offer in offers], dtype=np.float64) / quantity
    fits = np.array([micro(offer.value) / MICRO for offer in offers])
    joins, parts = sparse.eye_array(n), sparse.eye_array(n)
    ones, none = np.ones((1, n)), np.zeros((1, n))
    rules = [
        LinearConstraint(sparse.hstack([-sparse.diags_array(spare) @ joins, parts]), ub=0.0),
        LinearConstraint(np.hstack([ones, none]), lb=count, ub=count),
        LinearConstraint(np.hstack([none, ones]), lb=1.0, ub=1.0),
    ]
    while True:
        found = milp(
            np.concatenate([np.zeros(n), -fits]),
            constraints=rules,
            bounds=Bounds(0.0, 1.0),
            integrality=np.repeat([1, 0], n),
            options={"mip_rel_gap": 0.0},
        )
        chosen = found.x[:n] > 0.5
        members = [offer for offer, is_member in zip(offers, chosen, strict=True) if is_member]
        if sum(offer.spare_milli for offer in members) >= quantity:
            return members
        # The solver reckons in floating point: a group short by a millionth is barred, and the search goes on.
        rules.append(LinearConstraint(np.hstack([chosen[None, :], none]), ub=count - 1))
