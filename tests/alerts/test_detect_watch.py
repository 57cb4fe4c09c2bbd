"""Surges by day: planted ones are found, quiet days stay quiet, and later events change nothing."""

import numpy as np
import pytest

from alerts.detect.watch import Settings, Surge, circles_around, one_per_place_and_day, watch

START = 16_800
DAYS = 60
PLANTED = [19, 26, 27, 28, 35]  # a cell and its four neighbours


def square(side: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Cell centres about 900 m apart near the equator."""
    steps = np.arange(side) * 0.008
    lon, lat = np.meshgrid(steps, steps)
    return lon.ravel(), lat.ravel()


def stream(seed: int, *, planted: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    counts = generator.poisson(0.4, (64, DAYS))
    if planted:
        counts[PLANTED, DAYS - 3 :] += planted
    cell, day = np.nonzero(counts)
    repeat = counts[cell, day]
    return np.repeat(cell, repeat), np.repeat(day, repeat) + START


def judged(cell: np.ndarray, day: np.ndarray, first: int, last: int) -> list[Surge]:
    lon, lat = square()
    found = list(watch(cell, day, lon, lat, first_day=START + first, last_day=START + last))
    best: dict[int, Surge] = {}
    for surge in found:
        best.setdefault(surge.day, surge)
    return list(best.values())


def test_every_day_has_its_row_and_the_strongest_comes_first():
    lon, lat = square()
    cell, day = stream(1)
    found = list(watch(cell, day, lon, lat, first_day=START + 10, last_day=START + 59))

    assert sorted({surge.day - START for surge in found}) == list(range(10, 60))
    by_day = [[surge.score for surge in found if surge.day == START + at] for at in range(25, 60)]
    assert all(scores == sorted(scores, reverse=True) for scores in by_day)


def test_a_planted_surge_is_found_where_it_is():
    quiet = judged(*stream(1), 40, 59)[-1]
    loud = judged(*stream(1, planted=3), 40, 59)[-1]

    assert loud.score > quiet.score + 5
    assert set(loud.cells) == set(PLANTED)
    assert loud.observed > 2 * loud.expected
    assert loud.recurrence_interval_days is not None
    assert loud.recurrence_interval_days > 100


def test_later_events_change_no_score():
    cell, day = stream(2)
    known = day <= START + 50

    with_later = judged(cell, day, 48, 50)
    without = judged(cell[known], day[known], 48, 50)

    assert [surge.score for surge in with_later] == pytest.approx([surge.score for surge in without], abs=1e-9)


def test_a_day_busy_everywhere_is_no_surge():
    generator = np.random.default_rng(6)
    counts = generator.poisson(0.4, (64, DAYS))
    counts[:, -1] = generator.poisson(2.0, 64)
    cell, day = np.nonzero(counts)
    repeat = counts[cell, day]

    last = judged(np.repeat(cell, repeat), np.repeat(day, repeat) + START, 40, 59)

    assert last[-1].score < max(surge.score for surge in last[:-1]) + 3


def test_quiet_days_raise_as_many_alarms_as_promised():
    """At one alarm per 10 days nominal, 12 independent months without a surge hold to it within half."""
    alarms = days = 0
    for seed in range(12):
        for surge in judged(*stream(seed), 45, 59):
            days += 1
            alarms += surge.recurrence_interval_days is not None and surge.recurrence_interval_days >= 10

    # 180 days: 18 expected, scores of neighbouring days go together
    assert 0.5 * days / 10 <= alarms <= 1.5 * days / 10


def test_too_short_a_history_gives_empty_rows():
    found = judged(*stream(1), 0, 5)

    assert [(surge.score, surge.cells) for surge in found] == [(0.0, ())] * 6


def test_no_events_give_empty_rows():
    none = np.zeros(0, dtype=np.int64)
    lon, lat = square()

    found = list(watch(none, none, lon, lat, first_day=5, last_day=7))

    assert [surge.day for surge in found] == [5, 6, 7]


def test_one_event_per_place_and_day():
    lon = np.array([120.50001, 120.50002, 120.5, 120.6])
    kept = one_per_place_and_day(lon, np.full(4, 31.3), np.array([1, 1, 2, 1]))

    assert list(kept) == [True, False, True, True]


def test_circles_hold_the_cells_within_their_radius():
    lon, lat = square(3)
    circles = circles_around(lon, lat, (0.5, 1.0, 2.0))

    # neighbours are 890 m off, the corners of the square 1 258 m
    assert list(circles.within[4]) == [1, 5, 9]
    assert Settings().radii_km[0] < 0.89
