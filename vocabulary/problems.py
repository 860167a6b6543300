"""What firms and projects get stuck on (问题交办)."""

from enum import StrEnum


class ProblemKind(StrEnum):
    """What kind of help a problem needs."""

    LAND = "land"
    PERMIT = "permit"
    UTILITIES = "utilities"
    FINANCE = "finance"
    LABOUR = "labour"
    TAX = "tax"
    LOGISTICS = "logistics"
    OTHER = "other"


class ProblemEntryKind(StrEnum):
    """One line of a problem's history."""

    RAISED = "raised"
    HANDED_OVER = "handed_over"
    ANSWERED = "answered"
    NOT_SOLVED = "not_solved"
    CLOSED = "closed"
    ESCALATED = "escalated"


class ClosingGround(StrEnum):
    """Why a problem may be closed: the firm agrees, or the office records why it closes without."""

    FIRM_AGREED = "firm_agreed"
    OFFICE_DECIDED = "office_decided"


class EscalationLevel(StrEnum):
    """Who was told that an answer is overdue."""

    NONE = "none"
    CHAIN_OFFICE = "chain_office"
    JOINT_OFFICE = "joint_office"
