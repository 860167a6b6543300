"""What organizations and postings are found by, kept by itself whenever a flush changes one of their texts."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Index, String, delete, event, inspect, select
from sqlmodel import Field, Session, SQLModel, col

from models.base import code_type
from models.loan_product import LoanProduct
from models.organization import Organization
from models.posting import Demand, Supply
from models.product_line import ProductLine
from models.purchase_need import PurchaseNeed
from vocabulary import industries
from vocabulary.search import LONGEST_TERM, SearchKind, terms

_SEARCHED_TEXT = 500
"""Characters of a posting's free text that it is found by."""
_BATCH = 500
_WAITING = "search_terms_waiting"


class SearchTerm(SQLModel, table=True):
    """One term of one row. The key's order makes a beginning of a term one range of its index.

    Terms compare by code point on both databases (SQLite's default; COLLATE "C" on PostgreSQL), so both find the same.
    """

    __tablename__ = "search_term"
    __table_args__ = (Index("ix_search_term_row", "kind", "row_id"),)

    kind: SearchKind = Field(sa_type=code_type(SearchKind), primary_key=True)
    term: str = Field(
        sa_type=String(LONGEST_TERM).with_variant(String(LONGEST_TERM, collation="C"), "postgresql"),
        primary_key=True,
    )
    row_id: int = Field(primary_key=True)


_ROWS: dict[SearchKind, Any] = {
    SearchKind.ORGANIZATION: select(
        col(Organization.id), col(Organization.legal_name), col(Organization.short_name), col(Organization.uscc)
    ),
    SearchKind.DEMAND: select(
        col(Demand.id), col(Demand.title), col(Demand.text), col(PurchaseNeed.specification),
        col(PurchaseNeed.category_code), col(PurchaseNeed.must_standards).label("standards"),
    ).outerjoin(PurchaseNeed, col(PurchaseNeed.demand_id) == Demand.id),
    SearchKind.SUPPLY: select(
        col(Supply.id), col(Supply.title), col(Supply.text), col(ProductLine.specification),
        col(ProductLine.category_code), col(ProductLine.standards), col(LoanProduct.branch),
    )
    .outerjoin(ProductLine, col(ProductLine.supply_id) == Supply.id)
    .outerjoin(LoanProduct, col(LoanProduct.supply_id) == Supply.id),
}  # fmt: skip
_ID: dict[SearchKind, Any] = {
    SearchKind.ORGANIZATION: Organization.id,
    SearchKind.DEMAND: Demand.id,
    SearchKind.SUPPLY: Supply.id,
}
_OWNERS: dict[type[SQLModel], tuple[SearchKind, str, tuple[str, ...]]] = {
    Organization: (SearchKind.ORGANIZATION, "id", ("legal_name", "short_name", "uscc")),
    Demand: (SearchKind.DEMAND, "id", ("title", "text")),
    Supply: (SearchKind.SUPPLY, "id", ("title", "text")),
    PurchaseNeed: (SearchKind.DEMAND, "demand_id", ("specification", "category_code", "must_standards")),
    ProductLine: (SearchKind.SUPPLY, "supply_id", ("specification", "category_code", "standards")),
    LoanProduct: (SearchKind.SUPPLY, "supply_id", ("branch",)),
}
"""Of each table: whose terms its texts are, by which column, and which texts."""


@event.listens_for(Session, "after_flush")
def _keep_terms(session: Session, _context: Any) -> None:
    changed: dict[SearchKind, set[int]] = {}
    for row in (*session.new, *session.dirty, *session.deleted):
        if type(row) in _OWNERS:
            kind, key, texts = _OWNERS[type(row)]
            if row not in session.dirty or any(inspect(row).attrs[text].history.has_changes() for text in texts):
                changed.setdefault(kind, set()).add(getattr(row, key))
    waiting = session.info.get(_WAITING)
    for kind, ids in changed.items():
        if waiting is None:
            index(session.connection(), kind, ids)
        else:
            waiting.setdefault(kind, set()).update(ids)


@contextmanager
def indexed_once(session: Session) -> Iterator[None]:
    """Within, flushes leave the terms of what they change to the end: many rows of several tables take half as long."""
    waiting: dict[SearchKind, set[int]] = {}
    session.info[_WAITING] = waiting
    try:
        yield
        session.flush()
    finally:
        del session.info[_WAITING]
    for kind, ids in waiting.items():
        wanted = sorted(ids)
        for start in range(0, len(wanted), _BATCH):
            index(session.connection(), kind, wanted[start : start + _BATCH])


def index(connection: Connection, kind: SearchKind, ids: Iterable[int]) -> None:
    """Write the terms of these rows anew; rows that are gone have none."""
    wanted = sorted(ids)
    connection.execute(delete(SearchTerm).where(col(SearchTerm.kind) == kind, col(SearchTerm.row_id).in_(wanted)))
    rows = connection.execute(_ROWS[kind].where(col(_ID[kind]).in_(wanted))).all()
    code = kind.value
    found = sorted((code, term, row.id) for row in rows for term in _terms(kind, row._mapping))
    if found:
        # Past the columns' types, which would take longer than the database: terms are plain and short as made. In
        # the order of the key, so that neighbours go into one page of its index.
        mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
        connection.exec_driver_sql(
            f"INSERT INTO search_term (kind, term, row_id) VALUES ({mark}, {mark}, {mark})",  # noqa: S608 -- marks only
            found,
        )


def _terms(kind: SearchKind, row: Any) -> set[str]:
    if kind is SearchKind.ORGANIZATION:
        return terms(names=(row["legal_name"], row["short_name"]), texts=(row["uscc"] or "",))
    code = row["category_code"] or ""
    texts = (row["text"][:_SEARCHED_TEXT], row["specification"] or "", code, industries.name(code) if code else "")
    return terms(names=(row["title"],), texts=(*texts, row.get("branch") or "", *(row["standards"] or ())))


def index_all(connection: Connection) -> int:
    """Write all terms anew; how many rows have some."""
    n_rows = 0
    for kind, column in _ID.items():
        connection.execute(delete(SearchTerm).where(col(SearchTerm.kind) == kind))
        ids = list(connection.execute(select(col(column)).order_by(col(column))).scalars())
        for start in range(0, len(ids), _BATCH):
            index(connection, kind, ids[start : start + _BATCH])
        n_rows += len(ids)
    return n_rows


def fill_if_empty(engine: Engine) -> None:
    """Write all terms where there are rows to find and no terms yet, as after the migration that made the table."""
    with engine.begin() as connection:
        if connection.execute(select(col(SearchTerm.row_id)).limit(1)).first() is None:
            index_all(connection)
