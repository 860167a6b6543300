"""Sentences about an actor and a row, joined with & and |."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from access.actor import Actor
from access.permissions import PERMISSIONS_OF_ROLE, Permission
from vocabulary.roles import OrganizationKind


class NotAllowed(Exception):
    """The actor may see the row but not do this to it, or lacks the permission altogether."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


class Recused(NotAllowed):
    """The actor is tied to an organization the deed is about: `organization` names it, `deciders` who may instead."""

    def __init__(self, organization: str, deciders: list[str]) -> None:
        super().__init__("conflict_of_interest")
        self.organization = organization
        self.deciders = deciders


@dataclass(frozen=True)
class Rule:
    """A predicate over (actor, row) that reads aloud when joined."""

    test: Callable[[Actor, Any], bool]

    def __call__(self, actor: Actor, row: Any) -> bool:
        return self.test(actor, row)

    def __and__(self, other: "Rule") -> "Rule":
        return Rule(lambda actor, row: self(actor, row) and other(actor, row))

    def __or__(self, other: "Rule") -> "Rule":
        return Rule(lambda actor, row: self(actor, row) or other(actor, row))


def _owns(actor: Actor, row: Any) -> bool:
    return actor.organization_id is not None and bool(row.organization_id == actor.organization_id)


def _is_office_of(actor: Actor, chain_id: int | None) -> bool:
    return (
        actor.organization_kind is OrganizationKind.CHAIN_OFFICE
        and actor.chain_id is not None
        and actor.chain_id == chain_id
    )


def _is_of_own_chain(actor: Actor, row: Any) -> bool:
    return _is_office_of(actor, row.chain_id)


def _is_own_chain(actor: Actor, chain: Any) -> bool:
    return _is_office_of(actor, chain.id)


def _is_city_level(actor: Actor, _row: Any) -> bool:
    return actor.organization_kind is OrganizationKind.JOINT_OFFICE


def _is_counterpart(actor: Actor, row: Any) -> bool:
    return actor.organization_id in (row.demand_organization_id, row.supply_organization_id)


# Named functions, not lambdas: a tool that changes code to try the tests looks into functions only.
is_own = Rule(_owns)
is_of_own_chain = Rule(_is_of_own_chain)
is_city_level = Rule(_is_city_level)
is_own_chain = Rule(_is_own_chain)
keeps_chain = is_own_chain | is_city_level
"""The chain's own office and the joint office keep its map."""
is_counterpart = Rule(_is_counterpart)


def may(actor: Actor, permission: Permission) -> bool:
    """Whether the actor's role has the permission, and the key, if a key acts, was given it."""
    if actor.limited_to is not None and permission not in actor.limited_to:
        return False
    return actor.role is not None and permission in PERMISSIONS_OF_ROLE[actor.role]


def require(actor: Actor, permission: Permission) -> None:
    """Raise NotAllowed unless the actor's role has the permission; HAVE_ACCOUNT needs no membership."""
    if permission is Permission.HAVE_ACCOUNT and actor.is_signed_in and actor.limited_to is None:
        return
    if not may(actor, permission):
        raise NotAllowed(permission.value)


def require_rule(actor: Actor, rule: Rule, row: Any, what: str) -> None:
    """Raise NotAllowed unless the rule holds."""
    if not rule(actor, row):
        raise NotAllowed(what)


def is_recused(tied: Collection[int], organization_ids: Collection[int]) -> bool:
    """Recusal (回避): who is tied to one of the organizations a deed is about does not do it."""
    return not set(tied).isdisjoint(organization_ids)
