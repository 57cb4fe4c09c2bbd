"""Silences: an operator's word that alerts of some labels are known and need not be told for a time.

A silenced alert goes on living: it is judged, listed and shown as silenced; nobody is told and it takes no wall over.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection

from alerts.documents import Frozen
from alerts.labels import Matcher, labels_of, matches
from gis.database.statements import load_statements
from gis.errors import BadInput, NotFound
from gis.sentences import Sentence, listed

SQL = load_statements("alerts", "silences")

#: nobody may be silent for longer without saying so anew
LONGEST = timedelta(days=31)
MATCHERS = TypeAdapter(tuple[Matcher, ...])


class Silence(Frozen):
    """A silence in force."""

    id: int
    matchers: tuple[Matcher, ...]
    reason: str
    expires_at: datetime


def add_silence(
    connection: Connection,
    *,
    subdistrict_code: str,
    matchers: Sequence[Matcher],
    reason: str,
    expires_at: datetime,
    post: str,
    now: datetime,
    starts_at: datetime | None = None,
) -> int:
    """Add a silence in the name of `post`; returns its id.

    Raises
    ------
    BadInput
        Without a matcher or a reason, or when it ends before it begins or later than 31 days from now.
    """
    starts_at = starts_at or now
    faults = []
    if not matchers:
        faults.append(
            Sentence("a silence needs at least one matcher; one that matches everything would hide everything")
        )
    if not reason.strip():
        faults.append(Sentence("a silence needs a reason"))
    if expires_at <= max(starts_at, now):
        faults.append(Sentence("it would end at {expires_at}, before it begins", expires_at=expires_at.isoformat()))
    if expires_at > now + LONGEST:
        faults.append(
            Sentence(
                "it would end at {expires_at}; at most {days} days from now are possible",
                expires_at=expires_at.isoformat(),
                days=LONGEST.days,
            )
        )
    if faults:
        raise BadInput(listed(faults))
    values = {
        "subdistrict_code": subdistrict_code,
        "matchers": json.dumps([matcher.model_dump() for matcher in matchers]),
        "reason": reason.strip(),
        "starts_at": starts_at,
        "expires_at": expires_at,
        "now": now,
        "post": post,
    }
    silence_id = int(connection.execute(SQL["add_silence"], values).scalar_one())
    connection.execute(SQL["tell"], {"id": silence_id})
    return silence_id


def lift_silence(connection: Connection, silence_id: int, *, post: str, now: datetime) -> None:
    """Lift a silence before its time.

    Raises
    ------
    NotFound
        If there is none of that id in force.
    """
    if connection.scalar(SQL["lift_silence"], {"id": silence_id, "post": post, "now": now}) is None:
        raise NotFound("no silence {silence_id} is in force", silence_id=silence_id)
    connection.execute(SQL["tell"], {"id": silence_id})


def list_silences(connection: Connection, *, subdistrict_code: str) -> list[dict[str, Any]]:
    """Every silence, those in force first, then the newest."""
    rows = connection.execute(SQL["silences"], {"subdistrict_code": subdistrict_code}).mappings()
    return [dict(row) for row in rows]


def silenceable(
    connection: Connection, *, subdistrict_code: str, since: datetime, language: str
) -> dict[tuple[str, str], str]:
    """Names of what a silence can be made for, by (label, value): communities, and places of alerts since `since`."""
    rows = connection.execute(SQL["silenceable"], {"subdistrict_code": subdistrict_code, "since": since}).mappings()
    return {
        (row["label"], row["value"]): row["name_en"] if language == "en" and row["name_en"] else row["name"]
        for row in rows
    }


def silences_in_force(connection: Connection, *, subdistrict_code: str, now: datetime) -> list[Silence]:
    """Silences that hold now, the one that ends last first."""
    rows = connection.execute(SQL["silences_in_force"], {"subdistrict_code": subdistrict_code, "now": now}).mappings()
    return [
        Silence(
            id=row["id"],
            matchers=MATCHERS.validate_python(row["matchers"]),
            reason=row["reason"],
            expires_at=row["expires_at"],
        )
        for row in rows
    ]


def silence_of(row: Mapping[str, Any], silences: Sequence[Silence]) -> Silence | None:
    """The silence that holds an alert back; None when nothing does."""
    labels = labels_of(row)
    return next((silence for silence in silences if matches(silence.matchers, labels)), None)
