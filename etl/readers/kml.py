"""KML: placemarks with their extended data, whose names may be Chinese (GDAL's own readers lose them)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import defusedxml.ElementTree
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from defusedxml.common import DefusedXmlException

from gis.errors import BadInput

#: texts of a placemark that are columns whatever its extended data say
OWN = ("name", "description")
#: of a placemark's geometries, what stands for its shape when there are several
MULTI = {"Point": shapely.multipoints, "LineString": shapely.multilinestrings, "Polygon": shapely.multipolygons}


def read_kml(path: Path) -> gpd.GeoDataFrame:
    """Read every placemark, in whatever folder it lies; coordinates are WGS-84, heights are left out.

    Raises
    ------
    BadInput
        If it is no KML, is cut, defines entities, or a coordinate is none; names the placemark.
    """
    rows: list[dict[str, str]] = []
    shapes: list[shapely.Geometry | None] = []
    for number, placemark in enumerate(placemarks(path), start=1):
        rows.append(columns_of(placemark))
        try:
            shapes.append(shape_of(placemark))
        except (ValueError, shapely.errors.ShapelyError) as fault:
            raise BadInput(
                "{name}, placemark {number}: no readable coordinates ({fault})",
                name=path.name,
                number=number,
                fault=str(fault)[:80],
            ) from fault
    frame = pd.DataFrame(rows).fillna("")
    return gpd.GeoDataFrame(frame, geometry=np.array(shapes, dtype=object), crs=4326)


def placemarks(path: Path) -> Iterator[Any]:
    """The placemarks of a file one after another, each forgotten after it was seen."""
    try:
        for _, element in defusedxml.ElementTree.iterparse(path, forbid_dtd=True):
            if local_name(element) == "Placemark":
                yield element
                element.clear()
    except DefusedXmlException as fault:
        raise BadInput(
            "{name} defines a document type ({kind}); entities are not read: save it anew",
            name=path.name,
            kind=type(fault).__name__,
        ) from fault
    except (defusedxml.ElementTree.ParseError, UnicodeError, LookupError) as fault:
        raise BadInput("{name} is no readable XML ({fault}); it may be cut", name=path.name, fault=fault) from fault


def local_name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def columns_of(placemark: Any) -> dict[str, str]:
    """Name, description, and what the extended data say."""
    row = {}
    for element in placemark:
        if local_name(element) in OWN:
            row[local_name(element)] = (element.text or "").strip()
    for element in placemark.iter():
        if local_name(element) == "Data":
            texts = [one.text for one in element if local_name(one) == "value"]
            row[str(element.get("name"))] = (texts[0] if texts and texts[0] else "").strip()
        elif local_name(element) == "SimpleData":
            row[str(element.get("name"))] = (element.text or "").strip()
    return row


def shape_of(placemark: Any) -> shapely.Geometry | None:
    """The shape of a placemark; None when it has none."""
    parts: dict[str, list[shapely.Geometry]] = {}
    for element in placemark.iter():
        kind = local_name(element)
        if kind == "Point":
            parts.setdefault(kind, []).append(shapely.points(coordinates(element)[0]))
        elif kind == "LineString":
            parts.setdefault(kind, []).append(shapely.linestrings(coordinates(element)))
        elif kind == "Polygon":
            rings = [shapely.linearrings(coordinates(one)) for one in element.iter() if local_name(one) == "LinearRing"]
            parts.setdefault(kind, []).append(shapely.polygons(rings[0], holes=rings[1:]))
    if not parts:
        return None
    if len(parts) > 1:
        return shapely.geometrycollections([one for found in parts.values() for one in found])
    kind, found = next(iter(parts.items()))
    return found[0] if len(found) == 1 else MULTI[kind](found)


def coordinates(element: Any) -> list[tuple[float, float]]:
    """The points in the first coordinates below an element, `lon,lat[,height]` separated by white space."""
    text = next((one.text or "" for one in element.iter() if local_name(one) == "coordinates"), "")
    points = []
    for point in text.split():
        lon, lat, *_ = (float(one) for one in point.split(","))
        points.append((lon, lat))
    if not points or not np.isfinite(points).all():
        raise BadInput("coordinates are missing or no numbers")
    return points
