"""Unusual counts: small cases by hand; agreement with R is checked on files in test_detect_reference.py."""

import numpy as np
import pytest
from scipy.stats import nbinom, norm

from alerts.detect import control_charts, glr, quasi_poisson
from alerts.detect.counts import Method, judge_series, regular_step
from gis.errors import BadInput

WEEKS = np.arange(300) * 7 + 12_418  # Mondays from 2004-01-01 on


def test_regression_on_an_intercept_gives_the_mean():
    response = np.array([2.0, 4.0, 6.0])

    model = quasi_poisson.fit(np.ones((3, 1)), response)

    # dispersion = sum((y - 4)^2 / 4) / 2 = (4 + 0 + 4) / 4 / 2 = 1
    assert np.exp(model.coefficients[0]) == pytest.approx(4.0)
    assert model.dispersion(response) == pytest.approx(1.0, rel=1e-4)  # R stops the iteration there, and so do we
    assert model.hat(np.ones((3, 1))) == pytest.approx(np.full(3, 1 / 3))


def test_ears_bounds_are_mean_plus_z_standard_deviations():
    counts = np.array([1, 2, 3, 4, 5, 6, 7, 9, 9, 30])
    z = norm.ppf(0.999)

    c1 = control_charts.ears_bound(counts, np.array([9]), method="C1", baseline=7, min_sigma=0, alpha=0.001)
    c2 = control_charts.ears_bound(counts, np.array([9]), method="C2", baseline=7, min_sigma=0, alpha=0.001)

    assert c1[0] == pytest.approx(np.mean([3, 4, 5, 6, 7, 9, 9]) + z * np.std([3, 4, 5, 6, 7, 9, 9], ddof=1))
    assert c2[0] == pytest.approx(4 + z * np.std([1, 2, 3, 4, 5, 6, 7], ddof=1))


def test_ears_refuses_a_start_without_a_baseline():
    with pytest.raises(BadInput, match="needs 9 values"):
        control_charts.ears_bound(np.arange(20), np.array([8]), method="C2", baseline=7, min_sigma=0, alpha=0.001)


def test_cusum_adds_what_exceeds_the_reference():
    counts = np.array([4, 4, 6, 8, 1])

    statistic, _ = control_charts.cusum(
        counts, np.array([2, 3, 4]), k=0.5, h=2.0, mean=None, transform="standard", alpha=0.1, freq=52
    )

    # mean 4, sd 2: z = 1, 2, -1.5; sums .5, 2, 0
    assert list(statistic) == pytest.approx([0.5, 2.0, 0.0])


def test_bayes_bound_is_a_quantile_of_the_posterior_prediction():
    counts = np.array([3, 1, 2, 2, 9])

    judged = judge_series(
        counts, WEEKS[:5], np.array([4]), method=Method.BAYES, control={"b": 0, "w": 4, "actY": True, "alpha": 0.05}
    )

    # eight cases in four weeks: negative binomial with 8.5 and 4/5
    assert judged["upperbound"][0] == nbinom.ppf(0.95, 8.5, 0.8)
    assert judged["alarm"][0] == 1


def test_farrington_finds_a_planted_week_and_leaves_a_quiet_one():
    generator = np.random.default_rng(4)
    counts = generator.poisson(10, 300)
    counts[280], counts[290] = 40, 10
    control = {
        "b": 4,
        "w": 3,
        "noPeriods": 10,
        "pastWeeksNotIncluded": 26,
        "thresholdMethod": "nbPlugin",
        "alpha": 0.01,
    }

    judged = judge_series(
        counts, WEEKS, np.array([280, 290]), method=Method.FARRINGTON_FLEXIBLE, control={**control, "epochAsDate": True}
    )

    assert list(judged["alarm"]) == [1, 0]
    assert judged["expected"].between(7, 13).all()
    assert judged["p_value"][0] < 1e-6


def test_farrington_says_nothing_where_too_few_cases_fell():
    counts = np.zeros(300, dtype=int)
    counts[::10] = 1

    for method in (Method.FARRINGTON, Method.FARRINGTON_FLEXIBLE):
        judged = judge_series(counts, WEEKS, np.array([290]), method=method, control={"b": 4, "w": 3})
        assert judged["alarm"][0] == 0
        assert np.isnan(judged["upperbound"][0])


def test_a_history_too_short_names_the_date():
    with pytest.raises(BadInput, match="4 years back"):
        judge_series(
            np.ones(100, dtype=int), WEEKS[:100], np.array([99]), method=Method.FARRINGTON_FLEXIBLE, control={"b": 4}
        )


def test_glr_of_a_known_poisson_shift():
    counts, mean = np.array([2.0, 2.0, 8.0]), np.full(3, 2.0)

    statistic, alarm = glr.glr_chart(counts, mean, alpha=0.0, limit=5.0)

    # the best shift begins with the last count: 8 ln 4 - 6
    assert statistic[2] == pytest.approx(8 * np.log(4) - 6)
    assert list(alarm) == [False, False, True]


def test_glr_with_little_overdispersion_is_nearly_the_poisson_chart():
    counts, mean = np.array([3.0, 5.0, 2.0, 7.0]), np.full(4, 3.0)

    poisson, _ = glr.glr_chart(counts, mean, alpha=0.0, limit=50.0)
    negative_binomial, _ = glr.glr_chart(counts, mean, alpha=1e-6, limit=50.0)

    assert negative_binomial == pytest.approx(poisson, abs=1e-4)


def test_negative_binomial_regression_recovers_theta():
    generator = np.random.default_rng(8)
    counts = generator.negative_binomial(3, 3 / (3 + 10), 4000).astype(float)

    coefficients, theta = glr.fit_negative_binomial(np.ones((4000, 1)), counts)

    assert np.exp(coefficients[0]) == pytest.approx(counts.mean(), rel=1e-6)
    assert theta == pytest.approx(3.0, rel=0.1)


def test_a_gap_in_a_series_is_named():
    with pytest.raises(BadInput, match="2004-01-15 to 2004-01-29"):
        regular_step(np.delete(WEEKS[:10], 3) - WEEKS[0] + 12_418, "north")
