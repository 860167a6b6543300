"""List queries limited to what the actor may see."""

from typing import Any

from sqlalchemy import ColumnElement, false, true
from sqlmodel import col, select

from access.actor import Actor
from models.organization import Organization
from models.pairing import Pairing
from models.posting import Demand, Supply
from vocabulary.roles import OrganizationKind

OFFICES = (OrganizationKind.CHAIN_OFFICE, OrganizationKind.JOINT_OFFICE)


def is_joint_office(actor: Actor) -> bool:
    """Whether all chains are the actor's."""
    return actor.organization_kind is OrganizationKind.JOINT_OFFICE


def in_chain(actor: Actor, chain_column: Any) -> ColumnElement[bool]:
    """Rows of an official's own chain, or of all chains for the joint office; nothing for others."""
    if actor.organization_kind is OrganizationKind.JOINT_OFFICE:
        return true()
    if actor.organization_kind is OrganizationKind.CHAIN_OFFICE and actor.chain_id is not None:
        return col(chain_column) == actor.chain_id
    return false()


def own(actor: Actor, organization_column: Any) -> ColumnElement[bool]:
    """Rows of the actor's organization."""
    return false() if actor.organization_id is None else col(organization_column) == actor.organization_id


def own_demands(actor: Actor) -> Any:
    return select(Demand).where(own(actor, Demand.organization_id))


def own_supplies(actor: Actor) -> Any:
    return select(Supply).where(own(actor, Supply.organization_id))


def organizations_to_check(actor: Actor) -> Any:
    """Enterprises of the official's chain; the joint office also sees banks and buyers."""
    statement = select(Organization).where(
        col(Organization.kind).in_((OrganizationKind.ENTERPRISE, OrganizationKind.BANK, OrganizationKind.BUYER))
    )
    if actor.organization_kind is OrganizationKind.JOINT_OFFICE:
        return statement
    return statement.where(Organization.kind == OrganizationKind.ENTERPRISE, in_chain(actor, Organization.chain_id))


def own_pairings(actor: Actor) -> Any:
    """Pairings in which the actor's organization is one of the two sides."""
    return select(Pairing).where(
        own(actor, Pairing.demand_organization_id) | own(actor, Pairing.supply_organization_id)
    )


def pairings_to_decide(actor: Actor) -> Any:
    return select(Pairing).where(in_chain(actor, Pairing.chain_id))
