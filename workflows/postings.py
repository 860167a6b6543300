"""What all four postings have in common: drafting, publishing, pausing, reopening, closing and editing.

A `PostingKind` says what is particular to one noun. Steps that change what the engine reads end with a run for this
posting; the run is returned, since a failed one must be told to the person.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlmodel import Session, col, func, select

from access.actor import Actor
from access.lists.postings import PostingNoun, posting_values
from access.permissions import Permission
from access.rules import is_city_level, is_of_own_chain, is_own, require, require_rule
from models.audit_event import AuditEvent
from models.base import now
from models.organization import Organization
from models.posting import Demand, Supply
from models.recommendation import RecommendationRun
from vocabulary.classifications import GroupEnd, Side
from vocabulary.lifecycles import POSTING, PostingStatus
from workflows.audit import record
from workflows.calendar import SHANGHAI
from workflows.errors import NotComplete
from workflows.notifications import queue_to_members
from workflows.supplier_shares import end_for_need
from workflows.transitions import advance, require_step
from workflows.versions import take_version

Posting = Demand | Supply
Values = Mapping[str, Any]
COMMON = ("title", "text", "expires_on")
"""Columns of the posting itself that its form asks for; all others are terms."""
_GROUP_TERMS = frozenset({"quantity_milli", "unit", "accept_partial", "window_end", "delivery_region_code"})
"""Terms of a purchase need that a supplier group was asked on."""


@dataclass(frozen=True)
class PostingKind:
    """One noun that can be posted: who may, where its terms go, and which values are in order."""

    noun: PostingNoun
    permission: Permission
    write_terms: Callable[[Session, Actor, Posting, dict[str, Any], date], None]
    required: tuple[str, ...]
    """Fields without which it cannot be published."""
    ascending: tuple[tuple[str, str, str], ...] = ()
    """(lower field, upper field, field that shows the complaint) where the lower must not exceed the upper."""
    together: tuple[tuple[str, str], ...] = ()
    """Fields of which neither says anything without the other."""
    limits: Mapping[str, tuple[int, int]] | None = None
    """Least and greatest value of a field, both allowed."""
    edits_a_day: int | None = None
    """How often the terms of an open one may change on a day of the city: who could change them at will, could sound
    out what the engine reads of the other side."""


def problems(kind: PostingKind, values: Values, *, today: date, is_published: bool) -> dict[str, str]:
    """Reason codes by field: what is out of order and, for a published posting, what is missing."""
    wanted = ("title", *kind.required, "expires_on") if is_published else ("title",)
    found = {name: "missing" for name in wanted if values.get(name) in (None, "", [])}
    for name, other in (*kind.together, *((b, a) for a, b in kind.together)):
        if values.get(name) is not None and values.get(other) is None:
            found.setdefault(other, "missing")
    for low, high, shown in kind.ascending:
        if values.get(low) is not None and values.get(high) is not None and values[low] > values[high]:
            found.setdefault(shown, f"{low}_above_{high}")
    for name, (least, greatest) in (kind.limits or {}).items():
        if values.get(name) is not None and not least <= values[name] <= greatest:
            found.setdefault(name, "too_small" if values[name] < least else "too_large")
    expires_on = values.get("expires_on")
    if expires_on is not None and expires_on < today:
        found.setdefault("expires_on", "in_past")
    return found


def create_draft(session: Session, actor: Actor, kind: PostingKind, values: Values, *, today: date) -> Posting:
    """Save a draft; only the title is needed. Writes the posting, its terms and an audit event.

    Raises NotComplete for values that are out of order.
    """
    require(actor, kind.permission)
    assert actor.organization_id is not None
    return _draft(session, actor, kind, session.get_one(Organization, actor.organization_id), values, today)


def draft_for(
    session: Session, actor: Actor, kind: PostingKind, firm: Organization, values: Values, *, today: date
) -> Posting:
    """As `create_draft`, by the office of the firm's chain; the firm is told, and alone may publish it."""
    require(actor, Permission.VERIFY_PROFILES)
    require_rule(actor, is_of_own_chain | is_city_level, firm, "draft_for_firm")
    posting = _draft(session, actor, kind, firm, values, today)
    queue_to_members(
        session, (firm.id or 0,), template="need_drafted",
        values={"office": actor.organization_name, "title": posting.title},
    )  # fmt: skip
    return posting


def _draft(
    session: Session, actor: Actor, kind: PostingKind, organization: Organization, values: Values, today: date
) -> Posting:
    _require_order(kind, values, today=today, is_published=False)
    posting = kind.noun.row(
        market=kind.noun.market,
        organization_id=organization.id or 0,
        chain_id=organization.chain_id,
        title=values["title"],
        text=values.get("text") or "",
        expires_on=values.get("expires_on"),
    )
    session.add(posting)
    session.flush()
    kind.write_terms(session, actor, posting, _terms(values), today)
    _record(session, actor, posting, "posting_created")
    session.flush()
    return posting


def edit(
    session: Session, actor: Actor, kind: PostingKind, posting: Posting, values: Values, *, version: int, today: date
) -> RecommendationRun | None:
    """As `change`; an open one is recommended anew."""
    is_changed = change(session, actor, kind, posting, values, version=version, today=today)
    return _refresh(session, kind, posting, today) if is_changed and posting.status is PostingStatus.OPEN else None


