"""Every event that somebody is told of: one table. The code of an event is the name of its text in
`templates/emails/<code>.<language>.txt`; a text without a line here fails the tests, and so does a line without a text.
"""

from dataclasses import dataclass
from enum import StrEnum

from vocabulary.lifecycles import DECIDABLE_PAIRING, RELEASED_PAIRING, RUNNING_PAIRING, PairingStatus


class EventCategory(StrEnum):
    """What a person sets a frequency for, and filters the inbox by."""

    ACCOUNT = "account"
    VERIFICATION = "verification"
    PAIRINGS = "pairings"
    CONSENTS = "consents"
    CASES = "cases"
    ROADSHOWS = "roadshows"
    CHAINS = "chains"


class Frequency(StrEnum):
    """How the mail about a category comes. The inbox shows everything at once, whatever is chosen."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    OFF = "off"


class Channel(StrEnum):
    """Where an event appears."""

    BOTH = "both"
    MAIL = "mail"
    INBOX = "inbox"


class Place(StrEnum):
    """The page that a notice opens; `web/inbox/places.py` finds its address for the reader."""

    NOWHERE = "nowhere"
    ACCOUNT = "account"
    PROFILE = "profile"
    RECOGNITIONS = "recognitions"
    CONSENTS = "consents"
    PAIRING = "pairing"
    CASES = "cases"
    ROADSHOW = "roadshow"
    CHAIN = "chain"
    PROBLEM = "problem"
    UPGRADE = "upgrade"
    GRANTS = "grants"
    PLAN = "plan"
    OFFICE_REPORT = "office_report"
    POLICY = "policy"
    DRIFT = "drift"
    RECOMMENDATIONS = "recommendations"
    SUPPLIER_GROUP = "supplier_group"


@dataclass(frozen=True)
class Event:
    """One kind of news.

    `default` is the frequency of its mail for whoever chose none; a mandatory one is always mailed at once.
    `true_while` are the statuses of its pairing in which the news is still true; empty: always. Of several with one
    `topic` about the same thing the last is true; by default an event is its own topic.
    """

    category: EventCategory
    opens: Place = Place.NOWHERE
    default: Frequency = Frequency.AT_ONCE
    is_mandatory: bool = False
    channel: Channel = Channel.BOTH
    true_while: frozenset[PairingStatus] = frozenset()
    topic: str = ""

    @property
    def is_in_inbox(self) -> bool:
        return self.channel is not Channel.MAIL

    @property
    def is_mailed(self) -> bool:
        return self.channel is not Channel.INBOX


_C, _P, _S = EventCategory, Place, PairingStatus
DIGEST = "daily_digest"
UNDELIVERABLE = "mail_undeliverable"

EVENTS: dict[str, Event] = {
    # Links that open something are for the mailbox only: an inbox is read by whoever is signed in already.
    "password_reset": Event(_C.ACCOUNT, is_mandatory=True, channel=Channel.MAIL),
    "invitation": Event(_C.ACCOUNT, is_mandatory=True, channel=Channel.MAIL),
    DIGEST: Event(_C.ACCOUNT, channel=Channel.MAIL),
    UNDELIVERABLE: Event(_C.ACCOUNT, _P.ACCOUNT, channel=Channel.INBOX),
    "organization_verified": Event(_C.VERIFICATION, _P.ACCOUNT, topic="organization"),
    "organization_returned": Event(_C.VERIFICATION, _P.ACCOUNT, topic="organization"),
    "profile_verified": Event(_C.VERIFICATION, _P.PROFILE, topic="profile"),
    "profile_returned": Event(_C.VERIFICATION, _P.PROFILE, topic="profile"),
    "recognition_decided": Event(_C.VERIFICATION, _P.RECOGNITIONS),
    "recognition_due": Event(_C.VERIFICATION, _P.RECOGNITIONS),
    "pairing_confirmed": Event(_C.PAIRINGS, _P.PAIRING, true_while=RELEASED_PAIRING),
    "pairing_returned": Event(_C.PAIRINGS, _P.PAIRING, true_while=frozenset({_S.RETURNED})),
    "pairing_refused": Event(_C.PAIRINGS, _P.PAIRING, true_while=frozenset({_S.REFUSED})),
    # What waits for a second official is news of the office, and true while the pairing can still be decided.
    "second_official_asked": Event(_C.PAIRINGS, _P.PAIRING, true_while=DECIDABLE_PAIRING),
    "second_official_answered": Event(_C.PAIRINGS, _P.PAIRING),
    "membership_ended": Event(_C.ACCOUNT, _P.ACCOUNT, is_mandatory=True),
    # Who is let into an office or the administration concerns whoever answers for it.
    "role_asked": Event(_C.ACCOUNT, _P.GRANTS, is_mandatory=True),
    "role_answered": Event(_C.ACCOUNT, _P.GRANTS, is_mandatory=True),
    "supplier_group": Event(_C.PAIRINGS, _P.SUPPLIER_GROUP),
    # Whoever lends on an order, or delivers for one, must learn at once that it is over.
    "joint_case": Event(_C.CASES, _P.CASES, is_mandatory=True),
    "consent_requested": Event(
        _C.CONSENTS, _P.CONSENTS, true_while=frozenset({_S.PROPOSED, _S.ON_HOLD, _S.RETURNED, _S.INTRODUCED})
    ),
    # Whoever reads another's papers must learn at once that this is over.
    "consent_withdrawn": Event(_C.CONSENTS, _P.CASES, is_mandatory=True),
    "case_due": Event(_C.CASES, _P.PAIRING, true_while=RUNNING_PAIRING),
    "case_overdue": Event(_C.CASES, _P.PAIRING, true_while=RUNNING_PAIRING),
    "roadshow": Event(_C.ROADSHOWS, _P.ROADSHOW),
    "problem_raised": Event(_C.CHAINS, _P.PROBLEM),
    "problem_handed_over": Event(_C.CHAINS, _P.PROBLEM, topic="problem"),
    "problem_answered": Event(_C.CHAINS, _P.PROBLEM, topic="problem"),
    "problem_closed": Event(_C.CHAINS, _P.PROBLEM, topic="problem"),
    "problem_overdue": Event(_C.CHAINS, _P.PROBLEM),
    "need_drafted": Event(_C.CHAINS),
    "upgrade_task_set": Event(_C.CHAINS, _P.UPGRADE),
    # An anchor is worth something only where nobody who runs the database can take it back: in a mailbox.
    "ledger_anchor": Event(_C.ACCOUNT, is_mandatory=True, channel=Channel.MAIL),
    "plan_task_overdue": Event(_C.CHAINS, _P.PLAN),
    "office_report_done": Event(_C.CHAINS, _P.OFFICE_REPORT, topic="office_report"),
    "office_report_failed": Event(_C.CHAINS, _P.OFFICE_REPORT, topic="office_report"),
    "drift_found": Event(_C.CHAINS, _P.DRIFT),
    "product_suggested": Event(_C.CHAINS, _P.POLICY),
    "suggestion_answered": Event(_C.CHAINS, _P.POLICY),
}


def event_of(code: str) -> Event:
    """The line of a code; KeyError says which one is missing in the table."""
    return EVENTS[code]


def frequency_of(code: str, chosen: dict[EventCategory, Frequency]) -> Frequency:
    """How a person with these choices is mailed about an event."""
    event = event_of(code)
    if event.is_mandatory:
        return Frequency.AT_ONCE
    return chosen.get(event.category, event.default) if event.is_mailed else Frequency.OFF


SWITCHABLE = tuple(
    category
    for category in EventCategory
    if any(
        event.category is category and event.channel is Channel.BOTH and not event.is_mandatory
        for event in EVENTS.values()
    )
)
"""Categories of which somebody may choose the frequency."""


def default_of(category: EventCategory) -> Frequency:
    """What counts for whoever chose nothing: the default of the category's first event that can be switched off."""
    return next(event.default for event in EVENTS.values() if event.category is category and not event.is_mandatory)


def codes_of(category: EventCategory) -> list[str]:
    """The events of a category, in the table's order."""
    return [code for code, event in EVENTS.items() if event.category is category]
