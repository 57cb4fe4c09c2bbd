"""The row work on a dask cluster of real processes: the same rows bit for bit, also when a worker is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from etl import pipeline
from etl.ledger import FeedResult
from etl.load import NoProgress, load_folder
from etl.load_command import cluster
from gis.database.connection import Database
from gis.errors import BadInput
from tests.etl.small_district import (
    CODE,
    INCIDENT_HEADING,
    RESIDENT_HEADING,
    incident,
    resident,
    write_small_district,
    write_table,
)
from tests.integration.test_load import forget

NOW = datetime(2026, 4, 1, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
#: what was stored, ids of the database and the time of the load left out
STORED = {
    "residents": "SELECT to_jsonb(r) - '{id,batch_id,recorded_from,household_id,dwelling_id,building_id,place_id,work_grid_id}'::text[]"
    " || jsonb_build_object('home', h.source_key, 'room', d.unit || '/' || d.room, 'building', b.source_key)"
    " FROM base.resident r LEFT JOIN base.household h ON h.id = household_id LEFT JOIN base.dwelling d ON d.id = r.dwelling_id"
    " LEFT JOIN base.building b ON b.id = r.building_id WHERE r.subdistrict_code = :code ORDER BY r.source_key",
    "incidents": "SELECT to_jsonb(i) - '{id,batch_id,recorded_from,building_id,place_id,work_grid_id,located_by}'::text[]"
    " FROM base.incident i WHERE subdistrict_code = :code ORDER BY source_key",
    "delivered": "SELECT feed, source_key, encode(row_hash, 'hex') FROM support.delivered"
    " WHERE subdistrict_code = :code ORDER BY 1, 2",
    "quarantine": "SELECT feed, row_number, row_hash, reasons FROM support.quarantine"
    " WHERE subdistrict_code = :code ORDER BY 1, 2",
}  # fmt: skip


class Cluster:
    """A scheduler and two workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        about = folder / "scheduler.json"
        self.folder = folder
        self.scheduler = self.start("scheduler", "--port", "0", "--scheduler-file", str(about))
        self.workers = [self.start("worker", "--scheduler-file", str(about), "--no-nanny") for _ in range(2)]
        end = time.monotonic() + 60
        while not about.exists() or not about.stat().st_size:
            assert time.monotonic() < end, "no scheduler came up"
            time.sleep(0.1)
        self.address = str(json.loads(about.read_text())["address"])

    def start(self, what: str, *options: str) -> "subprocess.Popen[bytes]":
        given = ["--host", "127.0.0.1", "--no-dashboard", *options]
        if what == "worker":
            given += ["--nthreads", "1", "--local-directory", str(self.folder)]
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{what}", *given],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Cluster]:
    running = Cluster(tmp_path)
    yield running
    running.stop()


@pytest.fixture
def emptied(database: Database) -> Iterator[Database]:
    forget(database)
    yield database
    forget(database)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small district with 300 residents and 300 incidents, some of them bad."""
    folder = write_small_district(tmp_path / "delivery")
    people = [
        resident(f"P{n}", 户号=f"H{n // 3}", 室号=f"{100 + n % 50}", 手机号="" if n % 7 else "12", 楼栋=str(1 + n % 2))
        for n in range(300)
    ]
    reports = [
        incident(f"{n}", 地址=f"甲苑{1 + n % 3}幢{n % 4}单元", 上报时间="2026-03-01" if n % 11 else "昨天")
        for n in range(1, 301)
    ]
    write_table(folder, "residents.csv", RESIDENT_HEADING, *people, encoding="gb18030")
    write_table(folder, "incidents.csv", INCIDENT_HEADING, *reports)
    return folder


def stored(database: Database) -> dict[str, list[Any]]:
    with database.owner.connect() as connection:
        return {
            name: [tuple(row) for row in connection.execute(text(statement), {"code": CODE})]
            for name, statement in STORED.items()
        }


class Killing(NoProgress):
    """Kills a worker when the first rows of the residents have come back from the cluster."""

    def __init__(self, worker: "subprocess.Popen[bytes]") -> None:
        self.worker = worker
        self.feed = ""

    def begin(self, feed: str, rows: int) -> None:
        self.feed = feed

    def advance(self, rows: int) -> None:
        if self.feed == "residents" and rows and self.worker.poll() is None:
            os.kill(self.worker.pid, signal.SIGKILL)
            self.worker.wait()


@pytest.mark.database
def test_a_cluster_stores_the_same_and_goes_on_without_a_killed_worker(
    emptied: Database, folder: Path, dask: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BATCH_ROWS", 50)  # six batches per file: most are still to come at the kill

    def loaded(**options: Any) -> tuple[dict[str, FeedResult], dict[str, list[Any]]]:
        forget(emptied)
        results = {r.feed: r for r in load_folder(emptied, folder, actor="test", now=NOW, **options)}
        return results, stored(emptied)

    here, rows_here = loaded()
    with cluster(dask.address) as executor:
        there, rows_there = loaded(executor=executor)
        killing = Killing(dask.workers[0])
        without, rows_without = loaded(executor=executor, progress=killing)

    assert len(rows_here["residents"]) == 257  # 43 of 300 have the telephone 12, which is none
    assert rows_there == rows_here
    assert rows_without == rows_here
    assert dask.workers[0].returncode == -signal.SIGKILL
    for results in (there, without):
        for feed, result in results.items():
            assert (result.loaded, result.quarantined) == (here[feed].loaded, here[feed].quarantined)


def test_a_scheduler_that_does_not_answer_is_named() -> None:
    with pytest.raises(BadInput, match="no dask scheduler answers"), cluster("tcp://127.0.0.1:9", timeout_s=1):
        pass
