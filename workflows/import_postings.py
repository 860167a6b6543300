"""Needs and products out of tables: published as by form, known again by their title.

An office drafts financing needs in the name of firms, which alone may publish them.
"""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

from sqlmodel import Session, col, select

from access.actor import Actor
from access.lists.postings import posting_values
from access.rules import NotAllowed
from models.organization import Organization
from vocabulary.imports import RowKind
from vocabulary.lifecycles import PostingStatus
from vocabulary.roles import OrganizationKind
from workflows import import_columns as columns
from workflows.errors import NotComplete
from workflows.financing_needs import FINANCING_NEED
from workflows.import_rows import RowWriter, Values
from workflows.loan_products import LOAN_PRODUCT
from workflows.postings import Posting, PostingKind, change, create_draft, draft_for, open_up
from workflows.purchase_needs import PURCHASE_NEED

_OF_FIRM = ("legal_name", "uscc")
_ENDED = frozenset({PostingStatus.CLOSED, PostingStatus.EXPIRED})


def _take(
    kind: PostingKind, days_open: int, session: Session, actor: Actor, values: Values, today: date
) -> RowKind:  # fmt: skip
    """One row: a new posting, published unless its organization is not verified yet, or other terms of a known one.

    An empty cell leaves what is there. A posting that ended stays so: a row that says the same of it changes nothing,
    one that says otherwise is a new posting.
    """
    given = {name: value for name, value in values.items() if value is not None}
    known = _known(session, kind, actor.organization_id, given["title"])
    live = [posting for posting in known if posting.status not in _ENDED]
    if len(live) > 1:
        raise NotComplete({"title": "several of this title"})
    if live:
        stored = posting_values(session, kind.noun, live[0])
        is_changed = change(session, actor, kind, live[0], stored | given, version=live[0].version, today=today)
        return RowKind.CHANGED if is_changed else RowKind.UNCHANGED
    if any(_says_the_same(posting_values(session, kind.noun, posting), given) for posting in known):
        return RowKind.UNCHANGED
    posting = create_draft(session, actor, kind, _with_defaults(given, today + timedelta(days=days_open)), today=today)
    if actor.is_verified:
        open_up(session, actor, kind, posting, today=today)
    return RowKind.NEW


def _take_filed(session: Session, actor: Actor, values: Values, today: date) -> RowKind:
    """One row: the draft of a need in the name of a firm, which it may publish. What the firm has already stands."""
    firm = _firm(session, values)
    given = {name: value for name, value in values.items() if value is not None and name not in _OF_FIRM}
    if _known(session, FINANCING_NEED, firm.id, given["title"]):
        return RowKind.UNCHANGED
    try:
        draft_for(session, actor, FINANCING_NEED, firm, _with_defaults(given, today + timedelta(days=90)), today=today)
    except NotAllowed:
        raise NotComplete({"legal_name": "not of this chain"}) from None
    return RowKind.NEW


def _firm(session: Session, values: Values) -> Organization:
    """By name, and by code where it is given. Raises NotComplete."""
    firm = session.exec(
        select(Organization).where(
            Organization.kind == OrganizationKind.ENTERPRISE, Organization.legal_name == values["legal_name"]
        )
    ).first()
    if firm is None:
        raise NotComplete({"legal_name": "unknown firm"})
    if values.get("uscc") and firm.uscc and values["uscc"] != firm.uscc:
        raise NotComplete({"uscc": "code of another firm"})
    return firm


def _known(session: Session, kind: PostingKind, organization_id: int | None, title: str) -> list[Posting]:
    row: Any = kind.noun.row
    found = select(row).where(
        row.organization_id == organization_id, row.market == kind.noun.market, row.title == title
    )
    return list(session.exec(found.order_by(col(row.id))).all())


def _says_the_same(stored: Values, given: Values) -> bool:
    return all((stored.get(name) or None) == (value or None) for name, value in given.items())


def _with_defaults(given: Values, expires_on: date) -> dict[str, Any]:
    return {"expires_on": expires_on, **given}


def _writer(
    kind: PostingKind, names: tuple[str, ...], readers: Callable[..., Any], days_open: int
) -> RowWriter:  # fmt: skip
    return RowWriter(
        columns=names,
        required=("title",),
        readers=readers,
        key=("title",),
        take=partial(_take, kind, days_open),
    )


PURCHASE_NEEDS = _writer(PURCHASE_NEED, columns.PURCHASE_NEED, columns.purchase_need, 90)
FILED_NEEDS = RowWriter(
    columns=columns.FILED_NEED,
    required=("legal_name", "title"),
    readers=columns.filed_need,
    key=("title", "legal_name"),
    take=_take_filed,
)
LOAN_PRODUCTS = _writer(LOAN_PRODUCT, columns.LOAN_PRODUCT, columns.loan_product, 365)
