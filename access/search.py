"""The one condition by which lists and the search page find rows by words."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlmodel import col

from models.pairing import Pairing
from models.search_term import SearchTerm
from vocabulary.search import SearchKind, words

_BEHIND_ALL = "\U0010ffff"
"""No term has a character behind this one, so it ends the range of terms that begin with a word."""


@dataclass(frozen=True)
class Target:
    """Rows of `kind` by their id column; `when` keeps rows apart that must not be found by this target."""

    kind: SearchKind
    id_column: Any
    when: ColumnElement[bool] | None = None


def organization(id_column: Any, *, when: ColumnElement[bool] | None = None) -> Target:
    return Target(SearchKind.ORGANIZATION, id_column, when)


def demand(id_column: Any) -> Target:
    return Target(SearchKind.DEMAND, id_column)


def supply(id_column: Any) -> Target:
    return Target(SearchKind.SUPPLY, id_column)


def pairing(*, demand_named: ColumnElement[bool] | None = None) -> tuple[Target, ...]:
    """Both sides of a pairing by what they posted and are called; `demand_named` where the asking side's name shows."""
    return (
        demand(Pairing.demand_id),
        supply(Pairing.supply_id),
        organization(Pairing.demand_organization_id, when=demand_named),
        organization(Pairing.supply_organization_id),
    )


def found_by(q: str, *targets: Target) -> ColumnElement[bool]:
    """Rows of which each word of `q` is found at one of the targets; a query without a word finds nothing."""
    wanted = words(q)
    if not wanted:
        return false()
    return and_(*(or_(*(_has(target, word) for target in targets)) for word in wanted))


def _has(target: Target, word: str) -> ColumnElement[bool]:
    ids = select(col(SearchTerm.row_id)).where(
        col(SearchTerm.kind) == target.kind, col(SearchTerm.term) >= word, col(SearchTerm.term) < word + _BEHIND_ALL
    )
    return and_(col(target.id_column).in_(ids), true() if target.when is None else target.when)
