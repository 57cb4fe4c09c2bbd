"""Lead incidents, requests and visits one step on, and see what happened to them."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from access.sessions import Session
from casework.photos import find_photo
from casework.transitions import NOTE_LENGTH, Asked, history, take_step
from dashboard.services import Services, session_of
from gis.district import select_district

Who = Annotated[Session, Depends(session_of)]


class StepAsked(BaseModel):
    """One step; see casework/states.yml for which there are."""

    to: str = Field(
        description="dispatched, accepted, handling, closed, returned, withdrawn, reopened; of visits done, missed"
    )
    note: str = Field(default="", max_length=NOTE_LENGTH, description="why, or what was done")
    photo: str | None = Field(default=None, description="name given by POST /api/grid/photos")
    at: datetime | None = Field(default=None, description="when it was done, by the device's clock; default now")
    client_key: str | None = Field(
        default=None, min_length=8, max_length=64, description="of the device: the same entry twice is one step"
    )
    worker_id: int | None = Field(default=None, description="whom to dispatch to; default: whose place it is")


class StepTaken(BaseModel):
    """What the step led to."""

    id: int
    status: str
    changed: bool = Field(description="false when the same entry had been taken before")
    transition_id: int
    worker_id: int | None
    due_at: datetime | None


def router(services: Services) -> APIRouter:
    """Mount the transitions of incidents, requests and visits."""
    routes = APIRouter(tags=["casework"])

    def step(subject: str, record_id: int, asked: StepAsked, session: Session) -> StepTaken:
        if asked.photo is not None:
            find_photo(services.settings.var_dir, asked.photo)
        with services.asking(session) as connection:
            taken = take_step(
                connection,
                subject,
                record_id,
                Asked(
                    **asked.model_dump(),
                    account_id=session.account_id,
                    role=session.role,
                    actor=session.title or session.name,
                ),
                now=services.clock(),
                timezone=select_district(connection, code=session.subdistrict_code).zone,
            )
        return StepTaken(
            id=taken.id, status=taken.status, changed=taken.changed, transition_id=taken.transition_id,
            worker_id=taken.worker_id, due_at=taken.due_at,
        )  # fmt: skip

    def told(subject: str, record_id: int, session: Session) -> list[dict[str, Any]]:
        with services.asking(session) as connection:
            return history(connection, subject, record_id)

    @routes.post("/api/incidents/{incident_id}/transitions", summary="Lead an incident one step on")
    def step_incident(incident_id: int, asked: StepAsked, session: Who) -> StepTaken:
        return step("incident", incident_id, asked, session)

    @routes.get("/api/incidents/{incident_id}/transitions", summary="What happened to an incident")
    def incident_history(incident_id: int, session: Who) -> list[dict[str, Any]]:
        return told("incident", incident_id, session)

    @routes.post("/api/requests/{request_id}/transitions", summary="Lead a service request one step on")
    def step_request(request_id: int, asked: StepAsked, session: Who) -> StepTaken:
        return step("request", request_id, asked, session)

    @routes.get("/api/requests/{request_id}/transitions", summary="What happened to a service request")
    def request_history(request_id: int, session: Who) -> list[dict[str, Any]]:
        return told("request", request_id, session)

    @routes.post("/api/visits/{visit_id}/transitions", summary="Mark a visit done, or note that nobody was met")
    def step_visit(visit_id: int, asked: StepAsked, session: Who) -> StepTaken:
        return step("visit", visit_id, asked, session)

    return routes
