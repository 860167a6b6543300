"""What the engine suggests, kept with everything needed to make it again."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint, text
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
from vocabulary.classifications import DeclineReason, Market, Side, SignalKind
from vocabulary.lifecycles import RUN, RunStatus
from vocabulary.reasons import PairState


class RecommendationRun(Row, table=True):
    """One run of the engine over one market: whole, or of one demand or supply."""

    __tablename__ = "recommendation_run"
    __table_args__ = (
        status_check(RunStatus),
        evidence_check("failed_has_error", (RunStatus.FAILED,), "error"),
        evidence_check("finished_has_time", (RunStatus.FINISHED,), "finished_at"),
    )

    public_id: str = public_id_column()
    market: Market = required_code(Market, index=True)
    demand_id: int | None = foreign_key("demand.id")
    supply_id: int | None = foreign_key("supply.id")
    settings: dict[str, Any] = json_column(dict)
    settings_fingerprint: str = Field(max_length=64)
    history_digest: str | None = Field(default=None, max_length=64)
    """What the run knew to have happened; None is nothing."""
    status: RunStatus = status_column(RUN.initial)
    status_changed_at: datetime = time_column(default_now=True)
    finished_at: datetime | None = time_column()
    error: str | None = Field(default=None, max_length=1000)
    n_pairs: int = 0
    n_recommended: int = 0
    duration_ms: int = 0


class FactsSnapshot(Row, table=True):
    """The facts the engine read, once per content: any recommendation can be made again from them (F58)."""

    __tablename__ = "facts_snapshot"

    digest: str = Field(max_length=64, unique=True)
    facts: dict[str, Any] = json_column(dict)


class HistorySnapshot(Row, table=True):
    """What had happened when a whole run began, once per content. Past demands' facts are in `facts_snapshot`."""

    __tablename__ = "history_snapshot"

    digest: str = Field(max_length=64, unique=True)
    events: list[Any] = json_column(list)


class Recommendation(Row, table=True):
    """One pair: score in [0, 1], contributions that add up to it, gate answers and the smallest change set.

    A newer run sets `superseded_at`; at most one row per pair is current.
    """

    __tablename__ = "recommendation"
    __table_args__ = (
        Index(
            "uq_recommendation_current",
            "demand_id",
            "supply_id",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index("ix_recommendation_demand_current", "demand_id", "superseded_at", "state", "score"),
        Index("ix_recommendation_supply_current", "supply_id", "superseded_at", "state", "score"),
    )

    public_id: str = public_id_column()
    run_id: int = foreign_key("recommendation_run.id", nullable=False)
    market: Market = required_code(Market)
    demand_id: int = foreign_key("demand.id", nullable=False, index=False)
    supply_id: int = foreign_key("supply.id", nullable=False, index=False)
    state: PairState = required_code(PairState)
    score: float
    n_components: int
    n_with_data: int
    contributions: list[dict[str, Any]] = json_column(list)
    gates: list[dict[str, Any]] = json_column(list)
    changes: list[dict[str, Any]] = json_column(list)
    first_closed_gate: str | None = Field(default=None, max_length=40)
    demand_digest: str = Field(max_length=64)
    supply_digest: str = Field(max_length=64)
    superseded_at: datetime | None = time_column()


class PairSignal(Row, table=True):
    """Interest, shortlist or dismissal of one side; private to that side, except that mutual interest counts."""

    __tablename__ = "pair_signal"
    __table_args__ = (UniqueConstraint("demand_id", "supply_id", "side", "kind"),)

    demand_id: int = foreign_key("demand.id", nullable=False)
    supply_id: int = foreign_key("supply.id", nullable=False)
    side: Side = required_code(Side)
    kind: SignalKind = required_code(SignalKind)
    reason: DeclineReason | None = code_column(DeclineReason)
    note: str = Field(default="", max_length=500)
    by_user_id: int = foreign_key("user.id", nullable=False, index=False)
    by_organization_id: int = foreign_key("organization.id", nullable=False)
