"""The life of alerts over a real database: raised once, updated, acknowledged, cleared, never doubled."""

import json
import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sqlalchemy import text

from alerts.acting import acknowledge, follow_up
from alerts.describing import tellable
from alerts.judge import Finding
from alerts.life import alert_events, carry, free_letters, judge, standing_alerts
from alerts.rules import CountLevel, CountRule, Rules, SilenceLevel, SilenceRule, Where
from gis.cells import index_points, neighbours, parents, polygons
from gis.errors import Conflict, NotFound

pytestmark = pytest.mark.database

CODE = "999999002"
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
QUIET = {"surge": timedelta(hours=6)}


def finding(level=4, observed=5.0, unit="c1", members=(), rule="surge", kind="feed", **more):
    return Finding(
        rule=rule,
        unit_kind=kind,
        unit_code=unit,
        unit_name=more.pop("name", "试"),
        level=level,
        observed=observed,
        expected=more.pop("expected", None),
        expected_low=more.pop("low", None),
        expected_high=more.pop("high", None),
        method=more.pop("method", "threshold"),
        window_from=NOW - timedelta(hours=24),
        window_to=NOW,
        member_ids=tuple(members),
        members="incident",
        **more,
    )


@pytest.fixture
def connection(database):
    """A transaction that is rolled back."""
    with database.owner.connect() as connection:
        yield connection
        connection.rollback()


@pytest.fixture
def cells(connection):
    """A row of three cells of resolution 10 that touch, and one apart."""
    home = int(index_points([120.5], [31.3], resolution=10)[0])
    row = [home, int(neighbours(home)[0])]
    row.append(next(int(cell) for cell in neighbours(row[1]) if cell != home and cell not in neighbours(home)))
    apart = next(int(cell) for cell in neighbours(home, rings=6) if cell not in neighbours(home, rings=5))
    for cell, outline in zip([*row, apart], polygons([*row, apart]), strict=True):
        connection.execute(
            text(
                "INSERT INTO base.cell (cell, subdistrict_code, resolution, parent_9, area_m2, share, geom)"
                " VALUES (:cell, :code, 10, :parent, 11390, 1, ST_GeomFromText(:outline, 4326))"
            ),
            {"cell": cell, "code": CODE, "outline": outline.wkt, "parent": int(parents([cell], 9)[0])},
        )
    return [*row, apart]


def carried(connection, found, now=NOW):
    return [change.change for change in carry(connection, found, clear_after=QUIET, subdistrict_code=CODE, now=now)]


def standing(connection):
    return standing_alerts(connection, subdistrict_code=CODE)


def changes_of(connection, alert_id):
    return [event["change"] for event in alert_events(connection, alert_id)]


def only(rows):
    (row,) = rows
    return row


def in_cell(cell, members, **more):
    return finding(unit=format(cell, "x"), kind="cell", members=members, observed=float(len(members)), **more)


def test_an_alert_is_raised_once_updated_by_new_cases_only_and_cleared_after_its_quiet_time(connection):
    assert carried(connection, [finding(members=[1, 2])]) == ["raised"]
    # the count may swing: without a new case nothing is reported again
    assert carried(connection, [finding(members=[1, 2], observed=6.0)], NOW + timedelta(minutes=1)) == []
    assert carried(connection, [finding(members=[2, 3])], NOW + timedelta(minutes=2)) == ["updated"]
    assert carried(connection, [finding(members=[2, 3], level=2)], NOW + timedelta(minutes=3)) == ["level"]
    assert carried(connection, [], NOW + timedelta(hours=6)) == []
    assert carried(connection, [], NOW + timedelta(hours=6, minutes=4)) == ["cleared"]

    assert standing(connection) == []
    row = connection.execute(
        text("SELECT id, ended_by FROM alerting.alert WHERE subdistrict_code = :code"), {"code": CODE}
    ).one()
    assert row.ended_by == "gone"
    assert changes_of(connection, row.id) == ["raised", "updated", "level", "cleared"]


def test_what_two_methods_find_is_two_alerts(connection):
    carried(connection, [finding(), finding(method="scan/1.0")])
    carried(connection, [finding(), finding(method="scan/1.1")])

    assert len(standing(connection)) == 2


def test_neighbouring_cells_of_one_cause_are_one_shape_that_grows(connection, cells):
    west, middle, _, apart = cells
    assert carried(connection, [in_cell(west, [1, 2]), in_cell(apart, [9], level=3)]) == ["raised", "raised"]
    first = next(row for row in standing(connection) if row["unit_kind"] == "cell" and west in row["cells"])

    assert carried(connection, [in_cell(west, [1, 2]), in_cell(middle, [3, 4, 5]), in_cell(apart, [9], level=3)]) == [
        "grown"
    ]

    grown = next(row for row in standing(connection) if row["id"] == first["id"])
    # 2 + 3 cases in two cells; a shape of several cells is an area
    assert (grown["observed"], sorted(grown["cells"]), grown["unit_kind"]) == (5.0, sorted([west, middle]), "area")
    assert grown["member_ids"] == [1, 2, 3, 4, 5]
    event = alert_events(connection, first["id"])[-1]
    assert (event["change"], event["cell_count"], event["detail"]) == ("grown", 2, {"new": 3, "new_cells": 1})
    # the outline is that of both cells together
    assert grown["shape"]["type"] == "MultiPolygon"
    assert len(grown["shape"]["coordinates"]) == 1


