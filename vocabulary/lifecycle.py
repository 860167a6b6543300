"""What a lifecycle is: the statuses of a noun and the steps between them; `lifecycles` has those of every noun."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Lifecycle:
    """The statuses of one noun and the steps allowed between them."""

    noun: str
    statuses: type[StrEnum]
    initial: StrEnum
    steps: Mapping[StrEnum, frozenset[StrEnum]]

    def allows(self, current: StrEnum, target: StrEnum) -> bool:
        return target in self.steps.get(current, frozenset())

    def next_steps(self, current: StrEnum) -> frozenset[StrEnum]:
        return self.steps.get(current, frozenset())


def lifecycle(
    noun: str, statuses: type[StrEnum], initial: StrEnum, steps: dict[StrEnum, tuple[StrEnum, ...]]
) -> Lifecycle:
    """One noun's table, written with tuples."""
    return Lifecycle(noun, statuses, initial, {key: frozenset(targets) for key, targets in steps.items()})
