"""Two worlds that differ only in what firms filed in confidence: for anybody else they are the same world.

The demo world is copied, and in the copy every confidential figure of other firms is moved to a random place inside
its band, every telephone, name and confidential text replaced. Both are recommended anew. Then an outsider opens every
kind of page and file in both: each answer is the same to the byte, and none holds a planted value in any notation.
"""

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from io import BytesIO
from itertools import zip_longest
from urllib.parse import urljoin, urlsplit

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlalchemy import Engine
from sqlmodel import Session, col, select
from werkzeug.exceptions import HTTPException

from access.sizes import size_of_values
from models.firm_profile import FirmProfile, ProfileDraft, ProfileSubmission
from models.organization import Membership, Organization, User
from models.session import open_session
from tests.databases import Template, copy_of
from tests.security.canaries import Canaries
from vocabulary.lifecycles import RunStatus
from vocabulary.profile_fields import FIELDS, FieldKind, Visibility
from workflows import profiles
from workflows.accounts import DEMO_PASSWORD
from workflows.calendar import today
from workflows.recommendations import refresh_all

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("demo_world")]
SEED = 20261125
OUTSIDERS = ("bank", "buyer", "firm", "official", "auditor", "admin")
_OPEN_TABLES = (
    "outbox_message", "notice", "audit_event", "recommendation", "recommendation_run", "facts_snapshot",
)  # fmt: skip
_PER_KIND = 2
"""How many pages of one kind are opened; of one combination of filters, one."""
_ALL, _SOME = 400, 8
"""The same where one reader looks at everything."""
_CHANGING = re.compile(
    r'name="(?:csrf_token|idempotency_key)" value="[^"]*"|name="key"[^>]*value="[^"]*"|\d\d:\d\d|DTSTAMP:\S+'
    r"|<dd>[\d.]+ [MG]B[^<]*</dd>"
)
"""What differs between two looks at one page: tokens of forms, time of day, sizes of the database and the disk."""
_HREF = re.compile(r'\bhref="([^"#]+)"')
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Worlds:
    """The demo world as it is, and the same with other confidential values in it; both recommended anew."""

    plain: Engine
    planted: Engine
    canaries: Canaries


@pytest.fixture(scope="module")
def up_to_date(demo_database: Template) -> Engine:
    """The demo world as of its last look: what does not change from here on keeps its row and its address."""
    return _recommended(demo_database.copy())


@pytest.fixture(scope="module")
def plain(up_to_date) -> Engine:
    return _recommended(copy_of(up_to_date))


@pytest.fixture(scope="module")
def worlds(up_to_date, plain) -> Callable[[str], Worlds]:
    """Worlds in which nothing was planted that the given person may see."""
    made: dict[bool, Worlds] = {}

    def _worlds(reader: str) -> Worlds:
        is_office = reader == "official"
        if is_office not in made:
            engine = copy_of(up_to_date)
            with open_session(engine) as session:
                canaries = plant(session, spared=_chain_of_office(session) if is_office else _own_firm(session))
                session.commit()
            made[is_office] = Worlds(plain, _recommended(engine), canaries)
        return made[is_office]

    return _worlds


def _recommended(engine: Engine) -> Engine:
    assert {run.status for run in refresh_all(engine, today=today())} == {RunStatus.FINISHED}
    return engine


@pytest.mark.parametrize("outsider", OUTSIDERS)
def test_an_outsider_cannot_tell_the_worlds_apart(app, worlds, outsider):
    two = worlds(outsider)
    there, here = _pages(app, two.planted, outsider), _pages(app, two.plain, outsider)
    assert len(there) > (7 if outsider == "admin" else 15)
    leaks = {url: found for url, text in there.items() if (found := two.canaries.found_in(text))}
    assert leaks == {}
    assert _differences(there, here) == {}


@pytest.mark.slow
def test_a_bank_cannot_tell_forty_pairs_of_firms_of_one_band_apart(app, worlds):
    """Each firm and its twin differ in figures of the same bands; every list, order, file and length is the same."""
    two = worlds("bank")
    there, here = (_pages(app, engine, "bank", per_kind=_ALL, per_filter=_SOME) for engine in (two.planted, two.plain))
    pairs = _firms_that_differ(two)
    shown = {name for name in pairs if any(name in text for text in there.values())}
    assert len(shown) >= 40, f"void: {len(shown)} of {len(pairs)} pairs are shown"
    assert _differences(there, here) == {}


@pytest.mark.slow
def test_the_harness_finds_a_list_in_the_order_of_figures(app, worlds, monkeypatch):
    by_revenue = [col(FirmProfile.revenue_fen).desc()]
    monkeypatch.setattr("access.lists.recommendations._first", lambda _side, _filters: by_revenue)
    two = worlds("bank")
    there, here = (_pages(app, engine, "bank") for engine in (two.planted, two.plain))
    assert _differences(there, here) != {}


def test_what_the_product_says_to_itself_and_others_holds_no_planted_value(worlds):
    """Mails, notices, the ledger, and all that the engine reads or keeps."""
    two = worlds("bank")
    with two.planted.connect() as connection:
        for table in _OPEN_TABLES:
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").fetchall()  # noqa: S608 -- names above
            assert rows
            found = {value: names for row in rows for value in row if (names := two.canaries.found_in(str(value)))}
            assert (table, found) == (table, {})


def test_the_harness_finds_what_an_office_may_see(app, worlds):
    """The same search where it must find something: a harness that sees nothing proves nothing."""
    two = worlds("bank")
    text = "\n".join(_pages(app, two.planted, "official").values())
    assert {"revenue_fen", "contact_phone", "main_customers"} <= two.canaries.found_in(text)


