"""The words of a roadshow's report: its sections, its lists and what each figure opens."""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Any

from flask_babel import gettext as _

from access.actor import Actor
from access.lists.roadshow_report import reads_chain
from vocabulary.classifications import LADDERS, CaseStepKind, Market, VerdictReason
from vocabulary.lifecycles import PairingStatus
from vocabulary.planning import UnmetCause
from vocabulary.roadshow_effect import EffectGroup, EffectOutcome, LeftOut
from vocabulary.roadshow_report import Mark, RowKind
from vocabulary.roles import SELF_REGISTERING, OrganizationKind
from web.common.filters import day, moment
from web.common.labels import label
from web.common.languages import language
from web.common.papers import Column, Kind, Linked, Paper, Section
from web.common.roadshow_words import cause_words, wish_words
from workflows.roadshow_reports import GroupFacts, ReportFacts

TOO_UNLIKE = 0.25
"""Standardised difference beyond which two groups are not balanced (Stuart 2010, Statistical Science 25)."""
UrlOf = Callable[..., str]
"""(kind, *marks) -> address of the rows that a figure counts."""
_M, _R = Mark, RowKind
_ATTENDANCE = (
    (_M.ASKED,), (_M.ASKED_ITSELF,), (_M.HAD_SEAT,), (_M.SAID_NO,), (_M.NO_SEAT,), (_M.CAME,), (_M.CAME, _M.WALKED_IN),
    (_M.NO_SHOW,), (_M.ON_STAGE,), (_M.PITCHED,),
)  # fmt: skip
_MEETINGS = (
    _M.PLANNED, _M.HELD, _M.NOT_HELD, _M.FREED, _M.FOUND_THERE, _M.BOTH_SAID, _M.ONE_SAID, _M.NOBODY_SAID, _M.BOTH_GO_ON
)  # fmt: skip
_CLASSES: dict[RowKind, tuple[type[StrEnum], ...]] = {
    _R.ATTENDANCE: (Mark, OrganizationKind),
    _R.MEETINGS: (Mark, Market),
    _R.PAIRINGS: (Mark, Market, PairingStatus, VerdictReason),
    _R.STEPS: (CaseStepKind, Market),
    _R.OVERDUE: (Market,),
    _R.UNMET: (Mark,),
    _R.PAIRS: (EffectGroup, EffectOutcome),
    _R.FIRMS: (Mark, EffectGroup, LeftOut),
}


def report_paper(facts: ReportFacts, actor: Actor, url_of: UrlOf) -> Paper:
    """The report with a cover; what is a list stands at the end."""
    chains = _listed(en if language() == "en" else zh for zh, en in facts.chains)
    when = f"{day(facts.held_on)} {facts.starts_at:%H:%M}–{facts.ends_at:%H:%M}"
    sections = [
        _attendance(facts, url_of),
        _meetings(facts, url_of),
        _pairings(facts, url_of),
        _verdicts(facts, url_of),
        _steps(facts, url_of),
        list_section(RowKind.OVERDUE, facts.overdue, actor),
        list_section(RowKind.UNMET, facts.unmet, actor, note=_unmet_note(facts)),
    ]
    for group in facts.groups:
        sections.append(_effect(facts, group, url_of))
        if group.is_enough:
            sections.append(_balance(group))
    sections.append(_left_out(facts, url_of))
    kept = (_R.ATTENDANCE, _R.MEETINGS, _R.PAIRINGS, _R.STEPS, _R.PAIRS)
    sections += [list_section(kind, facts.rows(kind), actor, is_list=True) for kind in kept]
    return Paper(
        title=_("%(name)s 报告", name=facts.name),
        subtitle=" · ".join(part for part in (when, facts.venue) if part),
        facts=(
            (_("面向的产业链"), chains or _("全部")),
            (_("制表人"), facts.made_by),
            (_("制表时间"), moment(facts.made_at)),
            (_("数据截至"), day(facts.on)),
            (_("成效观察期"), _period(facts)),
            (_("范围"), _("本场路演的全部单位、洽谈和对接，未作其他筛选")),
        ),
        sections=tuple(sections),
        file_name=f"{facts.name} {day(facts.held_on)}",
    )


def marks_words(kind: RowKind, marks: Iterable[str]) -> list[str] | None:
    """The words of the marks by which a figure picks its rows; None if one of them means nothing here."""
    found = []
    for mark in marks:
        prefix = f"{Mark.SIMILAR}_"
        if kind is RowKind.PAIRS and mark.startswith(prefix) and mark.removeprefix(prefix) in set(EffectOutcome):
            outcome = label(EffectOutcome(mark.removeprefix(prefix)))
            found.append(_("相似企业%(outcome)s", outcome=outcome))
            continue
        known = next((codes for codes in _CLASSES[kind] if mark in set(codes)), None)
        if known is None:
            return None
        found.append(label(known(mark)))
    return found


