"""An organization's own postings: the list of each noun, one posting's terms, history and earlier terms."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, SQLModel, col

from access import lookups, scopes
from access.actor import Actor
from models.audit_event import AuditEvent
from models.financing_need import FinancingNeed
from models.loan_product import LoanProduct, LoanProductVersion
from models.organization import User
from models.posting import Demand, Supply
from models.product_line import ProductLine
from models.purchase_need import PurchaseNeed
from models.recommendation import Recommendation
from vocabulary.classifications import Market, Side
from vocabulary.lifecycles import PostingStatus
from vocabulary.reasons import PairState


class PostingNoun(StrEnum):
    """The four things that are posted: a demand and a supply on each market."""

    FINANCING_NEED = "financing_need"
    LOAN_PRODUCT = "loan_product"
    PURCHASE_NEED = "purchase_need"
    PRODUCT_LINE = "product_line"

    @property
    def market(self) -> Market:
        return Market.FINANCE if self in (self.FINANCING_NEED, self.LOAN_PRODUCT) else Market.SUPPLY

    @property
    def side(self) -> Side:
        return Side.DEMAND if self in (self.FINANCING_NEED, self.PURCHASE_NEED) else Side.SUPPLY

    @property
    def row(self) -> type[Demand] | type[Supply]:
        return Demand if self.side is Side.DEMAND else Supply


_TERMS: dict[PostingNoun, type[SQLModel]] = {
    PostingNoun.FINANCING_NEED: FinancingNeed,
    PostingNoun.PURCHASE_NEED: PurchaseNeed,
    PostingNoun.PRODUCT_LINE: ProductLine,
}
_KEYS = frozenset({"id", "demand_id", "supply_id", "created_at", "created_by_id", "version", "valid_from"})
"""Columns of the tables of terms that are not terms."""


@dataclass(frozen=True)
class OwnPosting:
    """One line of the list of own postings."""

    public_id: str
    title: str
    status: PostingStatus
    opened_at: datetime | None
    expires_on: date | None
    n_recommended: int


@dataclass(frozen=True)
class OwnPostings:
    """One page of own postings, and how many there are of each status."""

    rows: list[OwnPosting]
    counts: dict[PostingStatus, int]
    total: int


@dataclass(frozen=True)
class HistoryEntry:
    """One act on a posting; `status` is the new status where the act changed it."""

    action: str
    status: PostingStatus | None
    fields: list[str]
    actor_name: str
    occurred_at: datetime
    reason: str


@dataclass(frozen=True)
class TermsVersion:
    """Terms of a loan product as they stood from a day on."""

    version: int
    valid_from: date
    created_by: str
    values: dict[str, Any]


def own_posting(session: Session, actor: Actor, noun: PostingNoun, public_id: str) -> Any:
    """The actor's own posting of this noun, or NotVisible."""
    scope = scopes.own_demands(actor) if noun.side is Side.DEMAND else scopes.own_supplies(actor)
    row = noun.row
    return lookups.one(session, scope.where(row.public_id == public_id, row.market == noun.market))


def own_postings(
    session: Session,
    actor: Actor,
    noun: PostingNoun,
    *,
    status: PostingStatus | None = None,
    offset: int = 0,
    limit: int = 50,
) -> OwnPostings:
    """The actor's own postings of a noun, newest first."""
    row = noun.row
    mine = (scopes.own(actor, row.organization_id), col(row.market) == noun.market)
    counts = dict(session.execute(select(col(row.status), func.count()).where(*mine).group_by(col(row.status))).all())
    statement: Any = select(
        col(row.public_id),
        col(row.title),
        col(row.status),
        col(row.opened_at),
        col(row.expires_on),
        _n_recommended(noun),
    ).where(*mine)
    if status is not None:
        statement = statement.where(col(row.status) == status)
    found = session.execute(statement.order_by(col(row.id).desc()).offset(offset).limit(limit))
    total = sum(counts.values()) if status is None else counts.get(status, 0)
    return OwnPostings([OwnPosting(*line) for line in found], counts, total)


def n_recommended(session: Session, noun: PostingNoun, posting: Demand | Supply) -> int:
    """How many counterparts are recommended at present: those no gate shuts out."""
    statement = select(_n_recommended(noun)).where(col(noun.row.id) == posting.id)
    return int(session.execute(statement).scalar_one())


def _n_recommended(noun: PostingNoun) -> Any:
    pair = col(Recommendation.demand_id) if noun.side is Side.DEMAND else col(Recommendation.supply_id)
    return (
        select(func.count())
        .select_from(Recommendation)
        .where(
            pair == col(noun.row.id),
            col(Recommendation.superseded_at).is_(None),
            col(Recommendation.state) != PairState.CLOSED,
        )
        .correlate(noun.row)
        .scalar_subquery()
    )


def posting_values(session: Session, noun: PostingNoun, posting: Demand | Supply) -> dict[str, Any]:
    """Title, text, expiry and present terms, by the names the form and the rows share."""
    values: dict[str, Any] = {"title": posting.title, "text": posting.text, "expires_on": posting.expires_on}
    if noun is not PostingNoun.LOAN_PRODUCT:
        return values | _plain(session.get(_TERMS[noun], posting.id))
    product = session.get_one(LoanProduct, posting.id)
    terms = session.execute(
        select(LoanProductVersion).where(
            col(LoanProductVersion.supply_id) == posting.id,
            col(LoanProductVersion.version) == product.current_version,
        )
    ).scalar_one()
    return values | {"branch": product.branch} | _plain(terms)


def _plain(terms: SQLModel | None) -> dict[str, Any]:
    return {} if terms is None else {name: value for name, value in terms.model_dump().items() if name not in _KEYS}


def posting_history(session: Session, posting: Demand | Supply) -> list[HistoryEntry]:
    """What was done to a posting, newest first."""
    events = session.execute(
        select(AuditEvent)
        .where(col(AuditEvent.subject_kind) == posting.__tablename__, col(AuditEvent.subject_id) == posting.id)
        .order_by(col(AuditEvent.id).desc())
    ).scalars()
    return [
        HistoryEntry(
            action=event.action,
            status=PostingStatus(event.new["status"]) if event.new and "status" in event.new else None,
            fields=list(event.new.get("fields", ())) if event.new else [],
            actor_name=event.actor_name,
            occurred_at=event.occurred_at,
            reason=event.reason,
        )
        for event in events
    ]


def terms_versions(session: Session, product: Supply) -> list[TermsVersion]:
    """All terms a loan product ever had, newest first."""
    found = session.execute(
        select(LoanProductVersion, col(User.full_name))
        .outerjoin(User, col(User.id) == LoanProductVersion.created_by_id)
        .where(col(LoanProductVersion.supply_id) == product.id)
        .order_by(col(LoanProductVersion.version).desc())
    )
    return [TermsVersion(terms.version, terms.valid_from, name or "", _plain(terms)) for terms, name in found]
