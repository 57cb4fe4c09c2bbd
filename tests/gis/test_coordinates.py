"""Coordinate systems against independent libraries and against figures worked by hand."""

import math

import numpy as np
import prcoords
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.coordinates import System, from_wgs84, inside_china, to_wgs84, unswap


@pytest.fixture
def points() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    return rng.uniform(75, 130, 500), rng.uniform(10, 50, 500)


def test_gcj02_agrees_with_prcoords(points):
    lon, lat = points

    out_lon, out_lat = from_wgs84(lon, lat, system=System.GCJ02)

    expected = [prcoords.wgs_gcj((y, x)) for x, y in zip(lon, lat, strict=True)]
    assert np.allclose(out_lon, [place.lon for place in expected], rtol=0, atol=1e-9)
    assert np.allclose(out_lat, [place.lat for place in expected], rtol=0, atol=1e-9)


def test_bd09_agrees_with_prcoords(points):
    lon, lat = points

    out_lon, out_lat = from_wgs84(lon, lat, system=System.BD09)

    expected = [prcoords.gcj_bd(prcoords.wgs_gcj((y, x))) for x, y in zip(lon, lat, strict=True)]
    assert np.allclose(out_lon, [place.lon for place in expected], rtol=0, atol=1e-9)
    assert np.allclose(out_lat, [place.lat for place in expected], rtol=0, atol=1e-9)


def test_the_published_baidu_turn_is_met_with_its_own_functions():
    # the published form, with atan2, cos and sin, written out for one GCJ-02 point
    gcj_lon, gcj_lat = (float(v[0]) for v in from_wgs84([120.55], [31.3], system="GCJ02"))
    angle_unit = math.pi * 3000 / 180
    radius = math.hypot(gcj_lon, gcj_lat) + 0.00002 * math.sin(gcj_lat * angle_unit)
    angle = math.atan2(gcj_lat, gcj_lon) + 0.000003 * math.cos(gcj_lon * angle_unit)

    lon, lat = from_wgs84([120.55], [31.3], system="BD09")

    assert lon[0] == pytest.approx(radius * math.cos(angle) + 0.0065, abs=1e-12)
    assert lat[0] == pytest.approx(radius * math.sin(angle) + 0.006, abs=1e-12)


@pytest.mark.parametrize("system", list(System))
@given(lon=st.floats(118.6, 121.4), lat=st.floats(5, 53))
def test_there_and_back_is_the_same_point(system, lon, lat):
    back_lon, back_lat = to_wgs84(*from_wgs84([lon], [lat], system=system), system=system)

    assert abs(back_lon[0] - lon) < 1e-9
    assert abs(back_lat[0] - lat) < 1e-9


@pytest.mark.parametrize("system", [System.GCJ02, System.BD09])
def test_outside_china_the_coordinates_stay(system):
    lon, lat = to_wgs84([2.35, -73.9], [48.85, 40.7], system=system)

    assert lon.tolist() == [2.35, -73.9]
    assert lat.tolist() == [48.85, 40.7]
    assert not inside_china(lon, lat).any()


def test_the_central_meridian_has_the_false_easting_and_zone_40_its_prefix():
    east, north = from_wgs84([120.0], [31.0], system=System.EPSG4549)
    zoned, same_north = from_wgs84([120.0], [31.0], system=System.EPSG4528)

    assert east[0] == pytest.approx(500_000, abs=1e-6)
    assert zoned[0] == pytest.approx(40_500_000, abs=1e-6)
    # length of the meridian from the equator to 31 N on CGCS2000: series of Snyder (1987), eq. 3-21
    a, e2 = 6378137.0, 0.00669438002290
    phi = math.radians(31)
    arc = a * (
        (1 - e2 / 4 - 3 * e2**2 / 64 - 5 * e2**3 / 256) * phi
        - (3 * e2 / 8 + 3 * e2**2 / 32 + 45 * e2**3 / 1024) * math.sin(2 * phi)
        + (15 * e2**2 / 256 + 45 * e2**3 / 1024) * math.sin(4 * phi)
        - (35 * e2**3 / 3072) * math.sin(6 * phi)
    )
    assert north[0] == pytest.approx(arc, abs=0.01)
    assert same_north[0] == pytest.approx(north[0], abs=1e-6)


def test_axes_in_surveyors_order_are_recognised_row_by_row():
    first = [31.3, 120.55, 3_465_000.0, 552_000.0, 3_465_000.0, 7.0]
    second = [120.55, 31.3, 552_000.0, 3_465_000.0, 40_552_000.0, 8.0]

    lon, lat, swapped = unswap(first, second)

    assert swapped.tolist() == [True, False, True, False, True, False]
    assert lon.tolist() == [120.55, 120.55, 552_000.0, 552_000.0, 40_552_000.0, 7.0]
    assert lat.tolist() == [31.3, 31.3, 3_465_000.0, 3_465_000.0, 3_465_000.0, 8.0]


def test_missing_coordinates_stay_missing_and_shapes_are_kept():
    lon, lat = to_wgs84([[120.5, np.nan]], [[31.3, 31.3]], system="BD09")

    assert lon.shape == (1, 2)
    assert np.isnan(lon[0, 1])
    assert np.isfinite(lat[0, 0])


def test_unequal_shapes_and_unknown_systems_are_refused():
    with pytest.raises(ValueError, match="must be equal"):
        to_wgs84([1.0, 2.0], [1.0], system="GCJ02")
    with pytest.raises(ValueError, match="Beijing54"):
        to_wgs84([1.0], [1.0], system="Beijing54")
