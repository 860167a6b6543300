"""What an actor finds by words over all that is theirs to see: organizations, postings, recommendations, cases."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, literal, null, select, union_all
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from access import scopes, search
from access.actor import Actor
from access.lists.cases import own_cases
from access.lists.past_refusals import shown_to
from access.lists.recommendations import IS_HIDDEN
from models.organization import Organization
from models.pairing import Pairing
from models.posting import Demand, Supply
from models.purchase_need import PurchaseNeed
from models.recommendation import Recommendation
from vocabulary.classifications import Market, Side
from vocabulary.lifecycles import PostingStatus

MOST_SHOWN = 10


class FoundNoun(StrEnum):
    """What is found; each has its page."""

    ORGANIZATION = "organization"
    FINANCING_NEED = "financing_need"
    LOAN_PRODUCT = "loan_product"
    PURCHASE_NEED = "purchase_need"
    PRODUCT_LINE = "product_line"
    RECOMMENDATION = "recommendation"
    PAIRING = "pairing"
    CASE = "case"


_N = FoundNoun
_POSTED: dict[tuple[Market, Side], FoundNoun] = {
    (Market.FINANCE, Side.DEMAND): _N.FINANCING_NEED,
    (Market.FINANCE, Side.SUPPLY): _N.LOAN_PRODUCT,
    (Market.SUPPLY, Side.DEMAND): _N.PURCHASE_NEED,
    (Market.SUPPLY, Side.SUPPLY): _N.PRODUCT_LINE,
}


@dataclass(frozen=True)
class Hit:
    """One row found. `context` is whose it is; None while a buyer keeps its name back."""

    public_id: str
    title: str
    context: str | None
    status: StrEnum | None


@dataclass(frozen=True)
class Group:
    """Rows of one noun: the first `MOST_SHOWN`, and how many there are."""

    noun: FoundNoun
    hits: Sequence[Hit]
    total: int


def found(session: Session, actor: Actor, q: str, *, on: date) -> list[Group]:
    """What each word of `q` is found in, noun by noun; nouns without a hit are left out."""
    if not q.strip() or actor.organization_id is None:
        return []
    is_office = actor.organization_kind in scopes.OFFICES
    groups: list[Callable[[], Group]] = [
        *([lambda: _organizations(session, actor, q)] if is_office else []),
        *(lambda posted=posted: _postings(session, actor, q, *posted) for posted in _POSTED),
        *([lambda: _pairings(session, actor, q)] if is_office else [lambda: _recommendations(session, actor, q)]),
        *([] if is_office else [lambda: _cases(session, actor, q, on)]),
    ]
    return [group for make in groups if (group := make()).total]


def _group(session: Session, noun: FoundNoun, statement: Any, *order: Any) -> Group:
    """The group of a statement of (public_id, title, context, status)."""
    counted = statement.add_columns(func.count().over())
    rows = session.execute(counted.order_by(*order).limit(MOST_SHOWN)).all()
    return Group(noun, [Hit(*row[:-1]) for row in rows], rows[0][-1] if rows else 0)


def _organizations(session: Session, actor: Actor, q: str) -> Group:
    wanted = (
        scopes.organizations_to_check(actor)
        .where(search.found_by(q, search.organization(Organization.id)))
        .with_only_columns(
            col(Organization.public_id), col(Organization.legal_name), col(Organization.uscc), col(Organization.status)
        )
    )
    begins = col(Organization.name_core).startswith(q.strip(), autoescape=True).desc()
    return _group(session, _N.ORGANIZATION, wanted, begins, col(Organization.legal_name), col(Organization.id))


def _postings(session: Session, actor: Actor, q: str, market: Market, side: Side) -> Group:
    row: Any = Demand if side is Side.DEMAND else Supply
    by_text = search.demand(row.id) if side is Side.DEMAND else search.supply(row.id)
    targets = (by_text, search.organization(row.organization_id))
    statement = (
        select(col(row.public_id), col(row.title), col(Organization.legal_name), col(row.status))
        .join(Organization, col(Organization.id) == row.organization_id)
        .where(col(row.market) == market, postings_shown(actor, row, market, side), search.found_by(q, *targets))
    )
    is_open = (col(row.status) == PostingStatus.OPEN).desc()
    return _group(session, _POSTED[market, side], statement, is_open, col(row.id).desc())


def postings_shown(actor: Actor, row: Any, market: Market, side: Side) -> ColumnElement[bool]:
    """Own ones; for an office those of its chain and every loan product, once they were published."""
    if actor.organization_kind not in scopes.OFFICES:
        return scopes.own(actor, row.organization_id)
    is_loan_product = (market, side) == (Market.FINANCE, Side.SUPPLY)
    published = col(row.status) != PostingStatus.DRAFT
    return published if is_loan_product else and_(published, scopes.in_chain(actor, row.chain_id))


def _recommendations(session: Session, actor: Actor, q: str) -> Group:
    """Current pairs of own open postings, by what the other side posted or, unless it hides, is called."""
    statement = union_all(*(_pairs(actor, q, side) for side in Side)).subquery()
    columns = select(statement.c.public_id, statement.c.title, statement.c.context, null())
    return _group(session, _N.RECOMMENDATION, columns, statement.c.score.desc(), statement.c.public_id)


def _pairs(actor: Actor, q: str, side: Side) -> Any:
    mine, other = (Demand, Supply) if side is Side.DEMAND else (Supply, Demand)
    is_hidden = IS_HIDDEN if side is Side.SUPPLY else false()
    by_text = search.supply(Supply.id) if side is Side.DEMAND else search.demand(Demand.id)
    by_name = search.organization(Organization.id, when=~is_hidden)
    return (
        select(
            col(Recommendation.public_id).label("public_id"),
            col(other.title).label("title"),
            case((is_hidden, null()), else_=col(Organization.legal_name) + " · " + col(mine.title)).label("context"),
            col(Recommendation.score).label("score"),
        )
        .join(Demand, col(Demand.id) == Recommendation.demand_id)
        .join(Supply, col(Supply.id) == Recommendation.supply_id)
        .join(Organization, col(Organization.id) == other.organization_id)
        .outerjoin(PurchaseNeed, col(PurchaseNeed.demand_id) == Recommendation.demand_id)
        .where(
            scopes.own(actor, mine.organization_id),
            col(mine.status) == PostingStatus.OPEN,
            col(Recommendation.superseded_at).is_(None),
            shown_to(side, mine.market),
            search.found_by(q, by_text, by_name),
        )
    )


def _pairings(session: Session, actor: Actor, q: str) -> Group:
    demand_owner, supply_owner = aliased(Organization), aliased(Organization)
    statement = (
        select(
            col(Pairing.public_id),
            col(Demand.title),
            col(demand_owner.legal_name) + literal(" · ") + col(supply_owner.legal_name),
            col(Pairing.status),
        )
        .join(Demand, col(Demand.id) == Pairing.demand_id)
        .join(demand_owner, col(demand_owner.id) == Pairing.demand_organization_id)
        .join(supply_owner, col(supply_owner.id) == Pairing.supply_organization_id)
        .where(scopes.in_chain(actor, Pairing.chain_id), search.found_by(q, *search.pairing()))
    )
    return _group(session, _N.PAIRING, statement, col(Pairing.status_changed_at).desc(), col(Pairing.id).desc())


def _cases(session: Session, actor: Actor, q: str, on: date) -> Group:
    lines, total, _counts = own_cases(session, actor, on=on, q=q, size=MOST_SHOWN)
    return Group(_N.CASE, [Hit(line.public_id, line.title, line.counterpart, line.status) for line in lines], total)
