"""What a component is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vocabulary.reasons import ComponentCode


@dataclass(frozen=True)
class Component:
    """One scored aspect of a market.

    `value(demand, supply, similarity)` lies in [0, 1], or is None where the facts do not say: the component then
    abstains and its weight is shared by the others. `similarity` is that of the two texts, None if one is empty.
    """

    code: ComponentCode
    value: Callable[[Any, Any, float | None], float | None]


def shared_depth(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """How many levels two paths have in common, from the coarse end."""
    depth = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        depth += 1
    return depth
