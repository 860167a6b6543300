"""The list of gaps as a spreadsheet."""

from collections.abc import Callable, Sequence
from datetime import date

from flask_babel import gettext as _

from access.lists.gaps import GapLine
from web.common.filters import day
from web.common.gap_words import gap_name, quantity_words
from web.common.labels import label
from web.common.languages import language
from web.common.papers import Column, Kind, Linked, Paper, Section, Sheet


def gaps_paper(
    lines: Sequence[GapLine], *, facts: Sequence[tuple[str, str]], on: date, url_of: Callable[[GapLine], str]
) -> Paper:
    """One row a gap, in the order of the page; money in fen."""
    columns = (
        Column(_("缺口"), width=4), Column(_("类别"), width=3), Column(_("产业链"), width=3),
        Column(_("环节"), width=3),
        Column(_("规格"), width=4), Column(_("数量"), width=3), Column(_("金额"), Kind.MONEY),
        Column(_("未填金额的需求"), Kind.COUNT), Column(_("需求"), Kind.COUNT), Column(_("需求单位"), Kind.COUNT),
        Column(_("首次发现"), Kind.DAY), Column(_("最近发现"), Kind.DAY), Column(_("在办线索和任务"), Kind.COUNT),
        Column(_("逾期"), Kind.COUNT), Column(_("状态"), width=2), Column(_("关闭原因"), width=3),
        Column(_("补上缺口的项目"), width=3),
    )  # fmt: skip
    return Paper(
        title=_("断点缺口清单"),
        subtitle=_("由公开的需求、已确认的企业和推荐结果自动得出"),
        facts=(*facts, (_("条数"), str(len(lines)))),
        sections=(
            Section(
                _("断点缺口"),
                columns,
                [_row(line, url_of) for line in lines],
                note=_("一条需求只计入一个缺口；单位不能换算的数量不相加。"),
            ),
        ),
        file_name=f"{_('断点缺口清单')} {day(on)}",
        sheet=Sheet.A3_WIDE,
    )


def _row(line: GapLine, url_of: Callable[[GapLine], str]) -> list[object]:
    gap, is_english = line.gap, language() == "en"
    is_unpriced = gap.n_needs == gap.n_unpriced
    return [
        Linked(gap_name(gap), url_of(line)), label(gap.kind), line.chain_en if is_english else line.chain_zh,
        (line.link_en if is_english else line.link_zh) or None,
        gap.specification or None, quantity_words(gap.quantities) or None, None if is_unpriced else gap.value_fen,
        gap.n_unpriced, gap.n_needs, gap.n_buyers,
        gap.first_seen_on, gap.last_seen_on, line.n_running, line.n_overdue, label(gap.status),
        label(gap.cause) if gap.cause else None, line.closed_by,
    ]  # fmt: skip
