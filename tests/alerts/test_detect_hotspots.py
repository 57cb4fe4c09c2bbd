"""Gi*, Mann-Kendall and the classes of emerging hot spots, worked by hand; esda as the outside reference."""

import numpy as np
import pytest
from esda.getisord import G_Local
from libpysal.weights import W

from alerts.detect.emerging import classify, emerging_class, mann_kendall
from alerts.detect.hotspots import adjacency, gi_star

# five cells in a row, the third one busy
ROW = adjacency(np.array([0, 1, 1, 2, 2, 3, 3, 4]), np.array([1, 0, 2, 1, 3, 2, 4, 3]), 5)


def test_gi_star_of_a_row_is_what_the_formula_gives():
    found = gi_star(np.array([[0.0], [0.0], [10.0], [0.0], [0.0]]), ROW, fdr=0.05)

    # mean 2, s^2 = 100/5 - 4 = 16; middle: W = 3, (10 - 6) / (4 sqrt((15 - 9) / 4)) = 4 / 4.898979
    assert found.z[2, 0] == pytest.approx(0.816496580927726, abs=1e-12)
    # end cell: W = 2, (0 - 4) / (4 sqrt((10 - 4) / 4)) = -1 / 1.224745
    assert found.z[0, 0] == pytest.approx(-0.816496580927726, abs=1e-12)
    assert not found.hot.any()


def test_gi_star_agrees_with_esda():
    generator = np.random.default_rng(5)
    values = generator.poisson(3, 30).astype(float)
    links = {cell: [(cell - 1) % 30, (cell + 1) % 30] for cell in range(30)}
    rows = np.array([cell for cell, near in links.items() for _ in near])
    columns = np.array([neighbour for near in links.values() for neighbour in near])

    found = gi_star(values[:, None], adjacency(rows, columns, 30), fdr=0.05)

    reference = G_Local(values, W(links, silence_warnings=True), transform="B", star=True, permutations=0)
    assert found.z[:, 0] == pytest.approx(reference.Zs, abs=1e-9)


def test_a_cube_adds_the_period_before_from_the_second_period_on():
    values = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    alone = adjacency(np.zeros(0, dtype=int), np.zeros(0, dtype=int), 3)

    found = gi_star(values, alone, fdr=0.05)

    # n = 6, mean 1/6, s^2 = 1/6 - 1/36 = 5/36; first period W = 1: (1 - 1/6) / (s sqrt(1)) = sqrt(5)
    assert found.z[0, 0] == pytest.approx(np.sqrt(5))
    # second period W = 2 and the 1 of the period before: (1 - 2/6) / (s sqrt((12 - 4) / 5))
    assert found.z[0, 1] == pytest.approx((2 / 3) / (np.sqrt(5 / 36) * np.sqrt(1.6)))


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_equal_values_have_no_hot_spots_and_no_z(value: float):
    found = gi_star(np.full((5, 1), value), ROW, fdr=0.05)

    assert np.isnan(found.z).all()
    assert not found.hot.any()
    assert not found.cold.any()


def test_mann_kendall_of_a_rise_and_of_ties():
    z, p = mann_kendall(np.array([[1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 2.0, 2.0], [3.0, 3.0, 3.0, 3.0]]))

    # S = 6, var = 4 * 3 * 13 / 18 = 8.6667, z = 5 / 2.943920
    assert z[0] == pytest.approx(5 / np.sqrt(156 / 18))
    # S = 4; two pairs of ties take 2 * (2 * 1 * 9) from 156: var = 120 / 18; z = 3 / 2.581989
    assert z[1] == pytest.approx(3 / np.sqrt(120 / 18))
    assert (z[2], p[2]) == (0.0, 1.0)


PATTERNS = [
    ("0000000001", "0000000000", 0.0, "new"),
    ("0000000111", "0000000000", 0.0, "consecutive"),
    ("0111111111", "0000000000", 2.0, "intensifying"),
    ("0111111111", "0000000000", -2.0, "diminishing"),
    ("1111111111", "0000000000", 0.0, "persistent"),
    ("1111111110", "0000000000", 0.0, "historical"),
    ("0010010011", "0000000000", 0.0, "sporadic"),
    ("0010010011", "1000000000", 0.0, "oscillating"),
    ("0010010000", "0000000000", 0.0, "no_hot_pattern"),
    ("0000000000", "0000000000", 0.0, "no_hot_pattern"),
]


@pytest.mark.parametrize(("hot", "cold", "trend", "name"), PATTERNS)
def test_each_class_has_its_pattern(hot: str, cold: str, trend: float, name: str):
    flags = [np.array([letter == "1" for letter in word]) for word in (hot, cold)]

    assert emerging_class(*flags, trend_z=trend, trend_p=0.05 if trend else 1.0) == name


def test_seventeen_classes_are_the_hot_ones_mirrored():
    z = np.array([[-3.0] * 10, [3.0] * 10])
    classes = classify(z, z > 0, z < 0, with_cold=True)

    assert list(classes["class"]) == ["persistent_cold", "persistent"]
    assert list(classify(z, z > 0, z < 0)["class"]) == ["no_hot_pattern", "persistent"]
