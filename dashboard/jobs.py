"""The worker: what has to happen by the clock or is too long for a request; PostgreSQL is the queue.

A job is a plain function of the database and the time. It runs as the owner, in a thread of its own, one at a time of
each kind. `PERIODIC` says which run by the clock; a package adds a line for each of its own.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module

import procrastinate
import structlog
from sqlalchemy import URL

from access.outbox import tidy_outbox
from gis.database.connection import Database
from gis.database.statements import load_statements

logger = structlog.get_logger("fengqiao.jobs")
STATEMENTS = load_statements("dashboard", "jobs")

#: the schema procrastinate's tables are in; its statements name none
SCHEMA = "jobs"
CONCURRENCY = 2
#: a worker whose database went away comes back after this [s]
RETRY_S = 3.0

JobFunction = Callable[..., object]


@dataclass(frozen=True)
class Job:
    """A function `f(database, *, now)` and when it runs."""

    #: module:function, imported when it first runs
    target: str
    #: five fields, minute first, in UTC
    cron: str

    @property
    def name(self) -> str:
        return self.target.replace(":", ".")


PERIODIC = (
    Job("dashboard.jobs:tidy_sessions", cron="23 18 * * *"),
    Job("dashboard.jobs:prepare_months", cron="17 18 * * *"),
    Job("dashboard.jobs:tidy_delivered", cron="29 18 * * *"),
    Job("casework.transitions:dispatch_by_clock", cron="* * * * *"),
    # a name that was taught places what waits for it
    Job("etl.placing_again:place_again_when_changed", cron="*/5 * * * *"),
    Job("etl.interfaces:measure_feeds", cron="*/10 * * * *"),
    Job("etl.contract_job:check_by_the_clock", cron="13,43 * * * *"),
    Job("dashboard.exchange.probing:check_given", cron="3,33 * * * *"),
    Job("etl.pull_command:pull_by_the_clock", cron="* * * * *"),
    Job("dashboard.lineage_sending:tell_catalogue", cron="* * * * *"),
    # at 5:10 in Suzhou
    Job("alerts.risk.store:score_places", cron="10 21 * * *"),
    # Mondays at 4:40 in Suzhou
    Job("alerts.trial:check_drift", cron="40 20 * * 0"),
)


def tidy_sessions(database: Database, *, now: datetime) -> int:
    """Delete sessions that ended a month ago; the audit keeps who was there. Returns how many."""
    with database.owner.begin() as connection:
        return connection.execute(STATEMENTS["tidy_sessions"], {"now": now}).rowcount


def prepare_months(database: Database, *, now: datetime) -> None:
    """Make the partitions of this month and the next, so that nothing has to wait for them at midnight."""
    with database.owner.begin() as connection:
        connection.execute(STATEMENTS["prepare_months"], {"now": now})


def tidy_delivered(database: Database, *, now: datetime) -> int:
    """Delete messages that arrived three months ago, with their log. Returns how many."""
    with database.owner.begin() as connection:
        return tidy_outbox(connection, before=now - timedelta(days=90))


def conninfo(url: URL) -> str:
    """Return a libpq connection string whose search path begins with the queue's schema."""
    return (
        url.set(drivername="postgresql")
        .update_query_dict({"options": f"-csearch_path={SCHEMA},public"})
        .render_as_string(hide_password=False)
    )


def queue(database: Database, *, jobs: tuple[Job, ...] = PERIODIC) -> procrastinate.App:
    """Return the queue with every job registered."""
    app = procrastinate.App(
        connector=procrastinate.PsycopgConnector(conninfo=conninfo(database.owner_url), min_size=1, max_size=4)
    )
    for job in jobs:
        register(app, job, database)
    return app


def register(app: procrastinate.App, job: Job, database: Database) -> None:
    module, _, function = job.target.partition(":")

    async def run(timestamp: int) -> None:
        found: JobFunction = getattr(import_module(module), function)
        await asyncio.to_thread(found, database, now=datetime.fromtimestamp(timestamp, tz=UTC))

    # a run that is still waiting when the next is due stands for both
    task = app.task(name=job.name, queueing_lock=job.name, lock=job.name)(run)
    app.periodic(cron=job.cron, periodic_id=job.name)(task)


async def work(database: Database, *, jobs: tuple[Job, ...] = PERIODIC) -> None:
    """Work until cancelled; when the database goes away, wait and come back."""
    while True:
        try:
            async with queue(database, jobs=jobs).open_async() as app:
                await app.run_worker_async(
                    concurrency=CONCURRENCY,
                    install_signal_handlers=False,
                    delete_jobs="successful",
                    shutdown_graceful_timeout=2,
                )
        except asyncio.CancelledError:
            raise
        except Exception as fault:  # whatever stopped the worker, it is reported and it works on
            logger.warning("worker_stopped", reason=str(fault).splitlines()[0] if str(fault) else type(fault).__name__)
        await asyncio.sleep(RETRY_S)
