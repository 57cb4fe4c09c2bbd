"""Jobs: what they do, and that the worker finds and runs them."""

import asyncio
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from sqlalchemy import text

from dashboard.jobs import PERIODIC, Job, prepare_months, queue, tidy_sessions, work
from gis.database.connection import Database
from tests.world import World

NOW = datetime.now(tz=UTC)
called: list[datetime] = []


def remember(database: Database, *, now: datetime) -> None:
    """A job of the test."""
    called.append(now)


def test_every_periodic_job_is_a_function_there_is():
    for job in PERIODIC:
        module, _, function = job.target.partition(":")
        assert callable(getattr(import_module(module), function)), job.target


def test_sessions_that_ended_a_month_ago_are_deleted_and_no_others(world: World):
    with world.database.owner.begin() as connection:
        for name, expires, revoked in (
            ("old", NOW - timedelta(days=31), None),
            ("revoked", NOW + timedelta(days=9), NOW - timedelta(days=31)),
            ("recent", NOW - timedelta(days=29), None),
            ("open", NOW + timedelta(days=1), None),
        ):
            connection.execute(
                text(
                    "INSERT INTO access.session (account_id, secret_hash, expires_at, revoked_at) VALUES (:id,"
                    " :name, :expires, :revoked)"
                ),
                {"id": world.accounts["auditor"], "name": name.encode(), "expires": expires, "revoked": revoked},
            )
        bearers = connection.scalar(text("SELECT count(*) FROM access.session WHERE secret_hash IS NULL"))

    assert tidy_sessions(world.database, now=NOW) == 2

    with world.database.owner.connect() as connection:
        left = connection.scalars(text("SELECT secret_hash FROM access.session WHERE length(secret_hash) < 32")).all()
        assert {bytes(name) for name in left} == {b"recent", b"open"}
        assert connection.scalar(text("SELECT count(*) FROM access.session WHERE secret_hash IS NULL")) == bearers


def test_the_months_to_come_have_their_partitions(world: World):
    prepare_months(world.database, now=datetime(2031, 12, 15, tzinfo=UTC))

    with world.database.owner.connect() as connection:
        names = connection.scalars(
            text("SELECT relname FROM pg_class WHERE relname ~ '^(incident|service_request)_20(31|32)'")
        ).all()
    assert {name for name in names if "_key" not in name and "_idx" not in name and "_pkey" not in name} == {
        "incident_203112",
        "incident_203201",
        "service_request_203112",
        "service_request_203201",
    }


def test_the_worker_runs_what_is_queued_with_the_time_it_was_due(world: World):
    job = Job("tests.dashboard.test_jobs:remember", cron="0 0 1 1 *")
    called.clear()

    async def live() -> None:
        worker = asyncio.create_task(work(world.database, jobs=(job,)))
        async with queue(world.database, jobs=(job,)).open_async() as app:
            await app.configure_task(job.name).defer_async(timestamp=1_900_000_000)
        for _ in range(600):
            if called:
                break
            await asyncio.sleep(0.1)
        worker.cancel()
        with pytest.raises(asyncio.CancelledError):
            await worker

    asyncio.run(live())

    assert called == [datetime.fromtimestamp(1_900_000_000, tz=UTC)]
