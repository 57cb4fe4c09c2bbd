"""Buildings of compounds and apartments: number, units, floors, rooms, point and outline."""

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from sqlalchemy import Connection, text

from etl.checks import decimals, key_faults, require, whole_numbers
from etl.declared import declared_feed
from etl.faults import Faults
from etl.feed import Context, StoreBatch
from etl.points import Floats, stated_points, unit_columns
from etl.storing import hex_shapes, ids
from etl.vectors import GEOMETRY


def prepare(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Check number, counts and point; draw the outline where length, width and bearing are stated."""
    key_faults(rows, faults, pattern="")
    require(rows, faults, "place", "number", "lon", "lat")
    lon, lat = stated_points(rows, faults, context)
    columns: dict[str, object] = {
        "source_key": rows["source_key"],
        "place": rows["place"],
        "number": rows["number"].str.upper(),
    }
    for column in ("units", "floors", "rooms_per_floor"):
        counts, wrong = whole_numbers(rows[column])
        faults.add("no_number", column, wrong | (counts > 200).to_numpy(dtype=bool, na_value=False))
        columns[column] = counts.fillna(1)
    sizes = {}
    for column in ("length_m", "width_m", "bearing_deg"):
        sizes[column], wrong = decimals(rows[column])
        faults.add("no_number", column, wrong)
    units = unit_columns(lon, lat, context, rows.index).rename(columns={"point": "geom"})
    shapes = outlines(
        lon,
        lat,
        length_m=np.asarray(sizes["length_m"], dtype=np.float64),
        width_m=np.asarray(sizes["width_m"], dtype=np.float64),
        bearing_deg=np.asarray(sizes["bearing_deg"], dtype=np.float64),
        srid=context.district.metric_srid,
    )
    if GEOMETRY in rows:
        shapes = footprints(rows, faults)
    columns["footprint"] = pd.Series(hex_shapes(shapes), index=rows.index, dtype="object")
    return pd.DataFrame(columns, index=rows.index).join(units)


def footprints(rows: pd.DataFrame, faults: Faults) -> NDArray[np.object_]:
    """The outlines that were drawn: of a building in several parts the largest; a mere point has none."""
    shapes = rows[GEOMETRY].to_numpy(dtype=object)
    kinds = shapely.get_type_id(shapes)
    areas = np.isin(kinds, (3, 6))
    faults.add("no_area", GEOMETRY, np.isin(kinds, (1, 2, 4, 5, 7)))
    faults.add("invalid_shape", GEOMETRY, areas & ~shapely.is_valid(shapes))
    result: NDArray[np.object_] = np.full(shapes.shape, None, dtype=object)
    for at in np.flatnonzero(areas):
        result[at] = max(shapely.get_parts(shapes[at]), key=shapely.area)
    return result


def outlines(
    lon: Floats, lat: Floats, *, length_m: Floats, width_m: Floats, bearing_deg: Floats, srid: int
) -> NDArray[np.object_]:
    """Draw rectangles round points: the long side along the bearing, clockwise from north; None where a size lacks."""
    result: NDArray[np.object_] = np.full(lon.shape, None, dtype=object)
    known = np.isfinite(lon) & np.isfinite(lat) & (length_m > 0) & (width_m > 0) & np.isfinite(bearing_deg)
    if not known.any():
        return result
    ahead = Transformer.from_crs(4326, srid, always_xy=True)
    east, north = ahead.transform(lon[known], lat[known])
    along, across, turn = length_m[known] / 2, width_m[known] / 2, np.radians(bearing_deg[known])
    corners = []
    for sign_along, sign_across in ((1, 1), (1, -1), (-1, -1), (-1, 1)):
        x = east + sign_along * along * np.sin(turn) + sign_across * across * np.cos(turn)
        y = north + sign_along * along * np.cos(turn) - sign_across * across * np.sin(turn)
        corners.append(np.column_stack(ahead.transform(x, y, direction="INVERSE")))
    result[known] = shapely.polygons(np.stack(corners, axis=1))
    return result


def resolve(
    connection: Connection, columns: pd.DataFrame, faults: Faults, context: Context, batch: StoreBatch
) -> pd.DataFrame:
    """Find the compound or apartment each building stands in."""
    places = {
        row.source_key: row.id
        for row in connection.execute(
            text(
                "SELECT source_key, id FROM base.place"
                " WHERE subdistrict_code = :code AND kind IN ('compound', 'apartment')"
            ),
            {"code": context.district.code},
        )
    }
    found = columns["place"].map(places)
    faults.add("unknown_code", "place", found.isna().to_numpy())
    return columns.drop(columns="place").assign(place_id=ids(found))


FEED = declared_feed("buildings", prepare=prepare, resolve=resolve)
