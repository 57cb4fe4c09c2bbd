"""How a rule's past alerts compare with what turned out grave: hits, misses, lead time, false alarms.

An alert hits when something grave follows within `HORIZON` in its unit; something grave is a miss when no alert of its
unit came in the `HORIZON` before it. Where much turns out grave anyway, a rule hits by luck: the hits of the same
alerts moved in time, averaged over many moves, say how often. An alert without a hit whose horizon is not over by the
end of what is known is undecided, not false.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from statistics import median
from typing import Any

import numpy as np

from alerts.replay import Raised
from gis.cells import to_hex

HORIZON = timedelta(days=14)
#: how often the alerts are moved to see what luck alone hits
MOVES = 20


@dataclass(frozen=True)
class Grave:
    """Something that turned out grave, and the units it lies in; a planted surge lasts from `since` to `at`."""

    at: datetime
    cells: frozenset[int]
    compound: str | None
    community: str | None
    since: datetime | None = None


def lies_in(grave: Grave, alert: Raised) -> bool:
    """Whether something grave lies in an alert's unit."""
    match alert.unit_kind:
        case "area":
            return bool(grave.cells & set(alert.cells))
        case "cell":
            return alert.unit_code in to_hex(grave.cells)
        case "compound":
            return grave.compound == alert.unit_code
        case "community":
            return grave.community == alert.unit_code
    return False


def score(
    alerts: Sequence[Raised],
    graves: Sequence[Grave],
    *,
    first: date,
    last: date,
    zone: tzinfo,
    homes: Mapping[str, str],
    known_until: datetime,
) -> dict[str, Any]:
    """Compare alerts with what turned out grave.

    Parameters
    ----------
    homes
        The community of every compound and cell.
    known_until
        What turned out grave is known up to here.

    Returns
    -------
    result
        alerts, hits, undecided, false_alarms, hits_by_luck, graves, caught, misses; lead_h (median [h]);
        alerts_per_week, false_per_week; by_community and by_level ({code or level: {hits, false, undecided}}); weeks
        ([{week, hits, false, undecided}])
    """
    hit, caught, leads = matched(alerts, graves)
    weeks = ((last - first).days + 1) / 7
    by_week: dict[date, Counter[str]] = {}
    kinds: Counter[str] = Counter()
    places: dict[str, Counter[str]] = {}
    levels: dict[str, Counter[str]] = {}
    for alert, right in zip(alerts, hit, strict=True):
        day = alert.raised_at.astimezone(zone).date()
        kind = "hits" if right else "false" if alert.held_until + HORIZON <= known_until else "undecided"
        kinds[kind] += 1
        by_week.setdefault(day - timedelta(days=day.weekday()), Counter())[kind] += 1
        places.setdefault(home_of(alert, homes), Counter())[kind] += 1
        levels.setdefault(str(alert.level), Counter())[kind] += 1
    monday = first - timedelta(days=first.weekday())
    return {
        "alerts": len(alerts),
        "hits": kinds["hits"],
        "undecided": kinds["undecided"],
        "false_alarms": kinds["false"],
        "hits_by_luck": luck(alerts, graves, first=first, last=last),
        "graves": len(graves),
        "caught": sum(caught),
        "misses": len(graves) - sum(caught),
        "lead_h": round(median(leads), 1) if leads else None,
        "alerts_per_week": round(len(alerts) / weeks, 2),
        "false_per_week": round(kinds["false"] / weeks, 2),
        "by_community": {code: dict(counted) for code, counted in sorted(places.items())},
        "by_level": {level: dict(counted) for level, counted in sorted(levels.items())},
        "weeks": [
            {"week": week.isoformat(), **{kind: counted[kind] for kind in ("hits", "false", "undecided")}}
            for week in (monday + timedelta(days=7 * number) for number in range(((last - monday).days // 7) + 1))
            for counted in [by_week.get(week, Counter())]
        ],
    }


def matched(alerts: Sequence[Raised], graves: Sequence[Grave]) -> tuple[list[bool], list[bool], list[float]]:
    """Say of each alert whether it hits, of each grave thing whether it was caught, and the lead times [h]."""
    hit, caught, leads = [False] * len(alerts), [False] * len(graves), []
    order = sorted(range(len(graves)), key=lambda number: graves[number].at)
    times = [graves[number].at for number in order]
    for place, alert in enumerate(alerts):
        begin = int(np.searchsorted(np.array([time.timestamp() for time in times]), alert.raised_at.timestamp()))
        for number in order[begin:]:
            grave = graves[number]
            if (grave.since or grave.at) > alert.held_until + HORIZON:
                if grave.since is None:
                    break
                continue
            if lies_in(grave, alert) and (grave.since is None or grave.since <= alert.held_until):
                hit[place] = True
                if not caught[number]:
                    caught[number] = True
                    known = grave.at if grave.since is None else grave.since
                    leads.append((known - alert.raised_at).total_seconds() / 3600)
    return hit, caught, leads


def luck(alerts: Sequence[Raised], graves: Sequence[Grave], *, first: date, last: date) -> float:
    """Hits of the same alerts moved round in time, the mean over many moves."""
    span = timedelta(days=(last - first).days + 1)
    if not alerts or not graves or span <= 2 * HORIZON:
        return 0.0
    start = min(alert.raised_at for alert in alerts)
    total = 0
    for move in range(1, MOVES + 1):
        # between one horizon and the period less one horizon, evenly
        away = HORIZON + (span - 2 * HORIZON) * (move / (MOVES + 1))
        moved = []
        for alert in alerts:
            lasting = alert.held_until - alert.raised_at
            raised = start + (alert.raised_at - start + away) % span
            moved.append(Raised(raised, raised + lasting, alert.unit_kind, alert.unit_code, alert.level, alert.cells))
        total += sum(matched(moved, graves)[0])
    return round(total / MOVES, 1)


def home_of(alert: Raised, homes: Mapping[str, str]) -> str:
    """The community an alert lies in; empty for feeds and what lies nowhere."""
    return alert.unit_code if alert.unit_kind == "community" else homes.get(alert.unit_code, "")
