"""The pages on which chains are kept: what is refused stands beside its field, and two editors both see both."""

from datetime import timedelta

import pytest
from sqlmodel import func, select

from models.base import now
from models.chain import Chain, ChainLink, ChainVersion
from models.chain_office import DeclaredTie, OfficeTerm
from models.firm_placement import FirmPlacement
from tests.factories import (
    actor_of,
    make_chain,
    make_financing_need,
    make_loan_product,
    make_organization,
    make_pairing,
    make_profile,
    make_user,
)
from vocabulary.chains import OfficePost, TieKind
from vocabulary.classifications import ChainPlacement, LinkPosition
from vocabulary.roles import OrganizationKind
from workflows.chain_links import LinkFacts, add_link
from workflows.chains import ChainFacts, found_chain


@pytest.fixture
def joint(session):
    office = make_organization(session, OrganizationKind.JOINT_OFFICE, legal_name="联席办")
    return make_user(session, office, full_name="李协调"), office


@pytest.fixture
def chain(session, joint):
    return found_chain(session, actor_of(*joint), "power", ChainFacts("电力装备", "Power"), why="联席会议决定")


@pytest.fixture
def link(session, joint, chain):
    facts = LinkFacts("铜线", "Wire", LinkPosition.UPSTREAM, products=("裸铜线",), industries=("325",))
    return add_link(session, actor_of(*joint), chain, facts, why="有企业")


@pytest.fixture
def coordinator(sign_in_as, joint):
    return lambda: sign_in_as(joint[0])


@pytest.fixture
def official(session, sign_in_as, chain):
    office = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id, legal_name="电力链办")
    user = make_user(session, office, full_name="王专职")
    return lambda: sign_in_as(user)


def read(session, statement):
    """The only value of a query; the test's transaction ends, so that a request may write."""
    [value] = session.exec(statement).all()
    session.rollback()
    return value


LINK = {"name_zh": "电缆", "name_en": "Cable", "position": "midstream", "why": "新设"}


def test_the_joint_office_founds_a_chain_and_adds_a_link(session, coordinator, chain):
    client = coordinator()
    made = client.post("/chains/new", data={"code": "rail", "name_zh": "轨道", "name_en": "Rail", "why": "新设"})
    assert made.location == "/chains/rail"
    assert client.get("/chains/rail").status_code == 200
    client.post("/chains/rail/add-link", data=LINK)
    assert read(session, select(ChainLink.name_zh).join(Chain).where(Chain.code == "rail")) == "电缆"


def test_refusals_stand_beside_their_fields_and_what_was_typed_stays(coordinator, link):
    page = coordinator().post("/chains/power/add-link", data={"name_zh": "铜线", "products": "独有的产品"})
    assert page.status_code == 422
    for field, words in (
        ("name_zh", "这条链上已有同名的。"), ("name_en", "请填写。"), ("position", "请填写。"), ("why", "请填写。"),
    ):  # fmt: skip
        assert words in page.text.split(f'id="{field}-error"')[1].split("</p>")[0]
    assert "独有的产品" in page.text


def test_the_second_of_two_editors_sees_both_and_may_then_save(session, coordinator, official, link):
    url = f"/chains/power/links/{link.code}/edit"
    first, second = coordinator(), official()
    seen = {"version": "2", "name_en": "Wire", "position": "upstream", "why": "改名", "step": "save"}
    assert first.post(url, data=seen | {"name_zh": "裸铜线"}).status_code == 303
    page = second.post(url, data=seen | {"name_zh": "镀锡铜线"})
    assert page.status_code == 409
    assert "裸铜线" in page.text
    assert "镀锡铜线" in page.text
    again = second.post(url, data=seen | {"name_zh": "镀锡铜线", "version": "3"})
    assert again.status_code == 303
    assert read(session, select(ChainLink.name_zh)) == "镀锡铜线"


