"""What waits to be dispatched; the dispatching itself is a step of the incident (`/api/incidents/{id}/transitions`)."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from access.sessions import Session
from casework.dispatching import MOST, select_undispatched
from casework.states import read_rules
from dashboard.services import Services, session_of
from gis.district import select_district

Asker = Annotated[Session, Depends(session_of)]


class Worker(BaseModel):
    """Somebody an incident may go to."""

    id: int
    number: str
    name: str
    in_hand: int = Field(description="incidents and requests now with them")
    on_leave: bool
    found_by: str = Field(description="building, cell, grid or cover where the place is theirs; empty: a colleague")


class Undispatched(BaseModel):
    """An incident that waits to be dispatched."""

    id: int
    reported_at: datetime
    due_at: datetime | None
    source: str
    kind: str
    grade: str
    place: str
    words: str
    community: str | None
    work_grid: str | None
    workers: list[Worker] = Field(description="whose place it is first, then the others of the work grid")


class DispatchQueue(BaseModel):
    """What waits, gravest first, then oldest."""

    now: datetime
    more: bool
    after_min: float = Field(description="incidents of these grades go out by themselves after so long [min]")
    grades: list[str]
    rows: list[Undispatched]


def router(services: Services) -> APIRouter:
    """Mount /api/dispatch."""
    routes = APIRouter(tags=["casework"])

    @routes.get("/api/dispatch", summary="Incidents that wait to be dispatched, with whom they may go to")
    def undispatched(session: Asker) -> DispatchQueue:
        now, rule = services.clock(), read_rules().dispatch
        with services.asking(session) as connection:
            district = select_district(connection, code=session.subdistrict_code)
            rows = select_undispatched(connection, subdistrict_code=district.code, now=now)
        return DispatchQueue(
            now=now,
            more=len(rows) == MOST,
            after_min=rule.after_min,
            grades=list(rule.grades),
            rows=[
                Undispatched(
                    **{
                        name: getattr(row.record, name)
                        for name in ("id", "reported_at", "due_at", "source", "grade", "community", "work_grid")
                    },
                    kind=row.record.subcategory or row.record.category,
                    place=row.record.address,
                    words=row.record.description or row.record.title,
                    workers=[Worker(**vars(one)) for one in row.workers],
                )
                for row in rows
            ],
        )

    return routes
