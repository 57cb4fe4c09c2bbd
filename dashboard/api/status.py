"""Whether we work, and the figures of the whole sub-district; both answer without a token."""

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from dashboard.services import Services
from gis.database.migrate import expected_version
from gis.database.statements import load_statements

STATEMENTS = load_statements("dashboard", "status")


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
    """The counts as of one snapshot of the database."""

    snapshot: str
    figures: dict[str, Any]
    newest_event_at: datetime | None


class StatusDesk:
    """Counts only when something was written since: the same snapshot of the database gives the same counts."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.lock = threading.Lock()
        self.counted: Counted | None = None

    def status(self, *, now: datetime) -> Status:
        """Return the figures now; raises what the driver raises when the database does not answer."""
        with self.lock, self.engine.connect() as connection:
            snapshot = connection.scalar(STATEMENTS["snapshot"])
            counted = self.counted
            if counted is None or counted.snapshot != snapshot:
                figures = dict(connection.execute(STATEMENTS["status"]).one()._mapping)
                counted = self.counted = Counted(snapshot, figures, figures.pop("newest_event_at"))
        age_s = (now - counted.newest_event_at).total_seconds() if counted.newest_event_at else None
        return Status(**counted.figures, data_age_s=None if age_s is None else max(0.0, round(age_s, 1)))


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
