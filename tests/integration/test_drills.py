"""Drills: shown and marked everywhere, handled like real alerts, told to nobody, counted nowhere."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from lxml import etree
from sqlalchemy import text

from alerts.acting import acknowledge
from alerts.drills import end_drill, running_drill, shipped_scenarios, start_drill
from alerts.life import alert_events
from alerts.notify.pipeline import notify
from alerts.notify.routing import read_routing
from dashboard.wall.alerts_shown import select_alerts
from gis.errors import BadInput, Conflict, NotFound
from gis.texts import texts_in
from tests.alerts.test_cap import NAMESPACE, SCHEMA

pytestmark = pytest.mark.database
TEXTS = texts_in("zh")


@pytest.fixture
def ended(loaded):
    """Leave no drill behind."""
    yield
    with loaded.database.owner.begin() as connection:
        for table in ("drill_event", "drill_alert", "drill"):
            connection.execute(text(f"DELETE FROM alerting.{table}"))


def started(connection, loaded, scenario, now):
    return start_drill(
        connection,
        subdistrict_code=loaded.district.code,
        scenario_id=scenario,
        title="季度演练",
        post="值班长",
        now=now,
    )


def shown(connection, loaded, now):
    return select_alerts(connection, code=loaded.district.code, now=now, takeover_s=120, unplaced=0, texts=TEXTS)


def counts(connection):
    """What reports, counters and routes are made of."""
    sql = "SELECT (SELECT count(*) FROM alerting.alert), (SELECT count(*) FROM alerting.alert_event), (SELECT count(*) FROM alerting.notification)"
    return tuple(connection.execute(text(sql)).one())


@pytest.mark.parametrize("scenario", [scenario.id for scenario in shipped_scenarios()])
def test_every_scenario_can_be_played_on_the_sample(loaded, scenario):
    with loaded.database.owner.connect() as connection:
        drill_id = started(connection, loaded, scenario, loaded.now)
        rows = shown(connection, loaded, loaded.now)["rows"]
        assert [row for row in rows if row["exercise"]]
        end_drill(connection, drill_id, post="值班长", now=loaded.now)
        connection.rollback()


def test_a_drill_stands_on_the_wall_marked_and_takes_it_over_and_nobody_is_told(loaded, ended):
    now = loaded.now + timedelta(minutes=1)
    with loaded.database.owner.begin() as connection:
        before = counts(connection)
        drill_id = started(connection, loaded, "dispute", now)
    with loaded.database.wall.connect() as connection:
        panel = shown(connection, loaded, now)
    assert panel["drill"] == "季度演练"
    (row,) = [row for row in panel["rows"] if row["exercise"]]
    assert (row["level"], row["what"], row["taken_at"]) == (2, "矛盾纠纷聚集", now.timestamp())
    assert row["facts"]["help"]
    # real ones come first, whatever the level of a drill's
    assert panel["rows"].index(row) == len([one for one in panel["rows"] if not one["exercise"]])

    with loaded.database.owner.begin() as connection:
        acknowledge(connection, row["id"], post="马浜网格长", note="两人已出发", now=now + timedelta(minutes=2))
        assert [event["change"] for event in alert_events(connection, row["id"])] == ["raised", "acknowledged"]
    routing = read_routing(None, environment={})
    notify(loaded.database.owner, routing, subdistrict_code=loaded.district.code, now=now + timedelta(hours=1))
    with loaded.database.owner.begin() as connection:
        told = connection.scalar(
            text("SELECT count(*) FROM alerting.notification WHERE CAST(:id AS bigint) = ANY (alert_ids)"),
            {"id": row["id"]},
        )
        assert told == 0
        assert counts(connection)[:2] == before[:2]
        end_drill(connection, drill_id, post="值班长", now=now + timedelta(minutes=9))
        assert running_drill(connection, subdistrict_code=loaded.district.code) is None
    with loaded.database.wall.connect() as connection:
        panel = shown(connection, loaded, now)
    assert panel["drill"] is None
    assert not [row for row in panel["rows"] if row["exercise"]]


def test_one_drill_at_a_time_and_each_fault_in_a_sentence(loaded, ended):
    with loaded.database.owner.begin() as connection:
        started(connection, loaded, "fire", loaded.now)
        with pytest.raises(Conflict, match="runs already"):
            started(connection, loaded, "fire", loaded.now)
        with pytest.raises(BadInput, match="no scenario"):
            started(connection, loaded, "flood", loaded.now)
        with pytest.raises(NotFound, match="no drill 0 runs"):
            end_drill(connection, 0, post="值班长", now=loaded.now)


def test_a_duty_officer_starts_it_over_http_and_others_read_exercise_in_cap(loaded, serving, ended):
    headers = {"Authorization": f"Bearer {serving.links.api_token}"}
    with httpx.Client(base_url=serving.url, headers=headers, timeout=30) as client:
        drill_id = client.post("/api/drills", json={"scenario": "two_at_once", "title": "双点演练"}).json()["id"]
        real = client.get("/api/alerts").json()["alerts"]
        assert all(alert["id"] < 1_000_000_000_000 for alert in real)
        feed = etree.fromstring(client.get("/cap/exercises").content)
        links = [link.get("href") for link in feed.iter("{*}link") if link.get("rel") == "alternate"]
        assert len(links) == 2
        for link in links:
            document = etree.fromstring(client.get(link).content)
            SCHEMA.assertValid(document)
            assert document.findtext(f"{{{NAMESPACE}}}status") == "Exercise"
            assert document.findtext(f"{{{NAMESPACE}}}note") == "双点演练"
        ours = etree.fromstring(client.get("/cap/feed").content)
        terms = [one.get("term") for one in ours.iter("{*}category")]
        assert "Exercise" not in terms
        # the leaders' pages are marked too
        with httpx.Client(base_url=serving.url, follow_redirects=True, timeout=30) as leader:
            shelf = leader.get(serving.links.reports).text
            assert "演练 · 双点演练" in shelf
            month = re.search(r'href="(/reports/\d{4}-\d\d)"', shelf).group(1)
            assert "演练 · 双点演练" in leader.get(month).text
        assert client.post(f"/api/drills/{drill_id}/end").status_code == 200
        (listed,) = client.get("/api/drills").json()["drills"]
    assert (listed["alerts"], listed["acknowledged"]) == (2, 0)
    assert datetime.fromisoformat(listed["ended_at"]) <= datetime.now(UTC)
