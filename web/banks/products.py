"""Loan products of the own bank, with every version of their terms."""

from flask import render_template
from flask_babel import lazy_gettext as _l

from access.lists import postings as lists
from access.lists.refusals import at_odds_with
from access.permissions import Permission
from vocabulary.classifications import GuaranteeMethod, LoanBasis, LoanPurpose, RepaymentMethod, TaxGrade, Tier
from web.common.database import db
from web.common.fields import (
    BandField,
    BandsField,
    ChecksField,
    CodeField,
    CountField,
    MoneyField,
    PickerListField,
    RateField,
)
from web.common.guards import requires
from web.common.identity import current_actor
from web.common.postings import PostingForm, PostingPages, Words, posting_blueprint, shown_sections, text_field
from workflows.loan_products import LOAN_PRODUCT, OF_PRODUCT


class LoanProductForm(PostingForm):
    """What the bank lends, to whom, and on which terms."""

    branch = text_field(_l("经办支行"), longest=80)
    min_amount_fen = MoneyField(_l("最低金额"))
    max_amount_fen = MoneyField(_l("最高金额"))
    min_term_months = CountField(_l("最短期限（月）"))
    max_term_months = CountField(_l("最长期限（月）"))
    rate_from_bps = RateField(_l("最低年利率"))
    rate_to_bps = RateField(_l("最高年利率"))
    repayment = CodeField(_l("还款方式"), RepaymentMethod)
    guarantee_fee_bps = RateField(_l("担保费率"))
    purposes = ChecksField(_l("贷款用途"), LoanPurpose)
    guarantee_methods = ChecksField(_l("接受的担保方式"), GuaranteeMethod)
    regions = PickerListField(_l("服务地区"), picker="regions")
    target_industries = PickerListField(_l("重点支持行业"), picker="industries")
    excluded_industries = PickerListField(_l("不受理行业"), picker="industries")
    tax_grades = ChecksField(_l("纳税信用等级"), TaxGrade)
    tiers = ChecksField(_l("梯度培育层级"), Tier)
    size_bands = BandsField(_l("面向的企业规模（从业人员）"), scale="staff")
    min_months_in_operation = CountField(_l("最短经营时间（月）"))
    min_revenue_band = BandField(_l("营业收入最低档"), scale="revenue")
    max_debt_ratio_band = BandField(_l("资产负债率最高档"), scale="debt_ratio")
    basis = CodeField(_l("还款来源依据"), LoanBasis)
    max_payment_band = BandField(_l("订单账期最长档"), scale="payment_days")
    documents = text_field(_l("所需材料"), longest=1000, area=True, render_kw={"rows": 3})


PAGES = PostingPages(
    kind=LOAN_PRODUCT,
    form=LoanProductForm,
    folder="banks/products",
    words=Words(
        index=_l("贷款产品"),
        lead=_l("发布后，符合条件的企业会出现在推荐中。已发布产品的条款每次修改都留存一个版本。"),
        new=_l("新建贷款产品"),
        edit=_l("修改贷款产品"),
        empty=_l("还没有贷款产品"),
        empty_text=_l("写下额度、期限、利率和准入条件，系统会推荐符合条件的企业。"),
    ),
    sections=(
        (_l("产品"), ("title", "branch", "text")),
        (
            _l("额度、期限与价格"),
            (
                "min_amount_fen", "max_amount_fen", "min_term_months", "max_term_months", "rate_from_bps",
                "rate_to_bps", "repayment", "guarantee_fee_bps", "purposes", "guarantee_methods",
            ),
        ),
        (
            _l("准入条件"),
            (
                "regions", "target_industries", "excluded_industries", "min_revenue_band", "max_debt_ratio_band",
                "min_months_in_operation", "tax_grades", "tiers", "size_bands", "basis", "max_payment_band",
            ),
        ),
        (_l("办理与有效期"), ("documents", "expires_on")),
    ),
    days_open=365,
    more=lambda posting: {"at_odds_entries": at_odds_with(db(), current_actor(), posting)},
    hints={
        "regions": _l("输入名称、拼音或代码查找，可填多个，用顿号分开。例如：430400 衡阳市。"),
        "target_industries": _l("可填多个，用顿号分开；不填表示不限。"),
        "excluded_industries": _l("可填多个，用顿号分开。"),
        "min_revenue_band": _l("企业须在这一档或更高。企业数据只以档位参与匹配，因此条件只能设在档位上。"),
        "max_debt_ratio_band": _l("企业须在这一档或更低。"),
        "tax_grades": _l("不选表示不限。"),
        "tiers": _l("不选表示不限。"),
        "size_bands": _l("不选表示不限。"),
        "basis": _l("订单融资和应收账款类产品，只推荐给有买方确认订单的企业；不选表示没有这一要求。"),
        "max_payment_band": _l("只用于上面选了依据的产品；订单账期须在这一档或更短。"),
    },
)  # fmt: skip
blueprint = posting_blueprint("banks_products", __name__, PAGES, url_prefix="/loan-products")


@blueprint.get("/<public_id>/versions")
@requires(Permission.POST_LOAN_PRODUCTS)
def versions(public_id: str) -> str:
    """Every version of the terms, newest first."""
    product = PAGES.own(public_id)
    found = [
        (each, shown_sections(PAGES, LoanProductForm(formdata=None, data=each.values), without=OF_PRODUCT))
        for each in lists.terms_versions(db(), product)
    ]
    return render_template("banks/products/versions.html", product=product, versions=found)
