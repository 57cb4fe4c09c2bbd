"""What waits to be dispatched, and to whom it would go: for the officer who dispatches."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from gis.database.statements import load_statements

STATEMENTS = load_statements("casework", "dispatch")

#: rows of one reading
MOST = 200
#: what is older waits for nobody any more [days]
SINCE_DAYS = 30


@dataclass(frozen=True)
class Worker:
    """Somebody an incident may go to."""

    id: int
    number: str
    name: str
    #: incidents and requests now with them
    in_hand: int
    on_leave: bool
    #: building, cell, grid or cover where the place is theirs; empty for a colleague of the grid
    found_by: str = ""


@dataclass(frozen=True)
class WaitingIncident:
    """One incident that waits, with whom it may go to: whose place it is first."""

    record: Row[Any]
    workers: Sequence[Worker]


def select_undispatched(connection: Connection, *, subdistrict_code: str, now: datetime) -> list[WaitingIncident]:
    """Return what waits to be dispatched, as far as the asker may see, gravest first."""
    bound = {"subdistrict_code": subdistrict_code, "now": now, "since": now - timedelta(days=SINCE_DAYS), "most": MOST}
    records = connection.execute(STATEMENTS["waiting"], bound).all()
    grids = sorted({record.work_grid_id for record in records if record.work_grid_id})
    suggested = sorted({record.worker_id for record in records if record.worker_id})
    of_grid: dict[int, list[Row[Any]]] = defaultdict(list)
    by_id: dict[int, Row[Any]] = {}
    for row in connection.execute(STATEMENTS["workers"], {"grids": grids, "workers": suggested, "now": now}):
        of_grid[row.work_grid_id].append(row)
        by_id[row.id] = row
    found = []
    for record in records:
        first = by_id.get(record.worker_id)
        workers = [worker_of(first, record.found_by)] if first else []
        workers += [worker_of(row) for row in of_grid[record.work_grid_id] if row.id != record.worker_id]
        found.append(WaitingIncident(record, workers))
    return found


def worker_of(row: Row[Any], found_by: str = "") -> Worker:
    return Worker(row.id, row.number, row.name, int(row.in_hand), bool(row.on_leave), found_by)
