"""Meetings by hand: every conflict is named; freed meetings tell the other side; the database refuses doubles."""

from datetime import time

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from access.lookups import NotVisible
from models.organization import Organization
from models.outbox import OutboxMessage
from models.roadshow import RoadshowBooking, RoadshowMeeting, RoadshowSession, RoadshowWish
from tests import factories
from vocabulary.classifications import MeetingOrigin, WishKind
from vocabulary.lifecycles import MeetingStatus, ParticipantStatus, RoadshowStatus
from vocabulary.roadshows import MeetingConflict
from vocabulary.roles import OrganizationKind
from workflows import roadshow_meetings as meetings
from workflows import roadshow_participants as participants
from workflows import roadshow_wishes as wishes
from workflows import roadshows
from workflows.errors import NotComplete, StepNotAllowed
from workflows.roadshow_bookings import book
from workflows.roadshow_meetings import MeetingRefused

C = MeetingConflict


class World:
    """A roadshow with two firms that need money and two banks that lend, all with a seat."""

    def __init__(self, session):
        self.session = session
        self.chain = factories.make_chain(session)
        self.official = factories.make_actor(session, OrganizationKind.CHAIN_OFFICE, chain_id=self.chain.id)
        self.roadshow = factories.make_roadshow(session, self.chain, n_slots=4, n_tables=2)
        self.actors, self.rows = {}, {}
        for name, kind in (
            ("firm", OrganizationKind.ENTERPRISE), ("other", OrganizationKind.ENTERPRISE),
            ("bank", OrganizationKind.BANK), ("rival", OrganizationKind.BANK),
        ):  # fmt: skip
            actor = factories.make_actor(
                session, kind, chain_id=self.chain.id if kind is not OrganizationKind.BANK else None
            )
            organization = session.get(Organization, actor.organization_id)
            make = factories.make_loan_product if kind is OrganizationKind.BANK else factories.make_financing_need
            make(session, organization)
            self.actors[name] = actor
            self.rows[name] = factories.make_participant(
                session, self.roadshow, organization, status=ParticipantStatus.ACCEPTED
            )

    def add(self, one="firm", other="bank", *, slot=0, table_no=1, over_warnings=True):
        return meetings.add(
            self.session, self.official, self.roadshow, self.rows[one], self.rows[other],
            slot=slot, table_no=table_no, over_warnings=over_warnings,
        )  # fmt: skip

    def conflicts(self, one="firm", other="bank", *, slot=0, table_no=1):
        found = meetings.conflicts(
            self.session, self.roadshow, self.rows[one], self.rows[other], slot=slot, table_no=table_no
        )
        return [line.kind for line in found]

    def told(self):
        return {(row.recipient, row.values["event"]) for row in self.session.exec(select(OutboxMessage)).all()}

    def mail_of(self, name):
        return self.session.get(factories.User, self.actors[name].user_id).email


@pytest.fixture
def world(session):
    return World(session)


def test_a_meeting_occupies_its_table_and_both_sides(session, world):
    meeting = world.add()
    assert (meeting.slot, meeting.table_no, meeting.status) == (0, 1, MeetingStatus.PROVISIONAL)
    assert meeting.origin is MeetingOrigin.BY_HAND
    booked = {(row.participant_id, row.slot) for row in session.exec(select(RoadshowBooking)).all()}
    assert booked == {(world.rows["firm"].id, 0), (world.rows["bank"].id, 0)}
    assert world.conflicts("other", "rival") == [C.TABLE_TAKEN, C.NOT_RECOMMENDED]
    assert world.conflicts("firm", "rival", table_no=2) == [C.DOUBLE_BOOKED, C.NOT_RECOMMENDED]
    assert world.conflicts("firm", "bank", slot=1) == [C.ALREADY_MEETING, C.NOT_RECOMMENDED]


