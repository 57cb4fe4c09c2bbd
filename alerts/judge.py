"""Judge what changed: measure each rule's units, and say which condition holds where.

The measuring asks the database once per rule; what follows is pure. The seam for other detectors is `Finding`: whatever
finds something delivers findings, and `alerts.life` gives them their life.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from scipy.special import pdtr, pdtrik
from sqlalchemy import Connection, text

from alerts.rules import (
    ClusterRule,
    CompletenessRule,
    CountRule,
    ForecastRule,
    RateRule,
    RiskRule,
    Rules,
    SilenceRule,
    Where,
)
from gis.database.statements import load_statements
from gis.texts import texts_in

SQL = load_statements("alerts", "judge")

#: the same window of this many earlier weeks gives the expectation
WEEKS = 8

#: what a unit of each kind is in the statements
UNITS = {
    "cell": "lower(to_hex(event.cell_10))",
    "compound": "CAST(event.compound_id AS text)",
    "community": "event.community_code",
}

#: the same for residents, by their building
RESIDENT_UNITS = {
    "cell": "lower(to_hex(fine.parent_10))",
    "compound": "CAST(building.place_id AS text)",
    "community": "resident.community_code",
}
#: what a slower detector found holds for so long; it runs several times within
DETECTION_HOLDS = timedelta(hours=2)


@dataclass(frozen=True)
class Finding:
    """A condition that holds for a unit now."""

    rule: str
    unit_kind: str
    unit_code: str
    level: int
    observed: float
    expected: float | None
    #: 95 % interval of the expected count
    expected_low: float | None
    expected_high: float | None
    method: str
    window_from: datetime
    window_to: datetime
    member_ids: tuple[int, ...] = ()
    members: str | None = None
    #: commonest kinds among the members, (name, count), commonest first
    reasons: tuple[tuple[str, int], ...] = ()
    #: name of the unit when the finder knows it; else it is looked up
    unit_name: str = ""
    #: H3 cells of resolution 10 of an area; other units know their own
    cells: tuple[int, ...] = ()
    #: as strong a finding comes about by chance once in this many days; None = not a matter of chance
    recurrence_days: float | None = None
    #: the rule's name in zh and en; empty = a shipped rule, named in the texts
    rule_name: Mapping[str, str] = field(default_factory=dict)


def findings(connection: Connection, rules: Rules, *, subdistrict_code: str, now: datetime) -> list[Finding]:
    """Judge every rule at `now`; one finding per rule and unit whose condition holds, gravest first.

    What the slower detectors found when they last ran (`alerts.detection`) is among the findings.
    """
    found: list[Finding] = []
    asked = {"subdistrict_code": subdistrict_code, "now": now}
    for rule in rules.rules:
        match rule:
            case CountRule():
                rows = measure(connection, rule, subdistrict_code=subdistrict_code, now=now)
                held = count_findings(rule, rows, now=now)
            case RateRule():
                held = rate_findings(
                    rule,
                    measure(connection, rule, subdistrict_code=subdistrict_code, now=now),
                    denominators(connection, rule, subdistrict_code=subdistrict_code, now=now),
                    now=now,
                )
            case SilenceRule():
                silences = [dict(row) for row in connection.execute(SQL["feed_silences"], asked).mappings()]
                held = silence_findings(rule, silences, now=now)
            case CompletenessRule():
                shares = [dict(row) for row in connection.execute(SQL["feed_completeness"], asked).mappings()]
                held = completeness_findings(rule, shares, now=now)
            case RiskRule():
                points = [dict(row) for row in connection.execute(SQL["risk_points"], asked).mappings()]
                held = risk_findings(rule, points, now=now)
            case _:
                held = detected(connection, rule, subdistrict_code=subdistrict_code, now=now)
        name = rule.name.model_dump() if rule.name else {}
        found.extend(replace(finding, rule_name=name) for finding in held)
    found.extend(drift_findings(map(dict, connection.execute(SQL["drifted"], asked).mappings())))
    return sorted(found, key=lambda finding: (finding.level, finding.rule, finding.unit_kind, finding.unit_code))


def measure(
    connection: Connection,
    rule: CountRule | RateRule,
    *,
    subdistrict_code: str,
    now: datetime,
    where: Where | None = None,
) -> Sequence[Mapping[str, Any]]:
    """Count a rule's records per unit and week (0 = the window that ends now); `where` replaces the rule's own."""
    where = where or rule.where
    # what is open or overdue now says nothing about how much was open eight weeks ago
    weeks = 0 if where.open or where.overdue or isinstance(rule, RateRule) else WEEKS
    statement = SQL.source(f"{rule.counts}_counts").replace("{unit}", UNITS[rule.unit])
    parameters: dict[str, Any] = {
        "subdistrict_code": subdistrict_code,
        "now": now,
        "weeks": weeks,
        "window_h": rule.window_h,
        "open": where.open,
        "overdue": where.overdue,
        **where.asked_of(rule.counts),
    }
    return [dict(row) for row in connection.execute(text(statement), parameters).mappings()]


def denominators(connection: Connection, rule: RateRule, *, subdistrict_code: str, now: datetime) -> dict[str, float]:
    """Who or what could have been counted, per unit: residents on file, or every record of the window."""
    if rule.per == "records":
        rows = measure(connection, rule, subdistrict_code=subdistrict_code, now=now, where=Where())
        return {row["unit_code"]: float(row["observed"]) for row in rows}
    statement = SQL.source("residents_per_unit").replace("{unit}", RESIDENT_UNITS[rule.unit])
    asked = {"subdistrict_code": subdistrict_code}
    return {row.unit_code: float(row.residents) for row in connection.execute(text(statement), asked)}


def count_findings(rule: CountRule, rows: Iterable[Mapping[str, Any]], *, now: datetime) -> list[Finding]:
    """Turn counts per unit and week into findings; weeks without a row count as zero."""
    compared = not (rule.where.open or rule.where.overdue)
    current: dict[str, Mapping[str, Any]] = {}
    earlier: Counter[str] = Counter()
    for row in rows:
        if row["week"] == 0:
            current[row["unit_code"]] = row
        else:
            earlier[row["unit_code"]] += row["observed"]
    found = []
    for unit_code, row in current.items():
        expected = earlier[unit_code] / WEEKS if compared else None
        level = rule.level_for(row["observed"], expected or 0.0)
        if level is None:
            continue
        interval = expected_interval(max(expected, rule.floor)) if expected is not None else None
        found.append(counted_finding(rule, row, level=level, expected=expected, interval=interval, now=now))
    return found


def counted_finding(
    rule: CountRule | RateRule,
    row: Mapping[str, Any],
    *,
    level: int,
    expected: float | None,
    interval: tuple[float, float] | None,
    now: datetime,
) -> Finding:
    """A finding of a rule that counts in a window that ends now."""
    low, high = interval or (None, None)
    return Finding(
        rule=rule.id,
        unit_kind=rule.unit,
        unit_code=row["unit_code"],
        level=level,
        observed=float(row["observed"]),
        expected=expected,
        expected_low=low,
        expected_high=high,
        method=rule.kind,
        window_from=now - timedelta(hours=rule.window_h),
        window_to=now,
        member_ids=tuple(row["member_ids"]),
        members=rule.counts,
        reasons=tuple(Counter(row["kinds"]).most_common(3)),
    )


def rate_findings(
    rule: RateRule, rows: Iterable[Mapping[str, Any]], units: Mapping[str, float], *, now: datetime
) -> list[Finding]:
    """Turn counts and denominators per unit into findings; expected is what the mean rate of all units gives a unit."""
    counted = [row for row in rows if row["week"] == 0]
    everything = sum(units.values())
    overall = sum(row["observed"] for row in counted) / everything if everything else 0.0
    found = []
    for row in counted:
        denominator = units.get(row["unit_code"], 0.0)
        expected = overall * denominator
        level = rule.level_for(row["observed"], denominator, expected)
        if level is not None:
            interval = expected_interval(expected)
            found.append(counted_finding(rule, row, level=level, expected=expected, interval=interval, now=now))
    return found


def risk_findings(rule: RiskRule, points: Iterable[Mapping[str, Any]], *, now: datetime) -> list[Finding]:
    """Turn confirmed risk points into findings: their disputes of the last 30 days against those of the mean place."""
    say = texts_in("zh")
    found = []
    for point in points:
        level = rule.level_for(point["probability"])
        if level is not None and point["unit_kind"] == rule.unit:
            disputes = next(one for one in point["contributions"] if one["name"] == "disputes")
            speaking = [one for one in point["contributions"] if one["points"] > 0][:3]
            found.append(
                Finding(
                    rule=rule.id,
                    unit_kind=point["unit_kind"],
                    unit_code=point["unit_code"],
                    level=level,
                    observed=float(disputes["value"]),
                    expected=float(disputes["mean"]),
                    expected_low=None,
                    expected_high=None,
                    method=f"risk/{point['version']}",
                    window_from=point["window_from"],
                    window_to=now,
                    # a share or a season is no number of records
                    reasons=tuple(
                        (say(f"alerts.factor.{one['name']}"), round(one["value"]))
                        for one in speaking
                        if one["name"] not in ("vacancy", "season", "homes")
                    ),
                )
            )
    return found


def detected(
    connection: Connection, rule: ForecastRule | ClusterRule, *, subdistrict_code: str, now: datetime
) -> list[Finding]:
    """What a slower detector found when it last ran; nothing when that is too long ago to hold."""
    asked = {"subdistrict_code": subdistrict_code, "rule": rule.id, "since": now - DETECTION_HOLDS}
    return [finding_from(stored) for stored in connection.scalar(SQL["detected"], asked) or []]


def drift_findings(rows: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Rules that raised more or fewer alerts last week than the weeks before lead to expect."""
    return [
        Finding(
            rule="rule_drift",
            unit_kind="rule",
            unit_code=row["rule"],
            level=4,
            observed=float(row["result"]["alerts"]),
            expected=row["result"]["mean"],
            expected_low=float(row["result"]["low"]),
            expected_high=float(row["result"]["high"]),
            method="drift",
            window_from=row["finished_at"] - timedelta(days=7),
            window_to=row["finished_at"],
            unit_name=row["rule"],
        )
        for row in rows
        if row["result"] and row["result"].get("outside")
    ]


