"""Lineage over HTTP: OpenLineage events of the batches after one, and of figures and layers."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from access.sessions import Session
from dashboard.lineage import MOST, derived_events, lineage_events, select_batches
from dashboard.services import Services, session_of


class LineagePage(BaseModel):
    """Events of some batches, oldest first."""

    events: list[dict[str, Any]] = Field(description="OpenLineage 2-0-2 run events, or job events")
    next: int | None = Field(description="give it as `after` for the next page; null at the end")


def router(services: Services) -> APIRouter:
    """Mount /api/lineage."""
    routes = APIRouter(tags=["lineage"])

    @routes.get("/api/lineage", summary="Where batches came from and went to, as OpenLineage events")
    def lineage(
        session: Annotated[Session, Depends(session_of)],
        after: Annotated[int, Query(ge=0, description="id of a batch")] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST, description="[batches]")] = 100,
    ) -> LineagePage:
        code = session.subdistrict_code or ""
        with services.asking(session) as connection:
            batches = select_batches(connection, code=code, after=after, limit=limit)
        following = int(batches[-1]["id"]) if len(batches) == limit else None
        return LineagePage(events=list(lineage_events(batches, code=code)), next=following)

    @routes.get("/api/lineage/derived", summary="What every figure and layer is worked out from, as OpenLineage events")
    def derived(session: Annotated[Session, Depends(session_of)]) -> LineagePage:
        code = session.subdistrict_code or ""
        return LineagePage(events=list(derived_events(code=code, at=services.clock())), next=None)

    return routes
