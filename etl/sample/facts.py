"""The facts the sample is made from: small tables beside this module, each with its source in `facts/SOURCES.md`."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gis.coordinates import System, from_wgs84, to_wgs84

Points = NDArray[np.float64]

STREET_CODE = "320505003"
STREET_NAME = "枫桥街道"
# sub-district's own figures, 2021 (see facts/SOURCES.md)
STREET_AREA_KM2 = 34.6
REGISTERED = 76_158
MIGRANT = 154_306
BEDS = 50_000
GRID_WORKERS = 234
# where the 600 m terrain window of facts/terrain.csv begins: centre of its first cell, and its step [deg]
TERRAIN_WEST, TERRAIN_NORTH, TERRAIN_STEP_DEG = 120.42206, 31.383496, 0.00555401


@lru_cache
def _table(name: str) -> pd.DataFrame:
    source = files("etl.sample").joinpath("facts", f"{name}.csv")
    with source.open(encoding="utf-8") as stream:
        return pd.read_csv(stream, dtype=str, keep_default_na=False)


def read_facts(name: str, *numbers: str) -> pd.DataFrame:
    """Read one table of facts; the columns in `numbers` become floats (empty is NaN), all others stay text."""
    table = _table(name).copy()
    for column in numbers:
        table[column] = [float(value) if value else np.nan for value in table[column]]
    return table


def records(table: pd.DataFrame) -> list[Any]:
    """Rows as named tuples; their fields are the columns, typed by whoever reads them."""
    return list(table.itertuples(index=False))


def read_terrain() -> NDArray[np.float64]:
    """Read the elevation window [m], north row first; cells without a value (water) are 5 m, the plain's level."""
    with files("etl.sample").joinpath("facts", "terrain.csv").open(encoding="utf-8") as stream:
        elevation = np.loadtxt(stream, delimiter=",")
    return np.where(elevation < -1000, 5.0, elevation)


def to_metric(lon: object, lat: object) -> Points:
    """Project WGS-84 points to EPSG:4549; an (n, 2) array of easting and northing [m]."""
    x, y = from_wgs84(np.asarray(lon, dtype=float), np.asarray(lat, dtype=float), system=System.EPSG4549)
    return np.column_stack([x, y])


def to_geographic(points: Points) -> Points:
    """Bring EPSG:4549 points [m] back to WGS-84; an (n, 2) array of longitude and latitude [deg]."""
    lon, lat = to_wgs84(points[:, 0], points[:, 1], system=System.EPSG4549)
    return np.column_stack([lon, lat])


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Open a random stream of its own for one part of the sample, so that a change in one part leaves the others."""
    return np.random.default_rng([seed, *(_number(name) for name in names)])


def _number(name: str | int) -> int:
    return name if isinstance(name, int) else int.from_bytes(name.encode()[:8], "big")
