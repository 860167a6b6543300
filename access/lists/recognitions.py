"""Titles as their firm and its office see them, counts by state, and the firms of a tier for other lists."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func

from access import search
from access.actor import Actor
from access.lookups import NotVisible
from access.permissions import Permission
from access.recognitions import is_of_tier
from access.rules import require
from access.scopes import OFFICES, in_chain, own
from models.chain import Chain
from models.firm_profile import FirmProfile
from models.organization import Organization, User
from models.recognition import Recognition
from models.stored_file import StoredFile
from vocabulary import regions
from vocabulary.classifications import Tier
from vocabulary.lifecycles import OrganizationStatus, RecognitionStatus
from vocabulary.recognitions import EXPIRES_SOON_DAYS, RecognitionKind, RecognitionState, state_on
from vocabulary.roles import OrganizationKind

_S, _Q = RecognitionState, RecognitionStatus


@dataclass(frozen=True)
class RecognitionLine:
    """One title with how it stands today; `days_left` only while it counts."""

    public_id: str
    firm: str
    firm_public_id: str
    firm_id: int
    chain_id: int | None
    chain_zh: str
    chain_en: str
    region_code: str | None
    claimed_tier: Tier | None
    kind: RecognitionKind
    issuer: str
    number: str
    issued_on: date
    expires_on: date
    status: RecognitionStatus
    state: RecognitionState
    days_left: int | None
    has_file: bool
    filed_at: datetime
    filed_by: str
    decided_at: datetime | None
    decided_by: str
    ground: str
    revoked_reason: str


@dataclass(frozen=True)
class RecognitionPage:
    lines: list[RecognitionLine]
    total: int
    by_state: Counter[RecognitionState]


def own_recognitions(session: Session, actor: Actor, *, on: date) -> list[RecognitionLine]:
    """The firm's own titles: those that count first, then the newest."""
    require(actor, Permission.FILE_PROFILE)
    order = list(_S)
    rows = _lines(session, on, own(actor, Recognition.organization_id))
    return sorted(rows, key=lambda line: (order.index(line.state), -line.issued_on.toordinal()))


def own_recognition(session: Session, actor: Actor, public_id: str) -> Recognition:
    require(actor, Permission.FILE_PROFILE)
    return _one(session, own(actor, Recognition.organization_id), public_id)


def recognitions(
    session: Session, actor: Actor, *, on: date, state: RecognitionState, q: str = "",
    kind: RecognitionKind | None = None, page: int = 1, size: int = 50,
) -> RecognitionPage:  # fmt: skip
    """Titles of the office's firms in one state; what ends first comes first. The counts keep the other filters."""
    require(actor, Permission.VERIFY_PROFILES)
    scope = [in_chain(actor, Organization.chain_id)]
    if q:
        scope.append(search.found_by(q, search.organization(Organization.id)))
    if kind is not None:
        scope.append(col(Recognition.kind) == kind)
    counted = session.execute(
        select(*(func.count().filter(is_in_state(each, on)) for each in _S))
        .select_from(Recognition)
        .join(Organization, col(Organization.id) == Recognition.organization_id)
        .where(*scope)
    ).one()
    by_state = Counter(dict(zip(_S, counted, strict=True)))
    lines = _lines(session, on, *scope, is_in_state(state, on), offset=(page - 1) * size, limit=size)
    return RecognitionPage(lines, by_state[state], by_state)


def recognition_to_check(
    session: Session, actor: Actor, public_id: str, *, on: date
) -> tuple[Recognition, RecognitionLine]:
    """A title of a firm of the office's chain. Raises NotVisible."""
    require(actor, Permission.VERIFY_PROFILES)
    scope = in_chain(actor, Organization.chain_id)
    row = _one(session, scope, public_id)
    return row, _lines(session, on, col(Recognition.id) == row.id)[0]


def firm_recognitions(session: Session, actor: Actor, firm_id: int, *, on: date) -> list[RecognitionLine]:
    """The titles of one firm for its office."""
    require(actor, Permission.VERIFY_PROFILES)
    return _lines(session, on, in_chain(actor, Organization.chain_id), col(Recognition.organization_id) == firm_id)


def firm_to_enter(session: Session, actor: Actor, public_id: str) -> Organization:
    """A verified firm of the office's chain. Raises NotVisible."""
    require(actor, Permission.VERIFY_PROFILES)
    firm = session.execute(
        select(Organization).where(
            col(Organization.public_id) == public_id,
            col(Organization.kind) == OrganizationKind.ENTERPRISE,
            col(Organization.status) == OrganizationStatus.VERIFIED,
            in_chain(actor, Organization.chain_id),
        )
    ).scalar_one_or_none()
    if firm is None:
        raise NotVisible
    return firm