def test_two_shapes_that_meet_become_the_larger_one(connection, cells):
    west, middle, east, _ = cells
    carried(connection, [in_cell(west, [1, 2]), in_cell(east, [3])])
    larger, smaller = (next(row for row in standing(connection) if cell in row["cells"]) for cell in (west, east))

    assert sorted(carried(connection, [in_cell(west, [1, 2]), in_cell(middle, [4]), in_cell(east, [3])])) == [
        "cleared",
        "grown",
    ]

    assert [row["id"] for row in standing(connection)] == [larger["id"]]
    merged = connection.execute(
        text("SELECT ended_by, merged_into FROM alerting.alert WHERE id = :id"), {"id": smaller["id"]}
    ).one()
    assert merged == ("merged", larger["id"])


def test_a_shape_that_falls_apart_is_two_alerts_and_the_graver_part_carries_on(connection, cells):
    west, middle, east, _ = cells
    carried(connection, [in_cell(west, [1])])
    carried(connection, [in_cell(west, [1]), in_cell(middle, [2]), in_cell(east, [3])], NOW + timedelta(minutes=1))
    first = only(standing(connection))

    apart = [in_cell(west, [1, 4]), in_cell(east, [3, 5], level=3)]
    assert carried(connection, apart, NOW + timedelta(minutes=2)) == ["level", "raised"]

    graver, other = standing(connection)
    # whoever was told of the shape is told on of its graver part, now called by the cell it is in
    assert (graver["id"], graver["cells"], graver["unit_code"]) == (first["id"], [east], format(east, "x"))
    assert (other["cells"], other["unit_code"]) == ([west], format(west, "x"))
    assert carried(connection, apart, NOW + timedelta(minutes=3)) == []


def test_a_shape_that_wanders_off_leaves_its_place_to_a_new_one(connection, cells):
    west, middle, east, _ = cells
    for minute, where in enumerate([(west,), (west, middle), (middle, east), (east,)]):
        carried(connection, [in_cell(cell, [cell]) for cell in where], NOW + timedelta(minutes=minute))
    wandered = only(standing(connection))
    assert carried(connection, [in_cell(east, [east]), in_cell(west, [9])], NOW + timedelta(minutes=4)) == ["raised"]
    assert {row["unit_code"] for row in standing(connection)} == {format(east, "x"), format(west, "x")}
    assert wandered["unit_code"] == format(east, "x")


def test_a_step_after_a_shape_shrank_says_the_cells_it_has_then(connection, cells):
    west, middle, _, _ = cells
    carried(connection, [in_cell(west, [1]), in_cell(middle, [2])])
    alert_id = only(standing(connection))["id"]
    # no step: nothing new happened
    assert carried(connection, [in_cell(west, [1])], NOW + timedelta(minutes=1)) == []
    assert carried(connection, [in_cell(west, [1, 3])], NOW + timedelta(minutes=2)) == ["updated"]
    assert [event["cell_count"] for event in alert_events(connection, alert_id)] == [2, 1]


def test_a_larger_alert_explains_a_smaller_one_while_it_stands(connection, cells):
    west, middle, east, _ = cells
    small = in_cell(west, [1, 2], rule="incident_surge_cell")
    large = finding(rule="grave_incident", kind="area", unit="x1", level=2, cells=(west, middle, east), members=[1])
    assert carried(connection, [small, large]) == ["raised", "raised", "inhibited"]
    by_rule = {row["rule"]: row for row in standing(connection)}

    assert by_rule["incident_surge_cell"]["inhibited_by"] == by_rule["grave_incident"]["id"]
    event = alert_events(connection, by_rule["incident_surge_cell"]["id"])[-1]
    assert event["detail"] == {"by": by_rule["grave_incident"]["id"], "why": "surge_of_one_kind"}

    assert carried(connection, [small]) == ["cleared", "released"]
    assert only(standing(connection))["inhibited_by"] is None


def test_an_acknowledged_alert_asks_again_when_it_becomes_graver(connection):
    carried(connection, [finding()])
    alert_id = only(standing(connection))["id"]

    acknowledge(connection, alert_id, post="值班长", note="已派人", now=NOW)
    assert only(standing(connection))["status"] == "acknowledged"
    with pytest.raises(Conflict, match="acknowledged already"):
        acknowledge(connection, alert_id, post="值班长", note="", now=NOW)

    carried(connection, [finding(level=2, observed=9.0)], NOW + timedelta(minutes=1))
    assert only(standing(connection))["status"] == "open"


def test_acknowledging_what_does_not_exist_is_said(connection):
    with pytest.raises(NotFound, match="no alert 0"):
        acknowledge(connection, 0, post="值班长", note="", now=NOW)


def test_something_can_follow_only_an_acknowledgement(connection):
    carried(connection, [finding(level=3)])
    alert_id = only(standing(connection))["id"]

    with pytest.raises(Conflict, match="can follow an acknowledgement only"):
        follow_up(connection, alert_id, what="on_site", post="网格长", note="", now=NOW)
    # yellow: 120 minutes for something to follow, and again after it did
    assert acknowledge(connection, alert_id, post="网格长", note="", now=NOW) == NOW + timedelta(hours=2)
    later = NOW + timedelta(minutes=15)
    assert follow_up(connection, alert_id, what="on_site", post="网格长", note="两人", now=later) == later + timedelta(
        hours=2
    )
    assert changes_of(connection, alert_id) == ["raised", "acknowledged", "followed"]


def test_letters_are_those_free_and_worst_comes_first(connection):
    carried(connection, [finding(unit="c1"), finding(unit="c2", level=1), finding(unit="c3", level=3)])

    # letters are given in order of gravity
    assert [(alert["level"], alert["letter"]) for alert in standing(connection)] == [(1, "A"), (3, "B"), (4, "C")]
    assert next(free_letters("ABC")) == "D"
    assert next(free_letters("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) == "AA"


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
            SilenceRule(id="silent", levels=(SilenceLevel(level=4, times=2, at_least_s=60),)),
        ),
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
