"""Alerts over HTTP: the standing ones, what happened to one, and taking one on."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from access.sessions import Session
from alerts.life import acknowledge, alert_events, standing_alerts
from dashboard.services import Services, session_of
from gis.cells import to_hex


class Acknowledgement(BaseModel):
    """What whoever takes an alert on says."""

    note: str = Field(default="", max_length=500)


def router(services: Services) -> APIRouter:
    """Mount /api/alerts."""
    routes = APIRouter(prefix="/api/alerts", tags=["alerts"])

    @routes.get("")
    def standing(session: Annotated[Session, Depends(session_of)]) -> dict[str, Any]:
        """Alerts that are not cleared, gravest first, then oldest; cells as hexadecimal text."""
        with services.asking(session) as connection:
            rows = standing_alerts(connection, subdistrict_code=session.subdistrict_code or "")
        return {"alerts": [{**row, "cells": to_hex(row["cells"])} for row in rows]}

    @routes.get("/{alert_id}/events")
    def events(alert_id: int, session: Annotated[Session, Depends(session_of)]) -> dict[str, Any]:
        """What happened to an alert, oldest first."""
        with services.asking(session) as connection:
            return {"events": alert_events(connection, alert_id)}

    @routes.post("/{alert_id}/acknowledgement")
    def take(alert_id: int, said: Acknowledgement, session: Annotated[Session, Depends(session_of)]) -> dict[str, Any]:
        """Take an open alert on in the name of one's post."""
        with services.asking(session) as connection:
            acknowledge(connection, alert_id, post=session.title, note=said.note, now=services.clock())
        return {"id": alert_id, "status": "acknowledged"}

    return routes
