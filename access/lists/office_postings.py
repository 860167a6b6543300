"""One posting as the office of its chain reads it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from access.actor import Actor
from access.lists.found import postings_shown
from access.lists.pairings import QueueLine, pairings_of
from access.lists.postings import PostingNoun, n_recommended
from access.lists.recommendation_terms import posted
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require
from models.organization import Organization
from models.posting import Demand, Supply


@dataclass(frozen=True)
class OfficePosting:
    """A published posting with its owner, terms, pairings of the office, and how many are recommended for it."""

    noun: PostingNoun
    posting: Demand | Supply
    owner: Organization
    terms: dict[str, Any]
    n_recommended: int
    pairings: list[QueueLine]


def office_posting(session: Session, actor: Actor, public_id: str, *, on: date) -> OfficePosting:
    """A published posting of the office's chain, or any loan product. Raises NotVisible for every other."""
    require(actor, Permission.DECIDE_PAIRINGS)
    for noun in PostingNoun:
        row: Any = noun.row
        shown = postings_shown(actor, row, noun.market, noun.side)
        statement = select(row).where(row.public_id == public_id, col(row.market) == noun.market, shown)
        posting = session.execute(statement).scalars().first()
        if posting is not None:
            return OfficePosting(
                noun=noun,
                posting=posting,
                owner=session.get_one(Organization, posting.organization_id),
                terms=posted(session, posting, noun.side),
                n_recommended=n_recommended(session, noun, posting),
                pairings=pairings_of(session, actor, posting, noun.side, on=on),
            )
    raise NotVisible
