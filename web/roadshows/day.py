"""The day of a roadshow on a participant's phone: badge, own meetings, what to say of each."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import segno
from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are older than the library
from wtforms.validators import Length

from access.lists import roadshow_day as lists
from access.lists import roadshow_visits
from access.lookups import NotVisible
from access.permissions import Permission
from vocabulary.lifecycles import ParticipantStatus, RoadshowStatus
from web.common.database import db
from web.common.fields import Form
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.roadshow_tokens import badge_token
from web.common.roadshow_words import slot_words
from workflows import roadshow_day
from workflows.calendar import today
from workflows.errors import NotComplete
from workflows.roadshow_day import Kept

blueprint = Blueprint("roadshows_day", __name__, url_prefix="/visits/<public_id>")


class FeedbackForm(Form):
    rating = RadioField(_l("这场谈得怎样"), choices=[SelectChoice(str(n)) for n in range(1, 6)], validate_choice=False)
    goes_on = RadioField(
        _l("愿意继续谈吗"),
        choices=[SelectChoice("yes", _l("愿意")), SelectChoice("no", _l("不愿意"))],
        validate_choice=False,
    )
    note = TextAreaField(_l("备注（只有链办看得到）"), [Length(max=1000)], render_kw={"rows": 4})
    key = HiddenField()
    typed_at = HiddenField()

    def is_complete(self) -> bool:
        """Both questions are answered."""
        if self.rating.data not in {"1", "2", "3", "4", "5"}:
            self.rating.errors = [_("请选择 1 到 5。")]
        if self.goes_on.data not in ("yes", "no"):
            self.goes_on.errors = [_("请选择。")]
        return not self.errors


@blueprint.get("/badge")
@requires(Permission.ATTEND_ROADSHOWS)
def badge(public_id: str) -> ResponseReturnValue:
    """The QR code to show at the door."""
    roadshow, own = _own(public_id)
    url = url_for("officials_roadshow_day.scan", token=badge_token(own.public_id), _external=True)
    picture = segno.make(url, error="m").svg_data_uri(scale=6, border=2)
    return render_template("roadshows/badge.html", roadshow=roadshow, own=own, picture=picture)


@blueprint.get("/day")
@requires(Permission.ATTEND_ROADSHOWS)
def index(public_id: str) -> ResponseReturnValue:
    """Own meetings of the day, each with what was said of it."""
    roadshow, own = _own(public_id)
    return render_template(
        "roadshows/day.html",
        roadshow=roadshow,
        own=own,
        lines=[
            (slot_words(roadshow, line.meeting.slot) if line.meeting.slot is not None else "", line)
            for line in lists.own_meetings(db(), roadshow, own.organization_id)
        ],
        is_on=_is_on(roadshow),
    )


@blueprint.get("/meetings/<meeting_id>")
@requires(Permission.ATTEND_ROADSHOWS)
def meeting(public_id: str, meeting_id: str) -> ResponseReturnValue:
    """One meeting on a phone: rate, wish to go on, note."""
    return _meeting_page(public_id, meeting_id, None)


def _meeting_page(public_id: str, meeting_id: str, form: FeedbackForm | None) -> ResponseReturnValue:
    roadshow, own = _own(public_id)
    mine = lists.own_meetings(db(), roadshow, own.organization_id)
    line = next((row for row in mine if row.meeting.public_id == meeting_id), None)
    if line is None:
        raise NotVisible
    said = line.feedback
    if form is None:
        values = (
            {"rating": str(said.rating), "goes_on": "yes" if said.goes_on else "no", "note": said.note} if said else {}
        )
        form = FeedbackForm(formdata=None, data=values)
    form.key.data = uuid4().hex
    page = render_template(
        "roadshows/meeting.html",
        roadshow=roadshow,
        line=line,
        time=slot_words(roadshow, line.meeting.slot) if line.meeting.slot is not None else "",
        form=form,
        is_on=_is_on(roadshow),
        partner=roadshow_visits.partner(db(), roadshow, line.partner_id),
        materials=lists.materials(db(), line.partner_id),
        ask_key=uuid4().hex,
    )
    return page, 422 if form.errors else 200


@blueprint.post("/meetings/<meeting_id>/feedback")
@requires(Permission.ATTEND_ROADSHOWS)
def feedback(public_id: str, meeting_id: str) -> ResponseReturnValue:
    """Keep what one side says; sent twice, or late from a phone that was offline, it is there once."""
    row, side = roadshow_day.meeting_of_side(db(), current_actor(), meeting_id)
    form = FeedbackForm()
    if not form.validate() or not form.is_complete():
        if _is_queued():
            return jsonify(message=_("请选择评分和是否愿意继续。")), 422
        return _meeting_page(public_id, meeting_id, form)
    try:
        kept = roadshow_day.give_feedback(
            db(),
            current_actor(),
            row,
            side,
            rating=int(form.rating.data),
            goes_on=form.goes_on.data == "yes",
            note=form.note.data or "",
            key=form.key.data or uuid4().hex,
            typed_at=_typed_at(form.typed_at.data),
        )
    except NotComplete:
        return _answer(_("还没到路演当天，不能反馈。"), 422, public_id)
    words = {
        Kept.SAVED: _("已记录您的反馈。"),
        Kept.REPEATED: _("这条反馈已经记录过，没有重复。"),
        Kept.OLDER: _("您之后又改过，已保留较新的那一条。"),
    }
    return _answer(words[kept], 200, public_id)


def _answer(message: str, status: int, public_id: str) -> ResponseReturnValue:
    if _is_queued():
        return jsonify(message=message), status
    flash(message, "success" if status == 200 else "warning")
    return redirect(url_for(".index", public_id=public_id), 303)


def _is_queued() -> bool:
    """Whether the page's script sends what it had put aside."""
    return request.headers.get("X-Requested-With") == "outbox"


def _typed_at(text: str | None) -> datetime:
    """Milliseconds since 1970 as the phone counts them; the present moment for anything else."""
    try:
        return datetime.fromtimestamp(int(text or "") / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.now(UTC)


def _is_on(roadshow: Any) -> bool:
    return roadshow.held_on <= today() and roadshow.status in (RoadshowStatus.ANNOUNCED, RoadshowStatus.HELD)


def _own(public_id: str) -> tuple[Any, Any]:
    found = roadshow_visits.visit(db(), current_actor(), public_id)
    if found.own is None or found.own.status is not ParticipantStatus.ACCEPTED:
        raise NotVisible
    return found.roadshow, found.own
