"""`fengqiao sample`: write the sample sub-district."""

import datetime as dt
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from etl.sample.delivery import write_sample
from gis.errors import BadInput


def sample(
    out: Annotated[Path, typer.Argument(help="folder to write to; the truth goes to OUT.truth")],
    seed: Annotated[int, typer.Option(min=0, help="same seed and date, same bytes")] = 1,
    scale: Annotated[float, typer.Option(help="share of persons, visits, incidents and requests, (0, 1]")] = 1.0,
    until: Annotated[str | None, typer.Option(help="last day of the history, YYYY-MM-DD; default yesterday")] = None,
) -> None:
    """Write the sample sub-district as files, the way a street office hands them over."""
    delivered = write_sample(out, seed=seed, scale=scale, until=_day(until))
    table = Table(title=str(delivered.folder))
    for heading in ("feed", "good", "bad"):
        table.add_column(heading, justify="left" if heading == "feed" else "right")
    for feed, count in delivered.good.items():
        table.add_row(feed, f"{count:,}", f"{delivered.bad.get(feed, 0):,}")
    Console().print(table)


def _day(text: str | None) -> dt.date:
    if text is None:
        return dt.datetime.now(ZoneInfo("Asia/Shanghai")).date() - dt.timedelta(1)
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise BadInput("--until is {text!r}; it must be a day like 2026-11-22", text=text) from None
