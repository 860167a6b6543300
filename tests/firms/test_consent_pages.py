"""Giving a consent: the exact fields in plain words before it is given, its versions, and one button to withdraw."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlmodel import select

from models.pairing import Consent
from models.session import open_session
from tests.factories import make_user
from tests.release_worlds import ReleaseWorld
from vocabulary.classifications import Market
from vocabulary.consents import consented_fields
from vocabulary.roles import Role
from web.common.labels import label
from workflows.calendar import today


def terms(world, **values):
    return {
        "reader": f"{world.reader.public_id}:{world.purpose.value}", "sections": ["basic", "scale", "credit"],
        "ends_on": (today() + timedelta(days=30)).isoformat(), **values,
    }  # fmt: skip


def named_fields(page: str) -> set[str]:
    block = re.search(r'<dl class="facts exact">(.*?)</dl>', unescape(page), re.DOTALL)
    fields = re.findall(r"<dd>(.*?)</dd>", block[1], re.DOTALL)[:-1]
    return {word.strip() for words in fields for word in words.split("、")}


@pytest.mark.parametrize("market", list(Market))
def test_the_page_names_every_field_before_the_consent_and_what_is_given_is_what_was_named(
    engine, sign_in_as, session, market
):
    world = ReleaseWorld(session, market)
    firm = sign_in_as(world.signatory)
    page = firm.get("/consents/review", query_string=terms(world)).text
    expected = {label(name) for name in consented_fields(world.purpose, ["basic", "scale", "credit"])}
    assert named_fields(page) == expected
    assert "衡阳读者单位" in page
    assert (today() + timedelta(days=30)).isoformat() in page
    assert ("不给采购单位" in page) == (market is Market.SUPPLY)
    fields = dict.fromkeys(re.findall(r'<input type="hidden" name="(\w+)"', page))
    given = {name: re.findall(rf'name="{name}" value="([^"]*)"', page) for name in fields if name != "csrf_token"}
    answer = firm.post("/consents/", data=given)
    assert answer.status_code == 303
    assert named_fields(firm.get(answer.headers["Location"]).text) == expected
    with open_session(engine, read_only=True) as reading:
        consent = reading.exec(select(Consent)).one()
    assert {label(name) for name in consent.field_names} == expected


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_given(engine, sign_in_as, session):
    world = ReleaseWorld(session)
    firm = sign_in_as(world.signatory)
    far = (today() + timedelta(days=366)).isoformat()
    for method in (lambda values: firm.get("/consents/review", query_string=values),
                   lambda values: firm.post("/consents/", data=values)):  # fmt: skip
        answer = method(terms(world, ends_on=far, sections=[], documents=["nobodys"]))
        assert answer.status_code == 422
        assert "最长 365 天" in answer.text
        assert "请至少选择一个部分" in answer.text
        assert method({"ends_on": ""}).status_code == 422
    with open_session(engine, read_only=True) as reading:
        assert reading.exec(select(Consent)).all() == []


def test_a_change_is_a_new_version_and_the_old_one_says_so(sign_in_as, session):
    world = ReleaseWorld(session)
    firm = sign_in_as(world.signatory)
    first = firm.post("/consents/", data=terms(world)).headers["Location"]
    second = firm.post("/consents/", data=terms(world, sections=["scale"], documents=[world.shown.public_id]))
    assert "由第 2 版代替" in firm.get(first).text
    page = firm.get(second.headers["Location"]).text
    assert "第 1 版" in page
    assert "专精特新中小企业" in page
    assert "立即撤回" in page
    assert "立即撤回" not in firm.get(first).text


def test_one_button_withdraws_and_says_who_did(sign_in_as, session):
    world = ReleaseWorld(session)
    world.release()
    firm = sign_in_as(world.signatory)
    (address,) = set(re.findall(r'href="(/consents/\w{12})"', firm.get("/consents/").text))
    assert "在用的对接：1" in firm.get("/consents/").text
    assert firm.post(f"{address}/withdraw").status_code == 303
    assert "李明" in firm.get(address).text
    assert "已撤回" in firm.get(address).text
    assert firm.post(f"{address}/withdraw").status_code == 303, "a second click changes nothing"


def test_a_filer_reads_consents_but_gives_none_and_other_firms_see_nothing(sign_in_as, session):
    world, other = ReleaseWorld(session), ReleaseWorld(session)
    consent = world.consent().public_id
    filer = sign_in_as(make_user(session, world.firm, Role.FILER))
    assert filer.get(f"/consents/{consent}").status_code == 200
    assert "立即撤回" not in filer.get(f"/consents/{consent}").text
    assert filer.get("/consents/review", query_string=terms(world)).status_code == 403
    assert filer.post(f"/consents/{consent}/withdraw").status_code == 403
    stranger = sign_in_as(other.signatory)
    assert stranger.get(f"/consents/{consent}").status_code == 404
    assert stranger.post(f"/consents/{consent}/withdraw").status_code == 404


def test_the_form_begins_from_the_version_in_force(sign_in_as, session):
    world = ReleaseWorld(session)
    world.consent(("credit",))
    page = sign_in_as(world.signatory).get(f"/consents/?counterpart={world.reader.public_id}").text
    ticked = re.findall(r'<input (?=[^>]*checked)[^>]*name="sections"[^>]*value="(\w+)"', page)
    assert ticked == ["credit", "contacts"]
