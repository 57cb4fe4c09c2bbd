"""The height of every cell, out of a terrain raster.

A raster's pixels are about as large as our cells (100 m), so a cell's centre would hit or miss them by chance: the
height of a cell is the mean of the pixels it covers, weighted by the area of each that it covers.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import rasterio
import rasterio.errors
import rasterio.windows
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from gis import cells as h3_cells
from gis.database.bulk import copy_rows
from gis.errors import BadInput, CrsMissing
from gis.grid import STATEMENTS

if TYPE_CHECKING:
    from gis.district import District


def write_elevation(connection: Connection, district: District, path: Path) -> int:
    """Write base.cell.elevation_m of a sub-district from a raster; returns how many cells changed.

    Build the cells first. A cell that the raster does not cover keeps no height (NULL), never 0.

    Raises
    ------
    BadInput
        If the file is no raster, or lies outside the sub-district.
    CrsMissing
        If the raster does not say its coordinate system.
    """
    cells = np.array(connection.scalars(STATEMENTS["cells_of"], {"code": district.code}).all(), dtype=np.int64)
    if not cells.size:
        raise BadInput(f"sub-district {district.code} has no cells; load its boundaries before its terrain")
    elevations = read_elevation(path, cells)
    if elevations.notna().sum() == 0:
        raise BadInput(f"{path.name} does not cover any cell of sub-district {district.code}; is it the right area?")
    connection.execute(STATEMENTS["drop_elevation_draft"])
    connection.execute(STATEMENTS["make_elevation_draft"])
    values = [None if np.isnan(value) else float(value) for value in elevations]
    copy_rows(connection, "elevation_draft", ("cell", "elevation_m"), zip(cells.tolist(), values, strict=True))
    return connection.execute(STATEMENTS["merge_elevations"], {"code": district.code}).rowcount


def read_elevation(path: Path, cells: NDArray[np.int64]) -> pd.Series:
    """Compute the area-weighted mean height of each cell from the first band of a raster.

    Parameters
    ----------
    path
        A raster rasterio can open; any coordinate system, heights in metres.
    cells
        H3 cells of any resolution.

    Returns
    -------
    elevation_m
        Indexed by cell [m]; NaN where the raster has no data.
    """
    shapes = h3_cells.polygons(cells)
    try:
        with rasterio.open(path) as raster:
            if raster.crs is None:
                raise CrsMissing(f"{path.name} does not say its coordinate system; a GeoTIFF with a CRS is expected")
            srid = raster.crs.to_epsg()
            if srid != 4326:
                shapes = h3_cells.to_metric(shapes, srid)
            pixels, heights = pixels_under(raster, shapes)
    except rasterio.errors.RasterioIOError as fault:
        raise BadInput(f"{path.name} cannot be read as a raster: {fault}") from fault
    return mean_height(shapes, pixels, heights, index=cells)


def pixels_under(
    raster: rasterio.io.DatasetReader, shapes: NDArray[np.object_]
) -> tuple[NDArray[np.object_], NDArray[np.float64]]:
    """Return the outlines and heights [m] of the raster's pixels with data around `shapes`."""
    west, south, east, north = shapely.total_bounds(shapes)
    # rasters stand upright: x grows with the column, y falls with the row
    transform = raster.transform
    left, right = clipped((west - transform.c) / transform.a, (east - transform.c) / transform.a, raster.width)
    top, bottom = clipped((north - transform.f) / transform.e, (south - transform.f) / transform.e, raster.height)
    if right <= left or bottom <= top:
        return np.zeros(0, dtype=object), np.zeros(0)
    band = raster.read(1, window=rasterio.windows.Window(left, top, right - left, bottom - top), masked=True)
    rows, columns = np.nonzero(~np.ma.getmaskarray(band))
    x0, y0 = transform.c + transform.a * (columns + left), transform.f + transform.e * (rows + top)
    x1, y1 = x0 + transform.a, y0 + transform.e
    outlines = shapely.box(np.minimum(x0, x1), np.minimum(y0, y1), np.maximum(x0, x1), np.maximum(y0, y1))
    return np.asarray(outlines, dtype=object), np.asarray(band.data[rows, columns], dtype=np.float64)


def clipped(first: float, last: float, count: int) -> tuple[int, int]:
    """Return the whole pixels from `first` to `last` along one axis of `count` pixels, end exclusive."""
    return max(int(np.floor(first)), 0), min(int(np.ceil(last)), count)


def mean_height(
    shapes: NDArray[np.object_], pixels: NDArray[np.object_], heights: NDArray[np.float64], *, index: NDArray[np.int64]
) -> pd.Series:
    """Weight the heights by the area each pixel shares with each shape; all in the raster's own system."""
    mean = np.full(len(index), np.nan)
    shape, pixel = shapely.STRtree(pixels).query(shapes, predicate="intersects")
    area = shapely.area(shapely.intersection(shapes[shape], pixels[pixel]))
    pairs = pd.DataFrame({"shape": shape, "area": area, "weighted": area * heights[pixel]})
    sums = pairs.groupby("shape")[["area", "weighted"]].sum()
    sums = sums[sums["area"] > 0]
    mean[sums.index.to_numpy()] = (sums["weighted"] / sums["area"]).to_numpy()
    return pd.Series(mean, index=pd.Index(index, name="cell"), name="elevation_m")