def _count(facts: ReportFacts, url_of: UrlOf, kind: RowKind, *marks: str) -> Any:
    n = facts.count(kind, *marks)
    return Linked(n, url_of(kind, *marks)) if n else n


def _attendance(facts: ReportFacts, url_of: UrlOf) -> Section:
    columns = (
        Column(_("项目"), width=3), Column(_("合计"), Kind.COUNT),
        *(Column(label(kind), Kind.COUNT) for kind in SELF_REGISTERING),
    )  # fmt: skip
    kinds = ((), *((kind,) for kind in SELF_REGISTERING))
    rows = [
        [
            _("其中现场到会") if len(marks) > 1 else label(marks[0]),
            *(_count(facts, url_of, RowKind.ATTENDANCE, *marks, *of) for of in kinds),
        ]
        for marks in _ATTENDANCE
    ]  # fmt: skip
    return Section(_("到会与上台"), columns, rows, note=_("按单位计数。"))


def _markets_head(first: str) -> tuple[Column, ...]:
    markets = (Column(label(market), Kind.COUNT) for market in Market)
    return (Column(first, width=3), Column(_("合计"), Kind.COUNT), *markets)


def _by_market(facts: ReportFacts, url_of: UrlOf, kind: RowKind, *marks: str) -> list[Any]:
    return [_count(facts, url_of, kind, *marks, *of) for of in ((), *((market,) for market in Market))]


def _meetings(facts: ReportFacts, url_of: UrlOf) -> Section:
    rows = [[label(mark), *_by_market(facts, url_of, RowKind.MEETINGS, mark)] for mark in _MEETINGS]
    note = _("双方都签到，或至少一方有反馈，算实际举行；实际举行包括现场相识。")
    return Section(_("一对一洽谈"), _markets_head(_("项目")), rows, note=note)


def _pairings(facts: ReportFacts, url_of: UrlOf) -> Section:
    rows = [[_("合计"), *_by_market(facts, url_of, RowKind.PAIRINGS)]]
    rows += [
        [label(status), *_by_market(facts, url_of, RowKind.PAIRINGS, status)]
        for status in PairingStatus
        if facts.count(RowKind.PAIRINGS, status)
    ]
    return Section(_("对接"), _markets_head(_("状态")), rows, note=_("经本场路演提出，或双方在本场会面的对接。"))


def _verdicts(facts: ReportFacts, url_of: UrlOf) -> Section:
    rows = [
        [label(reason), *_by_market(facts, url_of, RowKind.PAIRINGS, Mark.WITH_REASON, reason)]
        for reason in VerdictReason
        if facts.count(RowKind.PAIRINGS, Mark.WITH_REASON, reason)
    ]
    return Section(_("审定理由"), _markets_head(_("理由")), rows)


def _steps(facts: ReportFacts, url_of: UrlOf) -> Section:
    columns = (
        Column(_("市场")), Column(_("步骤"), width=3), Column(_("次数"), Kind.COUNT), Column(_("金额"), Kind.MONEY),
    )  # fmt: skip
    rows = []
    for market, ladder in LADDERS.items():
        for kind in ladder if facts.count(RowKind.STEPS, market) else ():
            n = facts.count(RowKind.STEPS, kind)
            amount = facts.amount_fen(kind)
            money = Linked(amount, url_of(RowKind.STEPS, kind)) if amount else None
            rows.append([label(market), label(kind), _count(facts, url_of, RowKind.STEPS, kind) if n else 0, money])
    return Section(_("成效"), columns, rows, note=_("各步骤的金额分开统计，授信与放款是两个数，不相加。"))


def _unmet_note(facts: ReportFacts) -> str:
    if facts.has_plan:
        return _("系统排洽谈时未能满足的意愿，以及事先取消的洽谈。不愿会面的一方不公开。")
    return _("本场洽谈不是系统排定的，没有意愿的记录；这里只有事先取消的洽谈。")


def _period(facts: ReportFacts) -> str:
    words = _("路演当日起 %(n)s 个月", n=facts.months)
    if facts.outcomes_until <= facts.on:
        return words
    return _("%(period)s，未满，至今 %(days)s 天", period=words, days=(facts.on - facts.held_on).days)


