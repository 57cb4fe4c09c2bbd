"""Select the ground of the wall from the geodatabase, as the wall's role."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from dashboard.wall.ground import Area, Ground, Road, Spot, bounds_of, lines_of, rings_of
from gis.database.statements import load_statements
from gis.errors import NotFound

SQL = load_statements("dashboard", "wall")

#: small tracks would be noise on a wall
SHOWN_ROADS = ("main", "second", "minor")


def shape(text: str | None) -> dict[str, Any] | None:
    return json.loads(text) if text else None


def select_ground(connection: Connection, *, now: datetime) -> tuple[str, Ground]:
    """Select the code of the sub-district that is served, and everything under the figures.

    Raises
    ------
    NotFound
        If no sub-district with a boundary and cells is loaded yet.
    """
    street = connection.execute(SQL["subdistrict"]).mappings().one_or_none()
    if street is None or street["geom"] is None:
        raise NotFound("no sub-district is loaded; run fengqiao load DIR first")
    asked = {"code": street["code"], "now": now}
    communities = [community_area(row) for row in connection.execute(SQL["communities"], asked).mappings()]
    places = {community.code: place for place, community in enumerate(communities)}
    cells = connection.execute(SQL["cells"], {"code": street["code"]}).mappings().all()
    if not cells:
        raise NotFound("the sub-district {code} has no cells yet; run fengqiao load DIR first", code=street["code"])
    surroundings = connection.execute(SQL["surroundings"], asked).mappings().all()
    outline = rings_of(shape(street["geom"]))
    return street["code"], Ground(
        name=street["name"],
        name_en=street["name_en"],
        timezone=street["timezone"],
        schematic=street["schematic"],
        outline=outline,
        communities=communities,
        cells=[format(row["cell"], "x") for row in cells],
        hexagons=[rings_of(shape(row["geom"]))[0][0] for row in cells],
        cell_community=[places.get(row["community_code"], -1) for row in cells],
        roads=select_roads(connection, street["code"]),
        water=areas(surroundings, "water"),
        hills=areas(surroundings, "hill"),
        spots=[
            Spot(
                row["id"], row["name"], row["kind"], [row["lon"], row["lat"]], row["households"], row["community_code"]
            )
            for row in connection.execute(SQL["spots"], asked).mappings()
        ],
        cell_area_m2=sum(row["area_m2"] for row in cells) / len(cells),
        bounds=bounds_of(outline),
    )


def community_area(row: Any) -> Area:
    label = shape(row["label"])
    return Area(
        code=row["code"],
        name=row["name"],
        name_en=row["name_en"],
        polygons=rings_of(shape(row["geom"])),
        label=label["coordinates"] if label else None,
    )


def select_roads(connection: Connection, code: str) -> list[Road]:
    return [
        Road(row["name"], row["road_class"], lines_of(shape(row["geom"])))
        for row in connection.execute(SQL["roads"], {"code": code}).mappings()
        if row["road_class"] in SHOWN_ROADS
    ]


def areas(rows: Sequence[Any], kind: str) -> list[Area]:
    return [
        Area(code=str(row["id"]), name=row["name"], name_en="", polygons=rings_of(shape(row["geom"])))
        for row in rows
        if row["kind"] == kind
    ]
