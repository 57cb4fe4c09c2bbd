"""The system of a feed is proposed from many rows with its evidence, never from few."""

import numpy as np
import pytest

from gis.coordinates import System, from_wgs84
from gis.feed_system import probable_system


def rows(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    return rng.uniform(120.48, 120.57, count), rng.uniform(31.29, 31.34, count)


@pytest.mark.parametrize("system", [System.WGS84, System.GCJ02, System.BD09, System.EPSG4549, System.EPSG4528])
@pytest.mark.parametrize("swapped", [False, True])
def test_the_system_and_the_order_of_axes_are_found(system, swapped):
    lon, lat = rows(40)
    x, y = from_wgs84(lon, lat, system=system)
    # addresses are known to about 100 m only
    known = np.random.default_rng(3).normal(0, 0.0008, (2, 40))
    first, second = (y, x) if swapped else (x, y)

    found = probable_system(first, second, known_lon=lon + known[0], known_lat=lat + known[1])

    assert found.system is system
    assert found.swapped is swapped
    assert found.reason == "decided"
    assert found.evidence[0].median_m < 150
    assert abs(found.evidence[0].east_m) < 60


def test_gcj_read_as_wgs_shows_its_shift():
    lon, lat = rows(40)
    x, y = from_wgs84(lon, lat, system="GCJ02")

    plain = next(
        one for one in probable_system(x, y, known_lon=lon, known_lat=lat).evidence if one.system is System.WGS84
    )

    # GCJ-02 lies about 404 m east and 236 m south of WGS-84 here (design.md)
    assert plain.east_m == pytest.approx(404, abs=15)
    assert plain.north_m == pytest.approx(-236, abs=15)


def test_it_does_not_guess():
    lon, lat = rows(40)
    far = probable_system(lon + 0.05, lat, known_lon=lon, known_lat=lat)
    few = probable_system(lon[:5], lat[:5], known_lon=lon[:5], known_lat=lat[:5])
    unknown = probable_system(lon, lat, known_lon=np.full(40, np.nan), known_lat=lat)
    mixed = probable_system(
        np.where(np.arange(40) % 2, lon, lat), np.where(np.arange(40) % 2, lat, lon), known_lon=lon, known_lat=lat
    )

    assert [one.system for one in (far, few, unknown, mixed)] == [None] * 4
    assert [one.reason for one in (far, few, unknown, mixed)] == [
        "no system fits", "too few rows", "too few rows", "axes are mixed"
    ]  # fmt: skip
