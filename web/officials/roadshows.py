"""Roadshows: planned, published, changed, held; who met whom."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from access.lists import organizations
from access.lists import roadshows as lists
from access.permissions import Permission
from vocabulary.lifecycles import ROADSHOW, ParticipantStatus, RoadshowStatus
from web.common.conflicts import Conflicts, conflicts
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.roadshow_words import change_lines
from web.officials.roadshow_forms import RoadshowForm, SessionForm, show_problems
from workflows import roadshow_participants, roadshows
from workflows.errors import ChangedMeanwhile, NotComplete
from workflows.versions import fingerprint

blueprint = Blueprint("officials_roadshows", __name__, url_prefix="/roadshows")

STEPS = {RoadshowStatus.ANNOUNCED: _l("发布公告"), RoadshowStatus.HELD: _l("标为已举办")}


@blueprint.get("/")
@requires(Permission.RUN_ROADSHOWS)
def index() -> ResponseReturnValue:
    """All roadshows of the office."""
    return render_template("officials/roadshows/index.html", rows=lists.roadshows(db(), current_actor()))


@blueprint.route("/new", methods=["GET", "POST"])
@requires(Permission.RUN_ROADSHOWS)
def new() -> ResponseReturnValue:
    actor = current_actor()
    form = RoadshowForm().offer(organizations.chains(db()))
    if form.validate_on_submit():
        try:
            row = roadshows.plan(db(), actor, form.arrangements(), chain_id=actor.chain_id)
        except NotComplete as refused:
            form.show(refused)
        else:
            flash(_("路演已创建。"), "success")
            return redirect(url_for(".show", public_id=row.public_id), 303)
    return render_template("officials/roadshows/edit.html", form=form, roadshow=None), 422 if form.errors else 200


@blueprint.route("/<public_id>/edit", methods=["GET", "POST"])
@requires(Permission.RUN_ROADSHOWS)
def edit(public_id: str) -> ResponseReturnValue:
    """Change the arrangements; a published roadshow gets a new version, and those concerned are told."""
    actor = current_actor()
    roadshow = roadshows.roadshow_to_run(db(), actor, public_id)
    chains = organizations.chains(db())
    form = RoadshowForm(obj=roadshow).offer(chains)
    conflict: Conflicts | None = None
    seen = request.form.get("version") or fingerprint(roadshows.arranged(roadshow))
    if form.validate_on_submit():
        try:
            changes = roadshows.change(db(), actor, roadshow, form.arrangements(), seen=seen)
            roadshow_participants.promote(db(), actor, roadshow)
        except NotComplete as refused:
            form.show(refused)
        except ChangedMeanwhile as newer:
            conflict = conflicts(form, newer.current, lambda **values: RoadshowForm(**values).offer(chains))
            seen = newer.version
        else:
            told = _("已发布第 %(n)s 版，并已通知参会单位变更内容。", n=roadshow.version)
            flash(told if changes else _("已保存。"), "success")
            return redirect(url_for(".show", public_id=public_id), 303)
    page = render_template(
        "officials/roadshows/edit.html", form=form, roadshow=roadshow, version=seen, conflict=conflict
    )
    return page, 409 if conflict else 422 if form.errors else 200


@blueprint.get("/<public_id>")
@requires(Permission.RUN_ROADSHOWS)
def show(public_id: str) -> ResponseReturnValue:
    """One roadshow: what was decided, the programme, what was published."""
    return _overview(roadshows.roadshow_to_run(db(), current_actor(), public_id), SessionForm(formdata=None))


def _overview(roadshow: Any, form: SessionForm) -> ResponseReturnValue:
    counts = lists.counts_by_status(db(), roadshow)
    versions = lists.versions(db(), roadshow)
    page = render_template(
        "officials/roadshows/show.html",
        roadshow=roadshow,
        sessions=roadshows.sessions_of(db(), roadshow),
        counts=[(status, counts.get(status, 0)) for status in ParticipantStatus],
        versions=[(row, change_lines(row, older)) for row, older in zip(versions, [*versions, None][1:], strict=True)],
        chains=[chain for chain in organizations.chains(db()) if chain.code in roadshow.chain_codes],
        steps=[(step.value, words) for step, words in STEPS.items() if step in ROADSHOW.next_steps(roadshow.status)],
        is_changeable=roadshow.status in (RoadshowStatus.PLANNED, RoadshowStatus.ANNOUNCED),
        form=form,
    )
    return page, 422 if form.errors else 200


@blueprint.post("/<public_id>/sessions")
@requires(Permission.RUN_ROADSHOWS)
def add_session(public_id: str) -> ResponseReturnValue:
    """A new item of the programme."""
    roadshow = roadshows.roadshow_to_run(db(), current_actor(), public_id)
    form = SessionForm()
    if form.validate():
        try:
            roadshows.add_session(db(), current_actor(), roadshow, **form.values())
        except NotComplete as refused:
            show_problems(form, refused)
        else:
            flash(_("已加入议程。"), "success")
            return redirect(url_for(".show", public_id=public_id), 303)
    return _overview(roadshow, form)


@blueprint.post("/<public_id>/sessions/<session_id>/cancel")
@requires(Permission.RUN_ROADSHOWS)
def cancel_session(public_id: str, session_id: str) -> ResponseReturnValue:
    roadshow = roadshows.roadshow_to_run(db(), current_actor(), public_id)
    roadshows.cancel_session(db(), current_actor(), roadshow, session_id)
    flash(_("已取消该环节。"), "success")
    return redirect(url_for(".show", public_id=public_id), 303)


@blueprint.post("/<public_id>/<step>")
@requires(Permission.RUN_ROADSHOWS)
def advance(public_id: str, step: str) -> ResponseReturnValue:
    actor = current_actor()
    roadshow = roadshows.roadshow_to_run(db(), actor, public_id)
    steps = {"announced": roadshows.announce, "held": roadshows.hold}
    if step == RoadshowStatus.CANCELLED.value:
        roadshows.cancel(db(), actor, roadshow, reason=request.form.get("reason", "").strip()[:500])
        flash(_("路演已取消，已通知参会单位。"), "success")
    elif step in steps:
        steps[step](db(), actor, roadshow)
        flash(_("已更改。"), "success")
    return redirect(url_for(".show", public_id=public_id), 303)
