"""Read delivered geometries with pyogrio and bring them to WGS-84 from the system the delivery states."""

import codecs
import warnings
from collections.abc import Iterable
from dataclasses import replace
from glob import escape as glob_escape

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from etl.delivery import SYSTEMS, FeedSource, converter
from etl.readers.guard import refuse_wide
from etl.readers.kml import read_kml
from etl.reading import RawRows, as_text, require_headings
from gis.errors import BadInput

#: heading under which a geometry stands in quarantined rows
GEOMETRY = "geometry"
#: files that are parsed in one piece
WHOLE = (".geojson", ".json", ".kml")
#: what programs write into a .cpg that Python knows by another name
CODE_PAGES = {
    "936": "gb18030",
    "GBK": "gb18030",
    "GB2312": "gb18030",
    "CP936": "gb18030",
    "ANSI 936": "gb18030",
    "65001": "utf-8",
}


def read_vector_rows(
    source: FeedSource,
    required: Iterable[str],
    *,
    needs_geometry: bool = True,
    point_headings: tuple[str, str] | None = None,
) -> RawRows:
    """Read one layer of a GeoJSON, GeoPackage, Shapefile or KML file.

    GeoJSON has no way to state its system, so what `district.yml` says holds. A file that states an EPSG system must
    agree with what `district.yml` says.

    Parameters
    ----------
    needs_geometry
        Whether every row must have a shape; else shapes are read for `point_headings` alone.
    point_headings
        Columns to write a point of each shape to, in the file's own system, where the file has no such columns.

    Raises
    ------
    BadInput
        If the file or layer is not readable, lacks a column, or a geometry is missing or lies nowhere on earth.
    CrsMissing
        If neither the file nor the delivery states a coordinate system.
    """
    name = source.path.name
    frame, layer, layers = read_layer(source)
    columns = [str(column) for column in frame.columns if column != GEOMETRY]
    refuse_wide(name, len(columns))
    if frame.empty:
        raise BadInput("{name} layer {layer} has no rows", name=name, layer=layer)
    try:
        texts = pd.DataFrame(
            {column: pd.array([as_text(value) for value in frame[column]], dtype="str") for column in columns}
        )
    except UnicodeDecodeError as fault:
        raise BadInput(
            "{name} holds a text that is not UTF-8 ({reason}); save it anew", name=name, reason=fault.reason
        ) from fault
    where = f"{name} layer {layer}" if len(layers) > 1 else name
    required = list(required)
    if not source.layer and required:
        refuse_several(source, layer, layers, required)
    has_shapes = isinstance(frame, gpd.GeoDataFrame)
    if not needs_geometry and not (has_shapes and point_headings and not set(point_headings) & set(columns)):
        require_headings(where, columns, required)
        return RawRows(texts, first_row=1)
    if not has_shapes:
        raise BadInput("{name} layer {layer} has no geometries", name=name, layer=layer)
    stated = agreed_system(source, frame.crs)
    shapes = shapely.force_2d(np.asarray(frame.geometry.to_numpy(), dtype=object))
    without = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if needs_geometry and without.any():
        raise BadInput(
            "{name} layer {layer}, row {row}: no geometry",
            name=name,
            layer=layer,
            row=int(np.flatnonzero(without)[0]) + 1,
        )
    if point_headings and not needs_geometry:
        points = np.where(without, None, shapely.point_on_surface(np.where(without, None, shapes)))
        for heading, ordinates in zip(point_headings, (shapely.get_x(points), shapely.get_y(points)), strict=True):
            texts[heading] = pd.array([as_text(float(one)) for one in ordinates], dtype="str")
    require_headings(where, list(texts.columns), required)
    texts[GEOMETRY] = pd.array(shapely.to_wkt(shapes, rounding_precision=8), dtype="str")
    known = ~without
    converted = np.full(len(shapes), None, dtype=object)
    if known.any():
        converted[known] = to_wgs84_shapes(shapes[known], replace(source, crs=stated))
    return RawRows(texts.fillna(""), first_row=1, geometry=converted)


def refuse_several(source: FeedSource, taken: str, layers: list[str], required: list[str]) -> None:
    """Refuse a file of which another layer holds rows of the feed too, since those would be lost."""
    for other in layers:
        if other != taken:
            told = pyogrio.read_info(source.path, layer=other)
            if told["features"] and set(required) <= {str(name) for name in told["fields"]}:
                raise BadInput(
                    "{name} has rows of this feed in several layers ({taken}, {other}); state which one with layer:",
                    name=source.path.name,
                    taken=taken,
                    other=other,
                )


