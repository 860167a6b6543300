"""The pages of those who attend, and the public notice."""

import pytest
from sqlmodel import select

from models.roadshow import RoadshowParticipant
from models.session import open_session
from tests.factories import make_chain, make_organization, make_participant, make_roadshow, make_user
from vocabulary.lifecycles import ParticipantStatus, RoadshowStatus
from vocabulary.roles import OrganizationKind


@pytest.fixture
def world(session):
    chain = make_chain(session)
    office = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)
    firm = make_organization(session, chain_id=chain.id, legal_name="常宁铜线有限公司")
    return {
        "chain": chain,
        "roadshow": make_roadshow(session, chain, name="船山论坛"),
        "official": make_user(session, office),
        "firm": firm,
        "filer": make_user(session, firm),
    }


def own_status(engine):
    with open_session(engine, read_only=True) as session:
        return session.exec(select(RoadshowParticipant)).one().status


def test_the_notice_is_public_and_shows_the_published_facts_only(session, client, world):
    roadshow = world["roadshow"]
    draft = make_roadshow(session, world["chain"], name="尚未公告的路演", status=RoadshowStatus.PLANNED, version=0)
    make_participant(session, roadshow, world["firm"], status=ParticipantStatus.ACCEPTED)
    roadshow.venue = "未公告的新地点"
    session.commit()
    page = client.get(f"/notices/{roadshow.public_id}").text
    assert "船山论坛" in page
    assert "企业服务中心" in page
    assert "未公告的新地点" not in page
    assert "常宁铜线" not in page
    assert client.get(f"/notices/{draft.public_id}").status_code == 404
    assert "尚未公告的路演" not in client.get("/notices/").text


def test_a_firm_applies_and_withdraws(engine, sign_in_as, world):
    client = sign_in_as(world["filer"])
    url = f"/visits/{world['roadshow'].public_id}"
    assert "报名" in client.get(url).text
    assert client.post(f"{url}/apply", data={"represented_by": "李明 总经理"}).status_code == 303
    assert own_status(engine) is ParticipantStatus.APPLIED
    assert "李明 总经理" in client.get(url).text
    client.post(f"{url}/withdraw")
    assert own_status(engine) is ParticipantStatus.WITHDRAWN


def test_the_office_invites_and_the_invited_accepts(engine, sign_in_as, world):
    office, firm = sign_in_as(world["official"]), sign_in_as(world["filer"])
    base = f"/roadshows/{world['roadshow'].public_id}/participants"
    assert "常宁铜线有限公司" in office.get(f"{base}/invite").text
    office.post(f"{base}/invite", data={"ids": [world["firm"].id]})
    assert own_status(engine) is ParticipantStatus.INVITED
    firm.post(f"/visits/{world['roadshow'].public_id}/answer", data={"comes": "yes", "represented_by": "李明"})
    assert own_status(engine) is ParticipantStatus.ACCEPTED
    page = office.get(base + "/").text
    assert "席位 1 / 60" in page


def test_the_office_publishes_changes_and_cancels(engine, sign_in_as, world):
    office = sign_in_as(world["official"])
    answer = office.post("/roadshows/new", data=form(name="新路演"))
    url = answer.location
    office.post(f"{url}/announced")
    page = office.post(f"{url}/edit", data=form(name="新路演", venue="石鼓区"), follow_redirects=True).text
    assert "已发布第 2 版" in page
    assert "石鼓区" in page
    assert office.post(f"{url}/edit", data=form(name="新路演", n_slots="90")).status_code == 422
    office.post(f"{url}/sessions", data={"title": "开幕", "starts_at": "09:00", "minutes": "30", "pitch_places": "0"})
    assert "开幕" in office.get(url).text
    office.post(f"{url}/cancelled", data={"reason": "台风"})
    assert "已取消" in office.get(url).text


def form(**values):
    return {
        "name": "", "held_on": "2030-05-01", "starts_at": "09:00", "ends_at": "17:00", "venue": "", "seats": "30",
        "meetings_from": "14:00", "slot_minutes": "15", "buffer_minutes": "5", "n_slots": "8", "n_tables": "10",
        "notice": "",
    } | values  # fmt: skip
