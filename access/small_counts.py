"""Counts of what a reader may not open: shown from `LEAST` on, so that no page tells of one firm among few."""

from access.actor import Actor
from access.rules import keeps_chain
from models.chain import Chain
from vocabulary.roles import OrganizationKind

LEAST = 5
"""Fewer are shown as fewer than so many, also none, and sums over the steps of fewer firms not at all."""


def sees_small_counts(actor: Actor, chain: Chain) -> bool:
    """Whoever may open the chain's rows, or audits them."""
    return keeps_chain(actor, chain) or actor.organization_kind is OrganizationKind.AUDIT_OFFICE


def shown(n: int, is_open: bool) -> int | None:
    """The count, or None for one that is too small to be told."""
    return n if is_open or n >= LEAST else None
