"""Organizations of every kind for the administrator: names, statuses and how many people, nothing of business."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from access.lists import accounts as lists
from access.permissions import Permission
from vocabulary.lifecycles import OrganizationStatus
from vocabulary.roles import OrganizationKind
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.pagination import SIZE, Page, requested_page
from workflows.calendar import today

blueprint = Blueprint("administration_organizations", __name__, url_prefix="/all-organizations")


@blueprint.get("/")
@requires(Permission.MANAGE_ACCOUNTS)
def index() -> ResponseReturnValue:
    """Find an organization; its people are a link away."""
    kind, status = (request.args.get(name, "") for name in ("kind", "status"))
    chosen_kind = OrganizationKind(kind) if kind in set(OrganizationKind) else None
    chosen_status = OrganizationStatus(status) if status in set(OrganizationStatus) else None
    q, number = request.args.get("q", "").strip()[:80], requested_page()
    rows, total = lists.organizations(
        db(), current_actor(), q=q, kind=chosen_kind, status=chosen_status, on=today(), page=number, size=SIZE
    )
    return render_template(
        "administration/organizations.html",
        page=Page(rows, number, total),
        q=q,
        kinds=list(OrganizationKind),
        kind=chosen_kind,
        statuses=list(OrganizationStatus),
        status=chosen_status,
    )
