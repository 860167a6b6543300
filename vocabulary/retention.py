"""What is kept for how long, and then minimised or deleted by itself; decisions and the ledger stay."""

from datetime import timedelta
from enum import StrEnum


class RetentionRule(StrEnum):
    """One kind of rows or values whose time ends."""

    RELEASED_CONTACTS = "released_contacts"
    FIRM_CONTACTS = "firm_contacts"
    STAGED_IMPORTS = "staged_imports"
    NOTICES = "notices"
    MAILS = "mails"
    SESSIONS = "sessions"
    ATTEMPTS = "attempts"
    RESETS = "resets"
    DEVICES = "devices"


_R = RetentionRule
KEPT: dict[RetentionRule, timedelta] = {
    _R.RELEASED_CONTACTS: timedelta(days=90),
    _R.FIRM_CONTACTS: timedelta(days=365),
    _R.STAGED_IMPORTS: timedelta(days=30),
    _R.NOTICES: timedelta(days=365),
    _R.MAILS: timedelta(days=365),
    _R.SESSIONS: timedelta(days=180),
    _R.ATTEMPTS: timedelta(days=1),
    _R.RESETS: timedelta(days=30),
    _R.DEVICES: timedelta(days=0),
}
"""From the end of the case, the firm's leaving, the last step of an import, the reading of a notice, the sending of a
mail, the end of a session, a failure, a reset's end, a device's own end."""
