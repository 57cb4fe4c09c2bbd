"""Rules judged afterwards over loaded history (回算): what would have been raised, day by day, before anybody judged.

Alerts that reports show for the months before the installation. Only rules that count what happened in a day and
compare it with the same weekday of the eight weeks before are judged so; a rule is tried hour by hour, whatever its
kind, by `alerts.replay`. One query per rule counts every day; the rest happens in memory with the same cases and levels
as at their time. Nothing is sent, and every alert made here is marked.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, text

from alerts.cases import Case, cases_of, match_standing
from alerts.describing import Ground, describe
from alerts.grading import Grading, grade, shipped_level_rule
from alerts.judge import UNITS, WEEKS, Finding, expected_interval
from alerts.life import SQL as LIFE_SQL
from alerts.life import kind_of, measured
from alerts.response import shipped_response
from alerts.rules import CountRule, Rules
from gis.database.statements import load_statements

SQL = load_statements("alerts", "past")

#: window of the rules that can be judged day by day [h]
DAY_H = 24


@dataclass
class Past:
    """An alert of the past while its days are gone through."""

    case: Case
    raised_on: date
    held_on: date
    #: (day, change, case): raised, level, grown
    steps: list[tuple[date, str, Case]] = field(default_factory=list)

    def as_row(self, key: int) -> dict[str, Any]:
        """What matching asks of a standing alert."""
        lead = self.case.lead
        return {
            "id": key,
            "rule": lead.rule,
            "method": lead.method,
            "unit_kind": lead.unit_kind,
            "fingerprint": self.case.fingerprint,
            "cells": self.case.cells,
        }


def keep_past_once(engine: Engine, rules: Rules, *, subdistrict_code: str, zone: ZoneInfo, now: datetime) -> int:
    """Keep the past when that was never done; returns how many alerts were kept."""
    with engine.begin() as connection:
        connection.execute(LIFE_SQL["lock_judging"], {"subdistrict_code": subdistrict_code})
        if connection.scalar(SQL["any_replayed"], {"subdistrict_code": subdistrict_code}):
            return 0
        return keep_past(connection, rules, subdistrict_code=subdistrict_code, zone=zone, now=now)


def keep_past(connection: Connection, rules: Rules, *, subdistrict_code: str, zone: ZoneInfo, now: datetime) -> int:
    """Judge every past day until the first that was judged at its time, in place of what was kept of it before.

    Returns
    -------
    kept
        How many alerts of the past there are now.
    """
    asked = {"subdistrict_code": subdistrict_code}
    for statement in ("forget_events", "forget_alerts"):
        connection.execute(SQL[statement], asked)
    span = connection.execute(SQL["span"], asked).one()
    if span.opens is None:
        return 0
    first = (span.opens.astimezone(zone)).date() + timedelta(weeks=WEEKS)
    last = min(span.closes or now, now).astimezone(zone).date()
    opens, closes = midnight(first - timedelta(weeks=WEEKS), zone), midnight(last, zone)
    found: dict[date, list[Finding]] = defaultdict(list)
    for rule in rules.rules:
        if isinstance(rule, CountRule) and rule.window_h == DAY_H and not (rule.where.open or rule.where.overdue):
            counts = daily_counts(connection, rule, subdistrict_code=subdistrict_code, zone=zone, span=(opens, closes))
            for day, finding in past_findings(rule, counts, first=first, zone=zone):
                found[day].append(finding)
    past = lives(found, first=first, last=last)
    keep(connection, past, subdistrict_code=subdistrict_code, zone=zone, now=now)
    return len(past)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=zone)


def daily_counts(
    connection: Connection,
    rule: CountRule,
    *,
    subdistrict_code: str,
    zone: ZoneInfo,
    span: tuple[datetime, datetime],
) -> dict[str, dict[date, Mapping[str, Any]]]:
    """Count a rule's records per unit and local day."""
    name = "daily_incidents" if rule.counts == "incident" else "daily_service_requests"
    statement = SQL.source(name).replace("{unit}", UNITS[rule.unit])
    values: dict[str, Any] = {
        "subdistrict_code": subdistrict_code,
        "zone": zone.key,
        "opens": span[0],
        "closes": span[1],
        "least": min(level.at_least for level in rule.levels),
        **rule.where.asked_of(rule.counts),
    }
    counts: dict[str, dict[date, Mapping[str, Any]]] = defaultdict(dict)
    for row in connection.execute(text(statement), values).mappings():
        counts[row["unit_code"]][row["day"]] = dict(row)
    return counts


