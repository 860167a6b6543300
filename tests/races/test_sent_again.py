"""The same request several times at once, links that work once, and two people who edit one profile."""

import re
import time
from contextlib import ExitStack
from functools import partial

import pytest
from sqlalchemy import update
from sqlmodel import col, func, select

from models.audit_event import AuditEvent
from models.firm_profile import Certificate, ProfileDraft
from models.idempotency import IdempotencyKey
from models.organization import Membership, PasswordReset, User
from models.outbox import OutboxMessage
from models.session import open_session, unit_of_work
from tests import factories
from tests.races.harness import Crowd, serving, signed_in, stranger
from vocabulary.roles import OrganizationKind, Role
from web.common.idempotency import FIELD
from workflows import accounts, colleagues
from workflows.accounts import digest

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def crowd():
    with Crowd(8) as found:
        yield found


@pytest.fixture
def served(app):
    with serving(app) as port, ExitStack() as leaving:
        yield app, port, leaving


def count(engine, model) -> int:
    with open_session(engine, read_only=True) as session:
        return session.exec(select(func.count()).select_from(model)).one()


# One request three times.


def run_copies(served, engine, crowd, n_requests: int) -> None:
    app, port, leaving = served
    with unit_of_work(engine) as session:
        user = factories.make_user(session, factories.make_organization(session), Role.FILER)
        people = [signed_in(app, session, user, port) for _ in range(2)]
    for person in people:
        leaving.callback(person.close)

    def add(person, n: int, number: str):
        return person.post("/profile/certificates", code="iso9001", number=number, **{FIELD: f"key-{n:08d}"})

    kept = []
    for n in range(n_requests):
        one, other = crowd.together(*(partial(add, person, n, f"No. {n}") for person in people))
        assert (one.status, one.location, one.text) == (other.status, other.location, other.text), "answers"
        assert one.status == 303
        kept.append(one)
    assert count(engine, Certificate) == n_requests, "effects"
    for n, first in enumerate(kept):
        later = add(people[0], n, f"No. {n}")
        assert (later.status, later.location, later.text) == (first.status, first.location, first.text), "answers"
    assert count(engine, Certificate) == n_requests, "effects"
    for n in range(0, n_requests, 10):
        assert add(people[1], n, "another").status == 422
    assert count(engine, Certificate) == n_requests
    assert count(engine, IdempotencyKey) == n_requests


def test_a_request_sent_three_times_has_one_effect(served, engine, crowd):
    run_copies(served, engine, crowd, 20)


@pytest.mark.slow
def test_a_thousand_requests_sent_three_times_have_a_thousand_effects(served, engine, crowd):
    run_copies(served, engine, crowd, 1_000)


def test_the_harness_finds_a_server_that_forgets_keys(served, engine, crowd, monkeypatch):
    monkeypatch.setattr("web.common.idempotency.idempotency.claim", lambda *_: None)
    with pytest.raises(AssertionError, match="effects"):
        run_copies(served, engine, crowd, 5)


# Links that work once.


def run_invitations(served, engine, crowd, rounds: int) -> None:
    app, port, leaving = served
    with unit_of_work(engine) as session:
        manager = factories.make_actor(session, OrganizationKind.BANK)
        links: list[str] = []
        for n in range(rounds):
            colleagues.invite(
                session, manager, email=f"new{n}@example.org", role=Role.OFFICER, branch="", ends_on=None,
                language="zh", link_of=lambda token: links.append(token) or token,
            )  # fmt: skip
    people = [stranger(app, port) for _ in range(2)]
    for person in people:
        leaving.callback(person.close)
    fields = {"full_name": "周新人", "password": "tinned-copper-77", "again": "tinned-copper-77"}
    for n, link in enumerate(links):
        replies = crowd.together(*(partial(one.post, f"/join/{link}", **fields) for one in people))
        assert sorted(reply.status for reply in replies) == [303, 410], "links"
        with open_session(engine, read_only=True) as session:
            found = session.exec(select(Membership).join(User).where(User.email == f"new{n}@example.org")).all()
        assert len(found) == 1


def test_an_invitation_accepted_twice_at_once_is_accepted_once(served, engine, crowd):
    run_invitations(served, engine, crowd, 3)


@pytest.mark.slow
def test_a_hundred_invitations_accepted_twice_at_once(served, engine, crowd):
    run_invitations(served, engine, crowd, 100)


