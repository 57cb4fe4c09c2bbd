"""What people do with an alert: take it on, and say what followed."""

import json
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, TextClause, text

from alerts.life import SQL
from alerts.response import Response, shipped_response
from gis.errors import Conflict, NotFound
from gis.sentences import Sentence

#: what may follow an acknowledgement
Followed = Literal["on_site", "report", "handed_on"]
#: how a sentence calls where an alert stands
STANDS = {"open": Sentence("open"), "acknowledged": Sentence("acknowledged"), "cleared": Sentence("cleared")}
#: ids of drills' alerts begin here; alerts/tables.py
DRILL_IDS = 1_000_000_000_000


def table_statement(name: str, alert_id: int) -> TextClause:
    """A statement for the table the alert is in: real, or of a drill."""
    alert, event = ("alerting.alert", "alerting.alert_event")
    if alert_id >= DRILL_IDS:
        alert, event = ("alerting.drill_alert", "alerting.drill_event")
    return text(SQL.source(name).replace("{alert}", alert).replace("{event}", event))


def acknowledge(
    connection: Connection,
    alert_id: int,
    *,
    post: str,
    note: str,
    now: datetime,
    client_key: str = "",
    response: Response | None = None,
) -> datetime:
    """Take an open alert on in the name of `post`; returns by when something must follow.

    `client_key` is made where it was entered: the same key again (a phone whose answer was lost) changes nothing.

    Raises
    ------
    NotFound
        If there is no such alert, or it is not the asker's to handle.
    Conflict
        If it is acknowledged or cleared already.
    """
    response = response or shipped_response()
    if known := due_of(connection, alert_id, client_key):
        return known
    status, level = state_of(connection, alert_id)
    if status != "open":
        raise Conflict("alert {alert_id} is {status} already", alert_id=alert_id, status=STANDS[status])
    due_at = now + response.follow_up(level)
    values = {"id": alert_id, "post": post, "note": note, "now": now, "due_at": due_at}
    detail = {"due_at": due_at.isoformat(), "client_key": client_key}
    act(connection, "acknowledge_alert", values, change="acknowledged", detail=detail)
    return due_at


def follow_up(
    connection: Connection,
    alert_id: int,
    *,
    what: Followed,
    post: str,
    note: str,
    now: datetime,
    client_key: str = "",
    response: Response | None = None,
) -> datetime:
    """Say what followed the acknowledgement; returns by when the next is expected. `client_key` as in `acknowledge`.

    Raises
    ------
    NotFound
        If there is no such alert, or it is not the asker's to handle.
    Conflict
        If nobody has acknowledged it, or it is cleared.
    """
    response = response or shipped_response()
    if known := due_of(connection, alert_id, client_key):
        return known
    status, level = state_of(connection, alert_id)
    if status != "acknowledged":
        raise Conflict(
            "alert {alert_id} is {status}; something can follow an acknowledgement only",
            alert_id=alert_id,
            status=STANDS[status],
        )
    due_at = now + response.follow_up(level)
    values = {"id": alert_id, "post": post, "note": note, "now": now, "due_at": due_at}
    detail = {"what": what, "due_at": due_at.isoformat(), "client_key": client_key}
    act(connection, "follow_up", values, change="followed", detail=detail)
    return due_at


def due_of(connection: Connection, alert_id: int, client_key: str) -> datetime | None:
    """What was answered when this very entry came first; None when it is new."""
    if not client_key:
        return None
    answered = connection.scalar(SQL["act_of"], {"id": alert_id, "client_key": client_key})
    return datetime.fromisoformat(answered) if answered else None


def state_of(connection: Connection, alert_id: int) -> tuple[str, int]:
    """Status and level of an alert."""
    row = connection.execute(SQL["alert_state"], {"id": alert_id}).one_or_none()
    if row is None:
        raise NotFound("there is no alert {alert_id}", alert_id=alert_id)
    return row.status, row.level


def act(connection: Connection, statement: str, values: dict[str, Any], *, change: str, detail: dict[str, Any]) -> None:
    """Change the alert and leave the event; a row that did not change was not the asker's, or somebody was faster."""
    alert_id = values["id"]
    changed = connection.execute(table_statement(statement, alert_id), values).one_or_none()
    if changed is None:
        raise NotFound("alert {alert_id} is not yours to handle, or somebody was faster", alert_id=alert_id)
    connection.execute(
        table_statement("note_act", alert_id),
        {
            "alert_id": alert_id,
            "now": values["now"],
            "change": change,
            "level": changed.level,
            "observed": changed.observed,
            "actor": values["post"],
            "note": values["note"],
            "detail": json.dumps(detail, ensure_ascii=False),
        },
    )
    connection.execute(SQL["tell"], {"id": alert_id, "change": change})
