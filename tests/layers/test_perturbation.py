"""Cell keys: what is published, what is not, and that differences give nothing away."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.perturbation import CHANCES, KEY_RANGE, NOISE, noise, publish_counts, rate_counts

#: keys that fall into the middle of the table (no change), its first row (-3) and its last (+3)
SAME, LESS, MORE = KEY_RANGE // 2, 0, KEY_RANGE - 1


def published(counts, keys):
    return publish_counts(pd.Series(counts), pd.Series(keys)).tolist()


def test_the_table_of_noise_is_a_distribution_without_drift():
    assert CHANCES.sum() == pytest.approx(1)
    assert (CHANCES * NOISE).sum() == pytest.approx(0)
    # 2 * (0.05 * 9 + 0.10 * 4 + 0.20 * 1)
    assert (CHANCES * NOISE**2).sum() == pytest.approx(2.1)


def test_keys_take_each_noise_as_often_as_the_table_says():
    keys = np.linspace(0, KEY_RANGE - 1, 100_000).astype("int64")

    seen = pd.Series(noise(keys)).value_counts(normalize=True).sort_index()

    assert seen.index.tolist() == NOISE.tolist()
    assert seen.to_numpy() == pytest.approx(CHANCES, abs=1e-3)


def test_one_to_four_are_not_published_and_nobody_is():
    assert published([0, 1, 4], [SAME, SAME, SAME]) == [0, pd.NA, pd.NA]


def test_five_and_more_are_changed_by_their_key_and_stay_at_least_five():
    assert published([5, 5, 8, 8, 100], [LESS, MORE, LESS, MORE, SAME]) == [5, 8, 5, 11, 100]


@given(st.integers(0, 5_000), st.integers(0, 2**62))
def test_a_published_count_is_never_one_to_four_nor_far_off(count, key):
    value = published([count], [key])[0]

    if 0 < count < 5:
        assert value is pd.NA
    else:
        assert value == 0 or value >= 5
        assert abs(value - count) <= 3


def test_the_same_people_get_the_same_noise_however_they_are_asked_for():
    # three cells of one community: the community's key is the sum of theirs, in whatever order they are summed
    keys = pd.Series([4_000_000_000, 77, 3_123_456_789])

    assert noise(keys.sum()) == noise(keys.iloc[::-1].sum())


def test_differences_do_not_give_a_hidden_count_away():
    # a parent of 5 cells of which one holds 3 persons: parent minus the four others misses 3 for most drawings of keys
    rng = np.random.default_rng(7)
    counts = pd.Series([40, 25, 3, 61, 18])
    hits = 0
    for _ in range(300):
        keys = pd.Series([int(rng.integers(0, KEY_RANGE, count).sum()) for count in counts])
        parent = published([counts.sum()], [keys.sum()])[0]
        others = sum(value for value in publish_counts(counts, keys) if value is not pd.NA)
        hits += parent - others == 3

    # five independent changes of variance 2.1 hit exactly zero about one time in eight (1 / sqrt(2 pi 10.5))
    assert hits < 75


def test_in_rates_small_counts_become_nothing_or_five_and_are_right_on_average():
    keys = pd.Series(np.linspace(0, KEY_RANGE - 1, 10_000).astype("int64"))

    rounded = rate_counts(pd.Series(np.full(10_000, 3)), keys)

    assert set(rounded.tolist()) == {0, 5}
    assert rounded.mean() == pytest.approx(3, abs=0.01)


def test_in_rates_larger_counts_are_the_published_ones():
    assert rate_counts(pd.Series([0, 5, 50]), pd.Series([MORE, MORE, LESS])).tolist() == [0, 8, 47]
