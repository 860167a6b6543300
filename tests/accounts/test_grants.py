"""Roles of weight are granted by two: nobody grants himself anything, nobody decides what he asked for."""

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from access.lookups import NotVisible
from access.rules import NotAllowed
from models.approval import Approval
from models.audit_event import AuditEvent
from models.base import now
from models.notice import Notice
from models.organization import Invitation, Membership, User
from models.outbox import OutboxMessage
from models.session import open_session
from tests import factories
from vocabulary.approvals import ApprovalStatus
from vocabulary.roles import OrganizationKind, Role
from workflows import approvals, colleagues, grants
from workflows.errors import AlreadyExists, StepNotAllowed

KIND = OrganizationKind
NEW = "new@lianrong.example"


class World:
    """Two chain offices, the joint office, auditors and administrators, two people in each."""

    def __init__(self, session) -> None:
        self.session = session
        self.chains = factories.make_chain(session), factories.make_chain(session)
        make = factories.make_organization
        self.office = make(session, KIND.CHAIN_OFFICE, chain_id=self.chains[0].id)
        self.other = make(session, KIND.CHAIN_OFFICE, chain_id=self.chains[1].id)
        self.joint, self.audit, self.it = (
            make(session, kind) for kind in (KIND.JOINT_OFFICE, KIND.AUDIT_OFFICE, KIND.IT_OFFICE)
        )
        self.people = {}
        self.users = {}
        for name in ("office", "other", "joint", "audit", "it"):
            for n in (1, 2):
                user = factories.make_user(session, getattr(self, name))
                self.users[f"{name}{n}"] = user
                self.people[f"{name}{n}"] = factories.actor_of(user, getattr(self, name))

    def ask(self, who: str, where: str, email: str = NEW) -> Approval:
        return grants.ask(self.session, self.people[who], getattr(self, where), email=email, ends_on=None)

    def approve(self, who: str, row: Approval) -> None:
        grants.approve(self.session, self.people[who], row.public_id, language="zh", link_of=lambda key: f"/join/{key}")


@pytest.fixture
def world(session):
    return World(session)


ASKS = {
    ("office1", "office"), ("office2", "office"), ("other1", "other"), ("other2", "other"),
    *((f"joint{n}", place) for n in (1, 2) for place in ("office", "other", "joint")),
    *((f"it{n}", place) for n in (1, 2) for place in ("office", "other", "joint", "audit", "it")),
}  # fmt: skip
DECIDES = ASKS - {(f"it{n}", place) for n in (1, 2) for place in ("office", "other", "joint")}


def test_who_may_ask_and_who_may_decide_is_what_is_written_here_by_hand(session, world):
    """The second person for an office is of that office or of the joint office; for the administration, of it."""
    asks, decides = set(), set()
    for place in ("office", "other", "joint", "audit", "it"):
        for who in world.people:
            try:
                row = world.ask(who, place, email=f"{who}.{place}@x.example")
            except NotAllowed:
                continue
            asks.add((who, place))
            told = grants.deciders(session, getattr(world, place), other_than=None, invitee=row.invitee)
            decides |= {(name, place) for name, user in world.users.items() if user in told}
    assert asks == ASKS
    assert decides == DECIDES


