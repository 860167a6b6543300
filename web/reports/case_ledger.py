"""对接台账 as a paper: counts and sums by market and status, then every pairing."""

from typing import Any

from flask_babel import gettext as _

from access.lists.case_ledger import LedgerLine
from vocabulary.classifications import CaseStepKind, Market
from vocabulary.lifecycles import PairingStatus
from web.common.chain_map_words import named
from web.common.filters import SHANGHAI
from web.common.labels import label
from web.common.papers import Column, Kind, Section
from web.reports.opening import OpenedList

_K = CaseStepKind
_AMOUNTS = (_K.CREDIT_GRANTED, _K.DISBURSED, _K.TRIAL_ORDER, _K.FRAME_AGREEMENT, _K.VOLUME_ORDER)
_FIRST_AMOUNT = 10
_CHAIN = 1


def case_ledger_sections(lines: list[LedgerLine], *, is_of_chain: bool) -> tuple[Section, ...]:
    """Two tables of figures, and the list they open. Sums of two kinds of step are never added."""
    cases = OpenedList(2, _cases(lines), hidden=_CHAIN if is_of_chain else None)
    return _by_status(cases), _by_amount(cases), cases.section


def _cases(lines: list[LedgerLine]) -> Section:
    columns = (
        Column(_("企业"), width=3.4), Column(_("产业链"), width=2), Column(_("统一社会信用代码"), Kind.CODE, 3.5),
        Column(_("市场"), width=1.7), Column(_("银行或采购单位"), width=3.2), Column(_("贷款产品或采购需求"), width=3),
        Column(_("提出日期"), Kind.DAY, 2.1), Column(_("同意推荐"), Kind.DAY, 2.1),
        Column(_("考察或洽谈"), Kind.DAY, 2.1), Column(_("授信或首单"), Kind.DAY, 2.1),
        *(Column(label(kind), Kind.MONEY, 1.6) for kind in _AMOUNTS),
        Column(_("状态"), width=1.5), Column(_("跟进人"), width=1.4),
    )  # fmt: skip
    statuses = {status: str(label(status)) for status in PairingStatus}
    markets = {market: str(label(market)) for market in Market}
    rows = [
        [
            line.firm, named(line.chain), line.firm_uscc, markets[line.market], line.partner, line.subject,
            _day(line.proposed_at), _day(line.confirmed_at), line.visited_on, line.decided_on,
            *(line.amounts.get(kind) for kind in _AMOUNTS), statuses[line.status], line.owner or _("未明确"),
        ]
        for line in lines
    ]  # fmt: skip
    note = _("期末前提出、期初前没有结束的对接。金额为截至期末的累计数，状态和跟进人是出具时的。")
    return Section(_("对接明细"), columns, rows, note=note, is_list=True)


_STATUS = f"c{_FIRST_AMOUNT + len(_AMOUNTS)}"


def _by_status(cases: OpenedList) -> Section:
    columns = (Column(_("状态"), width=2), *(Column(label(market), Kind.COUNT) for market in Market))
    rows = [
        [str(label(status)), *(cases.count(c3=label(market), **{_STATUS: label(status)}) for market in Market)]
        for status in PairingStatus
    ]
    rows.append([_("合计"), *(cases.count(c3=label(market)) for market in Market)])
    return Section(_("按状态"), columns, rows)


def _by_amount(cases: OpenedList) -> Section:
    columns = (Column(_("步骤"), width=2), Column(_("累计金额"), Kind.MONEY))
    rows: list[list[Any]] = [
        [str(label(kind)), _sum(cases, _FIRST_AMOUNT + place, kind)] for place, kind in enumerate(_AMOUNTS)
    ]
    return Section(_("按金额"), columns, rows, note=_("授信和放款、各类订单是不同的数，不相加。"))


def _sum(cases: OpenedList, column: int, kind: CaseStepKind) -> Any:
    market = Market.FINANCE if kind in (_K.CREDIT_GRANTED, _K.DISBURSED) else Market.SUPPLY
    return cases.total(column, c3=label(market))


def _day(moment: Any) -> Any:
    """The city's day of a moment: a ledger has dates, no times."""
    return moment.astimezone(SHANGHAI).date() if moment else None
