"""History: what held when (`as_of`, valid time) and what was known when (`known_at`, recorded time).

Row-level security decides about each form by itself: a grid worker sees what lay in their grid, whoever has it now.
"""

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, Field

from access.sessions import Session
from dashboard.services import Services, session_of
from gis.history import areas_at, history_of, residence_counts

Asker = Annotated[Session, Depends(session_of)]
AsOf = Annotated[AwareDatetime | None, Query(description="what held in the world then; now when left out")]
KnownAt = Annotated[AwareDatetime | None, Query(description="as far as was known then; now when left out")]


class HistoryForm(BaseModel):
    """One form of a record."""

    recorded_from: datetime = Field(description="known since")
    recorded_to: datetime | None = Field(description="known until; null = still")
    valid_from: datetime | None = Field(description="held in the world from; null = unstated")
    valid_to: datetime | None = Field(description="held until; null = still")
    corrected: bool = Field(description="a later form corrected it: it never held")
    batch_id: int | None = Field(description="batch that wrote it")
    record: dict[str, Any]


class History(BaseModel):
    """The forms of one record, in the order they became known."""

    kind: str
    forms: list[HistoryForm]


class Area(BaseModel):
    """A community or work grid as it was."""

    properties: dict[str, Any]
    geometry: dict[str, Any] | None
    recorded_from: datetime
    valid_from: datetime | None
    valid_to: datetime | None
    batch_id: int | None


class Areas(BaseModel):
    """Communities or work grids as they were."""

    as_of: datetime
    known_at: datetime
    areas: list[Area]


class ResidenceCount(BaseModel):
    """Persons in one community or work grid."""

    unit: str | None = Field(description="code of the community or number of the work grid; null = in none")
    persons: int
    placed: int = Field(description="of these on the map")


class ResidenceCounts(BaseModel):
    """Persons who lived here then, within the asker's scope."""

    as_of: datetime
    known_at: datetime
    counts: list[ResidenceCount]


def router(services: Services) -> APIRouter:
    """Mount /api/history."""
    routes = APIRouter(tags=["history"])

    def moments(as_of: datetime | None, known_at: datetime | None) -> tuple[datetime, datetime]:
        now = services.clock()
        return as_of or now, known_at or now

    @routes.get("/api/history/residence-counts", summary="Persons per community or work grid as they lived then")
    def count_residence(
        session: Asker, by: str = "community", as_of: AsOf = None, known_at: KnownAt = None
    ) -> ResidenceCounts:
        at, known = moments(as_of, known_at)
        with services.asking(session) as connection:
            rows = residence_counts(connection, by, as_of=at, known_at=known)
        return ResidenceCounts(as_of=at, known_at=known, counts=[ResidenceCount(**row._mapping) for row in rows])

    @routes.get("/api/history/{kind}", summary="Communities or work grids as they were")
    def list_areas(kind: str, session: Asker, as_of: AsOf = None, known_at: KnownAt = None) -> Areas:
        at, known = moments(as_of, known_at)
        with services.asking(session) as connection:
            rows = areas_at(connection, kind, as_of=at, known_at=known)
        return Areas(as_of=at, known_at=known, areas=[area(row) for row in rows])

    @routes.get("/api/history/{kind}/{id}", summary="The forms of one incident, work grid, community or resident")
    def show_history(kind: str, id: int, session: Asker, as_of: AsOf = None, known_at: KnownAt = None) -> History:
        _, known = moments(as_of, known_at)
        with services.asking(session) as connection:
            forms = history_of(connection, kind, id, known_at=known, as_of=as_of)
        return History(kind=kind, forms=[HistoryForm(**vars(form)) for form in forms])

    return routes


def area(row: Any) -> Area:
    """One area as GeoJSON has it."""
    values = dict(row._mapping)
    told = {name: values.pop(name) for name in ("shape", "recorded_from", "valid_from", "valid_to", "batch_id")}
    shape = told.pop("shape")
    return Area(properties=values, geometry=json.loads(shape) if shape else None, **told)