def effect_heading(group: EffectGroup) -> str:
    return _("成效对比：%(group)s", group=label(group))


def _effect(facts: ReportFacts, group: GroupFacts, url_of: UrlOf) -> Section:
    """Shares side by side with the interval, or 样本不足 and no number."""
    pairs = _count(facts, url_of, RowKind.PAIRS, group.group)
    if not group.is_enough:
        few = (Column(_("结论"), width=3), Column(_("配成的对数"), Kind.COUNT), Column(_("至少需要"), Kind.COUNT))
        return Section(effect_heading(group.group), few, [[_("样本不足"), pairs, group.min_pairs]],
                       note=_sentences(_("能配成对的企业太少，不给出数字。"), caution()))  # fmt: skip
    columns = (
        Column(_("结果"), width=3), Column(_("路演企业"), Kind.COUNT), Column(_("占比"), Kind.SHARE),
        Column(_("相似企业"), Kind.COUNT), Column(_("占比"), Kind.SHARE), Column(_("相差"), Kind.DIFFERENCE, 2.4),
        Column(_("95% 区间下限"), Kind.DIFFERENCE, 2.4), Column(_("95% 区间上限"), Kind.DIFFERENCE, 2.4),
        Column(_("读法"), width=3),
    )  # fmt: skip
    rows = [
        [
            label(row.outcome),
            _count(facts, url_of, RowKind.PAIRS, group.group, row.outcome),
            row.n_group / group.n_pairs,
            _count(facts, url_of, RowKind.PAIRS, group.group, f"{Mark.SIMILAR}_{row.outcome}"),
            row.n_similar / group.n_pairs,
            row.difference,
            row.low,
            row.high,
            reading(row.low, row.high),
        ]
        for row in group.outcomes
    ]
    note = _(
        "%(n)s 对企业：同一产业链内，会前情况最接近的两家为一对。%(period)s。", n=group.n_pairs, period=_period(facts)
    )
    return Section(effect_heading(group.group), columns, rows, note=_sentences(note, caution(), *_warning(group)))


def _warning(group: GroupFacts) -> list[str]:
    """Pairs that are not alike enough are said so beside the figures, not only in the table below them."""
    if all(row.pairs is None or abs(row.pairs) <= TOO_UNLIKE for row in group.balance):
        return []
    return [_("有的会前情况相差较大，两组不够相似，谨慎看。")]


def caution() -> str:
    """What every comparison says of itself."""
    return _("同期对比，不代表因果：来参加的企业本来就可能更主动。四项结果各自计算。")


def reading(low: float, high: float) -> str:
    """What an interval allows to say."""
    if low > 0:
        return _("高于相似企业")
    return _("低于相似企业") if high < 0 else _("看不出差别")


def _balance(group: GroupFacts) -> Section:
    columns = (
        Column(_("会前情况"), width=3),
        Column(_("与全部同链企业"), Kind.NUMBER),
        Column(_("配对后"), Kind.NUMBER),
    )
    rows = [[label(row.covariate), row.all_firms, row.pairs] for row in group.balance]
    note = _("标准化差异：0 为一样，绝对值超过 0.25 时两组不够相似，结果要谨慎看。产业链完全相同。")
    return Section(_("两组是否相似：%(group)s", group=label(group.group)), columns, rows, note=note)


def _left_out(facts: ReportFacts, url_of: UrlOf) -> Section:
    columns = (
        Column(_("原因"), width=3), *(Column(label(group), Kind.COUNT) for group in EffectGroup),
        Column(_("同链其他企业"), Kind.COUNT),
    )  # fmt: skip
    rows: list[Sequence[Any]] = [
        [
            label(reason),
            *(_count(facts, url_of, RowKind.FIRMS, group, reason) for group in EffectGroup),
            _count(facts, url_of, RowKind.FIRMS, Mark.CANDIDATE, reason),
        ]
        for reason in LeftOut
    ]
    similar = _count(facts, url_of, RowKind.FIRMS, Mark.CANDIDATE, Mark.SIMILAR)
    paired = (_count(facts, url_of, RowKind.PAIRS, group) for group in EffectGroup)
    rows.insert(0, [_("可以比较"), *paired, similar])
    note = _("前两列是配成对的和未纳入的企业；最后一列是可以作对照和不能作对照的企业。")
    return Section(_("未纳入比较的企业"), columns, rows, note=note)


def list_section(kind: RowKind, rows: Sequence[Any], actor: Actor, *, note: str = "", is_list: bool = False) -> Section:
    """The rows of one kind as a table, for the reader."""
    columns, values = _LISTS[kind]
    return Section(label(kind), columns(), [values(row, actor) for row in rows], note=note, is_list=is_list)


