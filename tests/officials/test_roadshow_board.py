"""The confirmation board: mutual wishes first, verdicts on several with a preview, pairs found there marked."""

from datetime import timedelta

import pytest
from sqlmodel import select

from access.lists.roadshow_board import board
from models.base import now
from models.organization import Organization, User
from models.pairing import Consent, Pairing
from models.posting import Demand, Supply
from models.roadshow import RoadshowFeedback, RoadshowMeeting
from models.session import open_session
from tests import factories
from tests.workflows.test_roadshow_meetings import World
from vocabulary.classifications import ConsentPurpose, MeetingOrigin, PairingOrigin, Side
from vocabulary.lifecycles import MeetingStatus, PairingStatus
from workflows import roadshow_day as day
from workflows import roadshow_meetings as meetings
from workflows import roadshows
from workflows.calendar import today
from workflows.recommendations import refresh_demand


class Day(World):
    """The firm met both banks, the other firm one of them."""

    def __init__(self, session):
        super().__init__(session)
        self.roadshow.held_on = today()
        self.meetings = {
            pair: self.add(*pair, slot=slot, table_no=1)
            for slot, pair in enumerate((("other", "rival"), ("firm", "rival"), ("firm", "bank")))
        }
        meetings.publish(session, self.official, self.roadshow)

    def say(self, name, pair, *, goes_on=True):
        row, side = day.meeting_of_side(self.session, self.actors[name], self.meetings[pair].public_id)
        day.give_feedback(
            self.session, self.actors[name], row, side, rating=4, goes_on=goes_on, note="", key=f"{name}{pair}",
            typed_at=now(),
        )  # fmt: skip

    def consent(self, firm="firm", bank="bank"):
        firm_id, bank_id = (self.actors[name].organization_id for name in (firm, bank))
        self.session.add(
            Consent(
                organization_id=firm_id, counterpart_id=bank_id, purpose=ConsentPurpose.CREDIT_REVIEW,
                sections=["basic"], given_by_id=self.actors[firm].user_id, ends_on=today() + timedelta(days=90),
            )
        )  # fmt: skip
        self.session.flush()


@pytest.fixture
def world(session):
    return Day(session)


@pytest.fixture
def client(session, sign_in_as, world):
    return sign_in_as(session.get(User, world.official.user_id))


def board_of(session, world):
    return board(session, world.official, world.roadshow, on=today())


def test_mutual_wishes_stand_first_and_silence_last(session, world):
    world.say("firm", ("firm", "rival"))
    world.say("firm", ("firm", "bank"))
    world.say("bank", ("firm", "bank"))
    found = board_of(session, world)
    assert [line.n_wishes for line in found.lines] == [2, 1, 0]
    assert (found.n_mutual, found.n_due) == (1, 2)
    assert found.lines[0].meeting_public_id == world.meetings["firm", "bank"].public_id
    assert found.lines[2].is_silent


def test_a_no_show_on_both_sides_leaves_the_pair_on_the_board_without_a_pairing(session, world):
    line = board_of(session, world).lines[0]
    assert (line.is_silent, line.pairing) == (True, None)


def test_a_pair_found_there_that_the_engine_did_not_propose_is_marked(session, world):
    demand = session.exec(select(Demand).where(Demand.organization_id == world.actors["other"].organization_id)).one()
    supply = session.exec(select(Supply).where(Supply.organization_id == world.actors["bank"].organization_id)).one()
    meeting = roadshows.add_meeting(
        session, world.official, world.roadshow, demand_id=demand.id, supply_id=supply.id, note="茶歇时认识"
    )
    pairing = session.get(Pairing, meeting.pairing_id)
    assert (meeting.origin, meeting.status) == (MeetingOrigin.FOUND_THERE, MeetingStatus.NOTED)
    assert (pairing.origin, pairing.roadshow_id) == (PairingOrigin.BY_HAND, world.roadshow.id)
    line = next(line for line in board_of(session, world).lines if line.meeting_public_id == meeting.public_id)
    assert line.was_recommended is False


