"""The second of two officials who change a roadshow, a meeting's place or a month's report sees both values."""

import re
from datetime import time

import pytest
from sqlmodel import select

from models.organization import User
from models.roadshow import Roadshow, RoadshowMeeting
from models.session import open_session
from tests.workflows.test_roadshow_meetings import World


@pytest.fixture
def world(session):
    found = World(session)
    found.meeting = found.add()
    session.commit()
    return found


@pytest.fixture
def official(session, sign_in_as, world):
    return sign_in_as(session.get_one(User, world.official.user_id))


def version_in(page: str) -> str:
    found = re.search(r'name="version" value="([^"]+)"', page)
    assert found
    return found[1]


def arrangements(world, **values):
    row = world.roadshow
    return {
        "name": row.name, "venue": row.venue, "held_on": row.held_on.isoformat(), "seats": row.seats,
        "starts_at": f"{row.starts_at:%H:%M}", "ends_at": f"{row.ends_at:%H:%M}", "notice": row.notice,
        "meetings_from": f"{row.meetings_from:%H:%M}", "slot_minutes": row.slot_minutes,
        "buffer_minutes": row.buffer_minutes, "n_slots": row.n_slots, "n_tables": row.n_tables, **values,
    }  # fmt: skip


def stored(engine, model):
    with open_session(engine, read_only=True) as session:
        return session.exec(select(model)).one()


def test_of_two_who_change_a_roadshow_the_second_sees_both_and_may_save_again(engine, official, world):
    path = f"/roadshows/{world.roadshow.public_id}/edit"
    version = version_in(official.get(path).text)
    assert official.post(path, data=arrangements(world, venue="雁峰厅", version=version)).status_code == 303
    second = arrangements(world, venue="石鼓厅", meetings_from="15:00", version=version)
    late = official.post(path, data=second)
    assert late.status_code == 409
    rows = re.search(r"<tbody>(.*?)</tbody>", late.text, re.S)[1]
    assert [text in rows for text in ("雁峰厅", "石鼓厅", "14:00", "15:00")] == [True] * 4
    assert stored(engine, Roadshow).venue == "雁峰厅"
    knowing = official.post(path, data=second | {"version": version_in(late.text)})
    assert knowing.status_code == 303
    assert (stored(engine, Roadshow).venue, stored(engine, Roadshow).meetings_from) == ("石鼓厅", time(15, 0))


def test_of_two_who_move_a_meeting_the_second_sees_where_it_went(engine, official, world):
    path = f"/roadshows/{world.roadshow.public_id}/meetings/{world.meeting.public_id}"
    version = version_in(official.get(path).text)
    move = {"slot": "1", "table_no": "1", "over_warnings": "y", "version": version}
    assert official.post(path, data=move).status_code == 303
    late = official.post(path, data=move | {"slot": "2", "table_no": "2"})
    assert late.status_code == 409
    assert (stored(engine, RoadshowMeeting).slot, stored(engine, RoadshowMeeting).table_no) == (1, 1)
    knowing = official.post(path, data=move | {"slot": "2", "table_no": "2", "version": version_in(late.text)})
    assert knowing.status_code == 303
    assert stored(engine, RoadshowMeeting).slot == 2
