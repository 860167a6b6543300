"""Organizations before an official: verify, return, suspend, merge."""

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField, TextAreaField
from wtforms.validators import Length

from access import lookups
from access.lists import organizations as lists
from access.permissions import Permission
from access.ties import recusal
from vocabulary.lifecycles import OrganizationStatus
from vocabulary.roles import SELF_REGISTERING, OrganizationKind
from web.common.database import db
from web.common.fields import Form
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.pagination import SIZE, Page, requested_page
from workflows import organizations
from workflows.errors import NotComplete

if TYPE_CHECKING:
    from models.organization import Organization

blueprint = Blueprint("officials_organizations", __name__, url_prefix="/organizations")


class ReviewForm(Form):
    note = TextAreaField(_l("说明"), [Length(max=500)], description=_l("退回和停用时必填；退回说明会发给该单位"))
    into = StringField(_l("合并到"), [Length(max=12)])


@blueprint.get("/")
@requires(Permission.VERIFY_ORGANIZATIONS)
def index() -> ResponseReturnValue:
    asked = request.args.get("status", "")
    status = OrganizationStatus(asked) if asked in set(OrganizationStatus) else None
    asked = request.args.get("kind", "")
    kind = OrganizationKind(asked) if asked in SELF_REGISTERING else None
    q, number = request.args.get("q", "").strip()[:80], requested_page()
    found = lists.to_check(db(), current_actor(), status=status, kind=kind, q=q, page=number, size=SIZE)
    return render_template(
        "officials/organizations/index.html",
        page=Page(found.items, number, found.total),
        counts=found.counts,
        statuses=list(OrganizationStatus),
        status=status,
        kinds=SELF_REGISTERING,
        kind=kind,
        q=q,
    )


@blueprint.route("/<public_id>", methods=["GET", "POST"])
@requires(Permission.VERIFY_ORGANIZATIONS)
def show(public_id: str) -> ResponseReturnValue:
    """One organization with its possible doubles, and the steps an official may take."""
    actor = current_actor()
    organization = lookups.organization_to_check(db(), actor, public_id)
    form = ReviewForm()
    if form.validate_on_submit():
        note = (form.note.data or "").strip()
        try:
            _take(request.form.get("step", ""), organization, note, form.into.data or "")
        except NotComplete as error:
            field = form["into"] if "into" in error.problems else form["note"]
            field.errors = [_("请选择同类型的另一家单位。") if field is form["into"] else _("请写明原因。")]
        else:
            flash(_("已处理：%(name)s。", name=organization.legal_name), "success")
            return redirect(url_for(".index"), 303)
    doubles = lists.possible_doubles(db(), organization)
    page = render_template(
        "officials/organizations/show.html",
        organization=organization,
        doubles=doubles,
        kept=lists.kept_instead(db(), actor, organization),
        mergeable=lists.mergeable(db(), actor, organization, doubles),
        form=form,
        recusal=recusal(db(), actor, (organization.id or 0,), chain_id=organization.chain_id),
    )
    return page, 422 if form.errors else 200


def _take(step: str, organization: "Organization", note: str, into: str) -> None:
    actor, session = current_actor(), db()
    match step:
        case "verify":
            organizations.verify(session, actor, organization)
        case "return":
            organizations.return_to_correct(session, actor, organization, note=note)
        case "suspend":
            organizations.suspend(session, actor, organization, note=note)
        case "restore":
            organizations.restore(session, actor, organization)
        case "merge":
            if not into:
                raise NotComplete({"into": "required"})
            target = lookups.organization_to_check(session, actor, into)
            organizations.merge(session, actor, organization, into=target)
        case _:
            raise NotComplete({"note": "required"})
