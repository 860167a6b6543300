"""Commands about the database itself: the product's role in it, and moving a city to another one."""

import click
from alembic import command
from alembic.runtime.migration import MigrationContext
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import Connection, Engine, ForeignKeyConstraint, Table, func, insert, select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.schema import AddConstraint, DropConstraint
from sqlmodel import SQLModel

from jobs.queue import SCHEMA
from models.grants import grant
from models.session import make_engine, reading
from startup import alembic_config
from workflows.ledger_check import verify

_BATCH = 1_000


@click.command("database-role")
@click.argument("role")
@with_appcontext
def database_role(role: str) -> None:
    """Give a PostgreSQL role what the running product needs, and no more. Run as the owner of the tables."""
    engine: Engine = current_app.extensions["engine"]
    if engine.dialect.name != "postgresql":
        raise click.ClickException("roles are PostgreSQL's; on SQLite the file's owner may do everything")
    with engine.begin() as connection:
        grant(connection, role, queue_schema=SCHEMA)
    click.echo(f"{role} reads and writes, adds to the ledger, changes no schema")


@click.command("copy-database")
@click.argument("source_url", metavar="FROM")
@click.argument("target_url", metavar="TO")
@with_appcontext
def copy_database(source_url: str, target_url: str) -> None:
    """Copy a whole city, as a rule from SQLite to an empty PostgreSQL database, in one transaction."""
    source, target = make_engine(source_url), make_engine(target_url)
    try:
        command.upgrade(alembic_config(target), "head")
        counts = copy_rows(source, target)
        report = verify(target, current_app.extensions["ledger_seal"])
    finally:
        source.dispose()
        target.dispose()
    if not report.is_whole:
        raise click.ClickException(f"the rows are copied, but the ledger is not whole: {report.findings[0]}")
    click.echo(f"{sum(counts.values())} rows of {len(counts)} tables copied; the ledger's {report.n_rows} are whole")


def copy_rows(source: Engine, target: Engine) -> dict[str, int]:
    """Copy every row and set the counters of ids; the number of rows by table.

    Raises ClickException if the target is no PostgreSQL database, has rows, or differs in schema or in the end in
    counts; then nothing was copied. Foreign keys are taken off for the copying and checked when they are put back,
    since rows may point at later ones.
    """
    if target.dialect.name != "postgresql":
        raise click.ClickException("the target must be PostgreSQL; a SQLite file is copied as a file")
    tables = SQLModel.metadata.sorted_tables
    keys = [key for table in tables for key in table.constraints if isinstance(key, ForeignKeyConstraint)]
    with reading(source).connect() as there, target.begin() as here:
        _require_alike(there, here, tables)
        for key in keys:
            here.execute(DropConstraint(key))
        counts = {table.name: _copy_table(there, here, table) for table in tables}
        for key in keys:
            here.execute(AddConstraint(key, isolate_from_table=False))
        for table in tables:
            if here.execute(select(func.count()).select_from(table)).scalar_one() != counts[table.name]:
                raise click.ClickException(f"{table.name}: not all rows arrived")
    return counts


def _require_alike(there: Connection, here: Connection, tables: list[Table]) -> None:
    schemas = [MigrationContext.configure(connection).get_current_revision() for connection in (there, here)]
    if schemas[0] != schemas[1]:
        raise click.ClickException(f"the source has schema {schemas[0]}, not {schemas[1]}: run init-db on it first")
    filled = [table.name for table in tables if here.execute(select(table.c[0]).limit(1)).first() is not None]
    if filled:
        raise click.ClickException(f"the target is not empty: {', '.join(filled)}")


def _copy_table(there: Connection, here: Connection, table: Table) -> int:
    """How many rows were copied; the next id follows the largest."""
    n_rows = 0
    rows = there.execution_options(yield_per=_BATCH).execute(select(table))
    for batch in rows.mappings().partitions(_BATCH):
        try:
            here.execute(insert(table), [dict(row) for row in batch])
        except StatementError as error:
            raise click.ClickException(f"{table.name}: {error.orig}") from error
        n_rows += len(batch)
    if n_rows and table.autoincrement_column is not None:
        column = table.autoincrement_column
        counter = here.execute(
            text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": f'"{table.name}"', "column": column.name}
        ).scalar_one()
        if counter is not None:
            newest = here.execute(select(func.max(column))).scalar_one()
            here.execute(
                text("SELECT setval(CAST(:counter AS regclass), :newest)"), {"counter": counter, "newest": newest}
            )
    return n_rows