def certificate_file(session: Session, actor: Actor, public_id: str) -> StoredFile:
    """The document of a title, for its firm and its office only. Raises NotVisible."""
    scope = own(actor, Recognition.organization_id)
    if actor.organization_kind in OFFICES:
        scope = in_chain(actor, Organization.chain_id)
    row = _one(session, scope, public_id)
    found = session.get(StoredFile, row.file_id) if row.file_id else None
    if found is None or found.emptied_at is not None:
        raise NotVisible
    return found


def firms_of_tier(
    actor: Actor, *, on: date, tier: Tier | None = None, district: str | None = None, chain_id: int | None = None
) -> Any:
    """SQL: ids of verified firms in the reader's scope by the tier that counts on a day, district and chain.

    For other lists to filter by: `col(X.organization_id).in_(firms_of_tier(actor, on=…, tier=…))`. A district takes
    everything below it; `Tier.NONE` finds firms without a valid title.
    """
    conditions: list[ColumnElement[bool]] = [
        in_chain(actor, FirmProfile.chain_id),
        col(FirmProfile.verified_at).is_not(None),
        col(Organization.status) == OrganizationStatus.VERIFIED,
    ]
    if tier is not None:
        conditions.append(is_of_tier(FirmProfile.organization_id, tier, on))
    if district:
        conditions.append(col(FirmProfile.region_code).startswith(regions.prefix(district)))
    if chain_id is not None:
        conditions.append(col(FirmProfile.chain_id) == chain_id)
    return (
        select(col(FirmProfile.organization_id))
        .join(Organization, col(Organization.id) == FirmProfile.organization_id)
        .where(*conditions)
    )


def is_in_state(state: RecognitionState, on: date) -> ColumnElement[bool]:
    """SQL: the same answer as `vocabulary.recognitions.state_on`."""
    status, first, last = col(Recognition.status), col(Recognition.issued_on), col(Recognition.expires_on)
    soon = on + timedelta(days=EXPIRES_SOON_DAYS)
    is_verified = status == _Q.VERIFIED
    return {
        _S.WAITING: status == _Q.FILED,
        _S.NOT_YET: and_(is_verified, first > on),
        _S.VALID: and_(is_verified, first <= on, last > soon),
        _S.EXPIRING: and_(is_verified, first <= on, last >= on, last <= soon),
        _S.EXPIRED: and_(is_verified, first <= on, last < on),
        _S.REFUSED: status == _Q.REFUSED,
        _S.WITHDRAWN: status == _Q.WITHDRAWN,
        _S.REVOKED: status == _Q.REVOKED,
    }[state]


def _one(session: Session, scope: ColumnElement[bool], public_id: str) -> Recognition:
    row = session.execute(
        select(Recognition)
        .join(Organization, col(Organization.id) == Recognition.organization_id)
        .where(col(Recognition.public_id) == public_id, scope)
    ).scalar_one_or_none()
    if row is None:
        raise NotVisible
    return row


def _lines(
    session: Session, on: date, *conditions: Any, offset: int = 0, limit: int | None = None
) -> list[RecognitionLine]:
    decider = aliased(User)
    rows = session.execute(
        select(
            Recognition, Organization, col(Chain.name_zh), col(Chain.name_en), col(FirmProfile.tier),
            col(User.full_name).label("filer"), col(decider.full_name).label("decider"),
        )
        .join(Organization, col(Organization.id) == Recognition.organization_id)
        .outerjoin(Chain, col(Chain.id) == Organization.chain_id)
        .outerjoin(FirmProfile, col(FirmProfile.organization_id) == Organization.id)
        .outerjoin(User, col(User.id) == Recognition.filed_by_id)
        .outerjoin(decider, col(decider.id) == Recognition.decided_by_id)
        .where(*conditions)
        .order_by(col(Recognition.expires_on), col(Recognition.id))
        .offset(offset)
        .limit(limit)
    )  # fmt: skip
    return [_line(row, on) for row in rows]


def _line(found: Any, on: date) -> RecognitionLine:
    row, firm, chain_zh, chain_en, claimed, filer, decider = found
    state = state_on(row.status, row.issued_on, row.expires_on, on)
    counts = state in (_S.VALID, _S.EXPIRING)
    return RecognitionLine(
        row.public_id, firm.legal_name, firm.public_id, firm.id, firm.chain_id, chain_zh or "", chain_en or "",
        firm.region_code, claimed, row.kind, row.issuer, row.number, row.issued_on, row.expires_on, row.status, state,
        (row.expires_on - on).days if counts else None, row.file_id is not None, row.created_at, filer or "",
        row.decided_at, decider or "", row.ground or "", row.revoked_reason or "",
    )  # fmt: skip
