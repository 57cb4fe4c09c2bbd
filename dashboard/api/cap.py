"""CAP 1.2 for other systems: the Atom feed, single messages, and messages of others taken in."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from access.sessions import Session
from alerts.cap.feed import CAP_TYPE, write_feed
from alerts.cap.importing import import_cap, standing_outside
from alerts.cap.issuing import find_message, newest_messages
from alerts.cap.reading import MOST_BYTES
from alerts.cap.writing import write_cap
from dashboard.services import Services, session_of
from gis.errors import BadInput

Asker = Annotated[Session, Depends(session_of)]


def router(services: Services) -> APIRouter:
    """Mount /cap and /api/outside-alerts."""
    routes = APIRouter(tags=["cap"])

    @routes.get("/cap/feed", response_class=Response)
    def feed(request: Request, session: Asker) -> Response:
        """The Atom feed: the newest message of every alert that stands or ended within a day."""
        return atom(request, session, "/cap/feed", exercise=False)

    @routes.get("/cap/exercises", response_class=Response)
    def exercises(request: Request, session: Asker) -> Response:
        """The Atom feed of drills, apart from the real one; every message has status Exercise."""
        return atom(request, session, "/cap/exercises", exercise=True)

    def atom(request: Request, session: Session, path: str, *, exercise: bool) -> Response:
        texts, code, now = services.texts(session), session.subdistrict_code or "", services.clock()
        with services.asking(session) as connection:
            found = newest_messages(connection, subdistrict_code=code, now=now, exercise=exercise)
        content = write_feed(
            found,
            base=str(request.base_url).rstrip("/"),
            title=texts("alerts.cap.exercises" if exercise else "alerts.cap.feed"),
            author=texts("alerts.cap.sender"),
            self_path=path,
            now=now,
        )
        return Response(content, media_type="application/atom+xml")

    @routes.get("/cap/{identifier}", response_class=Response)
    def message(identifier: str, session: Asker) -> Response:
        """One CAP 1.2 message."""
        with services.asking(session) as connection:
            found = find_message(connection, identifier, subdistrict_code=session.subdistrict_code or "")
        return Response(write_cap(found), media_type=CAP_TYPE)

    @routes.get("/api/outside-alerts")
    def outside(session: Asker) -> dict[str, Any]:
        """Messages of others that hold now, gravest first."""
        with services.asking(session) as connection:
            rows = standing_outside(connection, subdistrict_code=session.subdistrict_code or "", now=services.clock())
        return {"alerts": rows}

    @routes.post(
        "/api/outside-alerts",
        status_code=201,
        openapi_extra={"requestBody": {"required": True, "content": {CAP_TYPE: {"schema": {"type": "string"}}}}},
    )
    async def take_in(request: Request, response: Response, session: Asker) -> dict[str, Any]:
        """Take in one CAP message; 200 instead of 201 when this very message was there already."""
        content = b""
        async for piece in request.stream():
            content += piece
            if len(content) > MOST_BYTES:
                raise BadInput("more than {most:,} bytes; no CAP message is so large", most=MOST_BYTES)
        with services.asking(session) as connection:
            stored = import_cap(
                connection,
                content,
                subdistrict_code=session.subdistrict_code or "",
                post=session.title or session.name,
                now=services.clock(),
            )
        response.status_code = 201 if stored["new"] else 200
        return stored

    return routes
