"""Other terms that were put before a bank, as the bank reads them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.rules import require
from access.scopes import own
from models.loan_product import LoanProduct
from models.organization import User
from models.policy import PolicyScenario, ProductSuggestion
from models.posting import Supply
from vocabulary.lifecycles import PostingStatus
from vocabulary.policy import SuggestionStatus


@dataclass(frozen=True)
class SuggestionLine:
    """One suggestion with the product and why the office wishes it; counts are of the bank's own product."""

    suggestion: ProductSuggestion
    title: str
    reason: str
    product: str
    product_id: str
    product_status: PostingStatus
    current_version: int
    answered_by: str | None

    @property
    def is_overtaken(self) -> bool:
        """Whether the bank changed the terms since, or closed the product: it can only be declined."""
        is_waiting = self.suggestion.status is SuggestionStatus.PROPOSED
        is_present = self.current_version == self.suggestion.base_version
        return is_waiting and not (is_present and self.product_status is PostingStatus.OPEN)


def of_bank(session: Session, actor: Actor, *, page: int, size: int) -> tuple[list[SuggestionLine], int]:
    """One page of the own bank's suggestions, those not answered first; and how many there are."""
    require(actor, Permission.POST_LOAN_PRODUCTS)
    rows = session.execute(_statement(actor)).all()
    lines = sorted(
        (SuggestionLine(*row) for row in rows),
        key=lambda line: (line.suggestion.status is not SuggestionStatus.PROPOSED, -(line.suggestion.id or 0)),
    )
    return lines[(page - 1) * size : page * size], len(lines)


def suggestion(session: Session, actor: Actor, public_id: str) -> ProductSuggestion:
    """One suggestion to the own bank, or NotVisible."""
    require(actor, Permission.POST_LOAN_PRODUCTS)
    row = session.execute(_statement(actor).where(col(ProductSuggestion.public_id) == public_id)).first()
    if row is None:
        raise NotVisible
    return SuggestionLine(*row).suggestion


def _statement(actor: Actor) -> Any:
    return (
        select(
            ProductSuggestion,
            col(PolicyScenario.title),
            col(PolicyScenario.reason),
            col(Supply.title),
            col(Supply.public_id),
            col(Supply.status),
            col(LoanProduct.current_version),
            col(User.full_name),
        )
        .join(PolicyScenario, col(PolicyScenario.id) == col(ProductSuggestion.scenario_id))
        .join(Supply, col(Supply.id) == col(ProductSuggestion.supply_id))
        .join(LoanProduct, col(LoanProduct.supply_id) == col(Supply.id))
        .outerjoin(User, col(User.id) == col(ProductSuggestion.answered_by_id))
        .where(own(actor, ProductSuggestion.organization_id))
    )
