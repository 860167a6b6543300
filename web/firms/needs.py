"""Financing needs of the own enterprise."""

from flask_babel import lazy_gettext as _l

from vocabulary.classifications import GuaranteeMethod, LoanPurpose
from web.common.fields import ChecksField, CodeField, CountField, MoneyField, RateField
from web.common.postings import PostingForm, PostingPages, Words, posting_blueprint
from workflows.financing_needs import FINANCING_NEED


class FinancingNeedForm(PostingForm):
    """What the enterprise wants to borrow."""

    amount_fen = MoneyField(_l("融资金额"))
    term_months = CountField(_l("期限（月）"))
    purpose = CodeField(_l("贷款用途"), LoanPurpose)
    guarantee_methods = ChecksField(_l("可提供的担保方式"), GuaranteeMethod)
    max_annual_rate_bps = RateField(_l("可接受的最高年利率"))


PAGES = PostingPages(
    kind=FINANCING_NEED,
    form=FinancingNeedForm,
    folder="firms/needs",
    words=Words(
        index=_l("融资需求"),
        lead=_l("发布后，符合条件的贷款产品会出现在推荐中。"),
        new=_l("新建融资需求"),
        edit=_l("修改融资需求"),
        empty=_l("还没有融资需求"),
        empty_text=_l("写下金额、期限和用途，系统会找出合适的贷款产品并说明理由。"),
    ),
    sections=(
        (
            _l("需求"),
            ("title", "amount_fen", "term_months", "purpose", "max_annual_rate_bps", "guarantee_methods", "text"),
        ),
        (_l("有效期"), ("expires_on",)),
    ),
    days_open=90,
    hints={
        "title": _l("例如：铜线扩产流动资金。"),
        "max_annual_rate_bps": _l("不填表示不限。"),
        "text": _l("用途说明：买什么、给谁做、何时用款。银行会读到这段话。"),
    },
)
blueprint = posting_blueprint("firms_needs", __name__, PAGES, url_prefix="/financing-needs")
