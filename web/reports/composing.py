"""A report drawn up: facts gathered once, set as a paper in each language, kept as content and as two files."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from access.actor import Actor
from access.lists.case_ledger import ledger
from access.lists.five_lists import chains
from access.lists.funding_lists import FundingFilters, funding_list
from vocabulary.coordination import FundingList
from vocabulary.office_reports import OfficeReportKind, ReportForm, ReportStep
from web.common.chain_map_words import named
from web.common.filters import SHANGHAI, day, moment
from web.common.frozen_papers import freeze
from web.common.funding_paper import funding_sections
from web.common.labels import label
from web.common.languages import LANGUAGES, LOCALES
from web.common.papers import CHILDREN, Paper, Section, Sheet, begin_pdf
from web.common.spreadsheets import spreadsheet
from web.reports.case_ledger import case_ledger_sections
from web.reports.five_lists import five_lists_sections, gather
from workflows.calendar import today
from workflows.office_reports import Made, market_of, office_actor, reference_versions

Say = Callable[[ReportStep], None]
Sections = Callable[[], tuple[Section, ...]]


def compose(session: Any, report: Any, say: Say) -> Made:
    """Everything of a report, from one reading session. Called inside an application context."""
    actor = office_actor(session, report)
    found = chains(session, actor, chain_id=report.chain_id)
    reference = reference_versions(found)
    sections = _GATHER[report.kind](session, actor, report, say)
    say(ReportStep.FREEZING)
    at, papers = datetime.now(UTC), {}
    for language, locale in LOCALES.items():
        with force_locale(locale):
            papers[language] = _paper(report, actor, found, reference, sections(), at)
    content = freeze(papers)
    with force_locale(LOCALES[report.language if report.language in LANGUAGES else "zh"]):
        paper = papers[report.language]
        with ThreadPoolExecutor(CHILDREN) as pool:
            say(ReportStep.XLSX)
            document = begin_pdf(paper, pool)  # set by other processes while this one writes the spreadsheet
            files = {ReportForm.XLSX: spreadsheet(paper)}
            say(ReportStep.PDF)
            files[ReportForm.PDF] = document()
    return Made(content, files, reference)


def _five_lists(session: Any, actor: Actor, report: Any, say: Say) -> Sections:
    facts = gather(
        session, actor, say, chain_id=report.chain_id, year=report.ends_on.year, on=today(),
        is_large_only=bool(report.filters.get("is_large_only")),
    )  # fmt: skip
    return lambda: five_lists_sections(facts)


def _case_ledger(session: Any, actor: Actor, report: Any, say: Say) -> Sections:
    say(ReportStep.CASES)
    lines = ledger(
        session, actor, starts_on=report.starts_on, ends_on=report.ends_on, chain_id=report.chain_id,
        market=market_of(report.filters),
    )  # fmt: skip
    return lambda: case_ledger_sections(lines, is_of_chain=report.chain_id is not None)


def _funding(kind: FundingList) -> Callable[[Any, Actor, Any, Say], Sections]:
    """The needs published by the end of the period that are open when the report is made."""

    def gather_needs(session: Any, actor: Actor, report: Any, say: Say) -> Sections:
        say(ReportStep.FUNDING)
        found = funding_list(session, actor, kind, on=today(), filters=FundingFilters(chain_id=report.chain_id))
        lines = [line for line in found if line.applied_at and line.applied_at < _end_of(report.ends_on)]
        return lambda: funding_sections(kind, lines, on=today(), is_list=True)

    return gather_needs


def _end_of(last: date) -> datetime:
    """The moment after a day in Beijing."""
    return datetime.combine(last + timedelta(days=1), time.min, SHANGHAI)


_GATHER: dict[OfficeReportKind, Callable[[Any, Actor, Any, Say], Sections]] = {
    OfficeReportKind.FIVE_LISTS: _five_lists,
    OfficeReportKind.CASE_LEDGER: _case_ledger,
    OfficeReportKind.APPLICATION_LIST: _funding(FundingList.APPLICATION),
    OfficeReportKind.RECOMMENDED_LIST: _funding(FundingList.RECOMMENDED),
}


def _paper(
    report: Any, actor: Actor, found: Any, reference: dict[str, Any], sections: tuple[Section, ...], at: Any
) -> Paper:
    scope = named(found[0]) if report.chain_id is not None else _("全市各产业链")
    title = _("%(scope)s%(kind)s", scope=scope, kind=label(report.kind))
    return Paper(
        title=title,
        subtitle=period_words(report.starts_on, report.ends_on),
        facts=(
            (_("报告范围"), scope),
            (_("报告期"), period_words(report.starts_on, report.ends_on)),
            (_("筛选"), filter_words(report.filters)),
            (_("出具单位"), actor.organization_name),
            (_("制表人"), report.asked_by_name or _("按月自动出具")),
            (_("制表时间"), moment(at)),
            (_("数据截至"), moment(at)),
            (_("所用基础数据"), _reference_words(found, reference)),
        ),
        sections=sections,
        file_name=f"{title} {report.starts_on:%Y-%m}",
        sheet=Sheet.A4_WIDE if report.kind is OfficeReportKind.FIVE_LISTS else Sheet.A3_WIDE,
    )


def period_words(starts_on: date, ends_on: date) -> str:
    return _("%(from_day)s 至 %(to_day)s", from_day=day(starts_on), to_day=day(ends_on))


def filter_words(filters: dict[str, Any]) -> str:
    """The filters of a report, or that there are none."""
    words = []
    market = market_of(filters)
    if market is not None:
        words.append(_("市场：%(market)s", market=label(market)))
    if filters.get("is_large_only"):
        words.append(_("只列总投资 1 亿元及以上的项目"))
    return "；".join(words) or _("无")


def _reference_words(found: Any, reference: dict[str, Any]) -> str:
    versions = reference["chains"]
    maps = "、".join(_("%(chain)s第 %(n)s 版", chain=named(chain), n=versions[chain.code]) for chain in found)
    return _(
        "图谱：%(maps)s；行业代码 %(codes)s；分档 %(bands)s", maps=maps or "—", codes=reference["industries"],
        bands=reference["bands"],
    )  # fmt: skip
