"""The administrator sees which mail failed and why, masked, and can try it again or give it up."""

import pytest
from sqlmodel import select

from jobs.outbox import MAX_ATTEMPTS, send_due
from models.audit_event import AuditEvent
from models.base import now
from models.notice import Notice
from models.outbox import OutboxMessage
from models.session import open_session
from tests.factories import make_organization, make_user
from vocabulary.lifecycles import OutboxStatus
from vocabulary.roles import OrganizationKind, Role
from workflows.notifications import queue_mail


@pytest.fixture
def firm(session):
    return make_organization(session)


@pytest.fixture
def person(session, firm):
    return make_user(session, firm, email="wang.fang@firm.example")


@pytest.fixture
def admin(session, sign_in_as):
    office = make_organization(session, OrganizationKind.IT_OFFICE)
    return sign_in_as(make_user(session, office, Role.ADMIN))


def refuse(recipient, *_rest):
    raise OSError(f"550 <{recipient}>: no such mailbox")


def fail_to(session, engine, address):
    """A message that was refused as often as it is tried."""
    values = {"demand": "铜", "supply": "贷"}
    message = queue_mail(session, recipient=address, language="zh", template="pairing_refused", values=values)
    session.commit()
    at = now()
    for _attempt in range(MAX_ATTEMPTS):
        send_due(engine, refuse, at)
        at = stored(engine, message.id).send_after
    return message.id


@pytest.fixture
def failed(session, engine, person):
    return fail_to(session, engine, person.email)


def stored(engine, message_id):
    with open_session(engine, read_only=True) as session:
        return session.get_one(OutboxMessage, message_id)


def test_failures_are_listed_with_their_reason_and_without_the_address_or_the_text(admin, failed):
    page = admin.get("/mails/")
    assert "no such mailbox" in page.text
    assert f"{MAX_ATTEMPTS} / {MAX_ATTEMPTS}" in page.text
    assert "w***@firm.example" in page.text
    assert "wang.fang" not in page.text
    assert "铜" not in page.text.replace("铜线", "")


def test_failures_are_counted_in_the_menu(admin, failed):
    assert admin.get("/users").text.count('<span class="waiting" title="待办">1<') == 1


def test_nothing_failed_is_said(admin):
    assert "没有发送失败的邮件" in admin.get("/mails/").text


def test_trying_again_sends_it_at_the_next_tick(admin, failed, engine, session):
    assert admin.post(f"/mails/{failed}/try-again").status_code == 303
    message = stored(engine, failed)
    assert (message.status, message.attempts) == (OutboxStatus.WAITING, 0)
    sent = []
    send_due(engine, lambda *each: sent.append(each), now())
    assert len(sent) == 1
    assert stored(engine, failed).status is OutboxStatus.SENT
    assert "outbox_message_waiting" in session.exec(select(AuditEvent.action)).all()


def test_giving_up_ends_it(admin, failed, engine, session):
    assert admin.post(f"/mails/{failed}/give-up").status_code == 303
    assert stored(engine, failed).status is OutboxStatus.CANCELLED
    event = session.exec(select(AuditEvent).where(AuditEvent.action == "outbox_message_cancelled")).one()
    assert event.reason == "given_up"


def test_what_waits_for_its_time_is_not_the_administrators_to_stop(admin, engine, session):
    message = queue_mail(session, recipient="a@example.org", language="zh", template="invitation", values={})
    session.commit()
    assert admin.post(f"/mails/{message.id}/give-up").status_code == 409
    assert stored(engine, message.id).status is OutboxStatus.WAITING


@pytest.mark.parametrize("message_id", ["0", "999999", "x", "²"])
def test_an_unknown_message_is_not_found(admin, message_id):
    assert admin.post(f"/mails/{message_id}/try-again").status_code == 404


def test_after_the_last_try_the_person_is_told_in_the_inbox_once(failed, engine, session, person):
    notices = session.exec(select(Notice).where(Notice.event == "mail_undeliverable")).all()
    assert [(notice.user_id, notice.values) for notice in notices] == [(person.id, {"address": person.email})]


def test_a_second_failure_does_not_repeat_what_is_still_unread(failed, engine, session, person):
    again = fail_to(session, engine, person.email)
    assert stored(engine, again).attempts == MAX_ATTEMPTS
    assert len(session.exec(select(Notice).where(Notice.event == "mail_undeliverable")).all()) == 1
