"""Keep the facts per cell up to date: everything at once after a load, and from what changed afterwards.

`refresh` counts anew, `apply_change` only the cells a message of the channel `fengqiao` touches. Both need the owner's
connection: exact facts are written under row-level security that lets nobody else write.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection

from gis import cells as h3_cells
from gis.database.connection import Database
from gis.database.statements import load_statements
from gis.district import District, select_district
from layers import demand, flood, incidents, population, resources
from layers.classes import decide_classes
from layers.open_data import write_open_data

STATEMENTS = load_statements("layers", "facts")

TOPICS = ("population", "demand", "incidents", "resources", "rasters")

#: past so many changed cells of resolution 11 counting everything is faster
MANY_CELLS = 2_000
#: the same of cells and days of incidents
MANY_CELL_DAYS = 20_000


def refresh(database: Database, *, now: datetime, changes: Collection[str] | None = None) -> dict[str, int]:
    """Count facts anew, decide class limits that are not decided yet, and write the open tables.

    Parameters
    ----------
    database
        Its owner's engine is used; one transaction.
    now
        Persons, ages and windows are as of now.
    changes
        Topics to count (`TOPICS`); None counts all.

    Returns
    -------
    changed
        Rows that were new, changed or removed, by topic.
    """
    with database.owner.begin() as connection:
        connection.execute(STATEMENTS["lock"])
        district = select_district(connection)
        changed = refresh_topics(connection, district, changes if changes is not None else TOPICS, now=now)
        decide_classes(connection, district, now=now)
        write_open_data(connection, district)
    return changed


def refresh_topics(
    connection: Connection, district: District, topics: Collection[str], *, now: datetime
) -> dict[str, int]:
    """Count the facts of `topics` anew; returns rows changed by topic."""
    changed = {}
    if "population" in topics:
        changed["population"] = population.refresh_population(connection, district, now=now)
    if "demand" in topics:
        changed["demand"] = demand.refresh_demand(connection, district, now=now)
    if "incidents" in topics:
        changed["incidents"] = incidents.refresh_incidents(connection, district)
    if "resources" in topics:
        changed["resources"] = resources.refresh_resources(connection, district, now=now)
    elif "population" in topics:
        changed["resources"] = resources.refresh_gaps(connection, district)
    if "rasters" in topics:
        changed["rasters"] = flood.refresh_ground(connection, district, now=now)
    for topic, count in changed.items():
        note_refresh(connection, district, topic, count, now=now)
    return changed


def apply_change(connection: Connection, message: Mapping[str, Any], *, now: datetime) -> dict[str, int]:
    """Bring the facts up to date with one message of the channel `fengqiao`.

    Parameters
    ----------
    connection
        The owner's, in a transaction.
    message
        ``{"kind": "batch", "feed": …, "batch_id": …}`` (with ``"undone": true`` when it was undone), ``{"kind":
        "incident", "id": …}``, ``{"kind": "request", "id": …}``, ``{"kind": "resident", "id": …}`` (a home was put on
        the map) or ``{"kind": "persons", "id": …}`` (a decision whether two records are one person); anything else
        changes nothing.

    Returns
    -------
    changed
        Rows that were new, changed or removed, by topic that was looked at.
    """
    match message:
        case {"kind": "batch", "undone": True}:
            # what it had brought is gone, and with it the way to the cells
            connection.execute(STATEMENTS["lock"])
            return refresh_topics(connection, select_district(connection), TOPICS, now=now)
        case {"kind": "batch", "feed": str(feed), "batch_id": int(batch_id)}:
            connection.execute(STATEMENTS["lock"])
            return apply_batch(connection, select_district(connection), feed, batch_id, now=now)
        case {"kind": "incident", "id": int(incident_id)}:
            connection.execute(STATEMENTS["lock"])
            district = select_district(connection)
            touched = incidents.changed_incident(connection, district, incident_id)
            return {"incidents": recount_incidents(connection, district, touched, now=now)}
        case {"kind": "request", "id": int(request_id)}:
            connection.execute(STATEMENTS["lock"])
            district = select_district(connection)
            cells = demand.cells_of_request(connection, request_id)
            return {"demand": recount_demand(connection, district, cells, now=now)}
        case {"kind": "resident", "id": int(resident_id)}:
            connection.execute(STATEMENTS["lock"])
            district = select_district(connection)
            cells = population.cells_of_resident(connection, resident_id)
            return recount_residents(connection, district, cells, now=now)
        case {"kind": "persons", "id": int(pair_id)}:
            connection.execute(STATEMENTS["lock"])
            district = select_district(connection)
            cells = population.cells_of_pair(connection, pair_id)
            return recount_residents(connection, district, cells, now=now)
    return {}


def apply_batch(
    connection: Connection, district: District, feed: str, batch_id: int, *, now: datetime
) -> dict[str, int]:
    """Bring the facts up to date with one loaded batch."""
    if feed == "incidents":
        touched = incidents.changed_by_batch(connection, district, batch_id=batch_id)
        return {"incidents": recount_incidents(connection, district, touched, now=now)}
    if feed == "requests":
        cells = demand.changed_cells(connection, district, batch_id=batch_id)
        return {"demand": recount_demand(connection, district, cells, now=now)}
    if feed == "residents":
        cells = population.changed_cells(connection, district, batch_id=batch_id)
        return recount_residents(connection, district, cells, now=now)
    if feed == "service_items":
        return refresh_topics(connection, district, ("demand",), now=now)
    if feed in ("resources", "roads"):
        return refresh_topics(connection, district, ("resources",), now=now)
    if feed in ("terrain", "water"):
        return refresh_topics(connection, district, ("rasters",), now=now)
    if feed in ("rain", "population_raster"):
        decide_classes(connection, district, now=now)
        changed = int(connection.scalar(STATEMENTS["measured_by_batch"], {"batch_id": batch_id}) or 0)
        note_refresh(connection, district, "rasters", changed, now=now)
        return {"rasters": changed}
    if feed in ("boundaries", "work_grids", "buildings"):
        return refresh_topics(connection, district, TOPICS, now=now)
    return {}


def recount_incidents(connection: Connection, district: District, touched: incidents.Touched, *, now: datetime) -> int:
    if not touched.cells.size:
        return 0
    few = touched.cells.size <= MANY_CELL_DAYS
    changed = incidents.refresh_incidents(connection, district, touched=touched if few else None)
    note_refresh(connection, district, "incidents", changed, now=now)
    return changed


def recount_demand(connection: Connection, district: District, cells: h3_cells.Cells, *, now: datetime) -> int:
    """Count the demand of some cells; of all of them on the first change of a day, since the window moved."""
    state = connection.execute(STATEMENTS["state"], {"code": district.code, "topic": "demand"}).one_or_none()
    moved = state is None or state.window_from != demand.first_day(now, district)
    if not cells.size and not moved:
        return 0
    some = None if moved or cells.size > MANY_CELLS else cells
    changed = demand.refresh_demand(connection, district, now=now, cells=some)
    note_refresh(connection, district, "demand", changed, now=now)
    return changed


def recount_residents(
    connection: Connection, district: District, cells: h3_cells.Cells, *, now: datetime
) -> dict[str, int]:
    state = connection.execute(STATEMENTS["state"], {"code": district.code, "topic": "population"}).one_or_none()
    if state is None or cells.size > MANY_CELLS:
        return refresh_topics(connection, district, ("population", "demand"), now=now)
    today, counted_on = now.astimezone(district.zone).date(), state.refreshed_at.astimezone(district.zone).date()
    if today > counted_on:
        cells = np.union1d(cells, population.cells_of_birthdays(connection, district, since=counted_on, today=today))
    if not cells.size:
        return {}
    changed = {"population": population.refresh_population(connection, district, now=now, cells=cells)}
    changed["resources"] = resources.refresh_gaps(connection, district)
    for topic, count in changed.items():
        note_refresh(connection, district, topic, count, now=now)
    return {**changed, "demand": recount_demand(connection, district, cells, now=now)}


def note_refresh(connection: Connection, district: District, topic: str, changed: int, *, now: datetime) -> None:
    """Note that facts were refreshed, and tell everybody who listens when some of them changed."""
    connection.execute(
        STATEMENTS["note_state"],
        {
            "code": district.code,
            "topic": topic,
            "changed": changed > 0,
            "now": now,
            "window_from": demand.first_day(now, district) if topic == "demand" else None,
        },
    )
    if changed:
        connection.execute(STATEMENTS["tell"], {"topic": topic})
