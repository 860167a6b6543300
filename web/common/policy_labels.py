"""The words for the codes of policy scenarios."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.policy import PolicyChange, PolicyGroup, PolicyManner, PolicyRule, PolicyStatus, SuggestionStatus

POLICY_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    PolicyStatus: {
        PolicyStatus.DRAFT: _l("待测算"),
        PolicyStatus.COMPUTED: _l("已测算"),
        PolicyStatus.PUBLISHED: _l("已发布"),
        PolicyStatus.DROPPED: _l("已放弃"),
    },
    SuggestionStatus: {
        SuggestionStatus.PROPOSED: _l("待银行答复"),
        SuggestionStatus.ACCEPTED: _l("银行已接受"),
        SuggestionStatus.DECLINED: _l("银行已婉拒"),
    },
    PolicyRule: {
        PolicyRule.WEIGHTS: _l("匹配度权重"),
        PolicyRule.REVENUE_BAND: _l("营业收入最低档"),
        PolicyRule.DEBT_RATIO_BAND: _l("资产负债率最高档"),
        PolicyRule.OPERATING_MONTHS: _l("最短经营时间（月）"),
        PolicyRule.TAX_GRADES: _l("纳税信用等级"),
        PolicyRule.GUARANTEE_METHODS: _l("风险补偿：接受的担保方式"),
        PolicyRule.INTEREST: _l("贴息（年利率降低）"),
    },
    PolicyManner: {PolicyManner.RELAX: _l("放宽到"), PolicyManner.TIGHTEN: _l("收紧到")},
    PolicyChange: {
        PolicyChange.GAINED: _l("新增符合"),
        PolicyChange.LOST: _l("不再符合"),
        PolicyChange.MOVED: _l("名次变化"),
    },
    PolicyGroup: {
        PolicyGroup.CHAIN: _l("产业链"),
        PolicyGroup.DISTRICT: _l("县市区"),
        PolicyGroup.TIER: _l("梯度培育层级"),
        PolicyGroup.SIZE: _l("从业人员"),
    },
}
