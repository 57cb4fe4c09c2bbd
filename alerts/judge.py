"""Judge what changed: measure each rule's units, and say which condition holds where.

The measuring asks the database once per rule; what follows is pure. The seam for other detectors is `Finding`: whatever
finds something delivers findings, and `alerts.life` gives them their life.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from scipy.special import pdtr, pdtrik
from sqlalchemy import Connection, text

from alerts.rules import CountRule, Rules, SilenceRule
from gis.database.statements import load_statements

SQL = load_statements("alerts", "judge")

#: the same window of this many earlier weeks gives the expectation
WEEKS = 8

#: what a unit of each kind is in the statements
UNITS = {
    "cell": "lower(to_hex(fine.parent_10))",
    "compound": "CAST(compound.id AS text)",
    "community": "event.community_code",
}


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
    """Judge every rule at `now`; one finding per rule and unit whose condition holds, gravest first."""
    found: list[Finding] = []
    for rule in rules.rules:
        rows = measure(connection, rule, subdistrict_code=subdistrict_code, now=now)
        found.extend(count_findings(rule, rows, now=now))
    asked = {"subdistrict_code": subdistrict_code, "now": now}
    silences = [dict(row) for row in connection.execute(SQL["feed_silences"], asked).mappings()]
    for silence_rule in rules.no_data:
        found.extend(silence_findings(silence_rule, silences, now=now))
    return sorted(found, key=lambda finding: (finding.level, finding.rule, finding.unit_kind, finding.unit_code))


def measure(
    connection: Connection, rule: CountRule, *, subdistrict_code: str, now: datetime
) -> Sequence[Mapping[str, Any]]:
    """Count a rule's records per unit and week (0 = the window that ends now)."""
    where = rule.where
    # what is open or overdue now says nothing about how much was open eight weeks ago
    weeks = 0 if where.open or where.overdue else WEEKS
    statement = SQL.source(f"{rule.counts}_counts").replace("{unit}", UNITS[rule.unit])
    parameters: dict[str, Any] = {
        "subdistrict_code": subdistrict_code,
        "now": now,
        "weeks": weeks,
        "window_h": rule.window_h,
        "open": where.open,
        "overdue": where.overdue,
    }
    if rule.counts == "incident":
        parameters |= {"category": list(where.category), "grade": list(where.grade)}
    else:
        parameters |= {"item_code": list(where.item_code)}
    return [dict(row) for row in connection.execute(text(statement), parameters).mappings()]


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
        low, high = expected_interval(max(expected, rule.floor)) if expected is not None else (None, None)
        found.append(
            Finding(
                rule=rule.id,
                unit_kind=rule.unit,
                unit_code=unit_code,
                level=level,
                observed=float(row["observed"]),
                expected=expected,
                expected_low=None if low is None else float(low),
                expected_high=None if high is None else float(high),
                method="threshold",
                window_from=now - timedelta(hours=rule.window_h),
                window_to=now,
                member_ids=tuple(row["member_ids"]),
                members=rule.counts,
                reasons=tuple(Counter(row["kinds"]).most_common(3)),
            )
        )
    return found


def expected_interval(mean: float, share: float = 0.95) -> tuple[float, float]:
    """The central interval that holds a Poisson count of `mean` with probability `share` [count]."""
    return poisson_quantile((1 - share) / 2, mean), poisson_quantile((1 + share) / 2, mean)


def poisson_quantile(probability: float, mean: float) -> float:
    """The least count k with P(X <= k) >= `probability` (scipy.stats does the same and costs a second to import)."""
    above = math.ceil(pdtrik(probability, mean))
    below = max(above - 1, 0)
    return float(below if pdtr(below, mean) >= probability else above)


def silence_findings(rule: SilenceRule, rows: Iterable[Mapping[str, Any]], *, now: datetime) -> list[Finding]:
    """Turn feeds' silences into findings."""
    found = []
    for row in rows:
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
