"""The command `fengqiao`: composes every package's commands; our errors become one sentence and an exit code.

A command's module is imported when the command is called, not before: `fengqiao geocode` needs no web server.
"""

import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from gis.errors import FengqiaoError

#: command -> (module:attribute, what it does); the attribute is a typer app, or a function that becomes a command
COMMANDS = {
    "up": ("dashboard.up:up", "start everything one machine needs and serve"),
    "sample": ("etl.sample_command:sample", "write the files of a sample sub-district"),
    "load": ("cli:load", "check, place and load a sub-district's files"),
    "simulate": ("etl.simulate:simulate", "post incidents and requests as other systems would"),
    "geocode": ("gis.geocode_command:geocode", "place the texts of a CSV by a gazetteer"),
    "analyse": ("alerts.analyse:app", "detectors over files: scan, counts, hotspots, …"),
    "assign": ("casework.assign_command:app", "split work grids among their workers"),
    "report": ("dashboard.reports.report_command:report", "write the monthly map report"),
    "users": ("access.users_command:app", "accounts, roles and tokens"),
    "backup": ("gis.database.backup_command:backup", "write everything into one file"),
    "restore": ("gis.database.backup_command:restore", "bring a backup back"),
    "doctor": ("gis.database.doctor_command:app", "say what is there and what is wrong"),
}


def find_command(name: str) -> typer.Typer:
    """Return the command `name` as a typer app of its own."""
    module, _, attribute = COMMANDS[name][0].partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        return found
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command(name, context_settings={"help_option_names": ["-h", "--help"]})(found)
    return app


def usage() -> str:
    """The list of commands."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {what}" for name, (_, what) in COMMANDS.items()]
    return "usage: fengqiao COMMAND [OPTIONS]   (fengqiao COMMAND --help tells more)\n\n" + "\n".join(lines)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return 0 if arguments else 2
    name, *rest = arguments
    if name not in COMMANDS:
        print(f"fengqiao: there is no command {name!r}; there are {', '.join(COMMANDS)}", file=sys.stderr)
        return 2
    try:
        typer.main.get_command(find_command(name)).main(args=list(rest), prog_name=f"fengqiao {name}")
    except FengqiaoError as fault:
        print(f"fengqiao: {fault}", file=sys.stderr)
        return 1
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def main() -> None:
    """Run the command line."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
