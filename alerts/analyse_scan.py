"""`fengqiao analyse scan`: find clusters in space or in space and time, from files to a file."""

import json
import sys
import time
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pandas as pd
import typer

from alerts.detect import scan, scan_input, scan_zones, tables, time_units
from gis.errors import BadInput
from gis.sentences import Sentence, Speaks
from gis.texts import spoken

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

Seed = Annotated[int, typer.Option(help="Seed of everything random; the same seed gives the same bytes.")]
Replications = Annotated[int, typer.Option(min=0, help="Monte Carlo replications.")]


class ScanKind(StrEnum):
    """The models of the scan statistic."""

    SPATIAL_POISSON = "spatial-poisson"
    SPATIAL_BERNOULLI = "spatial-bernoulli"
    SPACE_TIME_POISSON = "space-time-poisson"
    SPACE_TIME_PERMUTATION = "space-time-permutation"


class TimeUnit(StrEnum):
    """The grain of a scan's windows."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


def scan_command(
    kind: Annotated[ScanKind, typer.Option(help="Model")],
    cases: Annotated[Path, typer.Option(help="location_id[,date],count[,covariates]")],
    locations: Annotated[Path, typer.Option(help="location_id,lon,lat (x,y with --planar)")],
    out: Annotated[Path, typer.Option(help="JSON: clusters, most likely first")],
    population: Annotated[Path | None, typer.Option(help="location_id[,date],population[,covariates]")] = None,
    controls: Annotated[Path | None, typer.Option(help="location_id,count")] = None,
    planar: Annotated[bool, typer.Option("--planar", help="Coordinates are x,y in any unit")] = False,
    max_share: Annotated[float, typer.Option(min=0.0, max=1.0, help="Largest zone as a share of all")] = 0.5,
    max_km: Annotated[float | None, typer.Option(min=0.0, help="Largest radius, inclusive")] = None,
    start: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day")] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day")] = None,
    max_days: Annotated[int | None, typer.Option(min=1, help="Longest window [days]")] = None,
    max_time_share: Annotated[float, typer.Option(min=0.0, max=1.0, help="Longest window as a share of time")] = 0.5,
    min_cases: Annotated[int, typer.Option(min=1, help="Fewest cases of a cluster")] = 2,
    prospective: Annotated[bool, typer.Option("--prospective", help="Only windows that end with the last day")] = False,
    time_unit: Annotated[TimeUnit, typer.Option(help="Grain of the windows")] = TimeUnit.DAY,
    replications: Replications = 999,
    seed: Seed = 1,
) -> None:
    """Find clusters in space or in space and time (scan statistic)."""
    begun = time.perf_counter()
    timed = kind in (ScanKind.SPACE_TIME_POISSON, ScanKind.SPACE_TIME_PERMUTATION)
    places = scan_input.read_places(locations, planar=planar)
    counted = scan_input.read_counted(cases, places, dated=timed)
    if kind == ScanKind.SPACE_TIME_PERMUTATION and counted.count.sum() > scan.CASES_MAX:
        raise BadInput(
            "{name} has {count} cases; a scan takes up to {most}",
            name=cases.name,
            count=counted.count.sum(),
            most=scan.CASES_MAX,
        )
    if not counted.count.sum():
        tell(Sentence("{name} has no case; there is nothing to find", name=cases.name))
    first_day, last_day = _period(counted, start, end)
    counted, left_out = scan_input.within(counted, first_day, last_day)
    if left_out:
        tell(Sentence("{cases} cases lie outside the period and are left out", cases=left_out))
    bounds = time_units.unit_bounds(first_day, last_day, time_unit) if timed else np.array([first_day, last_day + 1])
    units = len(bounds) - 1
    windows = scan_zones.whole_period()
    if timed:
        longest = max(1, int(np.floor(max_time_share * units + 1e-9)))
        if max_days is not None:
            longest = int(max_days // time_units.DAYS_PER_UNIT[time_unit])
        if longest < 1:
            raise BadInput("the longest window is shorter than one {time_unit}; raise --max-days", time_unit=time_unit)
        windows = (scan_zones.prospective_windows if prospective else scan_zones.all_windows)(units, longest)

    def zones(weights: Floats) -> scan_zones.Zones:
        return scan_zones.circular_zones(
            places.first, places.second, planar=planar, weights=weights, max_share=max_share, max_radius=max_km
        )

    common = {"min_cases": min_cases, "replications": replications, "seed": seed}
    if kind == ScanKind.SPATIAL_BERNOULLI:
        healthy = scan_input.read_counted(_needed(controls, "controls", kind), places, dated=False)
        sick_at = scan_input.case_table(counted, len(places.names), bounds).sum(axis=1)
        well_at = scan_input.case_table(healthy, len(places.names), bounds[[0, -1]]).sum(axis=1)
        persons = int(sick_at.sum() + well_at.sum())
        if persons >= scan.PEOPLE_LIMIT:
            raise BadInput(
                "{people} cases and controls are too many; a Bernoulli scan takes fewer than {limit}",
                people=persons,
                limit=scan.PEOPLE_LIMIT,
            )
        weights = (sick_at + well_at).astype(float)
        clusters = scan.scan_bernoulli(sick_at, well_at, zones=zones(weights), **common)
    elif kind == ScanKind.SPACE_TIME_PERMUTATION:
        events = np.repeat(np.arange(len(counted.place)), counted.count)
        unit = np.searchsorted(bounds, counted.day, side="right") - 1 if counted.day is not None else counted.place * 0
        strata = scan_input.stratum_codes(counted.strata)
        weights = np.bincount(counted.place[events], minlength=len(places.names)).astype(float)
        clusters = scan.scan_permutation(
            counted.place[events],
            unit[events],
            zones=zones(weights),
            windows=windows,
            stratum=None if strata is None else strata[events],
            **common,
        )
    else:
        people = _needed(population, "population", kind)
        expected = scan_input.expected_table(people, counted, places, bounds, cases.name)
        counts = scan_input.case_table(counted, len(places.names), bounds)
        weights = expected.sum(axis=1)
        clusters = scan.scan_poisson(
            counts, expected, zones=zones(weights), windows=windows, spatial=not timed, **common
        )
    result = {
        "method": kind.value,
        "version": scan.METHOD_VERSION,
        "replications": replications,
        "seed": seed,
        "cases": int(counted.count.sum()),
        "cases_left_out": left_out,
        "clusters": [
            _cluster_record(rank, cluster, places.names, bounds, prospective and timed, time_unit)
            for rank, cluster in enumerate(clusters, start=1)
        ],
        "seconds": round(time.perf_counter() - begun, 3),
    }
    tables.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", out)


def _needed(path: Path | None, name: str, kind: ScanKind) -> Path:
    if path is None:
        raise BadInput("--kind {kind} needs --{option}", kind=kind.value, option=name)
    return path


def _period(counted: scan_input.Counted, start: datetime | None, end: datetime | None) -> tuple[int, int]:
    days = counted.day if counted.day is not None and len(counted.day) else np.zeros(1, dtype=np.int64)
    first = int(np.datetime64(start, "D").astype(np.int64)) if start else int(days.min())
    last = int(np.datetime64(end, "D").astype(np.int64)) if end else int(days.max())
    if last < first:
        last_text, first_text = time_units.day_text(last), time_units.day_text(first)
        raise BadInput("the period ends on {last}, before it starts on {first}", last=last_text, first=first_text)
    return first, last


def _cluster_record(
    rank: int, cluster: scan.Cluster, names: pd.Index, bounds: Integers, prospective: bool, unit: TimeUnit
) -> dict[str, object]:
    start = end = None
    if cluster.first_unit is not None and cluster.last_unit is not None:
        start = time_units.day_text(int(bounds[cluster.first_unit]))
        end = time_units.day_text(int(bounds[cluster.last_unit + 1]) - 1)
    recurrence = None
    if prospective and cluster.p_value is not None:
        recurrence = time_units.DAYS_PER_UNIT[unit] / cluster.p_value
    return {
        "rank": rank,
        "location_ids": [str(names[location]) for location in cluster.locations],
        "start": start,
        "end": end,
        "observed": cluster.observed,
        "expected": cluster.expected,
        "relative_risk": cluster.relative_risk,
        "llr": cluster.llr,
        "p_value": cluster.p_value,
        "gumbel_p_value": cluster.gumbel_p_value,
        "recurrence_interval_days": recurrence,
    }


def tell(said: Speaks) -> None:
    """Say something that is no result beside the results."""
    print(spoken(said), file=sys.stderr)
