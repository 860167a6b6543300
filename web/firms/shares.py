"""Shares of supplier groups that the own enterprise is asked to take (拼量)."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from access.lists import supplier_groups as lists
from access.permissions import Permission
from vocabulary.lifecycles import SUPPLIER_SHARE, SupplierShareStatus
from web.common.database import db
from web.common.guards import requires
from web.common.identity import current_actor
from workflows import supplier_shares
from workflows.calendar import today
from workflows.errors import NotComplete
from workflows.supplier_shares import Acceptance

blueprint = Blueprint("firms_shares", __name__, url_prefix="/supplier-shares")


@blueprint.get("/")
@requires(Permission.SEE_OWN_RECOMMENDATIONS)
def index() -> ResponseReturnValue:
    """What is asked of the firm, the unanswered first."""
    return render_template("firms/shares/index.html", shares=lists.own_shares(db(), current_actor()))


@blueprint.get("/<public_id>")
@requires(Permission.SEE_OWN_RECOMMENDATIONS)
def show(public_id: str) -> ResponseReturnValue:
    """The share, the window, and who else: by number until all were introduced."""
    found = lists.own_share(db(), current_actor(), public_id)
    may_answer = SUPPLIER_SHARE.allows(found.share.status, SupplierShareStatus.DECLINED)
    return render_template("firms/shares/show.html", found=found, may_answer=may_answer)


@blueprint.post("/<public_id>/accept")
@requires(Permission.SEE_OWN_RECOMMENDATIONS)
def accept(public_id: str) -> ResponseReturnValue:
    """Take the share; with the last acceptance the pairs go before their office."""
    found = lists.own_share(db(), current_actor(), public_id)
    try:
        outcome = supplier_shares.accept(db(), current_actor(), found.share, today=today())
    except NotComplete as error:
        flash(_refusal(error.problems["share"]), "warning")
    else:
        flash(_outcome(outcome), "warning" if outcome is Acceptance.BROKEN else "success")
    return redirect(url_for(".show", public_id=public_id), 303)


@blueprint.post("/<public_id>/decline")
@requires(Permission.SEE_OWN_RECOMMENDATIONS)
def decline(public_id: str) -> ResponseReturnValue:
    """Do not take the share: the group ends, and another is looked for without this firm."""
    found = lists.own_share(db(), current_actor(), public_id)
    note = request.form.get("note", "").strip()[:500]
    supplier_shares.decline(db(), current_actor(), found.share, note=note)
    flash(_("已答复不承担。采购方会得知，其他供应商的份额已解除。"), "success")
    return redirect(url_for(".show", public_id=public_id), 303)


def _refusal(code: str) -> str:
    words = {
        "late": _("答复期限已过。"),
        "need_closed": _("采购需求已暂停或关闭，不再征询。"),
        "capacity": _("这条产品线的富余产能已不足以承担这一份额。可先更新富余产能，或答复不承担。"),
    }
    return words[code]


def _outcome(outcome: Acceptance) -> str:
    words = {
        Acceptance.WAITING: _("已接受。还在等其他供应商答复。"),
        Acceptance.COMPLETE: _("已接受。各家都已接受，已提请链办审定。"),
        Acceptance.BROKEN: _("另有供应商的富余产能已不足，这一方案未成，您的份额已解除。"),
    }
    return words[outcome]
