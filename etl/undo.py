"""Undo a batch: every record as it was before it, unless something rests on what the batch brought.

Undoing is itself recorded: what the batch had made of a record goes to its history, and the record's former form is
known anew from now on. The ledger keeps the batch and says who undid it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from access.audit import act_as, note_event
from etl.changes import BatchForms, TableChanges, changes_of, obstacles_in, take_back, versioned_tables
from etl.feeds import FEEDS, ORDER, RASTERS
from etl.kept import KeptFiles
from etl.ledger import lock_feed, tell
from etl.undo_rasters import raster_obstacles, take_raster_back
from gis.database.connection import Database
from gis.database.statements import load_statements, quoted
from gis.district import District, select_district
from gis.errors import Conflict, NotFound
from gis.grid import build_cells
from gis.texts import InTexts, Texts

_SQL = load_statements("etl", "undo")

#: (code, values) of a sentence under ``undo.`` in the catalogue
Obstacle = tuple[str, Mapping[str, Any]]
#: obstacles told in one sentence
MOST_TOLD = 5


@dataclass(frozen=True)
class Undone:
    """What undoing a batch did."""

    batch_id: int
    feed: str
    tables: Sequence[TableChanges]


def undo_batch(
    database: Database,
    batch_id: int,
    *,
    actor: str,
    session_id: str = "",
    kept: KeptFiles | None = None,
) -> Undone:
    """Bring everything back to the state before a batch.

    Parameters
    ----------
    database
        The owner's engine is used, in one transaction.
    actor
        Who undoes it, for the ledger.
    session_id
        Session of the person who undoes it, for the audit; empty on the command line.
    kept
        Where delivered files are kept: a raster is undone by the file of the one before it.

    Raises
    ------
    NotFound
        If there is no such batch.
    Conflict
        If it was undone before, cannot be undone, or something rests on it; says what.
    """
    try:
        with database.owner.begin() as connection:
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            batch = find_batch(connection, batch_id)
            lock_feed(connection, subdistrict_code=batch.subdistrict_code, feed=batch.feed)
            found = obstacles(connection, batch, kept)
            if found:
                raise Conflict(InTexts(lambda texts: refusal(batch_id, found, texts)))
            district = select_district(connection, code=batch.subdistrict_code)
            changes = changes_of(connection, forms_of(batch), sample=0)
            bring_back(connection, batch, district, actor=actor, kept=kept)
            note(connection, batch, actor=actor, session_id=session_id)
    except IntegrityError as fault:
        table = getattr(getattr(fault.orig, "diag", None), "table_name", None) or ""
        linked = [("linked", {"by": table})]
        raise Conflict(InTexts(lambda texts: refusal(batch_id, linked, texts))) from fault
    return Undone(batch_id, batch.feed, changes)


def find_batch(connection: Connection, batch_id: int) -> Any:
    """Return a row of the ledger with its feed's kind; raises NotFound."""
    batch = connection.execute(_SQL["batch"], {"batch_id": batch_id}).one_or_none()
    if batch is None:
        raise NotFound("there is no batch {batch_id}", batch_id=batch_id)
    return batch


def forms_of(batch: Any) -> BatchForms:
    return BatchForms(batch.id, batch.recorded_at)


def obstacles(connection: Connection, batch: Any, kept: KeptFiles | None) -> list[Obstacle]:
    """Why a batch cannot be undone; nothing when it can."""
    if batch.undone_at is not None:
        return [("undone", {"by": batch.undone_by})]
    if batch.kind in RASTERS:
        return list(raster_obstacles(connection, batch, kept))
    if batch.recorded_at is None:
        return [("too_old", {})]
    bound = {"batch_id": batch.id, "code": batch.subdistrict_code, "feed": batch.feed}
    later = connection.execute(_SQL["delivered_later"], bound).scalars().all()
    found: list[Obstacle] = [("delivered_later", {"batch": one}) for one in later]
    kind = FEEDS[batch.kind]
    if kind.is_gazetteer or kind.is_areas:
        kinds = [name for name, at in ORDER.items() if at > ORDER[batch.kind]]
        placed = connection.execute(_SQL["placed_later"], {**bound, "kinds": kinds})
        found += [("placed_later", {"batch": row.id, "feed": row.feed}) for row in placed]
    released = connection.execute(_SQL["released_later"], bound).scalar_one()
    if released:
        found.append(("released_later", {"rows": released}))
    decided = connection.execute(_SQL["decided_pairs"], bound).scalar_one()
    if decided:
        found.append(("decided_pairs", {"pairs": decided}))
    for table in versioned_tables(connection):
        found += obstacles_in(connection, table, forms_of(batch))
    return found


