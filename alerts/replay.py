"""What a rule would have raised in the past: the alerts of a period, from the records as they are on file today.

Threshold and rate rules are judged at every full hour, the slower ones at the end of every day, feeds at every silence.
What was open or overdue at an hour is reckoned from when it was closed; a record that came late counts from when it
happened, so that a trial sees a little more than the duty officer did.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection

from alerts.detection import start_of
from alerts.detectors import HISTORY_DAYS, Passed, detections
from alerts.history import SQL, select_history, unit_codes
from alerts.judge import SQL as JUDGE_SQL
from alerts.judge import WEEKS, denominators
from alerts.rules import ClusterRule, CountRule, ForecastRule, RateRule, Rule, SilenceRule, Where
from gis.district import District
from gis.errors import BadInput

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

HOUR = 3600
#: a slower rule is judged once a day; an alert that holds on the next day too is the same
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Held:
    """A condition that held for a unit at one judgement."""

    at: datetime
    unit_kind: str
    unit_code: str
    level: int
    cells: tuple[int, ...] = ()


@dataclass(frozen=True)
class Raised:
    """An alert of the past: from when to when its condition held, and its gravest level."""

    raised_at: datetime
    held_until: datetime
    unit_kind: str
    unit_code: str
    level: int
    cells: tuple[int, ...] = ()


def replay(
    connection: Connection,
    rule: Rule,
    district: District,
    *,
    first: date,
    last: date,
    passed: Passed = lambda day: None,
) -> list[Raised]:
    """Let a rule judge every hour or day of a period, and make alerts of what held.

    Parameters
    ----------
    passed
        Called with each day [days since 1970-01-01] a slower rule comes to, for whoever waits.

    Raises
    ------
    BadInput
        For a risk rule, whose score has a back-test of its own.
    """
    since, until = (start_of((day - date(1970, 1, 1)).days, district.zone) for day in (first, last + timedelta(days=1)))
    step = timedelta(hours=1)
    held: Iterable[Held]
    match rule:
        case CountRule() | RateRule():
            held = hourly(connection, rule, district, since=since, until=until)
        case ForecastRule() | ClusterRule():
            held, step = daily(connection, rule, district, since=since, until=until, passed=passed), DAY
        case SilenceRule():
            held = silences(connection, rule, district, since=since, until=until)
        case _:
            raise BadInput(
                "a risk rule is judged by the back-test of the score, on the page of risk points; completeness "
                "by what stands now"
            )
    return raised_from(held, apart=max(timedelta(hours=rule.clear_after_h), step))


def raised_from(held: Iterable[Held], *, apart: timedelta) -> list[Raised]:
    """Make alerts of conditions that held, in order of time: the same unit, or areas that share a cell, no more than
    `apart` from each other."""
    running: dict[tuple[str, str], Raised] = {}
    areas: list[Raised] = []
    done: list[Raised] = []
    for one in held:
        if one.unit_kind == "area":
            done += [area for area in areas if one.at - area.held_until > apart]
            areas = [area for area in areas if one.at - area.held_until <= apart]
            known = next((area for area in areas if set(area.cells) & set(one.cells)), None)
            if known:
                areas.remove(known)
            areas.append(joined(known, one))
            continue
        key = (one.unit_kind, one.unit_code)
        known = running.pop(key, None)
        if known and one.at - known.held_until > apart:
            done.append(known)
            known = None
        running[key] = joined(known, one)
    return sorted([*done, *areas, *running.values()], key=lambda alert: (alert.raised_at, alert.unit_code))


def joined(known: Raised | None, one: Held) -> Raised:
    if known is None:
        return Raised(one.at, one.at, one.unit_kind, one.unit_code, one.level, one.cells)
    cells = tuple(sorted({*known.cells, *one.cells}))
    return Raised(known.raised_at, one.at, one.unit_kind, known.unit_code, min(known.level, one.level), cells)


def hourly(
    connection: Connection, rule: CountRule | RateRule, district: District, *, since: datetime, until: datetime
) -> list[Held]:
    """Judge a counting rule at every full hour."""
    asked: dict[str, Any] = {"subdistrict_code": district.code, "zone": district.zone, "until": until}
    earliest = since - timedelta(weeks=WEEKS, hours=rule.window_h)
    history = select_history(connection, rule, since=earliest, **asked)
    steps = np.arange(int(since.timestamp()) + HOUR, int(until.timestamp()) + 1, HOUR, dtype=np.int64)
    spans = {unit: Spans.of(own, rule.where, rule.window_h) for unit, own in by_unit(history, rule.unit)}
    if isinstance(rule, CountRule):
        held = held_counts(rule, spans, steps)
    elif rule.per == "records":
        everything = rule.model_copy(update={"where": Where()})
        records = select_history(connection, everything, since=earliest, **asked)
        units = {unit: Spans.of(own, Where(), rule.window_h) for unit, own in by_unit(records, rule.unit)}
        held = held_rates(rule, spans, {unit: own.at(steps).astype(float) for unit, own in units.items()}, steps)
    else:
        residents = denominators(connection, rule, subdistrict_code=district.code, now=until)
        held = held_rates(rule, spans, {unit: np.full(len(steps), float(n)) for unit, n in residents.items()}, steps)
    return sorted(held, key=lambda one: (one.at, one.unit_code))


@dataclass(frozen=True)
class Spans:
    """From when to when each record of a unit counts [s since 1970]; both sorted, each by itself."""

    begins: Integers
    ends: Integers

    @classmethod
    def of(cls, history: pd.DataFrame, where: Where, window_h: int) -> "Spans":
        """A record counts for the window after it happened; an open one until it is closed; an overdue one since it
        was due."""
        begins, closed = seconds(history["at"]), seconds(history["closed_at"])
        ends = begins + window_h * HOUR
        if where.open or where.overdue:
            ends = np.where(history["closed_at"].notna(), np.minimum(ends, closed), ends)
        if where.overdue:
            due = history["due_at"].notna().to_numpy()
            begins, ends = np.maximum(begins, seconds(history["due_at"]))[due], ends[due]
            # one second later: due at this very moment is not overdue yet
            begins = begins + 1
        kept = begins < ends
        return cls(np.sort(begins[kept]), np.sort(ends[kept]))

    def at(self, moments: Integers) -> Integers:
        """How many records count at each moment."""
        begun = np.searchsorted(self.begins, moments, side="right")
        return begun - np.searchsorted(self.ends, moments, side="right")


def seconds(moments: pd.Series) -> Integers:
    """Whole seconds since 1970, rounded up as a comparison with a full hour needs; 0 where there is no moment."""
    stamps = moments.to_numpy("datetime64[us]").astype(np.int64)
    known = moments.notna().to_numpy()
    return np.where(known, -(-np.where(known, stamps, 0) // 1_000_000), 0)


def by_unit(history: pd.DataFrame, unit: str) -> Iterator[tuple[str, pd.DataFrame]]:
    named = history.assign(unit=unit_codes(history, unit)).dropna(subset=["unit"])
    for name, own in named.groupby("unit", sort=True):
        yield str(name), own


def held_counts(rule: CountRule, spans: Mapping[str, Spans], steps: Integers) -> Iterator[Held]:
    least = min(rung.at_least for rung in rule.levels)
    compared = not (rule.where.open or rule.where.overdue)
    for unit, own in spans.items():
        counts = own.at(steps)
        for step in np.flatnonzero(counts >= least).tolist():
            at = int(steps[step])
            weeks = at - 7 * 24 * HOUR * np.arange(1, WEEKS + 1)
            expected = float(own.at(weeks).sum()) / WEEKS if compared else 0.0
            level = rule.level_for(float(counts[step]), expected)
            if level is not None:
                yield Held(moment_of(at), rule.unit, unit, level)


def held_rates(
    rule: RateRule, spans: Mapping[str, Spans], denominators: Mapping[str, Floats], steps: Integers
) -> Iterator[Held]:
    counts = {unit: own.at(steps) for unit, own in spans.items()}
    everything = sum(denominators.values(), np.zeros(len(steps)))
    overall = sum(counts.values(), np.zeros(len(steps))) / np.maximum(everything, 1e-9)
    least = min(rung.at_least for rung in rule.levels)
    for unit, own in counts.items():
        units = denominators.get(unit, np.zeros(len(steps)))
        for step in np.flatnonzero(own >= least).tolist():
            level = rule.level_for(float(own[step]), float(units[step]), float(overall[step] * units[step]))
            if level is not None:
                yield Held(moment_of(int(steps[step])), rule.unit, unit, level)


def daily(
    connection: Connection,
    rule: ForecastRule | ClusterRule,
    district: District,
    *,
    since: datetime,
    until: datetime,
    passed: Passed,
) -> Iterator[Held]:
    """Judge a slower rule at the end of every day."""
    history = select_history(
        connection,
        rule,
        subdistrict_code=district.code,
        zone=district.zone,
        since=since - timedelta(days=HISTORY_DAYS),
        until=until,
    )
    first = (since.astimezone(district.zone).date() - date(1970, 1, 1)).days
    last = (until.astimezone(district.zone).date() - date(1970, 1, 1)).days - 1
    for one in detections(rule, history, first_day=first, last_day=last, passed=passed):
        assert one.level is not None
        yield Held(start_of(one.day + 1, district.zone), one.unit_kind, one.unit_code, one.level, one.cells)


def silences(
    connection: Connection, rule: SilenceRule, district: District, *, since: datetime, until: datetime
) -> Iterator[Held]:
    """Judge the silence of every feed at every full hour."""
    asked = {"subdistrict_code": district.code, "now": until}
    feeds = connection.execute(JUDGE_SQL["feed_silences"], asked).mappings().all()
    steps = np.arange(int(since.timestamp()) + HOUR, int(until.timestamp()) + 1, HOUR, dtype=np.int64)
    held = []
    for feed in feeds:
        if rule.feeds and feed["unit_code"] not in rule.feeds:
            continue
        span = {"subdistrict_code": district.code, "feed": feed["unit_code"], "since": since, "until": until}
        arrivals = np.array([row.at.timestamp() for row in connection.execute(SQL["feed_arrivals"], span)])
        # before the first arrival of the period nobody knows how long it had been silent
        newest = np.searchsorted(arrivals, steps, side="right") - 1
        for step in np.flatnonzero(newest >= 0).tolist():
            level = rule.level_for(float(steps[step] - arrivals[newest[step]]), feed["expected_every_s"])
            if level is not None:
                held.append(Held(moment_of(int(steps[step])), "feed", feed["unit_code"], level))
    yield from sorted(held, key=lambda one: (one.at, one.unit_code))


def moment_of(second: int) -> datetime:
    return datetime.fromtimestamp(second, tz=UTC)
