"""`fengqiao doctor`: what is there, and what is wrong."""

import typer
from rich.console import Console
from rich.table import Table

from gis.database.doctor import examine
from gis.feed_command import feed
from gis.sentences import Sentence
from gis.settings import DatabaseSettings
from gis.texts import spoken

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="Say what is there and what is wrong.")


@app.callback(invoke_without_command=True)
def doctor(context: typer.Context) -> None:
    """Print versions, paths, extensions, free disk and schema version; then what is wrong, a sentence each."""
    if context.invoked_subcommand:
        return
    findings = examine(DatabaseSettings())
    console = Console()
    table = Table(box=None, show_header=False, pad_edge=False)
    for finding in findings:
        table.add_row(told(finding.what), told(finding.value), "✗" if finding.wrong else "✓")
    console.print(table)
    wrong = [finding.wrong for finding in findings if finding.wrong]
    lines = [f"✗ {spoken(sentence)}" for sentence in wrong] or [spoken(Sentence("Nothing is wrong."))]
    console.print("\n" + "\n".join(lines), soft_wrap=True)
    raise typer.Exit(1 if wrong else 0)


def told(what: str | Sentence) -> str:
    """Return a cell of the table."""
    return what if isinstance(what, str) else spoken(what)


app.command("feed")(feed)
