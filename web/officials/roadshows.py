"""Roadshows: planned, announced, held; who met whom."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from access.lists import roadshows as lists
from access.permissions import Permission
from vocabulary.classifications import Market
from vocabulary.lifecycles import ROADSHOW, RoadshowStatus
from web.common.database import db
from web.common.fields import Form
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label
from workflows import roadshows
from workflows.errors import NotComplete

blueprint = Blueprint("officials_roadshows", __name__, url_prefix="/roadshows")


class RoadshowForm(Form):
    name = StringField(_l("名称"), [DataRequired(_l("请填写。")), Length(max=120)])
    venue = StringField(_l("地点"), [Length(max=120)])
    held_on = DateField(_l("日期"), [InputRequired(_l("请填写日期。"))])


class MeetingForm(Form):
    """Who met whom: one demand and one supply of a market."""

    demand_id = SelectField(_l("需求方"), coerce=int)
    supply_id = SelectField(_l("供给方"), coerce=int)
    note = StringField(_l("备注"), [Length(max=1000)])

    def offer(self, choices: tuple[list[lists.PostingChoice], list[lists.PostingChoice]]) -> "MeetingForm":
        for field, rows in zip((self.demand_id, self.supply_id), choices, strict=True):
            field.choices = [(row.id, row.text) for row in rows]
        return self


@blueprint.route("/", methods=["GET", "POST"])
@requires(Permission.RUN_ROADSHOWS)
def index() -> ResponseReturnValue:
    """All roadshows, and a form to plan one."""
    form = RoadshowForm()
    if form.validate_on_submit():
        actor = current_actor()
        assert form.held_on.data is not None
        row = roadshows.plan(
            db(),
            actor,
            name=(form.name.data or "").strip(),
            venue=(form.venue.data or "").strip(),
            held_on=form.held_on.data,
            chain_id=actor.chain_id,
        )
        flash(_("路演已创建。"), "success")
        return redirect(url_for(".show", public_id=row.public_id), 303)
    page = render_template("officials/roadshows/index.html", rows=lists.roadshows(db(), current_actor()), form=form)
    return page, 422 if form.errors else 200


@blueprint.route("/<public_id>", methods=["GET", "POST"])
@requires(Permission.RUN_ROADSHOWS)
def show(public_id: str) -> ResponseReturnValue:
    """One roadshow with its meetings; a meeting opens a pairing."""
    actor = current_actor()
    roadshow = roadshows.roadshow_to_run(db(), actor, public_id)
    asked = request.args.get("market", "")
    market = Market(asked) if asked in set(Market) else Market.SUPPLY
    form = MeetingForm().offer(lists.open_postings(db(), actor, market))
    if form.validate_on_submit():
        try:
            roadshows.add_meeting(
                db(),
                actor,
                roadshow,
                demand_id=form.demand_id.data,
                supply_id=form.supply_id.data,
                note=form.note.data or "",
            )
        except NotComplete:
            form.supply_id.errors = [_("这一对不能对接：内容已关闭，或属于同一单位。")]
        else:
            flash(_("已记录，对接进入审定队列。"), "success")
            return redirect(url_for(".show", public_id=public_id, market=market.value), 303)
    page = render_template(
        "officials/roadshows/show.html",
        roadshow=roadshow,
        meetings=lists.meetings(db(), roadshow),
        form=form,
        market=market,
        markets=list(Market),
        steps=_steps(roadshow.status),
        takes_meetings=roadshow.status in (RoadshowStatus.ANNOUNCED, RoadshowStatus.HELD),
    )
    return page, 422 if form.errors else 200


def _steps(status: Any) -> list[tuple[str, str]]:
    return [(step.value, label(step)) for step in RoadshowStatus if step in ROADSHOW.next_steps(status)]


@blueprint.post("/<public_id>/<step>")
@requires(Permission.RUN_ROADSHOWS)
def advance(public_id: str, step: str) -> ResponseReturnValue:
    actor = current_actor()
    roadshow = roadshows.roadshow_to_run(db(), actor, public_id)
    steps = {"announced": roadshows.announce, "held": roadshows.hold, "cancelled": roadshows.cancel}
    if step in steps:
        steps[step](db(), actor, roadshow)
        flash(_("已更改。"), "success")
    return redirect(url_for(".show", public_id=public_id), 303)
