"""Try a rule on history before it is switched on, and look every week whether it still raises what it was tried at."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import structlog
from scipy.stats import nbinom
from sqlalchemy import Connection, Engine

from alerts.detectors import Passed
from alerts.history import SQL as HISTORY_SQL
from alerts.replay import replay
from alerts.rule_store import rules_in_force
from alerts.rules import CountingRule, RiskRule, Rule, check_rule
from alerts.trial_score import HORIZON, Grave, score
from gis.database.connection import Database
from gis.database.statements import load_statements
from gis.district import District, select_district
from gis.errors import BadInput, FengqiaoError, NotFound
from gis.texts import spoken
from layers.measures import SENSITIVE_SUBCATEGORIES

SQL = load_statements("alerts", "trial")
logger = structlog.get_logger("fengqiao.trial")

#: a trial looks at most so far back [days]
LONGEST_DAYS = 400
#: how often it is told how far a trial has come [s]
PROGRESS_EVERY_S = 1.0
#: the weekly check compares the last week with so many weeks before it
BAND_WEEKS = 26
#: the share of weeks a rule that goes on as before stays within its band
BAND_SHARE = 0.99


def ask_trial(
    connection: Connection,
    rule: Rule,
    *,
    subdistrict_code: str,
    first: date,
    last: date,
    by: str,
    now: datetime,
    purpose: str = "trial",
) -> int:
    """Have a rule tried on a period; returns the id of the trial, which runs within seconds.

    Raises
    ------
    BadInput
        If the period is empty, too long, or not over yet, or the rule is a risk rule.
    """
    if isinstance(rule, RiskRule):
        raise BadInput("a risk rule is judged by the back-test of the score, on the page of risk points")
    if not first <= last:
        raise BadInput("the period ends on {last}, before it begins on {first}", last=last, first=first)
    if (last - first).days >= LONGEST_DAYS:
        raise BadInput(
            "the period has {days} days; a trial takes up to {most}",
            days=(last - first).days + 1,
            most=LONGEST_DAYS,
        )
    if last >= now.astimezone(UTC).date() + timedelta(days=1):
        raise BadInput("the period ends on {last}, which is not over yet", last=last)
    asked = {"subdistrict_code": subdistrict_code, "rule": rule.id, "purpose": purpose, "now": now, "by": by}
    body = json.dumps(rule.model_dump(mode="json"), ensure_ascii=False)
    row = connection.execute(SQL["ask_trial"], asked | {"body": body, "first_day": first, "last_day": last}).one()
    return int(row.id)


def run_waiting(engine: Engine, district: District) -> int:
    """Run every trial that waits, one transaction each; returns how many. What another process runs is left to it."""
    with engine.connect() as connection:
        waiting = connection.execute(SQL["waiting_trials"], {"subdistrict_code": district.code}).all()
    return sum(run_trial(engine, district, row.id) for row in waiting)


def run_trial(engine: Engine, district: District, trial_id: int) -> bool:
    """Run one trial; False when another process runs it or has."""
    with engine.begin() as connection:
        asked = {"id": trial_id}
        # the lock before the row: what another process has just finished is seen to be
        if not connection.scalar(SQL["claim_trial"], asked):
            return False
        row = connection.execute(SQL["claimed_trial"], asked).one_or_none()
        if row is None:
            return False
        result, fault = None, None
        try:
            result = tried_on(
                connection,
                check_rule(row.body),
                district,
                first=row.first_day,
                last=row.last_day,
                passed=Progress(engine, trial_id, first=row.first_day, last=row.last_day),
            )
        except FengqiaoError as error:
            fault = spoken(error)
        finish(connection, trial_id, result, fault)
    return True


class Progress:
    """Keeps how far a trial has come where others can see it, in transactions of its own, once a second at most."""

    def __init__(self, engine: Engine, trial_id: int, *, first: date, last: date) -> None:
        self._engine = engine
        self._id = trial_id
        self._first = (first - date(1970, 1, 1)).days
        self._days = (last - first).days + 1
        self._told = time.monotonic()

    def __call__(self, day: int) -> None:
        """Take note that a day [days since 1970-01-01] is come to."""
        if time.monotonic() - self._told < PROGRESS_EVERY_S:
            return
        self._told = time.monotonic()
        share = min(max((day - self._first) / self._days, 0.0), 1.0)
        with self._engine.begin() as connection:
            connection.execute(SQL["pass_on"], {"id": self._id, "progress": share})


def finish(connection: Connection, trial_id: int, result: dict[str, Any] | None, fault: str | None) -> None:
    stored = None if result is None else json.dumps(result, ensure_ascii=False)
    finished = {"id": trial_id, "now": datetime.now(tz=UTC), "result": stored, "fault": fault}
    connection.execute(SQL["finish_trial"], finished)
    connection.execute(SQL["tell_trial"], {"id": trial_id})


def tried_on(
    connection: Connection,
    rule: Rule,
    district: District,
    *,
    first: date,
    last: date,
    graves: Sequence[Grave] | None = None,
    passed: Passed = lambda day: None,
) -> dict[str, Any]:
    """Replay a rule on a period and compare its alerts with what turned out grave (on file, unless `graves` says)."""
    alerts = replay(connection, rule, district, first=first, last=last, passed=passed)
    if graves is None:
        graves = select_graves(connection, rule, district, first=first, last=last)
    asked = {"subdistrict_code": district.code}
    homes = {row.unit_code: row.community_code for row in connection.execute(HISTORY_SQL["homes_of_units"], asked)}
    newest = connection.scalar(HISTORY_SQL["known_until"], asked)
    return score(
        alerts,
        graves,
        first=first,
        last=last,
        zone=district.zone,
        homes=homes,
        known_until=newest or datetime.now(tz=UTC),
    )


def select_graves(connection: Connection, rule: Rule, district: District, *, first: date, last: date) -> list[Grave]:
    """What turned out grave among the records a rule counts, up to a horizon after the period."""
    if not isinstance(rule, CountingRule):
        return []
    where = rule.where
    asked = {
        "subdistrict_code": district.code,
        "since": datetime.combine(first, datetime.min.time(), tzinfo=district.zone),
        "until": datetime.combine(last + timedelta(days=1), datetime.min.time(), tzinfo=district.zone) + HORIZON,
        "sensitive": list(SENSITIVE_SUBCATEGORIES),
        "category": list(where.category),
        "subcategory": list(where.subcategory),
        "topic": list(where.topic),
        "item_code": list(where.item_code),
    }
    return [
        Grave(
            at=row.at,
            cells=frozenset() if row.cell is None else frozenset({row.cell}),
            compound=None if row.compound is None else str(row.compound),
            community=row.community,
        )
        for row in connection.execute(HISTORY_SQL["escalated"], asked)
    ]


def trial(connection: Connection, trial_id: int) -> dict[str, Any]:
    """One trial with what came of it; raises NotFound."""
    row = connection.execute(SQL["trial"], {"id": trial_id}).mappings().one_or_none()
    if row is None:
        raise NotFound("there is no trial {trial_id}", trial_id=trial_id)
    return dict(row)


def trials_of(connection: Connection, rule_id: str, *, subdistrict_code: str) -> list[dict[str, Any]]:
    """The trials of a rule, newest first."""
    asked = {"subdistrict_code": subdistrict_code, "rule": rule_id}
    return [dict(row) for row in connection.execute(SQL["trials_of"], asked).mappings()]


@dataclass(frozen=True)
class Band:
    """How many alerts a week may bring when a rule goes on as in its trial [alerts per week]."""

    low: int
    high: int
    mean: float

    @classmethod
    def of(cls, alerts: int, weeks: float) -> "Band":
        """The central interval of the next week's count: Poisson with an uncertain rate (gamma, Jeffreys), so a
        negative binomial of size alerts + 1/2 and mean (alerts + 1/2) / weeks."""
        size = alerts + 0.5
        share = weeks / (weeks + 1)
        low, high = (nbinom.ppf(level, size, share) for level in ((1 - BAND_SHARE) / 2, (1 + BAND_SHARE) / 2))
        return cls(low=int(low), high=int(high), mean=round(alerts / weeks, 2))

    def holds(self, alerts: int) -> bool:
        """Whether a week's alerts stay within."""
        return self.low <= alerts <= self.high


