"""The words of titles, of the five standards and of the columns of the filed form."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.coordination import FormColumn, FundingList, FundingStandard
from vocabulary.lifecycles import RecognitionStatus
from vocabulary.recognitions import RecognitionKind, RecognitionState
from vocabulary.size_class import SizeMatch

_F = FormColumn

RECOGNITION_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    RecognitionKind: {
        RecognitionKind.INNOVATIVE: _l("创新型中小企业"),
        RecognitionKind.SRDI: _l("专精特新中小企业"),
        RecognitionKind.LITTLE_GIANT: _l("专精特新“小巨人”"),
        RecognitionKind.CHAMPION: _l("制造业单项冠军"),
        RecognitionKind.HIGH_TECH: _l("高新技术企业"),
        RecognitionKind.ABOVE_SCALE: _l("规模以上企业"),
    },
    RecognitionStatus: {
        RecognitionStatus.FILED: _l("待核验"),
        RecognitionStatus.VERIFIED: _l("已核验"),
        RecognitionStatus.REFUSED: _l("未通过"),
        RecognitionStatus.WITHDRAWN: _l("已撤回"),
        RecognitionStatus.REVOKED: _l("已撤销"),
    },
    RecognitionState: {
        RecognitionState.WAITING: _l("待核验"),
        RecognitionState.NOT_YET: _l("未到起始日"),
        RecognitionState.VALID: _l("有效"),
        RecognitionState.EXPIRING: _l("即将到期"),
        RecognitionState.EXPIRED: _l("已过期"),
        RecognitionState.REFUSED: _l("未通过"),
        RecognitionState.WITHDRAWN: _l("已撤回"),
        RecognitionState.REVOKED: _l("已撤销"),
    },
    SizeMatch: {
        SizeMatch.DIFFERS: _l("与计算不一致"),
        SizeMatch.UNCLAIMED: _l("企业未填报"),
        SizeMatch.UNDETERMINED: _l("无法判定"),
        SizeMatch.AGREES: _l("一致"),
    },
    FundingStandard: {
        FundingStandard.COMPLIANT_OPERATION: _l("合规持续经营"),
        FundingStandard.FIXED_PREMISES: _l("固定经营场所"),
        FundingStandard.REAL_NEED: _l("真实融资需求"),
        FundingStandard.GOOD_CREDIT: _l("信用状况良好"),
        FundingStandard.LAWFUL_PURPOSE: _l("贷款用途依法合规"),
    },
    FundingList: {
        FundingList.APPLICATION: _l("申报清单"),
        FundingList.RECOMMENDED: _l("推荐清单"),
    },
    FormColumn: {
        _F.NUMBER: _l("序号"),
        _F.FIRM: _l("企业名称"),
        _F.USCC: _l("统一社会信用代码"),
        _F.DISTRICT: _l("所属区县"),
        _F.CHAIN: _l("所属产业链"),
        _F.INDUSTRY: _l("所属行业"),
        _F.SIZE: _l("企业划型"),
        _F.TIER: _l("梯度培育层级"),
        _F.AMOUNT: _l("融资需求金额"),
        _F.PURPOSE: _l("贷款用途"),
        _F.TERM: _l("期限（月）"),
        _F.STANDARD_1: _l("合规持续经营"),
        _F.STANDARD_2: _l("固定经营场所"),
        _F.STANDARD_3: _l("真实融资需求"),
        _F.STANDARD_4: _l("信用状况良好"),
        _F.STANDARD_5: _l("贷款用途依法合规"),
        _F.CONTACT: _l("联系人"),
        _F.PHONE: _l("联系电话"),
        _F.APPLIED_ON: _l("申报日期"),
        _F.CHECKED_ON: _l("核对日期"),
        _F.CHECKED_BY: _l("核对人"),
        _F.BANKS: _l("拟推荐银行"),
    },
}
