"""The scan statistic on cases small enough to work out, against brute force, and under the null."""

import itertools

import numpy as np
import pytest

from alerts.detect import scan, scan_zones, time_units
from alerts.detect.scan_zones import Zones


def line(count: int, weights: np.ndarray | None = None, **limits: float) -> Zones:
    return scan_zones.circular_zones(
        np.arange(count, dtype=float),
        np.zeros(count),
        planar=True,
        weights=np.ones(count) if weights is None else weights,
        max_share=limits.get("share", 0.5),
        max_radius=limits.get("radius"),
    )


def test_zones_grow_by_distance_and_keep_the_order_of_the_file_at_equal_distance():
    zones = line(5, share=0.6)

    assert zones.locations(2, 3) == (2, 1, 3)
    assert len(zones.members) == 5 * 3
    assert len(line(5, radius=1.0).members) == 5 * 3 - 2 - 3  # the cap of half the weight still holds: two each


def test_zones_of_the_present_are_those_of_a_map_with_nothing_else_on_it():
    generator = np.random.default_rng(4)
    lon, lat = 120.5 + generator.uniform(0, 0.05, 60), 31.3 + generator.uniform(0, 0.05, 60)
    weights = generator.integers(0, 4, 60).astype(float)
    some = weights > 0
    everywhere = scan_zones.circular_zones(lon, lat, planar=False, weights=np.ones(60), max_share=1.0, max_radius=2.0)

    found = everywhere.of_present(weights, max_share=0.2)

    alone = scan_zones.circular_zones(
        lon[some], lat[some], planar=False, weights=weights[some], max_share=0.2, max_radius=2.0
    )
    assert 0 < some.sum() < 60
    assert found.starts.tolist() == alone.starts.tolist()
    assert found.members.tolist() == alone.members.tolist()


def test_poisson_ratio_of_one_hot_location():
    cases = np.array([[12], [3], [3], [2]])
    expected = np.array([[5.0], [5.0], [5.0], [5.0]])

    best = scan.scan_poisson(
        cases, expected, zones=line(4), windows=scan_zones.whole_period(), spatial=True, replications=99, seed=1
    )[0]

    # 12 ln(12/5) + 8 ln(8/15)
    assert best.llr == pytest.approx(12 * np.log(12 / 5) + 8 * np.log(8 / 15), abs=1e-12)
    assert (best.locations, best.observed, best.first_unit) == ((0,), 12, None)
    assert best.relative_risk == pytest.approx((12 / 5) / (8 / 15))
    assert best.p_value is not None
    assert best.p_value < 0.2


def test_bernoulli_ratio_is_the_difference_of_two_likelihoods():
    cases, controls = np.array([9, 1, 1, 1]), np.array([1, 9, 9, 9])

    best = scan.scan_bernoulli(cases, controls, zones=line(4, cases + controls.astype(float)), replications=9)[0]

    def likelihood(sick: float, people: float) -> float:
        return float(sick * np.log(sick / people) + (people - sick) * np.log(1 - sick / people))

    assert best.llr == pytest.approx(likelihood(9, 10) + likelihood(3, 30) - likelihood(12, 40), abs=1e-12)
    assert best.expected == pytest.approx(3.0)


def test_permutation_agrees_with_brute_force():
    generator = np.random.default_rng(11)
    place, unit = generator.integers(0, 8, 120), generator.integers(0, 20, 120)
    totals = np.bincount(place, minlength=8).astype(float)
    zones = line(8, totals, radius=2.0)
    windows = scan_zones.prospective_windows(20, 5)

    best = scan.scan_permutation(place, unit, zones=zones, windows=windows, replications=0)[0]

    ratios = []
    for centre in range(8):
        for size in range(1, int(zones.starts[centre + 1] - zones.starts[centre]) + 1):
            inside = np.isin(place, zones.locations(centre, size))
            for length in range(1, 6):
                recent = unit >= 20 - length
                c, e = (inside & recent).sum(), inside.sum() * recent.sum() / 120
                if c >= 2 and c > e:
                    ratios.append(c * np.log(c / e) + (120 - c) * np.log((120 - c) / (120 - e)))
    assert best.llr == pytest.approx(max(ratios), abs=1e-12)
    assert best.p_value is None


def test_strata_change_the_expectation_and_one_stratum_does_not():
    generator = np.random.default_rng(2)
    place, unit = generator.integers(0, 6, 90), generator.integers(0, 10, 90)
    zones = line(6, np.bincount(place, minlength=6).astype(float))
    windows = scan_zones.prospective_windows(10, 3)

    plain = scan.scan_permutation(place, unit, zones=zones, windows=windows, replications=0)
    one = scan.scan_permutation(
        place, unit, zones=zones, windows=windows, replications=0, stratum=np.zeros(90, dtype=int)
    )

    assert [cluster.locations for cluster in one] == [cluster.locations for cluster in plain]
    assert one[0].llr == pytest.approx(plain[0].llr, abs=1e-9)


