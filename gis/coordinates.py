"""Bring coordinates of the systems met in Chinese deliveries to WGS-84 and back.

GCJ-02 is the published obfuscation of the State Bureau on the Krasovsky ellipsoid, BD-09 is Baidu's further turn of
GCJ-02; neither has an analytic inverse, so inverses are fixed-point iterations. CGCS2000 is taken as equal to WGS-84
(the difference is centimetres, EPSG gives a null transformation), its 3-degree strips are projected by PROJ.

A single point cannot tell its system: that is a property of the feed (see `gis.feed_system`). The order is always
(lon, lat), for projected systems (easting, northing); Chinese surveyors write it the other way round, see `unswap`.
"""

import math
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from pyproj import Transformer


Floats = NDArray[np.float64]
_Step = Callable[[Floats, Floats], tuple[Floats, Floats]]
_Offset = Callable[[Floats, Floats, type[np.floating[Any]]], tuple[Floats, Floats]]


class System(StrEnum):
    """A coordinate system a feed may state."""

    WGS84 = "WGS84"
    CGCS2000 = "CGCS2000"  # geographic, EPSG:4490
    EPSG4549 = "EPSG4549"  # CGCS2000, 3-degree strip about 120 E, false easting 500 000 m
    EPSG4528 = "EPSG4528"  # the same strip as zone 40, false easting 40 500 000 m
    GCJ02 = "GCJ02"
    BD09 = "BD09"


PROJECTED = frozenset({System.EPSG4549, System.EPSG4528})

_KRASOVSKY_SEMI_MAJOR_M = 6378245.0
_KRASOVSKY_ECCENTRICITY_SQUARED = 0.00669342162296594323
# Python's float, so that it does not widen single precision
_PI = math.pi
_BAIDU_ANGLE = _PI * 3000.0 / 180.0
# outside this box the published formula leaves coordinates as they are [deg]
_CHINA_WEST, _CHINA_SOUTH, _CHINA_EAST, _CHINA_NORTH = 72.004, 0.8293, 137.8347, 55.8271
_BAIDU_EAST, _BAIDU_NORTH = 0.0065, 0.006
# GCJ-02's offset changes by at most 0.7 % of a move, Baidu's by 2 %, so passes starting 6e-3 and 4e-4 deg off end below
# 1e-10 deg after four; the first two need no more digits than single precision gives the offset (1e-8 deg)
_PASSES = (np.float32, np.float32, np.float64, np.float64)
# arrays are worked through in pieces that stay in the processor's cache [points]
_CHUNK = 8192


def to_wgs84(lon: ArrayLike, lat: ArrayLike, *, system: System | str) -> tuple[Floats, Floats]:
    """Convert coordinates stated in `system` to WGS-84.

    Parameters
    ----------
    lon, lat
        Longitudes and latitudes [deg], or eastings and northings [m] for the projected systems; equal shapes.
    system
        The system the coordinates are in.

    Returns
    -------
    lon, lat
        WGS-84 [deg], float64 of the same shape. NaN stays NaN.

    Raises
    ------
    ValueError
        If `system` is not one of `System`, or the shapes differ.
    """
    return _convert(lon, lat, _TO_WGS84[System(system)])


def from_wgs84(lon: ArrayLike, lat: ArrayLike, *, system: System | str) -> tuple[Floats, Floats]:
    """Convert WGS-84 coordinates [deg] to `system`; the inverse of `to_wgs84`, same rules."""
    return _convert(lon, lat, _FROM_WGS84[System(system)])


def unswap(first: ArrayLike, second: ArrayLike) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Put axes written in surveyors' order (latitude or northing first) right, recognised by magnitude.

    In China a longitude is 73 to 136 and a latitude 3 to 54 degrees; in a 3-degree strip an easting is 0.2 to 0.8
    million metres (with zone prefix 25 to 45 million) and a northing 0.3 to 6 million. The ranges do not meet, so
    every row tells its own order. Rows in neither range stay as they are.

    Returns
    -------
    lon, lat, swapped
        The axes in (lon, lat) order and a mask of the rows that were exchanged.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    degrees = (a >= 3) & (a <= 54) & (b >= 73) & (b <= 136)
    northing = (a >= 3e5) & (a <= 6.1e6)
    plain_easting = (b >= 1.5e5) & (b <= 8.5e5) & (a > b)
    zoned_easting = (b >= 2.4e7) & (b <= 4.6e7)
    swapped = degrees | (northing & (plain_easting | zoned_easting))
    return np.where(swapped, b, a), np.where(swapped, a, b), swapped


