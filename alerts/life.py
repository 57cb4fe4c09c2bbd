"""The life of an alert as judgements give it: raised, graver or milder, grown, updated, explained, merged, cleared.

Every step leaves an event and is told. What people do with alerts is in `alerts.acting`, what time alone does in
`alerts.tending`, who is told in `alerts.notify`.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count, product
from string import ascii_uppercase
from typing import Any

from sqlalchemy import Connection, Engine

from alerts.cases import CELL_UNITS, Case, Matched, cases_of, match_standing
from alerts.describing import Ground, describe
from alerts.grading import Grading, LevelRule, grade, shipped_level_rule
from alerts.inhibition import explained
from alerts.judge import Finding, findings
from alerts.response import Response, shipped_response
from alerts.rules import Rules
from gis.database.statements import load_statements

SQL = load_statements("alerts", "life")

#: past so many changes in one judgement the channel is told once
MANY_CHANGES = 200


@dataclass(frozen=True)
class Change:
    """One step in an alert's life."""

    alert_id: int
    #: raised, level, grown, updated, inhibited, released or cleared
    change: str


@dataclass
class Steps:
    """What one judgement writes, gathered so that a storm takes a few statements and not ten thousand."""

    subdistrict_code: str
    now: datetime
    response: Response
    raised: list[dict[str, Any]] = field(default_factory=list)
    updated: list[dict[str, Any]] = field(default_factory=list)
    ended: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def note(
        self,
        alert_id: int,
        change: str,
        *,
        level: int,
        observed: float,
        cells: Sequence[int] | None = None,
        **detail: Any,
    ) -> None:
        """Add an event."""
        self.changes.append(Change(alert_id, change))
        self.events.append(
            {
                "alert_id": alert_id,
                "now": self.now,
                "change": change,
                "level": level,
                "observed": observed,
                "actor": "judge",
                "note": "",
                "cells": None if cells is None else list(cells),
                "detail": json.dumps(detail, ensure_ascii=False),
            }
        )

    def end(self, row: Mapping[str, Any], ended_by: str, *, merged_into: int | None = None) -> None:
        """End a standing alert."""
        self.ended.append({"id": row["id"], "now": self.now, "ended_by": ended_by, "merged_into": merged_into})
        self.note(
            row["id"],
            "cleared",
            level=row["level"],
            observed=row["observed"],
            ended_by=ended_by,
            merged_into=merged_into,
        )


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
    level_rule: LevelRule | None = None,
    response: Response | None = None,
) -> list[Change]:
    """Raise what is new, update what stands, merge what has grown together, clear what no longer holds.

    Parameters
    ----------
    found
        Every finding of this judgement; a standing alert that is not among them is on its way out.
    clear_after
        How long a rule's condition must have been gone before its alert is cleared; a rule not named clears at once.
    """
    level_rule = level_rule or shipped_level_rule()
    steps = Steps(subdistrict_code, now, response or shipped_response())
    standing = standing_alerts(connection, subdistrict_code=subdistrict_code)
    matched = match_standing(cases_of(found), standing)
    carried = carry_on(connection, matched, steps, level_rule)
    for row in standing:
        if row["id"] not in carried and now - row["held_at"] >= clear_after.get(row["rule"], timedelta(0)):
            steps.end(row, "gone")
    write(connection, steps)
    explain(connection, steps)
    return steps.changes


def carry_on(connection: Connection, matched: Sequence[Matched], steps: Steps, level_rule: LevelRule) -> set[int]:
    """Raise and update; returns the ids of standing alerts that are taken care of."""
    # where a known alert's ground has not changed, nothing is looked up again
    anew = [one for one in matched if one.known is None or ground_changed(one)]
    described = describe(connection, [one.case for one in anew], subdistrict_code=steps.subdistrict_code, now=steps.now)
    grounds = {id(one): ground for one, ground in zip(anew, described, strict=True)}
    new = [one for one in matched if one.known is None]
    ids = iter(connection.execute(SQL["new_ids"], {"number": len(new)}).scalars().all() if new else [])
    letters = free_letters(
        connection.execute(SQL["taken_letters"], {"subdistrict_code": steps.subdistrict_code}).scalars()
    )
    carried: set[int] = set()
    for one in matched:
        ground = grounds.get(id(one))
        if one.known is None:
            assert ground is not None
            alert_id = next(ids)
            grading = grade(one.case, exposed=ground.exposed.get("persons"), rule=level_rule)
            add_raised(steps, one.case, ground, grading, alert_id=alert_id, letter=next(letters))
        else:
            alert_id = one.known["id"]
            carried.add(alert_id)
            exposed = ground.exposed.get("persons") if ground else one.known["grading"].get("exposed")
            grading = grade(one.case, exposed=exposed, rule=level_rule)
            add_update(steps, one.case, one.known, ground, grading)
        for row in one.absorbed:
            carried.add(row["id"])
            steps.end(row, "merged", merged_into=alert_id)
    return carried


