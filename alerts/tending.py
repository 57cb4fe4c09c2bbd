"""What time alone does to alerts: what was acknowledged and not followed up falls back, what nobody takes climbs the
ladder of posts, what no judgement confirms expires, what still holds is said anew to other systems, silences begin and
end.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from alerts.life import SQL, Change, standing_alerts, tell
from alerts.response import Response, shipped_response
from alerts.silences import SQL as SILENCES_SQL
from alerts.silences import silence_of, silences_in_force

#: a message to other systems is renewed so long before it expires there
RENEWED_BEFORE = timedelta(hours=2)


def tend(engine: Engine, *, subdistrict_code: str, now: datetime, response: Response | None = None) -> list[Change]:
    """Do what time asks for; one transaction, together with judging one at a time."""
    response = response or shipped_response()
    with engine.begin() as connection:
        connection.execute(SQL["lock_judging"], {"subdistrict_code": subdistrict_code})
        asked = {"subdistrict_code": subdistrict_code, "now": now}
        changes = [
            *silence_and_release(connection, asked),
            *expire(connection, asked, response),
            *renew(connection, asked, response),
            *fall_back(connection, asked),
            *escalate(connection, asked, response),
        ]
        tell(connection, changes)
        return changes


def note(connection: Connection, row: Any, change: str, *, now: datetime, **detail: Any) -> Change:
    """Leave an event of the clock's."""
    connection.execute(
        SQL["note_event"],
        {
            "alert_id": row["id"],
            "now": now,
            "change": change,
            "level": row["level"],
            "observed": row["observed"],
            "actor": "clock",
            "note": "",
            # what is said anew says where it is now
            "cells": list(row["cells"]) if change == "renewed" else None,
            "detail": json.dumps(detail, ensure_ascii=False),
        },
    )
    return Change(row["id"], change)


def silence_and_release(connection: Connection, asked: dict[str, Any]) -> list[Change]:
    """Mark what a silence holds back now, and what none does any more."""
    silences = silences_in_force(connection, **asked)
    changes = []
    for row in standing_alerts(connection, subdistrict_code=asked["subdistrict_code"]):
        silence = silence_of(row, silences)
        silenced_by = silence.id if silence else None
        if silenced_by == row["silenced_by"]:
            continue
        connection.execute(
            SILENCES_SQL["silence_alert"], {"id": row["id"], "silenced_by": silenced_by, "now": asked["now"]}
        )
        if silence:
            detail = {"silence": silence.id, "reason": silence.reason, "until": silence.expires_at.isoformat()}
            changes.append(note(connection, row, "silenced", now=asked["now"], **detail))
        else:
            changes.append(note(connection, row, "unsilenced", now=asked["now"], silence=row["silenced_by"]))
    return changes


def expire(connection: Connection, asked: dict[str, Any], response: Response) -> list[Change]:
    """End what no judgement has confirmed or ended for too long."""
    before = asked["now"] - timedelta(hours=response.expire_after_h)
    changes = []
    for row in connection.execute(SQL["unconfirmed_alerts"], {**asked, "before": before}).mappings().all():
        connection.execute(
            SQL["end_alert"], {"id": row["id"], "now": asked["now"], "ended_by": "expired", "merged_into": None}
        )
        changes.append(note(connection, row, "cleared", now=asked["now"], ended_by="expired"))
    return changes


def renew(connection: Connection, asked: dict[str, Any], response: Response) -> list[Change]:
    """Say anew to other systems what still holds, before they take it for expired; people are not told again."""
    before = asked["now"] - timedelta(hours=response.expire_after_h) + RENEWED_BEFORE
    rows = connection.execute(SQL["ageing_alerts"], {**asked, "before": before}).mappings().all()
    return [note(connection, row, "renewed", now=asked["now"]) for row in rows]


def fall_back(connection: Connection, asked: dict[str, Any]) -> list[Change]:
    """Open again what was acknowledged and after which nothing followed."""
    changes = []
    for row in connection.execute(SQL["late_acknowledged"], asked).mappings().all():
        connection.execute(SQL["fall_back"], {"id": row["id"], "now": asked["now"]})
        changes.append(note(connection, row, "fell_back", now=asked["now"], post=row["acknowledged_by"]))
    return changes


def escalate(connection: Connection, asked: dict[str, Any], response: Response) -> list[Change]:
    """Hand up what waited too long with a post.

    After a pause of this process several posts may be due at once: each gets its event with the time it was due, so
    that the ladder in the timeline is whole and only the post it ends with goes on waiting.
    """
    changes = []
    for row in connection.execute(SQL["waiting_alerts"], asked).mappings().all():
        holder, since = row["holder"], row["held_by_at"]
        wait = response.wait(row["level"])
        while since + wait <= asked["now"] and (above := response.next_post(holder)) is not None:
            changes.append(note(connection, row, "escalated", now=since + wait, **{"from": holder, "to": above}))
            holder, since = above, since + wait
        if holder != row["holder"]:
            connection.execute(
                SQL["hand_up"], {"id": row["id"], "holder": holder, "held_by_at": since, "now": asked["now"]}
            )
    return changes
