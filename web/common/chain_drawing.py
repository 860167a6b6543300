"""The drawing of a chain: where each box, curve and word goes. Pure; the template only writes it down as SVG.

Two drawings are made of the same boxes: three columns from upstream to downstream, and for a narrow screen one column.
Lengths are in pixels of the drawing's own size; the page scales it.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from access.lists.chain_map import Box
from vocabulary.chains import LinkState
from vocabulary.classifications import LinkPosition

_BOX, _GAP, _INDENT, _TOP = 316, 136, 18, 46
_SPACE, _PAD, _LINE = 16, 12, 19
_NARROW_BOX, _NARROW_MARGIN = 318, 42
_FONT = 14
_MAX_LINES = 2


@dataclass(frozen=True)
class Words:
    """A line of text and where it begins; `kind` names its style."""

    x: float
    y: float
    text: str
    kind: str


@dataclass(frozen=True)
class DrawnBox:
    """One link: its rectangle, its lines, and the place of the sign that says its state by shape."""

    box: Box
    x: float
    y: float
    width: float
    height: float
    words: tuple[Words, ...]
    sign_x: float
    sign_y: float
    label: str

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


@dataclass(frozen=True)
class Flow:
    """A curve from one box to another with its arrow head. `is_weak`: one of its ends is missing."""

    path: str
    head: str
    is_weak: bool


@dataclass
class Drawing:
    width: float
    height: float = 0
    headings: list[Words] = field(default_factory=list)
    boxes: list[DrawnBox] = field(default_factory=list)
    flows: list[Flow] = field(default_factory=list)
    branches: list[str] = field(default_factory=list)
    """Short lines from a box to those below it in the tree."""


@dataclass(frozen=True)
class BoxText:
    """The words of a box, already in the reader's language; `label` is what a screen reader says."""

    name: str
    state: str
    counts: str
    leaders: str
    note: str
    label: str


def draw(
    boxes: Sequence[Box],
    flows: Sequence[tuple[int, int]],
    texts: dict[int, BoxText],
    headings: dict[LinkPosition, str],
    *,
    columns: int = 3,
) -> Drawing:
    """A drawing of a chain in three columns or one. Boxes come in the order in which they are read."""
    return _wide(boxes, flows, texts, headings) if columns == 3 else _narrow(boxes, flows, texts, headings)


def _wide(
    boxes: Sequence[Box],
    flows: Sequence[tuple[int, int]],
    texts: dict[int, BoxText],
    headings: dict[LinkPosition, str],
) -> Drawing:
    """Each column stands in the middle of the height, so that flows fan out instead of running down."""
    drawing = Drawing(3 * _BOX + 2 * _GAP + 34)
    depths = _depths(boxes)
    heights = {
        position: sum(_height(texts[box.id], depths[box.id]) + _SPACE for box in boxes if box.position is position)
        for position in LinkPosition
    }
    tallest = max(heights.values())
    drawing.height = _TOP + tallest
    for column, position in enumerate(LinkPosition):
        left = column * (_BOX + _GAP) + 2
        drawing.headings.append(Words(left, 20, headings[position], "heading"))
        y = _TOP + (tallest - heights[position]) / 2
        for box in boxes:
            if box.position is position:
                drawn = _draw_box(
                    box, texts[box.id], left + depths[box.id] * _INDENT, y, _BOX - depths[box.id] * _INDENT
                )
                drawing.boxes.append(drawn)
                y += drawn.height + _SPACE
    _finish(drawing, flows, _between_columns)
    return drawing


def _narrow(
    boxes: Sequence[Box],
    flows: Sequence[tuple[int, int]],
    texts: dict[int, BoxText],
    headings: dict[LinkPosition, str],
) -> Drawing:
    drawing = Drawing(_NARROW_BOX + _NARROW_MARGIN)
    depths = _depths(boxes)
    y = 4.0
    for position in LinkPosition:
        drawing.headings.append(Words(2, y + 18, headings[position], "heading"))
        y += 34
        for box in boxes:
            if box.position is position:
                indent = depths[box.id] * _INDENT
                drawn = _draw_box(box, texts[box.id], 2 + indent, y, _NARROW_BOX - 2 - indent)
                drawing.boxes.append(drawn)
                y += drawn.height + _SPACE
    drawing.height = y
    _finish(drawing, flows, _along_the_edge)
    return drawing


