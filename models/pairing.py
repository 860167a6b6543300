"""What officials consider and confirm, what was consented to and released, and what came of it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, event, text
from sqlmodel import Field

from models.base import (
    Row,
    code_column,
    evidence_check,
    foreign_key,
    json_column,
    public_id_column,
    required_code,
    status_check,
    status_column,
    time_column,
)
from vocabulary.case_clocks import ClockStage, ReminderLevel
from vocabulary.classifications import (
    CaseStepKind,
    ConsentPurpose,
    DeclineReason,
    Market,
    PairingOrigin,
    VerdictReason,
)
from vocabulary.consents import consented_fields
from vocabulary.lifecycles import LIVE_PAIRING, PAIRING, PairingStatus

_S = PairingStatus
_LIVE = text("status IN (" + ", ".join(sorted(f"'{status.value}'" for status in LIVE_PAIRING)) + ")")


class Pairing(Row, table=True):
    """One demand and one supply before an official. At most one live row per pair."""

    __tablename__ = "pairing"
    __table_args__ = (
        status_check(PairingStatus),
        evidence_check("confirmed_has_confirmer", (_S.CONFIRMED,), "decided_by_id", "decided_at", "hold_until"),
        evidence_check("refused_has_reason", (_S.REFUSED,), "decided_by_id", "decided_at", "verdict_reason"),
        evidence_check(
            "introduced_has_confirmer",
            (_S.INTRODUCED, _S.IN_PROGRESS, _S.AGREED, _S.FULFILLED),
            "decided_by_id",
            "introduced_at",
        ),
        evidence_check("declined_has_reason", (_S.DECLINED,), "decline_reason"),
        evidence_check("revoked_has_note", (_S.REVOKED,), "verdict_note"),
        CheckConstraint("due_on IS NULL OR due_stage IS NOT NULL", name="due_has_stage"),
        Index("uq_pairing_live", "demand_id", "supply_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_pairing_queue", "chain_id", "status", "is_mutual", "proposed_at"),
    )

    public_id: str = public_id_column()
    market: Market = required_code(Market)
    demand_id: int = foreign_key("demand.id", nullable=False)
    supply_id: int = foreign_key("supply.id", nullable=False)
    demand_organization_id: int = foreign_key("organization.id", nullable=False)
    supply_organization_id: int = foreign_key("organization.id", nullable=False)
    chain_id: int = foreign_key("chain.id", nullable=False, index=False)
    """The chain whose office decides: that of the enterprise concerned."""
    recommendation_id: int | None = foreign_key("recommendation.id")
    roadshow_id: int | None = foreign_key("roadshow.id")
    origin: PairingOrigin = required_code(PairingOrigin)
    is_mutual: bool = False
    is_blind: bool = False
    """Drawn when it was proposed: the official decides without seeing the score (盲审)."""
    proposed_at: datetime = time_column(default_now=True)
    status: PairingStatus = status_column(PAIRING.initial)
    status_changed_at: datetime = time_column(default_now=True)
    decided_by_id: int | None = foreign_key("user.id", index=False)
    decided_at: datetime | None = time_column()
    verdict_reason: VerdictReason | None = code_column(VerdictReason)
    verdict_note: str | None = Field(default=None, max_length=1000)
    hold_until: datetime | None = time_column()
    introduced_at: datetime | None = time_column()
    handled_by_id: int | None = foreign_key("user.id", index=False)
    """The officer or buyer named to the firm as the one who will call (谁会联系您)."""
    followed_by_id: int | None = foreign_key("user.id", index=False)
    """The official who follows the case; at first the one who confirmed it."""
    consent_id: int | None = foreign_key("consent.id", index=False)
    """The version of the firm's consent that the confirmation, then the introduction, rests on."""
    due_stage: ClockStage | None = code_column(ClockStage)
    """What is due next. This and the next three are set by `workflows.clocks` only."""
    due_on: date | None = Field(default=None, index=True)
    """The last day on which it is not late."""
    due_is_stated: bool = False
    """The counterpart stated the day itself."""
    due_is_provisional: bool = False
    """Counted through a year whose public holidays are not known: Monday to Friday taken as working days."""
    decline_reason: DeclineReason | None = code_column(DeclineReason)
    ended_note: str | None = Field(default=None, max_length=500)


