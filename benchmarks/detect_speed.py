"""Speed of the detectors against their targets, on made-up data of the stated size; one core.

    OMP_NUM_THREADS=1 python -m benchmarks.detect_speed

Times are of the processor (everything runs on one core), so that other work on the machine does not count.
The first call of a compiled loop is left out: it is kept between runs. The targets are those of docs/early-warning.md.
"""

import json
import resource
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from alerts.detect import binning, emerging, forecast, hotspots, scan, scan_zones, watch
from alerts.detect.counts import Method, judge_series

CELLS, DAYS = 1139, 60
EVENTS = 322_000

MEASURES = "detectors: scan, Farrington, and the whole way of 322 000 events, beside their targets"


def seconds(work: Callable[[], object]) -> float:
    """Return the time of one call."""
    begun = time.process_time()
    work()
    return round(time.process_time() - begun, 3)


def city(seed: int, events: int, days: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return lon, lat and day of events about a few centres in a town some 30 km across."""
    generator = np.random.default_rng(seed)
    centres = generator.normal(0, 0.08, (40, 2))
    chosen = generator.choice(40, events, p=generator.dirichlet(np.ones(40)))
    place = centres[chosen] + generator.normal(0, 0.03, (events, 2))
    return 120.5 + place[:, 0], 31.3 + place[:, 1], 16_800 + generator.integers(0, days, events)


def scans() -> dict[str, float]:
    """Time a prospective permutation scan of about 1 139 cells and 60 days, 4 km and 14 days."""
    lon, lat, day = city(1, 9_000, DAYS)
    cells, cell = binning.cells_of(lon, lat, 8)
    kept = np.argsort(-np.bincount(cell), kind="stable")[:CELLS]
    used = np.isin(cell, kept)
    number = np.searchsorted(np.sort(kept), cell[used])
    first, second = binning.centres_of(cells[np.sort(kept)])
    weights = np.bincount(number, minlength=len(kept)).astype(float)
    unit = day[used] - 16_800

    def zones() -> scan_zones.Zones:
        return scan_zones.circular_zones(first, second, planar=False, weights=weights, max_share=0.5, max_radius=4.0)

    ready, windows = zones(), scan_zones.prospective_windows(DAYS, 14)

    def run(replications: int) -> Callable[[], object]:
        return lambda: scan.scan_permutation(number, unit, zones=ready, windows=windows, replications=replications)

    run(1)()
    return {
        "scan_cells": len(kept),
        "scan_events": int(used.sum()),
        "scan_zones_s": seconds(zones),
        "scan_daily_s (target 0.1)": seconds(run(0)),
        "scan_999_s (target 10)": seconds(run(999)),
    }


def farrington() -> dict[str, float]:
    """Time the flexible method per series-week."""
    generator = np.random.default_rng(2)
    counts, days = generator.poisson(12, 400), 12_418 + 7 * np.arange(400)
    control = {"b": 4, "w": 3, "noPeriods": 10, "pastWeeksNotIncluded": 26, "thresholdMethod": "nbPlugin"}

    def run() -> object:
        return judge_series(
            counts,
            days,
            np.arange(300, 400),
            method=Method.FARRINGTON_FLEXIBLE,
            control={**control, "epochAsDate": True},
        )

    run()
    return {"farrington_ms_per_week (target 5)": round(seconds(run) * 10, 2)}


def whole_way() -> dict[str, float]:
    """Time 322 000 events over 77 weeks: bins, Gi*, classes, scan of the last 60 days, forecast of a week, watch of a
    day."""
    days = 77 * 7
    begun = time.process_time()
    lon, lat, day = city(3, EVENTS, days)
    kind = np.random.default_rng(3).integers(0, 4, EVENTS)
    cells, cell = binning.cells_of(lon, lat, 8)
    binned = time.process_time()
    near = hotspots.ring_neighbours(pd.Index(cells))
    cube = np.zeros((len(cells), 18))
    np.add.at(cube, (cell, np.minimum((day - 16_800) // 30, 17)), 1)
    found = hotspots.gi_star(cube, near, fdr=0.1)
    emerging.classify(found.z, found.hot, found.cold)
    spotted = time.process_time()
    recent = day >= 16_800 + days - DAYS
    first, second = binning.centres_of(cells)
    weights = np.bincount(cell[recent], minlength=len(cells)).astype(float)
    zones = scan_zones.circular_zones(first, second, planar=False, weights=weights, max_share=0.5, max_radius=4.0)
    scan.scan_permutation(
        cell[recent],
        day[recent] - (16_800 + days - DAYS),
        zones=zones,
        windows=scan_zones.prospective_windows(DAYS, 14),
        replications=99,
    )
    scanned = time.process_time()
    counts = np.zeros((len(cells), 4, 77), dtype=np.int64)
    np.add.at(counts, (cell, kind, (day - 16_800) // 7), 1)
    forecast.forecast(counts, near, first=76)
    foreseen = time.process_time()
    last = 16_800 + days - 1
    thinned = watch.one_per_place_and_day(lon, lat, day)
    list(watch.watch(cell[thinned], day[thinned], first, second, first_day=last, last_day=last))
    watched = time.process_time()
    return {
        "cells": len(cells),
        "bins_s": round(binned - begun, 2),
        "gi_classes_s": round(spotted - binned, 2),
        "scan_99_s": round(scanned - spotted, 2),
        "forecast_s": round(foreseen - scanned, 2),
        "watch_day_with_60_days_before_s": round(watched - foreseen, 2),
        "all_s (target 60)": round(watched - begun, 2),
        "peak_mb (target 2000)": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


if __name__ == "__main__":
    for part in (scans, farrington, whole_way):
        print(json.dumps(part()), flush=True)
