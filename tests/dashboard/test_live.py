"""What walls are told: a whole picture first, then what changed, a new incident at once, and the truth about losses."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from dashboard.live import QUEUE_LENGTH, Listener, LiveHub, event
from gis.errors import NotFound, Unavailable

pytestmark = pytest.mark.database

#: long enough for a busy machine; tests wait for events and never for time
PATIENCE_S = 60


@asynccontextmanager
async def living(hub: LiveHub) -> AsyncIterator[LiveHub]:
    hub.start()
    try:
        async with asyncio.timeout(PATIENCE_S):
            await hub.connected.wait()
        yield hub
    finally:
        await hub.stop()


def read(message: bytes) -> tuple[str, str, dict[str, Any]]:
    """Split a server-sent event into id, name and data."""
    fields = dict(line.split(": ", 1) for line in message.decode().strip().splitlines())
    return fields.get("id", ""), fields["event"], json.loads(fields["data"])


async def told(listener: Listener, name: str, fits: Any = lambda data: True) -> dict[str, Any]:
    """Wait for an event of that name that fits."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            message = await listener.queue.get()
            assert message is not None
            _, kind, data = read(message)
            if kind == name and fits(data):
                return data


@pytest.fixture
def hub(loaded, tmp_path: Path) -> LiveHub:
    return LiveHub(loaded.database, lambda: loaded.now, tmp_path / "wall")


INSERT = """
INSERT INTO base.incident (subdistrict_code, feed, source_key, reported_at, category, subcategory, source, title,
                           status, placement, geom, cell)
SELECT :code, 'incidents', :key, :at, '城市管理', '', '网格上报', 'a title nobody may see', 'reported',
       'placed', ST_PointOnSurface(geom), cell
  FROM base.cell WHERE subdistrict_code = :code AND resolution = 11 ORDER BY share DESC, cell LIMIT 1
RETURNING id"""


def add_incident(loaded, key: str, *, tell: bool = True) -> int:
    with loaded.database.owner.begin() as connection:
        connection.execute(text("SELECT support.ensure_months('base.incident', :at, :at)"), {"at": loaded.now})
        number = connection.execute(
            text(INSERT), {"code": loaded.district.code, "key": key, "at": loaded.now}
        ).scalar_one()
        if tell:
            message = json.dumps({"kind": "incident", "id": number, "change": "taken"})
            connection.execute(text("SELECT support.tell(CAST(:message AS jsonb))"), {"message": message})
    return int(number)


@pytest.fixture
def clean(loaded) -> Iterator[None]:
    yield
    with loaded.database.owner.begin() as connection:
        connection.execute(text("DELETE FROM base.incident WHERE source_key LIKE 'wall-test-%'"))


def test_a_page_gets_the_whole_picture_first(hub, loaded):
    async def first() -> tuple[str, str, dict[str, Any]]:
        async with living(hub):
            message = hub.first_event(hub.open("main"), last_event_id="", back=None)
            assert message is not None
            return read(message)

    event_id, name, data = asyncio.run(first())

    assert name == "parts"
    assert event_id == f"{hub.life}-1"
    scenes = [scene["key"] for scene in data["parts"]["screen"]["scenes"]]
    assert scenes == ["demand", "emergency", "risk", "population"]
    for key in scenes:
        layer = data["parts"][f"scene:{key}"]["layer"]
        assert len(layer["classes"]) == len(hub.composer.ground.cells)
        assert set(layer["classes"]) - set(".f")
    assert len(hub.composer.ground.communities) == 7
    with loaded.database.owner.connect() as connection:
        open_now, ready, residents = connection.execute(
            text(
                "SELECT (SELECT count(*) FROM base.incident WHERE status NOT IN ('closed', 'withdrawn')"
                "          AND reported_at > CAST(:now AS timestamptz) - interval '120 days'),"
                " (SELECT count(*) FROM base.resource WHERE status = 'ready'), (SELECT count(*) FROM base.resident)"
            ),
            {"now": loaded.now},
        ).one()
    counters = [counter["value"] for counter in data["parts"]["counters"]]
    assert counters[0] == f"{residents:,}"
    assert counters[2] == f"{open_now:,}"
    assert counters[4] == f"{ready:,}"


def test_a_page_that_comes_back_gets_only_what_changed(hub):
    async def again() -> tuple[dict[str, Any], dict[str, Any]]:
        async with living(hub):
            known = f"{hub.life}-{hub.count}"
            same = hub.first_event(hub.open("main"), last_event_id=known, back=3)
            stranger = hub.first_event(hub.open("main"), last_event_id=f"000000-{hub.count}", back=None)
            assert same is not None
            assert stranger is not None
            return read(same)[2], read(stranger)[2]

    same, stranger = asyncio.run(again())

    assert same["parts"] == {}
    assert same["back"] == 3
    # an id of another life of the server says nothing: the whole picture again
    assert "counters" in stranger["parts"]


def test_a_new_incident_is_told_by_itself_without_its_text(hub, loaded, clean):
    async def tell() -> tuple[int, dict[str, Any], dict[str, Any]]:
        async with living(hub):
            listener = hub.open("main")
            number = await asyncio.to_thread(add_incident, loaded, "wall-test-1")
            point = await told(listener, "incidents", lambda data: any(row[2] == number for row in data["rows"]))
            return number, point, await told(listener, "incidents", lambda data: data["counters"] is not None)

    number, data, counted = asyncio.run(tell())

    lon, lat, shown, is_open = data["rows"][0]
    assert (shown, is_open) == (number, True)
    west, south, east, north = hub.composer.ground.bounds
    assert west <= lon <= east
    assert south <= lat <= north
    assert "nobody may see" not in json.dumps(data)
    # the counters follow the point
    assert [counter["label"] for counter in counted["counters"]][2] == "在办事件"


