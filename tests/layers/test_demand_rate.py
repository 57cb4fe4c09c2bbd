"""Rates worked by hand."""

import numpy as np
import pandas as pd
import pytest

from gis.errors import IndexMismatch
from layers.demand_rate import Prior, demand_per_1000, estimate_prior


def cells(**pairs):
    """Requests and eligible by cell: ``cells(quiet=(1, 2))``."""
    frame = pd.DataFrame(pairs, index=["requests", "eligible"]).T
    return frame["requests"], frame["eligible"]


def test_a_request_from_two_residents_is_drawn_to_the_mean():
    requests, eligible = cells(quiet=(1, 2), busy=(30, 3_000))

    rate = demand_per_1000(requests, eligible)

    # mean is 31 / 3002 = 10.3 per 1 000; the raw 500 per 1 000 of the quiet cell must end near it
    assert 10 < rate["quiet"] < 60
    assert rate["busy"] == pytest.approx(10.0, abs=0.5)


def test_marshalls_estimator_by_hand():
    requests, eligible = cells(low=(10, 1_000), high=(90, 1_000))

    # m = 100 / 2000 = 0.05; s² = (1000 * 0.04² + 1000 * 0.04²) / 2000 = 0.0016; A = 0.0016 - 0.05 / 1000 = 0.00155
    prior = estimate_prior(requests, eligible)
    assert (prior.mean, prior.variance) == pytest.approx((0.05, 0.00155))
    # trust = 0.00155 / (0.00155 + 0.05 / 1000) = 0.96875; low = 0.05 + 0.96875 * (0.01 - 0.05) = 0.01125
    rate = demand_per_1000(requests, eligible)
    assert rate.to_dict() == pytest.approx({"low": 11.25, "high": 88.75})


def test_cells_that_differ_no_more_than_by_chance_get_the_mean():
    requests, eligible = cells(one=(5, 1_000), two=(6, 1_000))

    assert demand_per_1000(requests, eligible).tolist() == pytest.approx([5.5, 5.5])


def test_a_given_prior_is_used():
    requests, eligible = cells(only=(90, 1_000))

    assert demand_per_1000(requests, eligible, prior=Prior(0.05, 0.00155)).tolist() == pytest.approx([88.75])


def test_nobody_eligible_is_no_rate_and_not_zero():
    requests, eligible = cells(empty=(3, 0), full=(10, 1_000))

    rate = demand_per_1000(requests, eligible)

    assert np.isnan(rate["empty"])
    assert rate["full"] == pytest.approx(10.0)
    assert rate.index.equals(requests.index)


def test_no_requests_at_all_are_a_rate_of_nothing():
    requests, eligible = cells(one=(0, 10), two=(0, 20))

    assert demand_per_1000(requests, eligible).tolist() == [0.0, 0.0]


def test_series_of_different_cells_are_refused():
    with pytest.raises(IndexMismatch, match="2 cells are in one series only"):
        demand_per_1000(pd.Series({"a": 1}), pd.Series({"b": 1}))
