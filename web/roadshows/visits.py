"""Roadshows for a firm, a bank or a buyer: apply, answer, withdraw."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import Length

from access.lists import organizations
from access.lists import roadshow_visits as lists
from access.lookups import NotVisible
from access.permissions import Permission
from vocabulary.lifecycles import ParticipantStatus, RoadshowStatus
from web.common.database import db
from web.common.fields import Form
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.roadshow_words import change_lines
from workflows import roadshow_participants as participants
from workflows import roadshows

blueprint = Blueprint("roadshows_visits", __name__, url_prefix="/visits")
_S = ParticipantStatus


class VisitForm(Form):
    represented_by = StringField(_l("参会人姓名和职务"), [Length(max=120)])
    note = StringField(_l("想说明的情况"), [Length(max=500)])


@blueprint.get("/")
@requires(Permission.ATTEND_ROADSHOWS)
def index() -> ResponseReturnValue:
    return render_template("roadshows/index.html", rows=lists.visits(db(), current_actor()))


@blueprint.get("/<public_id>")
@requires(Permission.ATTEND_ROADSHOWS)
def show(public_id: str) -> ResponseReturnValue:
    """One roadshow and the own place in it."""
    found = lists.visit(db(), current_actor(), public_id)
    versions = lists.versions(db(), found.roadshow)
    roadshow = found.roadshow
    return render_template(
        "roadshows/show.html",
        found=found,
        roadshow=roadshow,
        own=found.own,
        status=found.own.status if found.own else None,
        sessions=roadshows.sessions_of(db(), roadshow),
        chains=[chain for chain in organizations.chains(db()) if chain.code in roadshow.chain_codes],
        versions=[(row, change_lines(row, older)) for row, older in zip(versions, [*versions[1:], None], strict=True)],
        is_open=roadshow.status is RoadshowStatus.ANNOUNCED,
        may_apply=found.own is None or found.own.status in (_S.DECLINED, _S.WITHDRAWN),
        form=VisitForm(obj=found.own),
    )


@blueprint.post("/<public_id>/apply")
@requires(Permission.ATTEND_ROADSHOWS)
def apply(public_id: str) -> ResponseReturnValue:
    found = lists.visit(db(), current_actor(), public_id)
    form = VisitForm()
    participants.apply_for(
        db(),
        current_actor(),
        found.roadshow,
        represented_by=form.represented_by.data or "",
        note=form.note.data or "",
    )
    flash(_("已报名，链办确认后会通知您。"), "success")
    return redirect(url_for(".show", public_id=public_id), 303)


@blueprint.post("/<public_id>/answer")
@requires(Permission.ATTEND_ROADSHOWS)
def answer(public_id: str) -> ResponseReturnValue:
    """Yes or no to an invitation."""
    found = lists.visit(db(), current_actor(), public_id)
    if found.own is None:
        raise NotVisible
    status = participants.answer(
        db(),
        current_actor(),
        found.roadshow,
        found.own,
        comes=request.form.get("comes") == "yes",
        represented_by=request.form.get("represented_by", ""),
    )
    words = {
        _S.ACCEPTED: _("席位已为您保留。"),
        _S.WAITING: _("席位已满，您已列入候补，有空位时自动递补并通知您。"),
        _S.DECLINED: _("已谢绝，链办会看到您的答复。"),
    }
    flash(words[status], "success")
    return redirect(url_for(".show", public_id=public_id), 303)


@blueprint.post("/<public_id>/withdraw")
@requires(Permission.ATTEND_ROADSHOWS)
def withdraw(public_id: str) -> ResponseReturnValue:
    found = lists.visit(db(), current_actor(), public_id)
    if found.own is None:
        raise NotVisible
    participants.withdraw(db(), current_actor(), found.roadshow, found.own)
    flash(_("已退出，席位已让给候补单位。"), "success")
    return redirect(url_for(".show", public_id=public_id), 303)
