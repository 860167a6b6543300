"""Own postings: loan products, financing needs, purchase needs, product lines. All four have the same routes."""

from datetime import datetime
from typing import Annotated, Any

from flask import Response, url_for
from pydantic import Field

from access.lists import postings as lists
from vocabulary.integrations import ApiScope
from vocabulary.lifecycles import PostingStatus
from web.api.blueprint import IfMatch, blueprint, listed, needs, not_matching, shown
from web.api.refusals import unprocessable
from web.api.shapes import Day, IdPath, ListQuery, Sent, Shown, words
from web.api.terms import FinancingNeedTerms, LoanProductTerms, Posting, ProductLineTerms, PurchaseNeedTerms
from web.common.database import db
from web.common.identity import current_actor
from web.common.postings import REASONS
from workflows import postings as workflow
from workflows.calendar import today
from workflows.errors import NotComplete
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


class Closing(Sent):
    """Why a posting is closed."""

    reason: Annotated[str, words(200, least=1)]


def _add_routes(path: str, kind: PostingKind, terms: type[Posting], answer: type[_Facts]) -> None:
    noun = kind.noun.value

    def own(public_id: str) -> Any:
        return lists.own_posting(db(), current_actor(), kind.noun, public_id)

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
        return _posting_shown(kind, answer, own(path.id))

    @blueprint.post(path, endpoint=f"{noun}_create", operation_id=f"create_{noun}", responses={"201": answer})
    @needs(ApiScope.POSTINGS_WRITE)
    def create(body: terms) -> Response:  # type: ignore[valid-type]
        """A draft. It is recommended to nobody until it is published."""
        try:
            draft = workflow.create_draft(db(), current_actor(), kind, _values(body), today=today())
        except NotComplete as error:
            return _refused(error)
        response = _posting_shown(kind, answer, draft, 201)
        response.headers["Location"] = url_for(f"api.{noun}_one", id=draft.public_id)
        return response

    @blueprint.put(f"{path}/<id>", endpoint=f"{noun}_edit", operation_id=f"edit_{noun}", responses={"200": answer})
    @needs(ApiScope.POSTINGS_WRITE)
    def edit(path: IdPath, header: IfMatch, body: terms) -> Response:  # type: ignore[valid-type]
        """Replace all terms. `If-Match` is the ETag that was read: of two who change at once, one is told (412)."""
        posting = own(path.id)
        if (stale := not_matching(header, _etag_of(posting))) is not None:
            return stale
        try:
            workflow.edit(db(), current_actor(), kind, posting, _values(body), version=posting.version, today=today())
        except NotComplete as error:
            return _refused(error)
        return _posting_shown(kind, answer, posting)

    @blueprint.post(
        f"{path}/<id>/publish", endpoint=f"{noun}_publish", operation_id=f"publish_{noun}", responses={"200": answer}
    )
    @needs(ApiScope.POSTINGS_WRITE)
    def publish(path: IdPath) -> Response:
        """Open a draft, a paused or an expired posting to recommendations."""
        posting = own(path.id)
        try:
            workflow.publish(db(), current_actor(), kind, posting, today=today())
        except NotComplete as error:
            return _refused(error)
        return _posting_shown(kind, answer, posting)

    @blueprint.post(
        f"{path}/<id>/pause", endpoint=f"{noun}_pause", operation_id=f"pause_{noun}", responses={"200": answer}
    )
    @needs(ApiScope.POSTINGS_WRITE)
    def pause(path: IdPath) -> Response:
        """Take an open posting out of recommendations for a while."""
        posting = own(path.id)
        workflow.pause(db(), current_actor(), kind, posting, today=today())
        return _posting_shown(kind, answer, posting)

    @blueprint.post(
        f"{path}/<id>/close", endpoint=f"{noun}_close", operation_id=f"close_{noun}", responses={"200": answer}
    )
    @needs(ApiScope.POSTINGS_WRITE)
    def close(path: IdPath, body: Closing) -> Response:
        """End a posting for good."""
        posting = own(path.id)
        workflow.close(db(), current_actor(), kind, posting, reason=body.reason, today=today())
        return _posting_shown(kind, answer, posting)


def _values(body: Any) -> dict[str, Any]:
    found: dict[str, Any] = body.model_dump()
    return found


def _refused(error: NotComplete) -> Response:
    return unprocessable(error.problems, REASONS)


def _etag_of(posting: Any) -> str:
    return f"{posting.version}-{posting.status}"


def _posting_shown(kind: PostingKind, answer: type[_Facts], posting: Any, status: int = 200) -> Response:
    """The posting as it stands, with its version as ETag."""
    facts = {"id": posting.public_id, "status": posting.status, "opened_at": posting.opened_at}
    values = lists.posting_values(db(), kind.noun, posting)
    response = shown(answer.model_construct(**values, **facts, version=posting.version), status)
    response.set_etag(_etag_of(posting))
    return response


_KINDS: tuple[tuple[str, PostingKind, type[Posting], type[_Facts]], ...] = (
    ("/loan-products", LOAN_PRODUCT, LoanProductTerms, LoanProduct),
    ("/financing-needs", FINANCING_NEED, FinancingNeedTerms, FinancingNeed),
    ("/purchase-needs", PURCHASE_NEED, PurchaseNeedTerms, PurchaseNeed),
    ("/product-lines", PRODUCT_LINE, ProductLineTerms, ProductLine),
)
for _path, _kind, _terms, _answer in _KINDS:
    _add_routes(_path, _kind, _terms, _answer)
