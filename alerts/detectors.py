"""The slower rules over a history: which units or areas exceed what was expected, on each of a run of days.

Pure: a rule, a frame of records and days in; detections out. Judging now is the run of one day, so a trial on history
sees exactly what the product would have raised. The last day may be unfinished; the methods that compare places with
each other take that as it is, the forecast is scaled by the share of a day that usually has passed.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import nbinom

from alerts.detect import forecast, hotspots, scan, scan_zones, watch
from alerts.detect.scan import gumbel_p_by_quartiles
from alerts.history import unit_codes
from alerts.judge import expected_interval
from alerts.rules import ClusterRule, ForecastRule
from gis.cells import centres, to_hex

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

#: told each day before it is judged
Passed = Callable[[int], object]

HOTSPOT_VERSION = "1"

#: how far back each method looks [days]
HISTORY_DAYS = 200
#: a forecast takes at least so many days or weeks, the judged one among them
LEAST_BLOCKS = 8
#: the permutation scan compares a window with this many days
SCAN_DAYS = 60
SCAN_REPLICATIONS = 99
#: an old surge must be the smaller part of the days from which the recurrence of a surge is read
SURGE_CALIBRATION_DAYS = 120
#: a hotspot compares with the share a cell had in this many days before its window
SHARE_DAYS = 120
#: daily maxima from which the recurrence of a hotspot is read, and how many it takes at least
CALIBRATION_DAYS, LEAST_CALIBRATION_DAYS = 60, 20
FDR = 0.05
#: the prior that keeps a cell with hardly any history from being infinitely surprising [events]
PRIOR_EVENTS = 0.5


@dataclass(frozen=True)
class Detection:
    """One unit or area on one day; `level` is None where no level of the rule holds."""

    day: int
    unit_kind: str
    unit_code: str
    first_day: int
    observed: int
    expected: float
    low: float
    high: float
    recurrence_days: float | None
    level: int | None
    method: str
    cells: tuple[int, ...] = ()
    member_ids: tuple[int, ...] = ()
    reasons: tuple[tuple[str, int], ...] = ()


def detections(
    rule: ForecastRule | ClusterRule,
    history: pd.DataFrame,
    *,
    first_day: int,
    last_day: int,
    share_of_last_day: float = 1.0,
    passed: Passed = lambda day: None,
) -> list[Detection]:
    """Judge each day by what was known at its end.

    Parameters
    ----------
    history
        As of `alerts.history.select_history`, from `HISTORY_DAYS` before the first day on.
    first_day, last_day
        The days to judge, both included [days since 1970-01-01].
    share_of_last_day
        How much of the last day has passed, measured in events (0, 1].
    passed
        Called with each day before it is judged, for whoever waits.

    Returns
    -------
    detections
        Those for which a level of the rule holds, in order of days.
    """
    if isinstance(rule, ForecastRule):
        found = _exceeded(rule, history, first_day, last_day, share_of_last_day, passed)
    else:
        placed = history[history["cell"].notna()]
        search = {"surge": _surges, "scan": _scanned, "hotspot": _hotspots}[rule.method]
        found = _with_members(rule, placed, search(rule, placed, first_day, last_day, passed))
    graded = (replace(one, level=rule.level_for(one.observed, one.recurrence_days)) for one in found)
    return [one for one in graded if one.level is not None]


def _exceeded(
    rule: ForecastRule,
    history: pd.DataFrame,
    first_day: int,
    last_day: int,
    share_of_last_day: float,
    passed: Passed,
) -> Iterator[Detection]:
    known = history.assign(unit=unit_codes(history, rule.unit)).dropna(subset=["unit"])
    names = sorted(known["unit"].unique())
    if not names:
        return
    near = hotspots.ring_neighbours(pd.Index(names)) if rule.unit == "cell" else csr_array((len(names), len(names)))
    position = pd.Index(names).get_indexer(known["unit"])
    days = known["day"].to_numpy(np.int64)
    origin = int(days.min())
    daily = np.zeros((len(names), last_day - origin + 1), dtype=np.int64)
    inside = days <= last_day
    np.add.at(daily, (position[inside], days[inside] - origin), 1)
    for day in range(first_day, last_day + 1):
        passed(day)
        share = share_of_last_day if day == last_day else 1.0
        until = day - origin + 1
        if until < LEAST_BLOCKS * rule.days:
            continue
        if rule.days == 1:
            blocks, per_week = daily[:, :until], 7
        else:
            weeks = until // 7
            blocks, per_week = daily[:, until - 7 * weeks : until].reshape(len(names), weeks, 7).sum(axis=2), 1
            share = (6 + share) / 7
        ahead = forecast.forecast(blocks[:, None, :], near, first=blocks.shape[1] - 1, blocks_per_week=per_week)
        mean, size = ahead.mean[:, 0, 0] * share, ahead.size[:, 0, 0]
        seen = blocks[:, -1]
        chance = nbinom.sf(seen - 1, size, size / (size + mean))
        anywhere = -np.expm1(len(names) * np.log1p(-np.minimum(chance, 1 - 1e-12)))
        low, high = (nbinom.ppf(level, size, size / (size + mean)) for level in (0.025, 0.975))
        for unit in np.flatnonzero(seen > mean):
            recurrence = 1 / max(float(anywhere[unit]), 1e-9)
            if rule.level_for(int(seen[unit]), recurrence) is None:
                continue
            own = known[(known["unit"] == names[unit]) & (known["day"] > day - rule.days) & (known["day"] <= day)]
            yield Detection(
                day=day,
                unit_kind=rule.unit,
                unit_code=names[unit],
                first_day=day - rule.days + 1,
                observed=int(seen[unit]),
                expected=float(mean[unit]),
                low=float(low[unit]),
                high=float(high[unit]),
                recurrence_days=recurrence,
                level=None,
                method=f"forecast/{forecast.METHOD_VERSION}",
                member_ids=tuple(own["id"].tolist()),
                reasons=tuple(Counter(own["kind"]).most_common(3)),
            )


def _surges(
    rule: ClusterRule, history: pd.DataFrame, first_day: int, last_day: int, passed: Passed
) -> Iterator[Detection]:
    cells, place = np.unique(history["cell"].to_numpy(np.int64), return_inverse=True)
    days = history["day"].to_numpy(np.int64)
    lon, lat = centres(cells)
    radii = tuple(rule.max_km * share for share in (0.2, 0.4, 0.6, 0.8, 1.0))
    settings = watch.Settings(radii_km=radii, longest_days=rule.longest_days, calibration_days=SURGE_CALIBRATION_DAYS)
    for surge in watch.watch(place, days, lon, lat, first_day=first_day, last_day=last_day, settings=settings):
        passed(surge.day)
        if not surge.cells or surge.recurrence_interval_days is None:
            continue
        # the watch names an expectation for its likeliest circle; here it is that of the cells it names
        opened = surge.day - rule.longest_days
        weight = np.where(days <= opened, 0.5 ** ((opened - days) / settings.half_life_days), 0.0)
        own = np.isin(place, surge.cells)
        window = (days >= surge.first_day) & (days <= surge.day)
        expected = float((weight[own].sum() + settings.prior_events) * window.sum() / max(weight.sum(), 1.0))
        yield _area(surge.day, surge.first_day, cells[list(surge.cells)], expected,
                    surge.recurrence_interval_days, f"surge/{watch.METHOD_VERSION}")  # fmt: skip


def _scanned(
    rule: ClusterRule, history: pd.DataFrame, first_day: int, last_day: int, passed: Passed
) -> Iterator[Detection]:
    days = history["day"].to_numpy(np.int64)
    used = (days > first_day - SCAN_DAYS) & (days <= last_day)
    days = days[used]
    known, position = np.unique(history["cell"].to_numpy(np.int64)[used], return_inverse=True)
    if len(known) < 2:
        return
    lon, lat = centres(known)
    circles = scan_zones.circular_zones(
        lon, lat, planar=False, weights=np.ones(len(known)), max_share=1.0, max_radius=rule.max_km
    )
    windows = scan_zones.prospective_windows(SCAN_DAYS, rule.longest_days)
    largest_p = 1 / min(rung.once_in_days for rung in rule.levels)
    for day in range(first_day, last_day + 1):
        passed(day)
        recent = (days > day - SCAN_DAYS) & (days <= day)
        weights = np.bincount(position[recent], minlength=len(known)).astype(float)
        present = weights > 0
        if present.sum() < 2:
            continue
        cells = known[present]
        clusters = scan.scan_permutation(
            (np.cumsum(present) - 1)[position[recent]],
            days[recent] - (day - SCAN_DAYS + 1),
            zones=circles.of_present(weights, max_share=0.5),
            windows=windows,
            replications=SCAN_REPLICATIONS,
            seed=day,
            give_up_above=largest_p,
        )
        for cluster in clusters[: watch.Settings().candidates]:
            chance = cluster.gumbel_p_value or cluster.p_value
            if chance is None or cluster.first_unit is None:
                continue
            opened = day - SCAN_DAYS + 1 + cluster.first_unit
            yield _area(day, opened, cells[list(cluster.locations)], cluster.expected, 1 / max(chance, 1e-9),
                        f"scan/{scan.METHOD_VERSION}")  # fmt: skip


def _hotspots(
    rule: ClusterRule, history: pd.DataFrame, first_day: int, last_day: int, passed: Passed
) -> Iterator[Detection]:
    cells, place = np.unique(history["cell"].to_numpy(np.int64), return_inverse=True)
    if len(cells) < 2:
        return
    days = history["day"].to_numpy(np.int64)
    origin = int(days.min())
    counts = np.zeros((len(cells), last_day - origin + 2))
    inside = days <= last_day
    np.add.at(counts, (place[inside], days[inside] - origin + 1), 1.0)
    summed = np.cumsum(counts, axis=1)
    near = hotspots.ring_neighbours(pd.Index(to_hex(cells)))
    past: list[float] = []
    start = max(first_day - CALIBRATION_DAYS, origin + 4 * rule.longest_days)
    for day in range(start, last_day + 1):
        passed(day)
        at = day - origin + 1
        opened = at - rule.longest_days
        seen = summed[:, at] - summed[:, opened]
        before = summed[:, opened] - summed[:, max(opened - SHARE_DAYS, 0)]
        expected = before / max(before.sum(), 1.0) * seen.sum()
        ratio = (seen + PRIOR_EVENTS) / (expected + PRIOR_EVENTS)
        found = hotspots.gi_star(ratio[:, None], near, fdr=FDR)
        strength, hot = np.nan_to_num(found.z[:, 0]), found.hot[:, 0]
        if day >= first_day and hot.any() and len(past) >= LEAST_CALIBRATION_DAYS:
            _, label = connected_components(near[hot][:, hot], directed=False)
            for group in range(label.max() + 1):
                own = np.flatnonzero(hot)[label == group]
                chance = gumbel_p_by_quartiles(float(strength[own].max()), np.array(past[-CALIBRATION_DAYS:]))
                if chance is not None:
                    yield _area(day, day - rule.longest_days + 1, cells[own], float(expected[own].sum()),
                                1 / max(chance, 1e-9), f"hotspot/{HOTSPOT_VERSION}")  # fmt: skip
        past.append(float(strength.max()))


def _area(day: int, first_day: int, cells: Integers, expected: float, recurrence_days: float, method: str) -> Detection:
    low, high = expected_interval(max(expected, 1e-9))
    named = tuple(sorted(cells.tolist()))
    return Detection(
        day=day,
        unit_kind="area",
        unit_code=to_hex(named[:1])[0],
        first_day=first_day,
        observed=0,
        expected=expected,
        low=low,
        high=high,
        recurrence_days=recurrence_days,
        level=None,
        method=method,
        cells=named,
    )


def _with_members(rule: ClusterRule, history: pd.DataFrame, found: Iterator[Detection]) -> Iterator[Detection]:
    """Count what lies in an area and its window; only for those that chance leaves far enough apart."""
    least = min(rung.once_in_days for rung in rule.levels)
    cell, day = history["cell"].to_numpy(np.int64), history["day"].to_numpy(np.int64)
    for one in found:
        if one.recurrence_days is None or one.recurrence_days < least:
            continue
        inside = np.isin(cell, one.cells) & (day >= one.first_day) & (day <= one.day)
        own = history[inside]
        yield replace(
            one,
            observed=len(own),
            member_ids=tuple(own["id"].tolist()),
            reasons=tuple(Counter(own["kind"]).most_common(3)),
        )
