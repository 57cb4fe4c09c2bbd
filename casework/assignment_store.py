"""The assignment in the geodatabase: read what it depends on, preview, publish, decide by hand, note absences."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from casework.assignment import Effort, balance, changes, divide_grids, loads_by_worker, moved_households
from casework.cover import Absence, plan_cover
from gis.database.bulk import copy_rows
from gis.database.statements import load_statements
from gis.errors import BadInput, Conflict, NotFound
from gis.sentences import Sentence

STATEMENTS = load_statements("casework", "assignment")

#: visits due within so long count as load
VISITS_AHEAD = timedelta(days=30)
DRAFT_COLUMNS = (
    "work_grid_id", "worker_id", "cell", "building_id", "cover_for", "reason", "decision", "valid_from", "valid_to",
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """One division of all third-level work grids, before or after it is published."""

    subdistrict_code: str
    #: one row per piece, with `worker_id` (missing: the grid has no worker) and `reason`
    pieces: pd.DataFrame
    #: one row per building: `building_id`, `work_grid_id`, `cell`
    buildings: pd.DataFrame
    #: `worker_id`, `work_grid_id`, `number` (工号), `work_grid_name`
    workers: pd.DataFrame
    #: as `cover.plan_cover` returns it
    cover: pd.DataFrame
    #: per work grid, as `assignment.balance` returns it
    balance: pd.DataFrame
    #: who gains and loses, as `assignment.changes` returns it
    changes: pd.DataFrame
    #: households that change hands against the published assignment
    moved_households: int
    #: who has what, as a fingerprint
    digest: str

    def figures(self) -> dict[str, Any]:
        """Summary of the plan, for the ledger and the screen."""
        even = self.balance[self.balance["workers"] > 1]
        ratio = "load_min_max_over_mean"
        return {
            "work_grids": len(self.balance),
            "workers": int(self.balance["workers"].sum()),
            "pieces": len(self.pieces),
            "buildings": len(self.buildings),
            "households": int(self.pieces["households"].sum()),
            "unassigned_pieces": int(self.pieces["worker_id"].isna().sum()),
            "moved_households": self.moved_households,
            "workers_changed": len(self.changes),
            "max_over_mean": {
                name: [
                    round(float(even[f"{name}_max_over_mean"].mean()), 3),
                    round(float(even[f"{name}_max_over_mean"].max()), 3),
                ]
                if even[f"{name}_max_over_mean"].notna().any()
                else None
                for name in ("load_min", "households", "visits", "incidents")
            },
            "grids_above_tolerance": {
                str(grid): round(float(value), 3) for grid, value in even.loc[even[ratio] > 1.15, ratio].items()
            },
        }


def make_plan(connection: Connection, *, subdistrict_code: str, effort: Effort, now: datetime, seed: int = 1) -> Plan:
    """Divide every third-level work grid among its workers as the database stands; nothing is written.

    Raises
    ------
    NotFound
        If the sub-district has no work grids or no cells yet.
    """
    given = {"subdistrict_code": subdistrict_code, "now": now}
    pieces = frame_of(connection, "pieces", given | {"visits_until": (now + VISITS_AHEAD).date()})
    if pieces.empty:
        raise NotFound(
            "sub-district {subdistrict_code} has no third-level work grids with cells; load its files first",
            subdistrict_code=subdistrict_code,
        )
    workers = frame_of(connection, "workers", given)
    buildings = frame_of(connection, "buildings", given)
    for column in ("prior_worker_id", "decided_worker_id"):
        pieces[column] = pieces[column].astype("Int64")
    home = workers.set_index("worker_id")["work_grid_id"]
    # a decision for somebody who has left the grid since no longer binds
    moved_on = pieces["decided_worker_id"].map(home) != pieces["work_grid_id"]
    pieces.loc[moved_on, "decided_worker_id"] = pd.NA
    division = divide_grids(pieces, workers, effort=effort, seed=seed)
    divided = pieces.assign(worker_id=division["worker_id"], reason=division["reason"])
    absences = [Absence(**row._mapping) for row in connection.execute(STATEMENTS["absences"], given)]
    cover = plan_cover(divided, workers, absences, effort=effort, now=now, seed=seed)
    return Plan(
        subdistrict_code=subdistrict_code,
        pieces=divided,
        buildings=buildings,
        workers=workers,
        cover=cover,
        balance=balance(pieces, division, effort=effort),
        changes=changes(pieces, division),
        moved_households=moved_households(pieces, division),
        digest=digest_of(divided, cover),
    )


def frame_of(connection: Connection, statement: str, values: dict[str, Any]) -> pd.DataFrame:
    """Return the rows of a statement as a frame, with its columns even when there are none."""
    result = connection.execute(STATEMENTS[statement], values)
    return pd.DataFrame([tuple(row) for row in result], columns=list(result.keys()))


def digest_of(divided: pd.DataFrame, cover: pd.DataFrame) -> str:
    """Fingerprint of who has what, so that what was previewed can be told from what would be published now."""
    text = divided[["work_grid_id", "cell", "worker_id"]].to_csv(index=False)
    text += cover[["work_grid_id", "cell", "worker_id", "cover_for", "valid_to"]].to_csv(index=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def publish_plan(connection: Connection, plan: Plan, *, actor: str, now: datetime) -> int:
    """Make the plan the assignment from `now` on, in the caller's transaction; returns the plan's id.

    What stays the same keeps its row, so that "since when" stays true; what changes is ended and begun anew. The same
    plan twice changes no row but leaves its entry in casework.assignment_plan.
    """
    connection.execute(STATEMENTS["lock"])
    values = {"subdistrict_code": plan.subdistrict_code, "now": now}
    plan_id = int(
        connection.execute(
            STATEMENTS["insert_plan"],
            values | {"digest": plan.digest, "actor": actor, "figures": json.dumps(plan.figures())},
        ).scalar_one()
    )
    connection.execute(STATEMENTS["drop_draft"])
    connection.execute(STATEMENTS["make_draft"])
    draft = draft_of(plan)
    copy_rows(connection, "assignment_draft", DRAFT_COLUMNS, draft.itertuples(index=False, name=None))
    for statement in ("end_changed", "insert_changed", "end_covers", "drop_covers", "insert_covers"):
        connection.execute(STATEMENTS[statement], values | {"plan_id": plan_id})
    connection.execute(STATEMENTS["tell"], {"plan_id": plan_id})
    return plan_id


def draft_of(plan: Plan) -> pd.DataFrame:
    """One row per cell and per building, and the same for cover, with the columns of the draft table."""
    cells = plan.pieces.dropna(subset="worker_id")[["work_grid_id", "cell", "worker_id", "reason", "decision"]]
    cells = cells.assign(
        decision=cells["decision"].where(cells["reason"] == "decided", ""),
        cover_for=None,
        valid_from=None,
        valid_to=None,
    )
    cover = plan.cover.assign(reason="cover")
    parts = []
    for rows in (cells, cover):
        if len(rows):
            parts += [rows.assign(building_id=None), rows.merge(plan.buildings, on=["work_grid_id", "cell"])]
    if not parts:
        return pd.DataFrame(columns=list(DRAFT_COLUMNS))
    draft = pd.concat([part.astype(object) for part in parts], ignore_index=True)[list(DRAFT_COLUMNS)]
    return draft.where(draft.notna(), None)


def worker_loads(plan: Plan, effort: Effort) -> pd.DataFrame:
    """Households, visits, incidents and minutes per worker of the plan."""
    return loads_by_worker(plan.pieces, plan.pieces[["worker_id"]], effort=effort)


def decide(
    connection: Connection,
    *,
    subdistrict_code: str,
    worker: str,
    building: str,
    reason: str,
    actor: str,
    now: datetime,
    until: datetime | None = None,
) -> int:
    """Note that a building, and the cell it stands in, belongs to a worker whatever the balance says; returns its id.

    It holds from the next publication on, until it is withdrawn, `until`, or the worker leaves the grid.
    """
    found = one_row(connection, "find_building",
                    Sentence("no building {building!r}; its key is written as in the register", building=building),
                    {"subdistrict_code": subdistrict_code, "key": building, "now": now})  # fmt: skip
    taker = find_worker(connection, worker, subdistrict_code=subdistrict_code, now=now)
    if taker.work_grid_id != found.work_grid_id:
        raise BadInput(
            "worker {worker} does not work in the grid of building {building}", worker=worker, building=building
        )
    if not reason.strip():
        raise BadInput("a decision needs a reason in words")
    return int(
        connection.execute(
            STATEMENTS["insert_decision"],
            {
                "subdistrict_code": subdistrict_code, "worker_id": taker.id, "work_grid_id": found.work_grid_id,
                "cell": found.cell, "building_id": found.id, "reason": reason.strip(), "actor": actor, "now": now,
                "valid_to": until,
            },
        ).scalar_one()
    )  # fmt: skip


def withdraw_decision(connection: Connection, decision_id: int, *, subdistrict_code: str, now: datetime) -> None:
    """End a decision now; the next publication balances its ground again."""
    values = {"id": decision_id, "subdistrict_code": subdistrict_code, "now": now}
    if connection.execute(STATEMENTS["withdraw_decision"], values).rowcount == 0:
        raise Conflict("no decision {decision_id} that still holds", decision_id=decision_id)


def note_absence(
    connection: Connection,
    *,
    subdistrict_code: str,
    worker: str,
    absent_from: datetime,
    absent_to: datetime,
    actor: str,
    now: datetime,
    cover: str | None = None,
    reason: str = "",
) -> int:
    """Note that a worker is away, and who covers (empty: the others of the grid share); returns its id.

    Cover stands in the assignment from the next publication on.
    """
    if absent_to <= absent_from:
        raise BadInput(
            "the absence ends at {absent_to} before it begins at {absent_from}",
            absent_to=absent_to,
            absent_from=absent_from,
        )
    away = find_worker(connection, worker, subdistrict_code=subdistrict_code, now=now)
    taker = find_worker(connection, cover, subdistrict_code=subdistrict_code, now=now) if cover else None
    if taker is not None and taker.id == away.id:
        raise BadInput("{worker} cannot cover for themselves", worker=worker)
    return int(
        connection.execute(
            STATEMENTS["insert_absence"],
            {"subdistrict_code": subdistrict_code, "worker_id": away.id, "cover_worker_id": taker.id if taker else None,
             "reason": reason, "actor": actor, "absent_from": absent_from, "absent_to": absent_to},
        ).scalar_one()
    )  # fmt: skip


def find_worker(connection: Connection, number: str, *, subdistrict_code: str, now: datetime) -> Any:
    """Return id and work grid of the worker with this number (工号)."""
    return one_row(connection, "find_worker",
                    Sentence("no grid worker {number!r}; numbers look like W001", number=number),
                   {"subdistrict_code": subdistrict_code, "number": number, "now": now})  # fmt: skip


def one_row(connection: Connection, statement: str, otherwise: Sentence, values: dict[str, Any]) -> Any:
    """Return the only row of a statement; NotFound with the sentence `otherwise`."""
    row = connection.execute(STATEMENTS[statement], values).one_or_none()
    if row is None:
        raise NotFound(otherwise)
    return row
