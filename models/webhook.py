"""Where other systems want to be told what happens, and every message to them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field

from models.base import (
    Row,
    evidence_check,
    foreign_key,
    json_column,
    public_id_column,
    required_code,
    status_check,
    status_column,
    time_column,
)
from vocabulary.integrations import DELIVERY, WEBHOOK, DeliveryStatus, WebhookEvent, WebhookStatus


class Webhook(Row, table=True):
    """One address of an organization and the events it is told of."""

    __tablename__ = "webhook"
    __table_args__ = (status_check(WebhookStatus), CheckConstraint("url LIKE 'http%'", name="url_is_http"))

    public_id: str = public_id_column()
    organization_id: int = foreign_key("organization.id", nullable=False)
    made_by_id: int = foreign_key("user.id", nullable=False, index=False)
    url: str = Field(max_length=500)
    events: list[str] = json_column(list)
    sealed_secret: str = Field(max_length=300)
    """What messages are signed with, encrypted by a key that is not in the database."""
    told_up_to: int = 0
    """The ledger's last row that was looked at for it."""
    status: WebhookStatus = status_column(WEBHOOK.initial)
    status_changed_at: datetime = time_column(default_now=True)


class WebhookDelivery(Row, table=True):
    """One message; its public id is the same at every try, so that a receiver knows a copy."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        status_check(DeliveryStatus),
        evidence_check("delivered_has_time", (DeliveryStatus.DELIVERED,), "delivered_at"),
        UniqueConstraint("webhook_id", "ledger_id"),
        Index("ix_webhook_delivery_due", "status", "due_at"),
    )

    public_id: str = public_id_column()
    webhook_id: int = foreign_key("webhook.id", nullable=False)
    ledger_id: int
    """The row of the ledger that it tells of."""
    event: WebhookEvent = required_code(WebhookEvent)
    body: str = Field(max_length=200_000)
    """As it is sent: ids and names of events, nothing confidential."""
    status: DeliveryStatus = status_column(DELIVERY.initial)
    status_changed_at: datetime = time_column(default_now=True)
    attempts: int = 0
    due_at: datetime = time_column(default_now=True)
    delivered_at: datetime | None = time_column()
    answer: int | None = None
    """The status code of the last answer; None without one."""
    error: str = Field(default="", max_length=60)
    """Why the last try failed, as a code."""
