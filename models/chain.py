"""The city's industry chains: their links, the flows between links, and every version there was."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from models.base import (
    Row,
    foreign_key,
    json_column,
    required_code,
    status_check,
    status_column,
    time_column,
)
from vocabulary.chains import ChainChange
from vocabulary.classifications import LinkPosition
from vocabulary.lifecycles import CHAIN, CHAIN_LINK, ChainStatus, LinkStatus


class Chain(Row, table=True):
    """One of the city's industry chains, run by a chain office. `version` is that of its newest `ChainVersion`."""

    __tablename__ = "chain"
    __table_args__ = (
        status_check(ChainStatus),
        CheckConstraint("(status = 'merged') = (merged_into_id IS NOT NULL)", name="merged_has_target"),
    )

    code: str = Field(max_length=32, unique=True)
    name_zh: str = Field(max_length=60)
    name_en: str = Field(max_length=120)
    host_region_code: str | None = Field(default=None, max_length=12)
    """承载地: the district that carries the chain."""
    source: str = Field(default="", max_length=300)
    """Where the chain was announced, for readers who want to check it."""
    sort_order: int = 0
    version: int = 0
    status: ChainStatus = status_column(CHAIN.initial)
    status_changed_at: datetime = time_column(default_now=True)
    merged_into_id: int | None = foreign_key("chain.id")
    is_demo: bool = False


class ChainLink(Row, table=True):
    """A step or product of a chain (产业链环节); links form a tree and stand at one position of the chain.

    A link keeps its id when its chain is merged or split, so whatever names the link goes with it.
    """

    __tablename__ = "chain_link"
    __table_args__ = (
        UniqueConstraint("chain_id", "code"),
        status_check(LinkStatus),
        CheckConstraint("parent_id IS NULL OR parent_id <> id", name="not_its_own_parent"),
    )

    chain_id: int = foreign_key("chain.id", nullable=False)
    code: str = Field(max_length=48)
    name_zh: str = Field(max_length=60)
    name_en: str = Field(max_length=120)
    position: LinkPosition = required_code(LinkPosition)
    parent_id: int | None = foreign_key("chain_link.id")
    products: list[str] = json_column(list)
    industry_prefixes: str = Field(default="", max_length=200)
    """Codes of GB/T 4754 with commas between them, each with everything below it."""
    sort_order: int = 0
    status: LinkStatus = status_column(CHAIN_LINK.initial)
    status_changed_at: datetime = time_column(default_now=True)

    @property
    def industries(self) -> tuple[str, ...]:
        return tuple(code for code in self.industry_prefixes.split(",") if code)


class ChainFlow(Row, table=True):
    """What one link makes goes into another of the same chain, from upstream to downstream."""

    __tablename__ = "chain_flow"
    __table_args__ = (
        UniqueConstraint("from_link_id", "to_link_id"),
        CheckConstraint("from_link_id <> to_link_id", name="between_two"),
    )

    from_link_id: int = foreign_key("chain_link.id", nullable=False)
    to_link_id: int = foreign_key("chain_link.id", nullable=False)


class ChainVersion(Row, table=True):
    """A chain as it was after one change, whole; never changed afterwards. `created_at` says since when."""

    __tablename__ = "chain_version"
    __table_args__ = (UniqueConstraint("chain_id", "number"),)

    chain_id: int = foreign_key("chain.id", nullable=False)
    number: int
    change: ChainChange = required_code(ChainChange)
    what: str = Field(default="", max_length=200)
    """The name of the link, person or chain that was changed."""
    why: str = Field(default="", max_length=500)
    by_id: int | None = foreign_key("user.id", index=False)
    by_name: str = Field(default="", max_length=80)
    contents: dict[str, Any] = json_column(dict)
    """See `workflows.chain_versions.contents_of`."""
