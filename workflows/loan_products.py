"""Loan products of banks. Once published, each change of terms is a new version; old cases keep the old one."""

from datetime import date
from typing import Any

from sqlmodel import Session, select

from access.actor import Actor
from access.lists.postings import PostingNoun
from access.permissions import Permission
from models.loan_product import LoanProduct, LoanProductVersion
from vocabulary.money import MAX_FEN
from workflows.capacity import branch_of
from workflows.postings import Posting, PostingKind

OF_PRODUCT = ("branch",)
"""Values of the product itself: a change of them leaves its terms alone."""


def _write(session: Session, actor: Actor, posting: Posting, values: dict[str, Any], today: date) -> None:
    assert posting.id is not None
    product = session.get(LoanProduct, posting.id) or LoanProduct(supply_id=posting.id)
    product.branch = values.get("branch") or ""
    branch_of(session, posting.organization_id, product.branch)
    terms = {name: value for name, value in values.items() if name not in OF_PRODUCT}
    present = _present_terms(session, product)
    if present is None:
        session.add(_version(product, actor, terms, today))
    elif any(getattr(present, name) != value for name, value in terms.items()):
        if posting.opened_at is None:
            for name, value in terms.items():
                setattr(present, name, value)
            session.add(present)
        else:
            product.current_version += 1
            session.add(_version(product, actor, terms, today))
    session.add(product)


def _present_terms(session: Session, product: LoanProduct) -> LoanProductVersion | None:
    return session.exec(
        select(LoanProductVersion).where(
            LoanProductVersion.supply_id == product.supply_id, LoanProductVersion.version == product.current_version
        )
    ).first()


def _version(product: LoanProduct, actor: Actor, terms: dict[str, Any], today: date) -> LoanProductVersion:
    return LoanProductVersion(
        supply_id=product.supply_id,
        version=product.current_version,
        valid_from=today,
        created_by_id=actor.user_id,
        **terms,
    )


LOAN_PRODUCT = PostingKind(
    noun=PostingNoun.LOAN_PRODUCT,
    permission=Permission.POST_LOAN_PRODUCTS,
    write_terms=_write,
    required=(
        "min_amount_fen", "max_amount_fen", "min_term_months", "max_term_months", "rate_from_bps", "rate_to_bps",
        "purposes", "guarantee_methods", "regions",
    ),
    ascending=(
        ("min_amount_fen", "max_amount_fen", "max_amount_fen"),
        ("min_term_months", "max_term_months", "max_term_months"),
        ("rate_from_bps", "rate_to_bps", "rate_to_bps"),
    ),
    edits_a_day=3,
    limits={
        "min_amount_fen": (1, MAX_FEN),
        "max_amount_fen": (1, MAX_FEN),
        "min_term_months": (1, 360),
        "max_term_months": (1, 360),
    },
)  # fmt: skip