def refusal(batch_id: int, found: Sequence[Obstacle], texts: Texts) -> str:
    """Say why a batch is not undone."""
    told = [texts(f"undo.{code}", **named(values, texts)) for code, values in found[:MOST_TOLD]]
    more = texts("undo.more", n=len(found) - MOST_TOLD) if len(found) > MOST_TOLD else ""
    return texts("undo.refused", batch=batch_id, reasons=texts("undo.and").join(told) + more)


def named(values: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    """Values of a sentence, tables and feeds by what people call them."""
    spoken = dict(values)
    for name in ("table", "by"):
        if str(spoken.get(name, "")).startswith(("base.", "support.", "casework.", "alerting.", "access.")):
            spoken[name] = table_name(str(spoken[name]), texts)
    if "feed" in spoken and (spoken["feed"] in FEEDS or spoken["feed"] in RASTERS):
        spoken["feed"] = texts(f"feeds.{spoken['feed']}")
    return spoken


def table_name(table: str, texts: Texts) -> str:
    """What people call the records of a table; its own name where nobody gave it another."""
    key = f"records.{table.partition('.')[2]}"
    return texts(key) if key in texts.by_key else table


def bring_back(connection: Connection, batch: Any, district: District, *, actor: str, kept: KeptFiles | None) -> None:
    """Do it: records, what counts as delivered, quarantine, ledger, and cells where areas moved."""
    bound = {"batch_id": batch.id, "code": batch.subdistrict_code, "feed": batch.feed}
    take_back(connection, forms_of(batch))
    for name in ("restore_delivered", "forget_former", "forget_delivered", "return_to_quarantine", "leave_quarantine",
                 "settle_households"):  # fmt: skip
        connection.execute(_SQL[name], bound)
    connection.execute(_SQL["note_undone"], {**bound, "actor": actor})
    if batch.kind in RASTERS:
        take_raster_back(connection, district, batch, kept)
    kind = FEEDS.get(batch.kind)
    newest = "newest_event_at"
    if kind and kind.event_time:
        table = f"{quoted(kind.table.schema or 'base')}.{quoted(kind.table.name)}"
        newest = (
            f"(SELECT max({quoted(kind.event_time)}) FROM {table} AS record"
            " WHERE record.subdistrict_code = :code AND record.feed = :feed)"
        )
    connection.execute(text(_SQL.source("note_feed").format(newest=newest)), bound)
    if kind and kind.is_areas:
        outlined = text("SELECT geom IS NOT NULL FROM base.subdistrict WHERE code = :code")
        if connection.execute(outlined, bound).scalar_one():
            build_cells(connection, district)
        else:
            for table in ("base.cell_share", "base.cell"):
                connection.execute(text(f"DELETE FROM {table} WHERE subdistrict_code = :code"), bound)


def note(connection: Connection, batch: Any, *, actor: str, session_id: str) -> None:
    """Leave an audit row, and tell those who listen."""
    # only now: row by row, a batch answers to the ledger and not to the audit
    act_as(connection, actor=actor, session_id=session_id)
    note_event(connection, "batch_undone", {"batch": batch.id, "feed": batch.feed})
    tell(connection, {"kind": "batch", "feed": batch.kind, "batch_id": batch.id, "undone": True})
