"""Who comes to a roadshow: inviting, accepting, refusing, the waiting list."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import roadshows as lists
from access.permissions import Permission
from vocabulary.lifecycles import PARTICIPANT, ParticipantStatus, RoadshowStatus
from vocabulary.roles import SELF_REGISTERING, OrganizationKind
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.numbers import row_numbers
from web.common.pagination import SIZE, Page, requested_page
from workflows import roadshow_participants as participants
from workflows.errors import NotComplete
from workflows.roadshow_participants import NoSeatLeft
from workflows.roadshows import roadshow_to_run

blueprint = Blueprint("officials_roadshow_participants", __name__, url_prefix="/roadshows/<public_id>/participants")
_S = ParticipantStatus


@blueprint.get("/")
@requires(Permission.RUN_ROADSHOWS)
def index(public_id: str) -> ResponseReturnValue:
    roadshow = roadshow_to_run(db(), current_actor(), public_id)
    lines = lists.participants(db(), roadshow)
    groups = [(status, [line for line in lines if line.row.status is status]) for status in (
        _S.APPLIED, _S.WAITING, _S.INVITED, _S.ACCEPTED, _S.DECLINED, _S.WITHDRAWN, _S.REFUSED
    )]  # fmt: skip
    return render_template(
        "officials/roadshows/participants.html",
        roadshow=roadshow,
        groups=[(status, rows, _actions(status)) for status, rows in groups if rows],
        is_open=roadshow.status is RoadshowStatus.ANNOUNCED,
        is_changeable=roadshow.status in (RoadshowStatus.PLANNED, RoadshowStatus.ANNOUNCED),
    )


def _actions(status: ParticipantStatus) -> dict[str, bool]:
    steps = PARTICIPANT.next_steps(status)
    return {
        "accept": status in (_S.APPLIED, _S.WAITING),
        "refuse": _S.REFUSED in steps,
        "withdraw": _S.WITHDRAWN in steps,
    }


@blueprint.get("/invite")
@requires(Permission.RUN_ROADSHOWS)
def choose(public_id: str) -> ResponseReturnValue:
    """Whom to invite."""
    roadshow = roadshow_to_run(db(), current_actor(), public_id)
    asked = request.args.get("kind", "")
    kind = OrganizationKind(asked) if asked in SELF_REGISTERING else None
    q, number = request.args.get("q", "").strip()[:80], requested_page()
    found = lists.invitable(db(), roadshow, kind=kind, q=q, page=number, size=SIZE)
    return render_template(
        "officials/roadshows/invite.html",
        roadshow=roadshow,
        page=Page(found.items, number, found.total),
        kinds=SELF_REGISTERING,
        kind=kind,
        q=q,
    )


@blueprint.post("/invite")
@requires(Permission.RUN_ROADSHOWS)
def invite(public_id: str) -> ResponseReturnValue:
    actor = current_actor()
    roadshow = roadshow_to_run(db(), actor, public_id)
    ids = row_numbers(request.form.getlist("ids"))
    for organization_id in ids:
        participants.invite(db(), actor, roadshow, organization_id)
    if not ids:
        flash(_("请先勾选。"), "warning")
        return redirect(url_for(".choose", public_id=public_id), 303)
    flash(_("已邀请 %(n)s 家。", n=len(ids)), "success")
    return redirect(url_for(".index", public_id=public_id), 303)


@blueprint.post("/<participant_id>/accept")
@requires(Permission.RUN_ROADSHOWS)
def accept(public_id: str, participant_id: str) -> ResponseReturnValue:
    roadshow, row = _row(public_id, participant_id)
    try:
        status = participants.accept(db(), current_actor(), roadshow, row)
    except NoSeatLeft:
        flash(_("席位已满，仍在候补。有人退出时会自动递补。"), "warning")
    else:
        has_seat = status is _S.ACCEPTED
        flash(_("已确认席位并通知对方。") if has_seat else _("席位已满，已列入候补并通知对方。"), "success")
    return redirect(url_for(".index", public_id=public_id), 303)


@blueprint.post("/<participant_id>/refuse")
@requires(Permission.RUN_ROADSHOWS)
def refuse(public_id: str, participant_id: str) -> ResponseReturnValue:
    roadshow, row = _row(public_id, participant_id)
    try:
        participants.refuse(db(), current_actor(), roadshow, row, note=request.form.get("note", ""))
    except NotComplete:
        flash(_("请写明原因，对方会看到。"), "warning")
    else:
        flash(_("已答复对方。"), "success")
    return redirect(url_for(".index", public_id=public_id), 303)


@blueprint.post("/<participant_id>/withdraw")
@requires(Permission.RUN_ROADSHOWS)
def withdraw(public_id: str, participant_id: str) -> ResponseReturnValue:
    roadshow, row = _row(public_id, participant_id)
    participants.withdraw(db(), current_actor(), roadshow, row)
    flash(_("已登记退出，空出的席位按候补先后递补。"), "success")
    return redirect(url_for(".index", public_id=public_id), 303)


def _row(public_id: str, participant_id: str) -> tuple[Any, Any]:
    roadshow = roadshow_to_run(db(), current_actor(), public_id)
    return roadshow, participants.participant(db(), roadshow, participant_id)