def finding_to(finding: Finding) -> dict[str, Any]:
    """A finding as JSON; `finding_from` reads it back."""
    return asdict(finding) | {
        "window_from": finding.window_from.isoformat(),
        "window_to": finding.window_to.isoformat(),
    }


def finding_from(stored: Mapping[str, Any]) -> Finding:
    return Finding(
        **{
            **stored,
            "window_from": datetime.fromisoformat(stored["window_from"]),
            "window_to": datetime.fromisoformat(stored["window_to"]),
            "member_ids": tuple(stored["member_ids"]),
            "cells": tuple(stored["cells"]),
            "reasons": tuple((name, count) for name, count in stored["reasons"]),
        }
    )


def expected_interval(mean: float, share: float = 0.95) -> tuple[float, float]:
    """The central interval that holds a Poisson count of `mean` with probability `share` [count]."""
    return poisson_quantile((1 - share) / 2, mean), poisson_quantile((1 + share) / 2, mean)


def poisson_quantile(probability: float, mean: float) -> float:
    """The least count k with P(X <= k) >= `probability` (scipy.stats does the same and costs a second to import)."""
    above = math.ceil(pdtrik(probability, mean))
    below = max(above - 1, 0)
    return float(below if pdtr(below, mean) >= probability else above)


def completeness_findings(rule: CompletenessRule, rows: Iterable[Mapping[str, Any]], *, now: datetime) -> list[Finding]:
    """Turn feeds' completeness, as measured last, into findings: what is there, and what should be."""
    found = []
    for row in rows:
        if (rule.feeds and row["unit_code"] not in rule.feeds) or row["read"] < rule.at_least_rows:
            continue
        level = rule.level_for(row["completeness"])
        if level is not None:
            found.append(
                Finding(
                    rule=rule.id,
                    unit_kind="feed",
                    unit_code=row["unit_code"],
                    unit_name=row["title"],
                    level=level,
                    observed=float(row["completeness"]),
                    expected=rule.bound_of(level),
                    expected_low=None,
                    expected_high=None,
                    method="completeness",
                    window_from=row["measured_at"] - timedelta(days=30),
                    window_to=now,
                )
            )
    return found


def silence_findings(rule: SilenceRule, rows: Iterable[Mapping[str, Any]], *, now: datetime) -> list[Finding]:
    """Turn feeds' silences into findings."""
    found = []
    for row in rows:
        if rule.feeds and row["unit_code"] not in rule.feeds:
            continue
        level = rule.level_for(float(row["silent_s"]), row["expected_every_s"])
        if level is not None:
            found.append(
                Finding(
                    rule=rule.id,
                    unit_kind="feed",
                    unit_code=row["unit_code"],
                    unit_name=row["title"],
                    level=level,
                    observed=float(row["silent_s"]),
                    expected=float(row["expected_every_s"]),
                    expected_low=None,
                    expected_high=None,
                    method="silence",
                    window_from=row["newest_event_at"],
                    window_to=now,
                )
            )
    return found