def test_every_other_conflict_is_named(session, world):
    firm, bank = world.rows["firm"], world.rows["bank"]
    assert world.conflicts(slot=9) == [C.OUTSIDE, C.NOT_RECOMMENDED]
    firm.unavailable_slots = [1]
    assert world.conflicts(slot=1) == [C.UNAVAILABLE, C.NOT_RECOMMENDED]
    session.add(RoadshowWish(from_id=bank.id, to_id=firm.id, kind=WishKind.VETO))
    session.flush()
    assert world.conflicts() == [C.VETO, C.NOT_RECOMMENDED]
    assert world.conflicts("bank", "rival") == [C.NO_POSTINGS]
    bank.status = ParticipantStatus.WAITING
    bank.waiting_since = factories.now()
    assert C.NOT_COMING in world.conflicts("other", "bank")


def test_a_veto_does_not_say_whose_it_is(session, world):
    session.add(RoadshowWish(from_id=world.rows["bank"].id, to_id=world.rows["firm"].id, kind=WishKind.VETO))
    session.flush()
    with pytest.raises(MeetingRefused) as refused:
        world.add()
    assert [line.who for line in refused.value.conflicts if line.kind is C.VETO] == [""]


def test_one_delegation_is_not_in_two_rooms(session, world):
    item = RoadshowSession(
        roadshow_id=world.roadshow.id, title="路演", starts_at=time(14, 10), minutes=20, pitch_places=2
    )
    session.add(item)
    session.flush()
    world.rows["firm"].pitch_session_id = item.id
    session.flush()
    assert C.ON_STAGE in world.conflicts(slot=0)
    assert C.ON_STAGE in world.conflicts(slot=1)
    assert C.ON_STAGE not in world.conflicts(slot=2)


def test_warnings_hold_a_meeting_back_until_they_are_accepted(world):
    with pytest.raises(MeetingRefused) as refused:
        world.add(over_warnings=False)
    assert [(line.kind, line.blocks) for line in refused.value.conflicts] == [(C.NOT_RECOMMENDED, False)]
    assert world.add(over_warnings=True).slot == 0


def test_more_meetings_than_wished_warn(world):
    world.rows["firm"].max_meetings = 1
    world.add()
    assert C.OVER_MAX in world.conflicts("firm", "rival", slot=1)


def test_who_met_at_a_past_roadshow_is_named(session, world):
    past = factories.make_roadshow(session, world.chain, status=RoadshowStatus.HELD)
    meeting = world.add()
    session.add(
        RoadshowMeeting(
            roadshow_id=past.id, demand_id=meeting.demand_id, supply_id=meeting.supply_id,
            origin=MeetingOrigin.FOUND_THERE, status=MeetingStatus.NOTED,
        )
    )  # fmt: skip
    meetings.remove(session, world.official, world.roadshow, meeting)
    assert C.MET_BEFORE in world.conflicts()


def test_publishing_tells_each_side_once_and_moving_tells_again(session, world):
    first = world.add()
    world.add("firm", "rival", slot=1)
    assert meetings.publish(session, world.official, world.roadshow) == 2
    assert meetings.publish(session, world.official, world.roadshow) == 0
    events = [row.recipient for row in session.exec(select(OutboxMessage)).all()]
    assert sorted(events) == sorted(world.mail_of(name) for name in ("firm", "bank", "rival"))
    meetings.move(session, world.official, world.roadshow, first, slot=2, table_no=2, over_warnings=True)
    assert (first.slot, first.table_no, first.status) == (2, 2, MeetingStatus.PUBLISHED)
    assert len(session.exec(select(OutboxMessage)).all()) == 5


