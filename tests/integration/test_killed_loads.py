"""kill -9 at twenty instants of a live load, then a rerun: the database equals that of an undisturbed run.

The loads are real processes; they are looked at from outside (pg_stat_activity, pg_stat_progress_copy), frozen, looked at
again, and killed. To stand still in COMMIT and right after NOTIFY, the test's own database has a deferred trigger and a
`support.tell` that wait for an advisory lock which only the test holds; the program knows nothing of either.
"""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gis.database.connection import Database
from gis.database.migrate import upgrade
from gis.database.secrets import read_or_make_secrets
from tests.etl.small_district import (
    INCIDENT_HEADING,
    RESIDENT_HEADING,
    incident,
    resident,
    write_small_district,
    write_table,
)
from tests.integration.killed_child import run
from tests.integration.test_load import load

pytestmark = pytest.mark.database

BASE, TRIAL = "fengqiao_killed_base", "fengqiao_killed"
APPLICATION = "killed load"
AT_COMMIT, AT_NOTIFY = 7701, 7702
#: a load that is not seen where it is waited for has failed the test [s]
PATIENCE_S = 60.0
PEOPLE, CASES = 1_200, 220

GATES = f"""
CREATE FUNCTION support.wait_at_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_advisory_xact_lock_shared({AT_COMMIT}); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER wait_at_commit AFTER UPDATE OF finished_at ON support.batch DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION support.wait_at_commit();
CREATE OR REPLACE FUNCTION support.tell(message jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_notify('fengqiao', message::text); PERFORM pg_advisory_xact_lock_shared({AT_NOTIFY}); END $$;
"""

#: everything a load writes, without numbers and instants that differ from run to run and without ciphers drawn anew
CONTENT = """
SELECT 'resident', resident.source_key, concat_ws('|', resident.name, sex, birth_date, registration, groups, encode(identity_hash, 'hex'),
       resident.address, household.source_key, building.source_key, dwelling.unit, dwelling.room, placement, resident.geom, cell_text.cell,
       resident.community_code, resident.valid_from)
  FROM base.resident
  LEFT JOIN base.household ON household.id = household_id
  LEFT JOIN base.building ON building.id = resident.building_id
  LEFT JOIN base.dwelling ON dwelling.id = resident.dwelling_id
 CROSS JOIN LATERAL (SELECT resident.cell) AS cell_text
UNION ALL
SELECT 'household', household.source_key, concat_ws('|', household.feed, building.source_key, dwelling.unit, dwelling.room)
  FROM base.household LEFT JOIN base.dwelling ON dwelling.id = dwelling_id LEFT JOIN base.building ON building.id = household.building_id
UNION ALL
SELECT 'dwelling', building.source_key, concat_ws('|', unit, room, floor) FROM base.dwelling JOIN base.building ON building.id = building_id
UNION ALL
SELECT 'incident', source_key, CAST(to_jsonb(incident) - 'id' - 'batch_id' - 'recorded_from' AS text) FROM base.incident
UNION ALL
SELECT 'delivered', feed || source_key, encode(row_hash, 'hex') FROM support.delivered
UNION ALL
SELECT 'former', feed || source_key, encode(row_hash, 'hex') FROM support.delivered_former
UNION ALL
SELECT 'quarantine', feed || row_hash, concat_ws('|', reasons, released_at IS NULL) FROM support.quarantine
UNION ALL
SELECT 'version', table_name || record_id, md5(CAST(record AS text)) FROM support.record_version
UNION ALL
SELECT 'ledger', feed || content_hash, concat_ws('|', read, counted, loaded, unchanged, quarantined, unplaced, origin)
  FROM support.batch WHERE loaded + unplaced + quarantined > 0
UNION ALL
SELECT 'feed', name, concat_ws('|', newest_event_at, title) FROM support.feed
ORDER BY 1, 2, 3
"""


@dataclass(frozen=True)
class Seen:
    """A load as it was seen from outside at the instant it was killed."""

    aim: str
    state: str
    query: str
    waits_for: str | None
    copied: int | None


