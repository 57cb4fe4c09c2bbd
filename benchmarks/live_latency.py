"""How long a new incident takes from its insert to every open wall, beside the bare notification.

Runs a real server over the loaded database of this installation (FENGQIAO_DATABASE_URL or FENGQIAO_VAR_DIR) and opens
`WALLS` streams. The incidents it inserts are removed again. Target: p95 <= 1 000 ms from before the insert.
"""

import asyncio
import json
import socket
import sys
import threading
import time
from datetime import UTC, datetime

import httpx
import numpy as np
import psycopg
import uvicorn
from sqlalchemy import text

from dashboard.links import sample_links
from dashboard.server import create_app
from dashboard.settings import ServerSettings
from gis.database.connection import Database, running_database
from gis.settings import DatabaseSettings

MEASURES = "a new incident: from its insert to every wall, beside the bare notification"

WALLS = 20
ROUNDS = 30
TARGET_MS = 1_000.0

INSERT = """
INSERT INTO base.incident (subdistrict_code, feed, source_key, reported_at, category, source, status, placement, geom,
                           cell)
SELECT subdistrict_code, 'incidents', :key, :at, '城市管理', 'bench', 'reported', 'placed', ST_PointOnSurface(geom),
       cell
  FROM base.cell WHERE resolution = 11 ORDER BY share DESC, cell LIMIT 1
RETURNING id"""


def insert(database: Database, key: str) -> int:
    """Insert one incident and tell of it, as the intake does; returns its id."""
    now = datetime.now(UTC)
    with database.owner.begin() as connection:
        connection.execute(text("SELECT support.ensure_months('base.incident', :at, :at)"), {"at": now})
        number = int(connection.execute(text(INSERT), {"key": key, "at": now}).scalar_one())
        message = json.dumps({"kind": "incident", "id": number, "change": "taken"})
        connection.execute(text("SELECT support.tell(CAST(:message AS jsonb))"), {"message": message})
    return number


async def watch(url: str, arrivals: dict[int, list[float]], ready: asyncio.Event) -> None:
    """Note when each incident arrives on one stream."""
    async with httpx.AsyncClient(timeout=None) as client, client.stream("GET", url) as answer:
        name = ""
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: ") and name == "incidents":
                for row in json.loads(line.removeprefix("data: "))["rows"]:
                    arrivals.setdefault(row[2], []).append(time.perf_counter())
            elif line.startswith("data: "):
                ready.set()


async def measure(database: Database, url: str) -> list[float]:
    """Insert `ROUNDS` incidents; returns how long each took to reach each wall [ms]."""
    arrivals: dict[int, list[float]] = {}
    opened = [asyncio.Event() for _ in range(WALLS)]
    streams = [asyncio.create_task(watch(url, arrivals, ready)) for ready in opened]
    await asyncio.gather(*(ready.wait() for ready in opened))
    times = []
    for turn in range(ROUNDS):
        start = time.perf_counter()
        number = await asyncio.to_thread(insert, database, f"bench-live-{turn}")
        while len(arrivals.get(number, [])) < WALLS:
            await asyncio.sleep(0.005)
        times += [1000.0 * (moment - start) for moment in arrivals[number]]
        await asyncio.sleep(0.2)
    for stream in streams:
        stream.cancel()
    await asyncio.gather(*streams, return_exceptions=True)
    return times


def bare_notification(database: Database) -> list[float]:
    """The floor: a notification from one connection to another [ms]."""
    times = []
    with (
        psycopg.connect(database.conninfo(), autocommit=True) as listening,
        psycopg.connect(database.conninfo(), autocommit=True) as telling,
    ):
        listening.execute("LISTEN bench")
        for _ in range(ROUNDS):
            start = time.perf_counter()
            telling.execute("NOTIFY bench")
            next(listening.notifies(stop_after=1))
            times.append(1000.0 * (time.perf_counter() - start))
    return times


def main() -> int:
    """Measure, print, and return 1 when the target is missed."""
    settings = ServerSettings(geodatabase=DatabaseSettings())
    with running_database(settings.geodatabase) as database:
        links = sample_links(database)
        if links is None:
            print("this measure needs the sample: fengqiao sample DIR && fengqiao load DIR", file=sys.stderr)
            return 1
        listener = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(
            uvicorn.Config(
                create_app(settings, database), access_log=False, log_config=None, timeout_graceful_shutdown=1
            )
        )
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/live/main?{links.wall.partition('?')[2]}"
        try:
            while not server.started:
                time.sleep(0.05)
            times = asyncio.run(measure(database, url))
            floor = bare_notification(database)
        finally:
            server.should_exit = True
            thread.join(timeout=10)
            with database.owner.begin() as connection:
                connection.execute(text("DELETE FROM base.incident WHERE source_key LIKE 'bench-live-%'"))
    for name, found in ((f"insert to {WALLS} walls", times), ("bare notification", floor)):
        print(f"{name:24s} median {np.median(found):7.1f} ms   p95 {np.quantile(found, 0.95):7.1f} ms")
    return 1 if float(np.quantile(times, 0.95)) > TARGET_MS else 0


if __name__ == "__main__":
    sys.exit(main())
