"""Research that could become products of a chain (可产业化的主要科研成果)."""

from datetime import datetime

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
from vocabulary.lifecycles import RESEARCH_RESULT
from vocabulary.office_reports import ResearchReadiness, ResearchStatus


class ResearchResult(Row, table=True):
    """One result of a university, institute or firm, listed by the chain's office until it is taken up or withdrawn."""

    __tablename__ = "research_result"
    __table_args__ = (
        status_check(ResearchStatus),
        evidence_check("ended_has_note", (ResearchStatus.TAKEN_UP, ResearchStatus.WITHDRAWN), "ended_note"),
    )

    public_id: str = public_id_column()
    chain_id: int = foreign_key("chain.id", nullable=False)
    chain_link_id: int | None = foreign_key("chain_link.id")
    title: str = Field(max_length=120)
    holder: str = Field(max_length=120)
    readiness: ResearchReadiness = required_code(ResearchReadiness)
    wanted: str = Field(default="", max_length=500)
    """What it needs to become a product."""
    source: str = Field(default="", max_length=300)
    """Where the result can be looked up."""
    listed_by_id: int | None = foreign_key("user.id", index=False)
    ended_note: str | None = Field(default=None, max_length=500)
    """Who took it up, or why it was withdrawn."""
    status: ResearchStatus = status_column(RESEARCH_RESULT.initial)
    status_changed_at: datetime = time_column(default_now=True)
    is_demo: bool = False
