"""A roadshow's report: each figure opens exactly its rows, three forms agree, frozen stays, strangers see nothing."""

import html
import re
from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlmodel import select

from models.base import now
from models.organization import Organization, User
from models.pairing import CaseStep, Pairing
from models.roadshow import RoadshowReport, RoadshowSession
from models.session import open_session
from tests import factories
from tests.officials.test_roadshow_board import Day
from tests.workflows.test_roadshow_effect import World as Compared
from vocabulary.classifications import CaseStepKind, VerdictReason, WishKind
from vocabulary.lifecycles import PairingStatus, ParticipantStatus, RoadshowStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.planning import UnmetCause
from vocabulary.roles import OrganizationKind
from workflows.calendar import today

_FIGURE = re.compile(r'<td class="num" data-label="([^"]*)"><a href="([^"]*/report/rows/[^"]*)">([^<]*)</a></td>')


class Held(Day):
    """Yesterday's roadshow: one firm was on stage, a loan was granted and in part drawn, something is late."""

    def __init__(self, session):
        super().__init__(session)
        self.say("firm", ("firm", "bank"))
        self.say("bank", ("firm", "bank"))
        self.roadshow.held_on = today() - timedelta(days=1)
        self.roadshow.status = RoadshowStatus.HELD
        for name in ("firm", "bank", "rival"):
            self.rows[name].checked_in_at, self.rows[name].checked_in_by_id = now(), self.official.user_id
        item = RoadshowSession(roadshow_id=self.roadshow.id, title="企业路演", starts_at=self.roadshow.starts_at)
        factories._add(session, item, {})
        self.rows["firm"].pitch_session_id = item.id
        guest = factories.make_organization(session, OrganizationKind.BUYER)
        factories.make_participant(session, self.roadshow, guest, status=ParticipantStatus.DECLINED)
        self.roadshow.plan = {"unmet": [self.line("other", "bank", UnmetCause.VETO, WishKind.MUST)]}
        pairing = session.exec(select(Pairing)).one()
        pairing.status, pairing.decided_by_id, pairing.decided_at = PairingStatus.AGREED, self.official.user_id, now()
        pairing.introduced_at, pairing.verdict_reason = now(), VerdictReason.FACTS_VERIFIED
        for kind, amount in ((CaseStepKind.CREDIT_GRANTED, 300), (CaseStepKind.DISBURSED, 120)):
            session.add(
                CaseStep(
                    pairing_id=pairing.id, kind=kind, happened_on=today(), amount_fen=amount * FEN_PER_WAN,
                    recorded_by_id=self.official.user_id, next_step_due_on=today() - timedelta(days=3),
                )
            )  # fmt: skip
        session.flush()
        self.url = f"/roadshows/{self.roadshow.public_id}/report"

    def line(self, one, other, cause, wish):
        rows = self.rows
        return {
            "participant": rows[one].public_id, "partner": rows[other].public_id, "wish": wish.value, "wanted": 1,
            "got": 0, "cause": cause.value,
        }  # fmt: skip

    def name(self, who):
        return self.session.get(Organization, self.actors[who].organization_id).legal_name


@pytest.fixture
def world(session):
    return Held(session)


@pytest.fixture
def client(session, sign_in_as, world):
    return sign_in_as(session.get(User, world.official.user_id))


def _client_of(session, sign_in_as, kind, **values):
    return sign_in_as(session.get(User, factories.make_actor(session, kind, **values).user_id))


def _text(answer):
    """Without the form's key, which each page makes anew."""
    return re.sub(r'name="idempotency_key" value="[^"]*"', "", answer.get_data(as_text=True))


