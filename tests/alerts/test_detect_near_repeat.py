"""Knox: pairs counted by hand and by brute force."""

import numpy as np
import pytest

from alerts.detect.near_repeat import NearRepeat, knox
from gis.errors import BadInput

DAY = 86_400_000_000


def count(days: list[float], x: list[float], *, replications: int = 19, seed: int = 1) -> NearRepeat:
    times = (np.array(days) * DAY).astype(np.int64)
    return knox(
        times, np.array(x), np.zeros(len(x)), days=2, metres=100, planar=True, replications=replications, seed=seed
    )


def test_pairs_of_four_events():
    found = count([0, 2, 10, 11], [0, 100, 0, 5000])

    # in time: (0, 1) and (2, 3), both limits included; in space: (0, 1), (0, 2), (1, 2); in both: (0, 1)
    assert found.table == [[1, 1], [2, 2]]
    assert found.expected_pairs == pytest.approx(2 * 3 / 6)
    assert found.ratio == pytest.approx(1.0)


def test_counts_agree_with_brute_force_where_places_repeat():
    generator = np.random.default_rng(3)
    days, x = generator.integers(0, 60, 300), generator.integers(0, 40, 300) * 60.0

    found = count(list(days), list(x))

    near = (np.abs(days[:, None] - days) <= 2) & (np.abs(x[:, None] - x) <= 100)
    assert found.observed_pairs == (near.sum() - 300) // 2


def test_many_reports_from_one_place_say_nothing_about_repeats():
    found = count(list(range(2000)), [0.0] * 2000)

    # every pair is near in space, so every exchange of dates gives the same count: p = 1
    assert found.near_in_space == 2000 * 1999 // 2
    assert found.p_value == 1.0


def test_p_is_small_for_repeats_and_the_seed_decides():
    days, x = [0, 1, 20, 21, 40, 41, 60, 61], [0, 0, 1000, 1000, 2000, 2000, 3000, 3000]

    assert count(days, x, replications=199).p_value <= 0.02
    assert count(days, x, replications=199, seed=4) == count(days, x, replications=199, seed=4)


def test_one_event_is_refused():
    with pytest.raises(BadInput, match="makes no pair"):
        count([0], [0.0])
