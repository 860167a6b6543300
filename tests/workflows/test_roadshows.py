"""Planning, publishing, changing and cancelling a roadshow; seats and the waiting list."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import time, timedelta
from threading import Barrier

import pytest
from sqlmodel import select

from access.lookups import NotVisible
from access.rules import NotAllowed
from models.outbox import OutboxMessage
from models.roadshow import Roadshow, RoadshowParticipant, RoadshowSession, RoadshowVersion
from models.session import open_session, unit_of_work
from tests import factories
from vocabulary.lifecycles import ParticipantStatus, RoadshowStatus
from vocabulary.roles import OrganizationKind
from workflows import roadshow_participants as participants
from workflows import roadshows
from workflows.calendar import today
from workflows.errors import NotComplete, StepNotAllowed
from workflows.roadshows import Arrangements

DAY = Arrangements(name="船山论坛", held_on=today() + timedelta(days=20), venue="雁峰区")


@pytest.fixture
def chain(session):
    return factories.make_chain(session)


@pytest.fixture
def official(session, chain):
    return factories.make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)


@pytest.fixture
def planned(session, official, chain):
    return roadshows.plan(session, official, DAY, chain_id=chain.id)


def attendee(session, kind=OrganizationKind.ENTERPRISE):
    return factories.make_actor(session, kind)


def row_of(session, roadshow, actor):
    return participants.own_participation(session, actor, roadshow)


def told(session):
    return [(row.recipient, row.values["event"]) for row in session.exec(select(OutboxMessage)).all()]


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"name": " "}, {"name": "required"}),
        ({"ends_at": time(8, 0), "n_slots": 0}, {"ends_at": "before_start"}),
        ({"n_slots": 40}, {"n_slots": "outside_the_day"}),
        ({"seats": 0}, {"seats": "taken"}),
        ({"chain_codes": ("nowhere",)}, {"chain_codes": "unknown"}),
    ],
)
def test_arrangements_that_cannot_be_are_refused_by_field(session, official, chain, wrong, problem):
    with pytest.raises(NotComplete) as refused:
        roadshows.plan(session, official, replace(DAY, **wrong), chain_id=chain.id)
    assert refused.value.problems == problem


def test_a_change_after_publication_is_a_version_and_the_invited_are_told_what_changed(session, official, planned):
    firm = attendee(session)
    participants.invite(session, official, planned, firm.organization_id)
    roadshows.announce(session, official, planned)
    assert roadshows.change(session, official, planned, replace(DAY, venue="石鼓区")) == ["venue"]
    versions = session.exec(select(RoadshowVersion).order_by(RoadshowVersion.version)).all()
    assert [(row.version, row.changes, row.facts["venue"]) for row in versions] == [
        (1, [], "雁峰区"),
        (2, ["venue"], "石鼓区"),
    ]
    messages = session.exec(select(OutboxMessage).order_by(OutboxMessage.id)).all()
    assert [row.values["event"] for row in messages] == ["announced", "changed"]
    assert messages[1].values["changes"] == [{"name": "venue", "old": "雁峰区", "new": "石鼓区"}]


def test_a_change_that_touches_nothing_published_tells_nobody(session, official, planned):
    roadshows.announce(session, official, planned)
    assert roadshows.change(session, official, planned, replace(DAY, n_tables=3)) == []
    assert planned.version == 1


def test_a_draft_publishes_nothing(session, official, planned):
    roadshows.change(session, official, planned, replace(DAY, venue="石鼓区"))
    assert session.exec(select(RoadshowVersion)).all() == []


def test_two_sessions_cannot_share_a_room_at_the_same_time(session, official, planned):
    roadshows.add_session(session, official, planned, title="开幕", room="一号厅", starts_at=time(9), minutes=60)
    with pytest.raises(NotComplete) as refused:
        roadshows.add_session(
            session, official, planned, title="路演", room="一号厅", starts_at=time(9, 30), minutes=60
        )
    assert refused.value.problems == {"room": "taken"}
    roadshows.add_session(session, official, planned, title="路演", room="二号厅", starts_at=time(9, 30), minutes=60)
    assert [row.title for row in roadshows.sessions_of(session, planned)] == ["开幕", "路演"]


def test_a_cancelled_session_leaves_the_programme_and_stays_in_the_history(session, official, planned):
    item = roadshows.add_session(session, official, planned, title="开幕", room="", starts_at=time(9), minutes=60)
    roadshows.announce(session, official, planned)
    roadshows.cancel_session(session, official, planned, item.public_id)
    assert roadshows.sessions_of(session, planned) == []
    assert session.exec(select(RoadshowSession)).one().cancelled_at is not None
    assert planned.version == 2
    with pytest.raises(NotVisible):
        roadshows.cancel_session(session, official, planned, item.public_id)


def test_an_office_does_not_run_the_roadshow_of_another_chain(session, planned):
    stranger = factories.make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=factories.make_chain(session).id)
    with pytest.raises(NotAllowed):
        roadshows.announce(session, stranger, planned)
    with pytest.raises(NotVisible):
        roadshows.roadshow_to_run(session, stranger, planned.public_id)


def test_the_last_seat_taken_the_next_waits_and_moves_up_when_somebody_withdraws(session, official, planned):
    roadshows.change(session, official, planned, replace(DAY, seats=1))
    roadshows.announce(session, official, planned)
    first, second, third = (attendee(session) for _ in range(3))
    for actor in (first, second, third):
        participants.apply_for(session, actor, planned, represented_by="李明")
        participants.accept(session, official, planned, row_of(session, planned, actor))
    states = [row_of(session, planned, actor).status for actor in (first, second, third)]
    assert states == [ParticipantStatus.ACCEPTED, ParticipantStatus.WAITING, ParticipantStatus.WAITING]
    participants.withdraw(session, first, planned, row_of(session, planned, first))
    states = [row_of(session, planned, actor).status for actor in (first, second, third)]
    assert states == [ParticipantStatus.WITHDRAWN, ParticipantStatus.ACCEPTED, ParticipantStatus.WAITING]
    assert planned.seats_taken == 1
    assert told(session)[-1][1] == "accepted"


def test_more_seats_move_the_waiting_list_up(session, official, planned):
    roadshows.change(session, official, planned, replace(DAY, seats=1))
    roadshows.announce(session, official, planned)
    for actor in (attendee(session), attendee(session), attendee(session)):
        participants.apply_for(session, actor, planned)
        participants.accept(session, official, planned, row_of(session, planned, actor))
    roadshows.change(session, official, planned, replace(DAY, seats=2))
    assert participants.promote(session, official, planned) == 1
    with pytest.raises(NotComplete) as refused:
        roadshows.change(session, official, planned, replace(DAY, seats=1))
    assert refused.value.problems == {"seats": "taken"}


def test_an_invitation_is_answered_once(session, official, planned):
    firm = attendee(session)
    row = participants.invite(session, official, planned, firm.organization_id)
    roadshows.announce(session, official, planned)
    assert participants.answer(session, firm, planned, row, comes=True) is ParticipantStatus.ACCEPTED
    with pytest.raises(StepNotAllowed):
        participants.answer(session, firm, planned, row, comes=False)
    with pytest.raises(NotVisible):
        participants.answer(session, attendee(session), planned, row, comes=True)


def test_who_declined_may_be_asked_again_and_has_one_row(session, official, planned):
    firm = attendee(session)
    row = participants.invite(session, official, planned, firm.organization_id)
    roadshows.announce(session, official, planned)
    participants.answer(session, firm, planned, row, comes=False)
    participants.invite(session, official, planned, firm.organization_id)
    assert session.exec(select(RoadshowParticipant)).one().status is ParticipantStatus.INVITED


def test_a_refusal_needs_its_reason_and_tells_it(session, official, planned):
    roadshows.announce(session, official, planned)
    firm = attendee(session)
    row = participants.apply_for(session, firm, planned)
    with pytest.raises(NotComplete):
        participants.refuse(session, official, planned, row, note=" ")
    participants.refuse(session, official, planned, row, note="本场面向铜材企业")
    assert (row.status, row.note) == (ParticipantStatus.REFUSED, "本场面向铜材企业")
    assert told(session)[-1][1] == "refused"


def test_everybody_asked_is_told_of_the_cancellation_with_its_reason(session, official, planned):
    firm = attendee(session)
    participants.invite(session, official, planned, firm.organization_id)
    roadshows.announce(session, official, planned)
    roadshows.cancel(session, official, planned, reason="台风预警")
    message = session.exec(select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()
    assert (message.values["event"], message.values["reason"]) == ("cancelled", "台风预警")
    assert planned.status is RoadshowStatus.CANCELLED


def test_twenty_at_once_want_five_seats_and_five_get_one(engine):
    with unit_of_work(engine) as session:
        chain = factories.make_chain(session)
        roadshow = factories.make_roadshow(session, chain, seats=5)
        invited = []
        for _ in range(20):
            actor = attendee(session)
            organization = session.get(factories.Organization, actor.organization_id)
            factories.make_participant(session, roadshow, organization)
            invited.append(actor)
        roadshow_id = roadshow.id
    start = Barrier(20)

    def come(actor):
        start.wait()
        with unit_of_work(engine) as session:
            found = session.get(Roadshow, roadshow_id)
            return participants.answer(session, actor, found, row_of(session, found, actor), comes=True)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(come, invited))
    assert answers.count(ParticipantStatus.ACCEPTED) == 5
    assert answers.count(ParticipantStatus.WAITING) == 15
    with open_session(engine, read_only=True) as session:
        assert session.get(Roadshow, roadshow_id).seats_taken == 5
