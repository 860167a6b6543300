"""Other terms that the joint office puts before a bank: the bank accepts them, by its own edit, or declines."""

from typing import Any

from sqlmodel import Session, select

from access.actor import Actor
from access.lists.postings import PostingNoun, posting_values
from access.permissions import Permission
from access.rules import is_own, require, require_rule
from models.base import now
from models.loan_product import LoanProduct
from models.organization import Organization
from models.policy import PolicyScenario, ProductSuggestion
from models.posting import Supply
from models.recommendation import RecommendationRun
from vocabulary.lifecycles import PRODUCT_SUGGESTION, PostingStatus
from vocabulary.policy import SuggestionStatus
from vocabulary.roles import OrganizationKind
from workflows import postings
from workflows.calendar import today
from workflows.errors import NotComplete
from workflows.loan_products import LOAN_PRODUCT
from workflows.notifications import queue_to_members
from workflows.transitions import advance, require_step

_S = SuggestionStatus


def accept(session: Session, actor: Actor, suggestion: ProductSuggestion) -> RecommendationRun | None:
    """Change the product's terms to those suggested, as a new version by the bank; the office is told.

    Raises NotComplete where the bank has changed the terms since or the product is no longer open, StepNotAllowed if a
    colleague answered first.
    """
    _require_own(actor, suggestion)
    require_step(session, PRODUCT_SUGGESTION, suggestion, _S.ACCEPTED)
    product = session.get_one(LoanProduct, suggestion.supply_id)
    posting = session.get_one(Supply, suggestion.supply_id)
    if posting.status is not PostingStatus.OPEN:
        raise NotComplete({"suggestion": "not_open"})
    if product.current_version != suggestion.base_version:
        raise NotComplete({"suggestion": "terms_changed"})
    _answer(session, actor, suggestion, _S.ACCEPTED, "")
    wanted: dict[str, Any] = {name: after for name, (_, after) in suggestion.terms.items()}
    values = posting_values(session, PostingNoun.LOAN_PRODUCT, posting) | wanted
    return postings.edit(session, actor, LOAN_PRODUCT, posting, values, version=posting.version, today=today())


def decline(session: Session, actor: Actor, suggestion: ProductSuggestion, *, reason: str) -> None:
    """Leave the product as it is, with the reason; the office is told."""
    _require_own(actor, suggestion)
    if not reason.strip():
        raise NotComplete({"reason": "required"})
    _answer(session, actor, suggestion, _S.DECLINED, reason.strip())


def _answer(
    session: Session, actor: Actor, suggestion: ProductSuggestion, target: SuggestionStatus, reason: str
) -> None:
    advance(
        session, actor, PRODUCT_SUGGESTION, suggestion, target,
        reason=reason, visible_to_organization_id=suggestion.organization_id,
        answered_by_id=actor.user_id, answered_at=now(), answer=reason,
    )  # fmt: skip
    scenario = session.get_one(PolicyScenario, suggestion.scenario_id)
    offices = session.exec(select(Organization.id).where(Organization.kind == OrganizationKind.JOINT_OFFICE)).all()
    queue_to_members(
        session, [row for row in offices if row is not None], template="suggestion_answered",
        values={"title": scenario.title, "bank": actor.organization_name, "scenario": scenario.public_id},
    )  # fmt: skip


def _require_own(actor: Actor, suggestion: ProductSuggestion) -> None:
    require(actor, Permission.POST_LOAN_PRODUCTS)
    require_rule(actor, is_own, suggestion, "answer_suggestion")
