"""Feeds handed over to POST /api/feeds: a file or rows, through the one way of rows, with the right and the audit."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest
from sqlalchemy import text

from access.consumers import NewConsumer, Scope, add_consumer, add_key, change_consumer, list_usage
from access.interfaces import hold_against, list_interfaces
from dashboard.exchange.register import register_given
from dashboard.server import create_app
from dashboard.settings import ServerSettings
from gis.database.connection import identified
from gis.settings import DatabaseSettings
from tests.asking import Browser
from tests.world import CODE, World

pytestmark = pytest.mark.database
NOW = datetime(2026, 4, 1, tzinfo=UTC)
TABLES = ("support.delivered", "support.quarantine", "support.batch", "support.feed")


@pytest.fixture(scope="module")
def server(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    settings = ServerSettings(geodatabase=DatabaseSettings(var_dir=tmp_path_factory.mktemp("var")))
    with Browser(create_app(settings, world.database, clock=lambda: NOW)) as browser:
        yield browser
    with world.database.owner.begin() as connection:
        for table in TABLES:
            connection.execute(text(f"DELETE FROM {table} WHERE subdistrict_code = :code AND feed LIKE 'w%'".replace(
                "feed LIKE", "name LIKE" if table == "support.feed" else "feed LIKE")), {"code": CODE})  # fmt: skip
        connection.execute(text("DELETE FROM base.weather_warning"))
        connection.execute(text("DELETE FROM base.water_gauge"))


WARNING = {"预警编号": "W1", "预警类型": "暴雨", "预警等级": "橙色", "发布时间": "2026-03-01 07:00"}


def hand_over(
    server: Browser, world: World, feed: str, body: bytes, kind: str, account: str = "operator", **query: str
) -> Any:
    headers = {"Content-Type": kind}
    return server.post(f"/api/feeds/{feed}", token=world.tokens[account], content=body, headers=headers, params=query)


def test_rows_and_the_same_rows_again(server: Browser, world: World) -> None:
    body = json.dumps([WARNING, {**WARNING, "预警编号": "W2", "预警等级": "紫色"}], ensure_ascii=False).encode()

    first = hand_over(server, world, "weather_warnings", body, "application/json")

    assert first.status_code == 200, first.text
    assert {key: first.json()[key] for key in ("read", "loaded", "unplaced", "unchanged", "quarantined")} == {
        "read": 2, "loaded": 1, "unplaced": 0, "unchanged": 0, "quarantined": 1,
    }  # fmt: skip
    assert first.json()["reasons"] == {"2": ["“预警等级”不是允许的取值"]}
    again = hand_over(server, world, "weather_warnings", body, "application/json").json()
    assert (again["unchanged"], again["loaded"], again["quarantined"]) == (2, 0, 0)
    with world.database.owner.connect() as connection:
        audit = connection.execute(
            text("SELECT actor, account_id, changes FROM access.audit WHERE action = 'feed_pushed' ORDER BY id LIMIT 1")
        ).one()
    assert (audit.actor, audit.account_id) == ("operator", world.accounts["operator"])
    assert audit.changes["feed"] == "weather_warnings"
    assert audit.changes["read"] == 2


def test_a_workbook_with_its_coordinate_system(server: Browser, world: World) -> None:
    book = openpyxl.Workbook()
    book.active.append(["测站编码", "测站名称", "警戒水位_m", "经度", "纬度"])
    book.active.append(["G1", "东桥", 3.8, 120.505, 31.29])
    buffer = io.BytesIO()
    book.save(buffer)

    unstated = hand_over(server, world, "water_gauges", buffer.getvalue(), "application/octet-stream", file="a.xlsx")
    taken = hand_over(
        server, world, "water_gauges", buffer.getvalue(), "application/octet-stream", file="a.xlsx", crs="EPSG:4326"
    )

    assert unstated.status_code == 422 or unstated.status_code == 400
    assert "states no coordinate system" in unstated.text
    assert taken.json()["loaded"] == 1
    with world.database.owner.connect() as connection:
        assert connection.scalar(text("SELECT community_code FROM base.water_gauge")) == f"{CODE}001"


@pytest.mark.parametrize(
    ("body", "kind", "query", "said"),
    [
        (b"{", "application/json", {}, "no JSON"),
        (b"x", "application/x-unheard-of", {}, "Content-Type; known are"),
        (b"", "text/csv", {}, "is empty"),
        (
            b"PK\x03\x04",
            "application/zip",
            {"file": "../../etc/passwd.zip"},
            "passwd.zip is not a readable zip archive",
        ),
        (b"a\n1\n", "text/csv", {}, "lacks the column.s. 预警编号"),
    ],
)
def test_what_is_no_file_of_the_feed_is_refused_in_a_sentence(
    server: Browser, world: World, body: bytes, kind: str, query: dict[str, str], said: str
) -> None:
    answer = hand_over(server, world, "weather_warnings", body, kind, **query)

    assert 400 <= answer.status_code < 500
    import re

    assert re.search(said, answer.text), answer.text


def test_no_such_feed_is_said_with_those_there_are(server: Browser, world: World) -> None:
    answer = hand_over(server, world, "nothing", b"[]", "application/json")

    assert answer.status_code == 404
    assert "weather_warnings" in answer.text


@pytest.mark.parametrize("account", ["duty", "commander", "worker-11", "community-2", "street", "auditor", "wall"])
def test_nobody_but_operators_hands_feeds_over(server: Browser, world: World, account: str) -> None:
    assert hand_over(server, world, "weather_warnings", b"[]", "application/json", account).status_code == 403


@pytest.fixture
def meter(server: Browser, world: World) -> Iterator[tuple[int, str]]:
    """A consumer that may hand over weather warnings, three times a minute; its key."""
    with world.database.owner.begin() as connection:
        scope = Scope("feeds", write=True, items=frozenset({"weather_warnings"}))
        made = add_consumer(
            connection,
            NewConsumer(name="气象局", purpose="气象预警报送", role="duty_officer", minute_quota=3, scopes=(scope,)),
        )
        key = add_key(connection, made, now=NOW)
    yield made, key
    with world.database.owner.begin() as connection:
        change_consumer(connection, made, suspended_at=NOW)


def test_a_consumer_hands_over_what_it_was_granted_metered_and_within_its_quota(
    server: Browser, world: World, meter: tuple[int, str]
) -> None:
    made, key = meter
    body = json.dumps([{**WARNING, "预警编号": "W9"}], ensure_ascii=False).encode()

    def push(feed: str) -> Any:
        return server.post(f"/api/feeds/{feed}", token=key, content=body, headers={"Content-Type": "application/json"})

    taken = push("weather_warnings")
    assert (taken.status_code, taken.json()["loaded"]) == (200, 1), taken.text
    assert "'water_gauges' of feeds" in push("water_gauges").text
    assert push("weather_warnings").json()["unchanged"] == 1
    push("weather_warnings")
    late = push("weather_warnings")
    assert late.status_code == 429
    assert int(late.headers["Retry-After"]) > 0
    # reading is no part of it
    assert server.get("/api/incidents", token=key).status_code == 403
    with world.database.owner.connect() as connection:
        (used,) = [
            row
            for row in list_usage(connection, days=1, now=NOW)
            if row["consumer_id"] == made and row["resource"] == "feeds"
        ]
        actor = connection.scalar(
            text("SELECT actor FROM support.batch WHERE feed = 'weather_warnings' ORDER BY id DESC")
        )
    assert (used["calls"], used["limited"], used["denied"]) == (3, 1, 1)
    assert "气象局" in actor

    register_given(world.database, now=NOW)
    with identified(world.database.server, world.sessions["operator"]) as connection:
        rows = {row["key"]: row for row in list_interfaces(connection)}
    entry = rows[f"taken:{made}:feeds:weather_warnings"]
    assert (entry["title"]["zh"], entry["table_name"]) == ("气象预警", "base.weather_warning")
    assert f"given:{made}:feeds" not in rows
    # the contract is of a row as it is handed over
    assert hold_against(entry["contract"], [WARNING]).passed
    assert hold_against(entry["contract"], [{**WARNING, "预警等级": "紫色"}]).faults == (
        "预警等级：不符合规则 enum (1)",
    )
