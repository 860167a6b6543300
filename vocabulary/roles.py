"""Who people are: kinds of organization, audiences and roles."""

from enum import StrEnum


class OrganizationKind(StrEnum):
    """What an organization is registered as."""

    ENTERPRISE = "enterprise"
    BANK = "bank"
    BUYER = "buyer"
    CHAIN_OFFICE = "chain_office"
    JOINT_OFFICE = "joint_office"
    AUDIT_OFFICE = "audit_office"
    IT_OFFICE = "it_office"


CHAIN_AND_JOINT_OFFICES = (OrganizationKind.CHAIN_OFFICE, OrganizationKind.JOINT_OFFICE)
ADMINISTRATION = (OrganizationKind.AUDIT_OFFICE, OrganizationKind.IT_OFFICE)
SELF_REGISTERING = (OrganizationKind.ENTERPRISE, OrganizationKind.BANK, OrganizationKind.BUYER)
"""Kinds that register themselves; offices are set up by an administrator."""


class Role(StrEnum):
    """What one person does in one organization."""

    FILER = "filer"
    SIGNATORY = "signatory"
    OFFICER = "officer"
    BUYER = "buyer"
    OFFICIAL = "official"
    COORDINATOR = "coordinator"
    AUDITOR = "auditor"
    ADMIN = "admin"


ROLES_OF_KIND: dict[OrganizationKind, tuple[Role, ...]] = {
    OrganizationKind.ENTERPRISE: (Role.FILER, Role.SIGNATORY),
    OrganizationKind.BANK: (Role.OFFICER,),
    OrganizationKind.BUYER: (Role.BUYER,),
    OrganizationKind.CHAIN_OFFICE: (Role.OFFICIAL,),
    OrganizationKind.JOINT_OFFICE: (Role.COORDINATOR,),
    OrganizationKind.AUDIT_OFFICE: (Role.AUDITOR,),
    OrganizationKind.IT_OFFICE: (Role.ADMIN,),
}

FOUNDING_ROLE: dict[OrganizationKind, Role] = {
    OrganizationKind.ENTERPRISE: Role.SIGNATORY,
    OrganizationKind.BANK: Role.OFFICER,
    OrganizationKind.BUYER: Role.BUYER,
}
"""The role of the person who registers the organization."""
