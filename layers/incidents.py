"""Incidents per cell: how many were reported on each day, and which are open now. Exact: an incident is no person."""

from datetime import UTC, datetime, time

import numpy as np
from sqlalchemy import Connection

from gis import cells as h3_cells
from gis.database.statements import load_statements
from gis.district import District
from layers.measures import SENSITIVE_SUBCATEGORIES
from layers.merge import merge_selected
from layers.tables import incident_day, incident_open

STATEMENTS = load_statements("layers", "incidents")

#: before every record
EVER = datetime(1970, 1, 1, tzinfo=UTC)


def refresh_incidents(
    connection: Connection,
    district: District,
    *,
    cells: h3_cells.Cells | None = None,
    since: datetime = EVER,
) -> int:
    """Bring the incident facts up to date; returns how many rows changed.

    Parameters
    ----------
    connection
        The owner's, in a transaction.
    cells
        Cells of resolution 11 whose incidents changed; None counts everything.
    since
        Days before that of the oldest changed incident stay as they are.
    """
    first_day = since.astimezone(district.zone).date() if since > EVER else EVER.date()
    parameters = {
        "code": district.code,
        "timezone": district.timezone,
        "cells": None if cells is None else cells.tolist(),
        "sensitive": list(SENSITIVE_SUBCATEGORIES),
        "since": datetime.combine(first_day, time(), district.zone) if since > EVER else EVER,
        "first_day": first_day,
    }
    scope = (
        "kept.subdistrict_code = :code"
        " AND (CAST(:cells AS bigint[]) IS NULL OR kept.cell = ANY (CAST(:cells AS bigint[])))"
    )
    days = STATEMENTS.source("incident_days").rstrip(";")
    waiting = STATEMENTS.source("incidents_open").rstrip(";")
    return merge_selected(
        connection, incident_day, days, scope=f"{scope} AND kept.day >= :first_day", parameters=parameters
    ) + merge_selected(connection, incident_open, waiting, scope=scope, parameters=parameters)


def changed_by_batch(connection: Connection, district: District, *, batch_id: int) -> tuple[h3_cells.Cells, datetime]:
    """Return the cells of resolution 11 whose incidents a batch changed, and the oldest event time among these."""
    return touched(connection, "changed_by_batch", code=district.code, batch_id=batch_id)


def changed_incident(connection: Connection, incident_id: int) -> tuple[h3_cells.Cells, datetime]:
    """Return the cells of resolution 11 one incident lies in and ever lay in, and its event time."""
    return touched(connection, "changed_incident", id=incident_id)


def touched(connection: Connection, name: str, **parameters: object) -> tuple[h3_cells.Cells, datetime]:
    rows = connection.execute(STATEMENTS[name], parameters).all()
    return np.array([row.cell for row in rows], dtype=np.int64), min((row.since for row in rows), default=EVER)
