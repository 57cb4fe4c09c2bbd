"""CAP over HTTP and the command line: the feed of a real alert, messages of others on the map and gone again."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import httpx
import pytest
from lxml import etree
from sqlalchemy import text

from alerts.cap.feed import ATOM
from alerts.judge import Finding
from alerts.life import carry
from tests.alerts.test_cap import NAMESPACE, SCHEMA, weather

pytestmark = pytest.mark.database


@pytest.fixture
def client(serving):
    token = {"Authorization": f"Bearer {serving.links.api_token}"}
    with httpx.Client(base_url=serving.url, headers=token, timeout=30) as client:
        yield client


@pytest.fixture
def swept(loaded):
    yield
    with loaded.database.owner.begin() as connection:
        connection.execute(text("DELETE FROM alerting.outside_alert"))


def later(content: bytes) -> bytes:
    """The same message, sent and expiring around now."""
    now = datetime.now(UTC).replace(microsecond=0)
    return (
        content.decode()
        .replace("2026-11-23T13:00:00+08:00", now.isoformat())
        .replace("2026-11-23T20:00:00+08:00", (now + timedelta(hours=3)).isoformat())
        .encode()
    )


@pytest.fixture
def standing(loaded):
    """An alert that was raised the real way: what goes out as CAP is written with the step."""
    now = datetime.now(UTC)
    with loaded.database.owner.begin() as connection:
        code = connection.scalar(text("SELECT min(code) FROM base.community"))
        found = Finding(
            rule="demand_surge", unit_kind="community", unit_code=code, level=3, observed=60.0, expected=20.0,
            expected_low=12.0, expected_high=29.0, method="threshold", window_from=now - timedelta(hours=24),
            window_to=now, members="service_request",
        )  # fmt: skip
        changes = carry(connection, [found], clear_after={}, subdistrict_code=loaded.district.code, now=now)
    (number,) = (change.alert_id for change in changes if change.change == "raised")
    yield number
    with loaded.database.owner.begin() as connection:
        for table, column in (("notice", "alert_id"), ("alert_event", "alert_id"), ("alert", "id")):
            connection.execute(text(f"DELETE FROM alerting.{table} WHERE {column} = :id"), {"id": number})


def test_the_feed_leads_to_messages_that_hold(loaded, client, standing):
    with loaded.database.owner.connect() as connection:
        open_ids = set(connection.execute(text("SELECT id FROM alerting.alert WHERE status <> 'cleared'")).scalars())
    feed = client.get("/cap/feed")
    assert feed.headers["content-type"].startswith("application/atom+xml")
    links = [
        link.get("href")
        for link in etree.fromstring(feed.content).iter(f"{{{ATOM}}}link")
        if link.get("rel") == "alternate"
    ]
    assert {int(link.rpartition("/")[2].partition(".")[0]) for link in links} >= open_ids
    assert standing in open_ids
    for link in links[:10]:
        message = client.get(link)
        assert message.headers["content-type"] == "application/cap+xml"
        SCHEMA.assertValid(etree.fromstring(message.content))
    assert client.get("/cap/1.999999999").status_code == 404
    assert client.get("/cap/nonsense").status_code == 404


def test_a_weather_warning_comes_in_stands_and_is_cancelled(loaded, client, swept):
    first = later(weather())
    stored = client.post("/api/outside-alerts", content=first, headers={"Content-Type": "application/cap+xml"})
    assert (stored.status_code, stored.json()["level"], stored.json()["new"]) == (201, 3, True)
    assert client.post("/api/outside-alerts", content=first).status_code == 200
    (standing,) = client.get("/api/outside-alerts").json()["alerts"]
    assert (standing["event"], standing["source_name"], standing["shape"]["type"]) == (
        "暴雨",
        "市气象台",
        "MultiPolygon",
    )

    sent = etree.fromstring(first).findtext(f"{{{NAMESPACE}}}sent")
    cancel = weather(identifier="w2", kind="Cancel", references=f"<references>weather.example,w1,{sent}</references>")
    assert client.post("/api/outside-alerts", content=later(cancel)).status_code == 201
    assert client.get("/api/outside-alerts").json()["alerts"] == []


def test_an_update_that_comes_before_what_it_replaces_leaves_one_standing(client, swept):
    # as an Atom feed is read: newest first
    first = later(weather())
    sent = etree.fromstring(first).findtext(f"{{{NAMESPACE}}}sent")
    # the same moment, written in another offset
    written = datetime.fromisoformat(sent).astimezone(timezone(timedelta(hours=8))).isoformat()
    references = f"<references>weather.example,w1,{written}</references>"
    assert (
        client.post(
            "/api/outside-alerts", content=later(weather(identifier="w2", kind="Update", references=references))
        ).status_code
        == 201
    )
    assert client.post("/api/outside-alerts", content=first).status_code == 201
    assert [one["identifier"] for one in client.get("/api/outside-alerts").json()["alerts"]] == ["w2"]


def test_neither_an_answer_nor_an_exercise_ends_what_is_meant(client, swept):
    first = later(weather())
    assert client.post("/api/outside-alerts", content=first).status_code == 201
    references = (
        f"<references>weather.example,w1,{etree.fromstring(first).findtext(f'{{{NAMESPACE}}}sent')}</references>"
    )
    for number, (kind, status) in enumerate([("Ack", b"Actual"), ("Error", b"Actual"), ("Cancel", b"Exercise")]):
        message = later(weather(identifier=f"a{number}", kind=kind, references=references)).replace(b"Actual", status)
        assert client.post("/api/outside-alerts", content=message).status_code == 201
    assert [one["identifier"] for one in client.get("/api/outside-alerts").json()["alerts"]] == ["w1"]


def test_an_exercise_of_others_is_kept_and_not_shown(client, swept):
    drill = later(weather(identifier="w3")).replace(b"Actual", b"Exercise")
    assert client.post("/api/outside-alerts", content=drill).json()["status"] == "Exercise"
    assert client.get("/api/outside-alerts").json()["alerts"] == []


def test_what_is_no_cap_is_refused_in_a_sentence(client, swept):
    refused = client.post("/api/outside-alerts", content=b"<!DOCTYPE a [<!ENTITY x 'y'>]><alert>&x;</alert>")
    assert refused.status_code in (400, 422)
    assert "定义了文档类型或实体" in refused.text


def test_the_command_says_one_sentence(loaded, tmp_path: Path, capsys, monkeypatch):
    from alerts.cap_command import import_
    from gis.errors import BadInput, Unavailable

    with pytest.raises(BadInput, match="cannot be read"):
        import_(str(tmp_path / "none.xml"))
    with pytest.raises(Unavailable, match="does not answer"):
        import_("http://127.0.0.1:9/feed")
