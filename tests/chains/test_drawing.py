"""The drawing of a chain: boxes do not overlap, curves begin and end at boxes, words fit."""

from itertools import pairwise

import pytest

from access.lists.chain_map import Box
from vocabulary.chains import LinkState
from vocabulary.classifications import LinkPosition
from web.common.chain_drawing import BoxText, draw, fit, width_of, wrap

HEADINGS = {position: position.value for position in LinkPosition}


def box(n, position, parent=None, n_confirmed=2):
    return Box(n, f"l{n}", f"环节{n}", f"Link {n}", position, parent, [], (), n_confirmed=n_confirmed)


def text(name="环节", note=""):
    return BoxText(name, "稳固", "确认 2", "龙头：甲", note, name)


BOXES = [
    box(1, LinkPosition.UPSTREAM), box(2, LinkPosition.UPSTREAM, parent=1), box(3, LinkPosition.MIDSTREAM),
    box(4, LinkPosition.MIDSTREAM, n_confirmed=0), box(5, LinkPosition.DOWNSTREAM),
]  # fmt: skip
TEXTS = {row.id: text("很长的环节名称" * row.id, "采购需求 1 条" if row.id % 2 else "") for row in BOXES}


@pytest.mark.parametrize("columns", [3, 1])
def test_boxes_lie_inside_and_never_on_each_other(columns):
    drawing = draw(BOXES, [], TEXTS, HEADINGS, columns=columns)
    assert [drawn.box.id for drawn in drawing.boxes] == [1, 2, 3, 4, 5]
    for drawn in drawing.boxes:
        assert 0 <= drawn.x < drawn.x + drawn.width <= drawing.width
        assert 0 <= drawn.y < drawn.y + drawn.height <= drawing.height
        assert all(drawn.y < words.y < drawn.y + drawn.height for words in drawn.words)
    stacks = {} if columns == 3 else {None: drawing.boxes}
    for drawn in drawing.boxes if columns == 3 else ():
        stacks.setdefault(drawn.box.position, []).append(drawn)
    for stack in stacks.values():
        assert all(upper.y + upper.height < lower.y for upper, lower in pairwise(stack))


def test_a_link_below_another_is_set_in_and_tied_to_it():
    drawing = draw(BOXES, [], TEXTS, HEADINGS)
    top, below = drawing.boxes[0], drawing.boxes[1]
    assert below.x > top.x
    assert len(drawing.branches) == 1


def test_flows_end_at_their_target_and_are_weak_where_one_end_is_missing():
    drawing = draw(BOXES, [(1, 3), (1, 4), (3, 5), (3, 99)], TEXTS, HEADINGS)
    assert [flow.is_weak for flow in drawing.flows] == [False, True, False]
    target = next(drawn for drawn in drawing.boxes if drawn.box.id == 3)
    assert f" {target.x:g},{target.middle:g} " in drawing.flows[0].head


def test_names_are_wrapped_in_two_lines_and_cut_by_an_ellipsis():
    assert wrap("铜材", 200) == ["铜材"]
    assert wrap("Copper and non-ferrous metals", 120) == ["Copper and", "non-ferrous me…"]
    lines = wrap("铜" * 60, 280)
    assert len(lines) == 2
    assert all(width_of(line) <= 280 for line in lines)
    assert fit("短", 100) == "短"


def test_the_state_of_a_link_follows_its_confirmed_firms():
    assert [box(1, LinkPosition.UPSTREAM, n_confirmed=n).state for n in (0, 1, 2, 9)] == [
        LinkState.MISSING, LinkState.THIN, LinkState.STRONG, LinkState.STRONG,
    ]  # fmt: skip
