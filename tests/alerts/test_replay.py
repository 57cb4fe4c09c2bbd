"""Alerts of the past: spans of records, conditions that become alerts, and how they compare with what turned out grave."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from alerts.replay import Held, Raised, Spans, held_counts, raised_from
from alerts.rules import CountLevel, CountRule, Where
from alerts.trial import Band
from alerts.trial_score import Grave, score

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday
HOUR = 3600


def records(*rows):
    """Records by (hours after noon when it happened, was due, was closed)."""

    def moments(column):
        values = [None if row[column] is None else NOON + timedelta(hours=row[column]) for row in rows]
        return pd.to_datetime(pd.Series(values, dtype=object), utc=True)

    return pd.DataFrame({"at": moments(0), "due_at": moments(1), "closed_at": moments(2)})


def counts_after(spans, *hours):
    return spans.at(np.array([int(NOON.timestamp()) + hour * HOUR for hour in hours])).tolist()


def test_a_record_counts_for_the_window_after_it_happened():
    spans = Spans.of(records((0, None, 1), (2, None, None)), Where(), 4)

    # the window (t - 4 h, t]: the first counts at 0 … 3, the second at 2 … 5
    assert counts_after(spans, -1, 0, 1, 2, 3, 4, 5, 6) == [0, 1, 1, 2, 2, 1, 1, 0]


def test_an_open_record_counts_until_it_is_closed_and_an_overdue_one_since_it_was_due():
    rows = records((0, 2, 3), (0, 2, None), (0, None, None))

    assert counts_after(Spans.of(rows, Where(open=True), 6), 0, 2, 3, 5, 6) == [3, 3, 2, 2, 0]
    # due at 2 is overdue only later; without a due time nothing is ever overdue
    assert counts_after(Spans.of(rows, Where(overdue=True), 6), 2, 3, 5, 6) == [0, 1, 1, 0]


def test_a_threshold_is_held_against_the_same_hours_of_eight_weeks_before():
    week = 7 * 24
    # one each week before, and eight in the last hour: 8 against 1
    before = [(-week * number, None, None) for number in range(1, 9)]
    spans = {"a": Spans.of(records(*before, *[(0, None, None)] * 8), Where(), 24)}
    levels = (CountLevel(level=4, at_least=4, times=2), CountLevel(level=2, at_least=8, times=4))
    rule = CountRule(id="surge", counts="incident", unit="community", window_h=24, floor=0.5, levels=levels)

    held = list(held_counts(rule, spans, np.array([int(NOON.timestamp()) - HOUR, int(NOON.timestamp())])))

    assert held == [Held(NOON, "community", "a", 2)]


def test_what_holds_again_soon_is_the_same_alert_and_areas_that_share_a_cell_are_one():
    def held(hours, kind="compound", code="1", level=4, cells=()):
        return Held(NOON + timedelta(hours=hours), kind, code, level, cells)

    alerts = raised_from(
        [
            held(0),
            held(1, level=2),
            held(1, "area", "x", cells=(1, 2)),
            held(3, "area", "y", cells=(2, 3)),
            held(9),
            held(9, "area", "z", cells=(9,)),
        ],
        apart=timedelta(hours=3),
    )

    told = [
        (alert.unit_code, alert.raised_at.hour, alert.held_until.hour, alert.level, alert.cells) for alert in alerts
    ]
    assert told == [
        ("1", 12, 13, 2, ()),
        ("x", 13, 15, 4, (1, 2, 3)),
        ("1", 21, 21, 4, ()),
        ("z", 21, 21, 4, (9,)),
    ]


def raised(days, compound="1"):
    at = NOON + timedelta(days=days)
    return Raised(at, at, "compound", compound, 4)


def grave(days, compound="1"):
    return Grave(at=NOON + timedelta(days=days), cells=frozenset(), compound=compound, community="c1")


def scored(alerts, graves, days=100):
    first = date(2026, 3, 2)
    return score(
        alerts,
        graves,
        first=first,
        last=first + timedelta(days=days - 1),
        zone=UTC,
        homes={"1": "c1"},
        known_until=NOON + timedelta(days=days),
    )


def test_hits_misses_lead_time_and_false_alarms():
    # 1: something grave 2 days later; 30: nothing; 60: something grave elsewhere; 90: too new to say
    result = scored([raised(1), raised(30), raised(60), raised(90)], [grave(3), grave(62, "2"), grave(50)])

    assert (result["alerts"], result["hits"], result["false_alarms"], result["undecided"]) == (4, 1, 2, 1)
    assert (result["graves"], result["caught"], result["misses"]) == (3, 1, 2)
    assert result["lead_h"] == 48.0
    assert result["false_per_week"] == pytest.approx(2 / (100 / 7), abs=0.005)
    assert result["by_community"] == {"c1": {"hits": 1, "false": 2, "undecided": 1}}
    assert result["weeks"][0] == {"week": "2026-03-02", "hits": 1, "false": 0, "undecided": 0}


def test_where_something_grave_happens_every_week_every_alert_hits_by_luck():
    result = scored([raised(10), raised(40)], [grave(7 * week) for week in range(20)])

    assert result["hits"] == 2
    assert result["hits_by_luck"] == 2.0


def test_where_it_is_rare_luck_hits_little():
    # a grave thing on day 50 is hit by an alert of the 14 days before: 14 of 100 moves
    result = scored([raised(45)], [grave(50)])

    assert result["hits"] == 1
    assert result["hits_by_luck"] <= 0.3


def test_the_band_of_a_week_holds_what_goes_on_and_not_what_has_changed():
    band = Band.of(52, 26.0)

    assert band.mean == 2.0
    # Poisson(2) stays within 0 … 6 in 99.5 % of weeks
    assert band.holds(0)
    assert band.holds(6)
    assert not band.holds(9)
    assert not Band.of(520, 26.0).holds(5)
