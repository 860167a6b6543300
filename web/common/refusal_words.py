"""What a firm reads of a refusal: in plain words what was found wanting, what to do, and the page to do it on."""

from dataclasses import dataclass

from flask import url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.classifications import FIRM_SIDE, DeclineReason, Market, Side

_D = DeclineReason
_PROFILE, _POSTING, _CONSENTS = "profile", "posting", "consents"
_ADVICE: dict[DeclineReason, tuple[LazyString, LazyString, str]] = {
    _D.COLLATERAL_INSUFFICIENT: (
        _l("现有的抵押物或质押物，不足以支持这笔贷款。"),
        _l("把设备、厂房、应收账款等还没有填报的抵质押物补充到档案，并请链办核验；也可以先看不要求抵押的产品。"),
        _PROFILE,
    ),
    _D.DEBT_TOO_HIGH: (
        _l("以现在的负债水平，银行认为再增加借款不合适。"),
        _l("还款或增资之后，更新档案中的资产负债率；也可以减少申请金额。"),
        _PROFILE,
    ),
    _D.OPERATING_HISTORY_SHORT: (
        _l("银行希望看到更长的经营记录。"),
        _l("先核对档案中的成立日期；也可以看对经营年限要求较低的产品。"),
        _PROFILE,
    ),
    _D.INDUSTRY_NOT_SERVED: (
        _l("这家银行目前不做本行业的业务。这与贵公司的经营好坏无关。"),
        _l("核对档案中的行业代码是否准确；不必修改需求，可以直接询问下一家。"),
        _PROFILE,
    ),
    _D.AMOUNT_NOT_SUITABLE: (
        _l("申请的金额与这个产品的通常做法不合。"),
        _l("按订单和回款重新估算所需金额，在融资需求中修改；也可以分两笔申请。"),
        _POSTING,
    ),
    _D.CREDIT_RECORD: (
        _l("银行在征信记录中看到需要说明的情况。"),
        _l("到人民银行网点或官网查询本企业的信用报告；有错可以申请异议更正，已结清的请备好结清证明。"),
        _CONSENTS,
    ),
    _D.PRICE_NOT_SUITABLE: (
        _l("双方对价格的期望有差距。"),
        _l("核对需求或产品中的价格条件；可以放宽的，在这里修改。"),
        _POSTING,
    ),
    _D.SPECIFICATION_MISMATCH: (
        _l("产品的规格与这家采购单位所要的不同。"),
        _l("把能做的规格、型号和执行标准写完整；有样品检测报告的，一并注明。"),
        _POSTING,
    ),
    _D.CAPACITY_INSUFFICIENT: (
        _l("采购单位认为现有产能不够供这一单。"),
        _l("核对并更新富余产能；也可以选择允许多家供货的采购需求。"),
        _POSTING,
    ),
    _D.DELIVERY_TOO_LATE: (
        _l("供货周期赶不上采购单位的交货时间。"),
        _l("能缩短的，更新产品的供货周期；备有库存的，请在说明中写明。"),
        _POSTING,
    ),
    _D.QUALITY_NOT_PROVEN: (
        _l("采购单位还缺少质量方面的证明。"),
        _l("把质量体系证书、产品认证和检测报告补充到档案，并请链办核验。"),
        _PROFILE,
    ),
    _D.ALREADY_SUPPLIED: (
        _l("采购单位已有合作的供应商。这与贵公司的产品无关。"),
        _l("不必修改资料，可以直接询问下一家。"),
        _POSTING,
    ),
    _D.COMPETITOR: (
        _l("采购单位认为双方业务有竞争。这与贵公司的产品无关。"),
        _l("不必修改资料，可以直接询问下一家。"),
        _POSTING,
    ),
    _D.OTHER: (
        _l("对方没有归入常见的原因。"),
        _l("请看对方写给贵公司的说明；没有写明的，可以请链办代为了解。"),
        _POSTING,
    ),
}  # fmt: skip
_LINKS: dict[str, LazyString] = {
    _PROFILE: _l("打开企业档案"),
    _CONSENTS: _l("查看授权与查阅记录"),
    _POSTING: _l("打开这条需求或产品"),
}


@dataclass(frozen=True)
class Advice:
    """Words for one code, and where to act."""

    meaning: str
    to_do: str
    url: str
    link: str


def advice(reason: DeclineReason, market: Market, posting_public_id: str) -> Advice:
    """What the firm reads; `posting_public_id` names its own need or line."""
    meaning, to_do, place = _ADVICE[reason]
    is_need = FIRM_SIDE[market] is Side.DEMAND
    urls = {
        _PROFILE: lambda: url_for("firms_profile.index"),
        _CONSENTS: lambda: url_for("firms_consents.index"),
        _POSTING: lambda: url_for("firms_needs.page" if is_need else "firms_lines.page", public_id=posting_public_id),
    }
    return Advice(str(meaning), str(to_do), urls[place](), str(_LINKS[place]))
