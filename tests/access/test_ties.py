"""What ties an official to an organization, and who may decide in his place."""

from datetime import timedelta

import pytest

from access import ties
from access.ties import Bond, Recusal
from models.base import now
from models.chain_office import DeclaredTie
from models.organization import Membership
from tests import factories
from vocabulary.chains import TieKind
from vocabulary.lifecycles import OrganizationStatus, UserStatus
from vocabulary.roles import OrganizationKind, Role


class Offices:
    """A chain with its office of two, the joint office, a firm and a bank."""

    def __init__(self, session) -> None:
        self.session = session
        self.chain = factories.make_chain(session)
        # The joint office is the older one, and comes second all the same.
        self.joint_row = factories.make_organization(session, OrganizationKind.JOINT_OFFICE, legal_name="联席办")
        self.joint = self.person(self.joint_row, "李协调")
        self.office_row = factories.make_organization(
            session, OrganizationKind.CHAIN_OFFICE, chain_id=self.chain.id, legal_name="链办"
        )
        self.tied, self.free = self.person(self.office_row, "张三"), self.person(self.office_row, "王五")
        self.firm = factories.make_organization(session, legal_name="甲公司", chain_id=self.chain.id)
        self.bank = factories.make_organization(session, OrganizationKind.BANK, legal_name="乙银行")

    def person(self, organization, name):
        return factories.actor_of(factories.make_user(self.session, organization, full_name=name), organization)

    def tie(self, actor, organization, kind=TieKind.RELATIVE, **values) -> None:
        ended = {"ended_by_id": actor.user_id} if "ended_at" in values else {}
        self.session.add(
            DeclaredTie(
                user_id=actor.user_id, organization_id=organization.id, kind=kind, declared_by_id=actor.user_id,
                **values, **ended,
            )
        )  # fmt: skip
        self.session.flush()

    def worked(self, actor, organization, **values) -> None:
        self.session.add(
            Membership(user_id=actor.user_id, organization_id=organization.id, role=Role.OFFICER, **values)
        )
        self.session.flush()

    def deciders(self):
        return ties.deciders(self.session, self.chain.id, [self.firm.id, self.bank.id])


@pytest.fixture
def offices(session):
    return Offices(session)


def test_a_declared_tie_and_a_former_workplace_bind_and_an_ended_tie_does_not(session, offices):
    offices.tie(offices.tied, offices.firm, TieKind.SHAREHOLDING)
    offices.tie(offices.tied, offices.firm, TieKind.RELATIVE)
    offices.worked(offices.tied, offices.bank, ended_at=now())
    offices.tie(offices.free, offices.firm, ended_at=now())
    assert ties.tied_organizations(session, offices.tied) == {offices.firm.id, offices.bank.id, offices.office_row.id}
    assert ties.tied_organizations(session, offices.free) == {offices.office_row.id}
    both = [offices.firm.id, offices.bank.id]
    assert ties.bonds(session, offices.tied, both) == [
        Bond(offices.firm.id, "甲公司", TieKind.SHAREHOLDING),
        Bond(offices.firm.id, "甲公司", TieKind.RELATIVE),
        Bond(offices.bank.id, "乙银行", None),
    ]
    assert ties.bonds(session, offices.tied, [offices.bank.id]) == [Bond(offices.bank.id, "乙银行", None)]
    assert ties.bonds(session, offices.free, both) == []


def test_a_page_says_why_and_who_may_only_where_something_stands_in_the_way(session, offices):
    offices.tie(offices.tied, offices.firm)
    assert ties.recusal(session, offices.free, [offices.firm.id], chain_id=offices.chain.id) == Recusal([], [])
    assert not ties.recusal(session, offices.free, [offices.firm.id], chain_id=offices.chain.id)
    found = ties.recusal(session, offices.tied, [offices.firm.id], chain_id=offices.chain.id)
    assert found
    assert [bond.organization_name for bond in found.bonds] == ["甲公司"]
    assert found.deciders == ["王五（链办）", "李协调（联席办）"]


def test_those_who_may_instead_are_free_present_and_of_the_right_office(session, offices):
    offices.tie(offices.tied, offices.firm)
    offices.tie(offices.free, offices.firm, ended_at=now())
    offices.tie(offices.free, factories.make_organization(session))
    other_chain = factories.make_chain(session)
    elsewhere = factories.make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=other_chain.id)
    pending = factories.make_organization(
        session, OrganizationKind.CHAIN_OFFICE, chain_id=offices.chain.id, status=OrganizationStatus.REGISTERED
    )
    for organization in (elsewhere, pending, offices.firm, offices.bank):
        offices.person(organization, "外人")
    offices.worked(offices.person(offices.office_row, "曾在乙银行"), offices.bank, ended_at=now())
    factories.make_user(session, offices.office_row, full_name="停用", status=UserStatus.DISABLED)
    today = now().date()
    for name, over in (
        ("已离开", {"ended_at": now()}), ("已到期", {"ends_on": today - timedelta(days=1)}),
        ("最后一天", {"ends_on": today}),
    ):  # fmt: skip
        user = factories.make_user(session, full_name=name)
        session.add(Membership(user_id=user.id, organization_id=offices.office_row.id, role=Role.OFFICIAL, **over))
    session.flush()
    assert offices.deciders() == ["王五（链办）", "最后一天（链办）", "李协调（联席办）"]
