"""Class limits worked by hand."""

import numpy as np
import pandas as pd
import pytest

from layers.catalogue import catalogue
from layers.classes import round_numbers, rounded_quintiles
from layers.values import classify


def test_quintiles_of_ten_values():
    # quintiles of 10 … 100 (linear): 28, 46, 64, 82; nearest that read well: 30, 50, 60, 80
    assert rounded_quintiles(np.arange(10, 101, 10), whole=True) == [30, 50, 60, 80]


def test_limits_of_small_counts_stay_apart():
    # all four quintiles are 1: whole limits from 2 on, each above the one before
    assert rounded_quintiles([1] * 50 + [2], whole=True) == [2, 3, 4, 5]


def test_limits_of_rates_may_be_fractions():
    assert rounded_quintiles([0.1, 0.2, 0.3, 0.4, 0.5], whole=False) == pytest.approx([0.2, 0.25, 0.3, 0.4])


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_limits_always_ascend(whole, seed):
    values = np.random.default_rng(seed).lognormal(2, 1.5, 400)

    limits = rounded_quintiles(values, whole=whole)

    assert len(limits) == 4
    assert limits == sorted(set(limits))


def test_round_numbers_read_well():
    assert round_numbers(whole=True)[:12].tolist() == [2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30]


def test_a_value_on_a_limit_belongs_to_the_upper_class():
    layer = catalogue().layer("population")

    classes = classify(pd.Series([1, 29, 30, 80, 500]), [30, 50, 60, 80], layer)

    assert classes.tolist() == [0, 0, 1, 4, 4]


def test_nothing_and_unknown_have_no_class():
    layer = catalogue().layer("population")

    assert classify(pd.Series([0, np.nan]), [30, 50, 60, 80], layer).isna().all()
    assert classify(pd.Series([7.0]), [], layer).isna().all()


def test_the_ground_may_lie_at_nothing():
    assert classify(pd.Series([0.0]), [2, 3, 4, 5], catalogue().layer("elevation")).tolist() == [0]


def test_five_minutes_are_within_five_minutes_and_no_resource_is_a_gap():
    layer = catalogue().layer("reach_clinic")

    assert classify(pd.Series([0.0, 5.0, 5.01, 15.0, 15.5, np.nan]), [5, 10, 15], layer).tolist() == [0, 0, 1, 2, 3, 3]