def test_old_versions_are_read_by_number_and_by_day(session, coordinator, link, chain):
    client = coordinator()
    old = session.exec(select(ChainVersion).where(ChainVersion.number == 1)).one()
    old.created_at = now() - timedelta(days=30)
    session.add(old)
    session.commit()
    assert "当时还没有环节" in client.get("/chains/power/versions/1").text
    assert "铜线" in client.get("/chains/power/versions/2").text
    day = (now() - timedelta(days=10)).date().isoformat()
    assert client.get(f"/chains/power/versions?on={day}").location == f"/chains/power/versions/1?on={day}"
    early = client.get("/chains/power/versions?on=2001-01-01")
    assert (early.status_code, "这一天之前没有留存版本。" in early.text) == (422, True)
    assert client.get("/chains/power/versions?on=yesterday").status_code == 422
    for number in ("0", "3", "x", "99999999999"):
        assert client.get(f"/chains/power/versions/{number}").status_code == 404


def test_the_office_is_appointed_shown_and_ended(session, coordinator, chain):
    client = coordinator()
    bank_id = make_organization(session, OrganizationKind.BANK, legal_name="湘江银行").id
    session.commit()
    term = {"step": "term", "post": "director", "name": "周主任", "starts_on": "2026-01-01", "why": "任命"}
    assert client.post("/chains/power/office", data=term).status_code == 303
    backing = {
        "step": "backing",
        "bureau": "工信局",
        "lead_bank_id": str(bank_id),
        "version": "2",
        "why": "一主链一银行",
    }
    assert client.post("/chains/power/office", data=backing).status_code == 303
    page = client.get("/chains/power").text
    assert all(words in page for words in ("周主任", "工信局", "湘江银行"))
    stranger = client.post("/chains/power/office", data=term | {"post": "staff", "seconded_from": "没有这家"})
    assert "没有找到，或有多家同名" in stranger.text
    public_id = read(session, select(OfficeTerm.public_id))
    client.post(f"/chains/power/office/{public_id}", data={"ends_on": "2026-06-30", "why": "调任"})
    post, ends_on = read(session, select(OfficeTerm.post, OfficeTerm.ends_on))
    assert (post, ends_on.isoformat()) == (OfficePost.DIRECTOR, "2026-06-30")


def test_merging_shows_first_what_goes_and_the_old_chain_leads_to_its_versions(session, coordinator, link):
    client = coordinator()
    client.post("/chains/new", data={"code": "metal", "name_zh": "有色金属", "name_en": "Metals", "why": "新设"})
    assert "<dt>产业链环节</dt><dd>1</dd>" in client.get("/chains/power/merge").text
    assert client.post("/chains/power/merge", data={"into": "nowhere", "why": "x"}).status_code == 422
    done = client.post("/chains/power/merge", data={"into": "metal", "why": "统筹"})
    assert done.location == "/chains/metal"
    assert "铜线" in client.get("/chains/metal").text
    assert client.get("/chains/power").location == "/chains/power/versions"
    assert "铜线" in client.get("/chains/power/versions/3").text
    assert "/chains/power/versions" in client.get("/chains/").text


def test_splitting_is_looked_at_before_it_is_done(session, coordinator, joint, chain, link):
    add_link(session, actor_of(*joint), chain, LinkFacts("电缆", "Cable", LinkPosition.MIDSTREAM), why="x")
    link_id = link.id
    client = coordinator()
    data = {"links": str(link_id), "code": "wire", "name_zh": "铜线链", "name_en": "Wire chain", "why": "单独推进"}
    preview = client.post("/chains/power/split", data=data | {"step": "preview"})
    assert "将拆出 1 个环节" in preview.text
    assert read(session, select(func.count()).select_from(Chain)) == 1
    assert client.post("/chains/power/split", data=data | {"step": "split"}).location == "/chains/wire"
    assert client.post("/chains/power/split", data={"step": "split", "why": "x"}).status_code == 422


