"""Gaps in words, and what is wrong with what was filled in about them."""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _

from vocabulary.classifications import Market
from vocabulary.gaps import GapKind
from web.common.explanations import change_lines, gate_lines
from web.common.fields import Form
from web.common.filters import quantity
from web.common.labels import label
from workflows.errors import NotComplete


def gap_name(gap: Any) -> str:
    """What is missing: the good, the link, or what the loans are for."""
    return label(gap.product, "LoanPurpose") if gap.kind is GapKind.UNSERVED_FINANCING else str(gap.product)


def quantity_words(quantities: dict[str, int]) -> str:
    """Sums of units that do not convert stand beside each other, never added."""
    return _("、").join(quantity(milli, unit) for unit, milli in sorted(quantities.items()))


def lack_words(gates: Iterable[dict[str, Any]], market: Market) -> list[str]:
    """Each condition that is not met, with value and limit."""
    return [line.sentence for line in gate_lines(gates, market)]


def help_words(changes: Iterable[dict[str, Any]], gates: Iterable[dict[str, Any]]) -> list[str]:
    """The smallest changes that open the conditions, with whose hand each is in."""
    closed = list(gates)
    known = {gate["code"] for gate in closed}
    wanted = [change for change in changes if change["gate"] in known]
    return [_("%(change)s（%(reach)s）", change=text, reach=reach) for text, reach in change_lines(wanted, closed)]


def market_of(gap: Any) -> Market:
    return Market.FINANCE if gap.kind is GapKind.UNSERVED_FINANCING else Market.SUPPLY


def show_problems(form: Form, refused: NotComplete) -> None:
    """Put each refusal beside its field, or above the form where it has none."""
    words = {
        "required": _("请填写。"),
        "in_past": _("不能早于今天。"),
        "unknown": _("请从列表中选择。"),
        "not_positive": _("应大于 0；尚未确定请留空。"),
    }
    for name, code in refused.problems.items():
        if name in form._fields:
            form._fields[name].errors = [words[code]]
        else:
            form.form_errors.append(words[code])
