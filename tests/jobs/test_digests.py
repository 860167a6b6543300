"""The daily mail: once a person and day, only what is new and still true, and never lost or doubled by a kill."""

import subprocess
import sys
import threading
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from jobs.digests import send_digests
from jobs.outbox import send_due
from models.base import now
from models.notice import Notice, NoticeDigest, NoticePreference
from models.organization import Membership
from models.outbox import OutboxMessage
from models.session import open_session, unit_of_work
from tests.factories import (
    make_chain,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_pairing,
    make_roadshow,
    make_user,
)
from vocabulary.events import DIGEST, SWITCHABLE, Frequency
from vocabulary.lifecycles import PairingStatus, RoadshowStatus, UserStatus
from vocabulary.roles import OrganizationKind
from web.common import mail
from workflows.calendar import SHANGHAI
from workflows.notifications import queue_to_members

ROOT = Path(__file__).parents[2]
DAY = date(2026, 5, 20)
HOUR = 8


def at(hour, day=DAY):
    return datetime(day.year, day.month, day.day, hour, 5, tzinfo=SHANGHAI)


class World:
    """A firm whose person wants everything once a day."""

    def __init__(self, session):
        self.session = session
        self.firm = make_organization(session)
        self.person = self.daily_reader(self.firm)
        session.commit()

    def daily_reader(self, organization, **values):
        person = make_user(self.session, organization, **values)
        for category in SWITCHABLE:
            self.session.add(NoticePreference(user_id=person.id, category=category, frequency=Frequency.DAILY))
        return person

    def tell(self, template="profile_returned", when=None, pairing=None, **values):
        """Queue as the workflows do, at a moment of the past."""
        plain = {"organization": self.firm.legal_name, "demand": "铜线扩产", "supply": "产业链贷", "counterpart": "乙"}
        queue_to_members(
            self.session, (self.firm.id,), template=template, values=plain | values,
            pairing_id=pairing.id if pairing else None, send_after=when or at(7),
        )  # fmt: skip
        self.session.flush()
        for notice in self.session.exec(select(Notice)).all():
            notice.created_at = notice.visible_from
            self.session.add(notice)
        self.session.commit()

    def pairing(self, **values):
        need = make_financing_need(self.session, self.firm)
        product = make_loan_product(self.session, make_organization(self.session, OrganizationKind.BANK))
        return make_pairing(self.session, need, product, make_chain(self.session), **values)


@pytest.fixture
def world(session):
    return World(session)


def digests(engine):
    with open_session(engine, read_only=True) as session:
        return session.exec(select(OutboxMessage).where(OutboxMessage.template == DIGEST)).all()


def told(engine):
    """The events of each daily mail so far."""
    return [[event for event, _values in message.values["items"]] for message in digests(engine)]


def test_before_the_hour_nothing_is_sent_and_after_it_one_mail(engine, world):
    world.tell()
    assert send_digests(engine, at(7), HOUR) == 0
    assert send_digests(engine, at(8), HOUR) == 1
    assert send_digests(engine, at(9), HOUR) == 0
    assert told(engine) == [["profile_returned"]]


def test_without_news_there_is_no_mail(engine, world):
    assert send_digests(engine, at(8), HOUR) == 0
    assert digests(engine) == []


def test_what_happens_after_the_hour_waits_for_the_next_day_and_is_told_once(engine, world):
    world.tell()
    send_digests(engine, at(8), HOUR)
    world.tell("organization_verified", when=at(9))
    assert send_digests(engine, at(10), HOUR) == 0
    assert send_digests(engine, at(8, DAY + timedelta(days=1)), HOUR) == 1
    assert told(engine) == [["profile_returned"], ["organization_verified"]]


def test_a_server_that_was_down_at_the_hour_sends_later_that_day(engine, world):
    world.tell()
    world.tell("organization_verified", when=at(11))
    assert send_digests(engine, at(15), HOUR) == 1
    assert told(engine) == [["profile_returned"]], "what came after the hour waits all the same"


def test_the_hour_is_that_of_the_city(engine, world):
    world.tell()
    utc = at(8).astimezone(tz=None)
    assert send_digests(engine, utc, HOUR) == 1
    with open_session(engine, read_only=True) as session:
        assert session.exec(select(NoticeDigest.day)).one() == DAY


def test_what_was_read_meanwhile_is_not_news(engine, world, session):
    world.tell()
    notice = session.exec(select(Notice)).one()
    notice.read_at = now()
    session.add(notice)
    session.commit()
    assert send_digests(engine, at(8), HOUR) == 0


def test_what_is_no_longer_true_is_left_out(engine, world, session):
    pairing = world.pairing(status=PairingStatus.PROPOSED)
    world.tell("pairing_returned", pairing=pairing)
    assert send_digests(engine, at(8), HOUR) == 0, "it was sent again and waits for the office"


def test_what_still_holds_is_kept(engine, world, session):
    pairing = world.pairing(status=PairingStatus.RETURNED)
    world.tell("pairing_returned", pairing=pairing)
    assert send_digests(engine, at(8), HOUR) == 1