def test_a_lost_connection_is_told_and_what_came_meanwhile_is_counted(hub, loaded, clean):
    async def lose() -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        async with living(hub):
            listener = hub.open("main")
            before = await told(listener, "tick")
            # two records come while nobody listens
            for key in ("wall-test-2", "wall-test-3"):
                await asyncio.to_thread(add_incident, loaded, key, tell=False)
            await asyncio.to_thread(cut_listeners, loaded)
            lost = await told(listener, "tick", lambda data: data["database"] is not None)
            back = await told(listener, "parts", lambda data: "back" in data)
            return before, lost, back

    before, lost, back = asyncio.run(lose())

    assert before["database"] is None
    assert {feed["name"] for feed in before["feeds"]} >= {"incidents", "requests", "resources"}
    assert lost["database"]["lost_at"] == loaded.now.timestamp()
    assert lost["database"]["attempt"] >= 1
    assert back["back"] == 2


def cut_listeners(loaded) -> None:
    # a role may end its own connections
    with loaded.database.wall.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = current_user AND query LIKE 'LISTEN%'"
            )
        )


def test_a_server_without_its_database_shows_the_last_good_picture(hub, loaded, tmp_path):
    async def keep() -> None:
        async with living(hub):
            hub.write_cache()

    asyncio.run(keep())
    heir = LiveHub(loaded.database, lambda: loaded.now, tmp_path / "wall")
    heir.read_cache()

    message = heir.first_event(heir.open("main"), last_event_id="", back=None)
    assert message is not None
    data = read(message)[2]
    assert data["at"] == loaded.now.timestamp()
    assert data["ground"] == hub.composer.ground.version
    assert data["parts"]["counters"] == json.loads(hub.parts["zh"]["counters"].text)


def test_a_broken_cache_is_no_picture(loaded, tmp_path):
    folder = tmp_path / "wall"
    folder.mkdir()
    (folder / "last_picture.json").write_text("{", encoding="utf-8")
    hub = LiveHub(loaded.database, lambda: loaded.now, folder)

    hub.read_cache()

    assert hub.composer is None
    with pytest.raises(Unavailable):
        hub.ground_answer("main")


def test_unknown_screens_are_nobodys(hub):
    with pytest.raises(NotFound, match="lobby"):
        hub.open("lobby")


def test_a_page_that_reads_nothing_is_cut_off():
    listener = Listener("main", "zh")
    for _ in range(QUEUE_LENGTH + 1):
        listener.put(event("tick", "{}"))

    assert listener.queue.get_nowait() is None
    assert listener.queue.empty()


def test_messages_that_are_not_ours_are_passed_over(hub):
    hub.hear("not json")
    assert not hub.dirty.is_set()
    hub.hear('{"kind": "batch", "feed": "roads", "batch_id": 1, "rows": 1}')
    assert hub.ground_changed
    assert hub.dirty.is_set()


def test_a_trend_equals_a_count_of_its_own(hub, loaded):
    parts = hub.select_parts()["zh"]
    shown = json.loads(parts["scene:demand"])["panel"]

    with loaded.database.owner.connect() as connection:
        count = connection.execute(
            text(
                "SELECT count(*) FROM base.service_request WHERE status <> 'withdrawn'"
                " AND requested_at >= CAST(:now AS timestamptz) - interval '24 hours' AND requested_at < :now"
            ),
            {"now": loaded.now},
        ).scalar_one()

    assert sum(shown["actual"]) == count
    assert isinstance(loaded.now, datetime)


def test_no_part_names_a_person(hub, loaded):
    with loaded.database.owner.connect() as connection:
        names = (
            connection.execute(text("SELECT DISTINCT name FROM base.resident WHERE length(name) > 2 LIMIT 300"))
            .scalars()
            .all()
        )
        workers = connection.execute(text("SELECT name FROM base.grid_worker WHERE length(name) > 2")).scalars().all()
    shown = "".join(hub.select_parts()["zh"].values())

    assert names
    assert not [name for name in (*names, *workers) if name in shown]


def test_a_language_is_composed_once_somebody_watches_it(hub: LiveHub):
    async def scenario() -> bytes:
        async with living(hub), asyncio.timeout(PATIENCE_S):
            while not hub.parts:
                await asyncio.sleep(0.05)
            assert set(hub.parts) == {"zh"}
            english = hub.open("main-en")
            while (first := hub.first_event(english, last_event_id="", back=None)) is None:
                await asyncio.sleep(0.05)
            hub.listeners.discard(english)
            await hub.compose()
            assert set(hub.parts) == {"zh"}, "nobody watches it any more"
            return first

    _, name, data = read(asyncio.run(scenario()))

    assert name == "parts"
    assert data["parts"]["counters"][0]["label"] == "Residents"


def test_a_second_language_reads_no_layer_again(hub: LiveHub, monkeypatch: pytest.MonkeyPatch):
    hub.select_parts()
    composer = hub.composer
    assert composer is not None
    # what the first language read serves the second
    monkeypatch.setattr("dashboard.wall.compose.select_layer", lambda *_, **__: pytest.fail("a layer was read again"))

    with hub.database.wall.connect() as connection:
        english = dict(composer.parts(connection, language="en", now=hub.clock()))

    scenes = [part for name, part in english.items() if name.startswith("scene:")]
    assert scenes
    # and the legend is in the second
    assert not any(
        "\u4e00" <= letter <= "\u9fff" for scene in scenes for step in scene.layer.steps for letter in step.label
    )
