"""The inbox: counted, sorted, opened and read by its owner only; GET changes nothing."""

import re

import pytest
from sqlmodel import select

from models.audit_event import AuditEvent
from models.base import now
from models.notice import Notice, NoticePreference
from models.outbox import OutboxMessage
from models.session import open_session
from tests.factories import (
    make_chain,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_pairing,
    make_roadshow,
    make_user,
)
from vocabulary.events import EventCategory, Frequency
from vocabulary.lifecycles import PairingStatus
from vocabulary.roles import OrganizationKind
from workflows.notifications import queue_to_members


class World:
    """A firm, its person and a pairing that was refused."""

    def __init__(self, session):
        self.session = session
        self.chain = make_chain(session)
        self.firm = make_organization(session, chain_id=self.chain.id)
        self.person = make_user(session, self.firm)
        need = make_financing_need(session, self.firm)
        product = make_loan_product(session, make_organization(session, OrganizationKind.BANK))
        self.pairing = make_pairing(
            session, need, product, self.chain, status=PairingStatus.REFUSED, decided_by_id=self.person.id,
            decided_at=now(), verdict_reason="information_missing", introduced_at=now(),
        )  # fmt: skip

    def tell(self, template="pairing_refused", **values):
        plain = {"demand": "铜线扩产", "supply": "产业链贷"} | values
        queue_to_members(self.session, (self.firm.id,), template=template, values=plain, pairing_id=self.pairing.id)
        self.session.commit()


@pytest.fixture
def world(session):
    return World(session)


@pytest.fixture
def client(world, sign_in_as):
    return sign_in_as(world.person)


def stored(engine):
    with open_session(engine, read_only=True) as session:
        return session.exec(select(Notice).order_by(Notice.id)).all()


def titles(page):
    return re.findall(r"like-link\" type=\"submit\">([^<]+)<", page.text)


def categories(page):
    """Those whose frequency the page lets somebody choose."""
    return re.findall(r'id="(\w+)-0" name="\1" type="radio"', page.text)


def test_an_empty_inbox_says_what_will_appear(client):
    page = client.get("/inbox/")
    assert "还没有消息" in page.text
    assert 'aria-label="消息，没有未读"' in page.text


def test_the_bell_counts_the_unread_on_every_page(client, world):
    world.tell()
    world.tell("consent_requested", counterpart="乙银行")
    page = client.get("/account")
    assert 'aria-label="消息，2 条未读"' in page.text
    assert '<span class="bell-count">2</span>' in page.text


def test_the_unread_come_first_and_a_kind_can_be_chosen(client, world, engine):
    world.tell()
    world.tell("consent_requested", counterpart="乙银行")
    _first, second = stored(engine)
    client.post(f"/inbox/{second.public_id}/read")
    assert titles(client.get("/inbox/")) == ["对接未获推荐", "请考虑授权"]
    assert titles(client.get("/inbox/?category=consents")) == ["请考虑授权"]
    assert "这一类还没有消息" in client.get("/inbox/?category=roadshows").text
    assert titles(client.get("/inbox/?category=nonsense")) == ["对接未获推荐", "请考虑授权"]


def test_a_notice_is_composed_in_the_language_of_the_reader(client, world):
    world.tell()
    client.set_cookie("lang", "en")
    page = client.get("/inbox/")
    assert titles(page) == ["A pairing was not recommended"]
    assert "“铜线扩产”" in page.text


def test_reading_the_list_marks_nothing_read(client, world, engine):
    world.tell()
    client.get("/inbox/")
    assert [row.read_at for row in stored(engine)] == [None]
    assert client.get(f"/inbox/{stored(engine)[0].public_id}/open").status_code == 405


def test_opening_goes_to_the_thing_and_marks_it_read(client, world, engine):
    world.tell()
    answer = client.post(f"/inbox/{stored(engine)[0].public_id}/open")
    assert (answer.status_code, answer.location) == (303, f"/cases/{world.pairing.public_id}")
    assert stored(engine)[0].read_at is not None
    assert client.get(answer.location).status_code == 200


