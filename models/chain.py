"""The city's industry chains and their links."""

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from models.base import Row, foreign_key, required_code
from vocabulary.classifications import LinkPosition


class Chain(Row, table=True):
    """One of the city's industry chains, run by a chain office."""

    __tablename__ = "chain"

    code: str = Field(max_length=32, unique=True)
    name_zh: str = Field(max_length=60)
    name_en: str = Field(max_length=120)
    host_region_code: str | None = Field(default=None, max_length=12)
    sort_order: int = 0
    is_demo: bool = False


class ChainLink(Row, table=True):
    """A step or product of a chain (产业链环节)."""

    __tablename__ = "chain_link"
    __table_args__ = (UniqueConstraint("chain_id", "code"),)

    chain_id: int = foreign_key("chain.id", nullable=False)
    code: str = Field(max_length=48)
    name_zh: str = Field(max_length=60)
    name_en: str = Field(max_length=120)
    position: LinkPosition = required_code(LinkPosition)
    industry_prefixes: str = Field(default="", max_length=200)
    sort_order: int = 0