def test_an_official_confirms_guesses_with_a_preview(session, official, chain, link):
    firm = make_organization(session, chain_id=chain.id, short_name="隆源铜业")
    make_profile(session, firm)
    client = official()
    client.post("/chains/power/placements", data={"step": "propose"})
    page = client.get("/chains/power/placements").text
    assert "行业接近" in page
    assert "产品都提到“裸铜线”" in page
    chosen = {"placement": str(read(session, select(FirmPlacement.id)))}
    assert "确认这 1 家" in client.post("/chains/power/placements", data=chosen | {"step": "preview"}).text
    assert "请先选择企业。" in client.post("/chains/power/placements", data={"step": "preview"}).text
    client.post("/chains/power/placements", data=chosen | {"step": "confirm"})
    kind = read(session, select(FirmPlacement.kind).where(FirmPlacement.ended_at.is_(None)))
    assert kind is ChainPlacement.CONFIRMED


def test_an_official_names_a_leader_places_by_hand_and_takes_off(session, official, joint, chain, link):
    other = add_link(session, actor_of(*joint), chain, LinkFacts("电缆", "Cable", LinkPosition.MIDSTREAM), why="x")
    firm = make_organization(session, chain_id=chain.id, short_name="隆源铜业")
    make_profile(session, firm, chain_link_id=link.id)
    place = session.exec(select(FirmPlacement.id)).one()
    code, other_id, public_id = other.code, other.id, firm.public_id
    client = official()
    client.post(
        f"/chains/power/placements/{place}", data={"standing": "leader", "step": "standing", "why": "市政府公布"}
    )
    assert "龙头：隆源铜业" in client.get("/chains/power").text
    assert client.post(f"/chains/power/links/{code}/place", data={}).status_code == 422
    client.post(f"/chains/power/links/{code}/place", data={"organization": public_id})
    assert "同时在另外 1 个环节" in client.get(f"/chains/power/links/{code}").text
    second = read(session, select(FirmPlacement.id).where(FirmPlacement.chain_link_id == other_id))
    url = f"/chains/power/placements/{second}"
    assert client.post(url, data={"step": "off", "standing": "ordinary"}).status_code == 422
    assert client.post(url, data={"step": "off", "standing": "ordinary", "off_why": "已停产"}).status_code == 303
    assert client.get(url).status_code == 404


def test_an_official_of_another_chain_keeps_nothing_here(session, sign_in_as, chain, link):
    other = make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=make_chain(session).id)
    client = sign_in_as(make_user(session, other))
    for url in ("/chains/power/edit", "/chains/power/add-link", "/chains/power/placements"):
        assert client.get(url).status_code == 403


def test_a_tie_is_declared_and_the_page_says_why_somebody_else_decides(session, official, coordinator, chain):
    firm = make_organization(session, chain_id=chain.id, legal_name="金杯电缆有限公司", short_name="金杯电缆")
    bank = make_organization(session, OrganizationKind.BANK)
    pairing = make_pairing(session, make_financing_need(session, firm), make_loan_product(session, bank), chain)
    url, firm_url = f"/pairings/{pairing.public_id}", f"/organizations/{firm.public_id}"
    own, joint = official(), coordinator()
    assert 'name="verdict"' in own.get(url).text
    refused = own.post("/ties/", data={"organization_id": "没有这家", "kind": "seconded_from"})
    assert "没有找到，或有多家同名" in refused.text
    own.post("/ties/", data={"organization_id": "金杯电缆", "kind": "seconded_from", "note": "借调一年"})
    page = own.get(url).text
    assert 'name="verdict"' not in page
    assert "金杯电缆有限公司：从该单位借调" in page
    assert "李协调（联席办）" in page
    deed = {"verdict": "refuse", "reason": "not_suitable", "note": "x"}
    answer = own.post(url, data=deed)
    assert (answer.status_code, "李协调（联席办）" in answer.text) == (403, True)
    assert own.get(firm_url).text.count("您须回避。") == 1
    tie, kind = read(session, select(DeclaredTie.public_id, DeclaredTie.kind))
    assert kind is TieKind.SECONDED_FROM
    assert own.post(f"/ties/{tie}/end", data={"note": "还清"}).status_code == 403
    joint.post(f"/ties/{tie}/end", data={"note": "借调期满"})
    assert 'name="verdict"' in own.get(url).text
