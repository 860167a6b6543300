"""Consents of a firm, and whom it may give one to."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from access import parties
from access.actor import Actor
from access.lookups import NotVisible
from access.scopes import own
from models.organization import Organization, User
from models.pairing import Consent, Pairing, Release
from models.posting import Demand, Supply
from models.purchase_need import PurchaseNeed
from models.recognition import Recognition
from models.recommendation import Recommendation
from vocabulary.classifications import PURPOSE_OF_MARKET, ConsentPurpose, Market
from vocabulary.consents import ConsentState, state_on
from vocabulary.lifecycles import LIVE_PAIRING, RELEASED_PAIRING, RecognitionStatus
from vocabulary.reasons import PairState
from vocabulary.recognitions import RecognitionKind


@dataclass(frozen=True)
class Grant:
    """One version of a consent."""

    public_id: str
    counterpart: str
    counterpart_public_id: str
    purpose: ConsentPurpose
    version: int
    sections: list[str]
    field_names: list[str]
    documents: list[RecognitionKind]
    ends_on: date
    given_by: str
    given_at: datetime
    withdrawn_at: datetime | None
    withdrawn_by: str
    replaced_by_version: int | None
    state: ConsentState
    n_open: int
    """Introduced cases that are read under it now."""


@dataclass(frozen=True)
class Certificate:
    """An own title with a document that may go along."""

    public_id: str
    kind: RecognitionKind
    issued_on: date
    expires_on: date


@dataclass(frozen=True)
class Reader:
    """An organization the firm may let read, for one purpose."""

    id: int
    public_id: str
    name: str
    purpose: ConsentPurpose


def grants(session: Session, actor: Actor, *, on: date) -> list[Grant]:
    """The firm's consents: those in force first, then the newest."""
    found = _grants(session, actor, on)
    return sorted(found, key=lambda grant: grant.state is not ConsentState.IN_FORCE)


def versions(session: Session, actor: Actor, public_id: str, *, on: date) -> tuple[Grant, list[Grant]]:
    """One version, and all versions for the same counterpart and purpose, newest first. Raises NotVisible."""
    found = _grants(session, actor, on)
    one = next((grant for grant in found if grant.public_id == public_id), None)
    if one is None:
        raise NotVisible
    kin = (one.counterpart_public_id, one.purpose)
    return one, [grant for grant in found if (grant.counterpart_public_id, grant.purpose) == kin]


def certificates(session: Session, actor: Actor) -> list[Certificate]:
    """Own titles with a document, filed or verified."""
    rows = session.execute(
        select_columns(
            col(Recognition.public_id), col(Recognition.kind), col(Recognition.issued_on), col(Recognition.expires_on)
        )
        .where(
            own(actor, Recognition.organization_id),
            col(Recognition.file_id).is_not(None),
            col(Recognition.status).in_((RecognitionStatus.FILED, RecognitionStatus.VERIFIED)),
        )
        .order_by(col(Recognition.expires_on).desc())
    )
    return [Certificate(*row) for row in rows]


def _grants(session: Session, actor: Actor, on: date) -> list[Grant]:
    given_by, withdrawn_by = aliased(User), aliased(User)
    n_open = (
        select_columns(func.count())
        .select_from(Release)
        .join(Pairing, col(Pairing.id) == col(Release.pairing_id))
        .where(col(Release.consent_id) == col(Consent.id), col(Pairing.status).in_(RELEASED_PAIRING))
        .correlate(Consent)
        .scalar_subquery()
    )
    rows = session.execute(
        select_columns(Consent, Organization, col(given_by.full_name), col(withdrawn_by.full_name), n_open)
        .join(Organization, col(Organization.id) == col(Consent.counterpart_id))
        .join(given_by, col(given_by.id) == col(Consent.given_by_id))
        .outerjoin(withdrawn_by, col(withdrawn_by.id) == col(Consent.withdrawn_by_id))
        .where(own(actor, Consent.organization_id))
        .order_by(col(Consent.id).desc())
    ).all()
    titles = session.exec(select(Recognition).where(own(actor, Recognition.organization_id)))
    kinds = {row.public_id: row.kind for row in titles}
    return [
        _grant(consent, counterpart, giver, withdrawer, n_cases, kinds, on)
        for consent, counterpart, giver, withdrawer, n_cases in rows
    ]


def _grant(
    row: Consent,
    counterpart: Organization,
    given_by: str,
    withdrawn_by: str | None,
    n_open: int,
    kinds: dict[str, RecognitionKind],
    on: date,
) -> Grant:
    state = state_on(row.ends_on, row.withdrawn_at, row.replaced_by_version, on)
    return Grant(
        row.public_id, counterpart.legal_name, counterpart.public_id, row.purpose, row.version, row.sections,
        row.field_names, [kinds[each] for each in row.documents if each in kinds], row.ends_on, given_by,
        row.created_at, row.withdrawn_at, withdrawn_by or "", row.replaced_by_version, state,
        n_open if state is ConsentState.IN_FORCE else 0,
    )  # fmt: skip


def own_consent(session: Session, actor: Actor, public_id: str) -> Consent:
    row = session.exec(
        select(Consent).where(Consent.public_id == public_id, own(actor, Consent.organization_id))
    ).first()
    if row is None:
        raise NotVisible
    return row


def readers(session: Session, actor: Actor) -> list[Reader]:
    """Those the firm has a live pairing or a recommendation with; buyers that keep their name back are not among
    them before a pairing was proposed."""
    found: dict[tuple[int, ConsentPurpose], Reader] = {}
    firm, counterpart = parties.firm_column(), parties.counterpart_column()
    paired = select_columns(counterpart, col(Pairing.market)).where(
        firm == actor.organization_id, col(Pairing.status).in_(LIVE_PAIRING)
    )
    finance = _recommended(Market.FINANCE, actor)
    supply = _recommended(Market.SUPPLY, actor)
    pairs = {
        (organization_id, Market(market))
        for statement in (paired, finance, supply)
        for organization_id, market in session.execute(statement.distinct()).all()
    }
    names = {
        row.id: row
        for row in session.exec(
            select(Organization).where(col(Organization.id).in_({organization_id for organization_id, _m in pairs}))
        ).all()
    }
    for organization_id, market in pairs:
        row, purpose = names[organization_id], PURPOSE_OF_MARKET[market]
        found[organization_id, purpose] = Reader(organization_id, row.public_id, row.legal_name, purpose)
    return sorted(found.values(), key=lambda reader: (reader.purpose, reader.name))


def _recommended(market: Market, actor: Actor) -> Any:
    own_side, other_side = (Demand, Supply) if market is Market.FINANCE else (Supply, Demand)
    return (
        select_columns(col(other_side.organization_id), col(Recommendation.market))
        .select_from(Recommendation)
        .join(Demand, col(Demand.id) == col(Recommendation.demand_id))
        .join(Supply, col(Supply.id) == col(Recommendation.supply_id))
        .outerjoin(PurchaseNeed, col(PurchaseNeed.demand_id) == col(Recommendation.demand_id))
        .where(
            own(actor, own_side.organization_id),
            col(Recommendation.market) == market,
            col(Recommendation.superseded_at).is_(None),
            col(Recommendation.state) != PairState.CLOSED,
            col(PurchaseNeed.hide_name).is_not(True),
        )
    )
