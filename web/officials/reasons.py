"""The page that asks why before a firm's confidential part or documents are shown."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import TextAreaField
from wtforms.validators import DataRequired, Length

from access.lookups import organization_to_check
from access.permissions import Permission
from web.common.database import db
from web.common.fields import Form
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.languages import safe_next
from workflows.errors import NotComplete
from workflows.reasons import SHORTEST, state_reason

blueprint = Blueprint("officials_reasons", __name__, url_prefix="/reasons")


class ReasonForm(Form):
    reason = TextAreaField(
        _l("查看理由"),
        [DataRequired(_l("请写明理由。")), Length(min=SHORTEST, max=500, message=_l("请写明理由，4 至 500 字。"))],
        description=_l("如：核查 3 月 5 日举报的数据不实；企业会看到这段话、您的姓名和时间"),
        render_kw={"rows": 3},
    )


@blueprint.route("/<firm_id>", methods=["GET", "POST"])
@requires(Permission.VERIFY_PROFILES)
def state(firm_id: str) -> ResponseReturnValue:
    """State a reason, then go on to the page that needed it."""
    actor = current_actor()
    firm = organization_to_check(db(), actor, firm_id)
    form = ReasonForm()
    back = safe_next(request.args.get("next"), url_for("officials_profiles.index"))
    if form.validate_on_submit():
        try:
            state_reason(db(), actor, firm, form.reason.data or "")
        except NotComplete:
            form.reason.errors = [_("请写明理由。")]
        else:
            flash(_("已记录理由，24 小时内有效。企业会看到。"), "success")
            return redirect(back, 303)
    page = render_template("officials/reasons/state.html", form=form, firm=firm, back=back)
    return page, 422 if form.errors else 200
