"""The register of an office's reports; asking for one, watching it being made, reading it as it was."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import office_reports as lists
from access.lists import profiles
from access.lists.office_reports import ReportLine
from access.lookups import NotVisible
from access.permissions import Permission
from access.scopes import is_joint_office
from vocabulary.office_reports import LAST_DAY_OF_SCHEDULE, STEPS, OfficeReportKind, OfficeReportStatus, ReportForm
from web.common.database import db
from web.common.filters import money
from web.common.frozen_papers import thaw
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label
from web.common.languages import language
from web.common.pagination import Page, requested_page
from web.common.papers import PDF, Paper, Section, attachment, pdf
from web.common.progress import over
from web.common.spreadsheets import XLSX, spreadsheet
from web.reports.composing import filter_words, period_words
from web.reports.forms import AskForm, ScheduleForm, last_month, show_problems
from web.reports.opening import picked, sums
from workflows import office_reports
from workflows.calendar import today
from workflows.errors import NotComplete

blueprint = Blueprint("reports", __name__, url_prefix="/reports")
_SHORT = 30
"""A list of at most so many rows stands on the page; of a longer one the beginning."""
_ROWS = 100
_FORMS = {ReportForm.PDF: (pdf, PDF), ReportForm.XLSX: (spreadsheet, XLSX)}


@blueprint.get("/")
@requires(Permission.MAKE_REPORTS)
def index() -> ResponseReturnValue:
    """The office's reports, and the form for another."""
    starts_on, ends_on = last_month()
    return _index(AskForm(formdata=None, starts_on=starts_on, ends_on=ends_on, chain_id=current_actor().chain_id))


@blueprint.post("/")
@requires(Permission.MAKE_REPORTS)
def ask() -> ResponseReturnValue:
    """Put a report into the queue and show how far it is."""
    form = _offered(AskForm())
    if form.validate():
        try:
            report = office_reports.ask(
                db(), current_actor(), kind=OfficeReportKind(form.kind.data), chain_id=form.chain_id.data,
                starts_on=form.starts_on.data or today(), ends_on=form.ends_on.data or today(), filters=form.filters(),
                language=language(), on=today(),
            )  # fmt: skip
        except NotComplete as refused:
            show_problems(form, refused)
        else:
            return redirect(url_for(".show", public_id=report.public_id), 303)
    return _index(form)


@blueprint.post("/schedules")
@requires(Permission.MAKE_REPORTS)
def schedule() -> ResponseReturnValue:
    """Set the day on which a kind of report comes by itself each month."""
    form = ScheduleForm()
    if form.validate():
        row = office_reports.set_schedule(
            db(), current_actor(), kind=OfficeReportKind(form.kind.data), day=form.day.data or 0,
            is_on=bool(form.is_on.data),
        )  # fmt: skip
        name = label(row.kind)
        flash(
            _("%(kind)s每月 %(day)s 日自动出具上个月的一份。", kind=name, day=row.day)
            if row.is_on
            else _("%(kind)s不再自动出具。", kind=name),
            "success",
        )
    else:
        flash(_("请填 1 到 %(n)s 之间的日子，每个月都有。", n=LAST_DAY_OF_SCHEDULE), "warning")
    return redirect(url_for(".index"), 303)


@blueprint.get("/<public_id>")
@requires(Permission.MAKE_REPORTS)
def show(public_id: str) -> ResponseReturnValue:
    """A report as it was made; until it is, how far it is, looking again by itself."""
    line = _line(public_id)
    report = line.report
    if report.status is not OfficeReportStatus.DONE:
        is_live = report.status is not OfficeReportStatus.FAILED
        return (None if is_live else over()) or make_response(
            render_template("reports/progress.html", line=line, is_live=is_live, **_words(line), **_progress(line))
        )
    if answer := over():
        return answer
    paper = _paper(line)
    return render_template(
        "reports/show.html", line=line, paper=paper, sections=_on_page(paper, public_id), **_words(line)
    )


@blueprint.get("/<public_id>/rows/<place>")
@requires(Permission.MAKE_REPORTS)
def rows(public_id: str, place: str) -> ResponseReturnValue:
    """Exactly the rows that a figure counts, page by page, with the sums of their amounts."""
    line = _line(public_id)
    section = _section(_paper(line), place)
    found = picked(section, request.args.to_dict())
    if found is None:
        raise NotVisible
    chosen, kept = found
    number = requested_page()
    page = Page(kept[(number - 1) * _ROWS : number * _ROWS], number, len(kept), _ROWS)
    return render_template(
        "reports/rows.html",
        line=line,
        heading=section.heading,
        chosen=chosen,
        section=_with_rows(section, page.items),
        page=page,
        sums=[(name, money(total)) for name, total in sums(section, kept)],
        **_words(line),
    )


