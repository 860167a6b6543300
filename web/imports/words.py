"""The words for imported tables: their columns, what may stand in them, and why a cell is refused."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from flask_babel import LazyString, force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from vocabulary.bands import SCALES
from vocabulary.classifications import (
    LADDERS,
    CaseStepKind,
    GuaranteeMethod,
    LoanBasis,
    LoanPurpose,
    Market,
    RepaymentMethod,
    TaxGrade,
    Tier,
)
from vocabulary.imports import ImportNoun
from vocabulary.standards import Certificate
from vocabulary.units import Unit
from web.common.filters import band
from web.common.labels import labels_of
from web.common.languages import LOCALES
from web.common.postings import REASONS
from web.common.step_words import problem_words
from workflows.import_columns import plain
from workflows.import_rows import Words

_N = ImportNoun


@dataclass(frozen=True)
class TableWords:
    """What one noun is called on its pages, and its columns."""

    title: LazyString
    lead: LazyString
    template: LazyString
    columns: Mapping[str, LazyString]
    hints: Mapping[str, LazyString]
    """What the template explains of a column."""
    back: tuple[str, LazyString] | None = None
    """Endpoint and words of the list in which the rows are found, where the menu has no line of its own."""


_FIRM_COLUMNS: dict[str, LazyString] = {
    "legal_name": _l("企业名称"),
    "uscc": _l("统一社会信用代码"),
    "short_name": _l("简称"),
    "region": _l("所在地区"),
    "industry": _l("所属行业"),
    "chain": _l("所属产业链"),
    "founded_on": _l("成立日期"),
    "introduction": _l("企业简介"),
    "main_products": _l("主营产品"),
    "employees": _l("从业人员"),
    "revenue_wan": _l("营业收入（万元）"),
    "tax_paid_wan": _l("实缴税金（万元）"),
    "registered_capital_wan": _l("注册资本（万元）"),
}
_FIRM_HINTS: dict[str, LazyString] = {
    "legal_name": _l("必填，营业执照上的全称，不超过 120 字"),
    "uscc": _l("18 位，按文本填写；再次导入时凭它认出同一家企业"),
    "region": _l("行政区划代码或名称，例如 430482 或 常宁市"),
    "industry": _l("GB/T 4754 代码或名称；不填则按文字推测"),
    "chain": _l("产业链名称或代码；链办只能导入本链企业，可不填"),
    "founded_on": _l("写成 2015-06-01"),
    "employees": _l("整数，人"),
    "revenue_wan": _l("单位万元"),
    "tax_paid_wan": _l("单位万元，不大于营业收入"),
    "registered_capital_wan": _l("单位万元"),
}
_LIST = _l("可填多个，用顿号分开")
_DAY = _l("写成 2026-03-01")
_NEED_COLUMNS: dict[str, LazyString] = {
    "title": _l("标题"),
    "category_code": _l("产品类别"),
    "specification": _l("规格型号"),
    "quantity_milli": _l("采购数量"),
    "unit": _l("计量单位"),
    "window_start": _l("最早交货日期"),
    "window_end": _l("最晚交货日期"),
    "delivery_region_code": _l("交货地"),
    "budget_fen": _l("预算（万元）"),
    "payment_days": _l("账期（天）"),
    "accept_partial": _l("可由多家供应商分批供货"),
    "must_standards": _l("必须符合的标准"),
    "wished_standards": _l("希望符合的标准"),
    "must_certificates": _l("必须具备的认证"),
    "wished_certificates": _l("希望具备的认证"),
    "hide_name": _l("对接确认之前不显示本单位名称"),
    "text": _l("说明"),
    "expires_on": _l("有效期至"),
}
_NEED_HINTS: dict[str, LazyString] = {
    "title": _l("必填，不超过 120 字；再次导入时凭它认出同一项需求，同一张表内不能重复"),
    "category_code": _l("必填，GB/T 4754 代码或名称"),
    "specification": _l("必填，不超过 500 字"),
    "quantity_milli": _l("必填，数字"),
    "unit": _l("必填"),
    "window_start": _DAY,
    "window_end": _l("必填，写成 2026-03-01"),
    "delivery_region_code": _l("行政区划代码或名称，例如 430482 或 常宁市"),
    "budget_fen": _l("单位万元"),
    "payment_days": _l("整数，天"),
    "accept_partial": _l("是或否；不填为是"),
    "must_standards": _l("例如 GB/T 3956-2008，可填多个，用顿号分开；不符合的产品不会被推荐"),
    "wished_standards": _LIST,
    "must_certificates": _LIST,
    "wished_certificates": _LIST,
    "hide_name": _l("是或否；不填为否"),
    "text": _l("不超过 4,000 字"),
    "expires_on": _l("不填为导入之日起 90 天"),
}
_FILED_COLUMNS: dict[str, LazyString] = {
    "legal_name": _l("企业名称"),
    "uscc": _l("统一社会信用代码"),
    "title": _l("标题"),
    "amount_fen": _l("融资金额（万元）"),
    "term_months": _l("期限（月）"),
    "purpose": _l("贷款用途"),
    "guarantee_methods": _l("可提供的担保方式"),
    "max_annual_rate_bps": _l("可接受的最高年利率（%）"),
    "text": _l("说明"),
    "expires_on": _l("有效期至"),
}
_FILED_HINTS: dict[str, LazyString] = {
    "legal_name": _l("必填，系统中已有的企业全称；链办只能填写本链企业"),
    "uscc": _l("可不填；填了就须与该企业一致，以免错行"),
    "title": _l("必填，例如“铜线扩产流动资金”；该企业已有同名需求的不再新增"),
    "amount_fen": _l("单位万元"),
    "term_months": _l("整数，月"),
    "guarantee_methods": _LIST,
    "max_annual_rate_bps": _l("按百分数填写，例如 1.5"),
    "text": _l("不超过 4,000 字"),
    "expires_on": _l("不填为导入之日起 90 天"),
}
_PRODUCT_COLUMNS: dict[str, LazyString] = {
    "title": _l("产品名称"),
    "branch": _l("经办支行"),
    "min_amount_fen": _l("最低金额（万元）"),
    "max_amount_fen": _l("最高金额（万元）"),
    "min_term_months": _l("最短期限（月）"),
    "max_term_months": _l("最长期限（月）"),
    "rate_from_bps": _l("最低年利率（%）"),
    "rate_to_bps": _l("最高年利率（%）"),
    "repayment": _l("还款方式"),
    "guarantee_fee_bps": _l("担保费率（%）"),
    "purposes": _l("贷款用途"),
    "guarantee_methods": _l("接受的担保方式"),
    "regions": _l("服务地区"),
    "target_industries": _l("重点支持行业"),
    "excluded_industries": _l("不受理行业"),
    "min_revenue_band": _l("营业收入最低档"),
    "max_debt_ratio_band": _l("资产负债率最高档"),
    "min_months_in_operation": _l("最短经营时间（月）"),
    "tax_grades": _l("纳税信用等级"),
    "tiers": _l("梯度培育层级"),
    "size_bands": _l("面向的企业规模（从业人员）"),
    "basis": _l("还款来源依据"),
    "max_payment_band": _l("订单账期最长档"),
    "documents": _l("所需材料"),
    "text": _l("说明"),
    "expires_on": _l("有效期至"),
}
_RATE = _l("必填，按百分数填写，例如 4.35")
_PRODUCT_HINTS: dict[str, LazyString] = {
    "title": _l("必填，不超过 120 字；再次导入时凭它认出同一个产品，条件有变化的记为新版本"),
    "branch": _l("不超过 80 字"),
    "min_amount_fen": _l("必填，单位万元"),
    "max_amount_fen": _l("必填，单位万元"),
    "min_term_months": _l("必填，整数，月"),
    "max_term_months": _l("必填，整数，月"),
    "rate_from_bps": _RATE,
    "rate_to_bps": _RATE,
    "guarantee_fee_bps": _l("按百分数填写，例如 1.5"),
    "purposes": _l("必填，可填多个，用顿号分开"),
    "guarantee_methods": _l("必填，可填多个，用顿号分开"),
    "regions": _l("必填，代码或名称，可填多个，用顿号分开"),
    "target_industries": _l("GB/T 4754 代码或名称，可填多个，用顿号分开；不填表示不限"),
    "excluded_industries": _l("GB/T 4754 代码或名称，可填多个，用顿号分开"),
    "min_months_in_operation": _l("整数，月"),
    "tax_grades": _LIST,
    "tiers": _LIST,
    "size_bands": _LIST,
    "documents": _l("不超过 1,000 字"),
    "text": _l("不超过 4,000 字"),
    "expires_on": _l("不填为导入之日起一年"),
}
_OUTCOME_COLUMNS: dict[str, LazyString] = {
    "case": _l("对接编号"),
    "firm": _l("企业名称"),
    "kind": _l("步骤"),
    "happened_on": _l("日期"),
    "amount_fen": _l("金额（万元）"),
    "quantity_milli": _l("数量"),
    "unit": _l("计量单位"),
    "skipped_reason": _l("跳过前面步骤的原因"),
    "next_step_due_on": _l("下一步最迟"),
    "note": _l("说明"),
}
_OUTCOME_HINTS: dict[str, LazyString] = {
    "case": _l("必填，见对接页面标题下方；模板中已列出正在进行的对接"),
    "firm": _l("可不填；填了就须与该对接的企业一致，以免错行"),
    "kind": _l("必填；同一对接、同一步骤、同一日期再次导入时按更正处理"),
    "happened_on": _l("必填，写成 2026-03-01"),
    "amount_fen": _l("单位万元；授信、放款和订单必填"),
    "skipped_reason": _l("只在跳过时填写"),
    "next_step_due_on": _l("不填则按规定的工作日计算"),
}
TABLES: dict[ImportNoun, TableWords] = {
    _N.FIRMS: TableWords(
        title=_l("批量导入企业"),
        lead=_l("把企业名录从表格导入：先上传，再核对列，试算无误后才写入。"),
        template=_l("企业导入模板"),
        columns=_FIRM_COLUMNS,
        hints=_FIRM_HINTS,
    ),
    _N.PURCHASE_NEEDS: TableWords(
        title=_l("批量导入采购需求"),
        lead=_l("表中每行是一项采购需求：先上传，再核对列，试算无误后才写入并发布。"),
        template=_l("采购需求导入模板"),
        columns=_NEED_COLUMNS,
        hints=_NEED_HINTS,
        back=("buyers_needs.index", _l("采购需求")),
    ),
    _N.FINANCING_NEEDS: TableWords(
        title=_l("代填融资需求"),
        lead=_l("把摸排到的融资需求从表格导入，作为企业的草稿；企业收到通知，核对后自己发布，发布前银行看不到。"),
        template=_l("融资需求导入模板"),
        columns=_FILED_COLUMNS,
        hints=_FILED_HINTS,
    ),
    _N.LOAN_PRODUCTS: TableWords(
        title=_l("批量导入贷款产品"),
        lead=_l("表中每行是一个贷款产品：先上传，再核对列，试算无误后才写入并发布。"),
        template=_l("贷款产品导入模板"),
        columns=_PRODUCT_COLUMNS,
        hints=_PRODUCT_HINTS,
        back=("banks_products.index", _l("贷款产品")),
    ),
    _N.OUTCOMES: TableWords(
        title=_l("批量导入对接结果"),
        lead=_l("表中每行是一个对接的一步，例如授信、放款或订单：先上传，再核对列，试算无误后才写入。"),
        template=_l("对接结果导入模板"),
        columns=_OUTCOME_COLUMNS,
        hints=_OUTCOME_HINTS,
        back=("cases.index", _l("对接进展")),
    ),
}
_CODES: tuple[type[StrEnum], ...] = (
    Unit, Certificate, LoanPurpose, GuaranteeMethod, RepaymentMethod, TaxGrade, Tier, LoanBasis, CaseStepKind,
)  # fmt: skip
_UNIT_BEFORE_DASH = re.compile(r"(?<=\d)[^\d,.]* – ")
_BRACKETS = re.compile(r"[（(].*[)）]")
_BANDS = ("revenue", "debt_ratio", "staff", "payment_days")
_ONE_OF: dict[str, type[StrEnum] | str] = {
    "unit": Unit, "repayment": RepaymentMethod, "basis": LoanBasis, "purpose": LoanPurpose,
    "min_revenue_band": "revenue", "max_debt_ratio_band": "debt_ratio", "max_payment_band": "payment_days",
}  # fmt: skip
_SOME_OF: dict[str, type[StrEnum] | str] = {
    "must_certificates": Certificate, "wished_certificates": Certificate, "purposes": LoanPurpose,
    "guarantee_methods": GuaranteeMethod, "tax_grades": TaxGrade, "tiers": Tier, "size_bands": "staff",
}  # fmt: skip


@cache
def words_of(noun: ImportNoun) -> Words:
    """Headings and codes as people write them in either language. Only within a request."""
    headings: dict[str, list[str]] = {name: [] for name in TABLES[noun].columns}
    codes: dict[str, dict[str, Any]] = {enum.__name__: {plain(code): code.value for code in enum} for enum in _CODES}
    codes |= {scale: {} for scale in _BANDS}
    for locale in LOCALES.values():
        with force_locale(locale):
            for name, text in TABLES[noun].columns.items():
                headings[name].append(str(text))
            for enum in _CODES:
                codes[enum.__name__] |= {
                    plain(text): code for code, whole in labels_of(enum) for text in (whole, _BRACKETS.sub("", whole))
                }
            for scale in _BANDS:
                codes[scale] |= {
                    plain(text): level for level in SCALES[scale].levels for text in _band_texts(level, scale)
                }
    return Words({name: tuple(texts) for name, texts in headings.items()}, codes)


def _band_texts(level: int, scale: str) -> tuple[str, str]:
    """`100 人 – 300 人`, and `100 – 300 人`."""
    text = band(level, scale)
    return text, _UNIT_BEFORE_DASH.sub(" – ", text)


def choices(noun: ImportNoun, market: Market) -> dict[str, list[str]]:
    """What may be chosen in a cell of the template, by column. `market`: of the outcomes."""
    if noun is _N.FIRMS:
        return {}
    found = {name: list(_texts(of)) for name, of in _ONE_OF.items()}
    yes_or_no = [_("是"), _("否")]
    ladder = [text for code, text in labels_of(CaseStepKind) if code in LADDERS[market]]
    return found | {"accept_partial": yes_or_no, "hide_name": yes_or_no, "kind": ladder}


def explanations(noun: ImportNoun) -> dict[str, str]:
    """What the template says of each column; of a list, what it may hold."""
    table = TABLES[noun]
    lists = {name: "：" + "、".join(_texts(of)) for name, of in _SOME_OF.items() if noun is not _N.FIRMS}
    return {name: f"{table.hints.get(name, '')}{lists.get(name, '')}" for name in table.columns}


def _texts(of: type[StrEnum] | str) -> Iterator[str]:
    if isinstance(of, str):
        return (band(level, of) for level in SCALES[of].levels)
    return (text for _code, text in labels_of(of))


_REASONS: dict[str, LazyString] = {
    "missing": _l("没有填写"),
    "formula": _l("是公式，请粘贴为数值"),
    "error of a formula": _l("是公式的错误值"),
    "number lost its last digits": _l("被存成了数字，末几位已丢失；请把这一列设为文本后重新填写"),
    "unreadable character": _l("含有无法识别的字符"),
    "not a name": _l("不像企业名称"),
    "not a credit code": _l("不是正确的统一社会信用代码"),
    "unknown region": _l("没有这个地区"),
    "unknown industry of GB/T 4754": _l("GB/T 4754 中没有这个行业"),
    "unknown chain": _l("没有这条产业链"),
    "not a day": _l("不是日期，应写成 2015-06-01"),
    "not a number from zero up": _l("应是不小于零的数"),
    "not a number": _l("不是数字"),
    "too large": _l("数值过大"),
    "not a whole number": _l("应是整数"),
    "repeated in the table": _l("与表中另一行重复"),
    "repeated": _l("与表中另一行或已有单位重复"),
    "code of another firm": _l("与系统中同名企业的信用代码不同"),
    "other chain": _l("不是本链；链办只能导入本链企业"),
    "not of this chain": _l("这家企业不归本链管理，请与联席办联系"),
    "not among the choices": _l("不在可选的范围内，请按模板“填写说明”填写"),
    "unknown unit": _l("没有这个计量单位"),
    "not a standard": _l("不是已知的标准编号"),
    "a fraction, not percent": _l("过小；请按百分数填写，例如 4.35，而不是 0.0435"),
    "neither yes nor no": _l("请填写是或否"),
    "several of this title": _l("本单位有多个同名的发布，无法分清，请在页面上修改"),
    "several of this day": _l("这一天已有多条同样的步骤，无法分清，请在对接页面上更正"),
    "unknown firm": _l("系统中没有这家企业，请先导入企业"),
    "unknown case": _l("本单位没有这个编号的对接"),
    "not the firm of the case": _l("不是这个对接的企业，请核对是否错行"),
    "recorded by the other side": _l("这个对接由对方记录进展"),
    "case not open": _l("这个对接还没有引荐，或已经结束"),
    "made void": _l("这一步已被作废；确有发生的，请在对接页面上重新记录"),
    "no column": _l("表中缺少这一列，请在下面选择"),
    "implausible revenue_per_head": _l("人均营业收入不合常理，请核对单位是否为万元"),
    "implausible revenue_yuan_slip": _l("营业收入与注册资本相差过大，可能把元写成了万元"),
    "implausible tax_above_revenue": _l("实缴税金大于营业收入，请核对列是否错位"),
    "implausible founded_in_future": _l("成立日期在今天之后"),
    "implausible stuffing": _l("主营产品过多或重复"),
}
_FILE_REASONS: dict[str, LazyString] = {
    "none": _l("请选择一个文件。"),
    "empty": _l("文件是空的。"),
    "no rows": _l("表中没有数据行。"),
    "too many rows": _l("每次最多导入 10,000 行，请分成几个文件。"),
    "more than five hundred rows": _l("每次最多导入 500 行，请分成几个文件。"),
    "too many columns": _l("最多 60 列。"),
    "not a sound XLSX file": _l("这个 Excel 文件打不开，或含有宏、外部内容，请另存为 .xlsx 后再上传。"),
    "neither XLSX nor CSV": _l("只接收 .xlsx 和 .csv 文件。"),
    "neither UTF-8 nor GB18030": _l("文字编码不是 UTF-8 或 GB18030，请从 Excel 另存为 .xlsx 后再上传。"),
}


def reason_words(reason: str, noun: ImportNoun = ImportNoun.FIRMS) -> str:
    """Why a cell is refused, in the reader's language."""
    if found := re.fullmatch(r"longer than (\d+) characters", reason):
        return _("超过 %(n)s 字", n=found[1])
    words = next((words for start, words in _REASONS.items() if reason.startswith(start)), REASONS.get(reason))
    if words is not None:
        return str(words)
    return problem_words(reason) if noun is ImportNoun.OUTCOMES else _("这一行的格子比表头多")


def file_words(reason: str) -> str:
    """Why a file cannot be read."""
    return str(_FILE_REASONS.get(reason, _l("这个文件不是正确的 CSV，请从 Excel 另存为 .xlsx 后再上传。")))
