"""Text to place and point to place, by the same gazetteer and engine that place the records.

Nothing is stored. Personal numbers are sealed out of the text before anything looks at it; the answer carries the
redacted text only.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import numpy as np
from fastapi import APIRouter, Depends
from sqlalchemy import Connection

from access.sessions import Session
from dashboard.api.geocode_models import (
    Building,
    CandidatePlace,
    Community,
    GeocodeQuestion,
    NamedPlace,
    PlacedPoint,
    PlacedText,
    PlacedTexts,
    ReverseQuestion,
    WorkGrid,
    near,
)
from dashboard.services import Services, session_of
from gis.cells import WORKING, parents, to_hex
from gis.coordinates import PROJECTED, to_wgs84, unswap
from gis.database.statements import load_statements
from gis.errors import BadInput
from gis.geocode import ENGINE_VERSION, Gazetteer
from gis.location import Location
from gis.placing import Territory, place_records, readings_frame
from gis.sealing import seal
from gis.sentences import Sentence

if TYPE_CHECKING:
    from etl.intake import Ground

STATEMENTS = load_statements("dashboard", "geocode")

Asker = Annotated[Session, Depends(session_of)]


def router(services: Services) -> APIRouter:
    """Mount /api/geocode and /api/reverse."""
    routes = APIRouter(tags=["geocoding"])

    @routes.post("/api/geocode", summary="Place a text, or up to 1 000 texts")
    def geocode(question: GeocodeQuestion, session: Asker) -> PlacedText | PlacedTexts:
        texts = [question.text] if question.text is not None else question.texts or []
        sealed = [seal(text).redacted for text in texts]
        ground = services.intake().ground()
        locations = ground.geocoder.locate_many(sealed)
        with services.asking(session) as connection:
            answers = placed_texts(connection, ground, sealed, locations)
        return answers[0] if question.text is not None else PlacedTexts(locations=answers)

    @routes.post("/api/reverse", summary="What stands at a point")
    def reverse(question: ReverseQuestion, session: Asker) -> PlacedPoint:
        lon, lat = wgs84_point(question)
        ground = services.intake().ground()
        with services.asking(session) as connection:
            return placed_point(connection, ground, lon, lat)

    return routes


def placed_texts(
    connection: Connection, ground: "Ground", texts: Sequence[str], locations: Sequence[Location]
) -> list[PlacedText]:
    """Lay the engine's answers out, with cell, community and work grid as a record with this text would get them."""
    nowhere = np.full(len(texts), np.nan)
    records = place_records(ground.territory, lon=nowhere, lat=nowhere, readings=readings_frame(locations))
    grids = work_grids(connection, [int(grid) for grid in records["work_grid_id"].unique() if grid])
    fine = records["cell"].to_numpy(dtype=np.int64)
    cells = {"cell_11": hexadecimal(fine), "cell_10": hexadecimal(parents(fine, WORKING))}
    gazetteer = ground.placed_by.gazetteer
    return [
        PlacedText(
            text=text,
            status=location.status,
            placement=placement,
            level=location.level,
            place=place_of(gazetteer, location.place_id),
            building=building_of(gazetteer, location.building_id),
            unit=location.unit,
            room=location.room,
            lon=location.lon,
            lat=location.lat,
            radius_m=location.radius_m,
            confidence=location.confidence,
            how=dict(location.how),
            candidates=[
                CandidatePlace(
                    place=place_of(gazetteer, one.place_id),
                    building=building_of(gazetteer, one.building_id),
                    level=one.level,
                    confidence=one.confidence,
                    lon=one.lon,
                    lat=one.lat,
                    why=one.why,
                )
                for one in location.candidates
            ],
            community=community_of(ground.territory, community),
            work_grid=grids.get(grid),
            cell_10=cell_10,
            cell_11=cell_11,
            engine=ENGINE_VERSION,
        )
        for text, location, placement, community, grid, cell_10, cell_11 in zip(
            texts,
            locations,
            records["placement"].tolist(),
            records["community_code"].tolist(),
            records["work_grid_id"].tolist(),
            cells["cell_10"],
            cells["cell_11"],
            strict=True,
        )
    ]


