"""Every page of the demo, for every role: it answers, fits a phone, and axe finds no serious fault."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from sqlalchemy import Engine
from sqlmodel import col, select

from models.organization import Organization
from models.posting import Supply
from models.roadshow import Roadshow, RoadshowMeeting
from models.session import open_session
from tests.databases import Template
from vocabulary.lifecycles import RoadshowStatus

pytestmark = [pytest.mark.journey, pytest.mark.timeout(480), pytest.mark.xdist_group("demo_world")]
_FIRM = "/profile/ /profile/first /profile/submit /profile/certificates /product-lines /financing-needs"
_LENDER = "/loan-products /loan-products/new"
_OFFICE = "/desk/ /pairings/ /follow-up/ /handover/"
_OWN = "/account /inbox/ /inbox/settings"
START = {
    "firm": f"{_FIRM} /financing-needs/new /recommendations/ /cases/ /consents/ /chains/ /people {_OWN}".split(),
    "bank": f"{_LENDER} /recommended-firms/ /cases/ /handover/ /visits/ /chains/".split(),
    "buyer": ["/purchase-needs", "/purchase-needs/new", "/recommended-firms/", "/cases/", "/visits/"],
    "official": f"{_OFFICE} /profiles/ /organizations/ /roadshows/ /chains/ /ledger/".split(),
    "admin": ["/users", "/account", "/mails/"],
}
_AXE = {"resultTypes": ["violations"]}
"""What passed is not described: that takes longer than the checks themselves."""
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")


@pytest.fixture(scope="module")
def demo_engine(demo_database: Template) -> Engine:
    return demo_database.copy()


def _deeper(page) -> list[str]:
    """The first row of a list, so that pages of one row are looked at too."""
    links = page.locator("main table tbody th a")
    return [links.first.get_attribute("href")] if links.count() else []


@pytest.mark.parametrize("role", START)
def test_pages_answer_fit_a_phone_and_have_no_serious_fault(demo_engine, serve, open_page, role):
    base = serve(demo_engine)
    page = open_page(base, f"{role}@demo.lianrong.cn", width=390, height=844)
    axe, faults, todo = Axe(), {}, list(START[role])
    for path in todo:
        answer = page.goto(path)
        if answer.status != 200:
            faults[path] = answer.status
            continue
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            faults[path] = "wider than the phone"
        found = [
            (violation["id"], violation["nodes"][0]["html"][:120])
            for violation in axe.run(page, options=_AXE).response["violations"]
            if violation["impact"] in ("serious", "critical")
        ]
        if found:
            faults[path] = found
        if len(todo) < 2 * len(START[role]):
            todo += [link for link in _deeper(page) if link not in todo]
    assert faults == {}


@pytest.mark.parametrize("role", ["firm", "bank", "official"])
def test_english_pages_carry_no_chinese_words_of_ours(demo_engine, serve, open_page, role):
    """Names and texts of the city stay Chinese; headings, labels, buttons and table heads are English."""
    page = open_page(serve(demo_engine), f"{role}@demo.lianrong.cn", language="en")
    mixed = {}
    for path in START[role]:
        page.goto(path)
        own = page.locator(
            "nav, main label, main legend, main th[scope=col], main dt, main h2, main button:not(.like-link), .status"
        )
        words = " ".join(text for text in own.all_inner_texts())
        if found := [word for word in _CHINESE.findall(words) if word not in ("中文",)]:
            mixed[path] = found[:5]
    assert mixed == {}


def _roadshow_paths(engine: Engine, role: str) -> list[str]:
    """Every page of the roadshow of today and of the one that is over; the joint office's own has a public notice."""
    with open_session(engine, read_only=True) as session:
        published = select(Roadshow.public_id).where(Roadshow.version > 0, Roadshow.status != RoadshowStatus.CANCELLED)
        found = session.exec(published.where(col(Roadshow.chain_id).is_not(None)) if role else published).all()
        meeting = session.exec(
            select(RoadshowMeeting.public_id, Roadshow.public_id)
            .join(Roadshow, Roadshow.id == RoadshowMeeting.roadshow_id)
            .join(Supply, Supply.id == RoadshowMeeting.supply_id)
            .join(Organization, Organization.id == Supply.organization_id)
            .where(Organization.short_name == "隆源铜业")
        ).first()
    if role == "official":
        pages = ("", "/participants/", "/participants/invite", "/stage/", "/meetings/", "/day?q=a", "/board/", "/edit")
        return ["/roadshows/new", *(f"/roadshows/{one}{page}" for one in found for page in pages)]
    if role == "":
        return ["/notices/", *(f"/notices/{one}" for one in found)]
    pages = ("", "/wishes", "/schedule", "/badge", "/day", "/material")
    return [f"/visits/{meeting[1]}/meetings/{meeting[0]}", *(f"/visits/{one}{page}" for one in found for page in pages)]


@pytest.mark.parametrize("role", ["official", "firm", ""])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_roadshow_pages_answer_fit_a_phone_and_have_no_serious_fault(demo_engine, serve, open_page, role, language):
    email = f"{role}@demo.lianrong.cn" if role else ""
    page = open_page(serve(demo_engine), email, language=language, width=390, height=844)
    axe, faults = Axe(), {}
    for path in _roadshow_paths(demo_engine, role):
        answer = page.goto(path)
        if answer.status != 200:
            faults[path] = answer.status
            continue
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            faults[path] = "wider than the phone"
        violations = axe.run(page, options=_AXE).response["violations"]
        found = [violation["id"] for violation in violations if violation["impact"] in ("serious", "critical")]
        if found:
            faults[path] = found
        own = page.locator(
            "nav, main label:not(.check, [for^=who-]), main legend:not(.visually-hidden), main th[scope=col], "
            "main h2:not(:has(a)), main button, .status"
        )
        words = " ".join(text for text in own.all_inner_texts())
        if language == "en" and (mixed := [word for word in _CHINESE.findall(words) if word != "中文"]):
            faults[path] = mixed[:5]
    assert faults == {}
