"""Put records on the ground: from coordinates and readings of texts to the location columns of a record.

A place is a point known better than a community's centre. What a text gives no better (a community, a long road) counts
as unplaced, keeps what was read, and waits for a person; so does what fits several places. Everything here is
vectorised and pure once a `Territory` and a gazetteer were selected, so that worker processes can run it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray
from sqlalchemy import Connection

from gis.cells import index_points
from gis.database.statements import load_statements
from gis.dated_gazetteer import DatedGazetteer, NameSpan
from gis.geocode import (
    ENGINE_VERSION,
    Gazetteer,
    GazetteerAlias,
    GazetteerBuilding,
    GazetteerJunction,
    GazetteerPlace,
)
from gis.location import AMBIGUOUS, MATCHED, Location

#: what is known no better than this is no place: the communities here have radii of 700 to 2 000 m [m]
COARSEST_PLACE_M = 500.0
#: a point this far outside the outline still counts as on its edge: boundaries are drawn, not surveyed [m]
EDGE_M = 30.0
#: a stated point this near to what its text names confirms the text [m]
CONFIRMS_M = 150.0
#: how far a stated point may be off: telephones and hand-set pins [m]
STATED_RADIUS_M = 50.0
#: shares of these levels say how well a feed is placed
POINT_LEVELS = ("room", "unit", "building", "junction", "poi")

#: gazetteer ids: the table a number is of is told by its first letter
PLACE, BUILDING, COMMUNITY = "p", "b", "c"

Bools = NDArray[np.bool_]

_SQL = load_statements("gis", "placing")
_METRES_PER_DEGREE = 111_195.08


@dataclass(frozen=True)
class Territory:
    """The areas a point can lie in: the sub-district, its communities, its third-level work grids; WGS-84."""

    community_codes: tuple[str, ...]
    communities: NDArray[np.object_] = field(repr=False)
    grid_ids: tuple[int, ...]
    grids: NDArray[np.object_] = field(repr=False)
    outline: shapely.Geometry | None = field(repr=False, default=None)
    #: code -> name of every community, those whose area nobody has drawn included
    community_names: Mapping[str, str] = field(default_factory=dict)

    def inside(self, lon: ArrayLike, lat: ArrayLike, *, margin_deg: float = 0.0) -> Bools:
        """Whether points lie in the sub-district, on its edge or within a margin; False where a coordinate lacks."""
        x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        known = np.isfinite(x) & np.isfinite(y)
        if self.outline is None:
            return known
        result = np.zeros(x.shape, dtype=bool)
        points = shapely.points(x[known], y[known])
        shapely.prepare(self.outline)
        within = shapely.intersects(self.outline, points)
        near = ~within
        # the edge is measured in degrees of latitude, which are never shorter than those of longitude
        edge_deg = max(margin_deg, EDGE_M / _METRES_PER_DEGREE)
        within[near] = shapely.dwithin(self.outline, points[near], edge_deg)
        result[known] = within
        return result

    def units_at(self, lon: ArrayLike, lat: ArrayLike) -> pd.DataFrame:
        """Find cell, community and work grid of points.

        Returns
        -------
        units
            One row per point: `cell` (0 = no coordinates), `community_code` (None = in none), `work_grid_id`
            (0 = in none). A point on the edge takes the nearest unit.
        """
        x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        community = nearest_area(self.communities, x, y)
        grid = nearest_area(self.grids, x, y)
        codes = np.array([*self.community_codes, None], dtype=object)
        ids = np.array([*self.grid_ids, 0], dtype=np.int64)
        return pd.DataFrame(
            {
                "cell": index_points(x, y),
                "community_code": pd.Series(codes[community], dtype="object"),
                "work_grid_id": ids[grid],
            }
        )


def nearest_area(areas: NDArray[np.object_], lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.int64]:
    """Position of the area each point lies in (the first, on a shared border), of the nearest on the edge, else -1."""
    found = np.full(lon.size, -1, dtype=np.int64)
    known = np.flatnonzero(np.isfinite(lon) & np.isfinite(lat))
    if not len(areas) or not known.size:
        return found
    tree = shapely.STRtree(areas)
    points = shapely.points(lon[known], lat[known])
    at, area = tree.query(points, predicate="intersects")
    # written backwards so that the first area of a point is what stays
    order = np.lexsort((area, at))[::-1]
    found[known[at[order]]] = area[order]
    missed = np.flatnonzero(found[known] < 0)
    if missed.size:
        at, area = tree.query_nearest(points[missed], max_distance=EDGE_M / _METRES_PER_DEGREE, all_matches=False)
        found[known[missed[at]]] = area
    return found


def territory_of(connection: Connection, subdistrict_code: str) -> Territory:
    """Select the areas of a sub-district; without boundaries it has none and every point is inside."""
    bound = {"subdistrict_code": subdistrict_code}
    communities = connection.execute(_SQL["communities"], bound).all()
    grids = connection.execute(_SQL["work_grids"], bound).all()
    outline = connection.execute(_SQL["outline"], bound).scalar()
    return Territory(
        community_codes=tuple(row.code for row in communities if row.shape is not None),
        communities=shapes_of([row.shape for row in communities if row.shape is not None]),
        grid_ids=tuple(row.id for row in grids),
        grids=shapes_of([row.shape for row in grids]),
        outline=None if outline is None else shapely.from_wkb(bytes(outline)),
        community_names={row.code: row.name for row in communities},
    )


def shapes_of(binaries: Sequence[bytes]) -> NDArray[np.object_]:
    return np.array([shapely.from_wkb(bytes(binary)) for binary in binaries], dtype=object)


def gazetteer_of(connection: Connection, subdistrict_code: str) -> Gazetteer:
    """Select the gazetteer of a sub-district with every name it has or had."""
    return dated_gazetteer_of(connection, subdistrict_code).whole


def dated_gazetteer_of(connection: Connection, subdistrict_code: str) -> DatedGazetteer:
    """Select the gazetteer of a sub-district. Ids carry their table: ``p12`` place, ``b7`` building, ``c3205…``."""
    bound = {"subdistrict_code": subdistrict_code}
    places = [
        GazetteerPlace(f"{COMMUNITY}{row.code}", "community", row.name, lon=row.lon, lat=row.lat)
        for row in connection.execute(_SQL["community_points"], bound)
    ]
    communities = {place.place_id for place in places}
    rows = connection.execute(_SQL["places"], bound).all()
    known = {row.id for row in rows}
    for row in rows:
        community = f"{COMMUNITY}{row.community_code}"
        parent = f"{PLACE}{row.parent_id}" if row.parent_id in known else community
        places.append(
            GazetteerPlace(
                f"{PLACE}{row.id}",
                "poi" if row.kind == "water" else row.kind,
                row.name,
                parent if parent in communities or row.parent_id in known else "",
                row.lon,
                row.lat,
                row.address,
                row.households,
                row.valid_from,
                row.valid_to,
            )
        )
    ids = {place.place_id for place in places}
    named = [
        (owner, row)
        for row in connection.execute(_SQL["aliases"], bound)
        if (owner := f"{PLACE}{row.place_id}" if row.place_id else f"{COMMUNITY}{row.community_code}") in ids
    ]
    aliases = [
        GazetteerAlias(owner, row.alias, "alias" if row.relation == "learned" else row.relation) for owner, row in named
    ]
    buildings = [
        GazetteerBuilding(
            f"{BUILDING}{row.id}", f"{PLACE}{row.place_id}", row.number, row.units, row.floors, row.rooms_per_floor,
            row.lon, row.lat,
        )
        for row in connection.execute(_SQL["buildings"], bound)
        if row.place_id in known
    ]  # fmt: skip
    junctions = [
        GazetteerJunction(f"{PLACE}{row.road_a}", f"{PLACE}{row.road_b}", row.lon, row.lat)
        for row in connection.execute(_SQL["junctions"], bound)
        if {row.road_a, row.road_b} <= known
    ]
    return DatedGazetteer(
        Gazetteer(places, aliases=aliases, buildings=buildings, junctions=junctions),
        tuple(NameSpan(owner, row.alias, row.valid_from, row.valid_to) for owner, row in named),
    )


def readings_frame(locations: Sequence[Location]) -> pd.DataFrame:
    """Lay readings of texts out as columns, one row per reading.

    Returns
    -------
    readings
        `status`, `level` ("" = nothing found), `place_id`, `building_id` (0 = none), `community_code` (of a community
        reading), `lon`, `lat`, `radius_m`, `confidence`, `how` (JSON text of the reading and its candidates).
    """
    return pd.DataFrame(
        {
            "status": [location.status for location in locations],
            "level": [location.level for location in locations],
            "place_id": [number_of(location.place_id, PLACE) for location in locations],
            "building_id": [number_of(location.building_id, BUILDING) for location in locations],
            "community_code": pd.Series(
                [location.place_id[1:] if location.place_id.startswith(COMMUNITY) else None for location in locations],
                dtype="object",
            ),
            "lon": [np.nan if location.lon is None else location.lon for location in locations],
            "lat": [np.nan if location.lat is None else location.lat for location in locations],
            "radius_m": [np.nan if location.radius_m is None else location.radius_m for location in locations],
            "confidence": [location.confidence for location in locations],
            "how": [reading_text(location) for location in locations],
        }
    )


def number_of(gazetteer_id: str, table: str) -> int:
    return int(gazetteer_id[1:]) if gazetteer_id.startswith(table) else 0


def reading_text(location: Location) -> str | None:
    """Write how a text was read as JSON; None when there was nothing to read."""
    if not location.how and not location.candidates and location.status not in (MATCHED, AMBIGUOUS):
        return None
    content: dict[str, object] = {"by": "text", "engine": ENGINE_VERSION, "how": dict(location.how)}
    content |= {name: part for name, part in (("unit", location.unit), ("room", location.room)) if part}
    if location.candidates:
        content["candidates"] = [
            {"place": one.place_id, "building": one.building_id, "level": one.level,
             "confidence": round(one.confidence, 4), "lon": one.lon, "lat": one.lat, "why": one.why}
            for one in location.candidates
        ]  # fmt: skip
    elif location.status == AMBIGUOUS and location.place_id:
        content["candidates"] = [
            {"place": location.place_id, "building": location.building_id, "level": location.level,
             "confidence": round(location.confidence, 4), "lon": location.lon, "lat": location.lat, "why": ""}
        ]  # fmt: skip
    return json.dumps(content, ensure_ascii=False)


STATED_HOW = json.dumps({"by": "coordinates"})
_BY_TEXT, _BY_BOTH = '{"by": "text"', '{"by": "text", "stated": true'


def place_records(territory: Territory, *, lon: ArrayLike, lat: ArrayLike, readings: pd.DataFrame) -> pd.DataFrame:
    """Place records by stated coordinates where there are any, else by the reading of their text.

    Parameters
    ----------
    territory
        The areas of the sub-district.
    lon, lat
        Stated coordinates [deg, WGS-84], checked to lie inside; NaN where none are stated.
    readings
        As of `readings_frame`, one row per record.

    Returns
    -------
    located
        One row per record on the index of `readings`: the location columns (`placement`, `lon`, `lat`, `radius_m`,
        `match_level`, `confidence`, `located_by`, `cell`, `community_code`, `work_grid_id`) and `place_id`,
        `building_id`; 0 and NaN mean none. Where the text names something within `CONFIRMS_M` (or its own radius) of
        the stated point, the record takes the text's level, place and building and keeps the stated point; where it
        names something else, `located_by` says what and how far apart they are (`apart_m` [m]).
    """
    x, y = np.array(lon, dtype=np.float64), np.array(lat, dtype=np.float64)
    stated = np.isfinite(x) & np.isfinite(y)
    level = readings["level"].to_numpy(dtype=object)
    matched = (readings["status"] == MATCHED).to_numpy()
    ambiguous = (readings["status"] == AMBIGUOUS).to_numpy()
    text_lon, text_lat = readings["lon"].to_numpy(dtype=np.float64), readings["lat"].to_numpy(dtype=np.float64)
    radius = readings["radius_m"].to_numpy(dtype=np.float64)
    vague = (level == "community") | (radius > COARSEST_PLACE_M) | ~np.isfinite(text_lon) | (level == "")
    good = matched & ~vague
    east = (text_lon - x) * np.cos(np.radians(np.where(stated, y, 0.0)))
    apart_m = _METRES_PER_DEGREE * np.hypot(east, text_lat - y)
    confirmed = stated & good & (apart_m <= np.fmax(CONFIRMS_M, radius))
    by_text = good & ~stated
    # a reading may lead out of the sub-district (an entry on its edge); then it is no place of ours
    by_text &= territory.inside(np.where(by_text, text_lon, np.nan), np.where(by_text, text_lat, np.nan))
    placed = stated | by_text
    out_lon = np.where(stated, x, np.where(by_text, text_lon, np.nan))
    out_lat = np.where(stated, y, np.where(by_text, text_lat, np.nan))
    units = territory.units_at(out_lon, out_lat)
    takes_text = confirmed | by_text
    shown_level = np.where(takes_text, level, np.where(stated, "coordinates", level))
    shown_level[shown_level == ""] = None
    confidence = readings["confidence"].to_numpy(dtype=np.float64)
    how = readings["how"].to_numpy(dtype=object)
    located_by = np.where(stated & ~confirmed, STATED_HOW, how)
    for row in np.flatnonzero(confirmed):
        located_by[row] = how[row].replace(_BY_TEXT, _BY_BOTH, 1)
    for row in np.flatnonzero(stated & good & ~confirmed):
        # the point is taken and the text says another place: a person may look at it
        located_by[row] = json.dumps(
            json.loads(how[row])
            | {"by": "coordinates", "apart_m": round(float(apart_m[row]))}
            | {"place": int(readings["place_id"].iloc[row]), "building": int(readings["building_id"].iloc[row])},
            ensure_ascii=False,
        )
    community = np.where(placed, units["community_code"].to_numpy(), readings["community_code"].to_numpy(dtype=object))
    return pd.DataFrame(
        {
            "placement": np.where(placed, "placed", np.where(ambiguous, "ambiguous", "unplaced")),
            "lon": out_lon,
            "lat": out_lat,
            "radius_m": np.where(stated, STATED_RADIUS_M, np.where(placed, radius, np.nan)),
            "match_level": pd.Series(shown_level, index=readings.index, dtype="object"),
            "confidence": np.where(
                confirmed, np.fmax(confidence, 0.95), np.where(stated, 0.95, np.where(level == "", np.nan, confidence))
            ),
            "located_by": pd.Series(located_by, index=readings.index, dtype="object"),
            "cell": np.where(placed, units["cell"].to_numpy(), 0),
            "community_code": pd.Series(community, index=readings.index, dtype="object"),
            "work_grid_id": np.where(placed, units["work_grid_id"].to_numpy(), 0),
            "place_id": np.where(takes_text, readings["place_id"].to_numpy(dtype=np.int64), 0),
            "building_id": np.where(takes_text, readings["building_id"].to_numpy(dtype=np.int64), 0),
        },
        index=readings.index,
    )