def test_a_role_is_asked_for_by_one_and_granted_by_another(session, world):
    row = world.ask("it1", "audit")
    assert session.exec(select(Invitation)).all() == []
    world.approve("it2", row)
    assert (row.status, row.requested_by_id, row.decided_by_id) == (
        ApprovalStatus.APPROVED, world.users["it1"].id, world.users["it2"].id,
    )  # fmt: skip
    invitation = session.exec(select(Invitation)).one()
    assert (invitation.email, invitation.role, invitation.organization_id) == (NEW, Role.AUDITOR, world.audit.id)
    actions = session.exec(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert actions == ["approval_requested", "approval_approved", "invitation_sent"]


@pytest.mark.parametrize(("who", "where"), sorted(ASKS))
def test_nobody_decides_what_he_asked_for(session, world, who, where):
    row = world.ask(who, where)
    with pytest.raises(NotAllowed):
        world.approve(who, row)
    with pytest.raises(NotAllowed):
        grants.refuse(session, world.people[who], row.public_id)
    assert (row.status, session.exec(select(Invitation)).all()) == (ApprovalStatus.REQUESTED, [])


def test_nobody_asks_for_himself_or_grants_himself_what_another_asked_for(session, world):
    own = world.users["it1"].email
    for place in ("office", "joint", "audit", "it"):
        with pytest.raises(NotAllowed):
            world.ask("it1", place, email=own.upper())
    row = world.ask("it2", "audit", email=own)
    with pytest.raises(NotAllowed):
        world.approve("it1", row)
    assert session.exec(select(Invitation)).all() == []


def test_two_administrators_cannot_make_an_official(session, world):
    row = world.ask("it1", "office")
    with pytest.raises(NotAllowed):
        world.approve("it2", row)
    with pytest.raises(NotVisible):
        world.approve("other1", row)
    world.approve("office1", row)
    assert row.status is ApprovalStatus.APPROVED


def test_an_offices_people_no_longer_invite_alone(session, world):
    with pytest.raises(NotAllowed):
        colleagues.invite(
            session, world.people["office1"], email=NEW, role=Role.OFFICIAL, branch="", ends_on=None, language="zh",
            link_of=str,
        )  # fmt: skip


def test_the_database_refuses_one_person_in_both_parts_and_a_request_for_nobody(session, world):
    row = world.ask("it1", "audit")
    row.decided_by_id = row.requested_by_id
    session.add(row)
    with pytest.raises(IntegrityError, match="two_people"):
        session.flush()
    session.rollback()


def test_who_may_decide_and_who_asked_are_told(session, world):
    row = world.ask("office1", "office")
    told = {world.users[name].id for name in ("office2", "joint1", "joint2")}
    assert set(session.exec(select(Notice.user_id).where(Notice.event == "role_asked")).all()) == told
    grants.refuse(session, world.people["joint1"], row.public_id)
    answer = session.exec(select(Notice).where(Notice.event == "role_answered")).one()
    assert (answer.user_id, answer.values["answer"]) == (world.users["office1"].id, "refused")
    mails = session.exec(select(OutboxMessage.recipient).where(OutboxMessage.template == "role_answered")).all()
    assert mails == [world.users["office1"].email]


def test_one_request_waits_for_an_address_and_a_member_is_not_asked_for(session, world):
    row = world.ask("office1", "office")
    with pytest.raises(AlreadyExists):
        world.ask("office2", "office")
    with pytest.raises(AlreadyExists):
        world.ask("office1", "office", email=world.users["office2"].email)
    grants.withdraw(session, world.people["office1"], row.public_id)
    assert world.ask("office2", "office").status is ApprovalStatus.REQUESTED


def test_a_request_lapses_after_a_week(session, world):
    row = world.ask("it1", "audit")
    row.expires_at = now()
    session.add(row)
    session.flush()
    with pytest.raises(StepNotAllowed):
        world.approve("it2", row)
    assert approvals.expire_due(session, now()) == 1
    assert row.status is ApprovalStatus.EXPIRED


def _statuses(engine):
    with open_session(engine, read_only=True) as session:
        return session.exec(select(Approval.status)).all(), session.exec(select(Invitation.email)).all()


def test_by_the_pages_from_asking_to_joining(session, engine, world, sign_in_as):
    it1, it2 = sign_in_as(world.users["it1"]), sign_in_as(world.users["it2"])
    form = {"organization": world.audit.public_id, "email": NEW, "note": "新任审计员"}
    assert it1.post("/grants", data=form).status_code == 303
    with open_session(engine, read_only=True) as reading:
        public_id = reading.exec(select(Approval.public_id)).one()
    assert f"/grants/{public_id}/approve" not in it1.get("/grants").text
    assert f"/grants/{public_id}/approve" in it2.get("/grants").text
    assert it1.post(f"/grants/{public_id}/approve").status_code == 403
    assert _statuses(engine) == ([ApprovalStatus.REQUESTED], [])
    assert it2.post(f"/grants/{public_id}/approve").status_code == 303
    assert _statuses(engine) == ([ApprovalStatus.APPROVED], [NEW])
    with open_session(engine, read_only=True) as reading:
        mail = reading.exec(select(OutboxMessage).where(OutboxMessage.template == "invitation")).one()
        denied = reading.exec(select(AuditEvent).where(AuditEvent.action == "attempt_denied")).one()
    assert (denied.actor_user_id, denied.new) == (
        world.users["it1"].id, {"route": "accounts.decide_grant", "answer": 403},
    )  # fmt: skip
    client = it1.application.test_client()
    path = "/" + mail.values["link"].split("/", 3)[3]
    data = {"full_name": "新审计员", "password": "a long enough phrase 7"} | {"again": "a long enough phrase 7"}
    assert client.post(path, data=data).status_code in (302, 303)
    with open_session(engine, read_only=True) as reading:
        role = reading.exec(select(Membership.role).join(User).where(User.email == NEW)).one()
    assert role is Role.AUDITOR


def test_asking_for_oneself_is_refused_and_in_the_ledger(session, engine, world, sign_in_as):
    client = sign_in_as(world.users["it1"])
    form = {"organization": world.audit.public_id, "email": world.users["it1"].email, "note": "x"}
    assert client.post("/grants", data=form).status_code == 403
    assert _statuses(engine) == ([], [])
    with open_session(engine, read_only=True) as reading:
        assert reading.exec(select(AuditEvent.action)).all() == ["attempt_denied"]


def test_an_office_asks_on_the_page_of_its_people(session, engine, world, sign_in_as):
    client = sign_in_as(world.users["office1"])
    assert client.post("/people", data={"email": NEW, "role": "official"}).status_code == 303
    assert _statuses(engine) == ([ApprovalStatus.REQUESTED], [])
    assert client.get("/people").status_code == 200


def test_a_request_of_another_office_is_the_page_of_a_missing_one(session, world, sign_in_as):
    row = world.ask("office1", "office")
    public_id = row.public_id
    client = sign_in_as(world.users["other1"])
    for step in ("approve", "refuse", "withdraw"):
        answer = client.post(f"/grants/{public_id}/{step}")
        missing = client.post(f"/grants/222222222222/{step}")
        assert (answer.status_code, len(answer.data)) == (404, len(missing.data))