def _finish(drawing: Drawing, flows: Sequence[tuple[int, int]], curve: object) -> None:
    by_id = {drawn.box.id: drawn for drawn in drawing.boxes}
    for one, other in flows:
        if one in by_id and other in by_id:
            source, target = by_id[one], by_id[other]
            is_weak = LinkState.MISSING in (source.box.state, target.box.state)
            path, head = curve(source, target)  # type: ignore[operator]
            drawing.flows.append(Flow(path, head, is_weak))
    for drawn in drawing.boxes:
        parent = by_id.get(drawn.box.parent_id or 0)
        if parent is not None:
            x = parent.x + _INDENT / 2
            drawing.branches.append(f"M{x:g} {parent.y + parent.height:g} V{drawn.middle:g} H{drawn.x:g}")


def _between_columns(source: DrawnBox, target: DrawnBox) -> tuple[str, str]:
    """From the right edge to the left edge of a later column; within a column around the right side."""
    x1, y1, y2 = source.x + source.width, source.middle, target.middle
    if source.box.position is target.box.position:
        x2 = target.x + target.width
        bow = max(x1, x2) + 30
        return (
            f"M{x1:g} {y1:g} C{bow:g} {y1:g} {bow:g} {y2:g} {x2 + 8:g} {y2:g}",
            f"{x2 + 9:g},{y2 - 5:g} {x2:g},{y2:g} {x2 + 9:g},{y2 + 5:g}",
        )
    x2 = target.x
    middle = (x1 + x2) / 2
    return (
        f"M{x1:g} {y1:g} C{middle:g} {y1:g} {middle:g} {y2:g} {x2 - 8:g} {y2:g}",
        f"{x2 - 9:g},{y2 - 5:g} {x2:g},{y2:g} {x2 - 9:g},{y2 + 5:g}",
    )


def _along_the_edge(source: DrawnBox, target: DrawnBox) -> tuple[str, str]:
    """Around the right edge of the one column, the further the wider."""
    x1, y1 = source.x + source.width, source.y + source.height * 0.62
    x2, y2 = target.x + target.width, target.y + target.height * 0.38
    bow = x1 + min(_NARROW_MARGIN - 4, 12 + abs(y2 - y1) / 40) * 4 / 3
    return (
        f"M{x1:g} {y1:g} C{bow:g} {y1:g} {bow:g} {y2:g} {x2 + 8:g} {y2:g}",
        f"{x2 + 9:g},{y2 - 5:g} {x2:g},{y2:g} {x2 + 9:g},{y2 + 5:g}",
    )


def _height(text: BoxText, depth: int) -> float:
    """Of a box of the wide drawing."""
    n = len(wrap(text.name, _BOX - depth * _INDENT - 2 * _PAD)) + 2 + bool(text.leaders) + bool(text.note)
    return _PAD + 12 + (n - 1) * _LINE + _PAD


def _draw_box(box: Box, text: BoxText, x: float, y: float, width: float) -> DrawnBox:
    inner = width - 2 * _PAD
    lines = [(line, "name") for line in wrap(text.name, inner)]
    lines.append((text.state, "state"))
    lines.append((text.counts, "small"))
    for extra, kind in ((text.leaders, "small"), (text.note, "note")):
        if extra:
            lines.append((fit(extra, inner, _FONT - 1.5), kind))
    words, sign = [], 0.0
    at = y + _PAD + 12
    for line, kind in lines:
        if kind == "state":
            sign = at - 5
        words.append(Words(x + _PAD + (18 if kind == "state" else 0), at, line, kind))
        at += _LINE
    return DrawnBox(box, x, y, width, at - y - _LINE + _PAD, tuple(words), x + _PAD + 6, sign, text.label)


def _depths(boxes: Sequence[Box]) -> dict[int, int]:
    """How far below the top of its tree each box stands; boxes come after their parents."""
    depths: dict[int, int] = {}
    for box in boxes:
        depths[box.id] = min(3, depths.get(box.parent_id or 0, -1) + 1)
    return depths


def width_of(text: str, size: float = _FONT) -> float:
    """About how wide a text is set: a Chinese character is as wide as high, a Latin letter a little over half."""
    return sum(size if unicodedata.east_asian_width(letter) in "WF" else size * 0.56 for letter in text)


def fit(text: str, width: float, size: float = _FONT) -> str:
    """The text, cut with an ellipsis where it would be wider."""
    if width_of(text, size) <= width:
        return text
    kept = ""
    for letter in text:
        if width_of(kept + letter + "…", size) > width:
            break
        kept += letter
    return kept.rstrip() + "…"


def wrap(text: str, width: float) -> list[str]:
    """A name in at most two lines; Latin words stay whole where they can."""
    lines: list[str] = []
    rest = text
    while rest and len(lines) < _MAX_LINES - 1 and width_of(rest) > width:
        end = next(n for n in range(len(rest), 0, -1) if width_of(rest[:n]) <= width or n == 1)
        space = rest.rfind(" ", 0, end + 1)
        if space > 0:
            end = space
        lines.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [*lines, fit(rest, width)]
