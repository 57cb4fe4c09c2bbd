"""The command `fengqiao`: composes every package's commands; our errors become one sentence and an exit code.

A command's module is imported when the command is called, not before: `fengqiao geocode` needs no web server.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gis.command_faults import CommandLineFault, NoCommand, sentence_of
from gis.command_help import told, told_in
from gis.errors import FengqiaoError
from gis.sentences import Sentence
from gis.settings import DatabaseSettings
from gis.texts import LANGUAGES, installed_language, spoken

if TYPE_CHECKING:
    from dashboard.up import Served
    from gis.database.connection import Database

#: command -> (module:attribute, what it does); the attribute is a typer app, or a function that becomes a command
COMMANDS = {
    "up": ("dashboard.up:up", "start everything one machine needs and serve"),
    "run": ("cli:run_sample", "up, with the sample sub-district made, loaded and living"),
    "live": ("cli:live_on", "top the sample up to now, then simulate (run does it)"),
    "sample": ("etl.sample_command:sample", "write the files of a sample sub-district"),
    "load": ("cli:load", "check, place and load a sub-district's files"),
    "place": ("cli:place", "place records again after the gazetteer changed"),
    "pull": ("etl.pull_command:pull", "ask the systems that feeds come from, load what is new"),
    "batch": ("etl.batch_command:app", "the ledger: what was loaded; undo and replay"),
    "quarantine": ("etl.quarantine_command:app", "rows that were refused: download, mend, load again"),
    "simulate": ("etl.simulate:simulate", "post incidents and requests as other systems would"),
    "sandbox": ("cli:make_sandbox", "make the sandbox anew: invented data for other systems that are being built"),
    "geocode": ("gis.geocode_command:geocode", "place the texts of a CSV by a gazetteer"),
    "analyse": ("alerts.analyse:app", "detectors over files: scan, counts, hotspots, …"),
    "replay": ("alerts.past_command:replay", "judge loaded history afterwards, for reports"),
    "cap": ("alerts.cap_command:app", "take in CAP alerts of others"),
    "assign": ("casework.assign_command:app", "split work grids among their workers"),
    "report": ("dashboard.reports.report_command:report", "write the monthly map report"),
    "dictionary": ("dashboard.dictionary.command:dictionary", "write docs/data-dictionary.md from the schema"),
    "lineage": ("dashboard.lineage_command:lineage", "write where batches went as OpenLineage events"),
    "users": ("access.users_command:app", "accounts, roles and tokens"),
    "surface": ("layers.surface_command:surface", "write a layer of cells as a Cloud-Optimised GeoTIFF"),
    "backup": ("gis.database.backup_command:backup", "write everything into one file"),
    "restore": ("gis.database.backup_command:restore", "bring a backup back"),
    "doctor": ("gis.database.doctor_command:app", "say what is there and what is wrong"),
}


#: asks for help; so does a group of commands of which nothing is asked
HELP = frozenset({"-h", "--help"})


def find_command(name: str) -> typer.Typer:
    """Return the command `name` as a typer app of its own."""
    module, _, attribute = COMMANDS[name][0].partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        return found
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(name, context_settings={"help_option_names": ["-h", "--help"]})(found)
    return app


def load(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="folders with a district.yml, or files in one")],
    actor: Annotated[str, typer.Option("--actor", help="who loads, for the ledger")] = "fengqiao load",
    language: Annotated[str, typer.Option("--language", help="zh or en; else the installation's")] = "",
    scheduler: Annotated[
        str, typer.Option("--scheduler", help="tcp://… of a dask scheduler that does the row work")
    ] = "",
    preview: Annotated[bool, typer.Option("--preview", help="say what would change and write nothing")] = False,
) -> None:
    """Check, place and load every feed of the given folders, then count the facts per cell and let the rules judge."""
    from etl.load_command import load as load_paths
    from gis.database.connection import running_database

    with running_database(DatabaseSettings()) as database:
        load_paths(paths, actor, language, scheduler, preview)
        if not preview:
            take_in(database)


def place(
    everything: Annotated[bool, typer.Option("--all", help="every record, not only what could have changed")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would move and write nothing")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="CSV of every record that moved")] = None,
    language: Annotated[str, typer.Option("--language", help="zh or en; else the installation's")] = "",
) -> None:
    """Place records again whose place a changed gazetteer may put elsewhere, and say what moved."""
    from rich.console import Console

    from etl.placing_again import place_again
    from etl.placing_command import print_result, write_moves
    from gis.database.connection import running_database
    from gis.database.migrate import upgrade
    from gis.district import select_district
    from gis.texts import texts_in

    with running_database(DatabaseSettings()) as database:
        upgrade(database)
        with database.owner.connect() as connection:
            district = select_district(connection)
        now = datetime.now(UTC)
        result = place_again(
            database, district, actor="fengqiao place", now=now, everything=everything, dry_run=dry_run
        )
        if out is not None:
            write_moves(out, result)
        print_result(Console(highlight=False), result, texts_in(language), dry_run=dry_run)
        if result.moves and not dry_run:
            take_in(database)


def take_in(database: "Database") -> None:
    """Bring facts and alerts up to what was loaded."""
    from alerts.detection import detect
    from alerts.life import judge
    from alerts.past import keep_past_once
    from alerts.rule_store import rules_in_force
    from gis.district import select_district
    from layers.facts import refresh

    now = datetime.now(UTC)
    refresh(database, now=now)
    with database.owner.connect() as connection:
        district = select_district(connection)
        rules = rules_in_force(connection, subdistrict_code=district.code)
    detect(database.owner, rules, district, now=now)
    judge(database.owner, rules, subdistrict_code=district.code, now=now)
    keep_past_once(database.owner, rules, subdistrict_code=district.code, zone=district.zone, now=now)


def make_sandbox() -> None:
    """Make the sandbox anew, in a database of its own; what other systems reported there is thrown away."""
    from gis.database.connection import running_database

    with running_database(DatabaseSettings()) as database:
        prepare_sandbox(database)
    typer.echo(spoken(Sentence("The sandbox is ready; consumers marked as sandbox are answered from it.")))


def prepare_sandbox(database: "Database") -> None:
    """Make and load the sandbox beside an installation."""
    import tempfile

    from dashboard.exchange.sandbox import make_empty, open_doors
    from etl.load import load_folder
    from etl.sample.sandbox import COMMUNITIES, write_sandbox
    from gis.database.migrate import upgrade

    now = datetime.now(UTC)
    sandbox = make_empty(database)
    try:
        upgrade(sandbox)
        with tempfile.TemporaryDirectory() as folder:
            load_folder(sandbox, write_sandbox(Path(folder), now=now), actor="fengqiao sandbox", now=now)
        take_in(sandbox)
        open_doors(sandbox, community_code=next(iter(COMMUNITIES)))
    finally:
        sandbox.dispose()


def run_sample(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="port to listen on")] = 8050,
    scale: Annotated[float, typer.Option(help="share of the sample's persons and events (0, 1]")] = 1.0,
    seed: Annotated[int, typer.Option(min=0, help="of the sample, when it is made")] = 1,
) -> None:
    """Serve the sample sub-district: made and loaded on first use, topped up to now, and living at the true pace."""
    from dashboard.up import Address, serve

    settings = DatabaseSettings()
    folder = settings.var_dir / "sample"
    serve(
        settings,
        Address(host, port),
        prepare=lambda database: prepare_sample(database, folder, scale=scale, seed=seed),
        beside=lambda served: living(served, folder),
    )


def prepare_sample(database: "Database", folder: Path, *, scale: float, seed: int) -> None:
    """Make and load the sample if it is not there."""
    from casework.assignment import read_effort
    from casework.assignment_store import make_plan, publish_plan
    from etl.load_command import load as load_paths
    from etl.sample_command import sample
    from gis.district import select_district

    now = datetime.now(UTC)
    if not (folder / "district.yml").exists():
        sample(folder, seed=seed, scale=scale, until=None)
    if is_assigned(database):
        return
    # a load that was broken off is taken up again: what is there already is unchanged
    load_paths([folder], "fengqiao run", "", "")
    take_in(database)
    # last, so that it marks the end of the way
    with database.owner.begin() as connection:
        code = select_district(connection).code
        plan = make_plan(connection, subdistrict_code=code, effort=read_effort(), now=now, seed=seed)
        publish_plan(connection, plan, actor="fengqiao run", now=now)


def is_assigned(database: "Database") -> bool:
    """Whether work grids were ever divided among their workers: the last step of making the sample ready."""
    from sqlalchemy import text

    with database.owner.connect() as connection:
        return bool(connection.scalar(text("SELECT EXISTS (SELECT FROM casework.assignment)")))


def loaded_history(database: "Database") -> datetime | None:
    """The newest event of the sample's own story on file; None when no incident was ever loaded.

    What somebody reports from a phone or over the interface is no part of the story and hides none of it.
    """
    from sqlalchemy import text

    from dashboard.links import SIMULATION

    asked = text(
        "SELECT max(incident.reported_at) FROM base.incident JOIN support.batch ON batch.id = incident.batch_id"
        " WHERE batch.origin <> 'report' OR batch.actor = :simulation"
    )
    with database.owner.connect() as connection:
        newest: datetime | None = connection.scalar(asked, {"simulation": f"consumer: {SIMULATION.name}"})
    return newest


@contextmanager
def living(served: "Served", folder: Path) -> Iterator[None]:
    """Let the sample live on beside the server, in a process of its own; it ends with the server."""
    if served.links is None:
        yield
        return
    command = [sys.executable, "-m", "cli", "live", "--url", served.url, "--folder", str(folder)]
    log_path = folder.parent / "live.log"
    with log_path.open("ab") as log:
        simulation = subprocess.Popen(
            command,
            env={
                **os.environ,
                # reported by the sample's consumer; taken on and closed by whoever holds the printed token
                "FENGQIAO_TOKEN": served.links.feed_key,
                "FENGQIAO_HANDLING_TOKEN": served.links.api_token,
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    threading.Thread(target=say_when_it_ends, args=(simulation, log_path), daemon=True).start()
    try:
        yield
    finally:
        simulation.terminate()
        try:
            simulation.wait(timeout=5)
        except subprocess.TimeoutExpired:
            simulation.kill()
            simulation.wait()


def say_when_it_ends(simulation: subprocess.Popen[bytes], log: Path) -> None:
    """Say it when the simulation ends by itself, since the wall would only grow quiet."""
    # ended by a signal: it was asked to
    if simulation.wait() > 0:
        print(f"fengqiao: {spoken(Sentence('the sample does not live on; {log} says why', log=log))}", file=sys.stderr)


def live_on(
    folder: Annotated[Path, typer.Option(help="the sample's delivery")],
    url: Annotated[str, typer.Option(help="the server")] = "http://127.0.0.1:8050",
    token: Annotated[str, typer.Option(envvar="FENGQIAO_TOKEN", help="token that may write")] = "",
    handling_token: Annotated[
        str, typer.Option(envvar="FENGQIAO_HANDLING_TOKEN", help="token that may lead on; else the other one")
    ] = "",
) -> None:
    """Load what happened in the sample since its newest event, then report and lead on at the true pace."""
    from dashboard.exchange.sandbox import has_sandbox
    from etl.load_command import load as load_paths
    from etl.sample.story import top_up
    from etl.simulate import simulate
    from gis.database.connection import running_database
    from gis.database.embedded import exclusive

    # a server that was killed leaves its simulation behind; that one goes on, a second would report everything twice
    with exclusive(folder.parent / "live.lock", wait=False):
        with running_database(DatabaseSettings()) as database:
            since = loaded_history(database)
            if since is not None:
                load_paths([top_up(folder, since=since, until=datetime.now(UTC))], "fengqiao live", "", "")
            if not has_sandbox(database):
                prepare_sandbox(database)
        simulate(speed=1.0, url=url, token=token, handling_token=handling_token, folder=folder, seed=1, most=None)


def usage() -> str:
    """The list of commands."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {told(what, installed_language())}" for name, (_, what) in COMMANDS.items()]
    head = Sentence("usage: fengqiao COMMAND [OPTIONS]   (fengqiao COMMAND --help tells more)")
    return f"{spoken(head)}\n\n" + "\n".join(lines)


