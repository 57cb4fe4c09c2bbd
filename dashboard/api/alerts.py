"""Alerts over HTTP: the standing ones, what happened to one, taking one on and saying what followed; silences."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, Field

from access.sessions import Session
from alerts.acting import Followed, acknowledge, follow_up
from alerts.labels import Matcher
from alerts.life import alert_events, standing_alerts
from alerts.silences import add_silence, lift_silence, list_silences
from dashboard.services import Services, session_of
from gis.cells import to_hex

Asker = Annotated[Session, Depends(session_of)]


class Acknowledgement(BaseModel):
    """What whoever takes an alert on says."""

    note: str = Field(default="", max_length=500)
    #: when it was entered, from a phone that sends what it queued
    at: AwareDatetime | None = None
    #: made where it was entered: the same key again changes nothing
    client_key: str = Field(default="", max_length=64)


class FollowUp(BaseModel):
    """What followed an acknowledgement: somebody is on site, a report, or it was handed on."""

    what: Followed
    note: str = Field(default="", max_length=500)
    at: AwareDatetime | None = None
    client_key: str = Field(default="", max_length=64)


class NewSilence(BaseModel):
    """Alerts that need not be told for a time."""

    matchers: tuple[Matcher, ...] = Field(min_length=1, max_length=6)
    reason: str = Field(min_length=1, max_length=300)
    expires_at: AwareDatetime
    starts_at: AwareDatetime | None = None


def router(services: Services) -> APIRouter:
    """Mount /api/alerts and /api/silences."""
    routes = APIRouter(tags=["alerts"])

    @routes.get("/api/alerts")
    def standing(session: Asker) -> dict[str, Any]:
        """Alerts that are not cleared, gravest first, then oldest; cells as hexadecimal text."""
        with services.asking(session) as connection:
            rows = standing_alerts(connection, subdistrict_code=session.subdistrict_code or "")
        return {"alerts": [{**row, "cells": to_hex(row["cells"])} for row in rows]}

    @routes.get("/api/alerts/{alert_id}/events")
    def events(alert_id: int, session: Asker) -> dict[str, Any]:
        """What happened to an alert, oldest first."""
        with services.asking(session) as connection:
            return {"events": alert_events(connection, alert_id)}

    @routes.post("/api/alerts/{alert_id}/acknowledgement")
    def take(alert_id: int, said: Acknowledgement, session: Asker) -> dict[str, Any]:
        """Take an open alert on in the name of one's post; something must follow until `due_at`."""
        with services.asking(session) as connection:
            due_at = acknowledge(
                connection,
                alert_id,
                post=session.title,
                note=said.note,
                now=entered_at(said.at, services.clock()),
                client_key=said.client_key,
            )
        return {"id": alert_id, "status": "acknowledged", "due_at": due_at}

    @routes.post("/api/alerts/{alert_id}/follow-up")
    def followed(alert_id: int, said: FollowUp, session: Asker) -> dict[str, Any]:
        """Say what followed an acknowledgement."""
        with services.asking(session) as connection:
            due_at = follow_up(
                connection,
                alert_id,
                what=said.what,
                post=session.title,
                note=said.note,
                now=entered_at(said.at, services.clock()),
                client_key=said.client_key,
            )
        return {"id": alert_id, "status": "acknowledged", "due_at": due_at}

    @routes.get("/api/silences")
    def silences(session: Asker) -> dict[str, Any]:
        """Every silence, those in force first."""
        with services.asking(session) as connection:
            return {"silences": list_silences(connection, subdistrict_code=session.subdistrict_code or "")}

    @routes.post("/api/silences", status_code=201)
    def silence(said: NewSilence, session: Asker) -> dict[str, Any]:
        """Let alerts that match be silent until a time, with a reason."""
        with services.asking(session) as connection:
            silence_id = add_silence(
                connection,
                subdistrict_code=session.subdistrict_code or "",
                matchers=said.matchers,
                reason=said.reason,
                starts_at=said.starts_at,
                expires_at=said.expires_at,
                post=session.title,
                now=services.clock(),
            )
        return {"id": silence_id}

    @routes.post("/api/silences/{silence_id}/end")
    def lift(silence_id: int, session: Asker) -> dict[str, Any]:
        """Lift a silence before its time."""
        with services.asking(session) as connection:
            lift_silence(connection, silence_id, post=session.title, now=services.clock())
        return {"id": silence_id}

    return routes


def entered_at(stated: datetime | None, now: datetime) -> datetime:
    """When it was entered: a phone without signal says so later; never in the future."""
    return min(stated, now) if stated else now
