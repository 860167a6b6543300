"""Reports of roadshows: on the page, as PDF and as spreadsheet; live, or as they were when frozen."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.actor import Actor
from access.lists import roadshow_report as lists
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import may
from vocabulary.lifecycles import RoadshowStatus
from vocabulary.roadshow_report import RowKind
from web.common.charts import interval
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label
from web.common.papers import PDF, Paper, attachment, pdf
from web.common.spreadsheets import XLSX, spreadsheet
from web.officials.roadshow_paper import effect_heading, list_section, marks_words, report_paper
from workflows import roadshow_reports
from workflows.roadshow_effect import MONTHS
from workflows.roadshow_reports import MONTHS_TO_CHOOSE, ReportFacts

blueprint = Blueprint("officials_roadshow_reports", __name__)


@blueprint.get("/roadshow-reports")
@requires(Permission.READ_ROADSHOW_REPORTS)
def index() -> ResponseReturnValue:
    """Roadshows whose reports the reader may open."""
    return render_template(
        "officials/roadshows/reports.html", rows=lists.reported_roadshows(db(), current_actor())
    )  # fmt: skip


@blueprint.get("/roadshows/<public_id>/report")
@requires(Permission.READ_ROADSHOW_REPORTS)
def show(public_id: str) -> ResponseReturnValue:
    """The report; every figure opens the rows it counts."""
    actor = current_actor()
    roadshow = lists.report_roadshow(db(), actor, public_id)
    is_held = roadshow.status is RoadshowStatus.HELD
    facts = _facts(roadshow, actor) if is_held else None
    paper = _paper(facts, actor, public_id) if facts else None
    runs = may(actor, Permission.RUN_ROADSHOWS)
    return render_template(
        "officials/roadshows/report.html",
        roadshow=roadshow,
        is_office=runs,
        facts=facts,
        paper=paper,
        sections=[section for section in paper.sections if not section.is_list] if paper else [],
        charts=_charts(facts) if facts else {},
        frozen=roadshow_reports.frozen(db(), roadshow) if is_held else [],
        asked=_asked(),
        months=[(n, _("%(n)s 个月", n=n), n == facts.months) for n in MONTHS_TO_CHOOSE] if facts else [],
    )


@blueprint.get("/roadshows/<public_id>/report/rows/<kind>")
@requires(Permission.READ_ROADSHOW_REPORTS)
def rows(public_id: str, kind: str) -> ResponseReturnValue:
    """Exactly the rows that a figure of the report counts."""
    actor = current_actor()
    roadshow = lists.report_roadshow(db(), actor, public_id)
    marks = request.args.getlist("mark")
    if kind not in set(RowKind) or (words := marks_words(RowKind(kind), marks)) is None:
        raise NotVisible
    facts = _facts(roadshow, actor)
    section = list_section(RowKind(kind), facts.rows(RowKind(kind), *marks), actor)
    return render_template(
        "officials/roadshows/report_rows.html",
        roadshow=roadshow,
        title=" · ".join([label(RowKind(kind)), *words]),
        section=section,
        total=len(section.rows),
        asked=_asked(),
    )


@blueprint.get("/roadshows/<public_id>/report/pdf")
@requires(Permission.READ_ROADSHOW_REPORTS)
def as_pdf(public_id: str) -> ResponseReturnValue:
    paper = _paper_of(public_id)
    return attachment(pdf(paper), f"{paper.file_name}.pdf", PDF)


@blueprint.get("/roadshows/<public_id>/report/xlsx")
@requires(Permission.READ_ROADSHOW_REPORTS)
def as_spreadsheet(public_id: str) -> ResponseReturnValue:
    paper = _paper_of(public_id)
    return attachment(spreadsheet(paper), f"{paper.file_name}.xlsx", XLSX)


@blueprint.post("/roadshows/<public_id>/report/freeze")
@requires(Permission.RUN_ROADSHOWS)
def freeze(public_id: str) -> ResponseReturnValue:
    """Keep the report as it is today."""
    actor = current_actor()
    roadshow = lists.report_roadshow(db(), actor, public_id)
    row = roadshow_reports.freeze(
        db(), actor, roadshow, months=_months(request.form.get("months")), note=request.form.get("note", "")
    )
    flash(_("报告已定稿保存，以后看到的都是今天的数字。"), "success")
    return redirect(url_for(".show", public_id=public_id, frozen=row.public_id), 303)


def _months(text: str | None) -> int:
    return next((n for n in MONTHS_TO_CHOOSE if str(n) == text), MONTHS)


def _asked() -> dict[str, Any]:
    """Which report the reader looks at: a frozen one, or the live one over some months."""
    if frozen := request.args.get("frozen"):
        return {"frozen": frozen}
    months = _months(request.args.get("months"))
    return {"months": months} if months != MONTHS else {}


def _facts(roadshow: Any, actor: Actor) -> ReportFacts:
    if frozen := request.args.get("frozen"):
        return roadshow_reports.frozen_facts(db(), roadshow, frozen)
    return roadshow_reports.draw_up(db(), actor, roadshow, months=_months(request.args.get("months")))


def _paper(facts: ReportFacts, actor: Actor, public_id: str) -> Paper:
    asked = _asked()
    return report_paper(
        facts, actor, lambda kind, *marks: url_for(".rows", public_id=public_id, kind=kind, mark=marks, **asked)
    )


def _paper_of(public_id: str) -> Paper:
    actor = current_actor()
    roadshow = lists.report_roadshow(db(), actor, public_id)
    return _paper(_facts(roadshow, actor), actor, public_id)


def _charts(facts: ReportFacts) -> dict[str, list[tuple[str, Any]]]:
    """Heading of a comparison that has numbers -> its lines of (outcome, drawing)."""
    return {
        effect_heading(group.group): [
            (label(row.outcome), interval(row.difference, row.low, row.high)) for row in group.outcomes
        ]
        for group in facts.groups
        if group.is_enough
    }
