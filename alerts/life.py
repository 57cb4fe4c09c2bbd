"""The life of an alert: raised, updated, acknowledged, cleared; every step leaves an event and is told."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count, product
from string import ascii_uppercase
from typing import Any

from sqlalchemy import Connection, Engine

from alerts.judge import SQL as JUDGE_SQL
from alerts.judge import Finding, findings
from alerts.rules import Rules
from gis.database.statements import load_statements
from gis.errors import Conflict, NotFound

SQL = load_statements("alerts", "life")

#: counts of persons below this are not told; design.md "What may be seen"
FEWEST_PERSONS = 5


@dataclass(frozen=True)
class Change:
    """One step in an alert's life."""

    alert_id: int
    #: raised, level, updated or cleared
    change: str


def judge(engine: Engine, rules: Rules, *, subdistrict_code: str, now: datetime) -> list[Change]:
    """Judge every rule once and carry the result into the alerts; one transaction, one judge at a time."""
    with engine.begin() as connection:
        connection.execute(SQL["lock_judging"], {"subdistrict_code": subdistrict_code})
        found = findings(connection, rules, subdistrict_code=subdistrict_code, now=now)
        quiet = {rule.id: timedelta(hours=rule.clear_after_h) for rule in rules.rules}
        return carry(connection, found, clear_after=quiet, subdistrict_code=subdistrict_code, now=now)


def carry(
    connection: Connection,
    found: Sequence[Finding],
    *,
    clear_after: Mapping[str, timedelta],
    subdistrict_code: str,
    now: datetime,
) -> list[Change]:
    """Raise what is new, update what stands, clear what no longer holds.

    Parameters
    ----------
    found
        Every finding of this judgement; a standing alert that is not among them is on its way out.
    clear_after
        How long a rule's condition must have been gone before its alert is cleared; a rule not named clears at once.
    """
    standing = {
        (row["rule"], row["unit_kind"], row["unit_code"]): row
        for row in standing_alerts(connection, subdistrict_code=subdistrict_code)
    }
    letters = {row["letter"] for row in standing.values()}
    changes: list[Change] = []
    for finding in found:
        known = standing.pop(finding.identity, None)
        if known is None:
            letter = free_letter(letters)
            letters.add(letter)
            changes.append(
                Change(
                    raise_alert(connection, finding, letter=letter, subdistrict_code=subdistrict_code, now=now),
                    "raised",
                )
            )
        else:
            step = connection.scalar(SQL["update_alert"], {"id": known["id"], "now": now, **measured(finding)})
            if step is not None:
                changes.append(Change(known["id"], step))
    for row in standing.values():
        if now - row["held_at"] >= clear_after.get(row["rule"], timedelta(0)):
            connection.execute(SQL["clear_alert"], {"id": row["id"], "now": now})
            changes.append(Change(row["id"], "cleared"))
    for change in changes:
        connection.execute(SQL["tell"], {"id": change.alert_id, "change": change.change})
    return changes


def raise_alert(connection: Connection, finding: Finding, *, letter: str, subdistrict_code: str, now: datetime) -> int:
    """Write a new alert with its place and who lives there; returns its id."""
    place: dict[str, Any] = {"unit_name": finding.unit_name, "community_code": None, "cells": [], "geom": None}
    if finding.unit_kind != "feed":
        described = (
            connection.execute(
                JUDGE_SQL[f"describe_{finding.unit_kind}"],
                {"unit_code": finding.unit_code, "cells": list(finding.cells), "subdistrict_code": subdistrict_code},
            )
            .mappings()
            .first()
        )
        if described is None:
            raise NotFound(
                f"rule {finding.rule} found something in {finding.unit_kind} {finding.unit_code}, which does not exist"
            )
        place |= dict(described)
        place["unit_name"] = place["unit_name"] or finding.unit_code
    exposure: dict[str, int | None] = {}
    if place["cells"]:
        exposed = (
            connection.execute(
                JUDGE_SQL["exposure"], {"cells": place["cells"], "subdistrict_code": subdistrict_code, "now": now}
            )
            .mappings()
            .one()
        )
        exposure = {name: tellable(number) for name, number in exposed.items()}
    return int(
        connection.execute(
            SQL["raise_alert"],
            {
                "subdistrict_code": subdistrict_code,
                "rule": finding.rule,
                "unit_kind": finding.unit_kind,
                "unit_code": finding.unit_code,
                "letter": letter,
                "method": finding.method,
                "members": finding.members,
                "rule_name": json.dumps(finding.rule_name, ensure_ascii=False),
                "exposure": json.dumps(exposure),
                "now": now,
                **place,
                **measured(finding),
            },
        ).scalar_one()
    )


def measured(finding: Finding) -> dict[str, Any]:
    """The columns that every judgement brings anew."""
    return {
        "level": finding.level,
        "observed": finding.observed,
        "expected": finding.expected,
        "expected_low": finding.expected_low,
        "expected_high": finding.expected_high,
        "window_from": finding.window_from,
        "window_to": finding.window_to,
        "recurrence_days": finding.recurrence_days,
        "member_ids": list(finding.member_ids),
        "reasons": json.dumps(
            [{"name": name, "count": number} for name, number in finding.reasons], ensure_ascii=False
        ),
    }


def tellable(number: int) -> int | None:
    """A count of persons as it may be told: 0 and five or more as they are, one to four as None (少于5)."""
    return number if number == 0 or number >= FEWEST_PERSONS else None


def free_letter(taken: Iterable[str]) -> str:
    """The first letter (A … Z, AA …) that no standing alert carries."""
    used = set(taken)
    for length in count(1):
        for letters in product(ascii_uppercase, repeat=length):
            if "".join(letters) not in used:
                return "".join(letters)
    raise AssertionError("letters do not end")


def standing_alerts(connection: Connection, *, subdistrict_code: str) -> list[Mapping[str, Any]]:
    """Alerts that are not cleared, gravest first, then oldest; `shape` is GeoJSON."""
    rows = connection.execute(SQL["standing_alerts"], {"subdistrict_code": subdistrict_code}).mappings()
    return [dict(row) for row in rows]


def alert_events(connection: Connection, alert_id: int) -> list[Mapping[str, Any]]:
    """What happened to an alert, oldest first."""
    return [dict(row) for row in connection.execute(SQL["alert_events"], {"id": alert_id}).mappings()]


def acknowledge(connection: Connection, alert_id: int, *, post: str, note: str, now: datetime) -> None:
    """Take an open alert on in the name of `post`.

    Raises
    ------
    NotFound
        If there is no such alert.
    Conflict
        If it is acknowledged or cleared already.
    """
    taken = connection.scalar(SQL["acknowledge_alert"], {"id": alert_id, "post": post, "note": note, "now": now})
    if taken is None:
        status = connection.scalar(SQL["alert_status"], {"id": alert_id})
        if status is None:
            raise NotFound(f"there is no alert {alert_id}")
        raise Conflict(f"alert {alert_id} is {status} already")
    connection.execute(SQL["tell"], {"id": alert_id, "change": "acknowledged"})
