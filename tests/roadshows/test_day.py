"""The day at the door and on the phone; 200 check-ins and 400 notes from 20 clients at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlmodel import func, select

from models.audit_event import AuditEvent
from models.organization import User, UserSession
from models.pairing import Pairing
from models.roadshow import RoadshowFeedback, RoadshowMeeting, RoadshowParticipant
from models.session import open_session
from tests import factories
from tests.workflows.test_roadshow_meetings import World
from vocabulary.classifications import MeetingOrigin
from vocabulary.lifecycles import MeetingStatus, ParticipantStatus
from vocabulary.roles import OrganizationKind
from web.common.identity import token_digest
from web.common.roadshow_tokens import badge_token
from workflows import roadshow_meetings as meetings
from workflows.calendar import today

N_CLIENTS = 20


@pytest.fixture
def world(session):
    world = World(session)
    world.roadshow.held_on = today()
    world.meeting = world.add()
    meetings.publish(session, world.official, world.roadshow)
    return world


def client_of(session, sign_in_as, world, name):
    actor = world.official if name == "official" else world.actors[name]
    return sign_in_as(session.get(User, actor.user_id))


def test_a_badge_is_scanned_by_a_signed_in_official_only(app, session, engine, sign_in_as, world):
    firm, official = (client_of(session, sign_in_as, world, name) for name in ("firm", "official"))
    assert "data:image/svg+xml" in firm.get(f"/visits/{world.roadshow.public_id}/badge").text
    with app.test_request_context():
        token = badge_token(world.rows["firm"].public_id)
    assert firm.get(f"/check-in/{token}").status_code == 403
    assert app.test_client().get(f"/check-in/{token}").status_code == 302
    assert official.get(f"/check-in/{token}x").status_code == 404
    assert official.get(f"/check-in/{token}").status_code == 200
    assert "已于" in official.post(f"/check-in/{token}", follow_redirects=True).text
    again = official.post(f"/check-in/{token}", follow_redirects=True).text
    assert "没有重复登记" in again


def test_another_chains_official_does_not_see_who_comes(app, session, sign_in_as, world):
    office = factories.make_organization(
        session, OrganizationKind.CHAIN_OFFICE, chain_id=factories.make_chain(session).id
    )
    stranger = sign_in_as(factories.make_user(session, office))
    with app.test_request_context():
        token = badge_token(world.rows["firm"].public_id)
    assert stranger.get(f"/check-in/{token}").status_code == 404


def test_by_name_and_walk_ins(session, engine, sign_in_as, world):
    newcomer = factories.make_organization(session, legal_name="衡阳不请自来有限公司")
    official = client_of(session, sign_in_as, world, "official")
    url = f"/roadshows/{world.roadshow.public_id}/day"
    assert "登记到会并签到" in official.get(f"{url}?q=buqing").text
    official.post(f"{url}/walk-in", data={"organization_id": newcomer.id, "represented_by": "王强"})
    official.post(f"{url}/{world.rows['bank'].public_id}/check-in")
    with open_session(engine, read_only=True) as reading:
        here = reading.exec(
            select(RoadshowParticipant.organization_id).where(RoadshowParticipant.checked_in_at.is_not(None))
        ).all()
    assert set(here) == {newcomer.id, world.rows["bank"].organization_id}


@pytest.mark.parametrize("number", ["9" * 25, "9" * 5_000, "-1", "二", "0"])
def test_a_number_that_no_row_has_is_not_found(session, sign_in_as, world, number):
    official = client_of(session, sign_in_as, world, "official")
    url = f"/roadshows/{world.roadshow.public_id}"
    posted = [(f"{url}/day/walk-in", "organization_id"), (f"{url}/stage/choose", "organization_id")]
    assert [official.post(to, data={name: number}).status_code for to, name in posted] == [404, 404]
    answer = official.post(f"{url}/participants/invite", data={"ids": number})
    assert answer.status_code in (303, 404)


def test_feedback_from_the_page_and_from_the_queue_of_the_phone(session, engine, sign_in_as, world):
    firm = client_of(session, sign_in_as, world, "firm")
    base = f"/visits/{world.roadshow.public_id}"
    url = f"{base}/meetings/{world.meeting.public_id}"
    assert firm.post(f"{url}/feedback", data={"rating": "9"}).status_code == 422
    data = {"rating": "5", "goes_on": "yes", "note": "愿意看厂", "key": "abc", "typed_at": "1700000000000"}
    answer = firm.post(f"{url}/feedback", data=data, headers={"X-Requested-With": "outbox"})
    assert (answer.status_code, answer.json) == (200, {"message": "已记录您的反馈。"})
    answer = firm.post(f"{url}/feedback", data=data, headers={"X-Requested-With": "outbox"})
    assert answer.json == {"message": "这条反馈已经记录过，没有重复。"}
    assert "愿意看厂" in firm.get(url).text
    assert "5 分" in firm.get(f"{base}/day").text
    bank = client_of(session, sign_in_as, world, "bank")
    assert "愿意看厂" not in bank.get(url).text


def test_the_own_material_keeps_deck_and_answers(session, sign_in_as, world):
    firm, bank = (client_of(session, sign_in_as, world, name) for name in ("firm", "bank"))
    base = f"/visits/{world.roadshow.public_id}"
    assert firm.post(f"{base}/material", data={"deck_url": "slides", "deck_text": ""}).status_code == 422
    firm.post(f"{base}/material", data={"deck_url": "https://example.org/d.pdf", "deck_text": "裸铜线"})
    asked = {"text": "抵押物是什么？", "key": "q"}
    assert bank.post(f"{base}/questions/{world.rows['firm'].public_id}", data=asked).status_code == 303
    page = bank.get(f"{base}/meetings/{world.meeting.public_id}").text
    assert "https://example.org/d.pdf" in page
    assert "抵押物是什么？" in firm.get(f"{base}/material").text


def test_two_hundred_check_ins_and_four_hundred_notes_from_twenty_clients(app, engine, session):
    """Everything is sent twice, by two clients at the same moment: none lost, none doubled."""
    chain = factories.make_chain(session)
    office = factories.make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
    official = factories.make_user(session, office)
    roadshow = factories.make_roadshow(session, chain, held_on=today(), seats=300)
    rows, sides = [], {}
    for n in range(200):
        kind = OrganizationKind.BANK if n >= 190 else OrganizationKind.ENTERPRISE
        organization = factories.make_organization(session, kind, chain_id=chain.id)
        rows.append(factories.make_participant(session, roadshow, organization, status=ParticipantStatus.ACCEPTED))
        if n >= 190 or n < 20:
            make = factories.make_loan_product if n >= 190 else factories.make_financing_need
            sides[n] = (factories.make_user(session, organization), make(session, organization))
    sent = []
    for firm in range(20):
        for bank in range(190, 200):
            meeting = RoadshowMeeting(
                roadshow_id=roadshow.id, demand_id=sides[firm][1].id, supply_id=sides[bank][1].id,
                origin=MeetingOrigin.FOUND_THERE, status=MeetingStatus.NOTED,
            )  # fmt: skip
            session.add(meeting)
            session.flush()
            url = f"/visits/{roadshow.public_id}/meetings/{meeting.public_id}/feedback"
            for n in (firm, bank):
                data = {"rating": "4", "goes_on": "no", "note": f"{n}", "key": f"{meeting.public_id}-{n}"}
                sent.append((sides[n][0].id, url, data))
    base = f"/roadshows/{roadshow.public_id}/day"
    sent += [(official.id, f"{base}/{row.public_id}/check-in", {}) for row in rows]
    tokens = {user_id: f"token-{user_id}" for user_id, _url, _data in sent}
    for user_id, token in tokens.items():
        session.add(UserSession(token_digest=token_digest(token), user_id=user_id))
    roadshow_id = roadshow.id
    session.commit()
    session.close()
    start = Barrier(N_CLIENTS)

    def work(n):
        """Two clients share each tenth of the work."""
        start.wait()
        statuses = []
        for user_id, url, data in sent[n % 10 :: 10]:
            client = app.test_client()
            with client.session_transaction() as cookie:
                cookie["_user_id"], cookie["_fresh"] = tokens[user_id], True
            statuses.append(client.post(url, data=data, headers={"X-Requested-With": "outbox"}).status_code)
        return statuses

    with ThreadPoolExecutor(N_CLIENTS) as pool:
        statuses = [status for done in pool.map(work, range(N_CLIENTS)) for status in done]
    assert len(statuses) == 1200
    assert set(statuses) <= {200, 303}
    with open_session(engine, read_only=True) as reading:
        count = lambda *what: reading.exec(select(func.count()).where(*what)).one()  # noqa: E731
        assert reading.exec(select(func.count()).select_from(RoadshowFeedback)).one() == 400
        assert (
            count(RoadshowParticipant.roadshow_id == roadshow_id, RoadshowParticipant.checked_in_at.is_not(None)) == 200
        )
        assert count(AuditEvent.action == "roadshow_checked_in") == 200
        assert reading.exec(select(func.count()).select_from(Pairing)).one() == 0
        notes = reading.exec(select(RoadshowFeedback.key, RoadshowFeedback.note)).all()
    assert {(key, note) for key, note in notes} == {(data["key"], data["note"]) for _user, _url, data in sent if data}
