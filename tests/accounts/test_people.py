"""The people of an organization come by invitation and leave at once."""

from datetime import date, timedelta

import pytest
from sqlmodel import delete, select

from models.base import now
from models.organization import Invitation, Membership, User, UserSession
from models.outbox import OutboxMessage
from tests.factories import make_organization, make_user
from vocabulary.lifecycles import InvitationStatus, UserStatus
from vocabulary.roles import OrganizationKind, Role
from workflows.calendar import today

NEW_PERSON = {"full_name": "周新人", "password": "tinned-copper-77", "again": "tinned-copper-77"}


@pytest.fixture
def bank(session):
    return make_organization(session, OrganizationKind.BANK)


@pytest.fixture
def manager(session, bank):
    return make_user(session, bank)


@pytest.fixture
def invite(session, sign_in_as, manager):
    """Invite somebody by the page; gives the path of the link in the mail."""
    client = sign_in_as(manager)

    def _invite(email: str = "new@example.org", **values: str) -> str:
        answer = client.post("/people", data={"email": email, "role": "officer"} | values)
        assert answer.status_code == 303, answer.text
        link: str = session.exec(select(OutboxMessage).order_by(OutboxMessage.id.desc())).first().values["link"]
        session.rollback()
        return "/" + link.split("/", 3)[3]

    return _invite


def test_an_invitation_is_accepted_once_and_carries_role_branch_and_end(app, session, bank, invite):
    ends_on = today() + timedelta(days=90)
    path = invite(branch="常宁支行", ends_on=ends_on.isoformat())
    assert app.test_client().post(path, data=NEW_PERSON).status_code == 303
    member = session.exec(select(Membership).join(User).where(User.email == "new@example.org")).one()
    assert (member.organization_id, member.role, member.branch, member.ends_on) == (
        bank.id,
        Role.OFFICER,
        "常宁支行",
        ends_on,
    )
    session.rollback()
    assert app.test_client().get(path).status_code == 410
    assert app.test_client().post(path, data=NEW_PERSON).status_code == 410


def test_a_cancelled_invitation_is_closed(app, session, sign_in_as, manager, invite):
    path = invite()
    public_id = session.exec(select(Invitation.public_id)).one()
    other = make_user(session, make_organization(session, OrganizationKind.BANK))
    session.commit()
    cancel = f"/people/invitations/{public_id}/cancel"
    assert sign_in_as(other).post(cancel).status_code == 404
    assert app.test_client().get(path).status_code == 200
    session.exec(delete(UserSession))
    assert sign_in_as(manager).post(cancel).status_code == 303
    assert app.test_client().get(path).status_code == 410


def test_an_old_invitation_is_closed(app, session, invite):
    path = invite()
    invitation = session.exec(select(Invitation)).one()
    invitation.expires_at = now() - timedelta(seconds=1)
    session.add(invitation)
    session.commit()
    assert app.test_client().get(path).status_code == 410


def test_a_second_invitation_takes_the_place_of_the_first(app, session, invite):
    first, second = invite(), invite()
    assert app.test_client().get(first).status_code == 410
    assert app.test_client().get(second).status_code == 200
    assert session.exec(select(Invitation.status).order_by(Invitation.id)).all() == [
        InvitationStatus.CANCELLED,
        InvitationStatus.SENT,
    ]


def test_an_invitation_for_a_known_address_is_not_taken_by_a_stranger(app, session, sign_in_as, invite):
    invited = make_user(session, email="known@example.org")
    stranger = make_user(session)
    session.commit()
    path = invite("known@example.org")
    app.test_client().post(path, data=NEW_PERSON)
    sign_in_as(stranger).post(path)
    assert session.exec(select(Membership).where(Membership.user_id.in_([invited.id, stranger.id]))).all() == []
    session.rollback()
    assert sign_in_as(invited).post(path).status_code == 303
    assert session.exec(select(Membership).where(Membership.user_id == invited.id)).one().ended_at is None


def test_an_end_in_the_past_is_refused_with_what_was_typed(session, sign_in_as, manager):
    answer = sign_in_as(manager).post(
        "/people", data={"email": "new@example.org", "role": "officer", "ends_on": date(2020, 1, 1).isoformat()}
    )
    assert answer.status_code == 422
    assert "不能早于今天" in answer.text
    assert "new@example.org" in answer.text
    assert session.exec(select(Invitation)).all() == []


def test_ending_a_membership_takes_the_rights_on_the_next_request(session, sign_in_as, bank, manager):
    leaving = make_user(session, bank)
    session.commit()
    theirs = sign_in_as(leaving)
    assert theirs.get("/people").status_code == 200
    assert sign_in_as(manager).post(f"/people/{leaving.public_id}/end").status_code == 303
    assert theirs.get("/people").status_code == 403


def test_the_last_signatory_stays(session, sign_in_as):
    firm = make_organization(session)
    signatory = make_user(session, firm, Role.SIGNATORY)
    make_user(session, firm, Role.FILER)
    sign_in_as(signatory).post(f"/people/{signatory.public_id}/end")
    member = session.exec(select(Membership).where(Membership.user_id == signatory.id)).one()
    assert member.ended_at is None


def test_people_of_another_organization_are_not_found(session, sign_in_as, manager):
    other = make_user(session, make_organization(session, OrganizationKind.BANK))
    session.commit()
    assert sign_in_as(manager).post(f"/people/{other.public_id}/end").status_code == 404


def test_a_filer_does_not_manage_people(session, sign_in_as):
    filer = make_user(session, make_organization(session), Role.FILER)
    assert sign_in_as(filer).get("/people").status_code == 403


def test_a_person_corrects_own_details(session, sign_in_as, manager):
    client = sign_in_as(manager)
    values = {"full_name": "李新名", "title": "副行长", "phone": "0734-1", "language": "en"}
    assert client.post("/account/details", data=values).status_code == 303
    session.refresh(manager)
    assert (manager.full_name, manager.title, manager.language) == ("李新名", "副行长", "en")
    session.rollback()
    assert "Personal details" in client.get("/account").text
    assert client.post("/account/details", data=values | {"full_name": ""}).status_code == 422


def test_changing_the_password_ends_the_other_sessions_only(app, session, bank):
    from workflows.passwords import hash_password

    person = make_user(session, bank, email="li@example.org", password_hash=hash_password("old-copper-wire"))
    session.commit()
    here, there = app.test_client(), app.test_client()
    for client in (here, there):
        client.post("/sign-in", data={"email": person.email, "password": "old-copper-wire"})
    new = {"password": "new-copper-wire", "again": "new-copper-wire"}
    assert here.post("/account", data=new | {"current": "wrong"}).status_code == 422
    assert there.get("/account").status_code == 200
    assert here.post("/account", data=new | {"current": "old-copper-wire"}).status_code == 303
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 302


def test_an_administrator_disables_and_enables_but_not_himself(session, sign_in_as, manager):
    admin = make_user(session, make_organization(session, OrganizationKind.IT_OFFICE))
    session.commit()
    theirs = sign_in_as(manager)
    client = sign_in_as(admin)
    assert client.post(f"/users/{manager.public_id}/disable").status_code == 303
    assert theirs.get("/account").status_code == 302
    assert client.post(f"/users/{admin.public_id}/disable").status_code == 404
    client.post(f"/users/{manager.public_id}/enable")
    session.refresh(manager)
    assert manager.status is UserStatus.ACTIVE


def test_accounts_are_managed_by_administrators_only(session, sign_in_as, manager):
    assert sign_in_as(manager).get("/users").status_code == 403
