"""Other systems at the door: what a key may do, how long it lives, what a webhook tells and how a delivery ends."""

from enum import StrEnum

from vocabulary.lifecycle import lifecycle
from vocabulary.roles import OrganizationKind


class ApiScope(StrEnum):
    """One thing a key may do for its organization."""

    POSTINGS_READ = "postings:read"
    POSTINGS_WRITE = "postings:write"
    RECOMMENDATIONS_READ = "recommendations:read"
    CASES_READ = "cases:read"
    CASES_WRITE = "cases:write"
    DOSSIERS_READ = "dossiers:read"
    PAIRINGS_READ = "pairings:read"


class ApiKeyStatus(StrEnum):
    """A key opens until it is revoked or its last day is over."""

    ACTIVE = "active"
    REVOKED = "revoked"
    EXPIRED = "expired"


_S, _K = ApiScope, OrganizationKind
_POSTING = (_S.POSTINGS_READ, _S.POSTINGS_WRITE, _S.RECOMMENDATIONS_READ, _S.CASES_READ)
_COUNTERPART = (*_POSTING, _S.CASES_WRITE, _S.DOSSIERS_READ)
SCOPES_OF_KIND: dict[OrganizationKind, tuple[ApiScope, ...]] = {
    _K.ENTERPRISE: _POSTING,
    _K.BANK: _COUNTERPART,
    _K.BUYER: _COUNTERPART,
    _K.CHAIN_OFFICE: (_S.PAIRINGS_READ,),
    _K.JOINT_OFFICE: (_S.PAIRINGS_READ,),
}
"""What a key of each kind of organization can be given; other kinds have no keys."""

API_KEY = lifecycle(
    "api_key",
    ApiKeyStatus,
    ApiKeyStatus.ACTIVE,
    {ApiKeyStatus.ACTIVE: (ApiKeyStatus.REVOKED, ApiKeyStatus.EXPIRED)},
)
KEY_DAYS = 365
"""The longest life of a key."""
KEYS_AT_ONCE = 20
"""Keys of one organization that open at a time."""


class WebhookEvent(StrEnum):
    """What another system is told of; it reads the rest by its key."""

    PAIRING_INTRODUCED = "pairing.introduced"
    PAIRING_ENDED = "pairing.ended"
    STEP_RECORDED = "case.step_recorded"
    STEP_CORRECTED = "case.step_corrected"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    NEW_RECOMMENDATIONS = "recommendations.new"


class WebhookStatus(StrEnum):
    """Whether a webhook is told anything."""

    ACTIVE = "active"
    STOPPED = "stopped"


class DeliveryStatus(StrEnum):
    """A delivery is tried with growing waits until it was taken or given up."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


_W, _D = WebhookStatus, DeliveryStatus
WEBHOOK = lifecycle("webhook", _W, _W.ACTIVE, {_W.ACTIVE: (_W.STOPPED,), _W.STOPPED: (_W.ACTIVE,)})
DELIVERY = lifecycle("webhook_delivery", _D, _D.WAITING, {_D.WAITING: (_D.DELIVERED, _D.DEAD), _D.DEAD: (_D.WAITING,)})
WAITS_MINUTES = (1, 5, 30, 120, 360, 720, 1440)
"""After the first try, the second and so on; after the last one a delivery is given up."""
WEBHOOKS_AT_ONCE = 10