def ground_changed(one: Matched) -> bool:
    """Whether a standing alert's cells are no longer the case's; other units keep their ground."""
    assert one.known is not None
    return bool(one.case.cells) and (list(one.case.cells) != sorted(one.known["cells"]) or moved(one.case, one.known))


def add_raised(steps: Steps, case: Case, ground: Ground, grading: Grading, *, alert_id: int, letter: str) -> None:
    """Add a new alert."""
    steps.raised.append(
        {
            "id": alert_id,
            "subdistrict_code": steps.subdistrict_code,
            "rule": case.lead.rule,
            "unit_kind": kind_of(case),
            "unit_code": case.lead.unit_code,
            "unit_name": ground.unit_name,
            "letter": letter,
            "method": case.lead.method,
            "members": case.lead.members,
            "rule_name": json.dumps(dict(case.lead.rule_name), ensure_ascii=False),
            "community_code": ground.community_code,
            "cells": list(ground.cells),
            "geom": ground.geom,
            "exposure": json.dumps(ground.exposure),
            "fingerprint": case.fingerprint,
            "holder": steps.response.first_post(case.lead.unit_kind),
            "now": steps.now,
            **measured(case, grading),
        }
    )
    steps.note(
        alert_id,
        "raised",
        level=grading.level,
        observed=case.observed,
        cells=ground.cells,
        new=len(case.member_ids),
        found=grading.found,
        step=grading.step,
    )


def kind_of(case: Case) -> str:
    """A shape of several cells is an area; a single one a cell."""
    return "area" if case.lead.unit_kind == "cell" and len(case.cells) > 1 else case.lead.unit_kind


def add_update(steps: Steps, case: Case, known: Mapping[str, Any], ground: Ground | None, grading: Grading) -> None:
    """Add what a standing alert is now; it is reported again only for a new level, new cells or a new case."""
    new_members = sorted(set(case.member_ids) - set(known["member_ids"]))
    new_cells = sorted(set(ground.cells) - set(known["cells"])) if ground else []
    identity = {name: known[name] for name in ("unit_code", "unit_name", "community_code", "fingerprint")}
    if ground and moved(case, known):
        identity = {
            "unit_code": case.lead.unit_code,
            "unit_name": ground.unit_name,
            "community_code": ground.community_code,
            "fingerprint": case.fingerprint,
        }
    detail: dict[str, Any] = {"new": len(new_members)} if new_members else {}
    if new_cells:
        detail["new_cells"] = len(new_cells)
    change = ""
    if grading.level != known["level"]:
        change = "level"
        detail |= {"from": known["level"], "found": grading.found, "step": grading.step}
    elif new_cells:
        change = "grown"
    elif new_members:
        change = "updated"
    steps.updated.append(
        {
            "id": known["id"],
            "now": steps.now,
            "changed": bool(change) or case.observed != known["observed"] or ground is not None,
            "unit_kind": kind_of(case) if case.cells else known["unit_kind"],
            "cells": list(ground.cells) if ground else known["cells"],
            "geom": ground.geom if ground else None,
            "exposure": json.dumps(ground.exposure if ground else known["exposure"]),
            **identity,
            **measured(case, grading),
        }
    )
    if change:
        # of a shape always: it may have shrunk since its last step without one of its own
        cells = ground.cells if ground else known["cells"] if case.cells else None
        steps.note(known["id"], change, level=grading.level, observed=case.observed, cells=cells, **detail)


