"""The loops of the compiled path, in machine code. Imported when first needed: numba takes a second to load.

Words are uint64 with supply j in bit j % 64 of word j // 64. All kernels release the interpreter lock, so that Python
threads run them side by side.
"""

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

LANES = 64
_AHEAD = 8
"""Scattered rows are asked for so many before they are read."""
_jit = numba.njit(nogil=True, cache=True)
_jit_fast = numba.njit(nogil=True, cache=True, fastmath={"contract", "reassoc", "nsz"})


@intrinsic
def _lanes_above(_context: Any, out: Any, base: Any, rows: Any, n_rows: Any, offset: Any, mass: Any, limit: Any) -> Any:
    """Bits of the 64 lanes where base + sum of table rows > limit * mass; the sum is left in `out`.

    `out`, `base` and `mass` are addresses of float32[64]; `rows` is the address of `n_rows` addresses, to each of
    which `offset` bytes are added. Whole lanes are handed to the compiler as one vector, which it splits as the
    machine allows; a plain loop that makes bits of comparisons is not vectorised.
    """
    word, real = types.uintp, types.float32
    signature = types.uint64(word, word, word, word, word, word, real)

    def code(_codegen_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        out_at, base_at, rows_at, count, shift, mass_at, threshold = arguments
        vector = ir.VectorType(ir.FloatType(), LANES)
        address = rows_at.type

        def load(at: Any) -> Any:
            value = builder.load(builder.inttoptr(at, vector.as_pointer()))
            value.align = 4
            return value

        total = cgutils.alloca_once_value(builder, load(base_at))
        with cgutils.for_range(builder, count) as loop:
            slot = builder.gep(builder.inttoptr(rows_at, address.as_pointer()), [loop.index])
            row = load(builder.add(builder.load(slot), shift))
            builder.store(builder.fadd(builder.load(total), row), total)
        undefined = ir.Constant(vector, ir.Undefined)
        first = builder.insert_element(undefined, threshold, ir.Constant(ir.IntType(32), 0))
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        limits = builder.fmul(builder.shuffle_vector(first, undefined, everywhere), load(mass_at))
        summed = builder.load(total)
        builder.store(summed, builder.inttoptr(out_at, vector.as_pointer())).align = 4
        return builder.bitcast(builder.fcmp_ordered(">", summed, limits), ir.IntType(LANES))

    return signature, code


@intrinsic
def _lowest_bit(_context: Any, word: Any) -> Any:
    """Number of zeros below the lowest bit of a word that has one."""

    def code(_codegen_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], cgutils.true_bit)

    return types.uint64(types.uint64), code


@intrinsic
def _fetch(_context: Any, address: Any) -> Any:
    """Ask for the cache line at an address ahead of its use."""

    def code(_codegen_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        pointer, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [pointer, number, number, number])
        fetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        to_read, keep, is_data = (ir.Constant(number, value) for value in (0, 3, 1))
        builder.call(fetch, [builder.inttoptr(arguments[0], pointer), to_read, keep, is_data])
        return cgutils.get_null_value(ir.IntType(8))

    return types.uint8(types.uintp), code


@_jit
def pack(answers: Any, columns: Any, closed: Any, unknown: Any) -> Any:
    """Set bit j of row l of `closed` where answers[l, columns[j]] is 1, of `unknown` where it is 2; words at zero."""
    n = columns.shape[0]
    for level in range(answers.shape[0]):
        row = answers[level]
        for w in range((n + 63) >> 6):
            is_closed = is_unknown = np.uint64(0)
            for bit in range(min(64, n - (w << 6))):
                answer = np.uint64(row[columns[(w << 6) + bit]])
                is_closed |= (answer & np.uint64(1)) << np.uint64(bit)
                is_unknown |= (answer >> np.uint64(1)) << np.uint64(bit)
            closed[level, w] = is_closed
            unknown[level, w] = is_unknown


