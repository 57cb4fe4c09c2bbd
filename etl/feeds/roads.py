"""Roads, crossings, water and hills: the layers of one GeoPackage, a feed each."""

import numpy as np
import pandas as pd
import shapely
from pyproj import Geod
from sqlalchemy import Connection, text

from etl.checks import chosen, is_given, key_faults, require
from etl.declared import declared_feed
from etl.faults import Faults
from etl.feed import Context, StoreBatch
from etl.feeds.places import MARGIN_DEG
from etl.points import unit_columns
from etl.storing import array_text, hex_shapes, ids
from etl.vectors import GEOMETRY

CLASSES = {"主": "main", "次": "second", "支": "minor", "路径": "path"}
_ELLIPSOID = Geod(ellps="WGS84")


def prepare_roads(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Check edges of the road graph; lengths are measured on the ellipsoid, not taken over."""
    key_faults(rows, faults, pattern="")
    require(rows, faults, "from_node", "to_node")
    classes, unknown = chosen(rows["road_class"], CLASSES)
    faults.add("unknown_choice", "road_class", unknown)
    shapes = rows[GEOMETRY].to_numpy(dtype=object)
    lines = shapely.get_type_id(shapes) == 1
    faults.add("no_line", GEOMETRY, ~lines)
    faults.add("outside", GEOMETRY, ~touches(shapes, context))
    nodes = {}
    for column in ("from_node", "to_node"):
        nodes[column], wrong = node_numbers(rows[column])
        faults.add("no_number", column, wrong)
    return pd.DataFrame(
        {
            "source_key": rows["source_key"],
            "name": rows["name"],
            "road_class": classes.fillna("minor"),
            "from_node": nodes["from_node"],
            "to_node": nodes["to_node"],
            "length_m": [_ELLIPSOID.geometry_length(shape) for shape in shapes],
            "geom": pd.Series(hex_shapes(shapes), index=rows.index, dtype="object"),
        }
    )


def node_numbers(values: "pd.Series[str]") -> "tuple[pd.Series[int], np.ndarray[tuple[int], np.dtype[np.bool_]]]":
    """Numbers of nodes, from texts like J012 or 12."""
    digits = values.str.extract(r"^\D*(\d{1,15})$", expand=False)
    wrong = digits.isna().to_numpy(dtype=bool)
    return pd.to_numeric(digits.astype(object), errors="coerce").astype("Int64"), wrong


def touches(
    shapes: "np.ndarray[tuple[int], np.dtype[np.object_]]", context: Context
) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Whether shapes meet the sub-district or its close surroundings (a road leads on)."""
    outline = context.territory.outline
    if outline is None:
        return np.ones(len(shapes), dtype=bool)
    return np.asarray(shapely.dwithin(outline, shapes, MARGIN_DEG), dtype=bool)


def road_ids(connection: Connection, subdistrict_code: str) -> dict[str, int]:
    """Ids of roads by name and by other name."""
    rows = connection.execute(
        text(
            "SELECT name, id FROM base.place WHERE subdistrict_code = :code AND kind = 'road'"
            " UNION ALL SELECT alias, place_id FROM base.place_alias JOIN base.place ON place.id = place_alias.place_id"
            " WHERE place.subdistrict_code = :code AND place.kind = 'road' AND withdrawn_at IS NULL"
        ),
        {"code": subdistrict_code},
    )
    return {row.name: row.id for row in rows}


def resolve_roads(
    connection: Connection, columns: pd.DataFrame, faults: Faults, context: Context, batch: StoreBatch
) -> pd.DataFrame:
    """Find the road an edge is part of; an edge without a known name stays an edge."""
    return columns.assign(place_id=ids(columns["name"].map(road_ids(connection, context.district.code))))


def prepare_junctions(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Check crossings of two named roads."""
    key_faults(rows, faults, pattern="")
    shapes = rows[GEOMETRY].to_numpy(dtype=object)
    points = shapely.get_type_id(shapes) == 0
    faults.add("no_point", GEOMETRY, ~points)
    faults.add("outside", GEOMETRY, ~touches(shapes, context))
    lon = np.where(points, shapely.get_x(shapes), np.nan)
    lat = np.where(points, shapely.get_y(shapes), np.nan)
    names = rows["road_a"].where(~is_given(rows["road_b"]), rows["road_a"] + "与" + rows["road_b"])
    return pd.DataFrame(
        {
            "source_key": rows["source_key"],
            "kind": "junction",
            "name": names.where(is_given(names), rows["source_key"]),
            "road_a": rows["road_a"],
            "road_b": rows["road_b"],
            "schematic": (rows["origin"] == "示意") | context.district.schematic,
        }
    ).join(unit_columns(lon, lat, context, rows.index))


def resolve_junctions(
    connection: Connection, columns: pd.DataFrame, faults: Faults, context: Context, batch: StoreBatch
) -> pd.DataFrame:
    """Find the two roads that cross; a node where no two known roads cross names nothing."""
    known = road_ids(connection, context.district.code)
    pairs = [
        array_text([known[a], known[b]]) if a in known and b in known and a != b else None
        for a, b in zip(columns["road_a"], columns["road_b"], strict=True)
    ]
    return columns.drop(columns=["road_a", "road_b"]).assign(
        roads=pd.Series(pairs, index=columns.index, dtype="object")
    )


def prepare_water(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    return area_columns(rows, faults, context, kind="water")


def prepare_hills(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    return area_columns(rows, faults, context, kind="hill")


def area_columns(rows: pd.DataFrame, faults: Faults, context: Context, *, kind: str) -> pd.DataFrame:
    """Areas that are drawn and named; texts are placed by the named points of feed places, so these have none."""
    key_faults(rows, faults, pattern="")
    shapes = rows[GEOMETRY].to_numpy(dtype=object)
    faults.add("no_area", GEOMETRY, ~np.isin(shapely.get_type_id(shapes), (3, 6)))
    faults.add("invalid_shape", GEOMETRY, ~shapely.is_valid(shapes))
    faults.add("outside", GEOMETRY, ~touches(shapes, context))
    return pd.DataFrame(
        {
            "source_key": rows["source_key"],
            "kind": kind,
            "name": rows["name"],
            "subkind": rows["subkind"].where(is_given(rows["subkind"]), None),
            "schematic": context.district.schematic,
            "geom": pd.Series(hex_shapes(shapes), index=rows.index, dtype="object"),
        }
    )


ROADS = declared_feed("roads", prepare=prepare_roads, resolve=resolve_roads)
JUNCTIONS = declared_feed("junctions", prepare=prepare_junctions, resolve=resolve_junctions)
WATER = declared_feed("water", prepare=prepare_water)
HILLS = declared_feed("hills", prepare=prepare_hills)
FEEDS = (ROADS, JUNCTIONS, WATER, HILLS)