def test_secondary_clusters_share_no_location():
    generator = np.random.default_rng(7)
    place, unit = generator.integers(0, 30, 400), generator.integers(0, 30, 400)
    zones = line(30, np.bincount(place, minlength=30).astype(float), radius=4.0)

    found = scan.scan_permutation(place, unit, zones=zones, windows=scan_zones.all_windows(30, 5), replications=0)

    named = [location for cluster in found for location in cluster.locations]
    assert len(named) == len(set(named)) > 0
    assert all(first.llr >= second.llr - 1e-9 for first, second in itertools.pairwise(found))


def test_p_values_are_uniform_when_nothing_is_there():
    """Of 500 data sets with permuted dates 3 to 7 % have p <= .05 (99 replications each)."""
    generator = np.random.default_rng(20)
    place, unit = generator.integers(0, 12, 60), generator.integers(0, 12, 60)
    zones = line(12, np.bincount(place, minlength=12).astype(float), radius=2.0)
    windows = scan_zones.prospective_windows(12, 3)
    p_values = []
    for dataset in range(500):
        found = scan.scan_permutation(
            place, generator.permutation(unit), zones=zones, windows=windows, replications=99, seed=dataset
        )
        p_values.append(found[0].p_value if found else 1.0)

    share = float(np.mean(np.array(p_values) <= 0.05))
    assert 0.03 <= share <= 0.07


def test_replications_are_given_up_only_where_nothing_is():
    generator = np.random.default_rng(5)
    place, unit = generator.integers(0, 12, 200), generator.integers(0, 20, 200)
    surge = (np.concatenate([place, np.full(15, 3)]), np.concatenate([unit, np.full(15, 19)]))
    zones = line(12, np.bincount(place, minlength=12).astype(float), radius=2.0)
    windows = scan_zones.prospective_windows(20, 3)

    def p_of(events, **limit):
        return scan.scan_permutation(*events, zones=zones, windows=windows, replications=99, **limit)[0].p_value

    full, early = p_of((place, unit)), p_of((place, unit), give_up_above=0.01)
    # as if nothing were left out: none of 99 reaches the surge
    assert p_of(surge) == p_of(surge, give_up_above=0.01) == 0.01
    # 99 at chance .01 match more than 4 times with chance .003, more than 5 with .0005: after the sixth it is given up
    assert full > 0.1
    assert early > 0.1
    assert (early * (1 + round(6 / early))) == pytest.approx(7, abs=1)


def test_gumbel_p_of_a_known_tail():
    generator = np.random.default_rng(1)
    maxima = generator.gumbel(5.0, 1.0, 20_000)

    # the exact tail above 8 is 1 - exp(-exp(-3)) = 0.0486
    assert scan.gumbel_p(8.0, maxima) == pytest.approx(0.0486, abs=0.002)
    assert scan.gumbel_p(8.0, np.full(10, 3.0)) is None


def test_nothing_in_gives_nothing_out():
    none = np.zeros(0, dtype=np.int64)

    assert scan.scan_permutation(none, none, zones=line(3), windows=scan_zones.prospective_windows(5, 2)) == []
    assert scan.scan_bernoulli(np.zeros(3, dtype=int), np.ones(3, dtype=int), zones=line(3)) == []


def test_person_time_weighs_leap_years_and_interpolates():
    first = int(np.datetime64("1999-01-01", "D").astype(int))
    bounds = time_units.unit_bounds(first, int(np.datetime64("2001-12-31", "D").astype(int)), "year")

    assert list(np.diff(bounds)) == [365, 366, 365]
    # constant population of 2: 2 persons times the days
    assert list(time_units.person_time(np.array([first]), np.array([2.0]), bounds)) == [730.0, 732.0, 730.0]
    # from 0 to 365 over the year 1999: noon of day d has d + 0.5 persons, in sum 365^2 / 2
    grown = time_units.person_time(np.array([first, first + 365]), np.array([0.0, 365.0]), bounds)
    assert grown[0] == pytest.approx(365**2 / 2)


def test_expected_cases_follow_the_strata():
    # two locations, one unit, two strata; stratum rates 10/100 and 0/100
    person_days = np.array([[[80.0, 20.0]], [[20.0, 80.0]]])

    assert time_units.expected_cases(person_days, np.array([10.0, 0.0])) == pytest.approx(np.array([[8.0], [2.0]]))
