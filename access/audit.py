"""Who wrote what, and when: the audit as its readers see it. Triggers and functions of schema `access` write it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gis.database.statements import load_statements

STATEMENTS = load_statements("access", "audit")
#: entries of one page at most
MOST_ENTRIES = 500
NEWEST = 2**63 - 1


@dataclass(frozen=True)
class Entry:
    """One entry of the audit."""

    id: int
    at: datetime
    #: account name, or the command that wrote
    actor: str
    #: insert, update, delete, or an event such as sign_in
    action: str
    #: schema.table; None for an event
    table_name: str | None
    record_id: str | None
    #: new values, [before, after] of an update; secrets were left out when it was written
    changes: Mapping[str, Any]


def select_audit(
    connection: Connection, *, sought: str = "", before: int = NEWEST, limit: int = MOST_ENTRIES
) -> list[Entry]:
    """Return entries, newest first; nothing for whoever may not read the audit.

    Parameters
    ----------
    sought
        Text that actor, action, table, record or changes contain; empty = all.
    before
        Only entries with a smaller id: the next page begins before the last id of the one before.
    """
    pattern = f"%{sought.strip().replace('%', '').replace('_', chr(92) + '_')}%" if sought.strip() else None
    rows = connection.execute(
        STATEMENTS["select_audit"], {"sought": pattern, "before": before, "limit": min(limit, MOST_ENTRIES)}
    )
    return [Entry(**row._mapping) for row in rows]


def act_as(connection: Connection, *, actor: str, session_id: str = "") -> None:
    """Say who writes from here to the end of the transaction: a session, or a command by its name."""
    connection.execute(STATEMENTS["act_as"], {"actor": actor, "session_id": session_id})


def note_event(connection: Connection, action: str, changes: Mapping[str, Any]) -> None:
    """Leave an entry of something that is not the change of one row."""
    connection.execute(STATEMENTS["note_event"], {"action": action, "changes": json.dumps(changes, ensure_ascii=False)})
