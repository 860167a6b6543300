"""Handing cases over: the caseload of each person, a preview, the deed, and a page per case for the successor."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.validators import Length

from access.lists import briefs as brief_lists
from access.lists import handovers as lists
from access.permissions import Permission
from web.common.database import db
from web.common.fields import Form
from web.common.guards import requires
from web.common.identity import current_actor
from workflows import handovers
from workflows.calendar import today
from workflows.errors import NotComplete

blueprint = Blueprint("cases_handover", __name__, url_prefix="/handover")


class HandOverForm(Form):
    successor = SelectField(_l("交给"), validate_choice=False)
    note = StringField(_l("说明"), [Length(max=300)], description=_l("写进交接记录"))

    def for_colleagues(self, owner: Any) -> "HandOverForm":
        people = lists.colleagues(db(), current_actor(), on=today())
        others = [(user.public_id, user.full_name) for user in people if owner is None or user.id != owner.id]
        self.successor.choices = [("", _("请选择")), *others]
        if not lists.is_office(current_actor()):
            self.note.description = _("写进交接记录，企业和链办也看得到")
        return self

    @property
    def successor_name(self) -> str:
        """The name of who was chosen; "" if nobody was."""
        return next(
            (choice[1] for choice in self.successor.choices or () if choice[0] == self.successor.data != ""), ""
        )

    def refuse(self, problems: dict[str, str]) -> None:
        if "cases" in problems:
            self.note.errors = [_("请至少勾选一条。")]
        if "successor" in problems:
            self.successor.errors = [_("请选择由谁接手。")]


@blueprint.get("/")
@requires(Permission.MANAGE_COLLEAGUES)
def index() -> ResponseReturnValue:
    """Everybody with cases; whoever left stands first."""
    loads = lists.caseloads(db(), current_actor(), on=today())
    return render_template("cases/handover/index.html", loads=loads, nobody=lists.NOBODY)


@blueprint.get("/<person_id>")
@requires(Permission.MANAGE_COLLEAGUES)
def caseload(person_id: str) -> ResponseReturnValue:
    return _caseload_page(person_id, None, request.args.getlist("case"))


def _caseload_page(person_id: str, form: HandOverForm | None, chosen: list[str] | None) -> str:
    """One person's cases, all ticked unless some were chosen."""
    owner = lists.person(db(), current_actor(), person_id)
    rows = lists.cases_of(db(), current_actor(), owner, on=today())
    return render_template(
        "cases/handover/caseload.html",
        owner=owner,
        person_id=person_id,
        rows=rows,
        chosen=set(chosen or [row.public_id for row in rows]),
        form=form or HandOverForm(formdata=None).for_colleagues(owner),
    )


@blueprint.post("/<person_id>/preview")
@requires(Permission.MANAGE_COLLEAGUES)
def preview(person_id: str) -> ResponseReturnValue:
    """What would change hands, before it does."""
    owner = lists.person(db(), current_actor(), person_id)
    form, chosen = HandOverForm().for_colleagues(owner), request.form.getlist("ids")
    rows = [row for row in lists.cases_of(db(), current_actor(), owner, on=today()) if row.public_id in chosen]
    successor = form.successor_name
    problems = ({} if successor else {"successor": "required"}) | ({} if rows else {"cases": "required"})
    if not form.validate() or problems:
        form.refuse(problems)
        return _caseload_page(person_id, form, chosen), 422
    return render_template(
        "cases/handover/preview.html", owner=owner, person_id=person_id, rows=rows, form=form, successor=successor
    )


@blueprint.post("/<person_id>")
@requires(Permission.MANAGE_COLLEAGUES)
def hand_over(person_id: str) -> ResponseReturnValue:
    """All chosen cases in one act."""
    owner = lists.person(db(), current_actor(), person_id)
    form, chosen = HandOverForm().for_colleagues(owner), request.form.getlist("ids")
    try:
        moved = handovers.hand_over(
            db(),
            current_actor(),
            owner=owner,
            successor_id=form.successor.data or "",
            public_ids=chosen,
            note=(form.note.data or "")[:300],
        )
    except NotComplete as error:
        form.refuse(error.problems)
        return _caseload_page(person_id, form, chosen), 422
    flash(_("已交接 %(n)s 条。", n=len(moved)), "success")
    if len(moved) < len(set(chosen)):
        flash(_("有 %(n)s 条已不在其名下，没有变动。", n=len(set(chosen)) - len(moved)), "warning")
    return redirect(url_for(".index"), 303)


@blueprint.get("/<person_id>/briefs")
@requires(Permission.MANAGE_COLLEAGUES)
def briefs(person_id: str) -> ResponseReturnValue:
    """The briefs of all cases of one person, a sheet of paper each."""
    owner = lists.person(db(), current_actor(), person_id)
    ids = [row.public_id for row in lists.cases_of(db(), current_actor(), owner, on=today())]
    return render_template(
        "cases/handover/briefs.html",
        owner=owner,
        person_id=person_id,
        briefs=brief_lists.briefs(db(), current_actor(), ids, on=today()),
    )


@blueprint.get("/cases/<public_id>")
@requires(Permission.HAVE_ACCOUNT)
def brief(public_id: str) -> ResponseReturnValue:
    """One page for whoever takes the case over."""
    found = brief_lists.brief(db(), current_actor(), public_id, on=today())
    return render_template("cases/handover/brief.html", found=found, is_office=lists.is_office(current_actor()))
