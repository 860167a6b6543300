"""The one-to-one meetings of a roadshow: plan, adjust by hand, publish."""

from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField

from access.lists import roadshow_meetings as lists
from access.permissions import Permission
from vocabulary.lifecycles import MeetingStatus, RoadshowStatus
from web.common.conflicts import Conflicts, conflicts
from web.common.database import db, long_reading
from web.common.fields import Form
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.roadshow_words import conflict_words, slot_words, unmet_words
from workflows import roadshow_meetings as meetings
from workflows import roadshow_participants as participants
from workflows import roadshow_plan
from workflows.errors import ChangedMeanwhile
from workflows.roadshow_meetings import MeetingRefused
from workflows.roadshows import roadshow_to_run
from workflows.versions import fingerprint

blueprint = Blueprint("officials_roadshow_meetings", __name__, url_prefix="/roadshows/<public_id>/meetings")


class PlaceForm(Form):
    """A slot and a table."""

    slot = SelectField(_l("时间"), coerce=int)
    table_no = SelectField(_l("桌号"), coerce=int)
    over_warnings = BooleanField(_l("提醒已阅，仍然安排"))

    def offer(self, roadshow: Any) -> None:
        self.slot.choices = [(slot, slot_words(roadshow, slot)) for slot in range(roadshow.n_slots)]
        self.table_no.choices = [(n, str(n)) for n in range(1, roadshow.n_tables + 1)]


class AddForm(PlaceForm):
    one = SelectField(_l("一方"))
    other = SelectField(_l("另一方"))

    def offer_participants(self, choices: list[lists.Choice]) -> None:
        for field in (self.one, self.other):
            field.choices = [(choice.public_id, choice.name) for choice in choices]


@blueprint.get("/")
@requires(Permission.RUN_ROADSHOWS)
def index(public_id: str) -> ResponseReturnValue:
    """The plan by slot and table, what could not be met and why."""
    return _page(roadshow_to_run(db(), current_actor(), public_id), AddForm(formdata=None), [])


def _page(roadshow: Any, form: AddForm, conflicts: list[Any]) -> ResponseReturnValue:
    form.offer(roadshow)
    form.offer_participants(lists.coming(db(), roadshow))
    lines = lists.plan_lines(db(), roadshow)
    names = lists.names(db(), roadshow)
    page = render_template(
        "officials/roadshows/meetings.html",
        roadshow=roadshow,
        slots=[
            (slot_words(roadshow, slot), [line for line in lines if line.meeting.slot == slot])
            for slot in range(roadshow.n_slots)
        ],
        n_provisional=sum(line.meeting.status is MeetingStatus.PROVISIONAL for line in lines),
        n_published=sum(line.meeting.status is MeetingStatus.PUBLISHED for line in lines),
        plan=roadshow.plan,
        unmet=unmet_words(roadshow.plan, names),
        conflicts=[(line, conflict_words(line)) for line in conflicts],
        is_open=roadshow.status is RoadshowStatus.ANNOUNCED,
        form=form,
    )
    return page, 422 if conflicts else 200


@blueprint.post("/plan")
@requires(Permission.RUN_ROADSHOWS)
def plan(public_id: str) -> ResponseReturnValue:
    """Plan anew; published meetings and those put in by hand stay. Nobody waits while it is computed."""
    actor = current_actor()
    with long_reading() as reading:
        prepared = roadshow_plan.prepare(
            reading,
            actor,
            roadshow_to_run(reading, actor, public_id),
            includes_met_before=request.form.get("includes_met_before") == "1",
        )
    try:
        n = roadshow_plan.keep(db(), actor, roadshow_to_run(db(), actor, public_id), prepared)
    except MeetingRefused:
        db().rollback()
        flash(_("排定期间有人改动了安排，请再排一次。"), "warning")
    else:
        flash(_("已拟定 %(n)s 场洽谈，确认无误后发布。", n=n), "success")
    return redirect(url_for(".index", public_id=public_id), 303)


