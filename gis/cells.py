"""H3 cells as arrays: index, parents, hexadecimal text, areas, outlines, and what share of a cell a polygon covers.

A cell is a 64-bit integer in the database and 15 hexadecimal characters at every edge (JSON, tiles, open data), since
JavaScript cannot hold the integer. A point is indexed once, at resolution 11; its cells at 10 and 9 are that cell's
parents, so that sums roll up exactly (H3 children do not lie wholly within their parents: indexing the point again at 9
or 10 gives another cell for 6 to 7 % of points).
"""

from collections.abc import Iterable, Sequence

import h3.api.basic_int as h3
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS, Transformer

from gis.errors import BadInput

Cells = NDArray[np.int64]
Floats = NDArray[np.float64]

#: the resolution a point is indexed at; about the size of a building here (1 627 m²)
FINEST = 11
#: the resolution people work with, close to the 万米单元网格 (11 390 m² here)
WORKING = 10

# layout of an H3 index: four bits of resolution above 45 bits of digits, three bits for each of 15 resolutions
_RESOLUTION_BIT = 52
_RESOLUTION_MASK = np.int64(0xF << _RESOLUTION_BIT)


def index_points(lon: ArrayLike, lat: ArrayLike, *, resolution: int = FINEST) -> Cells:
    """Index points [deg, WGS-84]; returns one cell per point, 0 where a coordinate is missing.

    Index at the finest resolution and take `parents` for coarser ones.
    """
    x, y = np.asarray(lon, dtype=np.float64).ravel(), np.asarray(lat, dtype=np.float64).ravel()
    if x.shape != y.shape:
        raise BadInput(
            "{lon_count} longitudes and {lat_count} latitudes; there must be one each per point",
            lon_count=x.size,
            lat_count=y.size,
        )
    cells = np.zeros(x.size, dtype=np.int64)
    known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    index = h3.latlng_to_cell
    pairs = zip(y[known].tolist(), x[known].tolist(), strict=True)
    cells[known] = np.fromiter((index(north, east, resolution) for north, east in pairs), np.int64, count=known.size)
    return cells


def resolutions(cells: ArrayLike) -> NDArray[np.int64]:
    """Read each cell's resolution out of its index."""
    return (np.asarray(cells, dtype=np.int64) & _RESOLUTION_MASK) >> _RESOLUTION_BIT


def parents(cells: ArrayLike, resolution: int) -> Cells:
    """Return each cell's parent at `resolution`, by index alone; 0 (no cell) stays 0.

    Raises
    ------
    BadInput
        If a cell is coarser than `resolution`.
    """
    index = np.asarray(cells, dtype=np.int64)
    known = index != 0
    if index.size and bool((resolutions(index)[known] < resolution).any()):
        raise BadInput(
            "a cell of resolution {found} has no parent at {resolution}",
            found=resolutions(index)[known].min(),
            resolution=resolution,
        )
    # a parent carries its own resolution and ends in digits of all ones
    unused_digits = np.int64((1 << (3 * (15 - resolution))) - 1)
    parent = (index & ~_RESOLUTION_MASK) | np.int64(resolution << _RESOLUTION_BIT) | unused_digits
    return np.where(known, parent, 0)


def children(cell: int, resolution: int) -> Cells:
    """Return the cells of `resolution` whose parent is `cell`."""
    return np.array(h3.cell_to_children(int(cell), resolution), dtype=np.int64)


def neighbours(cell: int, *, rings: int = 1) -> Cells:
    """Return the cells at most `rings` steps from `cell`, itself left out."""
    return np.array([near for near in h3.grid_disk(int(cell), rings) if near != cell], dtype=np.int64)


def to_hex(cells: Iterable[int]) -> list[str]:
    """Write cells as 15 hexadecimal characters each."""
    return [format(int(cell), "x") for cell in cells]


def from_hex(texts: Iterable[str]) -> Cells:
    """Read cells from hexadecimal text; raises BadInput on anything that is no cell."""
    cells = []
    for text in texts:
        try:
            cell = int(text, 16)
        except ValueError:
            cell = 0
        if not h3.is_valid_cell(cell):
            raise BadInput("not an H3 cell: {text!r}; 15 hexadecimal characters are expected", text=text)
        cells.append(cell)
    return np.array(cells, dtype=np.int64)


def areas_m2(cells: Iterable[int]) -> Floats:
    """Compute each cell's true area on H3's sphere [m²] (not the published world average, 24 % larger than here)."""
    return np.array([h3.cell_area(int(cell), "m^2") for cell in cells], dtype=np.float64)