def inside_china(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    """Tell where the published GCJ-02 formula applies (its box, not the border)."""
    return (lon >= _CHINA_WEST) & (lon <= _CHINA_EAST) & (lat >= _CHINA_SOUTH) & (lat <= _CHINA_NORTH)


def _convert(lon: ArrayLike, lat: ArrayLike, step: _Step) -> tuple[Floats, Floats]:
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    if x.shape != y.shape:
        raise ValueError(f"longitudes have shape {x.shape}, latitudes {y.shape}; they must be equal")
    flat_x, flat_y = x.ravel(), y.ravel()
    out_x, out_y = np.empty_like(flat_x), np.empty_like(flat_y)
    for start in range(0, flat_x.size, _CHUNK):
        piece = slice(start, start + _CHUNK)
        out_x[piece], out_y[piece] = step(flat_x[piece], flat_y[piece])
    return out_x.reshape(x.shape), out_y.reshape(y.shape)


def _same(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    return lon, lat


def _gcj_offset(lon: Floats, lat: Floats, kind: type[np.floating[Any]]) -> tuple[Floats, Floats]:
    """Return what GCJ-02 adds to WGS-84 coordinates [deg], worked in the precision `kind`."""
    x, y = (lon - 105.0).astype(kind), (lat - 35.0).astype(kind)
    root = np.sqrt(np.abs(x))
    # multiples of one angle (sin 3t = 3 sin t - 4 sin^3 t, sin 2t = 2 sin t cos t) spare half of the sines
    third_x, third_y = np.sin(_PI / 3.0 * x), np.sin(_PI / 3.0 * y)
    cosine_third_x = np.cos(_PI / 3.0 * x)
    sine_x = third_x * (3.0 - 4.0 * third_x * third_x)
    sine_y = third_y * (3.0 - 4.0 * third_y * third_y)
    sine_2x = 2.0 * sine_x * (cosine_third_x * (4.0 * cosine_third_x * cosine_third_x - 3.0))
    sine_6x = sine_2x * (3.0 - 4.0 * sine_2x * sine_2x)
    ripple = (20.0 * sine_6x + 20.0 * sine_2x) * 2.0 / 3.0
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north_m += (20.0 * sine_y + 40.0 * third_y) * 2.0 / 3.0
    north_m += (160.0 * np.sin(_PI / 12.0 * y) + 320.0 * np.sin(_PI / 30.0 * y)) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east_m += (20.0 * sine_x + 40.0 * third_x) * 2.0 / 3.0
    east_m += (150.0 * np.sin(_PI / 12.0 * x) + 300.0 * np.sin(_PI / 30.0 * x)) * 2.0 / 3.0
    sine = np.sin((lat * (_PI / 180.0)).astype(kind))
    magic = 1.0 - _KRASOVSKY_ECCENTRICITY_SQUARED * sine * sine
    root_magic = np.sqrt(magic)
    meridian_m = _KRASOVSKY_SEMI_MAJOR_M * (1.0 - _KRASOVSKY_ECCENTRICITY_SQUARED) / (magic * root_magic)
    # the cosine of a latitude is never negative
    parallel_m = _KRASOVSKY_SEMI_MAJOR_M / root_magic * np.sqrt(1.0 - sine * sine)
    return east_m / parallel_m * (180.0 / _PI), north_m / meridian_m * (180.0 / _PI)


def _bd_offset(lon: Floats, lat: Floats, kind: type[np.floating[Any]]) -> tuple[Floats, Floats]:
    """Return what BD-09 adds to GCJ-02 coordinates [deg]."""
    # published with atan2, cos and sin; turning the vector by the small angle itself gives the same to 1e-14 without
    # them (the angle is below 3e-6, its cosine 1 - angle^2 / 2 to 4e-24)
    x, y = lon.astype(kind), lat.astype(kind)
    stretch = 0.00002 * np.sin((lat * _BAIDU_ANGLE).astype(kind)) / np.sqrt(x * x + y * y)
    angle = 0.000003 * np.cos((lon * _BAIDU_ANGLE).astype(kind))
    along = stretch - 0.5 * angle * angle
    across = angle * (1.0 + stretch)
    return along * x - across * y + _BAIDU_EAST, along * y + across * x + _BAIDU_NORTH


def _forward(offset: _Offset) -> _Step:
    def step(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        east, north = offset(lon, lat, np.float64)
        return lon + east, lat + north

    return step


def _inverse(offset: _Offset, *, start: tuple[float, float]) -> _Step:
    def step(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        x, y = lon - start[0], lat - start[1]
        for kind in _PASSES:
            east, north = offset(x, y, kind)
            x, y = lon - east, lat - north
        return x, y

    return step


def _in_china(step: _Step) -> _Step:
    """Leave points outside the box as they are, as the published formula says."""

    def guarded(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        inside = inside_china(lon, lat)
        if not inside.all():
            # any point of the box will do where the answer is thrown away
            x, y = step(np.where(inside, lon, 105.0), np.where(inside, lat, 35.0))
            return np.where(inside, x, lon), np.where(inside, y, lat)
        return step(lon, lat)

    return guarded


def _chain(first: _Step, second: _Step) -> _Step:
    def step(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        return second(*first(lon, lat))

    return step


@cache
def _transformer(source: str, target: str) -> "Transformer":
    # PROJ takes 20 MB, and most feeds are not projected
    from pyproj import Transformer

    return Transformer.from_crs(source, target, always_xy=True)


def _projection(source: str, target: str) -> _Step:
    def step(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
        x, y = _transformer(source, target).transform(lon, lat)
        # PROJ answers infinity for what it cannot project; for us that is a missing coordinate
        bad = ~np.isfinite(x) | ~np.isfinite(y)
        return np.where(bad, np.nan, x), np.where(bad, np.nan, y)

    return step


_GCJ, _GCJ_BACK = _forward(_gcj_offset), _inverse(_gcj_offset, start=(0.0, 0.0))
_BD, _BD_BACK = _forward(_bd_offset), _inverse(_bd_offset, start=(_BAIDU_EAST, _BAIDU_NORTH))

_TO_WGS84: dict[System, _Step] = {
    System.WGS84: _same,
    System.CGCS2000: _same,
    System.EPSG4549: _projection("EPSG:4549", "EPSG:4490"),
    System.EPSG4528: _projection("EPSG:4528", "EPSG:4490"),
    System.GCJ02: _in_china(_GCJ_BACK),
    System.BD09: _in_china(_chain(_BD_BACK, _GCJ_BACK)),
}
_FROM_WGS84: dict[System, _Step] = {
    System.WGS84: _same,
    System.CGCS2000: _same,
    System.EPSG4549: _projection("EPSG:4490", "EPSG:4549"),
    System.EPSG4528: _projection("EPSG:4490", "EPSG:4528"),
    System.GCJ02: _in_china(_GCJ),
    System.BD09: _in_china(_chain(_GCJ, _BD)),
}
