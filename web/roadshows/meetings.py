"""A participant's one-to-one meetings: wishes, time, own schedule on paper and in the calendar."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from icalendar import Calendar, Event

from access.lists import roadshow_meetings as lists
from access.lists import roadshow_visits
from access.lookups import NotVisible
from access.permissions import Permission
from vocabulary.classifications import WishKind
from vocabulary.lifecycles import ParticipantStatus, RoadshowStatus
from web.common.database import db
from web.common.fields import CountField, Form
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.numbers import row_numbers
from web.common.roadshow_words import slot_words
from workflows import roadshow_wishes as wishes
from workflows.errors import NotComplete
from workflows.roadshow_bookings import slot_span

blueprint = Blueprint("roadshows_meetings", __name__, url_prefix="/visits/<public_id>")


class AvailabilityForm(Form):
    min_meetings = CountField(_l("至少几场"), default=0)
    max_meetings = CountField(_l("最多几场"), description=_l("不填表示不限"))


@blueprint.route("/wishes", methods=["GET", "POST"])
@requires(Permission.ATTEND_ROADSHOWS)
def choose(public_id: str) -> ResponseReturnValue:
    """Whom to meet and when there is time; a wish is never shown to the other side."""
    roadshow, own = _own(public_id)
    form = AvailabilityForm(obj=own)
    closed = set(own.unavailable_slots)
    if request.method == "POST" and form.validate():
        closed = set(row_numbers(request.form.getlist("unavailable")))
        try:
            _save(roadshow, own, form, closed)
        except NotComplete as refused:
            if "min_meetings" in refused.problems:
                form.min_meetings.errors = [_("最少场次多于您有空的场次，无法排定。")]
            if "max_meetings" in refused.problems:
                form.max_meetings.errors = [_("最多场次不能少于最少场次。")]
        else:
            flash(_("已保存。链办排定后会通知您。"), "success")
            return redirect(url_for(".choose", public_id=public_id), 303)
    page = render_template(
        "roadshows/wishes.html",
        roadshow=roadshow,
        partners=lists.partners(db(), current_actor(), own),
        kinds=list(WishKind),
        slots=[(slot, slot_words(roadshow, slot), slot in closed) for slot in range(roadshow.n_slots)],
        form=form,
        is_open=roadshow.status is RoadshowStatus.ANNOUNCED,
    )
    return page, 422 if form.errors else 200


def _save(roadshow: Any, own: Any, form: AvailabilityForm, closed: set[int]) -> None:
    wishes.set_availability(
        db(),
        current_actor(),
        roadshow,
        own,
        unavailable_slots=sorted(closed),
        min_meetings=form.min_meetings.data or 0,
        max_meetings=form.max_meetings.data,
    )
    said = {
        name.removeprefix("wish-"): WishKind(value) if value in set(WishKind) else None
        for name, value in request.form.items()
        if name.startswith("wish-")
    }
    wishes.set_wishes(db(), current_actor(), roadshow, own, said)


@blueprint.get("/schedule")
@requires(Permission.ATTEND_ROADSHOWS)
def schedule(public_id: str) -> ResponseReturnValue:
    """The own meetings, made to be printed."""
    roadshow, own = _own(public_id)
    lines = lists.appointments(db(), own)
    return render_template(
        "roadshows/schedule.html",
        roadshow=roadshow,
        own=own,
        lines=[(slot_words(roadshow, line.meeting.slot or 0), line) for line in lines],
    )


@blueprint.get("/schedule.ics")
@requires(Permission.ATTEND_ROADSHOWS)
def calendar(public_id: str) -> ResponseReturnValue:
    """The own meetings as a calendar file; the same meeting keeps its UID when it moves."""
    roadshow, own = _own(public_id)
    found = Calendar()
    found.add("prodid", "-//Lianrong//Roadshow//ZH")
    found.add("version", "2.0")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", roadshow.name)
    for line in lists.appointments(db(), own):
        found.add_component(_event(roadshow, line))
    found.add_missing_timezones()
    return Response(
        found.to_ical(),
        mimetype="text/calendar",
        headers={"Content-Disposition": f"attachment; filename=roadshow-{roadshow.public_id}.ics"},
    )


def _event(roadshow: Any, line: lists.Appointment) -> Event:
    begins, ends = slot_span(roadshow, line.meeting.slot or 0)
    event = Event()
    event.add("uid", f"{line.meeting.public_id}@lianrong")
    event.add("dtstamp", datetime.now(UTC))
    event.add("dtstart", begins)
    event.add("dtend", ends)
    event.add("summary", _("洽谈：%(name)s", name=line.partner_name))
    place = _("%(venue)s，%(n)s 号桌", venue=roadshow.venue, n=line.meeting.table_no)
    event.add("location", place)
    event.add("description", f"{line.own_title} — {line.partner_title}")
    return event


def _own(public_id: str) -> tuple[Any, Any]:
    found = roadshow_visits.visit(db(), current_actor(), public_id)
    if found.own is None or found.own.status is not ParticipantStatus.ACCEPTED:
        raise NotVisible
    return found.roadshow, found.own
