"""What a firm presents and is asked: its deck and the questions, kept from roadshow to roadshow."""

from typing import Any
from uuid import uuid4

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import Length

from access.lists import roadshow_day as lists
from access.lists import roadshow_visits
from access.lookups import NotVisible
from access.permissions import Permission
from vocabulary.lifecycles import ParticipantStatus
from web.common.database import db
from web.common.fields import Form
from web.common.guards import requires
from web.common.identity import current_actor
from workflows import roadshow_materials
from workflows import roadshow_participants as participants
from workflows.errors import NotComplete

blueprint = Blueprint("roadshows_materials", __name__, url_prefix="/visits/<public_id>")


class DeckForm(Form):
    deck_url = StringField(_l("路演材料链接"), [Length(max=300)], description=_l("以 https:// 开头"))
    deck_text = TextAreaField(_l("路演要点"), [Length(max=2000)], render_kw={"rows": 5})


@blueprint.route("/material", methods=["GET", "POST"])
@requires(Permission.ATTEND_ROADSHOWS)
def own(public_id: str) -> ResponseReturnValue:
    """The own deck, the questions asked here and at earlier roadshows."""
    roadshow, row = _own(public_id)
    form = DeckForm(obj=row)
    if form.validate_on_submit():
        try:
            roadshow_materials.set_deck(
                db(), current_actor(), row, url=form.deck_url.data or "", text=form.deck_text.data or ""
            )
        except NotComplete:
            form.deck_url.errors = [_("请填写以 http:// 或 https:// 开头的完整链接。")]
        else:
            flash(_("已保存。"), "success")
            return redirect(url_for(".own", public_id=public_id), 303)
    materials = lists.materials(db(), row.organization_id)
    page = render_template(
        "roadshows/material.html",
        roadshow=roadshow,
        form=form,
        here=next((item for item in materials if item.row.id == row.id), None),
        earlier=[item for item in materials if item.row.id != row.id],
    )
    return page, 422 if form.errors else 200


@blueprint.post("/questions/<participant_id>")
@requires(Permission.ATTEND_ROADSHOWS)
def ask(public_id: str, participant_id: str) -> ResponseReturnValue:
    """A question to a firm; it stays with the firm's material."""
    roadshow, _row = _own(public_id)
    asked = participants.participant(db(), roadshow, participant_id)
    try:
        roadshow_materials.ask(
            db(),
            current_actor(),
            roadshow,
            asked,
            text=request.form.get("text", ""),
            key=request.form.get("key") or uuid4().hex,
        )
    except NotComplete:
        message, status = _("请填写问题。"), 422
    else:
        message, status = _("问题已记录，对方会看到。"), 200
    if request.headers.get("X-Requested-With") == "outbox":
        return jsonify(message=message), status
    flash(message, "success" if status == 200 else "warning")
    return redirect(url_for("roadshows_day.index", public_id=public_id), 303)


@blueprint.post("/material/<question_id>/answer")
@requires(Permission.ATTEND_ROADSHOWS)
def answer(public_id: str, question_id: str) -> ResponseReturnValue:
    _roadshow, row = _own(public_id)
    roadshow_materials.answer_question(db(), current_actor(), row, question_id, text=request.form.get("answer", ""))
    flash(_("已保存。"), "success")
    return redirect(url_for(".own", public_id=public_id), 303)


def _own(public_id: str) -> tuple[Any, Any]:
    found = roadshow_visits.visit(db(), current_actor(), public_id)
    if found.own is None or found.own.status is not ParticipantStatus.ACCEPTED:
        raise NotVisible
    return found.roadshow, found.own
