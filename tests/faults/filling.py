"""Many rows in every table, made up from the tables' own definitions.

Every row is tried; what a CHECK or a UNIQUE refuses is changed, in a column that the condition names, until the
database takes it. So every status, and every reference that a condition allows, is met somewhere.
"""

import json
import random
import re
import sqlite3
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import CheckConstraint, Column, Engine, Table
from sqlalchemy.dialects import sqlite
from sqlmodel import SQLModel

from access.actor import Actor
from models.audit_chain import GENESIS
from models.base import CodeType
from models.session import unit_of_work
from models.sqlite import connect, driver
from vocabulary.audit_actions import AuditAction
from vocabulary.roles import OrganizationKind, Role
from workflows.audit import record
from workflows.ledger_anchors import Seal
from workflows.ledger_check import checkpoint_mac

LEDGER = ("audit_event", "audit_checkpoint")
"""Rows that hang together by hashes are written by the product's own code."""
_MAX_TRIES = 400
_DAY = datetime(2026, 1, 5)  # noqa: DTZ001 -- times in SQLite have no zone
_LITERAL = re.compile(r"'([^']*)'")
_NOT_NULL_SHARE = 0.85


class _Filler:
    """Makes rows of one table."""

    def __init__(self, table: Table, n_rows: int, dice: random.Random) -> None:
        self.table, self.n_rows, self.dice = table, n_rows, dice
        checks = [c for c in table.constraints if isinstance(c, CheckConstraint)]
        self.conditions = {str(check.name): str(check.sqltext) for check in checks}
        self.named = {
            name: [column for column in table.columns if re.search(rf"\b{column.name}\b", text)]
            for name, text in self.conditions.items()
        }
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        self.statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join("?" * len(table.columns))})'

    def add(self, connection: sqlite3.Connection, number: int) -> None:
        """One row that the database takes. Raises AssertionError if none was found."""
        row = {column.name: self._value(column, number) for column in self.table.columns}
        for _ in range(_MAX_TRIES):
            try:
                connection.execute(self.statement, list(row.values()))
            except driver.IntegrityError as error:
                column = self.dice.choice(self._blamed(str(error)))
                row[column.name] = self._value(column, number, anew=True)
            else:
                return
        raise AssertionError(f"no row number {number} of {self.table.name}: {row}")

    def _blamed(self, error: str) -> list[Column[Any]]:
        """Columns that a refusal names and that may be changed."""
        kind, _, names = error.partition(" constraint failed: ")
        if "row of the demo" in kind:
            return [self.table.columns["is_demo"]]
        if kind == "CHECK":
            found = self.named[names]
        else:
            found = [self.table.columns[name.partition(".")[2]] for name in names.split(", ")]
            for index in self.table.indexes:
                where = index.dialect_options["sqlite"]["where"]
                if where is not None and {column.name for column in index.columns} == {each.name for each in found}:
                    found += [column for column in self.table.columns if re.search(rf"\b{column.name}\b", str(where))]
        return [column for column in found if not self._is_own_key(column)] or found

    def _is_own_key(self, column: Column[Any]) -> bool:
        return bool(column.primary_key and len(self.table.primary_key) == 1)

    def _value(self, column: Column[Any], number: int, *, anew: bool = False) -> Any:
        if self._is_own_key(column):
            return number
        if anew and column.nullable and self.dice.random() > _NOT_NULL_SHARE:
            return None
        if column.foreign_keys:
            return 1 + (self.dice.randrange(self.n_rows) if anew else (number + len(column.name)) % self.n_rows)
        return self._plain(column)

    def _plain(self, column: Column[Any]) -> Any:
        dice = self.dice
        if isinstance(column.type, CodeType):
            return dice.choice([member.value for member in column.type.enum])
        match _kind(column)[0]:
            case "VARCHAR" | "TEXT":
                return self._text(column)
            case "BOOLEAN":
                return dice.randrange(2)
            case "INTEGER" | "BIGINT" | "SMALLINT":
                return dice.choice((0, 1, 2, 3, 7, 30, dice.randrange(10**6)))
            case "FLOAT":
                return dice.choice((0.0, 0.25, 0.5, 1.0, dice.random()))
            case "DATETIME":
                return (_DAY + timedelta(minutes=dice.randrange(500_000))).isoformat(" ") + ".000000"
            case "DATE":
                return (date(2026, 1, 5) + timedelta(days=dice.randrange(350))).isoformat()
            case "TIME":
                return f"{dice.randrange(8, 18):02d}:30:00.000000"
            case "BLOB":
                return dice.randbytes(20)
            case "JSON":
                return json.dumps(self._structure(column))
            case other:
                raise AssertionError(f"nothing is known of {other}")

    def _text(self, column: Column[Any]) -> str:
        known = [word for text in self.conditions.values() if column.name in text for word in _LITERAL.findall(text)]
        if known and self.dice.random() < 0.9:
            return self.dice.choice(known)
        return f"{self.dice.getrandbits(60):x} 链"[: _kind(column)[1] or 40]

    def _structure(self, column: Column[Any]) -> Any:
        made = column.default.arg(None) if column.default is not None and callable(column.default.arg) else {}
        word = f"词{self.dice.randrange(1000)}"
        return [word] if isinstance(made, list) else {"word": word}


