"""Keys of the own organization: made with a fresh proof and shown once, listed, revoked at once."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from access import api_keys as lists
from access.permissions import Permission
from vocabulary.integrations import KEY_DAYS, KEYS_AT_ONCE, SCOPES_OF_KIND, ApiScope
from web.common.database import db
from web.common.fields import ChecksField, Form
from web.common.fresh import fresh
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.labels import label
from workflows import api_keys
from workflows.calendar import today
from workflows.errors import AlreadyExists, NotComplete

blueprint = Blueprint("integrations_keys", __name__, url_prefix="/api-keys")


class KeyForm(Form):
    """What a key is for, and what it may do."""

    name = StringField(_l("名称"), [InputRequired(_l("请填写。")), Length(max=60)], description=_l("例如：信贷系统"))
    purpose = StringField(_l("用途"), [Length(max=200)], description=_l("谁在用，用来做什么"))
    expires_on = DateField(_l("最后有效日"), [InputRequired(_l("请填写日期。"))], description=_l("最长一年"))
    scopes = ChecksField(_l("可以做什么"), ApiScope)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = current_actor().organization_kind
        self.scopes.only = frozenset(SCOPES_OF_KIND[kind]) if kind else frozenset()

    def validate_scopes(self, field: ChecksField) -> None:
        """Said together with what else is missing."""
        if not field.data:
            raise ValidationError(_("请至少选择一项。"))

    def refuse(self, problems: dict[str, str]) -> None:
        """Show each problem beside its field."""
        words = {
            "required": _("请填写。"),
            "out_of_range": _("须在今天之后一年以内。"),
            "too_many": _("最多同时 %(n)s 个有效密钥，请先撤销不用的。", n=KEYS_AT_ONCE),
        }
        for name, code in problems.items():
            self[name].errors = [words[code]]


@blueprint.get("/")
@requires(Permission.MANAGE_INTEGRATIONS)
def index() -> ResponseReturnValue:
    return _page(KeyForm(formdata=None, data={"expires_on": today() + timedelta(days=KEY_DAYS)}))


def _page(form: KeyForm, status: int = 200) -> ResponseReturnValue:
    return render_template(
        "integrations/keys.html", form=form, rows=lists.own_keys(db(), current_actor(), on=today())
    ), status


@blueprint.post("/")
@requires(Permission.MANAGE_INTEGRATIONS)
@fresh
def make() -> ResponseReturnValue:
    """The secret is on the answer itself, and nowhere afterwards."""
    form = KeyForm()
    if not form.validate():
        return _page(form, 422)
    assert form.expires_on.data is not None
    try:
        key, secret = api_keys.make(
            db(),
            current_actor(),
            name=form.name.data or "",
            purpose=form.purpose.data or "",
            scopes=[ApiScope(scope) for scope in form.scopes.data or ()],
            expires_on=form.expires_on.data,
            today=today(),
        )
    except NotComplete as error:
        form.refuse(error.problems)
        return _page(form, 422)
    except AlreadyExists:
        form.name.errors = [_("已有同名的有效密钥。")]
        return _page(form, 422)
    scopes = [label(scope, "ApiScope") for scope in key.scopes]
    return render_template("integrations/key_made.html", key=key, secret=secret, scopes=scopes)


@blueprint.post("/<public_id>/revoke")
@requires(Permission.MANAGE_INTEGRATIONS)
def revoke(public_id: str) -> ResponseReturnValue:
    api_keys.revoke(db(), current_actor(), lists.own_key(db(), current_actor(), public_id))
    flash(_("已撤销，下一次请求起不再有效。"), "success")
    return redirect(url_for(".index"), 303)
