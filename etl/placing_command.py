"""`fengqiao place`: place records again after the gazetteer changed, and show what moved."""

import csv
from pathlib import Path

from rich.console import Console
from rich.table import Table

from etl.placing_again import PlacedAgain
from gis.texts import Texts

#: moved records shown on the screen; the file has all
SHOWN = 20
COLUMNS = ("subject", "source_key", "words", "before", "after", "distance_m")


def write_moves(path: Path, result: PlacedAgain) -> None:
    """Write every moved record as CSV."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        rows.writerows([getattr(move, column) for column in COLUMNS] for move in result.moves)


def print_result(console: Console, result: PlacedAgain, texts: Texts, *, dry_run: bool) -> None:
    """Print how many records went from which level to which, and the first of them."""
    places = texts("load.placing.all") if result.places is None else str(result.places)
    key = "load.placing.dry" if dry_run else "load.placing.done"
    console.print(texts(key, places=places, read=result.read, moved=len(result.moves), seconds=f"{result.seconds:.1f}"))
    if not result.moves:
        return
    table = Table(title=texts("load.placing.levels"))
    for column in ("before", "after"):
        table.add_column(texts(f"load.placing.{column}"))
    table.add_column(texts("load.placing.records"), justify="right")
    for before, after, count in result.levels:
        table.add_row(level_text(before, texts), level_text(after, texts), f"{count:,}")
    console.print(table)
    for move in result.moves[:SHOWN]:
        distance = "" if move.distance_m is None else f" · {move.distance_m:,.0f} m"
        change = f"{level_text(move.before, texts)} → {level_text(move.after, texts)}"
        console.print(f"{move.source_key}  {change}{distance}  {move.words}", soft_wrap=True)
    if len(result.moves) > SHOWN:
        console.print(texts("load.placing.more", count=len(result.moves) - SHOWN))


def level_text(level: str, texts: Texts) -> str:
    return texts(f"load.level_{level}") if level else texts("load.unplaced")