def _kind(column: Column[Any]) -> tuple[str, int]:
    """The database's word for what a column holds and, where it is said, of which length: VARCHAR, 32."""
    word, _, length = column.type.compile(sqlite.dialect()).partition("(")
    return word, int(length.rstrip(")") or 0)


def fill(engine: Engine, n_rows: int, seal: Seal) -> None:
    """Bring every table, the ledger too, to `n_rows` rows, with references to one another. The tables are empty."""
    assert engine.url.database
    connection = connect(Path(engine.url.database), isolation_level=None)
    connection.execute("PRAGMA foreign_keys=OFF")  # tables refer to one another in circles; all is there at the end
    connection.execute("BEGIN")
    dice = random.Random(11)
    for table in SQLModel.metadata.tables.values():
        if table.name in LEDGER:
            continue
        connection.execute(f'DELETE FROM "{table.name}"')
        filler = _Filler(table, n_rows, dice)
        for number in range(1, n_rows + 1):
            filler.add(connection, number)
    for side in ("demand", "supply"):  # a pairing's organizations are those of its postings, on which migrations rest
        connection.execute(
            f"UPDATE pairing SET {side}_organization_id = (SELECT organization_id FROM {side} WHERE id = {side}_id)"
        )
    for through in range(1 - n_rows, 1):
        values = (_DAY.isoformat(" ") + ".000000", through, GENESIS, checkpoint_mac(seal, through, GENESIS, 0))
        connection.execute(
            "INSERT INTO audit_checkpoint (created_at, through_id, hash, n_removed, mac) VALUES (?, ?, ?, 0, ?)", values
        )
    connection.execute("COMMIT")
    connection.close()
    with unit_of_work(engine) as session:
        for number in range(1, n_rows + 1):
            actor = Actor(number, "甲", number, OrganizationKind.BANK, "某银行", True, Role.OFFICER)
            record(
                session, actor, AuditAction.POSTING_EDITED, subject_kind="demand", subject_id=number,
                visible_to_organization_id=number, chain_id=number,
            )  # fmt: skip


def lacking(engine: Engine, n_rows: int) -> list[str]:
    """Tables with too few rows, columns that are empty throughout, statuses not met, and references to nothing."""
    found = []
    with engine.execution_options(read_only=True).connect() as connection:
        ask = connection.exec_driver_sql
        found += [f"{row[0]} points to nothing" for row in ask("PRAGMA foreign_key_check").all()]
        for table in SQLModel.metadata.tables.values():
            n = ask(f'SELECT count(*) FROM "{table.name}"').scalar_one()
            found += [f"{table.name} has {n} rows"] if n < n_rows else []
            for column in table.columns:
                filled = ask(f'SELECT count("{column.name}") FROM "{table.name}"').scalar_one()
                if column.foreign_keys and not filled:
                    found.append(f"{table.name}.{column.name} is empty")
    return found
