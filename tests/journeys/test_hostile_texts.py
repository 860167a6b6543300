"""What a firm writes is shown as it wrote it, wherever it is read: on pages, in mails, in PDFs and spreadsheets.

One firm of the demo world wrote 25 kinds of script, template, mail header, formula and address into every text it has,
past all forms. Officials, a bank, a buyer and the firm itself then read, also in a real browser.
"""

import re
from collections import Counter
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from urllib.parse import urljoin, urlsplit
from urllib.request import urlopen

import openpyxl
import pytest
from flask_mailman import EmailMessage
from pypdf import PdfReader
from sqlmodel import select
from werkzeug.exceptions import HTTPException

from models.organization import User
from models.outbox import OutboxMessage
from models.session import open_session
from tests.security.hostile_texts import MARK, listener, names, payloads, plant
from web.common import mail
from workflows.accounts import DEMO_PASSWORD

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("demo_world")]
_HREF = re.compile(r'\bhref="([^"#]+)"')
_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
READERS = ("official", "bank", "buyer", "firm", "coordinator")
_MOST_PAGES = 90
_TAGS = ("script", "iframe", "svg", "img", "form", "link", "meta", "base", "math")


class _Elements(HTMLParser):
    """Elements and attributes of a page, as a browser would find them, that carry a payload as anything but text."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port, self.faults = str(port), []

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            is_reached = name in ("src", "action", "srcdoc", "data") and (MARK in (value or ""))
            is_link = name == "href" and re.match(rf"\s*(javascript|data|http://127\.0\.0\.1:{self.port})", value or "")
            if name.startswith("on") or is_reached or is_link:
                self.faults.append((tag, name, value))


@pytest.fixture(scope="module")
def hostile(built_app, demo_database):
    """The planted world: engine, what was planted, port and requests of the listener."""
    engine = demo_database.copy()
    with listener() as (port, asked):
        with open_session(engine) as session:
            planted = plant(session, port)
            session.commit()
        before = built_app.extensions["engine"]
        built_app.extensions["engine"] = engine
        yield engine, planted, port, asked
        built_app.extensions["engine"] = before
    engine.dispose()


@pytest.fixture(scope="module")
def answers(built_app, hostile):
    """Reader -> address -> answer, of what each finds by following links, one of each kind of page and file."""
    found = {}
    for reader in READERS:
        client = built_app.test_client()
        client.post("/sign-in", data={"email": f"{reader}@demo.lianrong.cn", "password": DEMO_PASSWORD})
        found[reader] = _walk(built_app, client)
    return found


def _walk(app, client):
    found, kinds, todo, seen = {}, Counter(), ["/"], {"/"}
    while todo and len(found) < _MOST_PAGES:
        url = todo.pop(0)
        kind = _kind(app, url)
        if kind is None or kinds[kind] >= 2 or (kinds[kind] and MARK in found.get(f"first {kind}", "")):
            continue
        kinds[kind] += 1
        answer = client.get(url, follow_redirects=True)
        found[url] = answer
        if answer.mimetype == "text/html":
            links = [urljoin(url, unescape(link)) for link in _HREF.findall(answer.text)]
            new = [link for link in links if not urlsplit(link).netloc and link not in seen]
            seen.update(new)
            todo += new
    return found


def _kind(app, url):
    try:
        endpoint, _values = app.url_map.bind("localhost").match(urlsplit(url).path)
    except HTTPException:
        return None
    return None if endpoint.endswith("static") else endpoint


def _pages(answers, mimetype="text/html"):
    return {(reader, url): answer for reader, found in answers.items() for url, answer in found.items()
            if answer.mimetype == mimetype}  # fmt: skip


def test_every_payload_was_written_and_is_read_by_each_reader(hostile, answers):
    _engine, planted, port, _asked = hostile
    assert planted.used == set(payloads(port))
    assert planted.n_texts > 60
    shown = Counter(reader for (reader, _url), answer in _pages(answers).items() if MARK in answer.text)
    assert all(shown[reader] >= 2 for reader in READERS), shown


def test_no_payload_is_an_element_an_attribute_or_a_link_of_a_page(hostile, answers):
    _engine, _planted, port, _asked = hostile
    faults = {}
    for where, answer in _pages(answers).items():
        assert answer.status_code < 500, where
        parser = _Elements(port)
        parser.feed(answer.text)
        bad: list[object] = list(parser.faults)
        bad += [raw for raw in payloads(port) if raw.startswith("<") and raw in answer.text]
        if bad or f"49{MARK}" in answer.text:
            faults[where] = bad[:3]
    assert faults == {}


def test_no_answer_carries_a_header_that_somebody_wrote(answers):
    for where, answer in {**_pages(answers), **_pages(answers, "application/pdf"), **_pages(answers, _SHEET)}.items():
        assert "Bcc" not in answer.headers, where
        assert not any("\r" in value or "\n" in value for value in answer.headers.values()), where


def test_spreadsheets_hold_the_payloads_as_text(answers):
    books = _pages(answers, _SHEET)
    assert len(books) >= 3
    n_texts, wrong = 0, []
    for where, answer in books.items():
        for sheet in openpyxl.load_workbook(BytesIO(answer.data)).worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    n_texts += MARK in str(cell.value)
                    if cell.data_type == "f" or (cell.hyperlink and not cell.hyperlink.location):
                        wrong.append((where, sheet.title, cell.coordinate))
    assert wrong == []
    assert n_texts > 0


def test_pdfs_hold_the_payloads_as_text_and_do_nothing(answers):
    papers = _pages(answers, "application/pdf")
    assert len(papers) >= 2
    texts = ""
    for answer in papers.values():
        assert not re.search(rb"/(JavaScript|Launch|URI)\b", answer.data)
        texts += "".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages)
    assert MARK in texts
    assert "root:" not in texts


def test_mails_hold_the_payloads_in_their_body_and_one_line_of_subject(built_app, hostile):
    engine, planted, _port, _asked = hostile
    with open_session(engine, read_only=True) as session:
        messages = session.exec(select(OutboxMessage)).all()
        evil = names(session, planted.firm_id)
    n_marked = 0
    with built_app.test_request_context():
        for message in messages:
            for evil in payloads(1):
                values = {
                    key: evil if isinstance(value, str) and MARK in value else value
                    for key, value in message.values.items()
                }
                if values == message.values and evil != payloads(1)[0]:
                    continue
                try:
                    subject, body = mail.compose(message.template, "zh", values)
                except KeyError:
                    continue
                n_marked += MARK in subject + body
                raw = EmailMessage(subject, body, "a@example.org", ["b@example.org"]).message()
                assert not {"bcc", "cc"} & {name.lower() for name in raw}, message.template
                assert raw.get_all("Subject") == [raw["Subject"]]
                assert "\n" not in subject
                assert raw.get_content_type() == "text/plain"
    assert n_marked > 20


def test_the_server_asked_for_none_of_the_addresses(hostile, answers):
    _engine, _planted, port, asked = hostile
    assert asked == []
    with urlopen(f"http://127.0.0.1:{port}/heard") as answer:
        assert answer.status == 204
    assert asked == ["/heard"], "the listener does hear"
    asked.clear()


@pytest.mark.journey
@pytest.mark.parametrize("reader", ["official", "bank", "buyer"])
def test_a_real_browser_runs_none_of_it(hostile, answers, serve, open_page, reader):
    engine, _planted, _port, asked = hostile
    page = open_page(serve(engine), f"{reader}@demo.lianrong.cn")
    dialogs = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    marked = [url for (who, url), answer in _pages(answers).items() if who == reader and MARK in answer.text]
    for url in marked[:7]:
        page.goto(url)
    assert len(marked) >= 2
    assert dialogs == []
    assert asked == []


def test_the_person_who_wrote_it_is_still_there(hostile):
    engine, _planted, _port, _asked = hostile
    with open_session(engine, read_only=True) as session:
        assert MARK in session.exec(select(User.full_name).where(User.email == "firm@demo.lianrong.cn")).one()
