"""Whether we work, and the figures of the whole sub-district; both answer without a token."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from dashboard.services import Services
from gis.database.migrate import expected_version
from gis.database.statements import load_statements

STATEMENTS = load_statements("dashboard", "status")
#: counted again after this long even so: an insert draws its number a moment before it counts as writing
HOLDS = timedelta(minutes=1)


class Status(BaseModel):
    """The sub-district in figures."""

    communities: int
    compounds: int = Field(description="compounds the street counts")
    resettlement: int = Field(description="of these, resettlement compounds")
    apartments: int = Field(description="migrant apartment areas")
    residents: int = Field(description="persons on file")
    cells: int = Field(description="cells of resolution 10 with a share in the sub-district")
    placed: int = Field(description="residents, incidents, requests and resources on the map")
    unplaced: int = Field(
        description="residents, incidents, requests and resources not (yet) on the map, ambiguous ones included"
    )
    quarantined: int = Field(description="rows refused and not yet mended")
    incidents: int
    incidents_open: int
    requests: int
    resources: int
    alerts_open: int
    data_age_s: float | None = Field(description="age of the newest event of any feed [s]; null while there is none")


@dataclass(frozen=True)
class Counted:
    """Counts of the big tables, and what they hold for."""

    #: changes with every write to them
    key: str
    snapshot: str
    #: nobody was writing when it was counted: it holds as long as the key does, else for this snapshot only
    settled: bool
    counted_at: datetime
    figures: Mapping[str, int]

    def holds(self, key: str, snapshot: str, *, now: datetime) -> bool:
        """Whether these are the counts still."""
        unchanged = self.key == key and (self.settled or self.snapshot == snapshot)
        return unchanged and abs(now - self.counted_at) < HOLDS


class StatusDesk:
    """Counts residents, incidents and requests only when they changed, everything else at every call."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.lock = threading.Lock()
        self.counted: Counted | None = None

    def status(self, *, now: datetime) -> Status:
        """Return the figures now; raises what the driver raises when the database does not answer."""
        with self.lock, self.engine.connect() as connection:
            counts = self.counts(connection, now=now)
            places = dict(connection.execute(STATEMENTS["places"]).one()._mapping)
        newest = places.pop("newest_event_at")
        placed = counts["placed"] + places.pop("resources_placed")
        return Status(
            **places,
            **{key: counts[key] for key in ("residents", "incidents", "incidents_open", "requests")},
            placed=placed,
            unplaced=counts["total"] + places["resources"] - placed,
            data_age_s=None if newest is None else max(0.0, round((now - newest).total_seconds(), 1)),
        )

    def counts(self, connection: Connection, *, now: datetime) -> Mapping[str, int]:
        # asked before counting: what is written meanwhile changes the key and is counted at the next call
        asked = connection.execute(STATEMENTS["key"]).one()
        known = self.counted
        if known is not None and known.holds(asked.key, asked.snapshot, now=now):
            return known.figures
        figures = dict(connection.execute(STATEMENTS["counts"]).one()._mapping)
        self.counted = Counted(asked.key, asked.snapshot, asked.settled, now, figures)
        return figures


def router(services: Services) -> APIRouter:
    """Mount /health and /api/status."""
    routes = APIRouter(tags=["status"])
    desk = StatusDesk(services.database.server)

    @routes.get("/health", summary="Whether the server and its geodatabase work")
    def health() -> Response:
        try:
            with services.database.server.connect() as connection:
                connection.execute(STATEMENTS["ping"])
        except SQLAlchemyError:
            return JSONResponse({"status": "lost", "database": "does not answer"}, status_code=503)
        return JSONResponse({"status": "ok", "database": "ok", "schema": expected_version()})

    @routes.get("/api/status", summary="The sub-district in figures")
    def status() -> Status:
        return desk.status(now=services.clock())

    return routes
