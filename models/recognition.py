"""Titles that authorities gave to firms, each with its days and what the office looked at."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from models.base import (
    Row,
    evidence_check,
    foreign_key,
    public_id_column,
    required_code,
    status_check,
    status_column,
    time_column,
)
from vocabulary.lifecycles import RECOGNITION, RecognitionStatus
from vocabulary.recognitions import RecognitionKind

_S = RecognitionStatus
_IS_FILED = text("status = 'filed'")


class Recognition(Row, table=True):
    """One recognition (认定) of a firm; it counts from `issued_on` to `expires_on`, both included, once verified."""

    __tablename__ = "recognition"
    __table_args__ = (
        status_check(RecognitionStatus),
        evidence_check("decided_has_ground", (_S.VERIFIED, _S.REFUSED), "decided_at", "decided_by_id", "ground"),
        evidence_check("revoked_has_reason", (_S.REVOKED,), "revoked_reason"),
        CheckConstraint("expires_on >= issued_on", name="ends_after_start"),
        Index(
            "uq_recognition_waiting", "organization_id", "kind", unique=True,
            sqlite_where=_IS_FILED, postgresql_where=_IS_FILED,
        ),
        Index("ix_recognition_firm_status", "organization_id", "status"),
    )  # fmt: skip

    public_id: str = public_id_column()
    organization_id: int = foreign_key("organization.id", nullable=False, index=False)
    kind: RecognitionKind = required_code(RecognitionKind)
    issuer: str = Field(max_length=120)
    number: str = Field(default="", max_length=80)
    """Of the certificate, or of the notice that lists the firm."""
    issued_on: date
    expires_on: date = Field(index=True)
    file_id: int | None = foreign_key("stored_file.id", index=False)
    """The certificate or the page of the list, as the firm handed it in."""
    filed_by_id: int | None = foreign_key("user.id", index=False)
    decided_at: datetime | None = time_column()
    decided_by_id: int | None = foreign_key("user.id", index=False)
    ground: str | None = Field(default=None, max_length=500)
    """What the office compared it with, or why it refused."""
    revoked_reason: str | None = Field(default=None, max_length=500)
    told_expiring_at: datetime | None = time_column()
    told_expired_at: datetime | None = time_column()
    status: RecognitionStatus = status_column(RECOGNITION.initial)
    status_changed_at: datetime = time_column(default_now=True)
    is_demo: bool = False
