"""Deeds that need a second person: why, and how the request lives."""

from enum import StrEnum

from vocabulary.lifecycle import lifecycle


class ApprovalReason(StrEnum):
    """Which limit was passed, or what is asked for."""

    AMOUNT = "amount"
    NUMBER_A_DAY = "number_a_day"
    ROLE_GRANT = "role_grant"
    ROLE_END = "role_end"


class ApprovalStatus(StrEnum):
    """A request waits until somebody else decides, its author thinks better of it, or its week is over."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


_S = ApprovalStatus
APPROVAL = lifecycle("approval", _S, _S.REQUESTED, {_S.REQUESTED: (_S.APPROVED, _S.REFUSED, _S.WITHDRAWN, _S.EXPIRED)})
