"""Financing needs of enterprises."""

from datetime import date
from typing import Any

from sqlmodel import Session

from access.actor import Actor
from access.lists.postings import PostingNoun
from access.permissions import Permission
from models.financing_need import FinancingNeed
from vocabulary.money import MAX_FEN
from workflows.postings import Posting, PostingKind


def _write(session: Session, _actor: Actor, posting: Posting, terms: dict[str, Any], _today: date) -> None:
    assert posting.id is not None
    need = session.get(FinancingNeed, posting.id) or FinancingNeed(demand_id=posting.id)
    for name, value in terms.items():
        setattr(need, name, value)
    session.add(need)


FINANCING_NEED = PostingKind(
    noun=PostingNoun.FINANCING_NEED,
    permission=Permission.POST_FINANCING_NEEDS,
    write_terms=_write,
    required=("amount_fen", "term_months", "purpose", "guarantee_methods"),
    limits={"amount_fen": (1, MAX_FEN), "term_months": (1, 360)},
)
