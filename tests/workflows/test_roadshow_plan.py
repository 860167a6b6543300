"""The planned meetings: every wish, time and limit held, and a true list of what was not met."""

import pytest
from sqlmodel import select

from models.organization import Organization
from models.posting import Demand, Supply
from models.recommendation import Recommendation
from models.roadshow import RoadshowBooking, RoadshowMeeting, RoadshowWish
from tests import factories
from tests.roadshow_worlds import Recommended
from vocabulary.classifications import MeetingOrigin, WishKind
from vocabulary.lifecycles import MeetingStatus, ParticipantStatus, RoadshowStatus
from workflows import roadshow_meetings as meetings
from workflows.roadshow_meetings import MeetingRefused
from workflows.roadshow_plan import keep, prepare


class Planned(Recommended):
    def wish(self, one, other, kind):
        self.session.add(RoadshowWish(from_id=self.rows[one].id, to_id=self.rows[other].id, kind=kind))
        self.session.flush()

    def plan(self, **values):
        prepared = prepare(self.session, self.official, self.roadshow, **values)
        return keep(self.session, self.official, self.roadshow, prepared)

    def met(self):
        """Planned pairs by name, with their slot."""
        names = {row.id: name for name, row in self.rows.items()}
        rows = self.session.exec(
            select(RoadshowMeeting).where(RoadshowMeeting.status == MeetingStatus.PROVISIONAL)
        ).all()
        return {(names[row.demand_participant_id], names[row.supply_participant_id]): row.slot for row in rows}

    def unmet(self):
        names = {row.public_id: name for name, row in self.rows.items()}
        return [
            (names[row["participant"]], names.get(row["partner"]), row["wanted"], row["got"], row["cause"])
            for row in self.roadshow.plan["unmet"]
        ]


@pytest.fixture
def world(session):
    return Planned(session)


def test_all_eligible_pairs_meet_when_there_is_room_and_the_plan_reaches_its_bound(session, world):
    assert world.plan() == 4
    assert set(world.met()) == {("firm", "bank"), ("firm", "rival"), ("other", "bank"), ("other", "rival")}
    assert world.roadshow.plan["value"] == pytest.approx(3.0)
    assert world.roadshow.plan["bound"] == pytest.approx(3.0)
    assert world.unmet() == []
    places = [(row.slot, row.table_no) for row in session.exec(select(RoadshowMeeting)).all()]
    assert len(set(places)) == 4
    assert len(session.exec(select(RoadshowBooking)).all()) == 8


def test_a_veto_of_either_side_is_absolute_even_against_a_must(world):
    world.wish("bank", "firm", WishKind.VETO)
    world.wish("firm", "bank", WishKind.MUST)
    world.plan()
    assert ("firm", "bank") not in world.met()
    assert ("firm", "bank", 1, 0, "veto") in world.unmet()


def test_nobody_meets_when_it_has_no_time_and_the_cause_is_named(world):
    world.rows["bank"].unavailable_slots = [0, 1]
    world.rows["firm"].unavailable_slots = [2, 3]
    world.wish("firm", "bank", WishKind.MUST)
    world.plan()
    assert ("firm", "bank") not in world.met()
    assert ("firm", "bank", 1, 0, "no_common_slot") in world.unmet()
    assert {slot for (_firm, bank), slot in world.met().items() if bank == "bank"} <= {2, 3}


def test_a_maximum_is_kept_and_the_best_pair_stays(world):
    world.rows["bank"].max_meetings = 1
    world.plan()
    assert [pair for pair in world.met() if "bank" in pair] == [("firm", "bank")]


def test_a_least_number_that_cannot_be_reached_is_listed(world):
    world.rows["firm"].min_meetings = 3
    world.plan()
    assert ("firm", None, 3, 2) in [line[:4] for line in world.unmet()]


def test_who_met_before_is_left_out_unless_asked_for(session, world):
    past = factories.make_roadshow(session, world.chain, status=RoadshowStatus.HELD)
    session.add(
        RoadshowMeeting(
            roadshow_id=past.id, demand_id=world.posting(Demand, "firm").id, supply_id=world.posting(Supply, "bank").id,
            origin=MeetingOrigin.FOUND_THERE, status=MeetingStatus.NOTED,
        )
    )  # fmt: skip
    session.flush()
    world.plan()
    assert ("firm", "bank") not in world.met()
    world.plan(includes_met_before=True)
    assert ("firm", "bank") in world.met()


def test_published_and_hand_made_meetings_stay_and_planning_again_leaves_no_trace(session, world):
    by_hand = world.add("firm", "rival", slot=3, table_no=2)
    meetings.publish(session, world.official, world.roadshow)
    assert world.plan() == 3
    assert world.plan() == 3
    assert (by_hand.slot, by_hand.table_no, by_hand.status) == (3, 2, MeetingStatus.PUBLISHED)
    assert len(session.exec(select(RoadshowMeeting)).all()) == 4
    assert len(session.exec(select(RoadshowBooking)).all()) == 8


def test_a_wished_pair_that_the_engine_did_not_propose_meets_too(session, world):
    for row in session.exec(select(Recommendation)).all():
        session.delete(row)
    session.flush()
    assert world.plan() == 0
    world.wish("firm", "bank", WishKind.WOULD)
    assert world.plan() == 1
    assert session.exec(select(RoadshowMeeting)).one().fit is None


def test_an_enterprise_that_buys_meets_its_supplier_and_the_banks(session, world):
    other = session.get(Organization, world.rows["other"].organization_id)
    firm = session.get(Organization, world.rows["firm"].organization_id)
    need, line = factories.make_purchase_need(session, other), factories.make_product_line(session, firm)
    world.recommend(need, line, 0.75)
    assert world.plan() == 5
    assert {("other", "firm"), ("other", "bank"), ("firm", "bank")} <= set(world.met())


def test_tables_are_the_limit_when_there_are_too_few(world):
    world.roadshow.n_tables, world.roadshow.n_slots = 1, 1
    assert world.plan() == 1
    causes = {line[4] for line in world.unmet()}
    assert causes == {"tables_full"}


def test_who_has_no_seat_is_not_planned(session, world):
    world.rows["rival"].status = ParticipantStatus.WITHDRAWN
    session.flush()
    world.plan()
    assert all("rival" not in pair for pair in world.met())


def test_meetings_begin_at_the_first_slot_and_follow_one_another(world):
    world.plan()
    assert sorted(world.met().values()) == [0, 0, 1, 1]


def test_an_early_slot_is_not_taken_by_who_is_away(world):
    world.rows["bank"].unavailable_slots = [0]
    world.plan()
    assert min(slot for (_firm, bank), slot in world.met().items() if bank == "bank") == 1


def test_a_plan_overtaken_by_a_meeting_made_by_hand_is_refused(session, world):
    prepared = prepare(session, world.official, world.roadshow)
    _pair, slot, table_no = prepared.meetings[0]
    world.add("other", "rival", slot=slot, table_no=table_no)
    with pytest.raises(MeetingRefused), session.begin_nested():
        keep(session, world.official, world.roadshow, prepared)
    assert [row.origin for row in session.exec(select(RoadshowMeeting)).all()] == [MeetingOrigin.BY_HAND]
