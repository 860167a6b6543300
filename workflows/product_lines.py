"""Product lines of enterprises."""

from datetime import date
from typing import Any

from sqlmodel import Session

from access.actor import Actor
from access.lists.postings import PostingNoun
from access.permissions import Permission
from models.product_line import ProductLine
from vocabulary.money import MAX_FEN
from workflows.postings import Posting, PostingKind


def _write(session: Session, _actor: Actor, posting: Posting, terms: dict[str, Any], _today: date) -> None:
    assert posting.id is not None
    line = session.get(ProductLine, posting.id) or ProductLine(supply_id=posting.id)
    for name, value in terms.items():
        setattr(line, name, value)
    session.add(line)


PRODUCT_LINE = PostingKind(
    noun=PostingNoun.PRODUCT_LINE,
    permission=Permission.POST_PRODUCT_LINES,
    write_terms=_write,
    required=("category_code", "specification", "unit", "yearly_capacity_milli", "spare_capacity_milli"),
    ascending=(("spare_capacity_milli", "yearly_capacity_milli", "spare_capacity_milli"),),
    limits={"lead_time_days": (0, 1080), "unit_price_fen": (1, MAX_FEN)},
)
