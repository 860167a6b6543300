"""Purchase needs of a buyer, or of an enterprise that buys, and the supplier groups that could serve them."""

from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from access.lists import supplier_groups as lists
from access.lists.refusals import at_odds_with
from access.permissions import Permission
from vocabulary.standards import Certificate
from vocabulary.units import Unit
from web.common.database import db
from web.common.fields import (
    ChecksField,
    CodeField,
    CountField,
    MoneyField,
    PickerField,
    QuantityField,
    StandardsField,
)
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.postings import DayField, PostingForm, PostingPages, Words, posting_blueprint, text_field
from web.common.supplier_groups import ask_group, proposal_lines
from workflows import supplier_groups, supplier_shares
from workflows.calendar import today
from workflows.purchase_needs import PURCHASE_NEED


class PurchaseNeedForm(PostingForm):
    """What is to be bought, and on which terms."""

    category_code = PickerField(_l("产品类别（GB/T 4754）"), picker="industries")
    specification = text_field(_l("规格型号"), longest=500)
    must_standards = StandardsField(_l("必须符合的标准"))
    wished_standards = StandardsField(_l("希望符合的标准"))
    must_certificates = ChecksField(_l("必须具备的认证"), Certificate)
    wished_certificates = ChecksField(_l("希望具备的认证"), Certificate)
    quantity_milli = QuantityField(_l("采购数量"))
    unit = CodeField(_l("计量单位"), Unit)
    accept_partial = BooleanField(_l("可由多家供应商分批供货"), default=True)
    window_start = DayField(_l("最早交货日期"))
    window_end = DayField(_l("最晚交货日期"))
    delivery_region_code = PickerField(_l("交货地"), picker="regions")
    payment_days = CountField(_l("账期（天）"))
    budget_fen = MoneyField(_l("预算"))
    hide_name = BooleanField(_l("对接确认之前不显示本单位名称"))


def _groups(posting: Any) -> dict[str, Any]:
    """The group that would cover the need now, and those that were asked."""
    proposal = supplier_groups.proposal(db(), posting, today=today())
    return {
        "proposal": proposal,
        "proposal_lines": proposal_lines(proposal),
        "groups": lists.groups_of_need(db(), posting),
        "at_odds_entries": at_odds_with(db(), current_actor(), posting),
    }


PAGES = PostingPages(
    kind=PURCHASE_NEED,
    form=PurchaseNeedForm,
    folder="buyers/needs",
    words=Words(
        index=_l("采购需求"),
        lead=_l("发布后，合适的本地产品会出现在推荐中。"),
        new=_l("新建采购需求"),
        edit=_l("修改采购需求"),
        empty=_l("还没有采购需求"),
        empty_text=_l("写下要买的产品、数量和交货时间，系统会找出本地供应商并说明理由。"),
    ),
    sections=(
        (_l("采购什么"), ("title", "category_code", "specification", "text")),
        (
            _l("标准与认证"),
            ("must_standards", "wished_standards", "must_certificates", "wished_certificates"),
        ),
        (
            _l("数量与交付"),
            (
                "quantity_milli", "unit", "accept_partial", "window_start", "window_end", "delivery_region_code",
                "payment_days", "budget_fen",
            ),
        ),
        (_l("公开方式与有效期"), ("hide_name", "expires_on")),
    ),
    days_open=90,
    hints={
        "title": _l("例如：采购电工圆铜线。"),
        "category_code": _l("输入名称、拼音或代码查找。"),
        "must_standards": _l("不符合的产品不会被推荐。例如：GB/T 3953-2009。"),
        "wished_standards": _l("符合的产品排在前面。"),
    },
    more=_groups,
)  # fmt: skip
blueprint = posting_blueprint("buyers_needs", __name__, PAGES, url_prefix="/purchase-needs")


@blueprint.post("/<public_id>/supplier-groups")
@requires(Permission.POST_PURCHASE_NEEDS)
def ask_suppliers(public_id: str) -> ResponseReturnValue:
    """Ask the members of the proposed group, each for its share."""
    ask_group(PAGES.own(public_id), request.form.get("fingerprint", ""))
    return redirect(url_for(".page", public_id=public_id, _anchor="supplier-groups"), 303)


@blueprint.post("/<public_id>/supplier-groups/<group_id>/take-back")
@requires(Permission.POST_PURCHASE_NEEDS)
def take_back_group(public_id: str, group_id: str) -> ResponseReturnValue:
    """No longer ask; the members are free and are told."""
    group = lists.own_group(db(), PAGES.own(public_id), group_id)
    supplier_shares.take_back(db(), current_actor(), group)
    return redirect(url_for(".page", public_id=public_id, _anchor="supplier-groups"), 303)