def _sides() -> tuple[Column, ...]:
    return Column(_("需求方"), width=4), Column(_("供给方"), width=4), Column(_("市场"))


def _said(rating: int | None, goes_on: bool | None) -> str:
    if rating is None:
        return "—"
    return _("%(n)s 分，%(wish)s", n=rating, wish=_("愿意继续") if goes_on else _("不再继续"))


def _unmet_values(row: Any, actor: Actor) -> list[Any]:
    """A veto stays private on a paper that travels."""
    if row.cause is None:
        return [row.name, _("与 %(partner)s 的洽谈，事先取消", partner=row.partner), row.note or "—"]
    why = _("原因不公开") if row.cause == UnmetCause.VETO else cause_words(row.cause)
    return [row.name, wish_words(row.wish, row.partner, wanted=row.wanted, got=row.got), why]


def _firm_name(name: str, chain_id: int | None, actor: Actor) -> str:
    """Firms of other chains that did not come are not named to a chain's office."""
    return name if reads_chain(actor, chain_id) else _("（其他产业链的企业）")


def _outcomes(outcomes: Iterable[EffectOutcome]) -> str:
    return _listed(label(outcome) for outcome in outcomes) or "—"


def _listed(words: Iterable[str]) -> str:
    return (", " if language() == "en" else "、").join(words)


def _sentences(*sentences: str) -> str:
    return (" " if language() == "en" else "").join(sentences)


_List = tuple[Callable[[], tuple[Column, ...]], Callable[[Any, Actor], list[Any]]]
_LISTS: dict[RowKind, _List] = {
    RowKind.ATTENDANCE: (
        lambda: (Column(_("单位名称"), width=4), Column(_("单位类型")), Column(_("来源")), Column(_("答复"), width=2.4),
                 Column(_("签到时间"), Kind.DAY, 2.4), Column(_("上台环节"))),
        lambda row, actor: [row.name, label(row.kind), label(row.origin), label(row.status), row.came_at,
                            row.stage or None],
    ),
    RowKind.MEETINGS: (
        lambda: (*_sides(), Column(_("来源")), Column(_("状态")), Column(_("需求方反馈"), width=2.4),
                 Column(_("供给方反馈"), width=2.4)),
        lambda row, actor: [row.demand_name, row.supply_name, label(row.market), label(row.origin), label(row.status),
                            _said(row.demand_rating, row.demand_goes_on), _said(row.supply_rating, row.supply_goes_on)],
    ),
    RowKind.PAIRINGS: (
        lambda: (*_sides(), Column(_("来源")), Column(_("状态")), Column(_("审定理由"), width=2.4),
                 Column(_("提出日期"), Kind.DAY), Column(_("审定日期"), Kind.DAY)),
        lambda row, actor: [row.demand_name, row.supply_name, label(row.market), label(row.origin), label(row.status),
                            label(row.reason), day(row.proposed_at), day(row.decided_at)],
    ),
    RowKind.STEPS: (
        lambda: (*_sides(), Column(_("步骤")), Column(_("日期"), Kind.DAY), Column(_("金额"), Kind.MONEY)),
        lambda row, actor: [row.demand_name, row.supply_name, label(row.market), label(row.kind), row.happened_on,
                            row.amount_fen],
    ),
    RowKind.OVERDUE: (
        lambda: (*_sides(), Column(_("状态")), Column(_("应办日期"), Kind.DAY)),
        lambda row, actor: [row.demand_name, row.supply_name, label(row.market), label(row.status), row.due_on],
    ),
    RowKind.UNMET: (
        lambda: (Column(_("单位名称"), width=3), Column(_("事项"), width=4), Column(_("原因"), width=3)),
        _unmet_values,
    ),
    RowKind.PAIRS: (
        lambda: (Column(_("路演企业"), width=4), Column(_("其后的结果"), width=3), Column(_("相似企业"), width=4),
                 Column(_("其后的结果"), width=3)),
        lambda row, actor: [_firm_name(row.firm, row.firm_chain_id, actor), _outcomes(row.firm_outcomes),
                            _firm_name(row.similar, row.similar_chain_id, actor), _outcomes(row.similar_outcomes)],
    ),
    RowKind.FIRMS: (
        lambda: (Column(_("企业"), width=4), Column(_("未纳入的原因"), width=4)),
        lambda row, actor: [_firm_name(row.name, row.chain_id, actor), label(row.reason)],
    ),
}  # fmt: skip