def past_findings(
    rule: CountRule, counts: Mapping[str, Mapping[date, Mapping[str, Any]]], *, first: date, zone: ZoneInfo
) -> Iterable[tuple[date, Finding]]:
    """Give every finding of a rule with its day: as at the midnight that ends it."""
    name = rule.name.model_dump() if rule.name else {}
    for unit_code, days in counts.items():
        for day, row in days.items():
            if row["member_ids"] is None or day < first:
                continue
            before = (days.get(day - timedelta(weeks=week)) for week in range(1, WEEKS + 1))
            expected = sum(one["observed"] for one in before if one) / WEEKS
            level = rule.level_for(row["observed"], expected)
            if level is None:
                continue
            low, high = expected_interval(max(expected, rule.floor))
            ends = midnight(day + timedelta(days=1), zone)
            yield (
                day,
                Finding(
                    rule=rule.id,
                    unit_kind=rule.unit,
                    unit_code=unit_code,
                    level=level,
                    observed=float(row["observed"]),
                    expected=expected,
                    expected_low=low,
                    expected_high=high,
                    method="threshold",
                    window_from=ends - timedelta(hours=DAY_H),
                    window_to=ends,
                    member_ids=tuple(row["member_ids"]),
                    members=rule.counts,
                    reasons=tuple(Counter(row["kinds"]).most_common(3)),
                    rule_name=name,
                ),
            )


def lives(found: Mapping[date, list[Finding]], *, first: date, last: date) -> list[Past]:
    """Go through the days: what goes on is one alert; what still stands at the end is the living judge's."""
    standing: dict[int, Past] = {}
    over: list[Past] = []
    keys = 0
    for number in range((last - first).days):
        day = first + timedelta(days=number)
        matched = match_standing(cases_of(found.get(day, ())), [one.as_row(key) for key, one in standing.items()])
        going_on: dict[int, Past] = {}
        for one in matched:
            known = standing.get(one.known["id"]) if one.known else None
            if known is None:
                keys += 1
                going_on[keys] = Past(one.case, day, day, [(day, "raised", one.case)])
                continue
            going_on[one.known["id"]] = known  # type: ignore[index]  # known came from it
            go_on(known, one.case, day)
        over.extend(one for key, one in standing.items() if key not in going_on)
        standing = going_on
    return over


def go_on(past: Past, case: Case, day: date) -> None:
    """Carry an alert on into a day; its gravest day stands for it."""
    former = past.steps[-1][2]
    past.held_on = day
    if case.level != former.level:
        past.steps.append((day, "level", case))
    elif set(case.cells) - set(former.cells):
        past.steps.append((day, "grown", case))
    if (case.level, -case.observed) < (past.case.level, -past.case.observed):
        past.case = case


def keep(connection: Connection, past: list[Past], *, subdistrict_code: str, zone: ZoneInfo, now: datetime) -> None:
    """Write the alerts of the past with their steps."""
    if not past:
        return
    grounds = describe(connection, [one.case for one in past], subdistrict_code=subdistrict_code, now=now)
    ids = connection.execute(LIFE_SQL["new_ids"], {"number": len(past)}).scalars().all()
    rule = shipped_level_rule()
    alerts, events = [], []
    for alert_id, one, ground in zip(ids, past, grounds, strict=True):
        exposed = ground.exposed.get("persons")
        grading = grade(one.case, exposed=exposed, rule=rule)
        alerts.append(alert_values(one, ground, grading, zone) | {"id": alert_id, "subdistrict_code": subdistrict_code})
        for day, change, case in one.steps:
            level = grade(case, exposed=exposed, rule=rule).level
            events.append(event_values(alert_id, midnight(day + timedelta(days=1), zone), change, level, case, now))
        cleared = midnight(one.held_on + timedelta(days=2), zone)
        events.append(event_values(alert_id, cleared, "cleared", grading.level, one.case, now, ended_by="gone"))
    connection.execute(SQL["keep_alert"], alerts)
    connection.execute(SQL["keep_event"], events)


def alert_values(one: Past, ground: Ground, grading: Grading, zone: ZoneInfo) -> dict[str, Any]:
    lead = one.case.lead
    return {
        "rule": lead.rule,
        "rule_name": json.dumps(dict(lead.rule_name), ensure_ascii=False),
        "unit_kind": kind_of(one.case),
        "unit_code": lead.unit_code,
        "unit_name": ground.unit_name,
        "community_code": ground.community_code,
        "cells": list(ground.cells),
        "geom": ground.geom,
        "method": lead.method,
        "members": lead.members,
        "exposure": json.dumps(ground.exposure),
        "fingerprint": one.case.fingerprint,
        "holder": shipped_response().first_post(lead.unit_kind),
        "raised_at": midnight(one.raised_on + timedelta(days=1), zone),
        "held_at": midnight(one.held_on + timedelta(days=1), zone),
        # the first midnight at which it no longer held
        "cleared_at": midnight(one.held_on + timedelta(days=2), zone),
        **measured(one.case, grading),
    }


def event_values(
    alert_id: int, at: datetime, change: str, level: int, case: Case, now: datetime, **detail: Any
) -> dict[str, Any]:
    return {
        "alert_id": alert_id,
        "at": at,
        "change": change,
        "level": level,
        "observed": case.observed,
        "cells": list(case.cells) or None,
        "detail": json.dumps({"replayed": True, **detail}),
        "now": now,
    }