class Consent(Row, table=True):
    """One version of a consent: a firm lets one counterpart read named fields and documents for one purpose, until it
    ends, withdraws, or gives the next version."""

    __tablename__ = "consent"
    __table_args__ = (
        Index("uq_consent_version", "organization_id", "counterpart_id", "purpose", "version", unique=True),
        CheckConstraint("replaced_by_version IS NULL OR withdrawn_at IS NOT NULL", name="replaced_is_over"),
        Index(
            "uq_consent_live",
            "organization_id",
            "counterpart_id",
            "purpose",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    public_id: str = public_id_column()
    organization_id: int = foreign_key("organization.id", nullable=False)
    counterpart_id: int = foreign_key("organization.id", nullable=False)
    purpose: ConsentPurpose = required_code(ConsentPurpose)
    version: int = 1
    sections: list[str] = json_column(list)
    """Kinds of fields, as the firm chose them."""
    field_names: list[str] = json_column(list)
    """The exact fields of those kinds on the day the consent was given; set when the row is written."""
    documents: list[str] = json_column(list)
    """Public ids of the recognitions whose documents go along."""
    given_by_id: int = foreign_key("user.id", nullable=False, index=False)
    ends_on: date
    """The last day."""
    withdrawn_at: datetime | None = time_column()
    """When it stopped: withdrawn, or replaced by the next version."""
    withdrawn_by_id: int | None = foreign_key("user.id", index=False)
    replaced_by_version: int | None = None


@event.listens_for(Consent, "before_insert")
def _name_fields(_mapper: Any, _connection: Any, row: Consent) -> None:
    """Whoever writes a consent, it names the fields that its reader may get and no others."""
    row.field_names = consented_fields(row.purpose, row.sections)


class Release(Row, table=True):
    """The frozen snapshot a counterpart may read after introduction: exactly the consented fields and documents."""

    __tablename__ = "release"
    __table_args__ = (UniqueConstraint("pairing_id"),)

    public_id: str = public_id_column()
    pairing_id: int = foreign_key("pairing.id", nullable=False)
    consent_id: int = foreign_key("consent.id", nullable=False)
    recipient_id: int = foreign_key("organization.id", nullable=False)
    frozen_at: datetime = time_column(default_now=True)
    """A new version of the consent freezes it anew."""
    snapshot: dict[str, Any] = json_column(dict)
    """section -> field -> value; None for what was not filed."""
    contacts_removed_at: datetime | None = time_column()
    """When the contacts in it were past their time; the names of the fields stay."""
    documents: list[dict[str, Any]] = json_column(list)
    """Of each: `file`, the public id of the stored file, and the title's `kind`, `issued_on`, `expires_on`."""


class CaseStep(Row, table=True):
    """One dated step on the ladder of a market. A correction is a new row naming the one it replaces.

    授信 and 放款 are different figures; sums are taken per kind only.
    """

    __tablename__ = "case_step"
    __table_args__ = (
        CheckConstraint("amount_fen IS NULL OR amount_fen > 0", name="amount_positive"),
        Index(
            "uq_case_step_corrects",
            "corrects_id",
            unique=True,
            sqlite_where=text("corrects_id IS NOT NULL"),
            postgresql_where=text("corrects_id IS NOT NULL"),
        ),
    )

    public_id: str = public_id_column()
    pairing_id: int = foreign_key("pairing.id", nullable=False)
    kind: CaseStepKind = required_code(CaseStepKind, index=True)
    happened_on: date
    amount_fen: int | None = Field(default=None, sa_type=BigInteger)
    quantity_milli: int | None = Field(default=None, sa_type=BigInteger)
    unit: str | None = Field(default=None, max_length=24)
    note: str = Field(default="", max_length=1000)
    skipped_reason: str = Field(default="", max_length=300)
    next_step_due_on: date | None = None
    recorded_by_id: int = foreign_key("user.id", nullable=False, index=False)
    corrects_id: int | None = foreign_key("case_step.id", index=False)
    is_void: bool = False


class CaseEvidence(Row, table=True):
    """A document that shows a step. A correction of the step takes its documents along, in rows of its own."""

    __tablename__ = "case_evidence"
    __table_args__ = (UniqueConstraint("step_id", "file_id"),)

    step_id: int = foreign_key("case_step.id", nullable=False)
    file_id: int = foreign_key("stored_file.id", nullable=False)


class CaseReminder(Row, table=True):
    """Somebody was told that a step is due or late: at most once per case, stage, due day and level."""

    __tablename__ = "case_reminder"
    __table_args__ = (UniqueConstraint("pairing_id", "stage", "due_on", "level"),)

    pairing_id: int = foreign_key("pairing.id", nullable=False)
    stage: ClockStage = required_code(ClockStage)
    due_on: date
    level: ReminderLevel = required_code(ReminderLevel)