def asked_language(arguments: Sequence[str]) -> str:
    """The language a command line names with --language, else the installation's."""
    stated = dict(pairwise(arguments)).get("--language", "")
    return stated if stated in LANGUAGES else installed_language()


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0 if arguments else 2
    name, *rest = arguments
    if name not in COMMANDS:
        unknown = Sentence("there is no command {name!r}; there are {commands}", name=name, commands=COMMANDS)
        print(f"fengqiao: {spoken(unknown)}", file=sys.stderr)
        return 2
    try:
        command = typer.main.get_command(find_command(name))
        called = f"fengqiao {name}"
        if not rest or HELP & set(rest):
            told_in(command, asked_language(rest))
        ended = command.main(args=list(rest), prog_name=called, standalone_mode=False)
        # commands return nothing; a number is the code of one that ended early
        return int(ended or 0)
    except typer.Abort:
        # a question was not answered
        return 1
    except NoCommand:
        # a group without a command showed its help
        return 2
    except CommandLineFault as fault:
        print(f"fengqiao: {sentence_of(fault, called).within(asked_language(rest))}", file=sys.stderr)
        return 2
    except FengqiaoError as fault:
        return failed(fault, rest)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except Exception as fault:
        from gis.surroundings import refused_by_the_machine

        refused = refused_by_the_machine(fault, var_dir=Path(os.environ.get("FENGQIAO_VAR_DIR", "var")))
        if refused is None:
            raise
        return failed(refused, rest)


def failed(fault: FengqiaoError, arguments: Sequence[str]) -> int:
    """Say what is wrong in one sentence; returns the exit code."""
    print(f"fengqiao: {fault.within(asked_language(arguments))}", file=sys.stderr)
    return 1


def main() -> None:
    """Run the command line."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