def moved(case: Case, known: Mapping[str, Any]) -> bool:
    """Whether a shape has left the cell it was called by: it takes the name of where it is now.

    So the cell an alert is called by is always one of its own, and no two shapes of one cause have the same identity,
    also when one falls apart.
    """
    return known["unit_kind"] in CELL_UNITS and int(known["unit_code"], 16) not in case.cells


def measured(case: Case, grading: Grading) -> dict[str, Any]:
    """The columns that every judgement brings anew."""
    return {
        "level": grading.level,
        "grading": json.dumps(grading.as_json()),
        "observed": case.observed,
        "expected": case.expected,
        "expected_low": case.expected_low,
        "expected_high": case.expected_high,
        "window_from": case.window_from,
        "window_to": case.window_to,
        "recurrence_days": case.lead.recurrence_days,
        "member_ids": list(case.member_ids),
        "reasons": json.dumps([{"name": name, "count": number} for name, number in case.reasons], ensure_ascii=False),
    }


def write(connection: Connection, steps: Steps) -> None:
    """Write what was gathered: raised last, since it may take an identity that others end with or leave; then tell."""
    for statement, rows in (
        ("end_alert", steps.ended),
        ("update_alert", steps.updated),
        ("raise_alert", steps.raised),
        ("note_event", steps.events),
    ):
        if rows:
            connection.execute(SQL[statement], rows)
    tell(connection, steps.changes)


def explain(connection: Connection, steps: Steps) -> None:
    """See which standing alerts a larger one explains now, and which no longer."""
    standing = standing_alerts(connection, subdistrict_code=steps.subdistrict_code)
    causes = explained(standing, steps.response.inhibit)
    told = Steps(steps.subdistrict_code, steps.now, steps.response)
    for row in standing:
        cause = causes.get(row["id"])
        if (cause[0] if cause else None) == row["inhibited_by"]:
            continue
        connection.execute(
            SQL["explain_alert"], {"id": row["id"], "inhibited_by": cause[0] if cause else None, "now": steps.now}
        )
        if cause:
            told.note(row["id"], "inhibited", level=row["level"], observed=row["observed"], by=cause[0], why=cause[1])
        else:
            told.note(row["id"], "released", level=row["level"], observed=row["observed"], by=row["inhibited_by"])
    if told.events:
        connection.execute(SQL["note_event"], told.events)
        tell(connection, told.changes)
        steps.changes.extend(told.changes)


def tell(connection: Connection, changes: Sequence[Change]) -> None:
    """Tell the channel; past `MANY_CHANGES` once for all."""
    if len(changes) > MANY_CHANGES:
        connection.execute(SQL["tell_many"])
        return
    for change in changes:
        connection.execute(SQL["tell"], {"id": change.alert_id, "change": change.change})


def free_letters(taken: Iterable[str]) -> Iterator[str]:
    """Letters (A … Z, AA …) that no standing alert carries, in order, without end."""
    used = set(taken)
    for length in count(1):
        for letters in product(ascii_uppercase, repeat=length):
            if (letter := "".join(letters)) not in used:
                yield letter


def standing_alerts(connection: Connection, *, subdistrict_code: str) -> list[Mapping[str, Any]]:
    """Alerts that are not cleared, gravest first, then oldest; `shape` is GeoJSON."""
    rows = connection.execute(SQL["standing_alerts"], {"subdistrict_code": subdistrict_code}).mappings()
    return [dict(row) for row in rows]


def alert_events(connection: Connection, alert_id: int) -> list[Mapping[str, Any]]:
    """What happened to an alert, real or of a drill, oldest first."""
    return [dict(row) for row in connection.execute(SQL["alert_events"], {"id": alert_id}).mappings()]


def recent_alerts(
    connection: Connection, *, subdistrict_code: str, since: datetime, alert_id: int | None = None
) -> list[dict[str, Any]]:
    """Alerts that stand or were raised after `since`, drills' and replayed ones among them; or only one of them."""
    asked = {"subdistrict_code": subdistrict_code, "since": since, "id": alert_id}
    return [dict(row) for row in connection.execute(SQL["recent_alerts"], asked).mappings()]
