"""The fast path: the same lists as the plain path, by bitmaps, blocked products and a scan in machine code.

A block of demands is held against tiles of supplies. Tiles in which no pair is open are passed over; in the others
a float32 score is scanned for candidates, and each shortlist is scored again in float64. A list is taken as final
only if no pair left out can belong to it, given the bound of the float32 error; otherwise that demand is scored
exactly against all its pairs. So the result does not depend on float32 at all.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matchmaking.bitmaps import WORD, Bitmaps, GateBits
from matchmaking.columns import Columns
from matchmaking.components.base import Factors, FittedComponent, LevelTable, Postings
from matchmaking.markets.base import Market
from matchmaking.parts import Block, Parts, Sparse, pair_points, pair_scores, pair_values
from matchmaking.settings import MatchSettings

NOT_CLOSED, POSSIBLE, ELIGIBLE = -2, -1, 0
"""Kinds of lists; a positive kind is "exactly so many gates closed, all within reach"."""
OUT_OF_REACH = 16
"""Added to a positive kind: exactly so many gates closed, some of them out of reach."""
_ROWS, _LANES = 256, 512
"""Size of a tile: 512 KiB of float32, which stays in the second cache."""
_FEW = 8
"""So few demands are scored exactly against all their pairs at once: laying out tiles would cost more."""
_PLACES_A_THREAD = 10_000
"""Below this a thread costs more than it saves."""
_CHUNK_PAIRS = 1 << 28
"""Pairs of demands and supplies that are compiled together; bounds the memory of tables and bitmaps."""


@dataclass(frozen=True)
class Shortlist:
    """The best pairs of one kind, in order of demand, then score, then supply id.

    rows : int64 (n,), the demand's place; supplies : int64 (n,), the supply's place among those given
    score : float64 (n,); values, points : float64 (n, n_components), NaN for no data
    """

    rows: NDArray[np.int64]
    supplies: NDArray[np.int64]
    score: NDArray[np.float64]
    values: NDArray[np.float64]
    points: NDArray[np.float64]


@dataclass(frozen=True)
class Wanted:
    """A list to make: which pairs, and how many of them at most."""

    kind: int
    limit: int


@dataclass(frozen=True)
class _Chunk:
    """Demands compiled together: place of the first, their places within the chunk in scanning order, what was made."""

    start: int
    order: NDArray[np.int64]
    bits: GateBits
    block: Block


class CompiledMarket:
    """A market compiled against its supplies."""

    def __init__(
        self, market: Market, settings: MatchSettings, components: Sequence[FittedComponent], supplies: Columns
    ) -> None:
        self.settings = settings
        self._market = market
        self._order = scanning_order(supplies, market.supply_order)
        ordered = supplies.take(self._order)
        self._id_rank = supplies.id_order[self._order]
        self._n_supplies = len(supplies)
        self._width = min(_LANES, _rounded_up(max(1, len(supplies)), WORD))
        n_lanes = _rounded_up(max(1, len(supplies)), self._width)
        self._n_words = n_lanes // WORD
        self.n_at_once = max(_FEW, min(1 << 15, _CHUNK_PAIRS // max(1, len(supplies))))
        self._last: tuple[Columns, GateBits] | None = None
        self._valid = np.packbits(np.arange(n_lanes) < len(supplies), bitorder="little").view(np.uint64)
        weights = settings.weight(market)
        self._bitmaps = Bitmaps(market.gates, ordered, settings.as_of, self._n_words)
        self._parts = Parts(components, [weights[part.code.value] for part in components], ordered, n_lanes)

    def shortlists(
        self, demands: Columns, wanted: Sequence[Wanted], *, n_threads: int | None = None
    ) -> Iterator[tuple[int, list[Shortlist]]]:
        """Chunks of demands in their order: place of the first demand, and one shortlist for each list wanted."""
        if len(demands) <= _FEW:
            bits, forms = self._bits(demands), self._parts.compile(demands)
            yield 0, _joined([self._exactly(bits, forms, range(len(demands)), wanted)])
            return
        yield from self._by_chunks(demands, wanted, n_threads or os.cpu_count() or 1)

    def gate_counts(self, demands: Columns) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """How many supplies each gate closes to each demand, and leaves undecided: int64 (n_demands, n_gates) twice."""
        bits = self._bits(demands)
        closed, unknown = (
            np.bitwise_count(words & self._valid).sum(axis=1, dtype=np.int64) for words in (bits.closed, bits.unknown)
        )
        return closed[bits.codes], unknown[bits.codes]

    def _by_chunks(
        self, demands: Columns, wanted: Sequence[Wanted], n_threads: int
    ) -> Iterator[tuple[int, list[Shortlist]]]:
        """`shortlists` of many demands: while one chunk is scanned the next is compiled and the last put in order."""
        from threadpoolctl import threadpool_limits

        starts = range(0, len(demands), self.n_at_once)
        last: tuple[_Chunk, list[Future[list[Shortlist]]]] | None = None
        with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(n_threads) as pool:
            compiled = pool.submit(self._compiled, demands, 0)
            for start in starts:
                chunk = compiled.result()
                if start + self.n_at_once < len(demands):
                    compiled = pool.submit(self._compiled, demands, start + self.n_at_once)
                rows = range(0, len(chunk.order), _ROWS)
                scans = [pool.submit(self._scan, chunk.block, chunk.bits, row, wanted) for row in rows]
                if last is not None:
                    yield _in_order(*last)
                last = chunk, scans
            if last is not None:
                yield _in_order(*last)

    def _compiled(self, demands: Columns, start: int) -> "_Chunk":
        whole = len(demands) <= self.n_at_once
        chunk = demands if whole else demands.take(slice(start, start + self.n_at_once))
        order = scanning_order(chunk, self._market.demand_order)
        ordered = chunk.take(order)
        block = self._parts.lay_out(len(ordered), self._parts.compile(ordered))
        return _Chunk(start, order, self._bitmaps.compile(ordered), block)

    def _bits(self, demands: Columns) -> GateBits:
        """Bits of a few demands; kept for the next question, which is often about the same."""
        if self._last is None or self._last[0] is not demands:
            self._last = (demands, self._bitmaps.compile(demands))
        return self._last[1]

    def _lists(self, bits: GateBits, start: int, stop: int, wanted: Sequence[Wanted]) -> NDArray[np.uint64]:
        """Pairs of each list as bits, uint64 (n_lists, n_demands, n_words)."""
        from matchmaking import kernels

        lists = np.empty((len(wanted), stop - start, self._n_words), dtype=np.uint64)
        codes = bits.codes[start:stop]
        if [one.kind for one in wanted] == [NOT_CLOSED]:
            kernels.open_words(codes, bits.closed, self._valid, lists)
        else:
            plan = np.array([one.kind for one in wanted], dtype=np.int64)
            far = np.array([gate.is_out_of_reach for gate in self._market.gates])
            kernels.count_closed(codes, far, bits.closed, bits.unknown, self._valid, plan, lists)
        return lists

    def _scan(self, block: Block, bits: GateBits, start: int, wanted: Sequence[Wanted]) -> list[Shortlist]:
        """Shortlists of up to `_ROWS` demands."""
        from matchmaking import kernels

        stop = min(start + _ROWS, len(bits.codes))
        n = stop - start
        lists = self._lists(bits, start, stop, wanted)
        heaps = [_Heaps(n, _with_reserve(one.limit), self._n_supplies) for one in wanted]
        flags = np.empty(self._n_words * WORD // self._width, dtype=np.bool_)
        kernels.occupied(lists, self._width // WORD, flags)
        tile = np.zeros((n, self._width), dtype=np.float32)
        left, codes, mass_codes = block.left[start:stop], block.codes[start:stop], block.mass_codes[start:stop]
        lexical = [_gathered(part, start, lists, self._width) for part in block.postings]
        for number in np.flatnonzero(flags):
            first = int(number) * self._width
            if left.shape[1]:
                np.dot(left, block.right[first : first + self._width].T, out=tile)
            else:
                tile[:] = 0
            for parts in lexical:
                kernels.add_postings(tile, number, *parts)
            for words, heap in zip(lists, heaps, strict=True):
                kernels.scan(
                    tile,
                    first,
                    words,
                    codes,
                    block.tables,
                    mass_codes,
                    block.mass,
                    heap.scores,
                    heap.places,
                    heap.n_kept,
                )
        return [
            self._settled(bits, block, start, words, heap, one)
            for words, heap, one in zip(lists, heaps, wanted, strict=True)
        ]

    def _settled(
        self, bits: GateBits, block: Block, start: int, words: NDArray[np.uint64], heap: "_Heaps", one: Wanted
    ) -> Shortlist:
        """The shortlist of scanned candidates, scored exactly; demands whose list is not certain are done anew."""
        rows, places = heap.pairs()
        best = self._best(block.forms, rows + start, places, one.limit)
        limits = heap.cut_off() + block.error
        worst = np.full(len(limits), np.inf)
        np.minimum.at(worst, best.rows - start, best.score)
        unsure = np.flatnonzero(worst <= limits)
        if not len(unsure):
            return best
        certain = _taken(best, ~np.isin(best.rows - start, unsure))
        anew = [self._exact_row(block.forms, start + int(row), words[row], one.limit) for row in unsure]
        return _sorted_by_row(_concatenated([certain, *anew]))

    def _exactly(self, bits: GateBits, forms: Any, rows: range, wanted: Sequence[Wanted]) -> list[Shortlist]:
        """Shortlists of a few demands, all pairs scored in float64."""
        lists = self._lists(bits, rows.start, rows.stop, wanted)
        return [
            _concatenated([self._exact_row(forms, row, words[row], one.limit) for row in rows])
            for words, one in zip(lists, wanted, strict=True)
        ]

    def _exact_row(self, forms: Any, row: int, words: NDArray[np.uint64], limit: int) -> Shortlist:
        from matchmaking import kernels

        places = np.empty(self._n_supplies, dtype=np.int64)
        places = places[: kernels.positions(words, places)]
        if limit == 0:
            places = places[:0]
        values = np.stack([self._row_values(of_part, row, places) for of_part in forms]).T
        return self._cut(np.full(len(places), row), places, values, limit)

    def _row_values(self, of_part: Any, row: int, places: NDArray[np.int64]) -> NDArray[np.float64]:
        """Values of one component for one demand, NaN for no data."""
        from matchmaking import kernels

        total = np.zeros(len(places))
        for form in of_part:
            if isinstance(form, LevelTable):
                total += form.table[form.codes[row]][places if form.columns is None else form.columns[places]]
            elif isinstance(form, Postings):
                right = self._parts.transposed(form)
                start, stop = form.left.indptr[row], form.left.indptr[row + 1]
                dense = np.zeros(self._n_supplies)
                terms, weights = form.left.indices[start:stop], form.left.data[start:stop]
                kernels.posting_row(terms, weights, right.starts, right.places, right.values, dense)
                total += np.where(form.has_right[places] & form.has_left[row], dense[places], np.nan)
            else:
                total += _products(form, row, places)
        return total

    def _best(self, forms: Any, rows: NDArray[np.int64], places: NDArray[np.int64], limit: int) -> Shortlist:
        return self._cut(rows, places, pair_values(forms, rows, places), limit)

    def _cut(
        self, rows: NDArray[np.int64], places: NDArray[np.int64], values: NDArray[np.float64], limit: int
    ) -> Shortlist:
        """The `limit` best of each demand, in order."""
        score = pair_scores(values, self._parts.weights)
        if len(rows) > 4 * limit and rows[0] == rows[-1]:
            # One demand and many pairs: leave out at once what cannot be among the best.
            enough = np.partition(score, len(score) - limit)[len(score) - limit] if limit else np.inf
            kept = np.flatnonzero(score >= enough)
            rows, places, values, score = rows[kept], places[kept], values[kept], score[kept]
        order = np.lexsort((self._id_rank[places], -score, rows))
        rows = rows[order]
        is_best = np.arange(len(rows)) - np.searchsorted(rows, rows) < limit
        order = order[is_best]
        values = values[order]
        return Shortlist(
            rows[is_best],
            self._order[places[order]],
            score[order],
            values,
            pair_points(values, self._parts.weights),
        )


def _gathered(
    part: Sparse, start: int, lists: NDArray[np.uint64], width: int
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """Lexical parts of a block of demands by demand and tile: where each begins, lanes within the tile, values."""
    from matchmaking import kernels

    n, n_words = lists.shape[1:]
    right = part.right
    most, total = kernels.count_postings(start, n, part.starts, part.terms, right.starts)
    offsets = np.empty((n, n_words * WORD // width + 1), dtype=np.int64)
    places, values = np.empty(total, dtype=np.int32), np.empty(total, dtype=np.float32)
    left = (part.starts, part.terms, part.values)
    kernels.gather_postings(start, lists, width, left, (right.starts, *right.scanned), most, offsets, places, values)
    return offsets, places, values


def _products(form: Factors, row: int, places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Products of one demand with many supplies; a great many are shared out to threads, which wait for memory."""

    def of(part: NDArray[np.int64]) -> NDArray[np.float64]:
        return pair_values(((form,),), np.full(len(part), row), part)[:, 0]

    n_threads = min(os.cpu_count() or 1, len(places) // _PLACES_A_THREAD)
    if n_threads < 2:
        return of(places)
    with ThreadPoolExecutor(n_threads) as pool:
        return np.concatenate(list(pool.map(of, np.array_split(places, n_threads))))


class _Heaps:
    """One shortlist for each demand while tiles are scanned."""

    def __init__(self, n: int, size: int, n_supplies: int) -> None:
        size = min(size, n_supplies)
        self._holds_all = size == n_supplies
        self.scores = np.zeros((n, size), dtype=np.float32)
        self.places = np.zeros((n, size), dtype=np.int32)
        self.n_kept = np.zeros(n, dtype=np.int32)

    def pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Candidates as (demand, place)."""
        kept = np.arange(self.scores.shape[1]) < self.n_kept[:, None]
        return np.nonzero(kept)[0], self.places[kept].astype(np.int64)

    def cut_off(self) -> NDArray[np.float64]:
        """No pair left out scanned higher; -inf where none was left out."""
        if self._holds_all or not self.scores.shape[1]:
            return np.full(len(self.n_kept), -np.inf)
        return np.where(self.n_kept == self.scores.shape[1], self.scores[:, 0].astype(np.float64), -np.inf)


def scanning_order(rows: Columns, names: Sequence[str]) -> NDArray[np.int64]:
    """Rows that gates treat alike stand together, so that whole tiles are closed: places in that order."""
    keys = []
    for name in names:
        column = rows.column(name)
        ranked = sorted(range(len(column.values)), key=lambda code: repr(column.values[code]))
        rank = np.empty(len(ranked), dtype=np.int64)
        rank[ranked] = np.arange(len(ranked))
        keys.append(rank[column.codes])
    return np.lexsort(keys[::-1]) if keys else np.arange(len(rows))


def _with_reserve(limit: int) -> int:
    """Candidates kept in float32 for a list, so that few lists end within the error of the next pair."""
    return limit + max(4, limit // 8) if limit else 0


def _rounded_up(number: int, unit: int) -> int:
    return -(-number // unit) * unit


def _taken(one: Shortlist, chosen: NDArray[Any]) -> Shortlist:
    return Shortlist(one.rows[chosen], one.supplies[chosen], one.score[chosen], one.values[chosen], one.points[chosen])


def _concatenated(several: Sequence[Shortlist]) -> Shortlist:
    return Shortlist(
        *(np.concatenate([getattr(one, name) for one in several]) for name in Shortlist.__dataclass_fields__)
    )


def _sorted_by_row(one: Shortlist) -> Shortlist:
    return _taken(one, np.argsort(one.rows, kind="stable"))


def _joined(found: Sequence[Sequence[Shortlist]]) -> list[Shortlist]:
    return [_concatenated(of_list) for of_list in zip(*found, strict=True)]


def _in_order(chunk: _Chunk, scans: Sequence[Future[list[Shortlist]]]) -> tuple[int, list[Shortlist]]:
    """A chunk's shortlists once all are made, demands as they were given."""
    found = _joined([scan.result() for scan in scans])
    return chunk.start, [_given_order(shortlist, chunk.order, chunk.start) for shortlist in found]


def _given_order(one: Shortlist, order: NDArray[np.int64], start: int) -> Shortlist:
    """Rows in scanning order as those of the demands given: row `r` is demand `start + order[r]`."""
    n_of = np.bincount(one.rows, minlength=len(order))
    place = np.argsort(order)
    moved = n_of[place]
    shift = (np.cumsum(n_of) - n_of)[place] - (np.cumsum(moved) - moved)
    taken = _taken(one, np.repeat(shift, moved) + np.arange(len(one.rows)))
    return Shortlist(order[taken.rows] + start, taken.supplies, taken.score, taken.values, taken.points)
