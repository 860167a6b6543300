"""Reports on screen: every figure opens its rows, files say what the page says, what was kept stays as it was."""

import re
from datetime import date
from html import unescape
from io import BytesIO

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlmodel import select

from models.firm_placement import FirmPlacement
from models.office_report import OfficeReport, OfficeReportFile
from models.organization import Membership, Organization, User
from models.pairing import CaseStep
from models.project import Project
from models.session import open_session
from tests import factories
from tests.report_worlds import EVIL, ask, confirmed, make_all, make_report_world
from vocabulary.chains import FirmStanding
from vocabulary.classifications import CaseStepKind, Market
from vocabulary.lifecycles import ProjectStatus
from vocabulary.money import FEN_PER_WAN
from vocabulary.office_reports import OfficeReportKind, OfficeReportStatus, ReportForm, ReportStep
from vocabulary.roles import OrganizationKind
from workflows import office_reports
from workflows.calendar import today

_FIGURE = re.compile(r'<a href="(/reports/[^"]+/rows/[^"]*)">([^<]+)</a>')
_TOTAL = re.compile(r"共 ([\d,]+) 条|total ([\d,]+)|([\d,]+) in all")


@pytest.fixture
def world(session):
    return make_report_world(session)


@pytest.fixture
def client(world, sign_in_as):
    return sign_in_as(world.official)


def _made(session, app, engine, actor, **values):
    report = ask(session, actor, **values)
    assert make_all(app, engine) == 1
    session.expire_all()
    return session.exec(select(OfficeReport).where(OfficeReport.id == report.id)).one()


def _n_rows(client, url):
    """All rows that an address opens, counted over its pages; and the sums it states."""
    n, number, sums = 0, 1, ""
    while True:
        text = client.get(url + ("&" if "?" in url else "?") + f"page={number}").text
        n += text.count('<th scope="row">')
        sums = text
        if 'rel="next"' not in text:
            return n, sums
        number += 1


def _check_figures(client, page_url):
    """Click each figure of a report; returns how many there are."""
    figures = _FIGURE.findall(client.get(page_url).text)
    for url, words in figures:
        n, text = _n_rows(client, unescape(url))
        if re.fullmatch(r"[\d,]+", words):
            assert n == int(words.replace(",", "")), url
        elif "看全部" not in words and "Show all" not in words:
            assert n > 0
            assert words in text, f"the sum {words} is not stated by {url}"
        else:
            assert str(n) in words.replace(",", "")
    return len(figures)


def test_every_figure_opens_exactly_its_rows(app, engine, session, world, client):
    report = _made(session, app, engine, world.by_official)
    assert _check_figures(client, f"/reports/{report.public_id}") == 8


def test_the_same_address_opens_the_same_rows_in_english(app, engine, session, world, client):
    report = _made(session, app, engine, world.by_official)
    figures = _FIGURE.findall(client.get(f"/reports/{report.public_id}").text)
    client.set_cookie("lang", "en")
    for url, words in figures:
        if words.isdecimal():
            assert _n_rows(client, unescape(url))[0] == int(words), url


@pytest.mark.parametrize("email", ["official@demo.lianrong.cn", "coordinator@demo.lianrong.cn"])
@pytest.mark.xdist_group("demo_world")
def test_every_figure_of_the_demo_world_opens_exactly_its_rows(built_app, demo_database, email):
    engine = demo_database.copy()
    before, built_app.extensions["engine"] = built_app.extensions.get("engine"), engine
    try:
        with open_session(engine) as session:
            user = session.exec(select(User).where(User.email == email)).one()
            token = _signed_in(session, user)
            office = session.exec(select(Membership.organization_id).where(Membership.user_id == user.id)).one()
            reports = session.exec(
                select(OfficeReport.public_id).where(
                    OfficeReport.organization_id == office, OfficeReport.status == OfficeReportStatus.DONE
                )
            ).all()
        client = built_app.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        assert sum(_check_figures(client, f"/reports/{public_id}") for public_id in reports) > 20
    finally:
        built_app.extensions["engine"] = before
        engine.dispose()


def _signed_in(session, user):
    from models.organization import UserSession
    from web.common.identity import token_digest

    session.add(UserSession(token_digest=token_digest("demo-report"), user_id=user.id))
    session.commit()
    return "demo-report"