def test_a_firm_that_withdraws_frees_its_meetings_and_the_bank_is_told_who(session, world):
    meeting = world.add()
    meetings.publish(session, world.official, world.roadshow)
    participants.withdraw(session, world.actors["firm"], world.roadshow, world.rows["firm"], reason="停产检修")
    assert meeting.status is MeetingStatus.FREED
    assert session.exec(select(RoadshowBooking)).all() == []
    message = session.exec(select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()
    assert (message.recipient, message.values["event"]) == (world.mail_of("bank"), "meeting_freed")
    assert message.values["who"] == session.get(Organization, world.actors["firm"].organization_id).legal_name
    assert world.add("other", "bank").slot == 0


def test_a_cancelled_session_frees_the_meetings_in_its_time_only(session, world):
    item = roadshows.add_session(
        session, world.official, world.roadshow, title="洽谈", room="", starts_at=time(14, 0), minutes=40,
        holds_meetings=True,
    )  # fmt: skip
    inside, outside = world.add(slot=1), world.add("other", "rival", slot=2)
    meetings.publish(session, world.official, world.roadshow)
    roadshows.cancel_session(session, world.official, world.roadshow, item.public_id)
    assert (inside.status, outside.status) == (MeetingStatus.FREED, MeetingStatus.PUBLISHED)
    assert (world.mail_of("bank"), "meeting_freed") in world.told()
    assert (world.mail_of("rival"), "meeting_freed") not in world.told()


def test_fewer_slots_free_the_meetings_that_no_longer_fit(session, world):
    meeting = world.add(slot=3)
    arrangements = roadshows.Arrangements(name="路演", held_on=world.roadshow.held_on, n_slots=3, n_tables=2)
    roadshows.change(session, world.official, world.roadshow, arrangements)
    assert meeting.status is MeetingStatus.FREED


def test_a_freed_pair_can_be_given_another_slot(session, world):
    meeting = world.add()
    meetings.remove(session, world.official, world.roadshow, meeting, reason="改期")
    again = world.add(slot=3)
    assert (again.id, again.slot, again.status) == (meeting.id, 3, MeetingStatus.PROVISIONAL)
    with pytest.raises(StepNotAllowed):
        meetings.remove(session, world.official, world.roadshow, meetings_row_freed(session, world, again))


def meetings_row_freed(session, world, meeting):
    meetings.remove(session, world.official, world.roadshow, meeting)
    return meeting


def test_the_database_refuses_a_second_meeting_in_the_same_slot(session, world):
    world.add()
    pair = meetings.posting_pair(session, world.rows["firm"], world.rows["rival"])
    twin = RoadshowMeeting(
        roadshow_id=world.roadshow.id, demand_id=pair.demand_id, supply_id=pair.supply_id,
        demand_participant_id=pair.demand_participant_id, supply_participant_id=pair.supply_participant_id,
        origin=MeetingOrigin.BY_HAND, status=MeetingStatus.PROVISIONAL,
    )  # fmt: skip
    with pytest.raises(IntegrityError):
        book(session, twin, slot=0, table_no=2)


def test_wishes_are_kept_once_each_and_taken_back(session, world):
    own, bank = world.rows["firm"], world.rows["bank"]
    save = lambda kind: wishes.set_wishes(session, world.actors["firm"], world.roadshow, own, {bank.public_id: kind})  # noqa: E731
    save(WishKind.MUST)
    save(WishKind.VETO)
    assert [(row.to_id, row.kind) for row in session.exec(select(RoadshowWish)).all()] == [(bank.id, WishKind.VETO)]
    save(None)
    assert session.exec(select(RoadshowWish)).all() == []
    with pytest.raises(NotVisible):
        wishes.set_wishes(session, world.actors["bank"], world.roadshow, own, {bank.public_id: WishKind.MUST})


@pytest.mark.parametrize(
    ("closed", "least", "most", "problems"),
    [
        ([0, 1, 2], 2, None, {"min_meetings": "more_than_slots"}),
        ([], 3, 2, {"max_meetings": "below_least"}),
    ],
)
def test_an_availability_that_no_plan_could_keep_is_refused(session, world, closed, least, most, problems):
    with pytest.raises(NotComplete) as refused:
        wishes.set_availability(
            session, world.actors["firm"], world.roadshow, world.rows["firm"],
            unavailable_slots=closed, min_meetings=least, max_meetings=most,
        )  # fmt: skip
    assert refused.value.problems == problems
    assert world.rows["firm"].unavailable_slots == []
