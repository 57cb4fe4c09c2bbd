"""Incidents per cell: how many were reported on each day, and which are open now. Exact: an incident is no person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy import Connection

from gis import cells as h3_cells
from gis.database.statements import load_statements
from gis.district import District
from layers.measures import SENSITIVE_SUBCATEGORIES
from layers.merge import merge_selected
from layers.tables import incident_day, incident_open

STATEMENTS = load_statements("layers", "incidents")


@dataclass(frozen=True)
class Touched:
    """Cells of resolution 11 and the local days in them that changed; position by position."""

    cells: h3_cells.Cells
    days: Sequence[date]


def refresh_incidents(connection: Connection, district: District, *, touched: Touched | None = None) -> int:
    """Bring the incident facts up to date; returns how many rows changed.

    Parameters
    ----------
    connection
        The owner's, in a transaction.
    touched
        What changed; None counts everything.
    """
    cells = None if touched is None else np.unique(touched.cells).tolist()
    parameters = {"code": district.code, "timezone": district.timezone, "sensitive": list(SENSITIVE_SUBCATEGORIES)}
    days = STATEMENTS.source("incident_days").rstrip(";")
    scope = "kept.subdistrict_code = :code"
    if touched is None:
        changed = merge_selected(
            connection, incident_day, days.replace("{touched}", ""), scope=scope, parameters=parameters
        )
    else:
        changed = merge_selected(
            connection,
            incident_day,
            days.replace("{touched}", STATEMENTS.source("touched").rstrip(";")),
            # the region too, which the key begins with
            scope=f"{scope} AND (kept.region, kept.cell, kept.day) IN"
            " (SELECT base.cell_parent(cell, 5), cell, day"
            " FROM unnest(CAST(:cells AS bigint[]), CAST(:days AS date[])) AS touched (cell, day))",
            parameters={**parameters, "cells": touched.cells.tolist(), "days": list(touched.days)},
        )
    waiting = STATEMENTS.source("incidents_open").rstrip(";")
    return changed + merge_selected(
        connection,
        incident_open,
        waiting,
        scope=f"{scope} AND (CAST(:cells AS bigint[]) IS NULL OR kept.cell = ANY (CAST(:cells AS bigint[])))",
        parameters={**parameters, "cells": cells},
    )


def changed_by_batch(connection: Connection, district: District, *, batch_id: int) -> Touched:
    """What the incidents of a batch changed, where they lay before included."""
    return touched(connection, "changed_by_batch", district, code=district.code, batch_id=batch_id)


def changed_incident(connection: Connection, district: District, incident_id: int) -> Touched:
    """What one incident changed, wherever it ever lay included."""
    return touched(connection, "changed_incident", district, id=incident_id)


def touched(connection: Connection, name: str, district: District, **parameters: object) -> Touched:
    rows = connection.execute(STATEMENTS[name], {"timezone": district.timezone, **parameters}).all()
    return Touched(np.array([row.cell for row in rows], dtype=np.int64), [row.day for row in rows])
