"""Demo, test and live are kept apart: what leaves a demo or a test environment says so, and only the demo world's own
builder can write a row of the demo. That none starts over the other's database: `tests/faults/test_starting.py`."""

import re
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, select

from models.apart import marked_tables
from models.organization import Organization, User, UserSession
from models.session import unit_of_work
from tests.factories import make_chain, make_organization, make_user
from tests.web.test_papers import _paper
from vocabulary.roles import OrganizationKind
from web.common.identity import token_digest
from web.common.papers import pdf

pytestmark = pytest.mark.xdist_group("demo_world")
ROOT = Path(__file__).parents[2]
_MARKS = {"demo": "演示", "test": "测试", "production": ""}


@pytest.fixture(params=_MARKS)
def environment(app, request, monkeypatch):
    settings = app.config["SETTINGS"].model_copy(update={"environment": request.param, "second_factor_required": False})
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    return request.param


@pytest.fixture
def official(session, sign_in_as):
    chain = make_chain(session)
    make_organization(session, chain_id=chain.id)
    return sign_in_as(make_user(session, make_organization(session, OrganizationKind.CHAIN_OFFICE, chain_id=chain.id)))


def _named(answer):
    return unquote(answer.headers.get("Content-Disposition", "").partition("UTF-8''")[2])


def test_every_list_of_the_demo_world_that_is_exported_says_so(built_app, demo_database, monkeypatch):
    """Every address without an id, asked for as a file by seven roles."""
    settings = built_app.config["SETTINGS"].model_copy(update={"environment": "demo"})
    monkeypatch.setitem(built_app.config, "SETTINGS", settings)
    engine = demo_database.copy()
    monkeypatch.setitem(built_app.extensions, "engine", engine)
    names = {}
    for who in ("official", "coordinator", "auditor", "admin", "bank", "buyer", "firm"):
        client = _signed_in(built_app, engine, who)
        for rule in built_app.url_map.iter_rules():
            if "GET" in rule.methods and not rule.arguments:
                answer = client.get(f"{rule.rule}?export=csv")
                if answer.headers.get("Content-Disposition"):
                    names[who, rule.rule] = _named(answer)
    engine.dispose()
    assert len({address for _who, address in names}) >= 15, "there is something to export"
    assert {where: name for where, name in names.items() if not name.startswith("演示-")} == {}


def _signed_in(app, engine, who):
    with unit_of_work(engine) as session:
        user = session.exec(select(User).where(User.email == f"{who}@demo.lianrong.cn")).one()
        session.add(UserSession(token_digest=token_digest(f"token-{who}"), user_id=user.id))
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = f"token-{who}", True
    return client


def test_a_spreadsheet_says_where_it_comes_from_and_in_production_nothing(environment, official):
    answer = official.get("/organizations/?export=xlsx")
    mark = _MARKS[environment]
    assert _named(answer).startswith(f"{mark}-" if mark else "单位核验")
    about = CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert about[2][0] == (f"链融（{mark}）" if mark else "链融")


def test_every_page_of_a_report_says_where_it_comes_from(app, environment):
    with app.test_request_context():
        pages = [page.extract_text() for page in PdfReader(BytesIO(pdf(_paper()))).pages]
    mark = _MARKS[environment]
    assert len(pages) > 1
    assert [f"链融（{mark}）" in text for text in pages] == [bool(mark)] * len(pages)


def test_every_page_says_so_too(environment, official):
    banners = re.findall(r'class="demo-strip">([^<]+)<', official.get("/organizations/").text)
    assert [text[:4] for text in banners] == ([f"{_MARKS[environment]}环境"] if _MARKS[environment] else [])


def test_only_the_builder_of_the_demo_world_writes_rows_of_it():
    marked = [table.name for table in SQLModel.metadata.tables.values() if "is_demo" in table.c]
    assert {"organization", "user", "demand", "supply", "office_report", "roadshow"} <= set(marked)
    writing = re.compile(r"\bis_demo\s*=\s*True|\bis_demo['\"]:\s*True|\.is_demo\s*=[^=]")
    rooms = ("access", "cli", "jobs", "matchmaking", "models", "web", "workflows")
    found = {path for room in rooms for path in (ROOT / room).rglob("*.py") if writing.search(path.read_text())}
    assert found
    assert [path.name for path in found if not path.name.startswith("demo_") or path.parent.name != "cli"] == []


@pytest.mark.parametrize("table", marked_tables())
def test_a_live_city_takes_no_row_of_the_demo_whoever_writes_it(session, engine, table):
    """By plain SQL, in a database in use, as another program or a restore by hand would: new rows, and rows made so."""
    make_organization(session)
    session.commit()
    mark = {"is_demo": True, "id": 999}
    rows = SQLModel.metadata.tables[table]
    with pytest.raises(IntegrityError, match="takes no row of the demo"), engine.begin() as connection:
        connection.execute(rows.insert().values(mark))
    chain = make_chain(session)
    planted = {"organization": make_organization(session), "user": make_user(session), "chain": chain}
    if (row := planted.get(table)) is not None:
        session.commit()
        with pytest.raises(IntegrityError, match="takes no row of the demo"), engine.begin() as connection:
            connection.execute(rows.update().where(rows.c.id == row.id).values(is_demo=True))


def test_the_demo_world_takes_its_rows_and_those_of_who_registers_there(session):
    make_organization(session, is_demo=True)
    make_organization(session)
    make_organization(session, is_demo=True)
    session.commit()
    assert sorted(session.exec(select(Organization.is_demo)).all()) == [False, True, True]
