"""The two lists of the coordination mechanism as papers, in the columns of the filed form."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _

from access.lists.funding_lists import FundingFilters, FundingLine
from vocabulary.coordination import (
    STANDARD_COLUMNS,
    FormColumn,
    FundingList,
    FundingStandard,
    columns_of,
    months_between,
)
from vocabulary.reasons import GateAnswer
from web.common.filters import MISSING, SHANGHAI, day, industry, moment, region
from web.common.labels import label
from web.common.languages import language
from web.common.papers import Column, Kind, Linked, Paper, Section, Sheet

_F = FormColumn
_KINDS: dict[FormColumn, tuple[Kind, float]] = {
    _F.NUMBER: (Kind.COUNT, 1.2), _F.FIRM: (Kind.TEXT, 4), _F.USCC: (Kind.CODE, 5.4), _F.INDUSTRY: (Kind.TEXT, 3),
    _F.SIZE: (Kind.TEXT, 1.4), _F.AMOUNT: (Kind.MONEY, 2.2), _F.TERM: (Kind.COUNT, 1.4), _F.PHONE: (Kind.CODE, 3.2),
    _F.APPLIED_ON: (Kind.DAY, 2.6), _F.CHECKED_ON: (Kind.DAY, 2.6), _F.BANKS: (Kind.TEXT, 3),
    **dict.fromkeys(STANDARD_COLUMNS.values(), (Kind.TEXT, 1.7)),
}  # fmt: skip


UrlOf = Callable[[FundingLine], str]


def funding_paper(
    kind: FundingList,
    lines: Sequence[FundingLine],
    *,
    facts: Sequence[tuple[str, str]],
    on: date,
    url_of: UrlOf | None = None,
) -> Paper:
    """A cover, the form, and what each answer rests on. `facts` are the cover's lines about scope and filters."""
    return Paper(
        title=label(kind),
        subtitle=_("支持小微企业融资协调工作机制"),
        facts=(*facts, (_("数据截至"), day(on)), (_("条数"), str(len(lines)))),
        sections=funding_sections(kind, lines, on=on, url_of=url_of),
        file_name=f"{label(kind)} {day(on)}",
        sheet=Sheet.A3_WIDE,
    )


def funding_sections(
    kind: FundingList,
    lines: Sequence[FundingLine],
    *,
    on: date,
    url_of: UrlOf | None = None,
    first: int = 1,
    is_list: bool = False,
) -> tuple[Section, Section]:
    """The form and the evidence. `first` is the number of the first line where the lines are a page of a longer list;
    without `url_of` no name opens its need; `is_list` as in `Section`.
    """
    columns = columns_of(kind)
    form = Section(
        label(kind),
        tuple(Column(label(column), *_KINDS.get(column, (Kind.TEXT, 2))) for column in columns),
        [[_cell(column, n, line, url_of) for column in columns] for n, line in enumerate(lines, start=first)],
        note=_("五项标准全部符合的列入推荐清单。企业划型和梯度层级由系统按有效的规则和认定计算，不取企业自填。"),
        is_list=is_list,
    )
    proof = Section(
        _("五项标准的依据"),
        (Column(label(_F.FIRM), width=2), *(Column(label(standard), width=3) for standard in FundingStandard)),
        [[line.firm, *(evidence_words(standard, line, on) for standard in FundingStandard)] for line in lines],
        note=_("没有核对人的，依据是已核验的档案和公开的需求。"),
        is_list=is_list,
    )
    return form, proof


def filter_facts(filters: FundingFilters, chain_name: str) -> list[tuple[str, str]]:
    """The cover's lines about what is listed."""
    return [
        (_("产业链"), chain_name or _("全部")),
        (_("区县"), region(filters.district) if filters.district else _("全部")),
        (_("梯度"), label(filters.tier) if filters.tier else _("全部")),
    ]


def evidence_words(standard: FundingStandard, line: FundingLine, on: date) -> str:
    """The answer and what it rests on."""
    answer = label(line.findings[standard].answer)
    return _("%(answer)s：%(evidence)s", answer=answer, evidence=ground_words(standard, line, on))


def ground_words(standard: FundingStandard, line: FundingLine, on: date) -> str:
    """What the answer rests on: the official's words, else the record."""
    finding = line.findings[standard]
    if finding.at is None:
        return _record(standard, line, on)
    return _("%(evidence)s（%(by)s %(day)s）", evidence=finding.evidence, by=finding.by, day=day(finding.at))


def _record(standard: FundingStandard, line: FundingLine, on: date) -> str:
    match standard:
        case FundingStandard.COMPLIANT_OPERATION:
            if line.founded_on is None:
                return _("没有成立日期")
            months = months_between(line.founded_on, on)
            return _("%(day)s 成立，经营 %(n)s 个月，单位已核验", day=day(line.founded_on), n=months)
        case FundingStandard.FIXED_PREMISES:
            return line.address or _("没有经营地址")
        case FundingStandard.REAL_NEED:
            return _("%(day)s 公开“%(title)s”，待走访核实", day=day(line.applied_at), title=line.title)
        case FundingStandard.GOOD_CREDIT:
            if line.tax_grade is None:
                return _("没有纳税信用等级")
            return _("纳税信用等级 %(grade)s", grade=line.tax_grade.value)
        case FundingStandard.LAWFUL_PURPOSE:
            return label(line.purpose) if line.purpose else _("没有填写用途")


def _cell(column: FormColumn, n: int, line: FundingLine, url_of: UrlOf | None) -> Any:
    standard = next((each for each, place in STANDARD_COLUMNS.items() if place is column), None)
    if standard is not None:
        return label(line.findings[standard].answer)
    last = line.last_check
    values: dict[FormColumn, Any] = {
        _F.NUMBER: n,
        _F.FIRM: Linked(line.firm, url_of(line)) if url_of else line.firm,
        _F.USCC: line.uscc,
        _F.DISTRICT: region(line.region_code),
        _F.CHAIN: (line.chain_en if language() == "en" else line.chain_zh) or None,
        _F.INDUSTRY: industry(line.industry_code),
        _F.SIZE: label(line.size) if line.size else _("无法判定"),
        _F.TIER: label(line.tier),
        _F.AMOUNT: line.amount_fen,
        _F.PURPOSE: label(line.purpose),
        _F.TERM: line.term_months,
        _F.CONTACT: line.contact or None,
        _F.PHONE: line.phone or None,
        _F.APPLIED_ON: _china_day(line.applied_at),
        _F.CHECKED_ON: _china_day(last.at) if last else None,
        _F.CHECKED_BY: last.by if last else None,
        _F.BANKS: _("、").join(line.banks) or MISSING,
    }
    return values[column]


def _china_day(at: datetime | None) -> date | None:
    return at.astimezone(SHANGHAI).date() if at else None


def answer_shape(answer: GateAnswer) -> str:
    """The shape beside an answer on a page."""
    return {GateAnswer.OPEN: "good", GateAnswer.CLOSED: "stop", GateAnswer.UNKNOWN: "wait"}[answer]


def made_facts(name: str, at: Any) -> list[tuple[str, str]]:
    return [(_("制表人"), name), (_("制表时间"), moment(at))]
