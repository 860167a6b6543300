"""The confirmation board: all pairs of a roadshow decided in one sitting, one by one or several at once."""

from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import Length

from access.lists import roadshow_board as board_lists
from access.lists import roadshows as lists
from access.permissions import Permission
from vocabulary.classifications import Market, VerdictReason
from vocabulary.lifecycles import RoadshowStatus
from vocabulary.money import FEN_PER_WAN
from web.common.database import db
from web.common.fields import CodeField, Form
from web.common.fresh import fresh
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.roadshow_words import obstacle_words
from web.officials.offered_reasons import offering
from web.officials.roadshow_forms import MeetingForm
from workflows import bulk_verdicts, roadshow_day, roadshow_meetings, roadshows
from workflows.bulk_verdicts import NEEDS_NOTE, Verdict
from workflows.calendar import today
from workflows.errors import NotComplete
from workflows.roadshows import roadshow_to_run

blueprint = Blueprint("officials_roadshow_board", __name__, url_prefix="/roadshows/<public_id>/board")

WORDS = {
    Verdict.CONFIRM: _l("同意推荐"),
    Verdict.RETURN: _l("退回补正"),
    Verdict.HOLD: _l("暂缓"),
    Verdict.REFUSE: _l("不予推荐"),
}


class ReasonForm(Form):
    reason = CodeField(_l("理由"), VerdictReason)
    note = TextAreaField(
        _l("说明"), [Length(max=1000)], description=_l("退回补正和不予推荐时必填，双方会看到"), render_kw={"rows": 3}
    )


@blueprint.get("/")
@requires(Permission.DECIDE_PAIRINGS)
def index(public_id: str) -> ResponseReturnValue:
    """All pairs that met, mutual wishes first."""
    roadshow = roadshow_to_run(db(), current_actor(), public_id)
    return _page(roadshow, MeetingForm(formdata=None))


def _page(roadshow: Any, form: MeetingForm) -> ResponseReturnValue:
    asked = request.args.get("market", "")
    market = Market(asked) if asked in set(Market) else Market.SUPPLY
    form.offer(lists.open_postings(db(), current_actor(), market))
    page = render_template(
        "officials/roadshows/board.html",
        roadshow=roadshow,
        board=board_lists.board(db(), current_actor(), roadshow, on=today()),
        verdicts=WORDS.items(),
        form=form,
        market=market,
        markets=list(Market),
        takes_meetings=roadshow.status in (RoadshowStatus.ANNOUNCED, RoadshowStatus.HELD),
    )
    return page, 422 if form.errors else 200


@blueprint.post("/add")
@requires(Permission.RUN_ROADSHOWS)
def add(public_id: str) -> ResponseReturnValue:
    """A pair found at the roadshow; marked when the engine had not proposed it."""
    roadshow = roadshow_to_run(db(), current_actor(), public_id)
    asked = request.args.get("market", "")
    market = Market(asked) if asked in set(Market) else Market.SUPPLY
    form = MeetingForm().offer(lists.open_postings(db(), current_actor(), market))
    if form.validate():
        try:
            roadshows.add_meeting(
                db(),
                current_actor(),
                roadshow,
                demand_id=form.demand_id.data,
                supply_id=form.supply_id.data,
                note=form.note.data or "",
            )
        except NotComplete:
            form.supply_id.errors = [_("这一对不能对接：内容已关闭，或属于同一单位。")]
        else:
            flash(_("已记录，对接进入审定队列。"), "success")
            return redirect(url_for(".index", public_id=public_id, market=market.value), 303)
    return _page(roadshow, form)


@blueprint.post("/<meeting_id>/open")
@requires(Permission.RUN_ROADSHOWS)
def open_pairing(public_id: str, meeting_id: str) -> ResponseReturnValue:
    """Put a pair that met, and that neither side asked for, before the office."""
    roadshow = roadshow_to_run(db(), current_actor(), public_id)
    meeting = roadshow_meetings.meeting_to_run(db(), roadshow, meeting_id)
    if roadshow_day.open_pairing(db(), current_actor(), meeting):
        flash(_("已记录，对接进入审定队列。"), "success")
    else:
        flash(_("这一对不能对接：内容已关闭，或属于同一单位。"), "warning")
    return redirect(url_for(".index", public_id=public_id), 303)


@blueprint.post("/preview")
@requires(Permission.DECIDE_PAIRINGS)
def preview(public_id: str) -> ResponseReturnValue:
    """What a verdict would do to those ticked, naming those it leaves out."""
    roadshow = roadshow_to_run(db(), current_actor(), public_id)
    ids, asked = request.form.getlist("ids"), request.form.get("verdict", "")
    if not ids or asked not in set(Verdict):
        flash(_("请先勾选，并选择结论。"), "warning")
        return redirect(url_for(".index", public_id=public_id), 303)
    return _preview_page(roadshow, ids, Verdict(asked), offering(ReasonForm(formdata=None)))


def _preview_page(roadshow: Any, ids: list[str], verdict: Verdict, form: ReasonForm) -> ResponseReturnValue:
    lines = bulk_verdicts.preview(db(), current_actor(), ids, verdict, second_official_above_fen=_second_above())
    page = render_template(
        "officials/roadshows/board_preview.html",
        roadshow=roadshow,
        verdict=verdict,
        words=WORDS[verdict],
        lines=[(line, obstacle_words(line.why)) for line in lines],
        n_eligible=sum(line.is_eligible for line in lines),
        form=form,
    )
    return page, 422 if form.errors else 200


@blueprint.post("/decide")
@requires(Permission.DECIDE_PAIRINGS)
@fresh
def decide(public_id: str) -> ResponseReturnValue:
    """The deed; the page names what was left out and who was first."""
    roadshow = roadshow_to_run(db(), current_actor(), public_id)
    ids, asked, form = request.form.getlist("ids"), request.form.get("verdict", ""), offering(ReasonForm())
    if asked not in set(Verdict):
        return redirect(url_for(".index", public_id=public_id), 303)
    verdict, note = Verdict(asked), (form.note.data or "").strip()
    if not form.validate() or not form.reason.data:
        form.reason.errors = [_("请选择理由。")]
    if verdict in NEEDS_NOTE and not note:
        form.note.errors = [_("请写明原因。")]
    if form.errors:
        return _preview_page(roadshow, ids, verdict, form)
    result = bulk_verdicts.decide(
        db(),
        current_actor(),
        ids,
        verdict,
        reason=VerdictReason(form.reason.data),
        note=note,
        hold_minutes=current_app.config["SETTINGS"].hold_minutes,
        second_official_above_fen=_second_above(),
        releases_per_day=current_app.config["SETTINGS"].releases_per_day,
    )
    lines = bulk_verdicts.preview(db(), current_actor(), ids, verdict, second_official_above_fen=_second_above())
    names = {line.pairing.public_id: f"{line.firm_name} · {line.counterpart_name}" for line in lines}
    return render_template(
        "officials/roadshows/board_done.html",
        roadshow=roadshow,
        words=WORDS[verdict],
        winners=[names.get(one, one) for one in result.winners],
        losers=[(names.get(lost.public_id, lost.public_id), obstacle_words(lost.why), lost) for lost in result.losers],
    )


def _second_above() -> int:
    return int(current_app.config["SETTINGS"].second_official_above_wan) * FEN_PER_WAN