def _cells(text):
    """The page's tables as rows of plain words."""
    rows = re.findall(r"<tr>(.*?)</tr>", text, re.S)
    strip = re.compile(r"<[^>]+>")
    return [
        [unescape(strip.sub("", cell)).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)]
        for row in rows
    ]


def test_spreadsheet_and_pdf_say_what_the_page_says(app, engine, session, world, client):
    report = _made(session, app, engine, world.by_official)
    page = _cells(client.get(f"/reports/{report.public_id}").text)
    book = CalamineWorkbook.from_filelike(BytesIO(client.get(f"/reports/{report.public_id}/files/xlsx").data))
    sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    overview = sheets["五单概览"]
    assert overview[0][:4] == ["产业链", "链办负责人", "在建项目", "在建计划总投资（万元）"]
    assert overview[1] == ["有色金属", "未设链办", 2.0, 20_000.0, "", 1.0, 1.0, 0.0, 0.0, 1.0, 0.0]
    assert ["有色金属", "未设链办", "2", "2 亿元", "—", "1", "1", "0", "0", "1", "0"] in page
    pdf = PdfReader(BytesIO(client.get(f"/reports/{report.public_id}/files/pdf").data))
    text = "".join(sheet.extract_text() for sheet in pdf.pages)
    assert "未设链办 2 2 亿元 — 1 1 0 0 1 0" in " ".join(text.split())
    for name, cell in (
        ("在建重大项目清单", "铜杆项目"),
        ("招商引资重点项目清单", "招商项目"),
        ("重点问题清单", "缺地"),
    ):
        assert cell in [row[0] for row in sheets[name]]
        assert cell in text
    about = [cell for row in sheets["关于本表"] for cell in row]
    assert {"筛选", "制表时间", world.official.full_name, world.office.legal_name} <= set(about)


def test_a_firms_name_is_never_a_formula_and_codes_keep_their_zeros(app, engine, session, world, client):
    report = _made(session, app, engine, world.by_official)
    file = client.get(f"/reports/{report.public_id}/files/xlsx").data
    rows = CalamineWorkbook.from_filelike(BytesIO(file)).get_sheet_by_name("附：链上企业").to_python()
    assert rows[1][0] == EVIL
    assert "091430400MA4L16JQ9" in rows[1]


def test_bad_input_is_said_in_words(app, engine, session, world, client):
    """A project without amount, a target of 0, a chain without office, a chain without links."""
    empty = factories.make_chain(session, name_zh="空链")
    report = _made(session, app, engine, world.by_coordinator)
    text = "".join(" ".join(row) for row in _texts_of(app, session, report))
    assert "未填总投资，无法亮灯" in text
    assert "未设目标，不评" in text
    assert "未设链办" in text
    assert f"{empty.name_zh}" in text
    assert "尚无环节" in text


def _texts_of(app, session, report):
    from access.lists.office_reports import kept
    from web.common.frozen_papers import thaw

    paper = thaw(kept(session, report, ReportForm.CONTENT), "zh")
    with app.test_request_context():
        return [row for section in paper.sections for row in section.texts()]


def test_a_frozen_report_stays_as_it_was(app, engine, session, world, client):
    report = _made(session, app, engine, world.by_official)
    url = f"/reports/{report.public_id}"
    page, file = client.get(url).text, client.get(f"{url}/files/pdf").data
    project = session.exec(select(Project).where(Project.name == "铜杆项目")).one()
    project.name, project.status = "改名项目", ProjectStatus.UNDER_CONSTRUCTION
    project.construction_on = today()
    session.add(project)
    session.commit()
    assert _cells(client.get(url).text) == _cells(page)
    assert client.get(f"{url}/files/pdf").data == file
    newer = _made(session, app, engine, world.by_official)
    assert "改名项目" in client.get(f"/reports/{newer.public_id}").text
    assert newer.public_id in client.get(url).text, "the older one names the newer one"
    assert url in client.get(f"/reports/{newer.public_id}").text


def test_content_that_was_tampered_with_is_not_shown(app, engine, session, world, client):
    report = _made(session, app, engine, world.by_official)
    row = session.exec(
        select(OfficeReportFile).where(
            OfficeReportFile.report_id == report.id, OfficeReportFile.form == ReportForm.CONTENT
        )
    ).one()
    row.content = row.content[:-1] + bytes([row.content[-1] ^ 1])
    session.add(row)
    session.commit()
    answer = client.get(f"/reports/{report.public_id}")
    assert answer.status_code == 500
    assert "报告内容与定稿时不一致" in answer.text


