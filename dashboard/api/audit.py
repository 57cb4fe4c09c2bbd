"""The audit over HTTP, for auditors."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from access.audit import MOST_ENTRIES, NEWEST, select_audit
from access.sessions import Session
from dashboard.services import Services, session_of


def router(services: Services) -> APIRouter:
    """Mount /api/audit."""
    routes = APIRouter(tags=["audit"])

    @routes.get("/api/audit", summary="Who wrote what, newest first")
    def audit(
        session: Annotated[Session, Depends(session_of)],
        sought: Annotated[str, Query(max_length=80, description="text that an entry contains")] = "",
        before: Annotated[int, Query(ge=1, description="the last id of the page before")] = NEWEST,
        limit: Annotated[int, Query(ge=1, le=MOST_ENTRIES)] = 100,
    ) -> dict[str, Any]:
        with services.asking(session) as connection:
            entries = select_audit(connection, sought=sought, before=before, limit=limit)
        following = entries[-1].id if len(entries) == limit else None
        return {"entries": [vars(entry) for entry in entries], "next": following}

    return routes
