"""The life of alerts over a real database: raised once, updated, acknowledged, cleared, never doubled."""

import json
import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import text

from alerts.judge import Finding
from alerts.life import acknowledge, alert_events, carry, free_letter, judge, standing_alerts, tellable
from alerts.rules import CountLevel, CountRule, Rules, Where
from gis.errors import Conflict, NotFound

pytestmark = pytest.mark.database

CODE = "999999002"
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
QUIET = {"surge": timedelta(hours=6)}


def finding(level=4, observed=5.0, unit="c1"):
    return Finding(
        rule="surge",
        unit_kind="feed",
        unit_code=unit,
        unit_name="试",
        level=level,
        observed=observed,
        expected=1.0,
        expected_low=0.0,
        expected_high=3.0,
        method="threshold",
        window_from=NOW - timedelta(hours=24),
        window_to=NOW,
    )


@pytest.fixture
def connection(database):
    """A transaction that is rolled back."""
    with database.owner.connect() as connection:
        yield connection
        connection.rollback()


def carried(connection, found, now=NOW):
    return [change.change for change in carry(connection, found, clear_after=QUIET, subdistrict_code=CODE, now=now)]


def test_an_alert_is_raised_once_updated_and_cleared_after_its_quiet_time(connection):
    assert carried(connection, [finding()]) == ["raised"]
    assert carried(connection, [finding()], NOW + timedelta(minutes=1)) == []
    assert carried(connection, [finding(observed=7.0)], NOW + timedelta(minutes=2)) == ["updated"]
    assert carried(connection, [finding(level=2, observed=9.0)], NOW + timedelta(minutes=3)) == ["level"]
    assert carried(connection, [], NOW + timedelta(hours=6)) == []
    assert carried(connection, [], NOW + timedelta(hours=6, minutes=4)) == ["cleared"]

    assert standing_alerts(connection, subdistrict_code=CODE) == []
    alert_id = connection.scalar(text("SELECT id FROM alerting.alert WHERE subdistrict_code = :code"), {"code": CODE})
    assert [event["change"] for event in alert_events(connection, alert_id)] == [
        "raised",
        "updated",
        "level",
        "cleared",
    ]


def test_an_acknowledged_alert_asks_again_when_it_becomes_graver(connection):
    carried(connection, [finding()])
    alert_id = standing_alerts(connection, subdistrict_code=CODE)[0]["id"]

    acknowledge(connection, alert_id, post="值班长", note="已派人", now=NOW)
    assert standing_alerts(connection, subdistrict_code=CODE)[0]["status"] == "acknowledged"
    with pytest.raises(Conflict, match="acknowledged already"):
        acknowledge(connection, alert_id, post="值班长", note="", now=NOW)

    carried(connection, [finding(level=2, observed=9.0)], NOW + timedelta(minutes=1))
    assert standing_alerts(connection, subdistrict_code=CODE)[0]["status"] == "open"


def test_acknowledging_what_does_not_exist_is_said(connection):
    with pytest.raises(NotFound, match="no alert 0"):
        acknowledge(connection, 0, post="值班长", note="", now=NOW)


def test_letters_are_those_free_and_worst_comes_first(connection):
    carried(connection, [finding(unit="c1"), finding(unit="c2", level=1), finding(unit="c3", level=3)])

    standing = standing_alerts(connection, subdistrict_code=CODE)

    assert [(alert["level"], alert["letter"]) for alert in standing] == [(1, "B"), (3, "C"), (4, "A")]
    assert free_letter("ABC") == "D"
    assert free_letter("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == "AA"


def test_every_step_is_told_on_the_channel(database):
    code = CODE + "x"
    with psycopg.connect(database.conninfo(), autocommit=True) as listener:
        listener.execute("LISTEN fengqiao")
        with database.owner.begin() as connection:
            carry(connection, [finding()], clear_after={}, subdistrict_code=code, now=NOW)
            alert_id = standing_alerts(connection, subdistrict_code=code)[0]["id"]
        told = [json.loads(note.payload) for note in listener.notifies(timeout=5, stop_after=1)]
    assert told == [{"kind": "alert", "id": alert_id, "change": "raised"}]


def test_two_judges_at_once_raise_one_alert(database):
    code = CODE + "y"
    with database.owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO support.feed (subdistrict_code, name, title, expected_every_s, newest_event_at)"
                " VALUES (:code, 'incidents', '事件', 60, :then)"
            ),
            {"code": code, "then": NOW - timedelta(hours=2)},
        )
    rules = Rules(
        rules=(
            CountRule(
                id="none",
                counts="incident",
                where=Where(),
                unit="community",
                window_h=1,
                floor=1,
                levels=(CountLevel(level=4, at_least=10**6, times=1),),
                clear_after_h=0,
            ),
        ),
        no_data=({"id": "silent", "levels": [{"level": 4, "times": 2, "at_least_s": 60}]},),
    )
    faults = []

    def once():
        try:
            judge(database.owner, rules, subdistrict_code=code, now=NOW)
        except Exception as fault:
            faults.append(fault)

    judges = [threading.Thread(target=once) for _ in range(4)]
    for one in judges:
        one.start()
    for one in judges:
        one.join()

    assert not faults
    with database.owner.connect() as connection:
        assert len(standing_alerts(connection, subdistrict_code=code)) == 1


@pytest.mark.parametrize(("number", "told"), [(0, 0), (1, None), (4, None), (5, 5), (3460, 3460)])
def test_one_to_four_persons_are_not_told(number, told):
    assert tellable(number) == told