@dataclass
class Range:
    """The databases and processes of the test."""

    database: Database
    var_dir: Path
    folder: Path
    watch: psycopg.Connection[Any]
    processes: Any

    def trial_url(self) -> str:
        url = self.database.owner_url.set(database=TRIAL).update_query_dict({"application_name": APPLICATION})
        return url.render_as_string(hide_password=False)

    def renew(self) -> None:
        """A fresh copy of the loaded base."""
        self.watch.execute(f"DROP DATABASE IF EXISTS {TRIAL} WITH (FORCE)")
        self.watch.execute(f"CREATE DATABASE {TRIAL} TEMPLATE {BASE}")

    def start(self) -> BaseProcess:
        begun = self.processes.Event()
        child = self.processes.Process(target=run, args=(self.trial_url(), str(self.var_dir), str(self.folder), begun))
        child.start()
        assert begun.wait(PATIENCE_S), "the load did not begin"
        return child  # type: ignore[no-any-return]

    def look(self, aim: str) -> Seen | None:
        """The backend of the load, if it is in a transaction."""
        row = self.watch.execute(
            "SELECT state, query, wait_event, tuples_processed FROM pg_stat_activity LEFT JOIN pg_stat_progress_copy USING (pid)"
            " WHERE application_name = %s AND xact_start IS NOT NULL",
            (APPLICATION,),
        ).fetchone()
        return None if row is None else Seen(aim, str(row[0]), str(row[1]), row[2], row[3])

    def kill_where(self, child: BaseProcess, aim: str, is_there: Callable[[Seen], bool]) -> Seen | None:
        """Freeze the load where it is wanted, make sure that it is there still, and kill it; None when it ended before."""
        assert child.pid is not None
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            seen = self.look(aim)
            if seen is not None and is_there(seen):
                os.kill(child.pid, signal.SIGSTOP)
                frozen = self.look(aim)
                if frozen is not None and is_there(frozen):
                    os.kill(child.pid, signal.SIGKILL)
                    child.join()
                    assert child.exitcode == -signal.SIGKILL
                    return frozen
                os.kill(child.pid, signal.SIGCONT)
            if not child.is_alive():
                return None
        raise AssertionError(f"the load was never seen at {aim}")

    def settle(self) -> None:
        """Wait until the server has noticed that the load is gone."""
        until = time.monotonic() + PATIENCE_S
        while self.watch.execute(
            "SELECT 1 FROM pg_stat_activity WHERE application_name = %s", (APPLICATION,)
        ).fetchone():
            assert time.monotonic() < until, "the server still serves a load that was killed"
            time.sleep(0.002)

    def is_loaded(self) -> bool:
        """Whether the residents were brought in whole before the load was killed."""
        with psycopg.connect(self.database.conninfo(self.database.owner_url.set(database=TRIAL))) as connection:
            batches = "SELECT count(*) FROM support.batch WHERE feed = 'residents' AND loaded > 0"
            return connection.execute(batches).fetchone() == (2,)

    def content(self) -> list[tuple[str, str, str]]:
        with psycopg.connect(self.database.conninfo(self.database.owner_url.set(database=TRIAL))) as connection:
            half = connection.execute("SELECT count(*) FROM support.batch WHERE finished_at IS NULL").fetchone()
            assert half == (0,)
            return connection.execute(CONTENT).fetchall()

    @contextmanager
    def held(self, lock: int) -> Iterator[None]:
        """Hold a gate of the trial database shut."""
        with psycopg.connect(
            self.database.conninfo(self.database.owner_url.set(database=TRIAL)), autocommit=True
        ) as own:
            own.execute("SELECT pg_advisory_lock(%s)", (lock,))
            yield


