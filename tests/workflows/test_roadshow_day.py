"""Check-in, walk-ins, feedback that arrives twice or late, questions kept for the next roadshow."""

from datetime import timedelta

import pytest
from sqlmodel import select

from access.lists import roadshow_day as lists
from access.lookups import NotVisible
from models.audit_event import AuditEvent
from models.base import now
from models.pairing import Pairing
from models.posting import Demand
from models.recommendation import PairSignal
from models.roadshow import RoadshowFeedback, RoadshowQuestion
from tests import factories
from tests.workflows.test_roadshow_meetings import World
from vocabulary.classifications import PairingOrigin, ParticipantOrigin, Side
from vocabulary.lifecycles import ParticipantStatus, PostingStatus
from workflows import roadshow_day as day
from workflows import roadshow_materials as materials
from workflows import roadshow_meetings as meetings
from workflows.calendar import today
from workflows.errors import NotComplete, StepNotAllowed
from workflows.roadshow_day import Kept
from workflows.roadshow_participants import NoSeatLeft


@pytest.fixture
def world(session):
    """The roadshow of today, with one published meeting of the firm and the bank."""
    world = World(session)
    world.roadshow.held_on = today()
    world.meeting = world.add()
    meetings.publish(session, world.official, world.roadshow)
    return world


def say(session, world, name, *, rating=4, goes_on=True, note="", key="k", typed_at=None):
    row, side = day.meeting_of_side(session, world.actors[name], world.meeting.public_id)
    return day.give_feedback(
        session, world.actors[name], row, side, rating=rating, goes_on=goes_on, note=note, key=f"{name}-{key}",
        typed_at=typed_at or now(),
    )  # fmt: skip


def test_a_participant_is_checked_in_once(session, world):
    row = world.rows["firm"]
    assert day.check_in(session, world.official, world.roadshow, row) is True
    first = row.checked_in_at
    assert day.check_in(session, world.official, world.roadshow, row) is False
    assert row.checked_in_at == first
    events = session.exec(select(AuditEvent).where(AuditEvent.action == "roadshow_checked_in")).all()
    assert len(events) == 1


def test_nobody_is_checked_in_before_the_day_or_without_a_seat(session, world):
    world.rows["firm"].status = ParticipantStatus.INVITED
    with pytest.raises(StepNotAllowed):
        day.check_in(session, world.official, world.roadshow, world.rows["firm"])
    world.roadshow.held_on = today() + timedelta(days=1)
    with pytest.raises(NotComplete):
        day.check_in(session, world.official, world.roadshow, world.rows["bank"])


def test_a_walk_in_gets_a_seat_if_one_is_left(session, world):
    newcomer = factories.make_organization(session)
    row = day.walk_in(session, world.official, world.roadshow, newcomer.id, represented_by="王强")
    assert (row.status, row.origin, row.represented_by) == (
        ParticipantStatus.ACCEPTED, ParticipantOrigin.WALK_IN, "王强",
    )  # fmt: skip
    assert row.checked_in_at is not None
    world.roadshow.seats = world.roadshow.seats_taken
    session.flush()
    with pytest.raises(NoSeatLeft):
        day.walk_in(session, world.official, world.roadshow, factories.make_organization(session).id)


def test_the_list_shows_who_is_not_here(session, world):
    day.check_in(session, world.official, world.roadshow, world.rows["firm"])
    found = lists.expected(session, world.roadshow)
    assert (found.n_here, found.n_coming) == (1, 4)
    assert found.lines[-1].row.id == world.rows["firm"].id


def test_feedback_of_one_side_is_one_row_and_the_other_side_has_its_own(session, world):
    assert say(session, world, "firm", rating=5, note="愿意看厂") is Kept.SAVED
    assert say(session, world, "bank", rating=3, goes_on=False) is Kept.SAVED
    said = session.exec(select(RoadshowFeedback).order_by(RoadshowFeedback.id)).all()
    assert [(row.side, row.rating, row.goes_on) for row in said] == [(Side.DEMAND, 5, True), (Side.SUPPLY, 3, False)]
    with pytest.raises(NotVisible):
        say(session, world, "rival")


def test_a_feedback_sent_twice_is_there_once(session, world):
    assert say(session, world, "firm", rating=5) is Kept.SAVED
    assert say(session, world, "firm", rating=5) is Kept.REPEATED
    assert len(session.exec(select(RoadshowFeedback)).all()) == 1


def test_a_note_typed_earlier_does_not_overwrite_a_newer_one(session, world):
    say(session, world, "firm", rating=2, key="second", typed_at=now())
    late = say(session, world, "firm", rating=5, key="first", typed_at=now() - timedelta(hours=1))
    assert late is Kept.OLDER
    assert session.exec(select(RoadshowFeedback)).one().rating == 2
    assert say(session, world, "firm", rating=4, key="third", typed_at=now()) is Kept.SAVED
    assert session.exec(select(RoadshowFeedback)).one().rating == 4


def test_a_clock_that_runs_ahead_does_not_lock_the_note(session, world):
    say(session, world, "firm", rating=2, key="wrong-clock", typed_at=now() + timedelta(days=900))
    assert say(session, world, "firm", rating=5, key="later") is Kept.SAVED


def test_one_wish_to_go_on_opens_the_pairing_and_the_second_makes_it_mutual(session, world):
    say(session, world, "firm")
    pairing = session.exec(select(Pairing)).one()
    assert (pairing.origin, pairing.roadshow_id, pairing.is_mutual) == (
        PairingOrigin.ROADSHOW, world.roadshow.id, False,
    )  # fmt: skip
    assert world.meeting.pairing_id == pairing.id
    say(session, world, "bank")
    assert session.exec(select(Pairing)).one().is_mutual is True


def test_no_wish_opens_no_pairing_and_a_changed_mind_takes_the_interest_back(session, world):
    say(session, world, "firm", goes_on=False)
    assert session.exec(select(Pairing)).all() == []
    say(session, world, "bank", key="yes")
    say(session, world, "bank", key="no", goes_on=False)
    assert session.exec(select(PairSignal)).all() == []


def test_feedback_is_kept_even_when_the_need_was_closed_meanwhile(session, world):
    session.get(Demand, world.meeting.demand_id).status = PostingStatus.CLOSED
    session.flush()
    assert say(session, world, "firm") is Kept.SAVED
    assert session.exec(select(Pairing)).all() == []


def test_a_question_with_the_same_key_is_asked_once_and_shown_at_the_next_roadshow(session, world):
    bank, firm = world.actors["bank"], world.rows["firm"]
    for _ in range(2):
        materials.ask(session, bank, world.roadshow, firm, text="抵押物是什么？", key="q1")
    question = session.exec(select(RoadshowQuestion)).one()
    materials.set_deck(session, world.actors["firm"], firm, url="https://example.org/deck.pdf", text="裸铜线 18,000 吨")
    materials.answer_question(session, world.actors["firm"], firm, question.public_id, text="厂房")
    later = factories.make_roadshow(session, world.chain, name="下一场")
    organization = session.get(meetings.Organization, firm.organization_id)
    factories.make_participant(session, later, organization, status=ParticipantStatus.ACCEPTED)
    (found,) = lists.materials(session, organization.id)
    assert found.row.deck_text == "裸铜线 18,000 吨"
    assert [(line.question.text, line.question.answer) for line in found.questions] == [("抵押物是什么？", "厂房")]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "ftp://example.org", "slides"])
def test_a_deck_link_that_is_none_is_refused(session, world, url):
    with pytest.raises(NotComplete):
        materials.set_deck(session, world.actors["firm"], world.rows["firm"], url=url, text="")
