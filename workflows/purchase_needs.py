"""Purchase needs of buyers, and of enterprises that buy."""

from datetime import date
from typing import Any

from sqlmodel import Session

from access.actor import Actor
from access.lists.postings import PostingNoun
from access.permissions import Permission
from models.purchase_need import PurchaseNeed
from vocabulary.money import MAX_FEN
from workflows.postings import Posting, PostingKind


def _write(session: Session, _actor: Actor, posting: Posting, terms: dict[str, Any], _today: date) -> None:
    assert posting.id is not None
    need = session.get(PurchaseNeed, posting.id) or PurchaseNeed(demand_id=posting.id)
    for name, value in terms.items():
        setattr(need, name, value)
    posting.region_code = need.delivery_region_code
    session.add_all((need, posting))


PURCHASE_NEED = PostingKind(
    noun=PostingNoun.PURCHASE_NEED,
    permission=Permission.POST_PURCHASE_NEEDS,
    write_terms=_write,
    required=("category_code", "specification", "quantity_milli", "unit", "window_end"),
    ascending=(("window_start", "window_end", "window_end"),),
    together=(("quantity_milli", "unit"),),
    limits={"quantity_milli": (1, 10**15), "budget_fen": (1, MAX_FEN), "payment_days": (0, 720)},
)