def run_resets(served, engine, crowd, rounds: int) -> None:
    app, port, leaving = served
    with unit_of_work(engine) as session:
        user = factories.make_user(session, factories.make_organization(session))
    people = [stranger(app, port) for _ in range(2)]
    for person in people:
        leaving.callback(person.close)
    links: list[str] = []
    for n in range(rounds):
        with unit_of_work(engine) as session:
            session.execute(update(PasswordReset).values(created_at=user.created_at.replace(year=2020)))
            accounts.request_reset(session, email=user.email, link_of=lambda token: links.append(token) or token)
        passwords = [f"tinned-copper-{place}-{n}" for place in range(2)]
        replies = crowd.together(
            *(
                partial(person.post, f"/reset-password/{links[n]}", password=password, again=password)
                for person, password in zip(people, passwords, strict=True)
            )
        )
        assert sorted(reply.status for reply in replies) == [303, 410], "links"
        with open_session(engine, read_only=True) as session:
            changes = session.exec(select(AuditEvent).where(AuditEvent.action == "password_changed")).all()
            assert len(changes) == n + 1
            reset = session.exec(select(PasswordReset).where(PasswordReset.token_digest == digest(links[n]))).one()
            assert reset.used_at is not None


def test_a_reset_used_twice_at_once_is_used_once(served, engine, crowd):
    run_resets(served, engine, crowd, 3)


@pytest.mark.slow
def test_a_hundred_resets_used_twice_at_once(served, engine, crowd):
    run_resets(served, engine, crowd, 100)


def test_the_harness_finds_a_reset_that_is_looked_at_first(served, engine, crowd, monkeypatch):
    def look_then_use(session, *, token, new):
        _row, user = accounts.reset_of(session, token)
        session.commit()
        time.sleep(0.05)
        user.full_name += new[-1]
        session.add(user)

    monkeypatch.setattr("web.accounts.password_reset.accounts.reset_password", look_then_use)
    with pytest.raises(AssertionError, match="links"):
        run_resets(served, engine, crowd, 2)


# Two people, one profile.


def run_edits(served, engine, crowd, rounds: int) -> None:
    app, port, leaving = served
    with unit_of_work(engine) as session:
        firm = factories.make_organization(session)
        users = [factories.make_user(session, firm, role) for role in (Role.FILER, Role.SIGNATORY)]
        people = [signed_in(app, session, user, port) for user in users]
        session.add(ProfileDraft(organization_id=firm.id))
    for person in people:
        leaving.callback(person.close)
    for n in range(rounds):
        with open_session(engine, read_only=True) as session:
            version = session.exec(select(ProfileDraft.version)).one()
        texts = [f"第{n}轮甲的主营产品", f"第{n}轮乙的主营产品"]
        replies = crowd.together(
            *(
                partial(person.post, "/profile/business", version=version, main_products=text)
                for person, text in zip(people, texts, strict=True)
            )
        )
        assert sorted(reply.status for reply in replies) == [303, 409], "lost update"
        first = next(place for place in range(2) if replies[place].status == 303)
        refused = replies[1 - first].text
        with open_session(engine, read_only=True) as session:
            draft = session.exec(select(ProfileDraft)).one()
        assert (draft.version, draft.values["main_products"]) == (version + 1, texts[first]), "lost update"
        conflict = re.search(r"<tbody>(.*?)</tbody>", refused, re.S)
        assert conflict
        assert texts[0] in conflict[1]
        assert texts[1] in conflict[1]
        assert f'name="version" type="hidden" value="{version + 1}"' in refused


def test_of_two_who_edit_one_profile_the_second_sees_both_values(served, engine, crowd):
    run_edits(served, engine, crowd, 10)


@pytest.mark.slow
def test_a_thousand_times_two_people_edit_one_profile(served, engine, crowd):
    run_edits(served, engine, crowd, 1_000)


def test_the_harness_finds_an_edit_that_reads_first(served, engine, crowd, monkeypatch):
    def read_then_write(session, actor, values, unparsed, *, version):
        draft = session.exec(select(ProfileDraft)).one()
        seen = draft.version
        session.commit()
        time.sleep(0.05)
        change = update(ProfileDraft).where(col(ProfileDraft.id) == draft.id)
        session.connection().execute(change.values(version=seen + 1, values={"main_products": values["main_products"]}))
        return draft

    monkeypatch.setattr("web.firms.profile.profiles.save", read_then_write)
    with pytest.raises(AssertionError, match="lost update"):
        run_edits(served, engine, crowd, 2)


def test_mails_of_one_invitation_are_queued_once(served, engine, crowd):
    """A double click on the button that invites: one invitation, one mail."""
    app, port, leaving = served
    with unit_of_work(engine) as session:
        user = factories.make_user(session, factories.make_organization(session, OrganizationKind.BANK))
        people = [signed_in(app, session, user, port) for _ in range(4)]
    for person in people:
        leaving.callback(person.close)
    fields = {"email": "new@example.org", "role": "officer", FIELD: "double-click"}
    replies = crowd.together(*(partial(one.post, "/people", **fields) for one in people))
    assert {(reply.status, reply.location, reply.text) for reply in replies} == {
        (303, replies[0].location, replies[0].text)
    }
    assert count(engine, OutboxMessage) == 1
