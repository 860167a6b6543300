"""An introduced case between a firm and a bank (or buyer), with the office of its chain and the joint office."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from access.actor import Actor
from models.organization import Organization, User
from models.pairing import Pairing
from tests import factories
from vocabulary.classifications import Market
from vocabulary.lifecycles import PairingStatus
from vocabulary.roles import OrganizationKind, Role
from workflows import clocks


@dataclass
class CaseWorld:
    firm: Organization
    counterpart: Organization
    office: Organization
    joint: Organization
    signatory: User
    handler: User
    official: User
    coordinator: User
    pairing: Pairing

    @property
    def by_handler(self) -> Actor:
        return factories.actor_of(self.handler, self.counterpart)

    @property
    def by_official(self) -> Actor:
        return factories.actor_of(self.official, self.office)

    @property
    def by_signatory(self) -> Actor:
        return factories.actor_of(self.signatory, self.firm, Role.SIGNATORY)


def make_case_world(
    session: Session, *, introduced_at: datetime, market: Market = Market.FINANCE, **values: Any
) -> CaseWorld:
    """A case introduced at a moment, nothing recorded; it is handled and followed unless `values` say otherwise."""
    chain = factories.make_chain(session)
    is_loan = market is Market.FINANCE
    firm = factories.make_organization(session, chain_id=chain.id)
    counterpart = factories.make_organization(session, OrganizationKind.BANK if is_loan else OrganizationKind.BUYER)
    office = factories.make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
    joint = factories.make_organization(session, OrganizationKind.JOINT_OFFICE)
    handler, official = factories.make_user(session, counterpart), factories.make_user(session, office)
    if is_loan:
        sides = factories.make_financing_need(session, firm), factories.make_loan_product(session, counterpart)
    else:
        sides = factories.make_purchase_need(session, counterpart), factories.make_product_line(session, firm)
    plain = {
        "status": PairingStatus.INTRODUCED, "decided_by_id": official.id, "decided_at": introduced_at,
        "introduced_at": introduced_at, "handled_by_id": handler.id, "followed_by_id": official.id,
    }  # fmt: skip
    pairing = factories.make_pairing(session, *sides, chain, **plain | values)
    clocks.set_due(session, pairing)
    return CaseWorld(
        firm, counterpart, office, joint, factories.make_user(session, firm, Role.SIGNATORY), handler, official,
        factories.make_user(session, joint), pairing,
    )  # fmt: skip
