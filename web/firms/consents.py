"""Consents: whom the firm lets read what, for which purpose and until when."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField
from wtforms.validators import InputRequired

from access.lists import cases as case_lists
from access.lists import consents as lists
from access.permissions import Permission
from access.rules import may
from vocabulary.profile_fields import Section
from web.common.database import db
from web.common.fields import ChecksField, Form
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label
from workflows import consents
from workflows.calendar import today
from workflows.errors import AlreadyExists, NotComplete

blueprint = Blueprint("firms_consents", __name__, url_prefix="/consents")
_USUAL_DAYS = 180


class ConsentForm(Form):
    """One reader with its purpose, the sections it may read, and the last day."""

    reader = SelectField(_l("授权对象与用途"))
    sections = ChecksField(_l("可查阅的部分"), Section)
    ends_on = DateField(_l("有效期至"), [InputRequired(_l("请填写日期。"))])

    def offer(self, readers: list[lists.Reader]) -> "ConsentForm":
        self.reader.choices = [
            (f"{row.public_id}:{row.purpose}", _("%(name)s（%(purpose)s）", name=row.name, purpose=label(row.purpose)))
            for row in readers
        ]
        return self


@blueprint.get("/")
@requires(Permission.FOLLOW_OWN_CASES)
def index() -> ResponseReturnValue:
    """What was granted, who read what, and a form for the signatory."""
    wanted = request.args.get("counterpart", "")
    readers = lists.readers(db(), current_actor())
    chosen = next((f"{row.public_id}:{row.purpose}" for row in readers if row.public_id == wanted), None)
    usual = {"sections": [Section.BASIC.value, Section.BUSINESS.value, Section.SCALE.value, Section.CONTACTS.value]}
    form = ConsentForm(
        formdata=None, data={"reader": chosen, "ends_on": today() + timedelta(days=_USUAL_DAYS), **usual}
    ).offer(readers)
    return _page(form)


def _page(form: ConsentForm) -> str:
    actor = current_actor()
    on = today()
    return render_template(
        "firms/consents/index.html",
        grants=[(grant, grant.is_live(on)) for grant in lists.grants(db(), actor)],
        readings=case_lists.own_readings(db(), actor),
        form=form,
        may_give=may(actor, Permission.GIVE_CONSENT),
    )


@blueprint.post("/")
@requires(Permission.GIVE_CONSENT)
def give() -> ResponseReturnValue:
    readers = lists.readers(db(), current_actor())
    form = ConsentForm().offer(readers)
    if form.validate():
        reader = next(row for row in readers if f"{row.public_id}:{row.purpose}" == form.reader.data)
        assert form.ends_on.data is not None
        try:
            consents.give(
                db(),
                current_actor(),
                counterpart_id=reader.id,
                purpose=reader.purpose,
                sections=form.sections.data or [],
                ends_on=form.ends_on.data,
            )
        except NotComplete as error:
            _refuse(form, error.problems)
        except AlreadyExists:
            form.reader.errors = [_("刚刚已有人授权，请刷新页面。")]
        else:
            flash(_("已授权 %(name)s。", name=reader.name), "success")
            return redirect(url_for(".index"), 303)
    return _page(form), 422


def _refuse(form: ConsentForm, problems: dict[str, str]) -> None:
    fields: dict[str, Any] = {"counterpart_id": form.reader, "sections": form.sections, "ends_on": form.ends_on}
    words = {"in_past": _("不能早于今天。"), "required": _("请至少选择一个部分。")}
    for name, code in problems.items():
        fields[name].errors = [words.get(code, _("这个值不正确。"))]


@blueprint.route("/<public_id>/withdraw", methods=["GET", "POST"])
@requires(Permission.GIVE_CONSENT)
def withdraw(public_id: str) -> ResponseReturnValue:
    """What withdrawing means, then the withdrawal."""
    consent = lists.own_consent(db(), current_actor(), public_id)
    if request.method == "POST":
        consents.withdraw(db(), current_actor(), consent)
        flash(_("已撤回授权，对方从现在起不能再查阅。"), "success")
        return redirect(url_for(".index"), 303)
    grant = next(row for row in lists.grants(db(), current_actor()) if row.public_id == public_id)
    return render_template("firms/consents/withdraw.html", grant=grant)
