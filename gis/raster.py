"""Rasters over cells: the area-weighted mean or sum of a band under every cell, read in small windows.

A cell takes from each pixel the share of it that it covers (exactextract), so that a pixel on the edge of two cells is
divided between them and neither is hit or missed by chance. Only the pixels under one cell are read at a time: memory
does not grow with the raster.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import rasterio
import rasterio.errors
import rasterio.features
import rasterio.shutil
import rasterio.vrt
import rasterio.windows
import shapely
from affine import Affine
from exactextract import exact_extract
from exactextract.raster import RasterioRasterSource
from numpy.typing import NDArray
from pyproj.exceptions import CRSError

from gis import cells as h3_cells
from gis.errors import BadInput, CrsMissing

#: what GDAL keeps of a file in memory; its own default is a twentieth of the machine [MB]
CACHE_MB = 64
#: pixels read at a time, however large a cell is in them
WINDOW_PIXELS = 4_000_000
#: a surface that is written may have so many
MOST_PIXELS = 100_000_000

Statistic = Literal["mean", "sum"]


@contextmanager
def opened_raster(path: Path, *, crs: str = "") -> Iterator[tuple[rasterio.io.DatasetReader, pyproj.CRS]]:
    """Open a raster that stands upright, with its coordinate system: its own, else the one that is stated.

    Raises
    ------
    BadInput
        If it cannot be read, is turned, or its system is none a raster can be in.
    CrsMissing
        If neither the file nor its delivery says the system.
    """
    name = path.name
    try:
        with rasterio.Env(GDAL_CACHEMAX=CACHE_MB), rasterio.open(path) as raster:
            if raster.crs is None and not crs:
                raise CrsMissing(f"{name} states no coordinate system; write crs: EPSG:4326 into district.yml")
            system = raster_system(name, raster.crs.to_wkt() if raster.crs else crs)
            transform = raster.transform
            if transform.b or transform.d:
                raise BadInput(f"{name} is a turned raster; bring it upright with gdalwarp {name} upright.tif")
            if transform.e < 0:
                yield raster, system
            else:
                # written south row first, as models do
                with rasterio.vrt.WarpedVRT(raster, src_crs=system.to_wkt(), crs=system.to_wkt()) as upright:
                    yield upright, system
    except (rasterio.errors.RasterioError, RuntimeError) as fault:
        raise BadInput(
            f"{name} is not a readable raster ({str(fault).splitlines()[0][:160]}); it may be cut"
        ) from fault


def raster_system(name: str, crs: str) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_user_input(crs)
    except CRSError as fault:
        raise BadInput(f"{name}: a raster cannot be in {crs}; give it in EPSG:4326 or a projected system") from fault


def band_range(raster: rasterio.io.DatasetReader, band: int) -> tuple[int, float, float]:
    """Read a whole band strip by strip; returns how many pixels hold a value, and the lowest and highest."""
    rows = max(1, WINDOW_PIXELS // raster.width)
    known, lowest, highest = 0, np.inf, -np.inf
    for top in range(0, raster.height, rows):
        window = rasterio.windows.Window(0, top, raster.width, min(rows, raster.height - top))
        values = np.ma.masked_invalid(raster.read(band, window=window, masked=True))
        count = int(values.count())
        if count:
            known += count
            lowest, highest = min(lowest, float(values.min())), max(highest, float(values.max()))
    scale, offset = raster.scales[band - 1], raster.offsets[band - 1]
    lowest, highest = sorted((lowest * scale + offset, highest * scale + offset))
    return known, lowest, highest


def cell_statistics(
    path: Path,
    cells: NDArray[np.int64],
    *,
    statistics: Mapping[int, Statistic],
    crs: str = "",
) -> pd.DataFrame:
    """Bring bands of a raster to cells, each pixel weighted by the share of it that lies in the cell.

    Parameters
    ----------
    path
        A raster rasterio can open, in any coordinate system.
    cells
        H3 cells of any resolution.
    statistics
        Band (from 1) -> ``mean`` of quantities like heights and depths of rain, ``sum`` of counts like persons.
    crs
        The system of a file that does not say it.

    Returns
    -------
    values
        One row per cell, by cell, one column per band (float). NaN where the raster has no data.
    """
    outlines = h3_cells.polygons(cells)
    with opened_raster(path, crs=crs) as (raster, system):
        missing = sorted(set(statistics) - set(raster.indexes))
        if missing:
            raise BadInput(f"{path.name} has {raster.count} band(s); there is no band {missing[0]}")
        shapes = h3_cells.moved(outlines, system)
        # north to south, so that rows of the file are read once
        order = np.argsort(-shapely.get_y(shapely.centroid(shapes)), kind="stable")
        under = gpd.GeoDataFrame({"at": order}, geometry=shapes[order], crs=system)
        values = {
            band: covered(raster, under, band=band, statistic=statistic) for band, statistic in statistics.items()
        }
    return pd.DataFrame(values, index=pd.Index(cells, name="cell"))


def covered(
    raster: rasterio.io.DatasetReader, under: gpd.GeoDataFrame, *, band: int, statistic: Statistic
) -> NDArray[np.float64]:
    found = exact_extract(
        RasterioRasterSource(raster, band, name="value"),
        under,
        ["count", statistic],
        include_cols=["at"],
        output="pandas",
        max_cells_in_memory=WINDOW_PIXELS,
    )
    result = np.full(len(under), np.nan)
    result[found["at"].to_numpy()] = np.where(found["count"] > 0, found[statistic], np.nan)
    return result


def write_cells_as_raster(
    path: Path,
    cells: NDArray[np.int64],
    values: NDArray[np.float64],
    *,
    srid: int,
    pixel_m: float,
    tags: Mapping[str, str],
) -> tuple[int, int]:
    """Write values of cells as a Cloud-Optimised GeoTIFF (tiled, with overviews); returns its width and height.

    A pixel takes the value of the cell its centre lies in; NaN, which is its nodata, where there is none.

    Parameters
    ----------
    cells, values
        As long as each other.
    srid
        The metric system of the raster.
    pixel_m
        Edge of a pixel [m].
    tags
        Written into the file: what it shows, of when, in which unit.

    Raises
    ------
    BadInput
        If there is nothing to write, or the raster would have too many pixels.
    """
    if not len(cells):
        raise BadInput("there is no cell with a value to write")
    shapes = h3_cells.to_metric(h3_cells.polygons(cells), srid)
    # whole pixels, so that surfaces of the same layer lie over one another
    west, south, east, north = shapely.total_bounds(shapes) / pixel_m
    left, top = np.floor(west) * pixel_m, np.ceil(north) * pixel_m
    width, height = int(np.ceil(east) - np.floor(west)), int(np.ceil(north) - np.floor(south))
    if width * height > MOST_PIXELS:
        raise BadInput(f"pixels of {pixel_m:g} m make a raster of {width} x {height}; take larger ones")
    transform = Affine(pixel_m, 0, left, 0, -pixel_m, top)
    burnt = zip(shapes.tolist(), values.tolist(), strict=True)
    surface = rasterio.features.rasterize(
        burnt, out_shape=(height, width), transform=transform, fill=np.nan, dtype="float32"
    )
    profile = {"width": width, "height": height, "count": 1, "dtype": "float32", "nodata": np.nan}
    with rasterio.MemoryFile() as memory:
        with memory.open(driver="GTiff", crs=srid, transform=transform, **profile) as draft:
            draft.write(surface, 1)
            draft.update_tags(**tags)
            draft.set_band_description(1, tags.get("name", ""))
        with memory.open() as draft:
            rasterio.shutil.copy(draft, path, driver="COG", compress="DEFLATE", predictor="YES", blocksize=256)
    return width, height
