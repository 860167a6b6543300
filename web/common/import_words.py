"""The words for imported tables: statuses, columns, and why a cell is refused."""

from enum import StrEnum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from vocabulary.imports import ImportStatus, RowKind

IMPORT_LABELS: dict[type[StrEnum], dict[StrEnum, LazyString]] = {
    ImportStatus: {
        ImportStatus.UPLOADED: _l("已上传"),
        ImportStatus.CHECKED: _l("已试算"),
        ImportStatus.LOADED: _l("已导入"),
        ImportStatus.DROPPED: _l("已放弃"),
    },
    RowKind: {
        RowKind.NEW: _l("新增"),
        RowKind.CHANGED: _l("有更新"),
        RowKind.UNCHANGED: _l("无变化"),
        RowKind.BAD: _l("有错误"),
    },
}
COLUMN_WORDS: dict[str, LazyString] = {
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
EXPLANATIONS: dict[str, LazyString] = {
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
_REASONS: dict[str, LazyString] = {
    "missing": _l("没有填写"),
    "formula": _l("是公式，请粘贴为数值"),
    "error of a formula": _l("是公式的错误值"),
    "number lost its last digits": _l("被存成了数字，末几位已丢失；请把这一列设为文本后重新填写"),
    "unreadable character": _l("含有无法识别的字符"),
    "not a name": _l("不像企业名称"),
    "longer than 120 characters": _l("超过 120 字"),
    "not a credit code": _l("不是正确的统一社会信用代码"),
    "unknown region": _l("没有这个地区"),
    "unknown industry of GB/T 4754": _l("GB/T 4754 中没有这个行业"),
    "unknown chain": _l("没有这条产业链"),
    "not a day": _l("不是日期，应写成 2015-06-01"),
    "not a number from zero up": _l("应是不小于零的数"),
    "not a number": _l("不是数字"),
    "too large": _l("数值过大"),
    "not a whole number": _l("应是整数"),
    "repeated": _l("与表中另一行或已有单位重复"),
    "code of another firm": _l("与系统中同名企业的信用代码不同"),
    "other chain": _l("不是本链；链办只能导入本链企业"),
    "not of this chain": _l("这家企业不归本链管理，请与联席办联系"),
    "no column": _l("表中缺少这一列，请在上面选择"),
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
    "too many columns": _l("最多 60 列。"),
    "not a sound XLSX file": _l("这个 Excel 文件打不开，或含有宏、外部内容，请另存为 .xlsx 后再上传。"),
    "neither XLSX nor CSV": _l("只接收 .xlsx 和 .csv 文件。"),
    "neither UTF-8 nor GB18030": _l("文字编码不是 UTF-8 或 GB18030，请从 Excel 另存为 .xlsx 后再上传。"),
}


def reason_words(reason: str) -> str:
    """Why a cell is refused, in the reader's language."""
    found = next((words for start, words in _REASONS.items() if reason.startswith(start)), None)
    return str(found if found is not None else _l("这一行的格子比表头多"))


def file_words(reason: str) -> str:
    """Why a file cannot be read."""
    return str(_FILE_REASONS.get(reason, _l("这个文件不是正确的 CSV，请从 Excel 另存为 .xlsx 后再上传。")))