def check_drift(database: Database, *, now: datetime) -> list[str]:
    """Look whether last week's alerts of each rule in force stay in the band of the weeks before; for the weekly job.

    Returns
    -------
    drifted
        Ids of the rules that left their band. Each check is kept as a trial of the purpose `drift`, and what left its
        band becomes a finding of the judge.
    """
    with database.owner.connect() as connection:
        try:
            district = select_district(connection)
        except NotFound:
            return []
        rules = rules_in_force(connection, subdistrict_code=district.code)
    drifted = []
    last = now.astimezone(district.zone).date() - timedelta(days=1)
    for rule in rules.rules:
        if not isinstance(rule, CountingRule):
            continue
        with database.owner.begin() as connection:
            trial_id = ask_trial(
                connection,
                rule,
                subdistrict_code=district.code,
                first=last - timedelta(days=6),
                last=last,
                by="fengqiao",
                now=now,
                purpose="drift",
            )
            result = drift_of(connection, rule, district, last=last)
            finish(connection, trial_id, result, None)
        if result["outside"]:
            drifted.append(rule.id)
    logger.info("drift_checked", drifted=drifted)
    return drifted


def drift_of(connection: Connection, rule: Rule, district: District, *, last: date) -> dict[str, Any]:
    """Compare the week that ends with `last` with the weeks before it."""
    first = last - timedelta(days=7 * (BAND_WEEKS + 1) - 1)
    alerts = replay(connection, rule, district, first=first, last=last)
    week_from = datetime.combine(last - timedelta(days=6), datetime.min.time(), tzinfo=district.zone)
    recent = sum(alert.raised_at > week_from for alert in alerts)
    band = Band.of(len(alerts) - recent, BAND_WEEKS)
    return {
        "alerts": recent,
        "low": band.low,
        "high": band.high,
        "mean": band.mean,
        "outside": not band.holds(recent),
        "weeks": BAND_WEEKS,
    }
