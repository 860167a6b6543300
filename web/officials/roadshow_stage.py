"""Who should be on stage: the proposal with reasons, pins and bars with their price, accepting and inviting."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lookups import NotVisible
from access.permissions import Permission
from vocabulary.classifications import StageChoice
from vocabulary.lifecycles import RoadshowStatus
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.numbers import row_number, row_numbers
from workflows import roadshow_stage
from workflows.errors import NotComplete
from workflows.roadshows import roadshow_to_run

blueprint = Blueprint("officials_roadshow_stage", __name__, url_prefix="/roadshows/<public_id>/stage")
_N_REASONS = 3
_N_GUESTS = 12


@blueprint.get("/")
@requires(Permission.RUN_ROADSHOWS)
def index(public_id: str) -> ResponseReturnValue:
    """The proposal for the places of the pitch session."""
    roadshow = roadshow_to_run(db(), current_actor(), public_id)
    item = roadshow_stage.stage_session(db(), roadshow)
    stage = None
    if item is not None:
        try:
            stage = roadshow_stage.propose(db(), current_actor(), roadshow, places=item.pitch_places)
        except NotComplete:
            flash(_("必上的企业比上台名额多，请先取消一些。"), "warning")
    return render_template(
        "officials/roadshows/stage.html",
        roadshow=roadshow,
        item=item,
        stage=stage,
        places=_place_lines(stage) if stage else [],
        prices=_price_lines(stage) if stage else [],
        guests=_guest_lines(stage) if stage else [],
        kinds=list(StageChoice),
        is_changeable=roadshow.status in (RoadshowStatus.PLANNED, RoadshowStatus.ANNOUNCED),
    )


def _place_lines(stage: Any) -> list[tuple[Any, float, list[tuple[str, float]], int, Any, bool]]:
    """(firm, value, best counterparts, further ones, pin, has a place already) of each proposed firm."""
    return [
        (
            stage.organizations[place.id],
            place.value,
            [(stage.organizations[other].legal_name, fit) for other, fit in place.counted[:_N_REASONS]],
            max(0, len(place.counted) - _N_REASONS),
            stage.choices.get(place.id),
            place.id in stage.on_stage,
        )
        for place in stage.proposal.places
    ]


def _price_lines(stage: Any) -> list[tuple[Any, Any, float | None]]:
    """(firm, pin or bar, what it costs); no price for one that is not a candidate."""
    return [
        (stage.organizations[one], kind, stage.proposal.prices.get(one)) for one, kind in sorted(stage.choices.items())
    ]


def _guest_lines(stage: Any) -> list[tuple[Any, float]]:
    return [(stage.organizations[other], value) for other, value in stage.proposal.invited[:_N_GUESTS]]


@blueprint.post("/choose")
@requires(Permission.RUN_ROADSHOWS)
def choose(public_id: str) -> ResponseReturnValue:
    """Pin, bar, or leave to the proposal."""
    roadshow = roadshow_to_run(db(), current_actor(), public_id)
    asked, kind = row_number(request.form.get("organization_id", "")), request.form.get("kind", "")
    if asked is None:
        raise NotVisible
    chosen = StageChoice(kind) if kind in set(StageChoice) else None
    roadshow_stage.choose(db(), current_actor(), roadshow, asked, chosen)
    flash(_("已按您的选择重新计算。"), "success")
    return redirect(url_for(".index", public_id=public_id), 303)


@blueprint.post("/accept")
@requires(Permission.RUN_ROADSHOWS)
def accept(public_id: str) -> ResponseReturnValue:
    """Those ticked stand on stage; firms and guests without an invitation get one."""
    roadshow = roadshow_to_run(db(), current_actor(), public_id)
    firms, guests = (row_numbers(request.form.getlist(name)) for name in ("firms", "guests"))
    try:
        n = roadshow_stage.accept(db(), current_actor(), roadshow, firm_ids=firms, guest_ids=guests)
    except NotComplete:
        flash(_("上台企业比名额多，或没有路演环节。"), "warning")
    else:
        flash(_("上台名单已确定，新邀请 %(n)s 家。", n=n), "success")
    return redirect(url_for(".index", public_id=public_id), 303)
