"""The clocks of a running case: what is due next, and who is told when it is not done."""

from collections.abc import Iterable
from enum import StrEnum

from vocabulary.classifications import LADDERS, CaseStepKind, Market

_K = CaseStepKind


class ClockStage(StrEnum):
    """What a running case waits for. The last has no limit of ours, only a day the counterpart states."""

    CONTACT = "contact"
    VISIT = "visit"
    DECISION = "decision"
    DELIVERY = "delivery"


class ReminderLevel(StrEnum):
    """Who is told, one after the other: the counterpart's person, the chain's office, the joint office."""

    HANDLER = "handler"
    CHAIN_OFFICE = "chain_office"
    JOINT_OFFICE = "joint_office"


_BEGINS: dict[CaseStepKind, ClockStage] = {
    _K.CONTACT: ClockStage.VISIT,
    _K.VISIT: ClockStage.DECISION,
    _K.DUE_DILIGENCE: ClockStage.DECISION,
    _K.CREDIT_GRANTED: ClockStage.DELIVERY,
    _K.NEGOTIATION: ClockStage.VISIT,
    _K.SAMPLE: ClockStage.DECISION,
    _K.TRIAL_ORDER: ClockStage.DELIVERY,
    _K.FRAME_AGREEMENT: ClockStage.DELIVERY,
}
"""The stage that a step begins; after any other step nothing is due."""


def stage_after(kind: CaseStepKind | None) -> ClockStage | None:
    """The stage a case is in after its highest step, or after the introduction."""
    return ClockStage.CONTACT if kind is None else _BEGINS.get(kind)


def highest(market: Market, kinds: Iterable[CaseStepKind]) -> CaseStepKind | None:
    """The step furthest up the ladder of the market."""
    return max(kinds, key=LADDERS[market].index, default=None)