def _page(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return _text(answer)


def _sheets(client, world, query=""):
    book = CalamineWorkbook.from_filelike(BytesIO(client.get(f"{world.url}/xlsx{query}").data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_every_figure_opens_exactly_the_rows_it_counts(client, world):
    figures = _FIGURE.findall(_page(client, world.url))
    assert len(figures) > 20
    for heading, url, text in figures:
        page = _page(client, html.unescape(url))
        n_rows = page.count("<tr>") - page.count("<thead>")
        assert f"共 {n_rows} 条" in page
        if heading == "金额":
            cells = re.findall(r'data-label="金额">([\d,.]+) 万元', page)
            assert f"{sum(float(cell.replace(',', '')) for cell in cells):g} 万元" == text
        else:
            assert n_rows == int(text), url


def test_page_spreadsheet_and_pdf_have_the_same_figures(client, world):
    page, sheets = _page(client, world.url), _sheets(client, world)
    answer = client.get(f"{world.url}/pdf")
    text = "".join(part.extract_text() for part in PdfReader(BytesIO(answer.data)).pages)
    for name in ("到会与上台", "一对一洽谈", "对接"):
        _header, *rows = sheets[name]
        for row in rows:
            numbers = [f"{int(value)}" for value in row[1:]]
            assert re.search(r"\s+".join(map(re.escape, [row[0], *numbers])), text), (name, row)
            if any(row[1:]):
                on_page = re.search(rf'<th scope="row">{row[0]}</th>(.*?)</tr>', page, re.S).group(1)
                assert re.findall(r">(\d+)<", on_page) == numbers, (name, row)
    steps = {row[1]: row[2:] for row in sheets["成效"][1:]}
    assert (steps["授信"], steps["放款"]) == ([1, 300], [1, 120])
    for amount in ("300 万元", "120 万元"):
        assert amount in page
        assert amount in text
    assert "样本不足" in page
    assert "样本不足" in text
    assert sheets["成效对比：上台路演的企业"][1] == ["样本不足", 0, 20]
    assert answer.headers["Content-Disposition"].startswith("attachment;")


def test_attendance_counts_seats_walk_ins_and_no_shows(client, world):
    rows = {row[0]: row[1:] for row in _sheets(client, world)["到会与上台"][1:]}
    assert (rows["到会"], rows["有席位未到"]) == ([3, 1, 2, 0], [1, 1, 0, 0])
    assert (rows["谢绝或退出"], rows["实际上台"]) == ([1, 0, 0, 1], [1, 1, 0, 0])
    meetings = {row[0]: row[1] for row in _sheets(client, world)["一对一洽谈"][1:]}
    assert (meetings["排定"], meetings["实际举行"], meetings["没有举行"], meetings["双方都愿继续"]) == (3, 2, 1, 1)


def test_what_is_late_and_what_was_not_met_stand_in_the_report_without_telling_of_a_veto(client, world):
    sheets = _sheets(client, world)
    assert [row[:2] for row in sheets["逾期未跟进"][1:]] == [[world.name("firm"), world.name("bank")]]
    assert sheets["未能满足的事项"][1:] == [
        [world.name("other"), f"必须见 {world.name('bank')}，未能安排", "原因不公开"]
    ]
    assert "不愿会面</td>" not in _page(client, world.url)


def test_a_frozen_report_stays_while_the_live_one_moves_on(session, client, world, engine):
    answer = client.post(f"{world.url}/freeze", data={"note": "报联席办"})
    frozen = answer.location.partition("?")[2]
    before = _sheets(client, world, f"?{frozen}")
    with open_session(engine) as writing:
        writing.exec(select(CaseStep).where(CaseStep.kind == CaseStepKind.DISBURSED)).one().amount_fen = 5
        writing.get(type(world.rows["firm"]), world.rows["firm"].id).checked_in_at = None
        writing.commit()
    assert _sheets(client, world, f"?{frozen}") == before
    assert _sheets(client, world) != before
    page = _page(client, f"{world.url}?{frozen}")
    assert "数字不再变动" in page
    assert "120 万元" in page
    assert "报联席办" in _page(client, world.url)
    rows = _page(client, f"{world.url}/rows/attendance?mark=came&{frozen}")
    assert "共 3 条" in rows
    with open_session(engine) as reading:
        assert reading.exec(select(RoadshowReport)).one().frozen_by_name == world.official.name


def test_only_the_office_the_joint_office_and_the_auditor_read_a_report(session, sign_in_as, world):
    other_chain = factories.make_chain(session)
    paths = ("", "/rows/attendance", "/pdf", "/xlsx")
    for kind, values, status in (
        (OrganizationKind.CHAIN_OFFICE, {"chain_id": other_chain.id}, 404),
        (OrganizationKind.JOINT_OFFICE, {}, 200),
        (OrganizationKind.AUDIT_OFFICE, {}, 200),
        (OrganizationKind.BANK, {}, 403),
        (OrganizationKind.ENTERPRISE, {"chain_id": world.chain.id}, 403),
    ):
        client = _client_of(session, sign_in_as, kind, **values)
        assert [client.get(world.url + path).status_code for path in paths] == [status] * 4, kind
    nowhere = _client_of(session, sign_in_as, OrganizationKind.CHAIN_OFFICE, chain_id=other_chain.id)
    hidden = _text(nowhere.get(world.url)).replace(world.roadshow.public_id, "nowhere")
    assert hidden == _text(nowhere.get("/roadshows/nowhere/report"))
    assert nowhere.post(f"{world.url}/freeze").status_code == 404
    auditor = _client_of(session, sign_in_as, OrganizationKind.AUDIT_OFFICE)
    assert auditor.post(f"{world.url}/freeze").status_code == 403
    assert world.roadshow.name in _page(auditor, "/roadshow-reports")
    assert world.roadshow.name not in _page(nowhere, "/roadshow-reports")


def test_a_roadshow_not_held_has_no_report_yet_and_unknown_rows_are_not_found(session, client, world, engine):
    assert client.get(f"{world.url}/rows/nothing").status_code == 404
    assert client.get(f"{world.url}/rows/attendance?mark=nothing").status_code == 404
    assert client.get(f"{world.url}?frozen=nothing").status_code == 404
    with open_session(engine) as writing:
        writing.get(type(world.roadshow), world.roadshow.id).status = RoadshowStatus.ANNOUNCED
        writing.commit()
    assert "举办之后才有报告" in _page(client, world.url)
    assert client.get(f"{world.url}/pdf").status_code == 409
    assert client.post(f"{world.url}/freeze").status_code == 409


def test_confidential_figures_of_firms_are_in_no_form(session, client, world):
    firm = session.get(Organization, world.actors["firm"].organization_id)
    factories.make_profile(session, firm, revenue_fen=7_777 * FEN_PER_WAN, contact_phone="10007341234")
    session.commit()
    page = _page(client, world.url)
    sheets = str(_sheets(client, world))
    for secret in ("7777", "7,777", "10007341234"):
        assert secret not in page
        assert secret not in sheets


def test_an_english_reader_gets_an_english_report(client, world):
    client.set_cookie("lang", "en")
    sheets = _sheets(client, world)
    assert list(sheets)[:3] == ["About", "Attendance and stage", "One-to-one meetings"]
    assert "Too few to say" in _page(client, world.url)


def test_enough_firms_give_shares_an_interval_and_a_drawing_and_name_no_other_chain(session, sign_in_as):
    world = Compared(session, n=22)
    for firm in world.group[:15]:
        world.lend(firm, 20)
    client = sign_in_as(session.get(User, world.official.user_id))
    url = f"/roadshows/{world.roadshow.public_id}/report"
    page = _page(client, url)
    assert "同期对比，不代表因果" in page
    assert ">+68.2<" in page
    assert 'class="reach"' in page
    assert page.count("高于相似企业") == 2  # introduced and drawn
    pairs = _page(client, f"{url}/rows/pairs?mark=presented")
    assert world.others[0].legal_name in pairs
    world.roadshow.chain_id = None
    for firm in world.others:
        firm.chain_id = factories.make_chain(session).id
    session.commit()
    joint = _client_of(session, sign_in_as, OrganizationKind.JOINT_OFFICE)
    assert world.others[0].legal_name in _page(joint, f"{url}/rows/pairs?mark=presented")
    world.roadshow.chain_id = world.chain.id
    session.commit()
    own = _page(client, f"{url}/rows/pairs?mark=presented")
    assert world.others[0].legal_name not in own
    assert "（其他产业链的企业）" in own