@blueprint.post("/publish")
@requires(Permission.RUN_ROADSHOWS)
def publish(public_id: str) -> ResponseReturnValue:
    roadshow = roadshow_to_run(db(), current_actor(), public_id)
    n = meetings.publish(db(), current_actor(), roadshow)
    flash(_("已发布 %(n)s 场洽谈，并已通知双方。", n=n), "success")
    return redirect(url_for(".index", public_id=public_id), 303)


@blueprint.post("/add")
@requires(Permission.RUN_ROADSHOWS)
def add(public_id: str) -> ResponseReturnValue:
    """A meeting by hand; every conflict is named."""
    roadshow = roadshow_to_run(db(), current_actor(), public_id)
    form = AddForm()
    form.offer(roadshow)
    form.offer_participants(lists.coming(db(), roadshow))
    if not form.validate():
        flash(_("请从列表中选择。"), "warning")
        return redirect(url_for(".index", public_id=public_id), 303)
    one, other = (participants.participant(db(), roadshow, field.data) for field in (form.one, form.other))
    try:
        meetings.add(
            db(),
            current_actor(),
            roadshow,
            one,
            other,
            slot=form.slot.data,
            table_no=form.table_no.data,
            over_warnings=bool(form.over_warnings.data),
        )
    except MeetingRefused as refused:
        return _page(roadshow, form, refused.conflicts)
    flash(_("已加入拟定安排。"), "success")
    return redirect(url_for(".index", public_id=public_id), 303)


@blueprint.route("/<meeting_id>", methods=["GET", "POST"])
@requires(Permission.RUN_ROADSHOWS)
def move(public_id: str, meeting_id: str) -> ResponseReturnValue:
    """One meeting: another slot or table."""
    roadshow = roadshow_to_run(db(), current_actor(), public_id)
    meeting = meetings.meeting_to_run(db(), roadshow, meeting_id)
    form = _placed(roadshow, obj=meeting)
    refusals: list[Any] = []
    conflict: Conflicts | None = None
    seen = request.form.get("version") or fingerprint(meetings.place(meeting))
    if form.validate_on_submit():
        try:
            meetings.move(
                db(),
                current_actor(),
                roadshow,
                meeting,
                slot=form.slot.data,
                table_no=form.table_no.data,
                over_warnings=bool(form.over_warnings.data),
                seen=seen,
            )
        except MeetingRefused as refused:
            refusals = refused.conflicts
        except ChangedMeanwhile as newer:
            conflict = conflicts(form, newer.current, partial(_placed, roadshow))
            seen = newer.version
        else:
            flash(_("已调整。"), "success")
            return redirect(url_for(".index", public_id=public_id), 303)
    line = next((row for row in lists.plan_lines(db(), roadshow) if row.meeting.id == meeting.id), None)
    free = meetings.free_tables(db(), roadshow)
    page = render_template(
        "officials/roadshows/meeting.html",
        roadshow=roadshow,
        meeting=meeting,
        line=line,
        form=form,
        conflicts=[(found, conflict_words(found)) for found in refusals],
        conflict=conflict,
        version=seen,
        free=[(slot_words(roadshow, slot), "、".join(map(str, tables)) or _("无")) for slot, tables in free.items()],
    )
    return page, 409 if conflict else 422 if refusals or form.errors else 200


def _placed(roadshow: Any, **values: Any) -> PlaceForm:
    form = PlaceForm(**values)
    form.offer(roadshow)
    return form


@blueprint.post("/<meeting_id>/remove")
@requires(Permission.RUN_ROADSHOWS)
def remove(public_id: str, meeting_id: str) -> ResponseReturnValue:
    roadshow = roadshow_to_run(db(), current_actor(), public_id)
    meeting = meetings.meeting_to_run(db(), roadshow, meeting_id)
    meetings.remove(db(), current_actor(), roadshow, meeting, reason=request.form.get("reason", "").strip()[:500])
    flash(_("已取消这场洽谈。"), "success")
    return redirect(url_for(".index", public_id=public_id), 303)