@_jit
def weighted_scores(values: Any, weights: Any, scores: Any) -> Any:
    """Scores of pairs from their values, float64 (n_components, n); the arithmetic of `reference.contributions`."""
    for p in range(values.shape[1]):
        total = mass = 0.0
        for c in range(values.shape[0]):
            value = values[c, p]
            if not np.isnan(value):
                total += weights[c] * value
                mass += weights[c]
        scores[p] = np.rint(total / mass * 1e12) / 1e12 if mass > 0 else 0.0


@_jit
def count_closed(codes: Any, far: Any, closed: Any, unknown: Any, valid: Any, plan: Any, lists: Any) -> Any:
    """Bits of every list for a block of demands.

    codes : int32 (n, n_gates), row of `closed` and `unknown` for each demand and gate
    far : bool (n_gates,), which gates are out of reach once closed
    closed, unknown : uint64 (n_levels, n_words)
    valid : uint64 (n_words,), the lanes that hold a supply
    plan : int64 (n_lists,): -2 not closed, -1 possible, 0 eligible, c > 0 exactly c closed (at most 15) and none out of
        reach, 16 + c > 16 exactly c closed and some out of reach
    lists : uint64 (n_lists, n, n_words), written
    """
    n, n_gates = codes.shape
    for i in range(n):
        for w in range(valid.shape[0]):
            ones = twos = fours = eights = over = unsure = beyond = np.uint64(0)
            for g in range(n_gates):
                level = codes[i, g]
                carry = closed[level, w]
                unsure |= unknown[level, w]
                if far[g]:
                    beyond |= carry
                ones, carry = ones ^ carry, ones & carry
                twos, carry = twos ^ carry, twos & carry
                fours, carry = fours ^ carry, fours & carry
                eights, carry = eights ^ carry, eights & carry
                over |= carry
            any_closed = ones | twos | fours | eights | over
            for a in range(plan.shape[0]):
                wanted = plan[a]
                if wanted == -2:
                    bits = ~any_closed
                elif wanted == -1:
                    bits = ~any_closed & unsure
                elif wanted == 0:
                    bits = ~any_closed & ~unsure
                else:
                    bits = ~over & (beyond if wanted & 16 else ~beyond)
                    bits &= ones if wanted & 1 else ~ones
                    bits &= twos if wanted & 2 else ~twos
                    bits &= fours if wanted & 4 else ~fours
                    bits &= eights if wanted & 8 else ~eights
                lists[a, i, w] = bits & valid[w]


@_jit
def open_words(codes: Any, closed: Any, valid: Any, lists: Any) -> Any:
    """The same for the one list of pairs that no gate closes."""
    n, n_gates = codes.shape
    n_words = valid.shape[0]
    for i in range(n):
        row = lists[0, i]
        for w in range(n_words):
            row[w] = valid[w]
        for g in range(n_gates):
            rule = closed[codes[i, g]]
            for w in range(n_words):
                row[w] &= ~rule[w]


@_jit
def occupied(lists: Any, n_tile_words: Any, flags: Any) -> Any:
    """Which tiles of a block hold any pair: flags bool (n_tiles,), written."""
    for t in range(flags.shape[0]):
        found = np.uint64(0)
        for a in range(lists.shape[0]):
            for i in range(lists.shape[1]):
                for w in range(t * n_tile_words, (t + 1) * n_tile_words):
                    found |= lists[a, i, w]
        flags[t] = found != 0


@_jit
def positions(words: Any, places: Any) -> Any:
    """Places of the set bits of one row, ascending; returns how many."""
    n = 0
    for w in range(words.shape[0]):
        word = words[w]
        while word:
            places[n] = (w << 6) + _lowest_bit(word)
            n += 1
            word &= word - np.uint64(1)
    return n


@_jit
def _keep(scores: Any, places: Any, n_kept: Any, score: Any, place: Any) -> Any:
    """Put a candidate on a heap whose root is its smallest score; returns the number kept."""
    size = scores.shape[0]
    if n_kept < size:
        child = n_kept
        while child > 0:
            parent = (child - 1) >> 1
            if scores[parent] <= score:
                break
            scores[child], places[child] = scores[parent], places[parent]
            child = parent
        scores[child], places[child] = score, place
        return n_kept + 1
    node = 0
    while True:
        child = 2 * node + 1
        if child >= size:
            break
        if child + 1 < size and scores[child + 1] < scores[child]:
            child += 1
        if scores[child] >= score:
            break
        scores[node], places[node] = scores[child], places[child]
        node = child
    scores[node], places[node] = score, place
    return n_kept


