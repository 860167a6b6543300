"""Demo and live apart, kept by the database itself: whoever writes, and by whatever program, no row of the demo world
comes into a live city, so none can stand in its lists, figures, runs and reports.

A city is live once an organization stands in it and none of them is the demo's; `startup.refuse_mixing` asks the same.
"""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import DDL, event

from models.base import Row

_REFUSED = "a live city takes no row of the demo world"
_IS_LIVE = "EXISTS (SELECT 1 FROM organization) AND NOT EXISTS (SELECT 1 FROM organization WHERE is_demo)"
_POSTGRESQL_FUNCTION = (
    "CREATE FUNCTION apart_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$BEGIN IF {_IS_LIVE} THEN RAISE EXCEPTION '{_REFUSED}' USING ERRCODE = 'check_violation'; END IF; "
    "RETURN NEW; END$$"
)


def marked_tables() -> list[str]:
    """The tables whose rows say whether they are the demo's."""
    return sorted(table.name for table in Row.metadata.tables.values() if "is_demo" in table.c)


def triggers(dialect: str) -> Iterator[str]:
    """What guards every marked table. The migration has the same text; a test compares both databases."""
    if dialect == "postgresql":
        yield _POSTGRESQL_FUNCTION
        for table in marked_tables():
            yield (
                f'CREATE TRIGGER apart_{table} BEFORE INSERT OR UPDATE OF is_demo ON "{table}" '
                "FOR EACH ROW WHEN (NEW.is_demo) EXECUTE FUNCTION apart_refuse()"
            )
        return
    for table in marked_tables():
        for deed, name in (("INSERT", "new"), ("UPDATE OF is_demo", "old")):
            yield (
                f'CREATE TRIGGER apart_{table}_{name} BEFORE {deed} ON "{table}" WHEN NEW.is_demo AND {_IS_LIVE} '
                f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
            )


@event.listens_for(Row.metadata, "after_create")
def _guard(metadata: Any, connection: Any, tables: Collection[Any], **_rest: object) -> None:
    if metadata.tables["organization"] in tables:  # a new database, not one that only gets a table more
        for text in triggers(connection.dialect.name):
            connection.execute(DDL(text))
