"""The `flask` commands: one function each, thin."""

import json
from dataclasses import asdict
from pathlib import Path

import click
from alembic import command
from alembic.config import Config as AlembicConfig
from flask import Flask, current_app

from cli.demo_world import demo_accounts
from models.session import open_session
from workflows.calendar import today
from workflows.recommendations import refresh_all

_MIGRATIONS = Path(__file__).parent.parent / "migrations"


def register_commands(app: Flask) -> None:
    """Give the app its commands."""
    app.cli.command("demo-accounts")(show_demo_accounts)
    app.cli.command("init-db")(init_database)
    app.cli.command("new-migration")(write_migration)

    @app.cli.command("recommend")
    def _recommend() -> None:
        """Recommend anew for every open posting of both markets."""
        failed = False
        for run in refresh_all(app.extensions["engine"], today=today()):
            failed = failed or run.error is not None
            click.echo(
                f"{run.market.value}: {run.status.value}, {run.n_recommended} of {run.n_pairs} pairs, "
                f"{run.duration_ms} ms{': ' + run.error if run.error else ''}"
            )
        if failed:
            raise SystemExit(1)


@click.option("--json", "as_json", is_flag=True, help="one JSON list instead of lines")
def show_demo_accounts(*, as_json: bool) -> None:
    """Print the accounts of the demo world."""
    with open_session(current_app.extensions["engine"], read_only=True) as session:
        accounts = demo_accounts(session)
    if as_json:
        click.echo(json.dumps([asdict(account) for account in accounts], ensure_ascii=False, indent=1))
        return
    for account in accounts:
        click.echo(f"{account.email}  {account.password}  {account.role}  {account.organization}")


def init_database() -> None:
    """Bring the schema to the newest version."""
    command.upgrade(_alembic(), "head")


@click.argument("name")
def write_migration(name: str) -> None:
    """Write a numbered migration from the difference between models and database."""
    number = len(list((_MIGRATIONS / "versions").glob("[0-9]*.py"))) + 1
    command.revision(_alembic(), message=name, rev_id=f"{number:04d}", autogenerate=True)


def _alembic() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["engine"] = current_app.extensions["engine"]
    return config
