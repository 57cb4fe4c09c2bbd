"""Surges, day by day: is there a place with more events in the last days than its own history leads to expect?

An expectation-based scan in Bayesian form (Neill, Moore and Cooper 2006) rather than a maximum: every circle, length
and strength of a surge is weighed, and the score of a day is the log of the summed evidence. The maximum over many
overlapping circles is a noisy number; the sum is steadier under no surge and grows as fast under one, and the cells
can be named by how probable each is to belong to it.

- Expected: the total of each day (so that weekday, season and weather, which move everything, move the expectation)
times the
  share the circle had in the days before, the recent ones weighing more.
- A surge adds events at a constant rate per day; the rates tried have equal weight.
- Events at one place on one day count once: five ambulances sent to one accident are one event.
- Only what is known by the end of a day is used: cells, shares and totals alike.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import KDTree

from alerts.detect.geometry import EARTH_RADIUS_KM, chord_of_km, unit_vectors
from alerts.detect.scan import gumbel_p_by_quartiles
from gis.compiled import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

METHOD_VERSION = "1"

POWER_MAX = 24  # 24 factors of at most some 10^4 stay within a double


@dataclass(frozen=True)
class Settings:
    """What is looked for, and how the past is weighed."""

    radii_km: tuple[float, ...] = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
    longest_days: int = 7
    rates_per_day: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0)  # events a surge adds to a circle
    half_life_days: float = 60.0  # an event of two months ago counts half in the expected share
    prior_events: float = 3.0  # every circle is taken to have had this many events more: a quiet one is not impossible
    least_history_days: int = 14  # before that shares are too uncertain to judge by
    calibration_days: int = 60  # earlier daily scores from which the recurrence of a score is read
    least_calibration_days: int = 20
    candidates: int = 3  # candidates named per day, without overlap
    cell_probability: float = 0.5  # a cell is named when it belongs to the surge with at least this probability


@dataclass(frozen=True)
class Surge:
    """The strongest candidates of a day, with or without substance: `score` and `recurrence_interval_days` tell.

    `cells` are positions; `observed` and `expected` are those of the most probable circle and window.
    """

    day: int
    score: float
    first_day: int
    cells: tuple[int, ...]
    observed: int
    expected: float
    recurrence_interval_days: float | None


@dataclass(frozen=True)
class Circles:
    """Members of every cell's largest circle, nearest first, and how many of them each radius holds."""

    starts: Integers
    members: Integers
    within: Integers


def one_per_place_and_day(lon: Floats, lat: Floats, day: Integers) -> Flags:
    """Mark the first event of each place (to about 10 m) and day."""
    keys = np.column_stack([np.round(lon * 1e4).astype(np.int64), np.round(lat * 1e4).astype(np.int64), day])
    first = np.zeros(len(day), dtype=bool)
    if len(day):
        first[np.unique(keys, axis=0, return_index=True)[1]] = True
    return first


def circles_around(lon: Floats, lat: Floats, radii_km: tuple[float, ...]) -> Circles:
    """Find the cells within each radius of every cell centre."""
    points = unit_vectors(lon, lat)
    tree = KDTree(points)
    reach = chord_of_km(max(radii_km)) + 1e-12
    near = [np.array(found, dtype=np.int64) for found in tree.query_ball_point(points, reach)]
    members, within = [], np.zeros((len(lon), len(radii_km)), dtype=np.int64)
    limits = np.array(radii_km) + 1e-9
    for cell, found in enumerate(near):
        chord = np.linalg.norm(points[found] - points[cell], axis=1)
        distance = 2 * EARTH_RADIUS_KM * np.arcsin(np.clip(chord / 2, 0.0, 1.0))
        order = np.lexsort((found, distance))
        members.append(found[order])
        within[cell] = np.searchsorted(distance[order], limits, side="right")
    starts = np.concatenate([[0], np.cumsum([len(found) for found in near])]).astype(np.int64)
    return Circles(starts=starts, members=np.concatenate(members), within=within)


