"""Webhooks of the own organization, and what each is told of a row of the ledger: ids, nothing confidential."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as select_columns
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select

from access import lookups
from access.actor import Actor
from access.permissions import Permission
from access.rules import require
from access.scopes import OFFICES, own
from models.audit_event import AuditEvent
from models.organization import Organization
from models.pairing import Consent, Pairing, Release
from models.posting import Demand, Supply
from models.recommendation import Recommendation
from models.webhook import Webhook, WebhookDelivery
from vocabulary.integrations import DeliveryStatus, WebhookEvent, WebhookStatus
from vocabulary.reasons import PairState
from vocabulary.roles import OrganizationKind

_E = WebhookEvent
_EVENTS: dict[str, WebhookEvent] = {
    "pairing_introduced": _E.PAIRING_INTRODUCED,
    "pairing_declined": _E.PAIRING_ENDED,
    "pairing_withdrawn": _E.PAIRING_ENDED,
    "pairing_revoked": _E.PAIRING_ENDED,
    "pairing_expired": _E.PAIRING_ENDED,
    "case_step_recorded": _E.STEP_RECORDED,
    "case_step_corrected": _E.STEP_CORRECTED,
    "consent_withdrawn": _E.CONSENT_WITHDRAWN,
    "recommendation_run_finished": _E.NEW_RECOMMENDATIONS,
}
"""Names of the ledger that other systems can be told of."""
_FOR_OFFICES = (_E.PAIRING_INTRODUCED, _E.PAIRING_ENDED, _E.STEP_RECORDED, _E.STEP_CORRECTED)
_FOR_FIRMS = tuple(event for event in _E if event is not _E.CONSENT_WITHDRAWN)
_MOST_POSTINGS = 50


@dataclass(frozen=True)
class WebhookLine:
    """One webhook with the number of its deliveries by status."""

    public_id: str
    url: str
    events: tuple[WebhookEvent, ...]
    status: WebhookStatus
    created_at: datetime
    counts: dict[DeliveryStatus, int]


def events_of(actor: Actor) -> tuple[WebhookEvent, ...]:
    """What an organization of the actor's kind can be told of."""
    if actor.organization_kind in OFFICES:
        return _FOR_OFFICES
    return _FOR_FIRMS if actor.organization_kind is OrganizationKind.ENTERPRISE else tuple(_E)


def own_webhooks(session: Session, actor: Actor) -> list[WebhookLine]:
    """Webhooks of the actor's organization, newest first."""
    require(actor, Permission.MANAGE_INTEGRATIONS)
    rows = session.exec(
        select(Webhook).where(own(actor, Webhook.organization_id)).order_by(col(Webhook.id).desc())
    ).all()
    counts: dict[int, dict[DeliveryStatus, int]] = {}
    counted = (
        select_columns(col(WebhookDelivery.webhook_id), col(WebhookDelivery.status), func.count())
        .where(col(WebhookDelivery.webhook_id).in_([row.id for row in rows]))
        .group_by(col(WebhookDelivery.webhook_id), col(WebhookDelivery.status))
    )
    for webhook_id, status, n in session.execute(counted):
        counts.setdefault(webhook_id, {})[status] = n
    return [
        WebhookLine(
            row.public_id, row.url, tuple(WebhookEvent(event) for event in row.events), row.status, row.created_at,
            counts.get(row.id or 0, {}),
        )
        for row in rows
    ]  # fmt: skip


def own_webhook(session: Session, actor: Actor, public_id: str) -> Webhook:
    """One webhook of the actor's organization. Raises NotVisible."""
    require(actor, Permission.MANAGE_INTEGRATIONS)
    statement = select(Webhook).where(own(actor, Webhook.organization_id), Webhook.public_id == public_id)
    webhook: Webhook = lookups.one(session, statement)
    return webhook


def deliveries(session: Session, webhook: Webhook, *, page: int, size: int) -> tuple[Sequence[WebhookDelivery], int]:
    """One page of the messages to a webhook, newest first, and how many there are."""
    of_it = WebhookDelivery.webhook_id == webhook.id
    total = session.exec(select(func.count()).where(of_it)).one()
    statement = select(WebhookDelivery).where(of_it).order_by(col(WebhookDelivery.id).desc())
    return session.exec(statement.offset((page - 1) * size).limit(size)).all(), total