@blueprint.get("/<public_id>/drawings/<place>.svg")
@requires(Permission.MAKE_REPORTS)
def drawing(public_id: str, place: str) -> ResponseReturnValue:
    """The map of a chain as it was."""
    section = _section(_paper(_line(public_id)), place)
    if not section.drawing:
        raise NotVisible
    response = make_response(section.drawing)
    response.mimetype = "image/svg+xml"
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


@blueprint.get("/<public_id>/files/<form>")
@requires(Permission.MAKE_REPORTS)
def download(public_id: str, form: str) -> ResponseReturnValue:
    """A file as it was kept; in another language it is made anew from the content."""
    if form not in {str(each) for each in _FORMS}:
        raise NotVisible
    line, wanted = _line(public_id), ReportForm(form)
    make, mimetype = _FORMS[wanted]
    paper = _paper(line)
    is_kept = line.report.language == language()
    content = lists.kept(db(), line.report, wanted) if is_kept else make(paper)
    return attachment(content, f"{paper.file_name}.{form}", mimetype)


@blueprint.post("/<public_id>/again")
@requires(Permission.MAKE_REPORTS)
def try_again(public_id: str) -> ResponseReturnValue:
    """Let a report that failed be made after all."""
    office_reports.try_again(db(), current_actor(), _line(public_id).report)
    return redirect(url_for(".show", public_id=public_id), 303)


def _index(form: AskForm) -> ResponseReturnValue:
    actor, number = current_actor(), requested_page()
    wanted = request.args.get("kind", "")
    kind = OfficeReportKind(wanted) if wanted in set(OfficeReportKind) else None
    found = lists.reports(db(), actor, kind=kind, page=number)
    page = render_template(
        "reports/index.html",
        form=_offered(form),
        rows=[(line, _words(line)) for line in found.lines],
        page=Page(found.lines, number, found.total),
        kind=kind,
        kinds=list(OfficeReportKind),
        schedules=lists.schedules(db(), actor),
        last_day=LAST_DAY_OF_SCHEDULE,
    )
    return page, 422 if form.errors else 200


def _offered(form: AskForm) -> AskForm:
    actor = current_actor()
    chains = [row for row in profiles.chain_choices(db()) if actor.chain_id in (None, row.id)]
    return form.offer(chains, is_city=is_joint_office(actor))


def _line(public_id: str) -> ReportLine:
    return lists.report(db(), current_actor(), public_id)


def _paper(line: ReportLine) -> Paper:
    if line.report.status is not OfficeReportStatus.DONE:
        raise NotVisible
    content = lists.kept(db(), line.report, ReportForm.CONTENT)
    return thaw(content, language(), base_url=url_for(".show", public_id=line.report.public_id))


def _section(paper: Paper, place: str) -> Section:
    if not (place.isdecimal() and len(place) < 4 and int(place) < len(paper.sections)):
        raise NotVisible
    return paper.sections[int(place)]


def _with_rows(section: Section, rows: Sequence[Sequence[Any]]) -> Section:
    return Section(section.heading, section.columns, rows, note=section.note)


def _on_page(paper: Paper, public_id: str) -> list[dict[str, Any]]:
    """Each section as the page shows it; of a long list only the beginning, with the way to all of it."""
    found = []
    for place, section in enumerate(paper.sections):
        is_cut = section.is_list and len(section.rows) > _SHORT
        found.append(
            {
                "place": place,
                "section": _with_rows(section, section.rows[:_SHORT]) if is_cut else section,
                "total": len(section.rows),
                "is_cut": is_cut,
                "all_url": url_for(".rows", public_id=public_id, place=place),
                "drawing_url": url_for(".drawing", public_id=public_id, place=place) if section.drawing else "",
            }
        )
    return found


def _words(line: ReportLine) -> dict[str, str]:
    """What a report is called, and for which period and by whom it was made."""
    report, chain = line.report, line.chain
    scope = (chain.name_en if language() == "en" else chain.name_zh) if chain else _("全市各产业链")
    return {
        "title": _("%(scope)s%(kind)s", scope=scope, kind=label(report.kind)),
        "period": period_words(report.starts_on, report.ends_on),
        "filters": filter_words(report.filters),
        "by": report.asked_by_name or _("按月自动出具"),
    }


def _progress(line: ReportLine) -> dict[str, Any]:
    """Which step of how many is being done, and which are over."""
    report = line.report
    steps = STEPS[report.kind]
    return {
        "n_steps": len(steps),
        "steps": [(step, place < report.n_done, step is report.step) for place, step in enumerate(steps)],
    }