def centres(cells: Iterable[int]) -> tuple[Floats, Floats]:
    """Return the (lon, lat) of the cells' centres [deg]."""
    points = np.array([h3.cell_to_latlng(int(cell)) for cell in cells], dtype=np.float64).reshape(-1, 2)
    return points[:, 1], points[:, 0]


def polygons(cells: Sequence[int] | Cells) -> NDArray[np.object_]:
    """Return the cells' outlines as shapely polygons, (lon, lat) [deg]."""
    rings = [h3.cell_to_boundary(int(cell)) for cell in cells]
    # five or more corners; flattened so that shapely builds all rings in one call
    corners = np.array([corner for ring in rings for corner in (*ring, ring[0])], dtype=np.float64).reshape(-1, 2)
    owner = np.repeat(np.arange(len(rings)), [len(ring) + 1 for ring in rings])
    return np.asarray(shapely.polygons(shapely.linearrings(corners[:, ::-1], indices=owner)), dtype=object)


def cells_touching(area: shapely.Geometry, resolution: int) -> Cells:
    """Return every cell whose outline meets `area` (a polygon or multipolygon, WGS-84), in order of index."""
    if area.is_empty:
        return np.zeros(0, dtype=np.int64)
    shape = h3.geo_to_h3shape(area.__geo_interface__)
    return np.array(sorted(h3.h3shape_to_cells_experimental(shape, resolution, "overlap")), dtype=np.int64)


def to_metric(shapes: ArrayLike, srid: int) -> NDArray[np.object_]:
    """Project shapes from WGS-84 to the metric system `srid` (east, north) [m]."""
    return moved(shapes, CRS.from_epsg(srid))


def moved(shapes: ArrayLike, system: CRS) -> NDArray[np.object_]:
    """Bring shapes from WGS-84 into any other system, (east, north) or (lon, lat)."""
    transformer = Transformer.from_crs(4326, system, always_xy=True)
    projected = shapely.transform(
        np.asarray(shapes, dtype=object), lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
    )
    return np.atleast_1d(np.asarray(projected, dtype=object))


def overlap_m2(shapes: ArrayLike, units: ArrayLike) -> pd.DataFrame:
    """Measure how much of each shape lies in each unit; both metric.

    Returns
    -------
    overlaps
        One row per pair that shares area: `shape` and `unit` (positions in the inputs), `area_m2` [m²].
    """
    cell_shapes, unit_shapes = (
        np.atleast_1d(np.asarray(shapes, dtype=object)),
        np.atleast_1d(np.asarray(units, dtype=object)),
    )
    shapely.prepare(unit_shapes)
    tree = shapely.STRtree(cell_shapes)
    unit, shape = tree.query(unit_shapes, predicate="intersects")
    # most cells lie wholly inside one unit: only those on a border are cut
    inside = shapely.contains_properly(unit_shapes[unit], cell_shapes[shape])
    area_m2 = shapely.area(cell_shapes[shape])
    cut = np.flatnonzero(~inside)
    area_m2[cut] = shapely.area(shapely.intersection(cell_shapes[shape[cut]], unit_shapes[unit[cut]]))
    overlaps = pd.DataFrame({"shape": shape, "unit": unit, "area_m2": area_m2})
    return overlaps[overlaps["area_m2"] > 0].sort_values(["shape", "unit"], ignore_index=True)


def cover(area: shapely.Geometry, resolution: int, *, metric_srid: int) -> pd.Series:
    """Cover a polygon by cells, each with the share of its area that lies inside.

    Parameters
    ----------
    area
        Polygon or multipolygon, WGS-84.
    resolution
        H3 resolution.
    metric_srid
        EPSG code of the system in which areas are measured.

    Returns
    -------
    share
        Share of each cell's area inside `area` (0, 1], indexed by `cell`.
    """
    cells = cells_touching(area, resolution)
    shapes = to_metric(polygons(cells), metric_srid) if cells.size else np.zeros(0, dtype=object)
    overlaps = overlap_m2(shapes, to_metric(area, metric_srid))
    share = overlaps["area_m2"].to_numpy() / shapely.area(shapes[overlaps["shape"].to_numpy()])
    return pd.Series(
        np.minimum(share, 1.0), index=pd.Index(cells[overlaps["shape"].to_numpy()], name="cell"), name="share"
    )