@_jit
def scan(
    tile: Any,
    first: Any,
    words: Any,
    codes: Any,
    tables: Any,
    mass_codes: Any,
    mass: Any,
    scores: Any,
    places: Any,
    n_kept: Any,
) -> Any:
    """Bring the pairs of one tile into the shortlists of its demands.

    tile : float32 (n, width), the folded and lexical part of the numerator
    first : column of the tile's first supply
    words : uint64 (n, n_words), the list's pairs
    codes : int32 (n, n_tables), rows of `tables`, float32 (n_rows, n_lanes): the other parts of the numerator
    mass_codes : int32 (n,), rows of `mass`, float32 (n_classes, n_lanes), all above 0
    scores, places, n_kept : float32 (n, size), int32 (n, size), int32 (n,): heaps, changed
    """
    n, width = tile.shape
    size = scores.shape[1]
    if size == 0:
        return
    total = np.empty(LANES, dtype=np.float32)
    total_at, tile_at = total.ctypes.data, tile.ctypes.data
    tables_at, mass_at = tables.ctypes.data, mass.ctypes.data
    n_tables, bytes_a_row = codes.shape[1], tables.shape[1] * 4
    rows_at = np.empty(n_tables, dtype=np.uint64)
    for i in range(n):
        for r in range(n_tables):
            rows_at[r] = tables_at + codes[i, r] * bytes_a_row
        row_mass = mass_at + mass_codes[i] * mass.shape[1] * 4
        for w in range(width >> 6):
            word = words[i, (first >> 6) + w]
            if not word:
                continue
            lane = w << 6
            start = first + lane
            limit = scores[i, 0] if n_kept[i] == size else np.float32(-1.0)
            word &= _lanes_above(
                total_at,
                tile_at + (i * width + lane) * 4,
                rows_at.ctypes.data,
                n_tables,
                start * 4,
                row_mass + start * 4,
                limit,
            )
            while word:
                j = np.int64(_lowest_bit(word))
                word &= word - np.uint64(1)
                score = total[j] / mass[mass_codes[i], start + j]
                if n_kept[i] < size or score > scores[i, 0]:
                    n_kept[i] = _keep(scores[i], places[i], n_kept[i], score, start + j)


@_jit
def count_postings(first_row: Any, n_rows: Any, left_rows: Any, left_terms: Any, starts: Any) -> Any:
    """Postings that the terms of some demands name: (most of one demand, of all)."""
    most = total = 0
    for i in range(first_row, first_row + n_rows):
        of_row = 0
        for z in range(left_rows[i], left_rows[i + 1]):
            of_row += starts[left_terms[z] + 1] - starts[left_terms[z]]
        most = max(most, of_row)
        total += of_row
    return most, total