def read_layer(source: FeedSource) -> tuple[gpd.GeoDataFrame, str, list[str]]:
    """Read the layer of a vector file that the delivery names, else its first; also its name, and those of all."""
    name, ending = source.path.name, source.path.suffix.lower()
    if not source.path.stat().st_size:
        raise BadInput("{name} is empty; a vector file is expected", name=name)
    if ending == ".kml":
        return read_kml(source.path), source.path.stem, [source.path.stem]
    try:
        layers = [str(layer) for layer in pyogrio.list_layers(source.path)[:, 0]]
        layer = source.layer or layers[0]
        if layer not in layers:
            raise BadInput("{name} has no layer {layer!r}; it has {known}", name=name, layer=layer, known=layers)
        # what GDAL only warns of is a fault too; raised inside its own calls it would be lost
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            options = {"encoding": dbf_encoding(source)} if ending == ".shp" else {}
            frame = pyogrio.read_dataframe(source.path, layer=layer, use_arrow=not options, **options)
        if faults := [str(one.message) for one in warned if issubclass(one.category, RuntimeWarning)]:
            raise RuntimeError(faults[0])
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, RuntimeError, ValueError, OSError,
            IndexError, shapely.errors.ShapelyError, pa.ArrowException) as fault:  # fmt: skip
        if isinstance(fault, BadInput):
            raise
        if isinstance(fault, UnicodeDecodeError) and ending == ".shp":
            raise BadInput(
                "{name} is not {encoding}; state its encoding, gb18030 for most",
                name=name,
                encoding=dbf_encoding(source),
            ) from fault
        raise BadInput(
            "{name} is not a readable vector file ({fault})", name=name, fault=str(fault).splitlines()[0][:160]
        ) from fault
    return frame, layer, layers


def dbf_encoding(source: FeedSource) -> str:
    """The encoding of a shapefile's texts: what the delivery or the .cpg beside it says, else GB18030 if UTF-8 is not.

    Raises
    ------
    BadInput
        If a part of the shapefile is not there.
    """
    parts = {file.suffix.lower(): file for file in source.path.parent.glob(f"{glob_escape(source.path.stem)}.*")}
    missing = [ending for ending in (".shx", ".dbf") if ending not in parts]
    if missing:
        raise BadInput(
            "{name} lacks {missing} beside it; deliver all its files, best in a zip",
            name=source.path.name,
            missing=missing,
        )
    if source.encoding:
        return source.encoding
    stated = parts[".cpg"].read_text(encoding="ascii", errors="replace").strip() if ".cpg" in parts else ""
    if stated:
        try:
            return codecs.lookup(CODE_PAGES.get(stated.upper(), stated)).name
        except LookupError:
            raise BadInput(
                "{name} says {stated!r}, which is no encoding; state encoding:",
                name=parts[".cpg"].name,
                stated=stated[:40],
            ) from None
    try:
        parts[".dbf"].read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def vector_columns(source: FeedSource) -> list[str]:
    """The columns of the layer that would be read."""
    frame, _, _ = read_layer(source)
    return [str(column) for column in frame.columns if column != GEOMETRY]


def agreed_system(source: FeedSource, own: CRS | None) -> str:
    """Return the system to read a file in: the delivery's, else the file's own where a file can state one."""
    name = source.path.name
    geojson = source.path.suffix.lower() in (".geojson", ".json")
    if geojson or own is None:
        converter(source)  # refuses an unstated one
        return source.crs
    code = f"EPSG:{own.to_epsg()}" if own.to_epsg() else own.to_wkt()
    if not source.crs:
        return code
    obfuscated = source.crs in ("GCJ-02", "BD-09")
    if not obfuscated and source.crs != code and not {source.crs, code} <= {"EPSG:4326", "EPSG:4490"}:
        raise BadInput(
            "{name} says it is in {found} but district.yml says {crs}; one of them is wrong",
            name=name,
            found=code[:40],
            crs=source.crs,
        )
    return source.crs


def to_wgs84_shapes(shapes: NDArray[np.object_], source: FeedSource) -> NDArray[np.object_]:
    """Convert shapes from the stated system; refuses coordinates that cannot be in it.

    Raises
    ------
    BadInput
        If a coordinate is no number or lies outside the system's range; names the row.
    """
    convert = converter(source)
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
            "{name}, row {row}: {bounds} is not in {crs}; check crs",
            name=source.path.name,
            row=at + 1,
            bounds=tuple(bounds[at].round(3)),
            crs=source.crs,
        )
    converted = np.asarray(shapely.transform(shapes, step), dtype=object)
    bounds = shapely.bounds(converted)
    if (lost := np.flatnonzero(~np.isfinite(bounds).all(axis=1))).size:
        raise BadInput(
            "{name}, row {row}: coordinates cannot be brought from {crs} to WGS-84",
            name=source.path.name,
            row=lost[0] + 1,
            crs=source.crs,
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
