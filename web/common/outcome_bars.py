"""What came of the pairings, as bars: one ladder per market, each on its own scale."""

from collections.abc import Iterable
from dataclasses import dataclass

from access.lists.chains import Outcome
from vocabulary.classifications import LADDERS, Market
from web.common.charts import Bar, bars
from web.common.labels import label


@dataclass(frozen=True)
class OutcomeBar:
    """One step of a ladder: how often it was reached, and the sum of its amounts in fen where it has any.

    None for a count that is too small for the reader.
    """

    bar: Bar
    count: int | None
    amount_fen: int | None


def outcome_bars(outcomes: Iterable[Outcome]) -> dict[Market, list[OutcomeBar]]:
    """The ladders on which anything was reached, with every one of their steps."""
    found = {row.kind: row for row in outcomes}
    drawn = {}
    for market, ladder in LADDERS.items():
        if not found.keys() & set(ladder):
            continue
        rows = [found.get(kind, Outcome(kind, 0, None, 0)) for kind in ladder]
        lengths = bars([(label(row.kind), row.count or 0) for row in rows])
        drawn[market] = [OutcomeBar(bar, row.count, row.amount_fen) for bar, row in zip(lengths, rows, strict=True)]
    return drawn
