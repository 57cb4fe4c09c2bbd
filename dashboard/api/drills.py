"""Drills over HTTP: start one, end one, list them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from access.sessions import Session
from alerts.drills import end_drill, list_drills, start_drill
from dashboard.services import Services, session_of

Asker = Annotated[Session, Depends(session_of)]


class NewDrill(BaseModel):
    """What is played, and what it is called on every screen."""

    scenario: str
    title: str = Field(min_length=1, max_length=60)


def router(services: Services) -> APIRouter:
    """Mount /api/drills."""
    routes = APIRouter(prefix="/api/drills", tags=["alerts"])

    @routes.get("")
    def drills(session: Asker) -> dict[str, Any]:
        """Every drill, newest first."""
        with services.asking(session) as connection:
            return {"drills": list_drills(connection, subdistrict_code=session.subdistrict_code or "")}

    @routes.post("", status_code=201)
    def start(said: NewDrill, session: Asker) -> dict[str, Any]:
        """Start a drill; its exercise alerts stand on every screen until it ends, and nobody outside is told."""
        with services.asking(session) as connection:
            drill_id = start_drill(
                connection,
                subdistrict_code=session.subdistrict_code or "",
                scenario_id=said.scenario,
                title=said.title,
                post=session.title or session.name,
                now=services.clock(),
            )
        return {"id": drill_id}

    @routes.post("/{drill_id}/end")
    def end(drill_id: int, session: Asker) -> dict[str, Any]:
        """End a drill."""
        with services.asking(session) as connection:
            end_drill(connection, drill_id, post=session.title or session.name, now=services.clock())
        return {"id": drill_id}

    return routes
