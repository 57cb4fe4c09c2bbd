"""Run the slower detectors over the live records; what they find waits for the judge.

They take seconds, so they do not run at every change but every ten minutes and after a load. `alerts.judge` takes what
they found last until it is too old to hold.
"""

import json
from datetime import date, datetime, timedelta, tzinfo

import structlog
from sqlalchemy import Connection, Engine

from alerts.detectors import HISTORY_DAYS, Detection, detections
from alerts.history import local_day, select_history
from alerts.judge import Finding, finding_to
from alerts.rules import DETECTED, ClusterRule, ForecastRule, Rules
from gis.database.statements import load_statements
from gis.district import District

SQL = load_statements("alerts", "detection")
logger = structlog.get_logger("fengqiao.detection")


def detect(engine: Engine, rules: Rules, district: District, *, now: datetime) -> dict[str, int]:
    """Run every slower rule once and keep what it found; returns the number of findings by rule.

    One transaction. Does nothing (and returns nothing) while another process detects.
    """
    asked = {"subdistrict_code": district.code}
    wanted = [rule for rule in rules.rules if isinstance(rule, DETECTED)]
    counts: dict[str, int] = {}
    with engine.begin() as connection:
        if not connection.scalar(SQL["lock_detecting"], asked):
            return counts
        share = share_of_day(connection, district, now=now)
        for rule in wanted:
            found = findings_now(connection, rule, district, now=now, share_of_last_day=share)
            stored = json.dumps([finding_to(finding) for finding in found], ensure_ascii=False)
            connection.execute(SQL["store_detection"], asked | {"rule": rule.id, "now": now, "findings": stored})
            counts[rule.id] = len(found)
        connection.execute(SQL["forget_detections"], asked | {"rules": [rule.id for rule in wanted]})
    logger.info("detected", **counts)
    return counts


def findings_now(
    connection: Connection,
    rule: ForecastRule | ClusterRule,
    district: District,
    *,
    now: datetime,
    share_of_last_day: float,
) -> list[Finding]:
    """What one slower rule finds now."""
    today = local_day(now, district.zone)
    history = select_history(
        connection,
        rule,
        subdistrict_code=district.code,
        zone=district.zone,
        since=now - timedelta(days=HISTORY_DAYS),
        until=now,
    )
    found = detections(rule, history, first_day=today, last_day=today, share_of_last_day=share_of_last_day)
    return [finding_of(rule, one, zone=district.zone, until=now) for one in found]


def finding_of(rule: ForecastRule | ClusterRule, found: Detection, *, zone: tzinfo, until: datetime) -> Finding:
    """A detection as the judge takes it: its days become moments."""
    assert found.level is not None
    return Finding(
        rule=rule.id,
        unit_kind=found.unit_kind,
        unit_code=found.unit_code,
        level=found.level,
        observed=float(found.observed),
        expected=found.expected,
        expected_low=found.low,
        expected_high=found.high,
        method=found.method,
        window_from=start_of(found.first_day, zone),
        window_to=until,
        member_ids=found.member_ids,
        members=rule.counts,
        reasons=found.reasons,
        cells=found.cells,
        recurrence_days=found.recurrence_days,
    )


def start_of(day: int, zone: tzinfo) -> datetime:
    """The midnight that begins a local day [days since 1970-01-01]."""
    return datetime.combine(date(1970, 1, 1) + timedelta(days=day), datetime.min.time(), tzinfo=zone)


def share_of_day(connection: Connection, district: District, *, now: datetime) -> float:
    """What share of a day's incidents usually has come by this time of day (0, 1]; 1 where nobody knows."""
    asked = {"subdistrict_code": district.code, "timezone": str(district.zone), "now": now}
    return max(float(connection.scalar(SQL["share_of_day"], asked) or 1.0), 0.01)