def placed_point(connection: Connection, ground: "Ground", lon: float, lat: float) -> PlacedPoint:
    """Say what stands at a point [deg, WGS-84]; the drawn areas decide the community, not the nearest estate."""
    surroundings = ground.reverse.locate(lon, lat)
    unit = ground.territory.units_at([lon], [lat]).iloc[0]
    fine = np.array([unit["cell"]], dtype=np.int64)
    community = community_of(ground.territory, unit["community_code"])
    if community is None and surroundings.community and not len(ground.territory.communities):
        # nobody has drawn the communities: what the register of estates says is the best there is
        community = Community(code=surroundings.community.id[1:], name=surroundings.community.name)
    grid = int(unit["work_grid_id"])
    return PlacedPoint(
        lon=lon,
        lat=lat,
        inside=bool(ground.territory.inside([lon], [lat])[0]),
        address=surroundings.address,
        compound=near(surroundings.compound),
        building=near(surroundings.building),
        poi=near(surroundings.poi),
        road=near(surroundings.road),
        junction=near(surroundings.junction),
        community=community,
        work_grid=work_grids(connection, [grid] if grid else []).get(grid),
        cell_10=hexadecimal(parents(fine, WORKING))[0],
        cell_11=hexadecimal(fine)[0],
    )


def wgs84_point(question: ReverseQuestion) -> tuple[float, float]:
    """Convert the point asked about [deg, WGS-84].

    Raises
    ------
    BadInput
        If the axes are exchanged, or the numbers cannot be coordinates of the system.
    """
    stated = Sentence("lon {lon:g}, lat {lat:g}", lon=question.lon, lat=question.lat)
    if unswap([question.lon], [question.lat])[2][0]:
        raise BadInput(
            "{stated}: the axes are exchanged; lon (easting) and lat (northing) the other way round", stated=stated
        )
    if question.system not in PROJECTED and not (abs(question.lon) <= 180 and abs(question.lat) <= 90):
        raise BadInput(
            "{stated}: no degrees of {system}; lon is at most 180, lat at most 90",
            stated=stated,
            system=question.system,
        )
    lon, lat = to_wgs84([question.lon], [question.lat], system=question.system)
    if not (np.isfinite(lon[0]) and np.isfinite(lat[0]) and abs(lon[0]) <= 180 and abs(lat[0]) <= 90):
        raise BadInput("{stated}: no coordinates of {system}", stated=stated, system=question.system)
    return float(lon[0]), float(lat[0])


def hexadecimal(cells: np.ndarray) -> list[str | None]:
    """Write cells as at every edge; 0 is none."""
    return [text if cell else None for cell, text in zip(cells.tolist(), to_hex(cells), strict=True)]


def work_grids(connection: Connection, ids: Sequence[int]) -> dict[int, WorkGrid]:
    """Select work grids by id, as the asker may see them."""
    if not ids:
        return {}
    rows = connection.execute(STATEMENTS["work_grids"], {"ids": list(ids)})
    return {row.id: WorkGrid(id=row.id, code=row.code, name=row.name) for row in rows}


def community_of(territory: Territory, code: str | None) -> Community | None:
    return Community(code=code, name=territory.community_names.get(code, "")) if isinstance(code, str) else None


def place_of(gazetteer: Gazetteer, place_id: str) -> NamedPlace | None:
    place = gazetteer.places.get(place_id)
    return NamedPlace(id=place_id, kind=place.kind, name=place.name) if place else None


def building_of(gazetteer: Gazetteer, building_id: str) -> Building | None:
    building = gazetteer.buildings.get(building_id)
    if building is None:
        return None
    return Building(id=building_id, number=building.number, place=gazetteer.places[building.place_id].name)
