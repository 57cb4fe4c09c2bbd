"""Terrain: a raster of elevations, read by rasterio and written to the cells as their area-weighted mean."""

from pathlib import Path

import numpy as np
import rasterio
import shapely
from rasterio.errors import RasterioError, RasterioIOError

from etl.delivery import FeedSource
from gis.errors import BadInput, CrsMissing
from gis.placing import Territory

NAME = "terrain"
#: lowest and highest land on earth [m]
LOWEST_M, HIGHEST_M = -450.0, 8_900.0


def inspect_terrain(source: FeedSource, territory: Territory) -> int:
    """Read the whole raster, so that a cut file is found before anything is written; returns its cells with a value.

    Raises
    ------
    BadInput
        If it is no raster, is cut, empty, states heights no land has, or lies elsewhere.
    CrsMissing
        If neither it nor the delivery states a coordinate system.
    """
    name = source.path.name
    try:
        with rasterio.open(source.path) as raster:
            if raster.crs is None and not source.crs:
                raise CrsMissing(f"{name} states no coordinate system; write crs: EPSG:4326 into district.yml")
            heights = raster.read(1, masked=True)
            bounds, is_geographic = raster.bounds, raster.crs is None or raster.crs.is_geographic
    except (RasterioIOError, RasterioError) as fault:
        raise BadInput(
            f"{name} is not a readable raster ({str(fault).splitlines()[0][:160]}); it may be cut"
        ) from fault
    known = np.ma.compressed(heights)
    if not known.size:
        raise BadInput(f"{name} holds no values")
    if known.min() < LOWEST_M or known.max() > HIGHEST_M:
        raise BadInput(f"{name} holds heights from {known.min():g} to {known.max():g} m; check its nodata value")
    if territory.outline is not None and is_geographic:
        box = shapely.box(bounds.left, bounds.bottom, bounds.right, bounds.top)
        if not shapely.intersects(box, territory.outline):
            raise BadInput(f"{name} covers {tuple(round(edge, 3) for edge in bounds)}, not the sub-district")
    return int(known.size)


def raster_path(source: FeedSource) -> Path:
    return source.path