def test_a_thing_that_may_no_longer_be_seen_is_said_so(client, world, engine):
    world.tell("roadshow", event="announced", roadshow="nosuchshow22")
    answer = client.post(f"/inbox/{stored(engine)[0].public_id}/open", data={"category": "roadshows"})
    assert answer.location == "/inbox/?category=roadshows"
    page = client.get(answer.location)
    assert "不再对您开放" in page.text
    assert stored(engine)[0].read_at is not None


def test_the_notice_of_a_roadshow_leads_to_it(client, world, engine):
    roadshow = make_roadshow(world.session, world.chain)
    world.tell("roadshow", event="announced", roadshow=roadshow.public_id)
    answer = client.post(f"/inbox/{stored(engine)[0].public_id}/open")
    assert answer.location == f"/visits/{roadshow.public_id}"


def test_another_persons_notice_does_not_exist(world, engine, sign_in_as):
    world.tell()
    other = sign_in_as(make_user(world.session, world.firm))
    notice = stored(engine)[0]
    assert [other.post(f"/inbox/{notice.public_id}/{step}").status_code for step in ("open", "read")] == [404, 404]
    other.post("/inbox/read")
    assert stored(engine)[0].read_at is None


def test_a_notice_of_an_event_that_is_gone_does_not_break_the_page(client, world, engine):
    world.tell()
    notice = world.session.exec(select(Notice)).one()
    notice.event = "an_event_of_another_version"
    world.session.add(notice)
    world.session.commit()
    assert "还没有消息" in client.get("/inbox/").text


def test_all_of_a_kind_are_marked_read(client, world, engine):
    world.tell()
    world.tell("consent_requested", counterpart="乙银行")
    client.post("/inbox/read", data={"category": "consents"})
    assert [row.read_at is None for row in stored(engine)] == [True, False]
    client.post("/inbox/read")
    assert [row.read_at is None for row in stored(engine)] == [False, False]


def test_a_long_inbox_has_pages_and_a_read_mark_leads_back_to_the_same(client, world, engine):
    for _n in range(51):
        world.tell()
    assert len(titles(client.get("/inbox/"))) == 50
    assert len(titles(client.get("/inbox/?page=2"))) == 1
    answer = client.post(f"/inbox/{stored(engine)[0].public_id}/read", data={"page": "2", "category": ""})
    assert answer.location == "/inbox/?page=2"


def test_a_saved_choice_says_what_will_come_and_is_kept(client, world, engine, session):
    page = client.get("/inbox/settings")
    assert "对方撤回授权" in page.text
    assert "不能关闭" in page.text
    choices = dict.fromkeys(categories(page), "at_once") | {"pairings": "daily", "roadshows": "off"}
    answer = client.post("/inbox/settings", data=choices)
    assert answer.status_code == 303
    page = client.get("/inbox/settings")
    assert "每天 8:00 汇总一封：对接审定" in page.text
    assert "只在站内显示：路演" in page.text
    kept = {row.category: row.frequency for row in session.exec(select(NoticePreference)).all()}
    assert (kept[EventCategory.PAIRINGS], kept[EventCategory.ROADSHOWS]) == (Frequency.DAILY, Frequency.OFF)
    assert "notice_preferences_changed" in session.exec(select(AuditEvent.action)).all()


def test_a_choice_that_does_not_exist_is_refused(client, session):
    assert client.post("/inbox/settings", data={"pairings": "hourly"}).status_code == 422
    assert session.exec(select(NoticePreference)).all() == []


def test_switching_off_takes_what_waits_out_of_the_daily_mail(client, world, engine):
    names = categories(client.get("/inbox/settings"))
    client.post("/inbox/settings", data=dict.fromkeys(names, "daily"))
    world.tell()
    assert stored(engine)[0].frequency is Frequency.DAILY
    client.post("/inbox/settings", data=dict.fromkeys(names, "off"))
    assert stored(engine)[0].frequency is Frequency.OFF
    with open_session(engine, read_only=True) as session:
        assert session.exec(select(OutboxMessage)).all() == []
