"""Who I am: what a page needs to know about whoever opened it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from access.sessions import Session
from dashboard.services import Services, session_of


class Me(BaseModel):
    """The asker, without anything secret."""

    name: str
    title: str
    role: str
    role_name: str
    language: str
    subdistrict_code: str | None
    community_codes: list[str]
    work_grid_ids: list[int]
    grid_worker_id: int | None
    expires_at: datetime


def router(services: Services) -> APIRouter:
    """Mount /api/session."""
    routes = APIRouter(tags=["session"])

    @routes.get("/api/session", summary="Who asks, and within which scope")
    def me(session: Annotated[Session, Depends(session_of)]) -> Me:
        texts = services.texts(session)
        return Me(
            name=session.name,
            title=session.title,
            role=session.role,
            role_name=texts(f"roles.{session.role}"),
            language=session.language,
            subdistrict_code=session.subdistrict_code,
            community_codes=list(session.community_codes),
            work_grid_ids=list(session.work_grid_ids),
            grid_worker_id=session.grid_worker_id,
            expires_at=session.expires_at,
        )

    return routes
