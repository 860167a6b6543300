"""Messages go out once, after their time, and a failure does not lose them."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.outbox import MAX_ATTEMPTS, send_due
from models.base import now
from models.outbox import OutboxMessage
from models.session import open_session, unit_of_work
from tests.factories import (
    make_chain,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_pairing,
    make_user,
)
from vocabulary.lifecycles import OutboxStatus, PairingStatus
from vocabulary.roles import OrganizationKind
from web.common import mail
from workflows.notifications import queue_mail

ROOT = Path(__file__).parents[2]


@pytest.fixture
def sent():
    return []


@pytest.fixture
def deliver(sent):
    return lambda *message: sent.append(message)


def queue(session, **values):
    plain = {"recipient": "a@example.org", "language": "zh", "template": "pairing_refused", "values": {"demand": "铜"}}
    message = queue_mail(session, **plain | values)
    session.commit()
    return message.id


def stored(engine, message_id):
    with open_session(engine, read_only=True) as session:
        return session.get_one(OutboxMessage, message_id)


def test_a_due_message_goes_out_once(engine, session, deliver, sent):
    message_id = queue(session)
    assert send_due(engine, deliver, now()) == 1
    assert send_due(engine, deliver, now()) == 0
    assert sent == [("a@example.org", "zh", "pairing_refused", {"demand": "铜"})]
    assert stored(engine, message_id).status is OutboxStatus.SENT


def test_a_message_waits_for_its_time(engine, session, deliver, sent):
    queue(session, send_after=now() + timedelta(minutes=30))
    assert send_due(engine, deliver, now()) == 0
    assert send_due(engine, deliver, now() + timedelta(minutes=31)) == 1


def test_a_failure_is_kept_and_tried_again_later_but_not_for_ever(engine, session, sent):
    def refuse(*_message):
        raise OSError("no route to the mail server")

    message_id = queue(session)
    at = now()
    for attempt in range(MAX_ATTEMPTS):
        send_due(engine, refuse, at)
        failed = stored(engine, message_id)
        assert (failed.status, failed.attempts) == (OutboxStatus.FAILED, attempt + 1)
        assert "no route" in failed.last_error
        assert failed.send_after > at
        at = failed.send_after
    assert send_due(engine, lambda *message: sent.append(message), at + timedelta(days=30)) == 0


def test_one_bad_message_does_not_hold_up_the_next(engine, session, sent):
    queue(session, recipient="bad@example.org")
    queue(session, recipient="good@example.org")

    def picky(recipient, *_rest):
        if recipient.startswith("bad"):
            raise OSError("unknown mailbox")
        sent.append(recipient)

    assert send_due(engine, picky, now()) == 1
    assert sent == ["good@example.org"]


def test_a_secret_link_is_not_kept_once_sent(engine, session, deliver):
    message_id = queue(session, template="password_reset", values={"link": "https://x/secret"})
    send_due(engine, deliver, now())
    assert stored(engine, message_id).values == {}


def test_what_a_killed_process_left_is_tried_again(engine, session, deliver, sent):
    message_id = queue(session)
    with unit_of_work(engine) as other:
        message = other.get_one(OutboxMessage, message_id)
        message.status, message.status_changed_at = OutboxStatus.SENDING, now() - timedelta(minutes=11)
        other.add(message)
    send_due(engine, deliver, now())
    assert stored(engine, message_id).status is OutboxStatus.FAILED
    assert send_due(engine, deliver, now() + timedelta(hours=1)) == 1


def test_mail_about_a_pairing_waits_until_its_hold_is_over(engine, session, deliver):
    chain = make_chain(session)
    official = make_user(session)
    need = make_financing_need(session, make_organization(session))
    product = make_loan_product(session, make_organization(session, OrganizationKind.BANK))
    pairing = make_pairing(
        session, need, product, chain, status=PairingStatus.CONFIRMED, decided_by_id=official.id,
        decided_at=now(), hold_until=now(),
    )  # fmt: skip
    queue(session, pairing_id=pairing.id)
    assert send_due(engine, deliver, now()) == 0


def test_every_template_that_is_queued_exists_in_both_languages_and_can_be_composed(app):
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "workflows").glob("*.py"))
    queued = set(re.findall(r"""template="(\w+)\"""", code)) | set(
        re.findall(r'_tell(?:_sides)?\([^)]*?"([a-z_]+)"', code)
    )
    assert len(queued) >= 8
    values = dict.fromkeys(
        (
            "name",
            "link",
            "organization",
            "inviter",
            "note",
            "demand",
            "supply",
            "counterpart",
            "firm",
            "title",
            "chain",
            "hash",
            "n",
        ),
        "某某",
    ) | {"market": "finance", "stage": "visit", "due_on": "2026-10-12", "is_late": False}
    with app.test_request_context():
        for template in queued:
            for language in ("zh", "en"):
                subject, body = mail.compose(template, language, values)
                assert 5 < len(subject) < 90, template
                assert "某某" in subject + body
                assert "{{" not in subject + body
