"""After any change the lists are those of a full run, and only what changed is named."""

import random
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchmaking import (
    MARKETS,
    Effect,
    Event,
    HeldList,
    HeldPair,
    History,
    LiveLists,
    MatchSettings,
    Recommender,
    effect,
    text,
)
from tests.builders import AS_OF
from tests.matchmaking.random_rows import MAKERS, Draw, random_market

SETTINGS = MatchSettings(as_of=AS_OF, per_demand=6, possible=3, near=2)


def full_run(engine: Recommender, demands: Any, supplies: Any, top: int) -> Any:
    return LiveLists(engine.with_supplies(list(supplies)), demands, top=top).lists


@pytest.mark.parametrize("market", MARKETS)
@settings(deadline=None, max_examples=12)
@given(seed=st.integers(0, 10**6))
def test_changed_rows_leave_the_lists_of_a_full_run(market: str, seed: int) -> None:
    demands, supplies = random_market(market, seed, 12, 40)
    make_demand, make_supply = MAKERS[market]
    draw = Draw(seed + 1)
    engine = Recommender(MARKETS[market], SETTINGS).fit(supplies, text_model=text.shipped())
    live = LiveLists(engine, demands, top=4)
    before = dict(live.lists)
    changed = live.change_demands([make_demand(draw, 3), make_demand(draw, 50)], gone=[7])
    changed |= live.change_supplies([make_supply(draw, 5), make_supply(draw, 60)], gone=[8, 999])
    rows = {row.id: row for row in supplies if row.id != 8}
    draw = Draw(seed + 1)
    asked = {row.id: row for row in demands if row.id != 7}
    asked |= {row.id: row for row in (make_demand(draw, 3), make_demand(draw, 50))}
    rows |= {row.id: row for row in (make_supply(draw, 5), make_supply(draw, 60))}
    assert live.lists == full_run(engine, asked.values(), rows.values(), 4)
    differ = {row_id for row_id in {*before, *live.lists} if before.get(row_id) != live.lists.get(row_id)}
    assert differ <= changed


def test_decisions_leave_the_lists_of_a_full_run() -> None:
    demands, supplies = random_market("finance", 5, 10, 30)
    engine = Recommender(MARKETS["finance"], SETTINGS).fit(supplies, text_model=text.shipped())
    live = LiveLists(engine, demands, top=4)
    events = tuple(Event(demand, supplies[n % 3].id, date(2026, 5, 1 + n)) for n, demand in enumerate(demands))
    live.add_events(events[:5])
    live.add_events(events[5:])
    again = LiveLists(engine.with_history(History(events)), demands, top=4)
    assert live.lists == again.lists


@pytest.mark.parametrize("market", MARKETS)
@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_what_moves_no_others_changes_one_pair_only(market: str, seed: int) -> None:
    demands, supplies = random_market(market, seed, 1, 30)
    changed = replace(MAKERS[market][1](Draw(seed + 1), 1), id=random.Random(seed).randint(1, 31))
    demand = demands[0]

    def kept(rows: list[Any]) -> dict[Any, Any]:
        pairs = Recommender(MARKETS[market], SETTINGS).fit(rows, text_model=text.shipped()).recommend([demand])
        return {pair.supply_id: HeldPair.of(MARKETS[market], pair) for pair in pairs}

    before = kept(supplies)
    after = kept([row for row in supplies if row.id != changed.id] + [changed])
    alone = kept([changed]).get(changed.id)
    lists = {
        state: HeldList(len(keys), max(keys))
        for state in ("eligible", "possible", "closed")
        if (keys := [pair.key for pair in before.values() if pair.state == state])
    }
    found = effect(SETTINGS, before=before.get(changed.id), after=alone, lists=lists)
    if found is not Effect.MOVES_OTHERS:
        expected = {row_id: pair for row_id, pair in before.items() if row_id != changed.id}
        if found is Effect.IS_KEPT:
            assert alone is not None
            expected[changed.id] = alone
        assert after == expected
