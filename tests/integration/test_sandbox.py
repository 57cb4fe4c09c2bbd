"""The sandbox: true forms, invented content, and no way from it to a real row."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from access.consumers import NewConsumer, Scope, add_consumer, add_key
from cli import prepare_sandbox
from dashboard.exchange.sandbox import has_sandbox, sandbox_database
from dashboard.server import create_app
from dashboard.settings import ServerSettings
from etl.sample.sandbox import CODE as SANDBOX
from etl.sample.sandbox import EVENTS, MARK, PERSONS
from tests.asking import Browser
from tests.world import World

pytestmark = pytest.mark.database

EVERYTHING = tuple(
    Scope(name, write=True)
    for name in ("incidents", "requests", "alerts", "layers", "tiles", "open", "basemap", "geocode")
)


def key_of(world: World, name: str, *scopes: Scope) -> str:
    with world.database.owner.begin() as connection:
        new = NewConsumer(
            name=name, purpose="联调", role="duty_officer", sandbox=True, minute_quota=500, scopes=scopes or EVERYTHING
        )
        return add_key(connection, add_consumer(connection, new), now=datetime.now(tz=UTC))


def test_until_it_is_made_the_sandbox_says_so(world: World):
    assert not has_sandbox(world.database)
    key = key_of(world, "早来的系统")
    with Browser(create_app(ServerSettings(), world.database), origin=None) as browser:
        answer = browser.get("/api/incidents", token=key)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert "fengqiao sandbox" in answer.json()["error"]


@pytest.fixture(scope="module")
def sandboxed(world: World) -> World:
    prepare_sandbox(world.database)
    assert has_sandbox(world.database)
    return world


@pytest.fixture
def browser(sandboxed: World) -> Iterator[Browser]:
    with Browser(create_app(ServerSettings(), sandboxed.database), origin=None) as browser:
        yield browser


def test_what_a_sandbox_consumer_reads_is_invented(sandboxed: World, browser: Browser):
    key = key_of(sandboxed, "联调中的系统")

    seen, after = [], None
    while True:
        page = browser.get(
            "/api/incidents", params={"limit": 100, **({"after": after} if after else {})}, token=key
        ).json()
        seen += page["incidents"]
        after = page["next"]
        if after is None:
            break

    assert len(seen) == EVENTS
    assert all(row["title"].startswith(MARK) and row["community_code"].startswith(SANDBOX) for row in seen)
    assert {row["placement"] for row in seen} == {"placed"}
    requests = browser.get("/api/requests", token=key).json()["requests"]
    assert all(row["title"].startswith(MARK) for row in requests)
    status = browser.get("/api/status", token=key).json()
    assert (status["residents"], status["incidents"], status["communities"]) == (PERSONS, EVENTS, 2)
    assert browser.get("/api/session", token=key).json()["subdistrict_code"] == SANDBOX
    cells = browser.get("/api/layers/population/cells", token=key).json()
    assert cells["cells"]
    collections = browser.get("/ogc/collections", token=key)
    assert collections.status_code == 200
    assert collections.json()["collections"]


def test_no_real_row_can_be_reached(sandboxed: World, browser: Browser):
    key = key_of(sandboxed, "好奇的系统")
    with sandboxed.database.owner.connect() as connection:
        real = {row.id: row.source_key for row in connection.execute(text("SELECT id, source_key FROM base.incident"))}
    assert real
    for incident in real:
        answer = browser.get(f"/api/incidents/{incident}", token=key)
        assert answer.status_code == 404 or answer.json()["title"].startswith(MARK)


def test_what_is_reported_stays_in_the_sandbox(sandboxed: World, browser: Browser):
    key = key_of(sandboxed, "上报的系统")
    counts = text("SELECT count(*) FROM base.incident WHERE source_key = 'SX90001'")
    report = {
        "source_key": "SX90001", "reported_at": "2026-11-24T08:00:00+08:00", "source": "网格上报", "category": "城市管理",
        "title": "联调上报", "address": "沙箱一村3幢",
    }  # fmt: skip

    taken = browser.post("/api/incidents", json=report, token=key)

    assert taken.status_code == 201, taken.text
    assert taken.json()["place"]["placement"] == "placed"
    with sandboxed.database.owner.connect() as connection:
        assert connection.scalar(counts) == 0
    sandbox = sandbox_database(sandboxed.database)
    with sandbox.owner.connect() as connection:
        assert connection.scalar(counts) == 1
    sandbox.dispose()


def test_a_feed_that_is_handed_over_stays_in_the_sandbox(sandboxed: World, browser: Browser):
    scope = Scope("feeds", write=True, items=frozenset({"weather_warnings"}))
    key = key_of(sandboxed, "报送的系统", scope)
    rows = [{"预警编号": "S1", "预警类型": "暴雨", "预警等级": "橙色", "发布时间": "2026-03-01 07:00"}]

    taken = browser.post("/api/feeds/weather_warnings", json=rows, token=key)

    assert (taken.status_code, taken.json().get("loaded")) == (200, 1), taken.text
    with sandboxed.database.owner.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM base.weather_warning WHERE source_key = 'S1'")) == 0


def test_scopes_quotas_and_metering_hold_in_the_sandbox_too(sandboxed: World, browser: Browser):
    key = key_of(sandboxed, "受限的系统", Scope("incidents", fields=frozenset({"category"})))

    answer = browser.get("/api/incidents", token=key)

    assert set(answer.json()["incidents"][0]) == {"id", "reported_at", "category"}
    assert answer.headers["ratelimit-remaining"] == "499"
    assert browser.get("/api/requests", token=key).status_code == 403
    assert browser.post("/api/incidents", json={}, token=key).status_code == 403
    own = browser.get("/api/consumer", token=key).json()
    assert own["sandbox"]
    assert {row["resource"]: (row["calls"], row["denied"]) for row in own["usage"]} == {
        "incidents": (1, 1),
        "requests": (0, 1),
        "own": (1, 0),
    }
