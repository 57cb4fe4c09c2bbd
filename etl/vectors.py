"""Read delivered geometries with pyogrio and bring them to WGS-84 from the system the delivery states."""

import warnings
from collections.abc import Iterable
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from etl.delivery import SYSTEMS, FeedSource, converter
from etl.reading import RawRows, as_text, require_headings
from gis.errors import BadInput

#: heading under which a geometry stands in quarantined rows
GEOMETRY = "geometry"


def read_vector_rows(source: FeedSource, required: Iterable[str], *, has_geometry: bool = True) -> RawRows:
    """Read one layer of a GeoJSON or GeoPackage file.

    GeoJSON has no way to state its system, so what `district.yml` says holds. A GeoPackage that states an EPSG system
    must agree with what `district.yml` says.

    Raises
    ------
    BadInput
        If the file or layer is not readable, lacks a column, or a geometry is missing or lies nowhere on earth.
    CrsMissing
        If neither the file nor the delivery states a coordinate system.
    """
    name = source.path.name
    if not source.path.stat().st_size:
        raise BadInput(f"{name} is empty; a vector file is expected")
    try:
        layers = [str(layer) for layer in pyogrio.list_layers(source.path)[:, 0]]
        layer = source.layer or layers[0]
        if layer not in layers:
            raise BadInput(f"{name} has no layer {layer!r}; it has {', '.join(layers)}")
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            frame = pyogrio.read_dataframe(source.path, layer=layer, use_arrow=True)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeError, RuntimeWarning, ValueError,
            IndexError) as fault:  # fmt: skip
        if isinstance(fault, BadInput):
            raise
        raise BadInput(f"{name} is not a readable vector file ({str(fault).splitlines()[0][:160]})") from fault
    columns = [str(column) for column in frame.columns if column != GEOMETRY]
    require_headings(f"{name} layer {layer}" if len(layers) > 1 else name, columns, required)
    if frame.empty:
        raise BadInput(f"{name} layer {layer} has no rows")
    texts = pd.DataFrame(
        {column: pd.array([as_text(value) for value in frame[column]], dtype="str") for column in columns}
    )
    if not has_geometry:
        return RawRows(texts, first_row=1)
    if not isinstance(frame, gpd.GeoDataFrame):
        raise BadInput(f"{name} layer {layer} has no geometries")
    stated = agreed_system(source, frame.crs)
    shapes = shapely.force_2d(np.asarray(frame.geometry.to_numpy(), dtype=object))
    if (without := np.flatnonzero(shapely.is_missing(shapes) | shapely.is_empty(shapes))).size:
        raise BadInput(f"{name} layer {layer}, row {without[0] + 1}: no geometry")
    texts[GEOMETRY] = pd.array(shapely.to_wkt(shapes, rounding_precision=8), dtype="str")
    return RawRows(texts, first_row=1, geometry=to_wgs84_shapes(shapes, replace(source, crs=stated)))


def read_attribute_rows(source: FeedSource, required: Iterable[str]) -> RawRows:
    """Read a layer that has no geometry, as `read_vector_rows` reads one that has."""
    return read_vector_rows(source, required, has_geometry=False)


def agreed_system(source: FeedSource, own: CRS | None) -> str:
    """Return the system to read a file in: the delivery's, else the file's own where a file can state one."""
    name = source.path.name
    geojson = source.path.suffix.lower() in (".geojson", ".json")
    if geojson or own is None:
        converter(source.crs, file=name)  # refuses an unstated one
        return source.crs
    code = f"EPSG:{own.to_epsg()}" if own.to_epsg() else own.to_wkt()
    if not source.crs:
        return code
    obfuscated = source.crs in ("GCJ-02", "BD-09")
    if not obfuscated and source.crs != code and not {source.crs, code} <= {"EPSG:4326", "EPSG:4490"}:
        raise BadInput(f"{name} says it is in {code[:40]} but district.yml says {source.crs}; one of them is wrong")
    return source.crs


def to_wgs84_shapes(shapes: NDArray[np.object_], source: FeedSource) -> NDArray[np.object_]:
    """Convert shapes from the stated system; refuses coordinates that cannot be in it.

    Raises
    ------
    BadInput
        If a coordinate is no number or lies outside the system's range; names the row.
    """
    convert = converter(source.crs, file=source.path.name)
    degrees = SYSTEMS.get(source.crs) is not None and source.crs not in ("EPSG:4549", "EPSG:4528")

    def step(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(convert(points[:, 0], points[:, 1]))

    bounds = shapely.bounds(shapes)
    wrong = ~np.isfinite(bounds).all(axis=1)
    if degrees:
        wrong |= (bounds[:, 0] < -180) | (bounds[:, 2] > 180) | (bounds[:, 1] < -90) | (bounds[:, 3] > 90)
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise BadInput(
            f"{source.path.name}, row {at + 1}: {tuple(bounds[at].round(3))} is not in {source.crs}; check crs"
        )
    converted = np.asarray(shapely.transform(shapes, step), dtype=object)
    bounds = shapely.bounds(converted)
    if (lost := np.flatnonzero(~np.isfinite(bounds).all(axis=1))).size:
        raise BadInput(
            f"{source.path.name}, row {lost[0] + 1}: coordinates cannot be brought from {source.crs} to WGS-84"
        )
    return converted


def other_layers(source: FeedSource) -> list[str]:
    """Names of the layers of a GeoPackage beside the main one; none for other files or unreadable ones."""
    if source.path.suffix.lower() != ".gpkg":
        return []
    try:
        return [str(layer) for layer in pyogrio.list_layers(source.path)[:, 0] if str(layer) != source.layer]
    except pyogrio.errors.DataSourceError:
        return []
