"""The `flask` commands: one function each, thin."""

import click
from flask import Flask

from workflows.calendar import today
from workflows.recommendations import refresh_all


def register_commands(app: Flask) -> None:
    """Give the app its commands."""
    app.cli.command("demo-accounts")(show_demo_accounts)

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
