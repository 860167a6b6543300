"""Other terms that the joint office suggests for the bank's own products; only the bank changes them."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import suggestions as lists
from access.permissions import Permission
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.pagination import SIZE, Page, requested_page
from web.common.policy_words import problem_words, term_lines
from workflows import product_suggestions
from workflows.errors import NotComplete

blueprint = Blueprint("banks_suggestions", __name__, url_prefix="/suggested-terms")


@blueprint.get("/")
@requires(Permission.POST_LOAN_PRODUCTS)
def index() -> ResponseReturnValue:
    """Suggestions to the own bank, those not answered first."""
    number = requested_page()
    lines, total = lists.of_bank(db(), current_actor(), page=number, size=SIZE)
    return render_template("banks/suggestions/index.html", page=Page(lines, number, total), term_lines=term_lines)


@blueprint.post("/<public_id>/accept")
@requires(Permission.POST_LOAN_PRODUCTS)
def accept(public_id: str) -> ResponseReturnValue:
    """Change the product to the suggested terms, as a new version."""
    found = lists.suggestion(db(), current_actor(), public_id)
    try:
        product_suggestions.accept(db(), current_actor(), found)
    except NotComplete as refused:
        flash(problem_words(refused), "warning")
    else:
        flash(_("已接受，产品条款已存为新版本并重新推荐。"), "success")
    return redirect(url_for(".index"), 303)


@blueprint.post("/<public_id>/decline")
@requires(Permission.POST_LOAN_PRODUCTS)
def decline(public_id: str) -> ResponseReturnValue:
    """Leave the product as it is, with the reason."""
    found = lists.suggestion(db(), current_actor(), public_id)
    try:
        product_suggestions.decline(db(), current_actor(), found, reason=request.form.get("reason", "")[:500])
    except NotComplete:
        flash(_("请写明婉拒的原因。"), "warning")
    else:
        flash(_("已婉拒，产品没有变化。"), "success")
    return redirect(url_for(".index"), 303)