def watch(
    cell: Integers,
    day: Integers,
    lon: Floats,
    lat: Floats,
    *,
    first_day: int,
    last_day: int,
    settings: Settings | None = None,
) -> Iterator[Surge]:
    """Judge each day by what was known at its end.

    Parameters
    ----------
    cell, day
        Cell (position in `lon`, `lat`) and day [days since 1970-01-01] of each event, places with several on a day
        thinned (`one_per_place_and_day`).
    lon, lat
        Centres of the cells [degrees].
    first_day, last_day
        The days to judge, both included. Earlier events are the history; the days before are also scored, to know
        how often a score comes about.

    Yields
    ------
    Surge
        For each day up to three candidates without overlap, strongest first; at least one, with score 0 and no cells
        while the history is too short.
    """
    rules = settings or Settings()
    if not len(cell) or day.min() > last_day:
        for judged in range(first_day, last_day + 1):
            yield _nothing(judged)
        return
    origin = int(day.min())
    days = max(last_day, int(day.max())) - origin + 1
    counts = np.zeros((len(lon), days))
    np.add.at(counts, (cell, day - origin), 1.0)
    first_seen = np.full(len(lon), days, dtype=np.int64)
    np.minimum.at(first_seen, cell, day - origin)
    circles = circles_around(lon, lat, rules.radii_km)
    past: dict[int, float] = {}
    start = max(first_day - rules.calibration_days, origin + rules.least_history_days + rules.longest_days)
    for judged in range(first_day, min(start, last_day + 1)):
        yield _nothing(judged)
    history = _History(counts, rules, until=start - origin - rules.longest_days)
    for judged in range(start, last_day + 1):
        at = judged - origin
        share, total = history.up_to(at - rules.longest_days)
        found = _candidates(counts, first_seen <= at, at, share, total, circles, rules)
        if judged >= first_day:
            scores = [past[before] for before in range(judged - rules.calibration_days, judged) if before in past]
            for surge in found:
                yield _dated(surge, judged, scores, rules)
            if not found:
                yield _nothing(judged)
        past[judged] = found[0].score if found else 0.0


class _History:
    """Decayed events per cell up to a day, moved forward one day at a time."""

    def __init__(self, counts: Floats, rules: Settings, *, until: int) -> None:
        self._counts = counts
        self._decay = 0.5 ** (1 / rules.half_life_days)
        self._at = until
        ages = until - np.arange(until + 1)
        self._events = counts[:, : until + 1] @ self._decay**ages

    def up_to(self, day: int) -> tuple[Floats, float]:
        while self._at < day:
            self._at += 1
            self._events = self._events * self._decay + self._counts[:, self._at]
        return self._events, float(self._events.sum())


def _candidates(
    counts: Floats, seen: Flags, at: int, history: Floats, total: float, circles: Circles, rules: Settings
) -> list[Surge]:
    if total <= 0:
        return []
    recent = counts[:, at - rules.longest_days + 1 : at + 1][:, ::-1]
    summed = np.cumsum(recent, axis=1)
    shares = summed.sum(axis=0) / total
    evidence = np.full(circles.within.shape, -np.inf)
    best = np.zeros((len(counts), 2), dtype=np.int64)
    _weigh(
        circles.starts,
        circles.members,
        circles.within,
        seen,
        history,
        summed,
        shares,
        rules.prior_events,
        np.array(rules.rates_per_day),
        evidence,
        best,
    )
    centre = np.logaddexp.reduce(evidence, axis=1)
    found: list[Surge] = []
    for _ in range(rules.candidates):
        peak = int(np.argmax(centre))
        if not np.isfinite(centre[peak]):
            break
        region = circles.members[circles.starts[peak] : circles.starts[peak + 1]]
        region = region[np.isfinite(centre[region])]
        score = float(np.logaddexp.reduce(centre[region]))
        probability = _membership(circles, evidence, region, score)
        cells = np.flatnonzero((probability >= rules.cell_probability) & seen)
        named = cells if len(cells) else np.array([peak])
        radius, window = best[peak]
        zone = circles.members[circles.starts[peak] : circles.starts[peak] + circles.within[peak, radius]]
        zone = zone[seen[zone]]
        found.append(
            Surge(
                day=at,
                score=score,
                first_day=at - int(window),
                cells=tuple(int(member) for member in named),
                observed=int(summed[zone, window].sum()),
                expected=float((history[zone].sum() + rules.prior_events) * shares[window]),
                recurrence_interval_days=None,
            )
        )
        # the next candidate lies elsewhere: no circle of it can share a cell with these
        for member in region:
            around = circles.members[circles.starts[member] : circles.starts[member + 1]]
            centre[around] = -np.inf
    return sorted(found, key=lambda surge: -surge.score)


