"""Every page of the demo, for every role: it answers, fits a phone, and axe finds no serious fault."""

import re
from pathlib import Path
from shutil import copy

import pytest
from axe_playwright_python.sync_playwright import Axe
from sqlalchemy import Engine

from models.session import make_engine

pytestmark = [pytest.mark.journey, pytest.mark.timeout(280), pytest.mark.xdist_group("demo_world")]
_FIRM = "/profile/ /profile/first /profile/submit /profile/certificates /product-lines /financing-needs"
START = {
    "firm": f"{_FIRM} /financing-needs/new /recommendations/ /cases/ /consents/ /chains/ /people /account".split(),
    "bank": ["/loan-products", "/loan-products/new", "/recommended-firms/", "/cases/", "/chains/"],
    "buyer": ["/purchase-needs", "/purchase-needs/new", "/recommended-firms/", "/cases/"],
    "official": ["/desk/", "/pairings/", "/profiles/", "/organizations/", "/roadshows/", "/chains/", "/ledger/"],
    "admin": ["/users", "/account"],
}
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")


@pytest.fixture(scope="module")
def demo_engine(demo_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    path = tmp_path_factory.mktemp("screens") / "demo.sqlite3"
    copy(demo_database, path)
    return make_engine(f"sqlite:///{path}")


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
            for violation in axe.run(page).response["violations"]
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
        own = page.locator("nav, main label, main legend, main th[scope=col], main dt, main h2, main button, .status")
        words = " ".join(text for text in own.all_inner_texts())
        if found := [word for word in _CHINESE.findall(words) if word not in ("中文",)]:
            mixed[path] = found[:5]
    assert mixed == {}
