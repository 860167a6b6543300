"""A roadshow by browser, in both languages: announced, applied for, planned, held, and decided on the board."""

import pytest
from sqlmodel import select

from models.organization import User
from models.pairing import Consent, Pairing
from models.roadshow import Roadshow, RoadshowMeeting, RoadshowParticipant
from models.session import open_session
from tests.roadshow_worlds import Recommended
from vocabulary.classifications import ConsentPurpose
from vocabulary.lifecycles import MeetingStatus, PairingStatus
from workflows.accounts import DEMO_PASSWORD
from workflows.calendar import today
from workflows.passwords import hash_password

pytestmark = [pytest.mark.journey, pytest.mark.timeout(480)]


@pytest.fixture
def people(session):
    """The office, a firm and a bank that the engine recommends to each other; the firm consents."""
    world = Recommended(session)
    secret, found = hash_password(DEMO_PASSWORD), {}
    for name, actor in {"official": world.official, **world.actors}.items():
        user = session.get(User, actor.user_id)
        user.password_hash = secret
        found[name] = user.email
    firm, bank = world.actors["firm"], world.actors["bank"]
    found["bank_name"] = bank.organization_name
    session.add(
        Consent(
            organization_id=firm.organization_id, counterpart_id=bank.organization_id, given_by_id=firm.user_id,
            purpose=ConsentPurpose.CREDIT_REVIEW, sections=["basic"], ends_on=today().replace(year=today().year + 1),
        )
    )  # fmt: skip
    for row in session.exec(select(RoadshowParticipant)).all():
        session.delete(row)
    session.commit()
    return found


def follow(page, selector):
    with page.expect_navigation():
        page.click(selector)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_from_the_announcement_to_the_verdict(engine, people, serve, open_page, language):
    base = serve(engine)
    official = open_page(base, people["official"], language=language)
    firm = open_page(base, people["firm"], language=language, width=390, height=844)
    bank = open_page(base, people["bank"], language=language, width=390, height=844)

    # The office plans a roadshow for today and announces it; anybody may read the notice.
    official.goto("/roadshows/new")
    for name, value in {"name": "船山论坛", "venue": "船山书院", "held_on": today().isoformat(), "seats": "2"}.items():
        official.fill(f"#{name}", value)
    follow(official, "main form.form-grid button[type=submit]")
    url = official.url.removeprefix(base)
    public_id = url.rpartition("/")[2]
    follow(official, "form[action$='/announced'] button")
    stranger = open_page(base, language=language)
    stranger.goto(f"/notices/{public_id}")
    assert "船山书院" in stranger.inner_text("main")

    # The firm applies and gets a seat; the bank is invited and accepts.
    firm.goto(f"/visits/{public_id}")
    firm.fill("#represented_by", "李明 总经理")
    follow(firm, "form[action$='/apply'] button")
    official.goto(f"{url}/participants/")
    follow(official, "form[action$='/accept'] button")
    official.goto(f"{url}/participants/invite?kind=bank")
    official.locator("tbody tr", has_text=people["bank_name"]).locator("input[name=ids]").check()
    follow(official, "main form[method=post]:not(.inline-form) button[type=submit]")
    bank.goto(f"/visits/{public_id}")
    follow(bank, "button[name=comes][value=yes]")

    # Wishes, the plan, and both schedules with their calendar files.
    firm.goto(f"/visits/{public_id}/wishes")
    firm.check("tbody tr:first-child input[value=must]")
    follow(firm, "main form:not(.inline-form) button[type=submit]")
    official.goto(f"{url}/meetings/")
    follow(official, "form[action$='/meetings/plan'] button")
    follow(official, "form[action$='/meetings/publish'] button")
    with open_session(engine, read_only=True) as reading:
        meeting = reading.exec(select(RoadshowMeeting)).one()
    assert meeting.status is MeetingStatus.PUBLISHED
    for page in (firm, bank):
        page.goto(f"/visits/{public_id}/schedule")
        assert "14:00–14:15" in page.inner_text("main")
        answer = page.request.get(f"{base}/visits/{public_id}/schedule.ics")
        assert "BEGIN:VEVENT" in answer.text()

    # At the door: the badge opens the official's check-in page. Then both sides say they go on.
    official.goto(f"{url}/day")
    follow(official, "form[action$='/check-in'] button")
    for page in (firm, bank):
        page.goto(f"/visits/{public_id}/meetings/{meeting.public_id}")
        page.check("input[name=rating][value='5']")
        page.check("input[name=goes_on][value=yes]")
        page.click("form[action$='/feedback'] button[type=submit]")
        page.locator("form[action$='/feedback'] .notice-success").wait_for()

    # The board: mutual, confirmed in one sitting.
    official.goto(f"{url}/board/")
    assert official.locator(".mutual").count() == 1
    official.check("tbody input[name=ids]")
    follow(official, "#bulk button[type=submit]")
    official.select_option("#reason", "mutual_interest")
    follow(official, "main form.sheet-narrow button[type=submit]")
    with open_session(engine, read_only=True) as reading:
        pairing = reading.exec(select(Pairing)).one()
        roadshow = reading.exec(select(Roadshow).where(Roadshow.public_id == public_id)).one()
    assert (pairing.status, pairing.roadshow_id, pairing.is_mutual) == (PairingStatus.CONFIRMED, roadshow.id, True)