def test_the_other_language_is_made_from_the_same_content(app, engine, session, world, client):
    report = _made(session, app, engine, world.by_official)
    client.set_cookie("lang", "en")
    text = "".join(
        sheet.extract_text()
        for sheet in PdfReader(BytesIO(client.get(f"/reports/{report.public_id}/files/pdf").data)).pages
    )
    assert "List of major projects under way" in text
    assert "铜杆项目" in text


def test_the_map_is_drawn_and_kept(app, engine, session, world, client):
    report = _made(session, app, engine, world.by_official)
    (url,) = set(re.findall(r'src="(/reports/[^"]+\.svg)"', client.get(f"/reports/{report.public_id}").text))
    answer = client.get(url)
    assert answer.mimetype == "image/svg+xml"
    assert "铜线" in answer.text
    assert client.get(url.replace("/6.svg", "/2.svg")).status_code == 404


def test_progress_is_shown_step_by_step(app, engine, session, world, client):
    report = ask(session, world.by_official)
    url = f"/reports/{report.public_id}"
    waiting = client.get(url)
    assert "排在队里" in waiting.text
    assert f'hx-get="{url}"' in waiting.text, "with scripts the page looks again"
    assert '<noscript><meta http-equiv="refresh"' in waiting.text, "without, it loads again"
    office_reports.claim(session, report)
    office_reports.say_step(session, report.id, report.attempts, ReportStep.PROMOTION, 2)
    session.commit()
    text = _without_key(client.get(url).text)
    assert "第 3 步，共 9 步：招商引资重点项目清单" in text
    assert 'max="9" value="2"' in text
    assert _without_key(client.get(url, headers={"HX-Request": "true"}).text) == text
    assert client.get(f"{url}/files/pdf").status_code == 404


def _without_key(page):
    """The key of each form on a page is made anew for every page, its token every second."""
    return re.sub(r'name="(idempotency_key|csrf_token)" value="[^"]*"', "", page)


def test_nobody_reads_another_offices_report(app, engine, session, world, sign_in_as):
    report = _made(session, app, engine, world.by_official)
    other = factories.make_organization(
        session, OrganizationKind.CHAIN_OFFICE, chain_id=factories.make_chain(session).id
    )
    stranger = sign_in_as(factories.make_user(session, other))
    url = f"/reports/{report.public_id}"
    for path in ("", "/rows/2", "/files/pdf", "/files/xlsx", "/drawings/6.svg"):
        assert stranger.get(url + path).status_code == 404, path
    assert stranger.post(f"{url}/again").status_code == 404
    assert report.public_id not in stranger.get("/reports/").text


def test_addresses_of_rows_that_are_not_there_are_not_found(app, engine, session, world, client):
    report = _made(session, app, engine, world.by_official)
    for path in ("/rows/99", "/rows/x", "/rows/2?c99=0", "/rows/2?c0=99", "/rows/2?cx=1", "/files/exe"):
        assert client.get(f"/reports/{report.public_id}{path}").status_code == 404, path


def test_a_ledger_of_a_period_has_its_pairings_dates_and_sums(app, engine, session, world, client):
    pairing = confirmed(session, world, proposed_at=_at("2026-03-02"))
    confirmed(session, world, proposed_at=_at("2026-05-02"))
    for kind, day, amount in (
        (CaseStepKind.VISIT, "2026-03-05", None), (CaseStepKind.CREDIT_GRANTED, "2026-03-20", 500),
        (CaseStepKind.DISBURSED, "2026-03-25", 200), (CaseStepKind.DISBURSED, "2026-04-02", 100),
    ):  # fmt: skip
        session.add(
            CaseStep(
                pairing_id=pairing.id, kind=kind, happened_on=date.fromisoformat(day),
                amount_fen=amount * FEN_PER_WAN if amount else None, recorded_by_id=world.official.id,
            )
        )  # fmt: skip
    session.commit()
    report = _made(
        session, app, engine, world.by_official, kind=OfficeReportKind.CASE_LEDGER,
        starts_on=date(2026, 3, 1), ends_on=date(2026, 3, 31), filters={"market": Market.FINANCE.value},
    )  # fmt: skip
    assert _check_figures(client, f"/reports/{report.public_id}") == 4
    (row,) = [row for row in _cells(client.get(f"/reports/{report.public_id}").text) if "2026-03-02" in row]
    assert row[7:12] == ["2026-03-05", "2026-03-20", "500 万元", "200 万元", "—"]
    assert row[-1] == world.official.full_name


