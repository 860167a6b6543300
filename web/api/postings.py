"""Own postings: loan products, financing needs, purchase needs, product lines. All four have the same routes."""

from datetime import datetime
from typing import Any

from flask import Response
from pydantic import Field

from access.lists import postings as lists
from vocabulary.integrations import ApiScope
from vocabulary.lifecycles import PostingStatus
from web.api.blueprint import blueprint, listed, needs, shown
from web.api.shapes import Day, IdPath, ListQuery, Shown
from web.api.terms import FinancingNeedTerms, LoanProductTerms, Posting, ProductLineTerms, PurchaseNeedTerms
from web.common.database import db
from web.common.identity import current_actor
from workflows.financing_needs import FINANCING_NEED
from workflows.loan_products import LOAN_PRODUCT
from workflows.postings import PostingKind
from workflows.product_lines import PRODUCT_LINE
from workflows.purchase_needs import PURCHASE_NEED


class PostingQuery(ListQuery):
    status: PostingStatus | None = None


class PostingLine(Shown):
    """One line of a list of own postings."""

    id: str
    title: str
    status: PostingStatus
    opened_at: datetime | None
    expires_on: Day | None
    n_recommended: int = Field(description="Counterparts that no rule shuts out.")


class PostingList(Shown):
    items: list[PostingLine]
    total: int
    next: str | None


class _Facts(Shown):
    """What the terms do not say."""

    id: str
    status: PostingStatus
    opened_at: datetime | None
    version: int


class LoanProduct(LoanProductTerms, _Facts): ...


class FinancingNeed(FinancingNeedTerms, _Facts): ...


class PurchaseNeed(PurchaseNeedTerms, _Facts): ...


class ProductLine(ProductLineTerms, _Facts): ...


def _add_routes(path: str, kind: PostingKind, answer: type[_Facts]) -> None:
    noun = kind.noun.value

    @blueprint.get(path, endpoint=f"{noun}_list", operation_id=f"list_{noun}s", responses={"200": PostingList})
    @needs(ApiScope.POSTINGS_READ)
    def list_own(query: PostingQuery) -> Response:
        """Own postings of this kind, newest first."""
        found = lists.own_postings(
            db(), current_actor(), kind.noun, status=query.status, offset=(query.page - 1) * query.size,
            limit=query.size,
        )  # fmt: skip
        rows = [
            PostingLine.model_construct(
                id=row.public_id, title=row.title, status=row.status, opened_at=row.opened_at,
                expires_on=row.expires_on, n_recommended=row.n_recommended,
            )
            for row in found.rows
        ]  # fmt: skip
        return listed(rows, found.total, query)

    @blueprint.get(f"{path}/<id>", endpoint=f"{noun}_one", operation_id=f"get_{noun}", responses={"200": answer})
    @needs(ApiScope.POSTINGS_READ)
    def one(path: IdPath) -> Response:
        """One own posting with its terms; its ETag is asked for when it is changed."""
        return posting_shown(kind, answer, lists.own_posting(db(), current_actor(), kind.noun, path.id))


def posting_shown(kind: PostingKind, answer: type[_Facts], posting: Any, status: int = 200) -> Response:
    """The posting as it stands, with its version as ETag."""
    facts = {"id": posting.public_id, "status": posting.status, "opened_at": posting.opened_at}
    values = lists.posting_values(db(), kind.noun, posting)
    response = shown(answer.model_construct(**values, **facts, version=posting.version), status)
    response.set_etag(f"{posting.version}-{posting.status}")
    return response


_KINDS: tuple[tuple[str, PostingKind, type[Posting], type[_Facts]], ...] = (
    ("/loan-products", LOAN_PRODUCT, LoanProductTerms, LoanProduct),
    ("/financing-needs", FINANCING_NEED, FinancingNeedTerms, FinancingNeed),
    ("/purchase-needs", PURCHASE_NEED, PurchaseNeedTerms, PurchaseNeed),
    ("/product-lines", PRODUCT_LINE, ProductLineTerms, ProductLine),
)
for _path, _kind, _terms, _answer in _KINDS:
    _add_routes(_path, _kind, _answer)
