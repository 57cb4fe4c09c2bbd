"""Boundaries: the sub-district and its communities, as GeoJSON. Everything else is checked against them."""

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, text

from etl.checks import chosen, decimals, key_faults, order_faults, require, whole_numbers
from etl.declared import declared_feed
from etl.faults import Faults
from etl.feed import Context, StoreBatch
from etl.storing import hex_shapes, upsert
from etl.times import read_days
from etl.vectors import GEOMETRY
from gis.cells import to_metric
from gis.database.tables import community
from gis.errors import BadInput

LEVELS = {"街道": "subdistrict", "社区": "community"}
#: this share of a community may lie outside its street before the file is refused: digitising slips
SLIP = 0.02


def prepare(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Check names, levels and shapes; areas are computed, stated ones kept beside."""
    key_faults(rows, faults, pattern=r"\d{6}|\d{9}|\d{12}")
    require(rows, faults, "name", "level")
    levels, unknown = chosen(rows["level"], LEVELS)
    faults.add("unknown_choice", "level", unknown)
    area, wrong = decimals(rows["stated_area_km2"])
    faults.add("no_number", "stated_area_km2", wrong)
    households, wrong = whole_numbers(rows["stated_households"])
    faults.add("no_number", "stated_households", wrong)
    shapes = area_shapes(rows, faults)
    return pd.DataFrame(
        {
            "source_key": rows["source_key"],
            "name": rows["name"],
            "level": levels,
            "stated_area_km2": area,
            "stated_households": households,
            "schematic": (rows["schematic"] == "true") | context.district.schematic,
            **valid_moments(rows, faults, context),
            "shape": pd.Series(shapes, index=rows.index, dtype="object"),
        }
    )


def valid_moments(rows: pd.DataFrame, faults: Faults, context: Context) -> dict[str, "pd.Series[pd.Timestamp]"]:
    """Days from and until which an area holds, as instants of the sub-district; NaT where none is stated."""
    found = {}
    for column in ("valid_from", "valid_to"):
        days = read_days(rows[column])
        faults.add("time_form", column, days.bad_form)
        faults.add("impossible_time", column, days.impossible)
        found[column] = days.on.dt.tz_localize(context.district.zone)
    order_faults(found["valid_from"], found["valid_to"], faults, "valid_to")
    return found


def area_shapes(rows: pd.DataFrame, faults: Faults) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    """Return the shapes as multipolygons, noting what is no area or crosses itself."""
    shapes = rows[GEOMETRY].to_numpy(dtype=object)
    kinds = shapely.get_type_id(shapes)
    faults.add("no_area", GEOMETRY, ~np.isin(kinds, (3, 6)))
    faults.add("invalid_shape", GEOMETRY, ~shapely.is_valid(shapes))
    return np.array([multi(shape) for shape in shapes], dtype=object)


def multi(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.multipolygons([shape]) if shape.geom_type == "Polygon" else shape


def english_name(name: str) -> str:
    """Romanise a community's name: 马浜社区 -> Mabang Community."""
    from pypinyin import lazy_pinyin

    return "".join(lazy_pinyin(name.removesuffix("社区"))).capitalize() + " Community"


def store(connection: Connection, good: pd.DataFrame, context: Context, batch: StoreBatch) -> None:
    """Write the street's outline (the union of its communities when there is none) and the communities."""
    name = context.source.path.name
    areas_km2 = shapely.area(to_metric(good["shape"].to_numpy(dtype=object), context.district.metric_srid)) / 1e6
    good = good.assign(area_km2=areas_km2)
    streets, parts = good[good["level"] == "subdistrict"], good[good["level"] == "community"]
    if len(streets) > 1:
        raise BadInput("{name} holds {count} areas of level 街道; one is expected", name=name, count=len(streets))
    if len(streets) and streets["source_key"].iloc[0] != context.district.code:
        raise BadInput(
            "{name}: the 街道 has code {stated} but district.yml says {expected}",
            name=name,
            stated=streets["source_key"].iloc[0],
            expected=context.district.code,
        )
    if len(streets):
        outline = streets["shape"].iloc[0]
    elif len(parts):
        outline = multi(shapely.union_all(parts["shape"].to_numpy(dtype=object)))
    else:
        return
    check_inside(parts, outline, context)
    metric = to_metric([outline], context.district.metric_srid)[0]
    connection.execute(
        text(
            "UPDATE base.subdistrict SET geom = CAST(:shape AS geometry), area_km2 = :area_km2, schematic = :schematic,"
            " batch_id = :batch_id"
            " WHERE code = :code AND (geom IS NULL OR CAST(geom AS bytea) <> CAST(CAST(:shape AS geometry) AS bytea))"
        ),
        {
            "shape": hex_shapes(np.array([outline], dtype=object))[0],
            "area_km2": float(shapely.area(metric)) / 1e6,
            "schematic": bool(good["schematic"].any()),
            "code": context.district.code,
            "batch_id": batch.id,
        },
    )
    if parts.empty:
        return
    shapes = parts["shape"].to_numpy(dtype=object)
    frame = pd.DataFrame(
        {
            "code": parts["source_key"],
            "subdistrict_code": batch.subdistrict_code,
            "feed": batch.feed.name,
            "source_key": parts["source_key"],
            "batch_id": batch.id,
            "name": parts["name"],
            "name_en": [english_name(one) for one in parts["name"]],
            "area_km2": parts["area_km2"],
            "stated_area_km2": parts["stated_area_km2"],
            "stated_households": parts["stated_households"],
            "schematic": parts["schematic"],
            "label_point": hex_shapes(np.array([label_point(shape) for shape in shapes], dtype=object)),
            "geom": hex_shapes(shapes),
            "valid_from": parts["valid_from"],
            "valid_to": parts["valid_to"],
        }
    )
    upsert(connection, community, frame, conflict=("code",))


def check_inside(parts: pd.DataFrame, outline: shapely.Geometry, context: Context) -> None:
    """Refuse a file whose communities lie outside their street, or outside the bounds of district.yml."""
    name = context.source.path.name
    if context.district.bounds:
        box = shapely.box(*context.district.bounds)
        if not shapely.covers(box, outline):
            west, south, east, north = (round(edge, 4) for edge in shapely.bounds(outline).tolist())
            raise BadInput(
                "{name}: the outline ({west}, {south}, {east}, {north}) leaves the bounds of district.yml; check crs",
                name=name,
                west=west,
                south=south,
                east=east,
                north=north,
            )
    for row_number, (label, shape) in enumerate(zip(parts["name"], parts["shape"], strict=True), start=1):
        outside = shapely.area(shapely.difference(shape, outline)) / shapely.area(shape)
        if outside > SLIP:
            raise BadInput(
                "{name}, row {row} ({area}): {outside:.0%} of its area lies outside the street; check crs",
                name=name,
                row=row_number,
                area=label,
                outside=outside,
            )


def label_point(shape: shapely.Geometry) -> shapely.Geometry:
    """Where a name stands best: the centre of the largest circle that fits."""
    circle = shapely.maximum_inscribed_circle(shape, tolerance=1e-5)
    return shapely.points(shapely.get_coordinates(circle)[0])


FEED = declared_feed("boundaries", prepare=prepare, store=store)
