"""The `flask` commands: one function each, thin."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click
from alembic import command
from flask import Flask, current_app, url_for
from sqlalchemy import Engine
from sqlmodel import Session

from cli import city
from cli.audit import audit
from cli.backups import register_backup_commands
from cli.database import copy_database, database_role
from cli.demo_world import demo_accounts
from logs import configure_logging
from models.search_term import fill_if_empty, index_all
from models.session import open_session, unit_of_work
from startup import MIGRATIONS, alembic_config
from workflows import sheet_rows as imports
from workflows.calendar import today
from workflows.city import SetUp, present, set_up_city
from workflows.imports import OPEN_DAYS, Imported, chain_codes, import_firms, import_needs
from workflows.recommendations import refresh_all, warm_up
from workflows.weights import weights_in_use


def register_commands(app: Flask) -> None:
    """Give the app its commands."""
    app.cli.command("demo-accounts")(show_demo_accounts)
    app.cli.command("init-db")(init_database)
    app.cli.command("index-search")(index_search)
    app.cli.command("new-migration")(write_migration)
    app.cli.command("set-up-city")(set_up)
    app.cli.command("import-firms")(load_firms)
    app.cli.command("import-needs")(load_needs)

    app.cli.add_command(audit)
    register_backup_commands(app)
    app.cli.add_command(database_role)
    app.cli.add_command(copy_database)
    app.cli.command("recommend")(recommend_anew)
    app.cli.command("learn")(report_learning)
    app.cli.command("worker")(do_jobs)


def do_jobs() -> None:
    """Do the jobs, until SIGTERM or SIGINT. Several workers, on several machines, do them together."""
    configure_logging(as_json=current_app.config["SETTINGS"].logs_as_json)
    warm_up()
    current_app.extensions["make_worker"]().run()


def recommend_anew() -> None:
    """Recommend anew for every open posting of both markets."""
    if not _recommend_all(current_app.extensions["engine"]):
        raise SystemExit(1)


def _recommend_all(engine: Engine) -> bool:
    """Run both markets and print a line for each; False if a run failed."""
    runs = refresh_all(engine, today=today(), cluster=current_app.config["SETTINGS"].cluster)
    for run in runs:
        click.echo(
            f"{run.market.value}: {run.status.value}, {run.n_recommended} of {run.n_pairs} pairs, "
            f"{run.duration_ms} ms{': ' + run.error if run.error else ''}"
        )
    return all(run.error is None for run in runs)


@click.option("--json", "as_json", is_flag=True, help="one JSON list instead of lines")
def report_learning(*, as_json: bool) -> None:
    """Say what the decisions so far would teach the engine. Nothing is changed by this."""
    from workflows import (
        learning,
    )  # pandas and SciPy's optimizers load slowly, and only this command needs them

    with open_session(current_app.extensions["engine"], read_only=True) as session:
        reports = [
            learning.report(session, market, current=weights_in_use(session, market, on=today()))
            for market in learning.Market
        ]
    if as_json:
        click.echo(json.dumps([asdict(found) for found in reports], ensure_ascii=False, indent=1))
        return
    for found in reports:
        click.echo("\n".join(learning.told(found)))


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
    engine = current_app.extensions["engine"]
    command.upgrade(alembic_config(engine), "head")
    fill_if_empty(engine)


def index_search() -> None:
    """Write anew what organizations and postings are found by, as after rows were loaded past the product."""
    with current_app.extensions["engine"].begin() as connection:
        click.echo(f"{index_all(connection)} rows")


@click.argument("name")
def write_migration(name: str) -> None:
    """Write a numbered migration from the difference between models and database."""
    number = len(list((MIGRATIONS / "versions").glob("[0-9]*.py"))) + 1
    command.revision(
        alembic_config(current_app.extensions["engine"]), message=name, rev_id=f"{number:04d}", autogenerate=True
    )


_FILE = click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_ONLY_WITH_TEXT = click.option("--only-with-text", is_flag=True, help="leave out rows that describe next to nothing")
_NO_RECOMMEND = click.option("--no-recommend", is_flag=True, help="do not run the engine afterwards")


@click.argument("links_path", metavar="LINKS.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("offices_path", metavar="OFFICES.csv", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--address", required=True, help="where people reach this server: https://lianrong.example.gov.cn")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="of the mail")
def set_up(*, links_path: Path, offices_path: Path, address: str, language: str) -> None:
    """Add the city's chains and offices and invite their people; docs/guides/operator.md names the columns."""
    if not address.startswith(("http://", "https://")):
        raise click.BadParameter("must begin with https:// or http://", param_hint="--address")
    done = SetUp()
    letters: list[str] = []

    def link_of(endpoint: str) -> Callable[[str], str]:
        def of(key: str) -> str:
            letters.append(url_for(endpoint, key=key, _external=True))
            return letters[-1]

        return of

    context = current_app.test_request_context(base_url=address)
    with _problems_named(), context, unit_of_work(current_app.extensions["engine"]) as session:
        there = present(session)
        links = city.read_links(links_path, there)
        offices = city.read_offices(offices_path, links, there)
        done = set_up_city(
            session, links, offices, language=language, invitation_link_of=link_of("accounts.accept"),
            password_link_of=link_of("accounts.reset"),
        )  # fmt: skip
    click.echo(f"{done.chains} chains with {done.links} links and {done.offices} offices added")
    people = [*([done.administrator] if done.administrator else []), *done.invited]
    for email, letter in zip(people, letters, strict=True):
        life = "one hour" if email == done.administrator else "seven days"
        click.echo(f"{email}  {letter}  ({life})")


