"""Orders that a buyer confirms for its supplier, whether a bank may read them, and the joint case over one."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from access.lists import cases as case_lists
from access.lists import joint_cases as lists
from access.lookups import own_pairing
from access.permissions import Permission
from web.common.database import db
from web.common.fields import CountField, Form
from web.common.guards import requires
from web.common.identity import current_actor
from workflows import orders
from workflows.calendar import today
from workflows.errors import AlreadyExists, NotComplete

blueprint = Blueprint("orders", __name__, url_prefix="/orders")


class ConfirmationForm(Form):
    """What the buyer adds to a recorded order."""

    payment_days = CountField(_l("账期（天）"), description=_l("从交货到付款；货到付款填 0"))
    buyer_agrees = BooleanField(_l("同意企业授权的银行看到本订单的金额、账期和本单位名称"))


@blueprint.route("/confirm/<case_id>/<step_id>", methods=["GET", "POST"])
@requires(Permission.RECORD_CASE_STEPS)
def confirm(case_id: str, step_id: str) -> ResponseReturnValue:
    """The buyer's explicit word that the order is true, and no more than that."""
    pairing = own_pairing(db(), current_actor(), case_id)
    step = case_lists.step_to_correct(db(), current_actor(), pairing, step_id)
    form = ConfirmationForm()
    if form.validate_on_submit():
        try:
            orders.confirm_order(
                db(),
                current_actor(),
                step,
                payment_days=form.payment_days.data,
                buyer_agrees=bool(form.buyer_agrees.data),
                today=today(),
            )
        except NotComplete as error:
            if "payment_days" in error.problems:
                form.payment_days.errors = [_("请填写 0 到 720 之间的天数。")]
            else:
                form.form_errors.append(_("这一步不是有金额的订单，或者已被更正，请从最新的一条确认。"))
        except AlreadyExists:
            flash(_("这份订单已经确认过。"), "warning")
            return redirect(url_for("cases.detail", public_id=case_id), 303)
        else:
            flash(_("已确认订单。企业会得知，并可据此申请订单融资。"), "success")
            return redirect(url_for("cases.detail", public_id=case_id), 303)
    page = render_template("cases/confirm_order.html", pairing=pairing, step=step, form=form)
    return page, 422 if form.errors else 200


@blueprint.post("/<public_id>/withdraw")
@requires(Permission.RECORD_CASE_STEPS)
def withdraw(public_id: str) -> ResponseReturnValue:
    """The buyer takes its confirmation back; those who rely on it are told."""
    order = lists.own_order(db(), current_actor(), public_id)
    note = request.form.get("note", "").strip()[:500]
    orders.withdraw_order(db(), current_actor(), order, note=note, today=today())
    flash(_("已撤回确认，企业和以此为依据的银行会得知。"), "success")
    return _back(public_id)


@blueprint.post("/<public_id>/fulfil")
@requires(Permission.RECORD_CASE_STEPS)
def fulfil(public_id: str) -> ResponseReturnValue:
    """Delivered and paid for."""
    orders.fulfil_order(db(), current_actor(), lists.own_order(db(), current_actor(), public_id), today=today())
    flash(_("已标明履行完毕，不再作为融资依据。"), "success")
    return _back(public_id)


@blueprint.post("/<public_id>/agree")
@requires(Permission.GIVE_CONSENT)
def agree(public_id: str) -> ResponseReturnValue:
    """The firm lets the banks of its cases read the order."""
    orders.agree(db(), current_actor(), lists.own_order(db(), current_actor(), public_id))
    flash(_("已同意出示。引荐之后，企业、买方和银行在联合案件里看到同一份订单。"), "success")
    return _back(public_id)


@blueprint.post("/<public_id>/take-back")
@requires(Permission.GIVE_CONSENT)
def take_back(public_id: str) -> ResponseReturnValue:
    """The firm no longer shows the order."""
    orders.take_back_agreement(db(), current_actor(), lists.own_order(db(), current_actor(), public_id))
    flash(_("已不再出示，银行和买方的联合案件随即关闭，并会得知。"), "success")
    return _back(public_id)


@blueprint.get("/joint-cases/<public_id>")
@requires(Permission.HAVE_ACCOUNT)
def joint_case(public_id: str) -> ResponseReturnValue:
    """Firm, buyer and bank as one case; each reads what it may."""
    found = lists.joint_case(db(), current_actor(), public_id, on=today())
    return render_template("cases/joint.html", found=found)


def _back(public_id: str) -> ResponseReturnValue:
    """To the case of the order."""
    return redirect(url_for("cases.detail", public_id=lists.case_of_order(db(), current_actor(), public_id)), 303)
