"""Wishes, the printed schedule and the calendar file of a participant; the office's plan page."""

import re
from contextlib import contextmanager

import pytest
from icalendar import Calendar
from sqlalchemy import event
from sqlmodel import select

from models.organization import User
from models.roadshow import RoadshowWish
from models.session import open_session
from tests.workflows.test_roadshow_meetings import World
from vocabulary.classifications import WishKind
from vocabulary.lifecycles import MeetingStatus
from workflows import roadshow_meetings as meetings


@pytest.fixture
def world(session):
    world = World(session)
    world.roadshow.venue = "船山书院"
    return world


@pytest.fixture
def count_queries(engine):
    @contextmanager
    def counting():
        statements = []

        def listen(*args):
            statements.append(args[2])

        event.listen(engine, "before_cursor_execute", listen)
        yield statements
        event.remove(engine, "before_cursor_execute", listen)

    return counting


def without_token(page):
    return re.sub(r'name="(?:csrf_token|idempotency_key)" value="[^"]+"', "", page)


def client_of(session, sign_in_as, world, name):
    actor = world.official if name == "official" else world.actors[name]
    return sign_in_as(session.get(User, actor.user_id))


def test_a_wish_is_saved_and_the_other_side_sees_nothing_of_it(session, engine, sign_in_as, world):
    firm, bank = (client_of(session, sign_in_as, world, name) for name in ("firm", "bank"))
    url = f"/visits/{world.roadshow.public_id}/wishes"
    before = without_token(bank.get(url).text)
    data = {f"wish-{world.rows['bank'].public_id}": "veto", "unavailable": ["1"], "min_meetings": "1"}
    assert firm.post(url, data=data).status_code == 303
    with open_session(engine, read_only=True) as reading:
        assert reading.exec(select(RoadshowWish)).one().kind is WishKind.VETO
    page = firm.get(url).text
    assert 'value="veto" checked' in page
    assert 'value="1" checked' in page
    assert without_token(bank.get(url).text) == before
    refused = firm.post(url, data={"unavailable": ["0", "1", "2", "3"], "min_meetings": "1"})
    assert refused.status_code == 422
    assert "最少场次多于您有空的场次" in refused.text


def test_the_schedule_and_its_calendar_file_name_the_other_side_in_chinese(session, sign_in_as, world):
    world.add(slot=1)
    meetings.publish(session, world.official, world.roadshow)
    name = session.get(meetings.Organization, world.actors["bank"].organization_id).legal_name
    client = client_of(session, sign_in_as, world, "firm")
    url = f"/visits/{world.roadshow.public_id}/schedule"
    page = client.get(url).text
    assert name in page
    assert "14:20–14:35" in page
    answer = client.get(f"{url}.ics")
    assert answer.mimetype == "text/calendar"
    assert all(len(line) <= 75 for line in answer.data.split(b"\r\n"))
    (entry,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert entry["SUMMARY"] == f"洽谈：{name}"
    assert entry["LOCATION"] == "船山书院，1 号桌"
    assert entry.start.isoformat() == f"{world.roadshow.held_on}T14:20:00+08:00"
    assert entry["DTSTART"].params["TZID"] == "Asia/Shanghai"


def test_provisional_meetings_are_not_on_anybodys_schedule(session, sign_in_as, world):
    world.add()
    page = client_of(session, sign_in_as, world, "firm").get(f"/visits/{world.roadshow.public_id}/schedule").text
    assert "还没有排定的洽谈" in page


def test_who_has_no_seat_has_no_schedule(session, sign_in_as, world):
    world.rows["firm"].status = "invited"
    client = client_of(session, sign_in_as, world, "firm")
    assert client.get(f"/visits/{world.roadshow.public_id}/schedule").status_code == 404


def test_the_office_adds_moves_publishes_and_removes(session, engine, sign_in_as, world):
    client = client_of(session, sign_in_as, world, "official")
    base = f"/roadshows/{world.roadshow.public_id}/meetings"
    data = {"one": world.rows["firm"].public_id, "other": world.rows["bank"].public_id, "slot": "0", "table_no": "1"}
    warned = client.post(f"{base}/add", data=data)
    assert warned.status_code == 422
    assert "系统没有推荐这一对" in warned.text
    assert client.post(f"{base}/add", data=data | {"over_warnings": "y"}).status_code == 303
    with open_session(engine, read_only=True) as reading:
        meeting = reading.exec(select(meetings.RoadshowMeeting)).one()
    again = data | {"other": world.rows["rival"].public_id, "table_no": "2", "over_warnings": "y"}
    blocked = client.post(f"{base}/add", data=again)
    assert blocked.status_code == 422
    assert "这个时间已有另一场洽谈" in blocked.text
    assert client.post(f"{base}/{meeting.public_id}", data={"slot": "3", "table_no": "2"}).status_code == 303
    assert "已发布 1 场洽谈" in client.post(f"{base}/publish", follow_redirects=True).text
    client.post(f"{base}/{meeting.public_id}/remove", data={"reason": "改期"})
    with open_session(engine, read_only=True) as reading:
        assert reading.exec(select(meetings.RoadshowMeeting)).one().status is MeetingStatus.FREED


def test_the_plan_page_asks_as_many_questions_for_three_meetings_as_for_one(session, sign_in_as, world, count_queries):
    client = client_of(session, sign_in_as, world, "official")
    url = f"/roadshows/{world.roadshow.public_id}/meetings/"
    world.add()
    session.commit()
    with count_queries() as one:
        client.get(url)
    world.add("other", "rival", table_no=2)
    world.add("firm", "rival", slot=1)
    session.commit()
    with count_queries() as three:
        client.get(url)
    assert len(one) == len(three)