def change(
    session: Session, actor: Actor, kind: PostingKind, posting: Posting, values: Values, *, version: int, today: date
) -> bool:
    """Replace title, text, expiry and terms of a posting that is not closed; False if they are the same.

    Writes the posting, its terms and an audit event that names the changed fields. Raises ChangedMeanwhile unless
    `version` is the present one, NotComplete for values out of order, or missing ones of a published posting, and where
    the terms of an open one changed as often as they may on one day.
    """
    _require_own(actor, kind, posting)
    if posting.status is PostingStatus.CLOSED:
        require_step(session, POSTING, posting, PostingStatus.OPEN)
    before = posting_values(session, kind.noun, posting)
    _require_order(kind, values, today=today, is_published=posting.status is not PostingStatus.DRAFT)
    changed = sorted(name for name, value in values.items() if (value or None) != (before.get(name) or None))
    if not changed:
        return False
    _require_seldom(session, kind, posting, changed, today)
    take_version(session, posting, lambda: posting_values(session, kind.noun, posting), version)
    posting.title, posting.text = values["title"], values.get("text") or ""
    posting.expires_on = values.get("expires_on")
    session.add(posting)
    kind.write_terms(session, actor, posting, _terms(values), today)
    _record(session, actor, posting, "posting_edited", new={"fields": changed})
    session.flush()
    if _GROUP_TERMS & set(changed):
        _end_group(session, actor, kind, posting, GroupEnd.NEED_CHANGED)
    return True


def publish(session: Session, actor: Actor, kind: PostingKind, posting: Posting, *, today: date) -> RecommendationRun:
    """As `open_up`, and recommend it."""
    open_up(session, actor, kind, posting, today=today)
    return _refresh(session, kind, posting, today)


def open_up(session: Session, actor: Actor, kind: PostingKind, posting: Posting, *, today: date) -> None:
    """Open a draft, a paused or an expired posting to recommendations.

    Sets `opened_at` the first time. Raises NotComplete where values are missing, the expiry is past or the
    organization is not verified; StepNotAllowed for a closed posting.
    """
    _require_own(actor, kind, posting)
    require_step(session, POSTING, posting, PostingStatus.OPEN)
    require_publishable(actor, kind, posting_values(session, kind.noun, posting), today=today)
    opened_at = posting.opened_at or now()
    advance(session, actor, POSTING, posting, PostingStatus.OPEN, chain_id=posting.chain_id, opened_at=opened_at)


def pause(session: Session, actor: Actor, kind: PostingKind, posting: Posting, *, today: date) -> RecommendationRun:
    """Take an open posting out of recommendations for a while."""
    _require_own(actor, kind, posting)
    advance(session, actor, POSTING, posting, PostingStatus.PAUSED, chain_id=posting.chain_id)
    _end_group(session, actor, kind, posting, GroupEnd.NEED_CLOSED)
    return _refresh(session, kind, posting, today)


def close(
    session: Session, actor: Actor, kind: PostingKind, posting: Posting, *, reason: str, today: date
) -> RecommendationRun:
    """End a posting for good, with a reason. Raises NotComplete without one."""
    _require_own(actor, kind, posting)
    if not reason:
        raise NotComplete({"reason": "missing"})
    advance(
        session, actor, POSTING, posting, PostingStatus.CLOSED,
        reason=reason, chain_id=posting.chain_id, closed_reason=reason,
    )  # fmt: skip
    _end_group(session, actor, kind, posting, GroupEnd.NEED_CLOSED)
    return _refresh(session, kind, posting, today)


def _require_own(actor: Actor, kind: PostingKind, posting: Posting) -> None:
    require(actor, kind.permission)
    require_rule(actor, is_own, posting, kind.permission.value)


def _require_order(kind: PostingKind, values: Values, *, today: date, is_published: bool) -> None:
    if found := problems(kind, values, today=today, is_published=is_published):
        raise NotComplete(found)


def _require_seldom(session: Session, kind: PostingKind, posting: Posting, changed: list[str], today: date) -> None:
    terms = [name for name in changed if name not in COMMON]
    if kind.edits_a_day is None or posting.opened_at is None or not terms:
        return
    n_edits = session.exec(
        select(func.count()).where(
            AuditEvent.action == "posting_edited",
            AuditEvent.subject_kind == str(posting.__tablename__),
            AuditEvent.subject_id == posting.id,
            col(AuditEvent.occurred_at) >= datetime.combine(today, time.min, SHANGHAI),
        )
    ).one()
    if n_edits >= kind.edits_a_day:
        raise NotComplete({terms[0]: "too_often"})


def require_publishable(actor: Actor, kind: PostingKind, values: Values, *, today: date) -> None:
    """Raise NotComplete unless a posting of these values can be published: to ask before saving anything."""
    found = problems(kind, values, today=today, is_published=True)
    if not actor.is_verified:
        found["organization"] = "not_verified"
    if found:
        raise NotComplete(found)


def _terms(values: Values) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in COMMON}


def _record(session: Session, actor: Actor, posting: Posting, action: str, new: dict[str, Any] | None = None) -> None:
    assert posting.id is not None
    record(
        session, actor, action,
        subject_kind=str(posting.__tablename__), subject_id=posting.id, new=new, chain_id=posting.chain_id,
    )  # fmt: skip


def _end_group(session: Session, actor: Actor, kind: PostingKind, posting: Posting, reason: GroupEnd) -> None:
    if kind.noun is PostingNoun.PURCHASE_NEED:
        end_for_need(session, actor, posting.id or 0, reason)


def _refresh(session: Session, kind: PostingKind, posting: Posting, today: date) -> RecommendationRun:
    # Loading the engine takes a second that a draft need not wait for.
    from workflows.recommendations import refresh_demand, refresh_supply

    assert posting.id is not None
    session.flush()
    refresh = refresh_demand if kind.noun.side is Side.DEMAND else refresh_supply
    return refresh(session, posting.id, today=today)
