"""The day of a roadshow at the door: by QR code, by name, walk-ins, no-shows."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import roadshow_day as lists
from access.lookups import NotVisible
from access.permissions import Permission
from vocabulary.lifecycles import ParticipantStatus, RoadshowStatus
from web.common.database import db
from web.common.filters import moment
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.numbers import row_number
from web.common.roadshow_tokens import read_badge
from workflows import roadshow_day
from workflows import roadshow_participants as participants
from workflows.calendar import today
from workflows.errors import NotComplete
from workflows.roadshow_participants import NoSeatLeft
from workflows.roadshows import roadshow_to_run

blueprint = Blueprint("officials_roadshow_day", __name__)


@blueprint.get("/roadshows/<public_id>/day")
@requires(Permission.RUN_ROADSHOWS)
def index(public_id: str) -> ResponseReturnValue:
    """Who is expected and who is here; who came without a seat is found by name."""
    roadshow = roadshow_to_run(db(), current_actor(), public_id)
    q = request.args.get("q", "").strip()[:80]
    is_on = roadshow.held_on <= today() and roadshow.status in (RoadshowStatus.ANNOUNCED, RoadshowStatus.HELD)
    return render_template(
        "officials/roadshows/day.html",
        roadshow=roadshow,
        found=lists.expected(db(), roadshow, q=q),
        walk_ins=lists.walk_ins(db(), roadshow, q=q) if q and is_on else [],
        q=q,
        is_on=is_on,
        is_over=roadshow.status is RoadshowStatus.HELD,
    )


@blueprint.post("/roadshows/<public_id>/day/<participant_id>/check-in")
@requires(Permission.RUN_ROADSHOWS)
def check_in(public_id: str, participant_id: str) -> ResponseReturnValue:
    roadshow = roadshow_to_run(db(), current_actor(), public_id)
    _check_in(roadshow, participants.participant(db(), roadshow, participant_id))
    return redirect(url_for(".index", public_id=public_id, q=request.form.get("q") or None), 303)


@blueprint.route("/check-in/<token>", methods=["GET", "POST"])
@requires(Permission.RUN_ROADSHOWS)
def scan(token: str) -> ResponseReturnValue:
    """What a phone opens from a badge: who it is, and one button."""
    public_id = read_badge(token)
    if public_id is None:
        raise NotVisible
    roadshow, row, name = participants.badge(db(), current_actor(), public_id)
    if request.method == "POST":
        _check_in(roadshow, row)
        return redirect(url_for(".scan", token=token), 303)
    return render_template(
        "officials/roadshows/scan.html",
        roadshow=roadshow,
        row=row,
        name=name,
        has_seat=row.status is ParticipantStatus.ACCEPTED,
        is_on=roadshow.held_on <= today(),
    )


@blueprint.post("/roadshows/<public_id>/day/walk-in")
@requires(Permission.RUN_ROADSHOWS)
def walk_in(public_id: str) -> ResponseReturnValue:
    """Somebody came without a seat."""
    roadshow = roadshow_to_run(db(), current_actor(), public_id)
    asked = row_number(request.form.get("organization_id", ""))
    if asked is None:
        raise NotVisible
    try:
        roadshow_day.walk_in(
            db(), current_actor(), roadshow, asked, represented_by=request.form.get("represented_by", "")
        )
    except NoSeatLeft:
        flash(_("席位已满。可在“安排”中增加席位后再登记。"), "warning")
    except NotComplete as refused:
        flash(_("还没到路演当天，不能签到。") if "held_on" in refused.problems else _("该单位尚未核验。"), "warning")
    else:
        flash(_("已登记现场到会并签到。"), "success")
    return redirect(url_for(".index", public_id=public_id), 303)


def _check_in(roadshow: Any, row: Any) -> None:
    try:
        is_first = roadshow_day.check_in(db(), current_actor(), roadshow, row)
    except NotComplete:
        flash(_("还没到路演当天，不能签到。"), "warning")
        return
    if is_first:
        flash(_("已签到。"), "success")
    else:
        flash(_("此前已于 %(when)s 签到，没有重复登记。", when=moment(row.checked_in_at)), "info")
