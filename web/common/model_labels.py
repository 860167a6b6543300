"""The words for the codes of model versions."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.drift import DriftField, DriftKind
from vocabulary.model_versions import Earned, HeldOut, LabelKind, ModelStatus, RankOrder, Verdict

MODEL_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    ModelStatus: {
        ModelStatus.TRAINED: _l("已训练"),
        ModelStatus.SHADOW: _l("影子运行"),
        ModelStatus.PROMOTED: _l("使用中"),
        ModelStatus.RETIRED: _l("不再使用"),
        ModelStatus.REFUSED: _l("未采用"),
    },
    Verdict: {
        Verdict.LEARNED: _l("已学到权重"),
        Verdict.TOO_FEW_DECISIONS: _l("判断太少，不足以学习"),
        Verdict.ONE_LABEL_ONLY: _l("判断只有一种结论，无从学习"),
        Verdict.NOTHING_TELLS_THEM_APART: _l("各方面分不出好坏"),
        Verdict.PROMOTED: _l("确实优于现行权重"),
        Verdict.TOO_FEW_HELD_OUT: _l("留作检验的判断太少"),
        Verdict.NOT_BETTER: _l("不优于现行权重"),
        Verdict.TIES_WITHIN_THE_INTERVAL: _l("差别在误差之内"),
    },
    Earned: {
        Earned.EARNED: _l("已够格显示概率"),
        Earned.TOO_FEW_DECISIONS: _l("留作检验的判断不足 200 条"),
        Earned.TOO_FEW_OF_ONE_LABEL: _l("好坏有一种不足 30 条"),
        Earned.SAYS_NOTHING: _l("不比平均成功率更准"),
        Earned.NOT_CALIBRATED: _l("预测与实际不符"),
    },
    RankOrder: {
        RankOrder.CANDIDATE: _l("本版本"),
        RankOrder.CURRENT: _l("训练时的现行权重"),
        RankOrder.RULES_ONLY: _l("只看准入条件"),
        RankOrder.NEWEST: _l("最新发布的在前"),
        RankOrder.POPULAR: _l("成功最多的在前"),
    },
    HeldOut: {
        HeldOut.ALL: _l("全部后来的判断"),
        HeldOut.KNOWN_FIRMS: _l("学习时已有的企业"),
        HeldOut.NEW_FIRMS: _l("学习时没有的企业"),
    },
    DriftKind: {
        DriftKind.UNKNOWN: _l("未填比例"),
        DriftKind.MEDIAN: _l("填报数值"),
        DriftKind.AGREEMENT: _l("同意比例"),
        DriftKind.REFUSALS: _l("婉拒理由"),
        DriftKind.COVERAGE: _l("推荐覆盖"),
    },
    DriftField: {
        DriftField.NEED_AMOUNT: _l("融资金额"),
        DriftField.NEED_TERM: _l("融资期限（月）"),
        DriftField.NEED_RATE: _l("可接受的最高年利率"),
        DriftField.FIRM_REVENUE: _l("营业收入"),
        DriftField.FIRM_CAPITAL: _l("注册资本"),
        DriftField.FIRM_TAX: _l("纳税额"),
        DriftField.FIRM_EMPLOYEES: _l("从业人员"),
        DriftField.FIRM_DEBT_RATIO: _l("资产负债率"),
        DriftField.PRODUCT_AMOUNT: _l("贷款产品最高金额"),
        DriftField.PRODUCT_RATE: _l("贷款产品最高年利率"),
    },
    LabelKind: {
        LabelKind.CAME_TO_SOMETHING: _l("有授信、放款或订单"),
        LabelKind.DECLINED: _l("对方婉拒"),
        LabelKind.CONFIRMED: _l("同意推荐，尚无结果"),
        LabelKind.REFUSED: _l("不予推荐"),
    },
}
