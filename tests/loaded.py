"""The sample sub-district at a fiftieth, loaded once per run through the real way in, and a real server over it."""

import asyncio
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import uvicorn
from sqlalchemy import text

from alerts.life import judge
from alerts.rules import shipped_rules
from casework.assignment import read_effort
from casework.assignment_store import make_plan, publish_plan
from dashboard.links import SampleLinks, sample_links
from dashboard.server import create_app
from dashboard.settings import ServerSettings
from etl.ledger import FeedResult
from etl.load import load_folder
from etl.sample.delivery import write_sample
from gis.database.connection import Database, running_database
from gis.database.migrate import upgrade
from gis.district import District, select_district
from gis.settings import DatabaseSettings
from layers.facts import refresh

SCALE = 0.02
UNTIL = date(2026, 11, 22)
#: Monday 23 November 2026, 00:10 in Suzhou: the history has just ended
NOW = datetime(2026, 11, 22, 16, 10, tzinfo=UTC)


@dataclass(frozen=True)
class Loaded:
    """A loaded installation. Tests read it; what they write uses keys of their own."""

    database: Database
    settings: DatabaseSettings
    district: District
    #: the delivery; its truth lies beside it in ``<folder>.truth``
    folder: Path
    results: tuple[FeedResult, ...]
    now: datetime

    def result(self, feed: str) -> FeedResult:
        """What became of one feed."""
        return next(result for result in self.results if result.feed == feed)


@pytest.fixture(scope="session")
def loaded() -> Iterator[Loaded]:
    """The sample, loaded whole: records, cells, facts, assignment, alerts."""
    var_dir = Path(tempfile.mkdtemp(prefix="fengqiao-loaded-"))
    var_dir.chmod(0o755)
    folder = var_dir / "sample"
    write_sample(folder, seed=1, scale=SCALE, until=UNTIL)
    settings = DatabaseSettings(var_dir=var_dir, database_url=None)
    with running_database(settings) as database:
        upgrade(database)
        results = load_folder(database, folder, actor="tests", now=NOW)
        with database.owner.begin() as connection:
            district = select_district(connection)
            plan = make_plan(connection, subdistrict_code=district.code, effort=read_effort(), now=NOW)
            publish_plan(connection, plan, actor="tests", now=NOW)
        refresh(database, now=NOW)
        judge(database.owner, shipped_rules(), subdistrict_code=district.code, now=NOW)
        yield Loaded(database, settings, district, folder, tuple(results), NOW)
    shutil.rmtree(var_dir, ignore_errors=True)


@dataclass(frozen=True)
class Serving:
    """A real server on a port of its own."""

    url: str
    links: SampleLinks


@pytest.fixture(scope="session")
def serving(loaded: Loaded) -> Iterator[Serving]:
    """Uvicorn over the loaded sample, in a thread; its clock is the machine's."""
    links = sample_links(loaded.database)
    assert links is not None
    app = create_app(ServerSettings(geodatabase=loaded.settings), loaded.database)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, access_log=False, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        threading.Event().wait(0.05)
    yield Serving(f"http://127.0.0.1:{listener.getsockname()[1]}", links)
    server.should_exit = True
    thread.join(timeout=10)


RAISE = """
INSERT INTO alerting.alert (subdistrict_code, rule, unit_kind, unit_code, unit_name, letter, level, status,
       community_code, cells, geom, observed, expected, expected_low, expected_high, method, window_from, window_to,
       reasons, exposure, raised_at, updated_at, held_at, opened_at, held_by_at, fingerprint, holder)
SELECT :code, 'dispute_surge', 'compound', 'wall-test', place.name, 'W', 2, 'open',
       place.community_code, ARRAY[cell.cell], ST_Multi(cell.geom), 11, 3.2, 0.6, 6.5, 'threshold',
       now() - interval '4 hours', now(), '[{"name": "停车", "count": 3}]'::jsonb,
       '{"persons": null, "households": 7}'::jsonb, now(), now(), now(), now(), now(), 'wall-test', 'grid_leader'
  FROM base.place JOIN base.cell ON cell.resolution = 10 AND ST_Contains(cell.geom, place.point)
 WHERE place.kind = 'compound' AND place.counted ORDER BY place.id LIMIT 1
RETURNING id"""


@contextmanager
def standing_alert(loaded: Loaded) -> Iterator[int]:
    """An orange alert over one cell of a compound, raised now; gone afterwards with what happened to it."""
    with loaded.database.owner.begin() as connection:
        number: int = connection.execute(text(RAISE), {"code": loaded.district.code}).scalar_one()
    try:
        yield number
    finally:
        with loaded.database.owner.begin() as connection:
            connection.execute(text("DELETE FROM alerting.alert_event WHERE alert_id = :id"), {"id": number})
            connection.execute(text("DELETE FROM alerting.alert WHERE id = :id"), {"id": number})