@pytest.fixture(scope="module")
def shooting(database: Database, var_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Range]:
    """The small district, loaded; then the delivery that is killed: most people changed or new, some bad, cases besides."""
    folder = write_small_district(tmp_path_factory.mktemp("killed") / "delivery")
    people = [resident(f"P{n}", 户号=f"H{n}", 室号=str(100 + n % 400)) for n in range(PEOPLE)]
    write_table(folder, "residents.csv", RESIDENT_HEADING, *people[: PEOPLE // 2], encoding="gb18030")
    with psycopg.connect(database.conninfo(), autocommit=True) as watch:
        watch.execute(f"DROP DATABASE IF EXISTS {BASE} WITH (FORCE)")
        watch.execute(f"CREATE DATABASE {BASE}")
        base = Database(owner_url=database.owner_url.set(database=BASE), secrets=read_or_make_secrets(var_dir))
        upgrade(base)
        load(base, folder)
        base.dispose()
        with psycopg.connect(database.conninfo(base.owner_url), autocommit=True) as own:
            own.execute(GATES)
        changed = [line.replace("张三", "李四") if n % 2 else line for n, line in enumerate(people)]
        changed += [resident(f"X{n}", 性别="无") for n in range(20)]
        write_table(folder, "residents.csv", RESIDENT_HEADING, *changed, encoding="gb18030")
        cases = [incident(str(n), 事件标题="占道经营", 等级="较大" if n % 3 else "一般") for n in range(1, CASES)]
        write_table(
            folder, "incidents.csv", INCIDENT_HEADING, *cases, incident("900", 社区="移动巡河"), encoding="utf-8-sig"
        )
        processes = get_context("forkserver")
        processes.set_forkserver_preload(["tests.integration.killed_child"])
        yield Range(database, var_dir, folder, watch, processes)
        for name in (TRIAL, BASE):
            watch.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def undisturbed(shooting: Range) -> tuple[list[tuple[str, str, str]], float]:
    """What the load comes to when nobody kills it, and how long it takes [s]."""
    shooting.renew()
    child = shooting.start()
    started = time.monotonic()
    child.join()
    assert child.exitcode == 0
    return shooting.content(), time.monotonic() - started


def test_twenty_kills_of_a_live_load_leave_nothing_that_a_rerun_does_not_make_whole(shooting: Range) -> None:
    wanted, duration_s = undisturbed(shooting)
    kinds = {kind for kind, _, _ in wanted}
    assert kinds == {
        "resident",
        "household",
        "dwelling",
        "incident",
        "delivered",
        "former",
        "quarantine",
        "version",
        "ledger",
        "feed",
    }
    drawn = random.Random(20261125)
    hits: list[Seen] = []
    committed = 0
    aims = ["random"] * 11 + ["copy"] * 3 + ["commit"] * 3 + ["notify"] * 3
    for aim in aims:
        hit = None
        while hit is None:
            shooting.renew()
            gate = {"commit": AT_COMMIT, "notify": AT_NOTIFY}.get(aim)
            if gate is None:
                child = shooting.start()
                if aim == "random":
                    time.sleep(drawn.uniform(0.05, 0.9) * duration_s)
                hit = shooting.kill_where(child, aim, is_copying if aim == "copy" else is_working)
            else:
                with shooting.held(gate):
                    hit = shooting.kill_where(shooting.start(), aim, WAITING[aim])
                    if drawn.random() < 0.5:
                        # the server itself gives up the half-done transaction, else it ends what it was told to
                        shooting.watch.execute(
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s",
                            (APPLICATION,),
                        )
                        shooting.settle()
            shooting.settle()
        hits.append(hit)
        committed += shooting.is_loaded()

        again = shooting.start()
        again.join()

        assert again.exitcode == 0, hit
        assert shooting.content() == wanted, hit

    assert len(hits) == 20
    assert all(hit.state in ("active", "idle in transaction") for hit in hits)
    assert [hit.copied is not None for hit in hits if hit.aim == "copy"] == [True] * 3
    assert [(hit.query, hit.waits_for) for hit in hits if hit.aim == "commit"] == [("COMMIT", "advisory")] * 3
    assert ["support.tell" in hit.query for hit in hits if hit.aim == "notify"] == [True] * 3
    # the random ones did not all fall on the same step
    assert len({hit.query for hit in hits if hit.aim == "random"}) >= 4
    assert committed, "some loads had ended a feed when they were killed"


def is_working(seen: Seen) -> bool:
    return True


def is_copying(seen: Seen) -> bool:
    return seen.copied is not None and seen.state == "active"


#: where a load stands still at a gate
WAITING: dict[str, Callable[[Seen], bool]] = {
    "commit": lambda seen: seen.query == "COMMIT" and seen.waits_for == "advisory",
    "notify": lambda seen: "support.tell" in seen.query and seen.waits_for == "advisory",
}
