"""Model versions: weights learned from decisions, the report they were judged by, and who put them to use."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
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
from vocabulary.classifications import Market
from vocabulary.model_versions import MODEL_VERSION, ModelStatus, Verdict

_S = ModelStatus
_ONE = {status: text(f"status = '{status.value}'") for status in (_S.SHADOW, _S.PROMOTED)}


class ModelVersion(Row, table=True):
    """What one training found. Weights, report and calibration never change; of each market one version at most runs in
    the shadow and one at most is in use."""

    __tablename__ = "model_version"
    __table_args__ = (
        status_check(ModelStatus),
        evidence_check("proposed_has_proposer", (_S.SHADOW, _S.PROMOTED, _S.RETIRED), "proposed_by_id", "proposed_at"),
        evidence_check(
            "promoted_has_promoter", (_S.PROMOTED, _S.RETIRED), "promoted_by_id", "promoted_at", "weights_version_id"
        ),
        evidence_check("ended_has_reason", (_S.RETIRED, _S.REFUSED), "ended_reason"),
        CheckConstraint("promoted_by_id <> proposed_by_id", name="promoted_by_another"),
        UniqueConstraint("market", "number"),
        *(
            Index(f"uq_model_version_{status.value}", "market", unique=True, sqlite_where=where, postgresql_where=where)
            for status, where in _ONE.items()
        ),
    )

    public_id: str = public_id_column()
    market: Market = required_code(Market)
    number: int
    """Counts the versions of a market."""
    weights: dict[str, float] = json_column(dict)
    """Learned; those in use where nothing could be learned."""
    weights_before: dict[str, float] = json_column(dict)
    """In use when it was trained: what it was compared with."""
    trained_until: date | None = None
    """Day of the newest decision; None without decisions."""
    n_decisions: int = 0
    verdict: Verdict = required_code(Verdict)
    report: dict[str, Any] = json_column(dict)
    calibration: dict[str, Any] = json_column(dict)
    digest: str = Field(max_length=64)
    """SHA-256 over what was found, also in the ledger. A version whose content says another is not put to use."""
    trained_by_id: int | None = foreign_key("user.id", index=False)
    status: ModelStatus = status_column(MODEL_VERSION.initial)
    status_changed_at: datetime = time_column(default_now=True)
    proposed_by_id: int | None = foreign_key("user.id", index=False)
    proposed_at: datetime | None = time_column()
    promoted_by_id: int | None = foreign_key("user.id", index=False)
    promoted_at: datetime | None = time_column()
    weights_version_id: int | None = foreign_key("weights_version.id", index=False)
    """As what its weights were published."""
    ended_by_id: int | None = foreign_key("user.id", index=False)
    ended_reason: str | None = Field(default=None, max_length=500)
    """Why it was refused, rolled back or followed by another."""
    shadow_on: date | None = None
    """Day of the newest run in the shadow."""
    shadow: dict[str, Any] = json_column(dict)
    """What that run found: lists compared and changed, firms changed."""


class ShadowChange(Row, table=True):
    """The first places of one demand, by the weights in use and by those of a version in the shadow."""

    __tablename__ = "shadow_change"
    __table_args__ = (UniqueConstraint("model_version_id", "demand_id"),)

    model_version_id: int = foreign_key("model_version.id", nullable=False, index=False, cascade=True)
    demand_id: int = foreign_key("demand.id", nullable=False, index=False)
    organization_id: int = foreign_key("organization.id", nullable=False, index=False)
    """Whose list it is."""
    supplies_before: list[int] = json_column(list)
    supplies_after: list[int] = json_column(list)
    """Supply ids, the best first."""
    n_new: int = 0
    """How many of them are new; 0 where they only change places."""