def delivery(session: Session, webhook: Webhook, public_id: str) -> WebhookDelivery:
    """One message to a webhook. Raises NotVisible."""
    statement = select(WebhookDelivery).where(
        WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.public_id == public_id
    )
    found: WebhookDelivery = lookups.one(session, statement)
    return found


def message_of(session: Session, webhook: Webhook, row: AuditEvent) -> tuple[WebhookEvent, dict[str, Any]] | None:
    """What a webhook is told of a row of the ledger; None: nothing, since it did not ask or has no part in it."""
    event = _EVENTS.get(row.action)
    if event is None or event not in webhook.events:
        return None
    data = _DATA[event](session, webhook, row)
    return None if data is None else (event, data)


def _of_pairing(session: Session, webhook: Webhook, row: AuditEvent) -> dict[str, Any] | None:
    """Both sides and the offices of the chain, once the two were introduced; before that there is nothing to tell."""
    pairing = session.get(Pairing, row.subject_id)
    if pairing is None or pairing.introduced_at is None:
        return None
    organization = session.get_one(Organization, webhook.organization_id)
    is_side = webhook.organization_id in (pairing.demand_organization_id, pairing.supply_organization_id)
    is_office = organization.kind is OrganizationKind.JOINT_OFFICE or (
        organization.kind is OrganizationKind.CHAIN_OFFICE and organization.chain_id == pairing.chain_id
    )
    if not (is_side or is_office):
        return None
    step = {"step": row.new["kind"]} if row.new and "kind" in row.new else {}
    return {"case_id": pairing.public_id, "status": pairing.status.value, **step}


def _of_consent(session: Session, webhook: Webhook, row: AuditEvent) -> dict[str, Any] | None:
    """The reader, and which of its cases are closed to it now."""
    consent = session.get(Consent, row.subject_id)
    if consent is None or consent.counterpart_id != webhook.organization_id:
        return None
    cases = session.exec(
        select(Pairing.public_id)
        .join(Release, col(Release.pairing_id) == Pairing.id)
        .where(Release.consent_id == consent.id)
        .order_by(col(Pairing.id))
    ).all()
    return {"case_ids": list(cases)} if cases else None


def _of_run(session: Session, webhook: Webhook, row: AuditEvent) -> dict[str, Any] | None:
    """Own postings for which a counterpart is recommended that no earlier run recommended."""
    earlier = aliased(Recommendation)
    known = (
        select_columns(col(earlier.id))
        .where(
            col(earlier.demand_id) == col(Recommendation.demand_id),
            col(earlier.supply_id) == col(Recommendation.supply_id),
            col(earlier.id) < col(Recommendation.id),
            col(earlier.state) == PairState.ELIGIBLE,
        )
        .correlate(Recommendation)
        .exists()
    )
    pairs = session.execute(
        select_columns(Demand, Supply)
        .join(Recommendation, col(Recommendation.demand_id) == col(Demand.id))
        .join(Supply, col(Supply.id) == col(Recommendation.supply_id))
        .where(
            col(Recommendation.run_id) == row.subject_id, col(Recommendation.state) == PairState.ELIGIBLE, ~known,
            or_(
                col(Demand.organization_id) == webhook.organization_id,
                col(Supply.organization_id) == webhook.organization_id,
            ),
        )
        .order_by(col(Recommendation.id))
    ).all()  # fmt: skip
    mine = [demand if demand.organization_id == webhook.organization_id else supply for demand, supply in pairs]
    postings = list(dict.fromkeys(posting.public_id for posting in mine))[:_MOST_POSTINGS]
    return {"posting_ids": postings} if postings else None


_DATA: dict[WebhookEvent, Callable[[Session, Webhook, AuditEvent], dict[str, Any] | None]] = {
    _E.PAIRING_INTRODUCED: _of_pairing,
    _E.PAIRING_ENDED: _of_pairing,
    _E.STEP_RECORDED: _of_pairing,
    _E.STEP_CORRECTED: _of_pairing,
    _E.CONSENT_WITHDRAWN: _of_consent,
    _E.NEW_RECOMMENDATIONS: _of_run,
}
