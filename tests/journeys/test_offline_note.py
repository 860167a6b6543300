"""A note typed on a phone without a line appears exactly once when the line is back."""

import pytest
from sqlmodel import select

from models.organization import User
from models.roadshow import RoadshowFeedback
from models.session import open_session
from tests.workflows.test_roadshow_meetings import World
from workflows import roadshow_meetings as meetings
from workflows.accounts import DEMO_PASSWORD
from workflows.calendar import today
from workflows.passwords import hash_password

pytestmark = [pytest.mark.journey, pytest.mark.timeout(480)]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_note_typed_offline_appears_once_when_the_line_is_back(engine, session, serve, open_page, language):
    world = World(session)
    world.roadshow.held_on = today()
    meeting = world.add()
    meetings.publish(session, world.official, world.roadshow)
    user = session.get(User, world.actors["firm"].user_id)
    user.password_hash = hash_password(DEMO_PASSWORD)
    session.commit()
    page = open_page(serve(engine), user.email, language=language, width=390, height=844)
    url = f"/visits/{world.roadshow.public_id}/meetings/{meeting.public_id}"
    page.goto(url)
    page.context.set_offline(True)
    page.check("input[name=rating][value='5']")
    page.check("input[name=goes_on][value=yes]")
    page.fill("#note", "愿意看厂，下周三")
    page.click("form[action$='/feedback'] button[type=submit]")
    status = page.locator("form[action$='/feedback'] [data-outbox-status]")
    status.wait_for()
    assert ("已存在本机" if language == "zh" else "kept on this device") in status.inner_text()
    with open_session(engine, read_only=True) as reading:
        assert reading.exec(select(RoadshowFeedback)).all() == []
    page.context.set_offline(False)
    page.locator("form[action$='/feedback'] .notice-success").wait_for(timeout=20_000)
    assert page.evaluate("localStorage.getItem('lianrong-outbox')") == "[]"
    page.goto(url)
    assert page.input_value("#note") == "愿意看厂，下周三"
    assert page.is_checked("input[name=rating][value='5']")
    with open_session(engine, read_only=True) as reading:
        said = reading.exec(select(RoadshowFeedback)).one()
    assert (said.rating, said.goes_on, said.note) == (5, True, "愿意看厂，下周三")


def test_what_one_person_typed_is_not_sent_in_the_name_of_another(engine, session, serve, open_page):
    world = World(session)
    world.roadshow.held_on = today()
    meeting = world.add()
    meetings.publish(session, world.official, world.roadshow)
    user = session.get(User, world.actors["firm"].user_id)
    user.password_hash = hash_password(DEMO_PASSWORD)
    session.commit()
    page = open_page(serve(engine), user.email, width=390, height=844)
    url = f"/visits/{world.roadshow.public_id}/meetings/{meeting.public_id}"
    page.goto(url)
    fields = "rating=1&goes_on=no&note=theirs&key=k"
    item = [{"key": "k", "url": f"{url}/feedback", "fields": fields, "owner": "somebody-else"}]
    page.evaluate("items => localStorage.setItem('lianrong-outbox', JSON.stringify(items))", item)
    page.reload()
    page.check("input[name=rating][value='4']")
    page.check("input[name=goes_on][value=yes]")
    page.click("form[action$='/feedback'] button[type=submit]")
    page.locator("form[action$='/feedback'] .notice-success").wait_for()
    with open_session(engine, read_only=True) as reading:
        assert [row.rating for row in reading.exec(select(RoadshowFeedback)).all()] == [4]
    assert len(page.evaluate("JSON.parse(localStorage.getItem('lianrong-outbox'))")) == 1
