"""The command `fengqiao users`: who may sign in, as what, and with which tokens.

Works on the configured database as its owner; every change leaves an audit row named after the command.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection, text

from access.accounts import (
    PASSWORD_MIN_LENGTH,
    NewAccount,
    account_named,
    add_account,
    add_token,
    check_role,
    disable_account,
    list_accounts,
    reset_password,
    revoke_tokens,
)
from access.scope import community_codes, grid_worker_id, work_grid_ids
from gis.database.connection import running_database
from gis.database.migrate import upgrade
from gis.sentences import Sentence
from gis.settings import DatabaseSettings
from gis.texts import installed_language, spoken, texts_in

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Accounts, roles and tokens.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
#: of the list of accounts
ACCOUNT_HEADINGS = (
    Sentence("account"),
    Sentence("role"),
    Sentence("state"),
    Sentence("post"),
    Sentence("scope"),
    Sentence("password"),
    Sentence("tokens"),
    Sentence("last seen"),
)
Name = Annotated[str, typer.Argument(help="Name of the account, as typed at sign-in.")]
PasswordOption = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking twice.")
]


@contextmanager
def administration() -> Iterator[Connection]:
    """One transaction of the owner on the migrated database, audited as this command."""
    with running_database(DatabaseSettings()) as database:
        upgrade(database)
        with database.owner.begin() as connection:
            connection.execute(text("SELECT set_config('fengqiao.actor', 'fengqiao users', true)"))
            yield connection


def ask_password(from_input: bool) -> str:
    """Return a new password, typed twice; nothing is echoed."""
    if from_input:
        return typer.get_text_stream("stdin").readline().rstrip("\n")
    asked: str = typer.prompt(
        spoken(Sentence("Password (at least {least} characters)", least=PASSWORD_MIN_LENGTH)),
        hide_input=True,
        confirmation_prompt=spoken(Sentence("The same again")),
    )
    return asked


@app.command("list")
def list_() -> None:
    """Show every account."""
    with administration() as connection:
        accounts = list_accounts(connection)
    names = texts_in(installed_language())
    table = Table(box=SIMPLE)
    for at, heading in enumerate(ACCOUNT_HEADINGS):
        table.add_column(spoken(heading), no_wrap=at < 3)
    for account in accounts:
        scope = [*account["community_codes"], *map(str, account["work_grid_ids"])]
        scope += (
            [spoken(Sentence("worker {worker}", worker=account["grid_worker_id"]))] if account["grid_worker_id"] else []
        )
        seen = account["last_seen_at"]
        table.add_row(
            account["name"],
            account["role"],
            spoken(Sentence("shut") if account["disabled_at"] else Sentence("open")),
            account["title"] or names(f"roles.{account['role']}"),
            " ".join(scope),
            spoken(Sentence("yes")) if account["signs_in"] else "–",
            str(account["tokens"]),
            seen.astimezone().strftime("%Y-%m-%d %H:%M") if seen else spoken(Sentence("never")),
        )
    none_yet = Sentence("no accounts yet: fengqiao users add NAME --role operator")
    Console().print(table if accounts else spoken(none_yet))


@app.command()
def add(
    name: Name,
    role: Annotated[str, typer.Option(help="Its role, for example operator; an unknown one lists all.")],
    title: Annotated[str, typer.Option(help="Post shown on pages.")] = "",
    community: Annotated[list[str] | None, typer.Option(help="Code or name of a community; may be repeated.")] = None,
    work_grid: Annotated[list[str] | None, typer.Option(help="Code of a work grid; may be repeated.")] = None,
    worker: Annotated[str | None, typer.Option(help="Number of the grid worker on file.")] = None,
    language: Annotated[str, typer.Option(help="zh or en.")] = "zh",
    without_password: Annotated[
        bool, typer.Option("--without-password", help="No sign-in: a wall or another system, by token only.")
    ] = False,
    password_stdin: PasswordOption = False,
) -> None:
    """Make an account; asks for its password."""
    check_role(role)
    password = None if without_password or role == "wall" else ask_password(password_stdin)
    with administration() as connection:
        account = NewAccount(
            name=name,
            role=role,
            title=title,
            password=password,
            community_codes=community_codes(connection, community or []),
            work_grid_ids=work_grid_ids(connection, work_grid or []),
            grid_worker_id=grid_worker_id(connection, worker) if worker else None,
            language=language,
        )
        add_account(connection, account)
    typer.echo(spoken(Sentence("{name} may now act as {role}", name=name, role=role)))


@app.command()
def disable(name: Name) -> None:
    """Shut an account: its sessions and tokens end at once."""
    with administration() as connection:
        disable_account(connection, name, now=datetime.now(tz=UTC))
    typer.echo(spoken(Sentence("{name} is shut", name=name)))


@app.command()
def reset(name: Name, password_stdin: PasswordOption = False) -> None:
    """Give an account a new password; opens it again if it was shut."""
    password = ask_password(password_stdin)
    with administration() as connection:
        reset_password(connection, name, password, now=datetime.now(tz=UTC))
    typer.echo(spoken(Sentence("{name} has a new password; its open sessions have ended", name=name)))


@app.command()
def token(
    name: Name,
    kind: Annotated[str, typer.Option(help="What it opens: api, device or link.")] = "api",
    label: Annotated[str, typer.Option(help="What it is for; revoke by it.")] = "",
    days: Annotated[int, typer.Option(min=1, help="How long it holds [days].")] = 365,
    revoke: Annotated[bool, typer.Option("--revoke", help="Revoke instead: those of --label, or all.")] = False,
) -> None:
    """Make a token and print it, once; or revoke tokens."""
    now = datetime.now(tz=UTC)
    with administration() as connection:
        account_id = account_named(connection, name)
        if revoke:
            count = revoke_tokens(connection, account_id, label=label or None, now=now)
            typer.echo(spoken(Sentence("tokens of {name} revoked: {count}", name=name, count=count)))
            return
        secret = add_token(connection, account_id, kind=kind, label=label, now=now, lifetime=timedelta(days=days))
    typer.echo(secret)
