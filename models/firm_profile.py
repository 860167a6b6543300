"""A firm's profile: the last verified values, the working draft, each submission and the certificates."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field

from models.base import (
    Row,
    code_column,
    evidence_check,
    fen_column,
    foreign_key,
    json_column,
    public_id_column,
    status_check,
    status_column,
    time_column,
)
from vocabulary.classifications import Ownership, SizeClass, TaxGrade, Tier
from vocabulary.lifecycles import SUBMISSION, SubmissionStatus


class FirmProfile(Row, table=True):
    """The values an official verified last; the columns are the fields of `vocabulary.profile_fields`.

    Null before the first verification. `provenance` keeps for each field where its value came from and when.
    """

    __tablename__ = "firm_profile"
    __table_args__ = (
        CheckConstraint("revenue_fen IS NULL OR revenue_fen >= 0", name="revenue_not_negative"),
        CheckConstraint("employees IS NULL OR employees >= 0", name="employees_not_negative"),
    )

    organization_id: int = Field(foreign_key="organization.id", unique=True, nullable=False)
    region_code: str | None = Field(default=None, max_length=12, index=True)
    address: str | None = Field(default=None, max_length=200)
    founded_on: date | None = None
    ownership: Ownership | None = code_column(Ownership)
    industry_code: str | None = Field(default=None, max_length=8, index=True)
    chain_id: int | None = foreign_key("chain.id")
    chain_link_id: int | None = foreign_key("chain_link.id")
    """The link the firm filed as its main one; where it sits now is for `FirmPlacement` to say."""
    tier: Tier | None = code_column(Tier)
    """As the firm claims it; what counts are its valid recognitions (`access.recognitions`)."""
    is_high_tech: bool | None = None
    website: str | None = Field(default=None, max_length=200)
    introduction: str | None = Field(default=None, max_length=4000)
    main_products: str | None = Field(default=None, max_length=500)
    business_scope: str | None = Field(default=None, max_length=4000)
    main_equipment: str | None = Field(default=None, max_length=2000)
    main_customers: str | None = Field(default=None, max_length=2000)
    main_suppliers: str | None = Field(default=None, max_length=2000)
    patents: int | None = None
    registered_capital_fen: int | None = fen_column()
    paid_in_capital_fen: int | None = fen_column()
    figures_year: int | None = None
    revenue_fen: int | None = fen_column()
    employees: int | None = None
    size_class: SizeClass | None = code_column(SizeClass)
    """As the firm claims it; `vocabulary.size_class` computes it."""
    tax_paid_fen: int | None = fen_column()
    profit_fen: int | None = fen_column()
    total_assets_fen: int | None = fen_column()
    debt_ratio_percent: int | None = None
    rd_spend_fen: int | None = fen_column()
    export_fen: int | None = fen_column()
    tax_grade: TaxGrade | None = code_column(TaxGrade)
    guarantee_methods: list[str] = json_column(list)
    collateral_value_fen: int | None = fen_column()
    collateral_note: str | None = Field(default=None, max_length=2000)
    existing_loans_fen: int | None = fen_column()
    existing_lenders: str | None = Field(default=None, max_length=500)
    is_first_time_borrower: bool | None = None
    legal_rep: str | None = Field(default=None, max_length=80)
    contact_name: str | None = Field(default=None, max_length=80)
    contact_title: str | None = Field(default=None, max_length=80)
    contact_phone: str | None = Field(default=None, max_length=30)
    contact_email: str | None = Field(default=None, max_length=254)
    provenance: dict[str, Any] = json_column(dict)
    """field -> {"source": Provenance code, "on": ISO date, "by": name}."""
    verified_at: datetime | None = time_column()
    verified_by_id: int | None = foreign_key("user.id", index=False)
    confirmed_current_at: datetime | None = time_column()
    """When the firm last said that the values are still right."""


class ProfileDraft(Row, table=True):
    """The working copy that forms read and write; `version` detects two people editing at once."""

    __tablename__ = "profile_draft"

    organization_id: int = Field(foreign_key="organization.id", unique=True, nullable=False)
    values: dict[str, Any] = json_column(dict)
    provenance: dict[str, Any] = json_column(dict)
    version: int = 1
    updated_at: datetime = time_column(default_now=True)
    updated_by_id: int | None = foreign_key("user.id", index=False)


class ProfileSubmission(Row, table=True):
    """One submission: frozen values, overrides of plausibility findings with reasons, the official's answer."""

    __tablename__ = "profile_submission"
    __table_args__ = (
        status_check(SubmissionStatus),
        evidence_check("verified_has_decider", (SubmissionStatus.VERIFIED,), "decided_at", "decided_by_id"),
        evidence_check("returned_has_decider", (SubmissionStatus.RETURNED,), "decided_at", "decided_by_id", "notes"),
        Index(
            "uq_profile_submission_pending",
            "organization_id",
            unique=True,
            sqlite_where=text("status = 'submitted'"),
            postgresql_where=text("status = 'submitted'"),
        ),
    )

    public_id: str = public_id_column()
    organization_id: int = foreign_key("organization.id", nullable=False)
    chain_id: int = foreign_key("chain.id", nullable=False)
    values: dict[str, Any] = json_column(dict)
    overrides: dict[str, str] = json_column(dict)
    """plausibility rule -> the firm's reason."""
    notes: dict[str, str] | None = json_column()
    """section -> what the official asks for."""
    status: SubmissionStatus = status_column(SUBMISSION.initial)
    status_changed_at: datetime = time_column(default_now=True)
    submitted_by_id: int = foreign_key("user.id", nullable=False, index=False)
    decided_at: datetime | None = time_column()
    decided_by_id: int | None = foreign_key("user.id", index=False)


class Certificate(Row, table=True):
    """A certificate a firm holds, until `expires_on` inclusive."""

    __tablename__ = "certificate"

    public_id: str = public_id_column()
    organization_id: int = foreign_key("organization.id", nullable=False)
    code: str = Field(max_length=40)
    """A member of `vocabulary.certificates`."""
    number: str = Field(default="", max_length=80)
    expires_on: date | None = None
