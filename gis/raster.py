"""Rasters over cells: the area-weighted mean or sum of a band under every cell, read in small windows.

A cell takes from each pixel the share of it that it covers (exactextract), so that a pixel on the edge of two cells is
divided between them and neither is hit or missed by chance. Pixels are read once, in strips: memory does not grow with
the raster.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

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
from exactextract.raster import NumPyRasterSource
from numpy.typing import NDArray
from pyproj.exceptions import CRSError
from rasterio._err import CPLE_BaseError

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
                raise CrsMissing(
                    "{name} states no coordinate system; write crs: EPSG:4326 into district.yml", name=name
                )
            system = raster_system(name, raster.crs.to_wkt() if raster.crs else crs)
            transform = raster.transform
            if transform.is_identity or not (transform.a and transform.e):
                raise BadInput(
                    "{name} does not say where its pixels lie; give it a world file or a geotransform", name=name
                )
            if transform.b or transform.d:
                raise BadInput(
                    "{name} is a turned raster; bring it upright with gdalwarp {name} upright.tif", name=name
                )
            if transform.e < 0:
                yield raster, system
            else:
                # written south row first, as models do
                with rasterio.vrt.WarpedVRT(raster, src_crs=system.to_wkt(), crs=system.to_wkt()) as upright:
                    yield upright, system
    except (rasterio.errors.RasterioError, CPLE_BaseError, RuntimeError) as fault:
        raise BadInput(
            "{name} is not a readable raster ({fault}); it may be cut",
            name=name,
            fault=str(fault).splitlines()[0][:160],
        ) from fault


def raster_system(name: str, crs: str) -> pyproj.CRS:
    try:
        return pyproj.CRS.from_user_input(crs)
    except CRSError as fault:
        raise BadInput(
            "{name}: a raster cannot be in {crs}; give it in EPSG:4326 or a projected system", name=name, crs=crs
        ) from fault


class BandRange(NamedTuple):
    """What a whole band holds."""

    #: pixels that were read
    pixels: int
    #: of these, those that hold a value
    known: int
    lowest: float
    highest: float


def band_range(raster: rasterio.io.DatasetReader, band: int) -> BandRange:
    """Read a whole band strip by strip; returns how many pixels there are and hold a value, the lowest and highest."""
    rows = max(1, WINDOW_PIXELS // raster.width)
    pixels, known, lowest, highest = 0, 0, np.inf, -np.inf
    for top in range(0, raster.height, rows):
        window = rasterio.windows.Window(0, top, raster.width, min(rows, raster.height - top))
        values = np.ma.masked_invalid(raster.read(band, window=window, masked=True))
        pixels += values.size
        count = int(values.count())
        if count:
            known += count
            lowest, highest = min(lowest, float(values.min())), max(highest, float(values.max()))
    scale, offset = raster.scales[band - 1], raster.offsets[band - 1]
    lowest, highest = sorted((lowest * scale + offset, highest * scale + offset))
    return BandRange(pixels, known, lowest, highest)


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
            raise BadInput(
                "{name} has {count} band(s); there is no band {band}",
                name=path.name,
                count=raster.count,
                band=missing[0],
            )
        shapes = h3_cells.moved(outlines, system)
        values = {
            band: covered(raster, shapes, band=band, system=system)[statistic] for band, statistic in statistics.items()
        }
    return pd.DataFrame(values, index=pd.Index(cells, name="cell"))


def covered(
    raster: rasterio.io.DatasetReader, shapes: NDArray[np.object_], *, band: int, system: pyproj.CRS
) -> dict[Statistic, NDArray[np.float64]]:
    """Mean and sum of a band under shapes in its system; NaN where it has no data.

    The raster is read once, in strips as wide as the shapes lie; sums and covered pixels of a shape add up over strips.
    """
    total, pixels = np.zeros(len(shapes)), np.zeros(len(shapes))
    _, south, _, north = shapely.bounds(shapes).T
    for window in strips_under(raster, shapes):
        left, bottom, right, top = edges(raster, window)
        within = np.flatnonzero((south < top) & (north > bottom))
        if not within.size:
            continue
        values = raster.read(band, window=window, masked=True).astype(np.float64).filled(np.nan)
        values = values * raster.scales[band - 1] + raster.offsets[band - 1]
        found = exact_extract(
            NumPyRasterSource(values, left, bottom, right, top, name="value", srs_wkt=system.to_wkt()),
            gpd.GeoDataFrame({"at": within}, geometry=shapes[within], crs=system),
            ["count", "sum"],
            include_cols=["at"],
            output="pandas",
        )
        under = found["at"].to_numpy()
        total[under] += found["sum"].fillna(0.0).to_numpy()
        pixels[under] += found["count"].to_numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        return {"mean": total / pixels, "sum": np.where(pixels > 0, total, np.nan)}


def strips_under(raster: rasterio.io.DatasetReader, shapes: NDArray[np.object_]) -> Iterator[rasterio.windows.Window]:
    """Yield the windows of the raster around `shapes`, from north to south, of `WINDOW_PIXELS` at most."""
    west, south, east, north = shapely.total_bounds(shapes)
    transform = raster.transform
    left, right = clipped((west - transform.c) / transform.a, (east - transform.c) / transform.a, raster.width)
    first, last = clipped((north - transform.f) / transform.e, (south - transform.f) / transform.e, raster.height)
    if right <= left:
        return
    rows = max(1, WINDOW_PIXELS // (right - left))
    for top in range(first, last, rows):
        yield rasterio.windows.Window(left, top, right - left, min(rows, last - top))


def edges(raster: rasterio.io.DatasetReader, window: rasterio.windows.Window) -> tuple[float, float, float, float]:
    """West, south, east and north edge of a window."""
    step = raster.transform
    left, top = step.c + step.a * window.col_off, step.f + step.e * window.row_off
    return left, top + step.e * window.height, left + step.a * window.width, top


def clipped(first: float, last: float, count: int) -> tuple[int, int]:
    """Return the whole pixels from `first` to `last` along one axis of `count` pixels, end exclusive."""
    return max(int(np.floor(first)), 0), min(int(np.ceil(last)), count)


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
        raise BadInput(
            "pixels of {pixel_m:g} m make a raster of {width} x {height}; take larger ones",
            pixel_m=pixel_m,
            width=width,
            height=height,
        )
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
