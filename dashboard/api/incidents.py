"""Incidents and service requests: reported one at a time by other systems and phones, read page by page.

A report goes the same way as a row of a file (check, place, upsert, ledger); see `etl.intake`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime
from sqlalchemy import Connection

from access.sessions import Session
from casework.photos import find_photo
from casework.transitions import dispatch_by_place
from dashboard.api.event_models import (
    Incident,
    IncidentPage,
    IncidentReport,
    Place,
    Placement,
    Received,
    RequestPage,
    RequestReport,
    ServiceRequest,
    State,
)
from dashboard.services import Services, session_of
from gis.database.statements import load_statements
from gis.errors import BadInput, NotFound
from gis.subjects import CALLED

STATEMENTS = load_statements("dashboard", "events")

#: what they report was seen on the spot and goes to whose place it is at once; other reports wait for the duty officer
ON_THE_GROUND = ("grid_worker", "grid_leader")

Asker = Annotated[Session, Depends(session_of)]
AsOf = Annotated[
    AwareDatetime | None, Query(description="what had been reported by then; `open` is what was not closed by then")
]
KnownAt = Annotated[AwareDatetime | None, Query(description="each incident in the form it was known in then")]


@dataclass(frozen=True)
class Listing:
    """What is asked of every list: which records, and which page of them."""

    status: Annotated[
        State | Literal["open"] | None, Query(description="a state, or `open` for all that are not closed")
    ] = None
    community: str | None = None
    placement: Placement | None = None
    since: Annotated[AwareDatetime | None, Query(description="reported then or later, with its offset")] = None
    until: Annotated[AwareDatetime | None, Query(description="reported before, with its offset")] = None
    after: Annotated[str | None, Query(description="`next` of the page before")] = None
    limit: Annotated[int, Query(ge=1, le=1000, description="[rows]")] = 100

    @property
    def values(self) -> dict[str, Any]:
        """The statements' parameters: one row more than the page has, so that it is known whether another follows."""
        after_at, after_id = read_mark(self.after)
        return {
            "community_code": self.community,
            "placement": self.placement,
            "since": self.since,
            "until": self.until,
            "status": None if self.status == "open" else self.status,
            "open": self.status == "open",
            "after_at": after_at,
            "after_id": after_id,
            "limit": self.limit + 1,
        }


Listed = Annotated[Listing, Depends()]


def router(services: Services) -> APIRouter:
    """Mount /api/incidents and /api/requests."""
    routes = APIRouter()

    @routes.post(
        "/api/incidents", tags=["incidents"], status_code=201, summary="Report an incident; answers with its place"
    )
    def report_incident(report: IncidentReport, session: Asker, response: Response) -> Received:
        if report.photo is not None:
            find_photo(services.settings.var_dir, report.photo)
        with services.asking(session) as connection:
            taken = services.intake().take_incident(
                connection,
                report.model_dump(mode="json", exclude={"photo"}),
                actor=session.name,
                reported_by=session.account_id,
                photo=report.photo,
            )
            if session.role in ON_THE_GROUND:
                dispatch_by_place(connection, taken.id, now=services.clock())
        return received(taken, response)

    @routes.get("/api/incidents", tags=["incidents"], summary="Incidents within the asker's scope, newest first")
    def list_incidents(
        session: Asker,
        listing: Listed,
        category: str | None = None,
        as_of: AsOf = None,
        known_at: KnownAt = None,
    ) -> IncidentPage:
        statement, values = "incidents", {**listing.values, "category": category}
        if as_of is not None or known_at is not None:
            now = services.clock()
            statement, values = "incidents_at", values | {"as_of": as_of or now, "known_at": known_at or now}
        with services.asking(session) as connection:
            rows = select(connection, statement, values)
        shown = [Incident(**row) for row in rows[: listing.limit]]
        return IncidentPage(incidents=shown, next=mark(rows, listing.limit, "reported_at"))

    @routes.get("/api/incidents/{id}", tags=["incidents"], summary="One incident")
    def show_incident(id: int, session: Asker) -> Incident:
        with services.asking(session) as connection:
            return Incident(**one(connection, "incident", id))

    @routes.post(
        "/api/requests",
        tags=["requests"],
        status_code=201,
        summary="Hand over a service request; answers with its place",
    )
    def report_request(report: RequestReport, session: Asker, response: Response) -> Received:
        with services.asking(session) as connection:
            taken = services.intake().take_request(connection, report.model_dump(mode="json"), actor=session.name)
        return received(taken, response)

    @routes.get("/api/requests", tags=["requests"], summary="Service requests within the asker's scope, newest first")
    def list_requests(session: Asker, listing: Listed, item: str | None = None) -> RequestPage:
        with services.asking(session) as connection:
            rows = select(connection, "requests", {**listing.values, "item_code": item})
        shown = [ServiceRequest(**row) for row in rows[: listing.limit]]
        return RequestPage(requests=shown, next=mark(rows, listing.limit, "requested_at"))

    @routes.get("/api/requests/{id}", tags=["requests"], summary="One service request")
    def show_request(id: int, session: Asker) -> ServiceRequest:
        with services.asking(session) as connection:
            return ServiceRequest(**one(connection, "request", id))

    return routes


def received(taken: Any, response: Response) -> Received:
    """Answer a report; one that had come before is answered 200 and not 201."""
    if taken.status == "unchanged":
        response.status_code = 200
    return Received(id=taken.id, reported_at=taken.reported_at, status=taken.status, place=Place(**taken.location))


def select(connection: Connection, statement: str, values: dict[str, Any]) -> Sequence[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(STATEMENTS[statement], values)]


def one(connection: Connection, statement: str, id: int) -> dict[str, Any]:
    row = connection.execute(STATEMENTS[statement], {"id": id}).one_or_none()
    if row is None:
        raise NotFound(
            "there is no {subject} {record_id} within what you may see", subject=CALLED[statement], record_id=id
        )
    return dict(row._mapping)


def mark(rows: Sequence[dict[str, Any]], limit: int, moment: str) -> str | None:
    """Return where the next page begins; None when this was the last."""
    if len(rows) <= limit:
        return None
    last = rows[limit - 1]
    return f"{last[moment].isoformat()}~{last['id']}"


def read_mark(text: str | None) -> tuple[datetime | None, int | None]:
    """Read what `mark` wrote.

    Raises
    ------
    BadInput
        If it is not ours.
    """
    if text is None:
        return None, None
    at, _, number = text.partition("~")
    try:
        # a plus sign in a query is a space when nobody quoted it
        moment = datetime.fromisoformat(at.replace(" ", "+"))
        if moment.tzinfo is None:
            raise ValueError  # told below
        return moment, int(number)
    except ValueError as fault:
        raise BadInput("after={text!r} is not the `next` of a page", text=text) from fault
