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
