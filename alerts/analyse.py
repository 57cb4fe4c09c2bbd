"""`fengqiao analyse`: run the detectors over files. No database, no network; the same inputs and seed give the same
bytes.

Formats are in docs/early-warning.md. A wrong input raises BadInput, which the command line turns into one sentence on
stderr.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
from scipy.sparse import csr_array

from alerts.analyse_scan import Replications, Seed, scan_command, tell
from alerts.detect import (
    binning,
    emerging,
    forecast,
    hotspots,
    near_repeat,
    tables,
    time_units,
    watch,
)
from alerts.detect import counts as count_detectors
from gis.errors import BadInput
from gis.sentences import Sentence

app = typer.Typer(
    help="Early warning over files: what is unusual, where, since when and how sure.", no_args_is_help=True
)
app.command("scan")(scan_command)


@app.command("counts")
def counts_command(
    method: Annotated[count_detectors.Method, typer.Option(help="Detector")],
    series: Annotated[Path, typer.Option(help="series_id,date,count[,population]")],
    control: Annotated[Path, typer.Option(help="JSON: parameters by the names of R surveillance, and range")],
    out: Annotated[Path, typer.Option(help="series_id,date,observed,expected,upperbound,score,p_value,alarm")],
) -> None:
    """Find unusual counts in regular series (Farrington, EARS, CUSUM, GLR, Bayes)."""
    settings = _read_control(control)
    table = tables.read_table(series, required=["series_id", "date", "count"])
    tables.refuse_empty(table, series)
    table = table.assign(
        series_id=tables.text_column(table, "series_id", series),
        day=tables.day_numbers(tables.time_column(table, "date", series)),
        number=tables.count_column(table, "count", series),
    )
    tables.refuse_duplicates(table, ["series_id", "date"], series)
    people = None
    if "population" in table.columns:
        people = tables.number_column(table, "population", series, minimum=1e-9)
    first, last = _control_range(settings, control)
    results = []
    for name in table["series_id"].unique():
        rows = np.flatnonzero(table["series_id"].to_numpy() == name)
        rows = rows[np.argsort(table["day"].to_numpy()[rows], kind="stable")]
        days = table["day"].to_numpy(np.int64)[rows]
        count_detectors.regular_step(days, name)
        positions = np.flatnonzero((days >= first) & (days <= last))
        if not len(positions):
            raise BadInput("series {series} has no date in the range of {file}", series=name, file=control.name)
        judged = count_detectors.judge_series(
            table["number"].to_numpy(np.int64)[rows],
            days,
            positions,
            method=method,
            control=settings,
            population=None if people is None else people[rows],
        )
        if judged["score"].isna().all() and method in ("cusum", "glr-nb"):
            tell(Sentence("series {name} has no event before the range; its chart is undefined", name=name))
        judged.insert(0, "date", [time_units.day_text(day) for day in days[positions]])
        judged.insert(0, "series_id", name)
        results.append(judged)
    tables.write_table(pd.concat(results, ignore_index=True), out)


def _read_control(path: Path) -> dict[str, Any]:
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise BadInput("{path} cannot be read: {reason}", path=path, reason=fault.strerror) from None
    except ValueError as fault:
        raise BadInput("{name} is not JSON: {reason}", name=path.name, reason=fault) from None
    if not isinstance(settings, dict):
        raise BadInput(
            "{name} holds {kind}; it must be an object of named parameters",
            name=path.name,
            kind=type(settings).__name__,
        )
    return settings


def _control_range(settings: dict[str, Any], path: Path) -> tuple[int, int]:
    span = settings.get("range") or {}
    if not isinstance(span, dict):
        raise BadInput(
            '{name}: range is {span}; it must be {{"from": date, "to": date}}', name=path.name, span=repr(span)
        )
    days = []
    for name, default in (("from", -(10**9)), ("to", 10**9)):
        text = span.get(name)
        try:
            days.append(default if text is None else int(np.datetime64(str(text), "D").astype(np.int64)))
        except ValueError:
            raise BadInput(
                "{name}: range {field} is {value!r}; it must be a date such as 2026-03-31",
                name=path.name,
                field=name,
                value=text,
            ) from None
    return days[0], days[1]


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
        raise BadInput("{name} has no column period; classes need one", name=counts.name)
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
            "{name} has no row for cell {cell} in {period}; write 0 where nothing happened",
            name=counts.name,
            cell=list(cells)[cell],
            period=periods[period],
        )
    near = hotspots.ring_neighbours(cells) if neighbours is None else _read_neighbours(neighbours, cells, counts)
    found = hotspots.gi_star(cube, near, fdr=fdr)
    if not np.isfinite(found.z).any():
        tell(Sentence("{name}: all values are equal, Gi* is undefined and left empty", name=counts.name))
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
        tables.refuse_unknown(tables.text_column(links, column, path), cells, path, Sentence("cell"), counts.name)
        for column in ("cell", "neighbour")
    ]
    tables.refuse_duplicates(links, ["cell", "neighbour"], path)
    own = ends[0] == ends[1]
    if own.any():
        raise BadInput(
            "{name} line {line}: a cell is not its own neighbour; it is counted anyway",
            name=path.name,
            line=links.index[own][0],
        )
    there, back = pd.MultiIndex.from_arrays(ends), pd.MultiIndex.from_arrays(ends[::-1])
    one_way = ~back.isin(there)
    if one_way.any():
        line = links.index[one_way][0]
        cell, neighbour = str(links.at[line, "cell"]), str(links.at[line, "neighbour"])
        raise BadInput(
            "{name} line {line}: {cell} lists {neighbour} but not the other way round; list both",
            name=path.name,
            line=line,
            cell=cell,
            neighbour=neighbour,
        )
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


@app.command("forecast")
def forecast_command(
    events: Annotated[Path, typer.Option(help="time,lon,lat,category")],
    out: Annotated[Path, typer.Option(help="cell,category,week_start,mean,size")],
    train_to: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First day that is not training")],
    weeks: Annotated[int, typer.Option(min=1, help="Weeks to forecast, each from what lies before it")] = 1,
    resolution: Annotated[int, typer.Option(min=0, max=15, help="H3 resolution")] = 8,
) -> None:
    """Forecast counts per cell and category, rolling, one week ahead."""
    table = tables.read_table(events, required=["time", "lon", "lat", "category"])
    tables.refuse_empty(table, events)
    days = tables.day_numbers(tables.time_column(table, "time", events))
    lon, lat = tables.place_columns(table, events, planar=False)
    kinds, kind = np.unique(tables.text_column(table, "category", events).to_numpy(str), return_inverse=True)
    begin = int(np.datetime64(train_to, "D").astype(np.int64))
    history = (begin - int(days.min())) // 7
    if history < 1:
        raise BadInput(
            "{name} has no full week before {day}; give a later --train-to",
            name=events.name,
            day=time_units.day_text(begin),
        )
    cells, cell = binning.cells_of(lon, lat, resolution)
    known = np.zeros(len(cells), dtype=bool)
    known[cell[days < begin]] = True
    week = np.floor_divide(days - begin, 7) + history
    used = known[cell] & (week >= 0) & (week < history + weeks)
    renumbered = np.cumsum(known) - 1
    counts = np.zeros((int(known.sum()), len(kinds), history + weeks), dtype=np.int64)
    np.add.at(counts, (renumbered[cell[used]], kind[used], week[used]), 1)
    names = pd.Index(cells[known])
    predicted = forecast.forecast(counts, hotspots.ring_neighbours(names), first=history)
    starts = [time_units.day_text(begin + 7 * ahead) for ahead in range(weeks)]
    index = pd.MultiIndex.from_product([names, kinds, starts], names=["cell", "category", "week_start"])
    result = pd.DataFrame({"mean": predicted.mean.ravel(), "size": predicted.size.ravel()}, index=index).reset_index()
    tables.write_table(result.round({"mean": 6, "size": 4}), out)


@app.command("watch")
def watch_command(
    events: Annotated[Path, typer.Option(help="time,lon,lat[,category]")],
    start: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day to judge")],
    end: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day to judge")],
    out: Annotated[Path, typer.Option(help="date,score,start,end,cells,observed,expected,recurrence_interval_days")],
    resolution: Annotated[int, typer.Option(min=0, max=15, help="H3 resolution")] = 8,
) -> None:
    """Look for surges day by day, each day with what was known at its end."""
    first, last = (int(np.datetime64(day, "D").astype(np.int64)) for day in (start, end))
    if last < first:
        raise BadInput(
            "--to {last} lies before --from {first}",
            last=time_units.day_text(last),
            first=time_units.day_text(first),
        )
    table = tables.read_table(events, required=["time", "lon", "lat"])
    tables.refuse_empty(table, events)
    days = tables.day_numbers(tables.time_column(table, "time", events))
    lon, lat = tables.place_columns(table, events, planar=False)
    kept = watch.one_per_place_and_day(lon, lat, days) & (days <= last)
    cells, cell = binning.cells_of(lon[kept], lat[kept], resolution)
    centre_lon, centre_lat = binning.centres_of(cells)
    rows = [
        {
            "date": time_units.day_text(surge.day),
            "score": surge.score,
            "start": time_units.day_text(surge.first_day),
            "end": time_units.day_text(surge.day),
            "cells": "|".join(cells[list(surge.cells)]),
            "observed": surge.observed,
            "expected": surge.expected,
            "recurrence_interval_days": surge.recurrence_interval_days,
        }
        for surge in watch.watch(cell, days[kept], centre_lon, centre_lat, first_day=first, last_day=last)
    ]
    tables.write_table(pd.DataFrame(rows), out)