def test_several_are_confirmed_and_the_one_without_consent_is_named(session, engine, client, world):
    for pair in (("firm", "bank"), ("firm", "rival")):
        world.say("firm", pair)
    world.consent()
    ids = [row.public_id for row in session.exec(select(Pairing).order_by(Pairing.id)).all()]
    session.commit()
    base = f"/roadshows/{world.roadshow.public_id}/board"
    page = client.post(f"{base}/preview", data={"ids": ids, "verdict": "confirm"}).text
    assert "企业尚未授权" in page
    assert "同意推荐这 1 条" in page
    done = client.post(f"{base}/decide", data={"ids": ids, "verdict": "confirm", "reason": "mutual_interest"}).text
    assert "没有办理" in done
    with open_session(engine, read_only=True) as reading:
        statuses = [row.status for row in reading.exec(select(Pairing).order_by(Pairing.id)).all()]
    assert statuses == [PairingStatus.CONFIRMED, PairingStatus.PROPOSED]


@pytest.mark.parametrize(
    ("verdict", "status"),
    [
        ("return", PairingStatus.RETURNED),
        ("hold", PairingStatus.ON_HOLD),
        ("refuse", PairingStatus.REFUSED),
    ],
)
def test_several_are_returned_held_or_refused_with_a_reason(session, engine, client, world, verdict, status):
    for pair in (("firm", "bank"), ("firm", "rival")):
        world.say("firm", pair)
    ids = [row.public_id for row in session.exec(select(Pairing)).all()]
    session.commit()
    base = f"/roadshows/{world.roadshow.public_id}/board"
    data = {"ids": ids, "verdict": verdict, "reason": "information_missing", "note": ""}
    if verdict != "hold":
        assert client.post(f"{base}/decide", data=data).status_code == 422
    assert client.post(f"{base}/decide", data=data | {"note": "请补充报表"}).status_code == 200
    with open_session(engine, read_only=True) as reading:
        assert {row.status for row in reading.exec(select(Pairing)).all()} == {status}


def test_of_two_officials_the_second_reads_on_the_board_who_was_first(session, client, sign_in_as, world):
    world.say("firm", ("firm", "bank"))
    office = session.get(Organization, world.official.organization_id)
    second = sign_in_as(factories.make_user(session, office))
    first_name = session.get(User, world.official.user_id).full_name
    (public_id,) = session.exec(select(Pairing.public_id)).all()
    session.commit()
    url = f"/roadshows/{world.roadshow.public_id}/board/decide"
    data = {"ids": [public_id], "verdict": "refuse", "reason": "risk_found", "note": "不合适"}
    client.post(url, data=data)
    page = second.post(url, data=data).text
    assert "已有结论" in page
    assert first_name in page


def test_a_pair_without_a_wish_is_put_before_the_office_by_hand(session, engine, client, world):
    meeting = world.meetings["other", "rival"]
    session.commit()
    client.post(f"/roadshows/{world.roadshow.public_id}/board/{meeting.public_id}/open")
    with open_session(engine, read_only=True) as reading:
        pairing = reading.exec(select(Pairing)).one()
        assert reading.get(RoadshowMeeting, meeting.id).pairing_id == pairing.id
    assert pairing.is_mutual is False


def test_the_board_shows_what_both_sides_wrote(session, client, world):
    session.add(
        RoadshowFeedback(
            meeting_id=world.meetings["firm", "bank"].id, side=Side.SUPPLY, rating=2, goes_on=False,
            note="抵押不足", by_user_id=world.actors["bank"].user_id, key="x",
        )
    )  # fmt: skip
    session.commit()
    page = client.get(f"/roadshows/{world.roadshow.public_id}/board/").text
    assert "2 分 · 不再继续 · 抵押不足" in page


def test_a_pair_to_be_judged_blind_hides_its_fit_until_the_verdict(session, client, world):
    world.say("firm", ("firm", "bank"))
    refresh_demand(session, world.meetings["firm", "bank"].demand_id, today=today())
    (line,) = (line for line in board_of(session, world).lines if line.n_wishes)
    assert line.fit is not None
    line.pairing.is_blind = True
    session.commit()
    (line,) = (line for line in board_of(session, world).lines if line.n_wishes)
    assert (line.is_blind, line.fit) == (True, None)
    assert "盲审" in client.get(f"/roadshows/{world.roadshow.public_id}/board/").text