@_jit
def gather_postings(
    first_row: Any, words: Any, width: Any, left: Any, right: Any, most: Any, offsets: Any, places: Any, values: Any
) -> Any:
    """Lexical parts of the pairs that some list holds, by demand and tile.

    Most postings belong to closed pairs; they are dropped here, without a branch, before anything is added.

    words : uint64 (n_lists, n, n_words); width : lanes of a tile
    left : the demands' weighted rows as (starts, terms, values)
    right : postings as (starts, places, values), the last two the columns of one array: a list is one trip to memory
    offsets : int64 (n, n_tiles + 1), written: where each tile's part begins
    places, values : int32 and float32, written
    """
    left_rows, left_terms, left_values = left
    starts, right_places, right_values = right
    n_lists, n, n_words = words.shape
    n_tiles = offsets.shape[1] - 1
    row_places = np.empty(most + 1, dtype=np.int32)
    row_values = np.empty(most + 1, dtype=np.float32)
    wanted = np.empty(n_words, dtype=np.uint64)
    fill = np.empty(n_tiles, dtype=np.int64)
    n_written = 0
    for i in range(n):
        for w in range(n_words):
            wanted[w] = words[0, i, w]
            for a in range(1, n_lists):
                wanted[w] |= words[a, i, w]
        n_found = np.int64(0)
        for z in range(left_rows[first_row + i], left_rows[first_row + i + 1]):
            term = left_terms[z]
            weight = left_values[z]
            for p in range(starts[term], starts[term + 1]):
                place = right_places[p, 0]
                row_places[n_found] = place
                row_values[n_found] = weight * right_values[p, 1]
                n_found += np.int64((wanted[place >> 6] >> np.uint64(place & 63)) & np.uint64(1))
        fill[:] = 0
        for q in range(n_found):
            fill[row_places[q] // width] += 1
        for t in range(n_tiles):
            offsets[i, t] = n_written
            n_written += fill[t]
            fill[t] = offsets[i, t]
        offsets[i, n_tiles] = n_written
        for q in range(n_found):
            t = row_places[q] // width
            places[fill[t]] = row_places[q] - t * width
            values[fill[t]] = row_values[q]
            fill[t] += 1


@_jit
def add_postings(tile: Any, number: Any, offsets: Any, places: Any, values: Any) -> Any:
    """Add the gathered lexical parts of one tile."""
    for i in range(tile.shape[0]):
        row = tile[i]
        for q in range(offsets[i, number], offsets[i, number + 1]):
            row[places[q]] += values[q]


@_jit
def level_values(rows: Any, columns: Any, codes: Any, table: Any, table_columns: Any, out: Any) -> Any:
    """out[p] += table[codes[rows[p]], table_columns[columns[p]]], float64."""
    for p in range(rows.shape[0]):
        out[p] += table[codes[rows[p]], table_columns[columns[p]]]


@_jit_fast
def factor_values(rows: Any, columns: Any, left: Any, right: Any, has_left: Any, has_right: Any, out: Any) -> Any:
    """out[p] += left[rows[p]] . right[columns[p]] in float64, NaN without data."""
    at, bytes_a_row = right.ctypes.data, right.shape[1] * 4
    for p in range(rows.shape[0]):
        i, j = rows[p], columns[p]
        if p + _AHEAD < rows.shape[0]:
            ahead = at + columns[p + _AHEAD] * bytes_a_row
            for line in range(0, bytes_a_row, 64):
                _fetch(ahead + line)
        if has_left[i] and has_right[j]:
            total = 0.0
            for d in range(left.shape[1]):
                total += np.float64(left[i, d]) * np.float64(right[j, d])
            out[p] += total
        else:
            out[p] = np.nan


@_jit
def posting_values(
    rows: Any, columns: Any, left: Any, right: Any, n_terms: Any, has_left: Any, has_right: Any, out: Any
) -> Any:
    """The same for sparse rows, given as (starts, terms, values) with ascending terms; pairs of a row stand together.

    A row's terms are spread over all terms once, so that each pair reads only the supply's own; zeros between change
    no sum.
    """
    left_rows, left_terms, left_values = left
    right_rows, right_terms, right_values = right
    spread = np.zeros(n_terms, dtype=np.float64)
    current = -1
    for p in range(rows.shape[0]):
        i, j = rows[p], columns[p]
        if not (has_left[i] and has_right[j]):
            out[p] = np.nan
            continue
        if i != current:
            if current >= 0:
                for z in range(left_rows[current], left_rows[current + 1]):
                    spread[left_terms[z]] = 0.0
            for z in range(left_rows[i], left_rows[i + 1]):
                spread[left_terms[z]] = left_values[z]
            current = i
        total = 0.0
        for z in range(right_rows[j], right_rows[j + 1]):
            total += spread[right_terms[z]] * np.float64(right_values[z])
        out[p] += total


@_jit
def posting_row(terms: Any, weights: Any, starts: Any, places: Any, values: Any, row: Any) -> Any:
    """row[j] += weight * value over all postings of one demand's terms, in float64 and in ascending terms."""
    for z in range(terms.shape[0]):
        weight = np.float64(weights[z])
        for p in range(starts[terms[z]], starts[terms[z] + 1]):
            row[places[p]] += weight * np.float64(values[p])