def _at(text):
    from datetime import UTC, datetime

    return datetime.fromisoformat(f"{text}T04:00:00").replace(tzinfo=UTC)


def test_asking_and_scheduling_on_screen(session, world, client):
    answer = client.post(
        "/reports/", data={"kind": "five_lists", "chain_id": world.chain.id, "starts_on": "2026-10-01",
                           "ends_on": "2026-10-31", "is_large_only": "y"},
    )  # fmt: skip
    assert answer.status_code == 303
    assert "排在队里" in client.get(answer.location).text
    wrong = client.post(
        "/reports/", data={"kind": "five_lists", "chain_id": world.chain.id, "starts_on": "2026-10-02",
                           "ends_on": "2026-10-01"},
    )  # fmt: skip
    assert wrong.status_code == 422
    assert "截止日期不能早于起始日期" in wrong.text
    assert client.post("/reports/schedules", data={"kind": "five_lists", "day": "31", "is_on": "y"}).status_code == 303
    assert "请填 1 到 28 之间的日子" in client.get("/reports/").text
    client.post("/reports/schedules", data={"kind": "five_lists", "day": "7", "is_on": "y"})
    assert 'value="7"' in client.get("/reports/").text


def test_research_is_listed_and_taken_up(session, world, client):
    facts = {"title": "铜带工艺", "holder": "研究院", "chain_id": world.chain.id, "readiness": "lab"}
    assert client.post("/research/", data=facts).status_code == 303
    text = client.get("/research/").text
    (url,) = re.findall(r'action="(/research/[^"]+/taken_up)"', text)
    client.post(url, data={"note": ""})
    assert "由谁转化" in client.get("/research/").text
    client.post(url, data={"note": "隆源铜业"})
    text = client.get("/research/").text
    assert "已落地转化" in text
    assert "隆源铜业" in text
    assert client.post(url, data={"note": "再来"}).status_code == 409
    session.expire_all()
    assert session.exec(select(Organization.id)).first()


def test_the_funding_lists_are_kept_in_the_columns_of_the_form(app, engine, session, world, client):
    firm = session.exec(select(Organization).where(Organization.legal_name == EVIL)).one()
    factories.make_financing_need(session, firm)
    session.commit()
    report = _made(session, app, engine, world.by_official, kind=OfficeReportKind.APPLICATION_LIST)
    text = client.get(f"/reports/{report.public_id}").text
    assert "有色金属申报清单" in text
    assert "091430400MA4L16JQ9" in text
    assert "/funding-lists/" not in text.partition("<h1>")[2], "a kept list opens nothing that changes"
    rows = (
        CalamineWorkbook.from_filelike(BytesIO(client.get(f"/reports/{report.public_id}/files/xlsx").data))
        .get_sheet_by_name("申报清单")
        .to_python()
    )
    assert rows[1][:3] == [1.0, EVIL, "091430400MA4L16JQ9"]
    recommended = _made(session, app, engine, world.by_official, kind=OfficeReportKind.RECOMMENDED_LIST)
    assert "没有记录" in client.get(f"/reports/{recommended.public_id}").text


def test_a_firm_that_leads_two_links_counts_once_and_the_usual_target_says_so(app, engine, session, world, client):
    firm = session.exec(select(Organization).where(Organization.legal_name == EVIL)).one()
    for placement in session.exec(select(FirmPlacement).where(FirmPlacement.organization_id == firm.id)).all():
        placement.standing = FirmStanding.BACKBONE
    other = factories.make_link(session, world.chain, name_zh="铜杆")
    factories.make_placement(session, firm, other.id, standing=FirmStanding.BACKBONE)
    session.commit()
    report = _made(session, app, engine, world.by_official)
    rows = _cells(client.get(f"/reports/{report.public_id}").text)
    assert ["骨干企业", str(today().year), "3", "5", "1", "还差 2（按通常的目标）"] in rows
    assert ["链主企业", str(today().year), "未设", "—", "0", "未设目标，不评"] in rows
    assert _check_figures(client, f"/reports/{report.public_id}") >= 9
