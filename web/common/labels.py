"""The words for every code, in one place: `{{ status|label }}`."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.classifications import (
    CaseStepKind,
    ChainPlacement,
    ConsentPurpose,
    DeclineReason,
    GuaranteeMethod,
    LinkPosition,
    LoanPurpose,
    Market,
    Ownership,
    Provenance,
    RepaymentMethod,
    Side,
    SignalKind,
    SizeClass,
    TaxGrade,
    Tier,
    VerdictReason,
)
from vocabulary.events import EventCategory, Frequency
from vocabulary.lifecycles import (
    OutboxStatus,
    PairingStatus,
    PostingStatus,
    RunStatus,
    SubmissionStatus,
)
from vocabulary.plausibility import PlausibilityRule
from vocabulary.profile_fields import Section, Visibility
from vocabulary.reasons import ComponentCode, GateAnswer, GateCode, PairState, Reach
from vocabulary.standards import Certificate
from vocabulary.units import Unit
from web.common.approval_labels import APPROVAL_LABELS
from web.common.capacity_labels import CAPACITY_LABELS
from web.common.case_labels import CASE_LABELS
from web.common.chain_labels import CHAIN_LABELS
from web.common.consent_labels import CONSENT_LABELS
from web.common.funnel_labels import FUNNEL_LABELS
from web.common.gap_labels import GAP_LABELS
from web.common.import_labels import IMPORT_LABELS
from web.common.integration_labels import INTEGRATION_LABELS
from web.common.job_labels import JOB_LABELS
from web.common.joint_labels import JOINT_LABELS
from web.common.model_labels import MODEL_LABELS
from web.common.office_report_labels import OFFICE_REPORT_LABELS
from web.common.people_labels import PEOPLE_LABELS
from web.common.policy_labels import POLICY_LABELS
from web.common.problem_labels import PROBLEM_LABELS
from web.common.project_labels import PROJECT_LABELS
from web.common.recognition_labels import RECOGNITION_LABELS
from web.common.reference_labels import REFERENCE_LABELS
from web.common.roadshow_labels import ROADSHOW_LABELS

LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    **APPROVAL_LABELS,
    **PEOPLE_LABELS,
    **POLICY_LABELS,
    **PROBLEM_LABELS,
    **PROJECT_LABELS,
    **RECOGNITION_LABELS,
    **FUNNEL_LABELS,
    **GAP_LABELS,
    **INTEGRATION_LABELS,
    **JOB_LABELS,
    **JOINT_LABELS,
    **MODEL_LABELS,
    **IMPORT_LABELS,
    **CASE_LABELS,
    **ROADSHOW_LABELS,
    **CHAIN_LABELS,
    **CAPACITY_LABELS,
    **CONSENT_LABELS,
    **OFFICE_REPORT_LABELS,
    **REFERENCE_LABELS,
    SubmissionStatus: {
        SubmissionStatus.SUBMITTED: _l("待核验"),
        SubmissionStatus.VERIFIED: _l("已核验"),
        SubmissionStatus.RETURNED: _l("退回补正"),
        SubmissionStatus.WITHDRAWN: _l("已撤回"),
    },
    PostingStatus: {
        PostingStatus.DRAFT: _l("草稿"),
        PostingStatus.OPEN: _l("发布中"),
        PostingStatus.PAUSED: _l("已暂停"),
        PostingStatus.CLOSED: _l("已关闭"),
        PostingStatus.EXPIRED: _l("已过期"),
    },
    PairingStatus: {
        PairingStatus.PROPOSED: _l("待审定"),
        PairingStatus.RETURNED: _l("退回补正"),
        PairingStatus.ON_HOLD: _l("暂缓"),
        PairingStatus.CONFIRMED: _l("同意推荐"),
        PairingStatus.INTRODUCED: _l("已引荐"),
        PairingStatus.IN_PROGRESS: _l("对接中"),
        PairingStatus.AGREED: _l("已达成"),
        PairingStatus.FULFILLED: _l("已办结"),
        PairingStatus.DECLINED: _l("已婉拒"),
        PairingStatus.WITHDRAWN: _l("已撤回"),
        PairingStatus.EXPIRED: _l("已过期"),
        PairingStatus.REFUSED: _l("不予推荐"),
        PairingStatus.REVOKED: _l("已撤销"),
    },
    RunStatus: {
        RunStatus.RUNNING: _l("计算中"),
        RunStatus.FINISHED: _l("已完成"),
        RunStatus.FAILED: _l("失败"),
    },
    OutboxStatus: {
        OutboxStatus.WAITING: _l("待发送"),
        OutboxStatus.SENDING: _l("发送中"),
        OutboxStatus.SENT: _l("已发送"),
        OutboxStatus.CANCELLED: _l("已取消"),
        OutboxStatus.FAILED: _l("发送失败"),
    },
    EventCategory: {
        EventCategory.ACCOUNT: _l("账号与安全"),
        EventCategory.VERIFICATION: _l("核验"),
        EventCategory.PAIRINGS: _l("对接审定"),
        EventCategory.CONSENTS: _l("授权"),
        EventCategory.CASES: _l("对接进展"),
        EventCategory.ROADSHOWS: _l("路演"),
        EventCategory.CHAINS: _l("产业链工作"),
    },
    Frequency: {
        Frequency.AT_ONCE: _l("即时"),
        Frequency.DAILY: _l("每日汇总"),
        Frequency.OFF: _l("不发邮件"),
    },
    Market: {
        Market.FINANCE: _l("融资对接"),
        Market.SUPPLY: _l("供需对接"),
    },
    Side: {
        Side.DEMAND: _l("需求方"),
        Side.SUPPLY: _l("供给方"),
    },
    LinkPosition: {
        LinkPosition.UPSTREAM: _l("上游"),
        LinkPosition.MIDSTREAM: _l("中游"),
        LinkPosition.DOWNSTREAM: _l("下游"),
    },
    ChainPlacement: {
        ChainPlacement.FILED: _l("企业填报"),
        ChainPlacement.CONFIRMED: _l("链办确认"),
        ChainPlacement.GUESSED: _l("系统推测"),
    },
    LoanPurpose: {
        LoanPurpose.WORKING_CAPITAL: _l("流动资金"),
        LoanPurpose.EQUIPMENT: _l("设备购置"),
        LoanPurpose.FIXED_ASSETS: _l("固定资产"),
        LoanPurpose.PROJECT: _l("项目建设"),
        LoanPurpose.TRADE: _l("贸易融资"),
    },
    GuaranteeMethod: {
        GuaranteeMethod.MORTGAGE: _l("抵押"),
        GuaranteeMethod.PLEDGE: _l("质押"),
        GuaranteeMethod.GUARANTEE: _l("保证"),
        GuaranteeMethod.PUBLIC_GUARANTOR: _l("政府性融资担保"),
        GuaranteeMethod.RECEIVABLES: _l("应收账款"),
        GuaranteeMethod.UNSECURED: _l("信用（无抵押）"),
    },
    RepaymentMethod: {
        RepaymentMethod.EQUAL_INSTALMENT: _l("等额本息"),
        RepaymentMethod.EQUAL_PRINCIPAL: _l("等额本金"),
        RepaymentMethod.INTEREST_FIRST: _l("先息后本"),
        RepaymentMethod.BULLET: _l("到期一次还本付息"),
        RepaymentMethod.REVOLVING: _l("随借随还"),
    },
    TaxGrade: {
        TaxGrade.A: _l("A 级"),
        TaxGrade.B: _l("B 级"),
        TaxGrade.M: _l("M 级"),
        TaxGrade.C: _l("C 级"),
        TaxGrade.D: _l("D 级"),
    },
    SizeClass: {
        SizeClass.LARGE: _l("大型"),
        SizeClass.MEDIUM: _l("中型"),
        SizeClass.SMALL: _l("小型"),
        SizeClass.MICRO: _l("微型"),
    },
    Tier: {
        Tier.NONE: _l("暂无"),
        Tier.INNOVATIVE: _l("创新型中小企业"),
        Tier.SRDI: _l("专精特新中小企业"),
        Tier.LITTLE_GIANT: _l("专精特新“小巨人”"),
        Tier.CHAMPION: _l("制造业单项冠军"),
    },
    Ownership: {
        Ownership.PRIVATE: _l("民营"),
        Ownership.STATE: _l("国有"),
        Ownership.MIXED: _l("混合所有制"),
        Ownership.FOREIGN: _l("外资"),
        Ownership.COLLECTIVE: _l("集体"),
    },
    Provenance: {
        Provenance.SELF_FILED: _l("企业自填"),
        Provenance.FILED_FOR_FIRM: _l("代为填报"),
        Provenance.IMPORTED: _l("批量导入"),
        Provenance.GUESSED: _l("按文字推测"),
        Provenance.VERIFIED: _l("官方核验"),
    },
    SignalKind: {
        SignalKind.INTEREST: _l("意向"),
        SignalKind.SHORTLIST: _l("候选"),
        SignalKind.DISMISS: _l("不考虑"),
    },
    DeclineReason: {
        DeclineReason.COLLATERAL_INSUFFICIENT: _l("抵质押不足"),
        DeclineReason.DEBT_TOO_HIGH: _l("负债偏高"),
        DeclineReason.OPERATING_HISTORY_SHORT: _l("经营年限不足"),
        DeclineReason.INDUSTRY_NOT_SERVED: _l("不在服务行业内"),
        DeclineReason.AMOUNT_NOT_SUITABLE: _l("金额不匹配"),
        DeclineReason.CREDIT_RECORD: _l("征信原因"),
        DeclineReason.PRICE_NOT_SUITABLE: _l("价格不合适"),
        DeclineReason.SPECIFICATION_MISMATCH: _l("规格不符"),
        DeclineReason.CAPACITY_INSUFFICIENT: _l("产能不足"),
        DeclineReason.DELIVERY_TOO_LATE: _l("交货太迟"),
        DeclineReason.QUALITY_NOT_PROVEN: _l("质量待验证"),
        DeclineReason.ALREADY_SUPPLIED: _l("已有合作方"),
        DeclineReason.COMPETITOR: _l("存在竞争关系"),
        DeclineReason.OTHER: _l("其他"),
    },
    VerdictReason: {
        VerdictReason.FACTS_VERIFIED: _l("情况属实"),
        VerdictReason.MUTUAL_INTEREST: _l("双方均有意向"),
        VerdictReason.CHAIN_PRIORITY: _l("产业链重点"),
        VerdictReason.ROADSHOW_AGREED: _l("路演现场达成"),
        VerdictReason.INFORMATION_MISSING: _l("材料不全"),
        VerdictReason.INFORMATION_STALE: _l("信息过旧"),
        VerdictReason.CONSENT_MISSING: _l("缺少授权"),
        VerdictReason.WAITING_FOR_FIRM: _l("等待企业回复"),
        VerdictReason.WAITING_FOR_COUNTERPART: _l("等待对方回复"),
        VerdictReason.LENDER_FULL: _l("银行名额已满"),
        VerdictReason.NOT_SUITABLE: _l("不适合"),
        VerdictReason.RISK_FOUND: _l("发现风险"),
        VerdictReason.OTHER: _l("其他"),
    },
    CaseStepKind: {
        CaseStepKind.CONTACT: _l("联系"),
        CaseStepKind.VISIT: _l("走访"),
        CaseStepKind.DUE_DILIGENCE: _l("尽职调查"),
        CaseStepKind.CREDIT_GRANTED: _l("授信"),
        CaseStepKind.DISBURSED: _l("放款"),
        CaseStepKind.RENEWED: _l("续贷"),
        CaseStepKind.NEGOTIATION: _l("洽谈"),
        CaseStepKind.SAMPLE: _l("样品"),
        CaseStepKind.TRIAL_ORDER: _l("试单"),
        CaseStepKind.FRAME_AGREEMENT: _l("框架协议"),
        CaseStepKind.VOLUME_ORDER: _l("批量订单"),
    },
    ConsentPurpose: {
        ConsentPurpose.CREDIT_REVIEW: _l("贷款审查"),
        ConsentPurpose.SUPPLIER_REVIEW: _l("供应商审核"),
    },
    Section: {
        Section.BASIC: _l("基本信息"),
        Section.BUSINESS: _l("经营情况"),
        Section.SCALE: _l("规模与财务"),
        Section.CREDIT: _l("信用与担保"),
        Section.CONTACTS: _l("联系方式"),
    },
    Visibility: {
        Visibility.PUBLIC: _l("公开"),
        Visibility.BANDED: _l("分档公开"),
        Visibility.CONFIDENTIAL: _l("授权后可见"),
    },
    GateAnswer: {
        GateAnswer.OPEN: _l("符合"),
        GateAnswer.CLOSED: _l("不符合"),
        GateAnswer.UNKNOWN: _l("待补充"),
    },
    GateCode: {
        GateCode.FIRM_VERIFIED: _l("企业已核验"),
        GateCode.SUPPLY_OPEN: _l("正在发布"),
        GateCode.NOT_BLOCKED: _l("双方未屏蔽"),
        GateCode.AMOUNT: _l("融资金额"),
        GateCode.TERM: _l("贷款期限"),
        GateCode.GUARANTEE: _l("担保方式"),
        GateCode.REGION_SERVED: _l("服务区域"),
        GateCode.OPERATING_MONTHS: _l("经营年限"),
        GateCode.REVENUE_BAND: _l("营业收入"),
        GateCode.DEBT_RATIO_BAND: _l("资产负债率"),
        GateCode.TAX_GRADE: _l("纳税信用等级"),
        GateCode.INDUSTRY: _l("行业准入"),
        GateCode.PURPOSE: _l("贷款用途"),
        GateCode.LENDER_CAPACITY: _l("银行可受理户数"),
        GateCode.ORDER: _l("订单依据"),
        GateCode.REFUSED_BEFORE: _l("此前的婉拒"),
        GateCode.NOT_OWN: _l("非本单位"),
        GateCode.CATEGORY: _l("产品类别"),
        GateCode.UNIT: _l("计量单位"),
        GateCode.CAPACITY: _l("富余产能"),
        GateCode.CERTIFICATES: _l("必备证书"),
        GateCode.STANDARDS: _l("执行标准"),
        GateCode.WINDOW: _l("交货期"),
        GateCode.DELIVERY_REGION: _l("交货地区"),
    },
    ComponentCode: {
        ComponentCode.TEXT: _l("内容相近"),
        ComponentCode.INDUSTRY_FIT: _l("行业契合"),
        ComponentCode.SIZE_FIT: _l("规模契合"),
        ComponentCode.GUARANTEE_FIT: _l("担保契合"),
        ComponentCode.PRICE_FIT: _l("利率水平"),
        ComponentCode.TIER_FIT: _l("培育层级"),
        ComponentCode.REGION_FIT: _l("服务就近"),
        ComponentCode.CATEGORY_FIT: _l("类别契合"),
        ComponentCode.CAPACITY_FIT: _l("产能保障"),
        ComponentCode.DISTANCE: _l("距离远近"),
        ComponentCode.CHAIN_FIT: _l("同一产业链"),
        ComponentCode.WISHES: _l("优先条件"),
        ComponentCode.TRACK_ACTIVITY: _l("近期活跃度"),
        ComponentCode.TRACK_TEXT: _l("过往同类需求"),
        ComponentCode.TRACK_REGION: _l("本地业绩"),
        ComponentCode.TRACK_INDUSTRY: _l("同行业业绩"),
        ComponentCode.TRACK_SIZE: _l("同等金额业绩"),
        ComponentCode.TRACK_TERM: _l("同等期限业绩"),
        ComponentCode.TRACK_KIND: _l("同类型业绩"),
    },
    Reach: {
        Reach.FIRM: _l("企业自己可以办到"),
        Reach.TIME: _l("只需等待"),
        Reach.OTHER_SIDE: _l("由银行或采购单位决定"),
    },
    Unit: {
        Unit.TONNE: _l("吨"),
        Unit.KILOGRAM: _l("千克"),
        Unit.KILOMETRE: _l("千米"),
        Unit.METRE: _l("米"),
        Unit.SQUARE_METRE: _l("平方米"),
        Unit.CUBIC_METRE: _l("立方米"),
        Unit.LITRE: _l("升"),
        Unit.PIECE: _l("件"),
        Unit.TEN_THOUSAND_PIECES: _l("万件"),
        Unit.SET: _l("套"),
        Unit.MACHINE: _l("台"),
        Unit.BATCH: _l("批"),
    },
    Certificate: {
        Certificate.ISO9001: _l("ISO 9001 质量管理体系"),
        Certificate.ISO14001: _l("ISO 14001 环境管理体系"),
        Certificate.ISO45001: _l("ISO 45001 职业健康安全"),
        Certificate.IATF16949: _l("IATF 16949 汽车质量管理"),
        Certificate.CCC: _l("CCC 强制性产品认证"),
        Certificate.PRODUCTION_LICENCE: _l("工业产品生产许可证"),
        Certificate.FOOD_LICENCE: _l("食品生产许可证"),
        Certificate.HACCP: _l("HACCP 食品安全"),
        Certificate.GMP: _l("药品 GMP"),
        Certificate.CE: _l("CE 认证"),
        Certificate.UL: _l("UL 认证"),
        Certificate.ROHS: _l("RoHS 合规"),
        Certificate.POWER_SUPPLIER: _l("电网合格供应商"),
    },
    PlausibilityRule: {
        PlausibilityRule.REVENUE_PER_HEAD: _l("人均营业收入不合常理，请确认营业收入的单位是万元。"),
        PlausibilityRule.REVENUE_YUAN_SLIP: _l("营业收入与注册资本相差过大，可能把元写成了万元。"),
        PlausibilityRule.TAX_ABOVE_REVENUE: _l("纳税额大于营业收入。"),
        PlausibilityRule.PAID_IN_ABOVE_REGISTERED: _l("实缴资本大于注册资本。"),
        PlausibilityRule.DEBT_RATIO_RANGE: _l("资产负债率应在 0 到 100 之间。"),
        PlausibilityRule.FOUNDED_IN_FUTURE: _l("成立日期在今天之后。"),
        PlausibilityRule.FIGURES_TOO_OLD: _l("数据年度应为最近两年。"),
        PlausibilityRule.PROFIT_ABOVE_REVENUE: _l("利润大于营业收入。"),
        PlausibilityRule.STUFFING: _l("堆砌提示：主要产品过多、重复，或以词语罗列代替说明；推荐只计前 8 项。"),
    },
    PairState: {
        PairState.ELIGIBLE: _l("符合条件"),
        PairState.POSSIBLE: _l("信息待补充"),
        PairState.CLOSED: _l("暂不符合"),
    },
}

FIELD_LABELS: dict[str, LazyString] = {
    "region_code": _l("所在地区"),
    "address": _l("详细地址"),
    "founded_on": _l("成立日期"),
    "ownership": _l("企业所有制"),
    "industry_code": _l("所属行业（GB/T 4754）"),
    "chain_id": _l("所属产业链"),
    "chain_link_id": _l("产业链环节"),
    "tier": _l("梯度培育层级"),
    "size_class": _l("企业划型"),
    "computed_size": _l("企业划型（按办法计算）"),
    "is_high_tech": _l("高新技术企业"),
    "website": _l("网址"),
    "introduction": _l("企业简介"),
    "main_products": _l("主营产品"),
    "business_scope": _l("经营范围"),
    "main_equipment": _l("主要设备"),
    "main_customers": _l("主要客户"),
    "main_suppliers": _l("主要供应商"),
    "patents": _l("有效专利数"),
    "registered_capital_fen": _l("注册资本"),
    "paid_in_capital_fen": _l("实缴资本"),
    "figures_year": _l("数据年度"),
    "revenue_fen": _l("营业收入"),
    "employees": _l("从业人员"),
    "tax_paid_fen": _l("纳税额"),
    "profit_fen": _l("净利润"),
    "total_assets_fen": _l("资产总额"),
    "debt_ratio_percent": _l("资产负债率"),
    "rd_spend_fen": _l("研发投入"),
    "export_fen": _l("出口额"),
    "tax_grade": _l("纳税信用等级"),
    "guarantee_methods": _l("可提供的担保方式"),
    "collateral_value_fen": _l("可抵押资产估值"),
    "collateral_note": _l("抵押物说明"),
    "existing_loans_fen": _l("现有贷款余额"),
    "existing_lenders": _l("现有贷款银行"),
    "is_first_time_borrower": _l("首贷户"),
    "legal_rep": _l("法定代表人"),
    "contact_name": _l("联系人"),
    "contact_title": _l("联系人职务"),
    "contact_phone": _l("联系电话"),
    "contact_email": _l("联系邮箱"),
}
"""The words for every field of a firm's profile."""

_BY_NAME: dict[str, type[StrEnum]] = {enum.__name__: enum for enum in LABELS}


def label(code: Any, enum_name: str | None = None) -> str:
    """The words for a code; a code kept as plain text names its classification. None and "" give "—"."""
    if code is None or code == "":
        return "—"
    if not isinstance(code, StrEnum):
        if enum_name is None:
            return str(FIELD_LABELS.get(code, code))
        code = _BY_NAME[enum_name](code)
    return str(LABELS[type(code)][code])


def labels_of(enum: type[StrEnum]) -> Iterator[tuple[str, str]]:
    """(code, words) of a classification, in its order."""
    for code in enum:
        yield code.value, str(LABELS[enum][code])
