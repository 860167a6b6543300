"""Two or three recommended firms side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from access.lists.recommendation_terms import Terms
from access.lists.recommendations import Detail
from vocabulary.classifications import Market
from vocabulary.reasons import GateAnswer
from web.common import explanations, recommended
from web.common.filters import day, fit
from web.common.labels import label

_MISSING = "—"


@dataclass(frozen=True)
class ComparedRow:
    """One aspect: a cell per firm, and the columns that are best, which the page marks by a word."""

    name: str
    cells: list[str]
    best: frozenset[int] = frozenset()


def comparison(found: Sequence[Detail], terms: Sequence[Terms]) -> list[tuple[str, list[ComparedRow]]]:
    """Titled groups of rows."""
    return [
        (_("总览"), _summary(found)),
        (_("需求与产品"), _terms_rows(found, terms)),
        (_("企业情况"), _firm_rows(found)),
        (_("符合情况"), _gate_rows(found)),
        (_("匹配度构成"), _component_rows(found)),
    ]


def _best(values: Sequence[float | None]) -> frozenset[int]:
    """Columns with the largest value, unless all are equal."""
    known = {value for value in values if value is not None}
    if len(known) < 2:
        return frozenset()
    return frozenset(index for index, value in enumerate(values) if value == max(known))


def _summary(found: Sequence[Detail]) -> list[ComparedRow]:
    scores = [one.line.score for one in found]
    data = [one.line.n_with_data for one in found]
    return [
        ComparedRow(_("匹配度"), [fit(score) for score in scores], _best(scores)),
        ComparedRow(_("结论"), [label(one.line.state) for one in found]),
        ComparedRow(_("有数据的项"), [f"{one.line.n_with_data}/{one.line.n_components}" for one in found], _best(data)),
        ComparedRow(_("核验日期"), [day(one.line.verified_at) for one in found]),
    ]


def _terms_rows(found: Sequence[Detail], terms: Sequence[Terms]) -> list[ComparedRow]:
    """The firm's posting: its need for money, or what it makes."""
    rows = [
        dict(
            recommended.demand_rows(term.demand, one.market)
            if one.market is Market.FINANCE
            else recommended.supply_rows(term.supply, one.market)
        )
        for one, term in zip(found, terms, strict=True)
    ]
    return _by_name(rows)


def _firm_rows(found: Sequence[Detail]) -> list[ComparedRow]:
    parties = [one.demand_party if one.market is Market.FINANCE else one.supply_party for one in found]
    return _by_name([dict(recommended.party_rows(party)) for party in parties])


def _by_name(columns: list[dict[str, str]]) -> list[ComparedRow]:
    names = list(dict.fromkeys(name for column in columns for name in column))
    return [ComparedRow(name, [column.get(name, _MISSING) for column in columns]) for name in names]


def _gate_rows(found: Sequence[Detail]) -> list[ComparedRow]:
    lines = [{line.name: line for line in explanations.gate_lines(one.gates, one.market)} for one in found]
    rows = []
    for name in dict.fromkeys(name for column in lines for name in column):
        gates = [column.get(name) for column in lines]
        cells = [
            _("%(name)s：%(text)s", name=label(gate.answer), text=gate.text) if gate else _MISSING for gate in gates
        ]
        rows.append(
            ComparedRow(name, cells, _best([float(gate.answer is GateAnswer.OPEN) if gate else None for gate in gates]))
        )
    return rows


def _component_rows(found: Sequence[Detail]) -> list[ComparedRow]:
    columns = [{bar.name: bar for bar in explanations.bars(one.contributions)} for one in found]
    rows = []
    for name in dict.fromkeys(name for column in columns for name in column):
        bars = [column.get(name) for column in columns]
        points = [round(bar.points, 1) if bar and bar.has_data else None for bar in bars]
        cells = [_("无数据") if value is None else f"{value:.1f}" for value in points]
        rows.append(ComparedRow(name, cells, _best(points)))
    return rows