@_FILE
@click.option("--vouched", is_flag=True, help="you answer for the source: the profiles count as verified")
@_ONLY_WITH_TEXT
@click.option("--province", multiple=True, help="keep firms of this province (column province); repeatable")
@click.option("--trade", multiple=True, help="keep firms of this trade (column sw_industry_l1); repeatable")
@_NO_RECOMMEND
def load_firms(
    path: Path,
    *,
    vouched: bool,
    only_with_text: bool,
    province: tuple[str, ...],
    trade: tuple[str, ...],
    no_recommend: bool,
) -> None:
    """Load a CSV of firms, wholly or not at all; docs/imports.md names the columns."""

    def keep(row: Mapping[str, str]) -> bool:
        has_text = imports.says_something(row, imports.FIRM_COLUMNS["introduction"], imports.MIN_INTRODUCTION)
        is_wanted = not (province or trade) or row.get("province") in province or row.get("sw_industry_l1") in trade
        return is_wanted and (has_text or not only_with_text)

    def load(session: Session) -> Imported:
        rows = imports.read_firms(path, chains=chain_codes(session), keep=keep)
        return import_firms(session, rows, is_vouched=vouched, today=today())

    _load(load, recommend=not no_recommend)


@_FILE
@_ONLY_WITH_TEXT
@click.option("--open-days", default=OPEN_DAYS, show_default=True, help="how long the needs stay open")
@_NO_RECOMMEND
def load_needs(path: Path, *, only_with_text: bool, open_days: int, no_recommend: bool) -> None:
    """Load a CSV of purchase needs, wholly or not at all; docs/imports.md names the columns."""

    def keep(row: Mapping[str, str]) -> bool:
        return not only_with_text or imports.says_something(row, imports.NEED_COLUMNS["text"], imports.MIN_NEED_TEXT)

    def load(session: Session) -> Imported:
        rows = imports.read_needs(path, chains=chain_codes(session), keep=keep)
        return import_needs(session, rows, today=today(), open_days=open_days)

    _load(load, recommend=not no_recommend)


def _load(load: Callable[[Session], Imported], *, recommend: bool) -> None:
    """One transaction for the file, then the engine."""
    engine = current_app.extensions["engine"]
    with _problems_named(), unit_of_work(engine) as session:
        done = load(session)
    click.echo(f"{done.added} added, {done.present} known already")
    if done.guessed or done.without_industry:
        click.echo(f"industry guessed from words for {done.guessed}, unknown for {done.without_industry}")
    if recommend and not _recommend_all(engine):
        raise SystemExit(1)


@contextmanager
def _problems_named() -> Iterator[None]:
    """Print what is wrong with a file, each problem on a line, and end with 1."""
    try:
        yield
    except imports.BadFile as error:
        for problem in error.problems:
            click.echo(f"row {problem.row}, {problem.column}: {problem.reason}", err=True)
        click.echo(f"nothing was loaded: {len(error.problems)} problems", err=True)
        raise SystemExit(1) from None