def test_of_two_answers_to_one_profile_the_last_counts(engine, world):
    world.tell("profile_returned", when=at(5))
    world.tell("profile_verified", when=at(6))
    send_digests(engine, at(8), HOUR)
    assert told(engine) == [["profile_verified"]]


def test_a_cancelled_roadshow_is_told_as_cancelled_only(engine, world, session):
    roadshow = make_roadshow(
        session, status=RoadshowStatus.CANCELLED, held_on=DAY + timedelta(days=9), public_id="abcdefghjkmn"
    )
    for event in ("accepted", "changed", "cancelled"):
        world.tell("roadshow", event=event, roadshow=roadshow.public_id, name=roadshow.name)
    send_digests(engine, at(8), HOUR)
    assert [values["event"] for _event, values in digests(engine)[0].values["items"]] == ["cancelled"]


def test_a_verdict_within_its_hold_waits_for_a_later_day(engine, world, session):
    pairing = world.pairing(
        status=PairingStatus.CONFIRMED, decided_by_id=world.person.id, decided_at=at(5), hold_until=at(6)
    )
    world.tell("pairing_confirmed", when=at(6), pairing=pairing)
    assert send_digests(engine, at(8), HOUR) == 0
    pairing.status, pairing.introduced_at = PairingStatus.INTRODUCED, at(9)
    session.add(pairing)
    session.commit()
    assert send_digests(engine, at(8, DAY + timedelta(days=1)), HOUR) == 1


def test_who_left_or_was_disabled_gets_none(engine, world, session):
    other = world.daily_reader(world.firm)
    world.tell()
    other.status = UserStatus.DISABLED
    membership = session.exec(select(Membership).where(Membership.user_id == world.person.id)).one()
    membership.ended_at = now()
    session.add_all([other, membership])
    session.commit()
    assert send_digests(engine, at(8), HOUR) == 0


def test_each_person_gets_the_own_mail(engine, world, session):
    other = world.daily_reader(world.firm)
    world.tell()
    assert send_digests(engine, at(8), HOUR) == 2
    assert {message.recipient for message in digests(engine)} == {world.person.email, other.email}


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        ("zh", ["核验", "- 企业档案需要补正：", "对接审定", "- 对接未获推荐："]),
        (
            "en",
            ["Verification", "- Your profile needs a correction: ", "Pairings", "- A pairing was not recommended: "],
        ),
    ],
)
def test_the_mail_is_grouped_and_in_the_readers_language(engine, world, session, app, language, lines):
    world.person.language = language
    session.add(world.person)
    world.tell("pairing_refused")
    world.tell("profile_returned")
    send_digests(engine, at(8), HOUR)
    message = digests(engine)[0]
    with app.test_request_context():
        subject, body = mail.compose(message.template, message.language, message.values)
    assert "2026-05-20" in subject
    assert "2" in subject
    places = [body.index(line) for line in lines]
    assert places == sorted(places)


_KILLED = """
import os, signal, sys
from datetime import datetime
from models.session import make_engine
import jobs.digests, workflows.digests, workflows.notifications
engine = make_engine(sys.argv[1])
step, target = sys.argv[2], workflows.digests.add_message_for
def die(*args, **kwargs):
    message = target(*args, **kwargs)
    args[0].flush()
    os.kill(os.getpid(), signal.SIGKILL)
if step == "before_commit":
    workflows.digests.add_message_for = die
jobs.digests.send_digests(engine, datetime.fromisoformat(sys.argv[3]), 8)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(("step", "kept"), [("before_commit", 0), ("after_commit", 1)])
def test_a_killed_process_neither_loses_nor_doubles_the_mail(engine, world, step, kept):
    world.tell()
    world.session.close()
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(engine.url), step, at(8).isoformat()], cwd=ROOT, check=False
    )
    assert done.returncode == -9, "it was killed, and not by an error"
    assert len(digests(engine)) == kept
    send_digests(engine, at(9), HOUR)
    send_digests(engine, at(10), HOUR)
    assert told(engine) == [["profile_returned"]]
    sent = []
    assert send_due(engine, lambda *message: sent.append(message), now()) == 1
    assert send_due(engine, lambda *message: sent.append(message), now()) == 0


def test_of_many_workers_at_once_one_sends_each_mail(engine, world, session):
    people = [world.person, *(world.daily_reader(world.firm) for _n in range(7))]
    world.tell()
    session.close()
    ready, results = threading.Barrier(4), []

    def work():
        ready.wait()
        results.append(send_digests(engine, at(8), HOUR))

    workers = [threading.Thread(target=work) for _n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(results) == len(people)
    assert sorted(message.recipient for message in digests(engine)) == sorted(person.email for person in people)


def test_one_persons_error_does_not_hold_up_the_others(engine, world, session, monkeypatch):
    other = world.daily_reader(world.firm)
    world.tell()
    with unit_of_work(engine) as broken:
        notice = broken.exec(select(Notice).where(Notice.user_id == world.person.id)).one()
        notice.event = "an_event_of_a_later_version"
        broken.add(notice)
    assert send_digests(engine, at(8), HOUR) == 1
    assert [message.recipient for message in digests(engine)] == [other.email]
