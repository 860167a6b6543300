"""Alembic's door to the models. Batch migrations run with foreign keys off, else SQLite deletes child rows."""

from typing import Any, Literal

from alembic import context
from sqlmodel import SQLModel

import models
from config import Settings
from models.base import CodeType, UtcDateTime
from models.session import make_engine
from models.strict_types import Day, Finite, Whole, Words

assert models


def _plain_type(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """A migration spells out column types, so that it means the same when the types of the rows change."""
    if kind == "type" and isinstance(item, CodeType | Words):
        length = 32 if isinstance(item, CodeType) else item.plain.length
        return f"sa.String(length={length})"
    if kind == "type" and isinstance(item, Whole | Finite | Day):
        return f"sa.{item.plain!r}"
    return "sa.DateTime()" if kind == "type" and isinstance(item, UtcDateTime) else False


def run() -> None:
    engine = context.config.attributes.get("engine")
    if engine is None:
        engine = make_engine(Settings().url)
    is_sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if is_sqlite:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            render_as_batch=True,
            compare_type=True,
            render_item=_plain_type,
            transactional_ddl=True,
        )
        context.run_migrations()
        if is_sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
            raise RuntimeError("migration left dangling references; nothing was committed")
        connection.commit()
        if is_sqlite:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")
            connection.exec_driver_sql("BEGIN")


run()
