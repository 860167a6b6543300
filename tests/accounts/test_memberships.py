"""An administrator ends memberships: alone where one person gives roles, with a second where two do, never the last."""

import pytest
from sqlmodel import select

from access.lists import accounts as lists
from access.lookups import NotVisible
from access.rules import NotAllowed
from models.approval import Approval
from models.audit_event import AuditEvent
from models.organization import Membership, UserSession
from models.outbox import OutboxMessage
from tests import factories
from tests.accounts.test_grants import World
from vocabulary.approvals import ApprovalReason, ApprovalStatus
from vocabulary.roles import OrganizationKind, Role
from workflows import grants, memberships
from workflows.calendar import today
from workflows.colleagues import LastManager
from workflows.errors import AlreadyExists


@pytest.fixture
def world(session):
    return World(session)


@pytest.fixture
def bank(session):
    bank = factories.make_organization(session, OrganizationKind.BANK)
    return [factories.make_user(session, bank, full_name=name) for name in ("王离开", "李留下")]


def _ended(session, user):
    return session.exec(select(Membership.ended_at).where(Membership.user_id == user.id)).one() is not None


def _ask(world, who, whom):
    actor = world.people[who]
    return memberships.end(
        world.session, actor, lists.member(world.session, actor, whom.public_id, on=today()), reason="已调离"
    )


def test_a_bank_officer_is_out_at_once_with_reason_mail_and_no_session(session, sign_in_as, world, bank):
    leaving, staying = bank
    browser, admin = sign_in_as(leaving), sign_in_as(world.users["it1"])
    url = f"/users/{leaving.public_id}/end-membership"
    assert "立即生效" in admin.get(url).text
    assert admin.post(url, data={"reason": " "}).status_code == 422
    assert not _ended(session, leaving)
    session.rollback()
    assert admin.post(url, data={"reason": "银行来函：已离职"}).status_code == 303
    assert _ended(session, leaving)
    event = session.exec(select(AuditEvent).where(AuditEvent.action == "membership_ended")).one()
    assert (event.actor_user_id, event.reason) == (world.users["it1"].id, "银行来函：已离职")
    told = session.exec(select(OutboxMessage).where(OutboxMessage.template == "membership_ended")).all()
    assert {(mail.recipient, mail.values["name"]) for mail in told} == {
        (leaving.email, ""), (staying.email, "王离开"),
    }  # fmt: skip
    assert "银行来函" not in str([mail.values for mail in told])
    own = select(UserSession).where(UserSession.user_id == leaving.id, UserSession.ended_at.is_(None))
    assert session.exec(own).all() == []
    session.rollback()
    assert browser.get("/account").status_code == 302
    assert admin.get(url).status_code == 404, "there is nothing left to end"


def test_a_proof_of_identity_is_asked_for(app):
    assert app.view_functions["accounts.end_users_membership"].needs_fresh


def test_an_office_role_ends_only_when_a_second_person_agrees(session, sign_in_as, world):
    leaving = world.users["office1"]
    assert _ask(world, "it1", leaving) is False
    row = session.exec(select(Approval)).one()
    assert (row.why, row.invitee, row.role, row.note) == (
        ApprovalReason.ROLE_END, leaving.email, Role.OFFICIAL, "已调离",
    )  # fmt: skip
    assert not _ended(session, leaving)
    with pytest.raises(AlreadyExists):
        _ask(world, "it2", leaving)
    for who in ("it1", "it2", "office1"):  # who asked, who has no say over offices, whom it is about
        with pytest.raises((NotAllowed, NotVisible)):
            world.approve(who, row)
    session.commit()
    page = sign_in_as(world.users["joint1"])
    assert "终止角色" in page.get("/grants").text
    assert page.post(f"/grants/{row.public_id}/approve").status_code == 303
    session.expire_all()
    assert (row.status, _ended(session, leaving)) == (ApprovalStatus.APPROVED, True)
    event = session.exec(select(AuditEvent).where(AuditEvent.action == "membership_ended")).one()
    assert (event.actor_user_id, event.reason) == (world.users["joint1"].id, "已调离")


def test_refused_it_stays(session, world):
    _ask(world, "it1", world.users["audit1"])
    row = session.exec(select(Approval)).one()
    grants.refuse(session, world.people["it2"], row.public_id)
    assert not _ended(session, world.users["audit1"])


def test_the_last_in_charge_stays_and_nobody_ends_himself(session, sign_in_as, world):
    firm = factories.make_organization(session)
    signatory = factories.make_user(session, firm, Role.SIGNATORY)
    factories.make_user(session, firm, Role.FILER)
    with pytest.raises(LastManager):
        _ask(world, "it1", signatory)
    with pytest.raises(NotVisible):
        _ask(world, "it1", world.users["it1"])
    session.commit()
    answer = sign_in_as(world.users["it1"]).post(
        f"/users/{signatory.public_id}/end-membership", data={"reason": "离职"}
    )
    assert (answer.status_code, "最后一位负责人" in answer.text) == (422, True)


def test_of_two_administrators_who_ask_about_each_other_one_stays(session, sign_in_as, world):
    """And of two requests about one office the second is not carried out when nobody would be left."""
    for leaving in ("office1", "office2"):
        _ask(world, "it1", world.users[leaving])
    first, second = session.exec(select(Approval).order_by(Approval.id)).all()
    world.approve("joint1", first)
    with pytest.raises(LastManager):
        world.approve("joint1", second)
    session.commit()
    answer = sign_in_as(world.users["joint2"]).post(f"/grants/{second.public_id}/approve", follow_redirects=True)
    assert "最后一位负责人" in answer.text
    session.expire_all()
    assert (second.status, _ended(session, world.users["office2"])) == (ApprovalStatus.REQUESTED, False)
    _ask(world, "it1", world.users["it2"])
    row = session.exec(select(Approval).order_by(Approval.id.desc())).first()
    with pytest.raises((NotAllowed, NotVisible)):
        world.approve("it2", row)
    assert not _ended(session, world.users["it2"])