def plant(session: Session, *, spared: set[int]) -> Canaries:
    """Give every firm but the spared ones new confidential values, in the profile, the draft and what was submitted."""
    canaries = Canaries(random.Random(SEED))
    for profile in session.exec(select(FirmProfile).order_by(col(FirmProfile.organization_id))).all():
        if profile.organization_id in spared:
            continue
        old = {field.name: getattr(profile, field.name) for field in FIELDS}
        new = _new_values(canaries, old)
        for name, value in new.items():
            setattr(profile, name, value)
        session.add(profile)
        for table in (ProfileDraft, ProfileSubmission):
            for row in session.exec(select(table).where(table.organization_id == profile.organization_id)).all():
                row.values = row.values | profiles.stored({name: new[name] for name in row.values if name in new})
                session.add(row)
    assert len(canaries.texts) > 500
    return canaries


def _new_values(canaries: Canaries, old: dict[str, object]) -> dict[str, object]:
    """New values that leave the computed size class, which is public, as it is."""
    size = size_of_values(old).size
    for _try in range(50):
        trial = Canaries(canaries.chance)
        new = {
            field.name: trial.value_for(field, old[field.name])
            for field in FIELDS
            if field.visibility is not Visibility.PUBLIC and old[field.name] not in (None, "", [])
            and field.kind not in (FieldKind.CODE, FieldKind.CODES, FieldKind.FLAG)
        }  # fmt: skip
        if size_of_values(old | new).size == size:
            canaries.texts |= trial.texts
            return new
    raise AssertionError("no other figures give the same size class")


def _own_firm(session: Session) -> set[int]:
    """The firm of firm@demo, which reads its own figures."""
    return {_organization(session, "firm").id or 0}


def _chain_of_office(session: Session) -> set[int]:
    """Firms of the chain whose office is official@demo's: the office reads their figures."""
    chain_id = _organization(session, "official").chain_id
    return {id_ for id_ in session.exec(select(Organization.id).where(Organization.chain_id == chain_id)) if id_}


def _organization(session: Session, reader: str) -> Organization:
    statement = select(Organization).join(Membership).join(User).where(User.email == f"{reader}@demo.lianrong.cn")
    return session.exec(statement).one()


def _firms_that_differ(two: Worlds) -> set[str]:
    """Names of the firms whose confidential figures of published bands are not the same in both worlds."""
    banded = [field.name for field in FIELDS if field.visibility is Visibility.BANDED]
    columns = [getattr(FirmProfile, name) for name in banded]
    statement = select(Organization.legal_name, *columns).join(
        FirmProfile, col(FirmProfile.organization_id) == Organization.id
    )
    with open_session(two.plain, read_only=True) as plain, open_session(two.planted, read_only=True) as planted:
        before = {row[0]: tuple(row[1:]) for row in plain.execute(statement)}
        after = {row[0]: tuple(row[1:]) for row in planted.execute(statement)}
    assert before.keys() == after.keys()
    return {name for name, figures in before.items() if figures != after[name]}


def _pages(app, engine: Engine, reader: str, *, per_kind: int = _PER_KIND, per_filter: int = 1) -> dict[str, str]:
    """Address -> text of the pages and files a reader finds by following links, some of each kind.

    In a copy of the world: readings leave lines in the ledger, which the next reader would see.
    """
    app.extensions["engine"] = copy_of(engine)
    client = app.test_client()
    signed_in = client.post("/sign-in", data={"email": f"{reader}@demo.lianrong.cn", "password": DEMO_PASSWORD})
    assert signed_in.status_code in (302, 303)
    found: dict[str, str] = {}
    kinds: Counter[str] = Counter()
    todo = ["/"]
    seen = set(todo)
    while todo:
        url = todo.pop(0)
        rule = _kind(app, url)
        if rule is None or kinds[rule] >= (per_kind if rule.endswith("?") else per_filter):
            continue
        kinds[rule] += 1
        links, text = _open(client, url)
        found[url] = text
        new = [link for link in links if link not in seen]
        seen.update(new)
        todo += new
    return found


def _differences(there: dict[str, str], here: dict[str, str]) -> dict[str, str]:
    """Address -> the first line that is not the same in both worlds."""
    found = {}
    for url in there.keys() | here.keys():
        lines = zip_longest(there.get(url, "").splitlines(), here.get(url, "").splitlines())
        line = next((f"{one} | {other}" for one, other in lines if one != other), None)
        if line is not None:
            found[url] = line[:300]
    return found


def _kind(app, url: str) -> str | None:
    """The endpoint behind an address, and the names of its filters: each combination is a kind of its own."""
    parts = urlsplit(url)
    try:
        endpoint, _values = app.url_map.bind("localhost").match(parts.path)
    except HTTPException:
        return None
    if endpoint in ("static", "vendor.static", "bootstrap.static", "accounts.sign_in"):
        return None
    return endpoint + "?" + "&".join(sorted(pair.partition("=")[0] for pair in parts.query.split("&")))


def _open(client: FlaskClient, url: str) -> tuple[list[str], str]:
    """The links of a page, and what is in a page or file, without what differs from one look to the next."""
    answer = client.get(url, follow_redirects=True)
    assert answer.status_code < 500, url
    links = [urljoin(url, unescape(link)) for link in _HREF.findall(answer.text)] if _is_page(answer) else []
    return [link for link in links if not urlsplit(link).netloc], _CHANGING.sub("", _text(answer))


def _is_page(answer) -> bool:
    return answer.mimetype == "text/html"


def _text(answer) -> str:
    if answer.mimetype == "application/pdf":
        return "\n".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages)
    if answer.mimetype == _SHEET:
        book = CalamineWorkbook.from_filelike(BytesIO(answer.data))
        return "\n".join(str(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names)
    return unescape(answer.text) if _is_page(answer) else answer.text
