"""`fengqiao analyse`: run the detectors over files. No database, no network; the same inputs and seed give the same
bytes.

Formats are in docs/early-warning.md. A wrong input raises BadInput, which the command line turns into one sentence on
stderr.
"""

import json
import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from scipy.sparse import csr_array

from alerts.detect import emerging, hotspots, near_repeat, tables
from gis.errors import BadInput, FengqiaoError

app = typer.Typer(
    help="Early warning over files: what is unusual, where, since when and how sure.", no_args_is_help=True
)

Seed = Annotated[int, typer.Option(help="Seed of everything random; the same seed gives the same bytes.")]
Replications = Annotated[int, typer.Option(min=0, help="Monte Carlo replications.")]


@app.command("hotspots")
def hotspots_command(
    counts: Annotated[Path, typer.Option(help="cell,value[,period]")],
    out: Annotated[Path, typer.Option(help="cell[,period],z,p,hot,cold")],
    neighbours: Annotated[Path | None, typer.Option(help="cell,neighbour, both directions listed")] = None,
    fdr: Annotated[float, typer.Option(min=0.0, max=1.0, help="False-discovery rate")] = 0.05,
    classes: Annotated[Path | None, typer.Option(help="With periods: cell,class,trend_z,trend_p")] = None,
    cold_classes: Annotated[bool, typer.Option(help="Also name cold patterns (17 classes instead of 9)")] = False,
) -> None:
    """Find hot and cold cells (Getis-Ord Gi*) and, with periods, how they emerge."""
    table = tables.read_table(counts, required=["cell", "value"])
    tables.refuse_empty(table, counts)
    timed = "period" in table.columns
    if classes and not timed:
        raise BadInput(f"{counts.name} has no column period; classes need one")
    tables.text_column(table, "cell", counts)
    values = tables.number_column(table, "value", counts, minimum=0)
    tables.refuse_duplicates(table, ["cell", "period"] if timed else ["cell"], counts)
    cells = pd.Index(table["cell"].str.strip().unique())
    periods = sorted(tables.text_column(table, "period", counts).unique()) if timed else [""]
    rows = cells.get_indexer(pd.Index(table["cell"].str.strip()))
    columns = pd.Index(periods).get_indexer(pd.Index(table["period"].str.strip())) if timed else np.zeros_like(rows)
    cube = np.full((len(cells), len(periods)), np.nan)
    cube[rows, columns] = values
    if np.isnan(cube).any():
        cell, period = np.argwhere(np.isnan(cube))[0]
        raise BadInput(
            f"{counts.name} has no row for cell {cells[cell]!s} in {periods[period]!s}; write 0 where nothing happened"
        )
    near = hotspots.ring_neighbours(cells) if neighbours is None else _read_neighbours(neighbours, cells, counts)
    found = hotspots.gi_star(cube, near, fdr=fdr)
    if not np.isfinite(found.z).any():
        print(f"{counts.name}: all values are equal, Gi* is undefined and left empty", file=sys.stderr)
    result = table[["cell", "period"] if timed else ["cell"]].assign(
        z=found.z[rows, columns],
        p=found.p[rows, columns],
        hot=found.hot[rows, columns].astype(int),
        cold=found.cold[rows, columns].astype(int),
    )
    tables.write_table(result, out)
    if classes:
        patterns = emerging.classify(found.z, found.hot, found.cold, with_cold=cold_classes)
        patterns.insert(0, "cell", cells)
        tables.write_table(patterns, classes)


def _read_neighbours(path: Path, cells: pd.Index, counts: Path) -> csr_array:
    links = tables.read_table(path, required=["cell", "neighbour"])
    ends = [
        tables.refuse_unknown(tables.text_column(links, column, path), cells, path, "cell", counts.name)
        for column in ("cell", "neighbour")
    ]
    tables.refuse_duplicates(links, ["cell", "neighbour"], path)
    own = ends[0] == ends[1]
    if own.any():
        raise BadInput(f"{path.name} line {links.index[own][0]}: a cell is not its own neighbour; it is counted anyway")
    there, back = pd.MultiIndex.from_arrays(ends), pd.MultiIndex.from_arrays(ends[::-1])
    one_way = ~back.isin(there)
    if one_way.any():
        line = links.index[one_way][0]
        cell, neighbour = links.at[line, "cell"], links.at[line, "neighbour"]
        raise BadInput(f"{path.name} line {line}: {cell} lists {neighbour} but not the other way round; list both")
    return hotspots.adjacency(ends[0], ends[1], len(cells))


@app.command("near-repeat")
def near_repeat_command(
    events: Annotated[Path, typer.Option(help="id,date,lon,lat (x,y with --planar)")],
    out: Annotated[Path, typer.Option(help="JSON: pairs observed and expected, ratio, p")],
    days: Annotated[float, typer.Option(min=0.0, help="Close in time [days], inclusive")] = 7.0,
    metres: Annotated[float, typer.Option(min=0.0, help="Close in space [m], inclusive")] = 200.0,
    planar: Annotated[bool, typer.Option("--planar", help="Coordinates are x,y in metres")] = False,
    replications: Replications = 999,
    seed: Seed = 1,
) -> None:
    """Test whether events follow close upon each other in space and time (Knox)."""
    table = tables.read_table(events, required=["id", "date"])
    tables.refuse_empty(table, events)
    tables.text_column(table, "id", events)
    tables.refuse_duplicates(table, ["id"], events)
    times = tables.time_column(table, "date", events)
    first, second = tables.place_columns(table, events, planar=planar)
    found = near_repeat.knox(
        times.to_numpy("datetime64[us]").astype(np.int64),
        first,
        second,
        days=days,
        metres=metres,
        planar=planar,
        replications=replications,
        seed=seed,
    )
    result = {
        "observed_pairs": found.observed_pairs,
        "expected_pairs": found.expected_pairs,
        "ratio": found.ratio,
        "p_value": found.p_value,
        "table": found.table,
    }
    tables.write_text(json.dumps(result, indent=1) + "\n", out)


def main() -> None:
    """Run `analyse` on its own; `fengqiao analyse` is the same commands mounted in cli.py."""
    try:
        app()
    except FengqiaoError as fault:
        print(fault, file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
