"""What the grid worker's phone reads: my ground, my list, my people, my records. All under the worker's own session."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse
from pydantic import BaseModel

from access.sessions import Session
from casework.categories import read_categories
from casework.photos import LARGEST_BYTES, find_photo, store_photo
from dashboard.auth import cookie_name
from dashboard.grid.asker import Asker, asker_of
from dashboard.grid.ground import ground_of, map_of
from dashboard.grid.people import group_of, people_of, records_of
from dashboard.grid.tasks import opened_incident, opened_person, opened_visit, today_of
from dashboard.services import Services, session_of
from gis.errors import BadInput, NotFound

Who = Annotated[Session, Depends(session_of)]


class Language(BaseModel):
    """A language of the catalogue."""

    language: Literal["zh", "en"]


class StoredPhoto(BaseModel):
    """The name to hand in with an incident or a step."""

    photo: str


def router(services: Services) -> APIRouter:
    """Mount /api/grid."""
    routes = APIRouter(prefix="/api/grid", tags=["grid worker"])

    @contextmanager
    def asking(session: Session) -> Iterator[Asker]:
        with services.asking(session) as connection:
            yield asker_of(connection, session, texts=services.texts(session), now=services.clock())

    @routes.get("/me", summary="Who I am, my cells and buildings, and why they are mine")
    def me(session: Who) -> dict[str, Any]:
        with asking(session) as asker:
            return ground_of(asker)

    @routes.get("/map", summary="Roads, water, buildings and names around my ground")
    def surroundings(session: Who) -> dict[str, Any]:
        with asking(session) as asker:
            return map_of(asker)

    @routes.get("/today", summary="Alerts over my ground, open incidents, visits due")
    def today(session: Who) -> dict[str, Any]:
        with asking(session) as asker:
            return today_of(asker)

    @routes.get("/people", summary="How many persons of each group live on my ground")
    def people(session: Who) -> dict[str, Any]:
        with asking(session) as asker:
            return people_of(asker)

    @routes.get("/people/groups/{group}", summary="The persons of one group, without names")
    def group(group: str, session: Who) -> dict[str, Any]:
        with asking(session) as asker:
            return group_of(asker, group)

    @routes.get("/people/{resident_id}", summary="One person by name; opening is noted in the audit")
    def person(resident_id: int, session: Who) -> dict[str, Any]:
        with asking(session) as asker:
            return opened_person(asker, resident_id, why="people list")

    @routes.get("/records", summary="What I reported and did in the last thirty days")
    def records(session: Who) -> dict[str, Any]:
        with asking(session) as asker:
            return records_of(asker)

    @routes.get("/categories", summary="What can be reported")
    def categories(session: Who) -> dict[str, Any]:
        known = read_categories()
        return {
            "source": known.source,
            "often": list(known.often),
            "categories": {name: list(kinds) for name, kinds in known.kinds.items()},
        }

    @routes.get("/incidents/{incident_id}", summary="One incident in full")
    def incident(incident_id: int, session: Who) -> dict[str, Any]:
        with asking(session) as asker:
            return opened_incident(asker, incident_id)

    @routes.get("/incidents/{incident_id}/photo", summary="The photo of an incident", response_class=FileResponse)
    def photo(incident_id: int, session: Who) -> FileResponse:
        with asking(session) as asker:
            row = asker.row("photo_of", id=incident_id)
        if row is None or row.photo is None:
            raise NotFound("incident {incident_id} has no photo", incident_id=incident_id)
        return FileResponse(find_photo(services.settings.var_dir, row.photo), media_type="image/jpeg")

    @routes.get("/visits/{visit_id}", summary="One visit in full; opening the person is noted in the audit")
    def visit(visit_id: int, session: Who) -> dict[str, Any]:
        with asking(session) as asker:
            return opened_visit(asker, visit_id)

    @routes.post("/language", summary="Choose the language of my pages")
    def choose_language(wanted: Language, request: Request, session: Who) -> Language:
        with asking(session) as asker:
            asker.rows("set_language", language=wanted.language)
        if secret := request.cookies.get(cookie_name("worker")):
            request.scope["state"]["book"].forget(secret)
        return wanted

    @routes.post(
        "/photos", summary="Hand in a photo (JPEG, PNG or WebP as the body); the same photo twice has one name"
    )
    async def hand_in(request: Request, session: Who) -> StoredPhoto:
        content = await body_of(request, most=LARGEST_BYTES)
        return StoredPhoto(photo=await run_in_threadpool(store_photo, services.settings.var_dir, content))

    return routes


async def body_of(request: Request, *, most: int) -> bytes:
    """Read a body of at most `most` bytes; what is longer is not read to its end."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > most:
            raise BadInput("the photo has more than {most:.1f} MB", most=most / 1e6)
        parts.append(part)
    return b"".join(parts)