def _membership(circles: Circles, evidence: Floats, region: Integers, score: float) -> Floats:
    probability = np.zeros(len(evidence))
    for centre in region:
        members = circles.members[circles.starts[centre] : circles.starts[centre + 1]]
        weights = np.exp(evidence[centre] - score)
        for radius, weight in enumerate(weights):
            probability[members[: circles.within[centre, radius]]] += weight
    return probability


def _dated(surge: Surge, judged: int, scores: list[float], rules: Settings) -> Surge:
    recurrence = None
    if len(scores) >= rules.least_calibration_days:
        chance = gumbel_p_by_quartiles(surge.score, np.array(scores))
        recurrence = None if chance is None else 1 / max(chance, 1e-12)
    return Surge(
        day=judged,
        score=surge.score,
        first_day=judged - (surge.day - surge.first_day),
        cells=surge.cells,
        observed=surge.observed,
        expected=surge.expected,
        recurrence_interval_days=recurrence,
    )


def _nothing(day: int) -> Surge:
    return Surge(day=day, score=0.0, first_day=day, cells=(), observed=0, expected=0.0, recurrence_interval_days=None)


@compiled
def _weigh(
    starts: Integers,
    members: Integers,
    within: Integers,
    seen: Flags,
    history: Floats,
    summed: Floats,
    shares: Floats,
    prior: float,
    rates: Floats,
    evidence: Floats,
    best: Integers,
) -> None:
    windows = summed.shape[1]
    running = np.zeros(windows)
    absent = np.exp(-rates.reshape(-1, 1) * np.arange(1, windows + 1))  # what no event at all says against a surge
    for centre in range(len(starts) - 1):
        if not seen[centre]:
            continue
        running[:] = 0.0
        past = 0.0
        step = 0
        strongest = -np.inf
        for radius in range(within.shape[1]):
            while step < within[centre, radius]:
                member = members[starts[centre] + step]
                step += 1
                # a cell not yet seen has neither history nor events
                past += history[member]
                for window in range(windows):
                    running[window] += summed[member, window]
            total = 0.0
            for window in range(windows):
                expected = (past + prior) * shares[window]
                if expected <= 0.0:
                    continue
                own = 0.0
                seen_here = running[window]
                for strength in range(len(rates)):
                    ratio = 1.0 + rates[strength] * (window + 1) / expected
                    # counts are mostly small: multiplying is several times faster than a logarithm
                    if seen_here <= POWER_MAX:
                        power = 1.0
                        for _ in range(int(seen_here)):
                            power *= ratio
                        own += power * absent[strength, window]
                    else:
                        log_ratio = seen_here * np.log(ratio) - rates[strength] * (window + 1)
                        own += np.exp(min(log_ratio, 600.0))
                total += own
                if own > strongest:
                    strongest = own
                    best[centre, 0] = radius
                    best[centre, 1] = window
            evidence[centre, radius] = np.log(total / (windows * len(rates)) + 1e-300)
