"""The person acting, as the rules see them."""

from dataclasses import dataclass

from access.permissions import Permission
from vocabulary.roles import OrganizationKind, Role


@dataclass(frozen=True)
class Actor:
    """Who acts and for whom. Built anew on every request, so a lost right bites on the very next one."""

    user_id: int | None
    name: str
    organization_id: int | None
    organization_kind: OrganizationKind | None
    organization_name: str
    is_verified: bool
    """Whether the organization was verified by an official."""
    role: Role | None
    chain_id: int | None = None
    """The chain of an official's office, or of the actor's firm."""
    branch: str = ""
    limited_to: frozenset[Permission] | None = None
    """What the key of another system may do at most; None for a person, whom the role alone limits."""

    @property
    def is_signed_in(self) -> bool:
        return self.user_id is not None


ANONYMOUS = Actor(None, "", None, None, "", False, None)
SYSTEM = Actor(None, "system", None, None, "", True, None)
"""Jobs and commands: no person, named as such in the ledger."""
