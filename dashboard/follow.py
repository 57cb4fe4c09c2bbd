"""The follower: hears what was written, brings the facts per cell up to date, and lets the rules judge.

One connection listens; the work is done in a thread, message by message and in order. Messages that come while it works
are taken together. What was said while nobody listened is caught up by counting anew. Rules are judged when something
changed, at most every `JUDGE_AT_MOST_S`, and by the clock, since time alone makes things overdue and feeds silent.
The slower detectors, and trials of rules that somebody waits for, run beside it: by the clock, after a load, and when
asked.
"""

import asyncio
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from alerts.detection import detect
from alerts.life import judge
from alerts.risk.store import newest_models, score_places
from alerts.rule_store import rules_in_force
from alerts.rules import Rules
from alerts.trial import run_waiting
from gis.database.connection import Database
from gis.database.statements import load_statements
from gis.district import select_district
from gis.errors import FengqiaoError, NotFound
from layers.facts import apply_change, refresh

STATEMENTS = load_statements("dashboard", "follow")
logger = structlog.get_logger("fengqiao.follow")

CHANNEL = "fengqiao"
JUDGE_AT_MOST_S = 10.0
JUDGE_AT_LEAST_S = 60.0
#: a follower whose database went away comes back after this [s]
RETRY_S = 2.0
#: past so many messages at once, counting anew is cheaper than following each
MANY_MESSAGES = 400

#: the slower detectors run at least so often [s]
DETECT_EVERY_S = 600.0

#: what rules count: these kinds of messages bring the facts up to date
COUNTED = frozenset({"batch", "incident", "request", "resident", "persons"})
#: and these let the rules judge
JUDGED = COUNTED | {"detected", "rules", "risk"}
#: these let the slower detectors run at once, and whatever waits beside them
DETECTED = frozenset({"batch", "rules", "trial"})


async def follow(database: Database, *, clock: Callable[[], datetime], rules: Rules | None = None) -> None:
    """Follow until cancelled; when the database goes away, wait, come back, and count anew what was missed."""
    asked = asyncio.Event()
    asked.set()
    beside = asyncio.create_task(detect_beside(database, rules, asked, clock=clock))
    try:
        while True:
            try:
                await listen(database, rules, asked, clock=clock)
            except (psycopg.Error, SQLAlchemyError, OSError, FengqiaoError) as fault:
                logger.warning("follower_stopped", reason=first_line(fault))
            await asyncio.sleep(RETRY_S)
    finally:
        beside.cancel()


async def detect_beside(
    database: Database, rules: Rules | None, asked: asyncio.Event, *, clock: Callable[[], datetime]
) -> None:
    """Run the slower detectors by the clock and when asked; a fault is reported and the next run comes."""
    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(asked.wait(), DETECT_EVERY_S)
        asked.clear()
        try:
            await apart(partial(detect_now, database, rules, clock()))
        except Exception as fault:  # a detector that fails must not end the follower
            logger.warning("detection_failed", reason=first_line(fault))
            await asyncio.sleep(RETRY_S)


async def apart(work: Callable[[], None]) -> None:
    """Run `work` in a thread that nobody waits for at the end: a stop must not last as long as a trial does.

    What it had not committed by then is as if it had not begun.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(fault: BaseException | None) -> None:
        if done.cancelled():
            return
        if fault is None:
            done.set_result(None)
        else:
            done.set_exception(fault)

    def run() -> None:
        fault: BaseException | None = None
        try:
            work()
        except BaseException as raised:  # told to whoever waits
            fault = raised
        # the loop is gone when everything has stopped
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, fault)

    threading.Thread(target=run, name="detectors", daemon=True).start()
    await done


async def listen(
    database: Database, rules: Rules | None, asked: asyncio.Event, *, clock: Callable[[], datetime]
) -> None:
    """Listen on one connection until it breaks; set `asked` when the slower detectors should run."""
    async with await psycopg.AsyncConnection.connect(database.conninfo(), autocommit=True) as connection:
        await connection.execute(f"LISTEN {CHANNEL}")
        await asyncio.to_thread(catch_up, database, clock())
        loop = asyncio.get_running_loop()
        judged_at = loop.time() - JUDGE_AT_LEAST_S
        hour, waiting = clock().hour, False
        while True:
            if clock().hour != hour:
                # a new day moves ages and windows without anything being written
                hour = clock().hour
                await asyncio.to_thread(catch_up, database, clock())
            messages = [parse(note.payload) async for note in connection.notifies(timeout=1.0, stop_after=1)]
            messages += [parse(note.payload) async for note in connection.notifies(timeout=0.0)]
            if messages:
                await asyncio.to_thread(take_in, database, messages, clock())
                kinds = {message.get("kind") for message in messages}
                waiting = waiting or bool(kinds & JUDGED)
                if kinds & DETECTED:
                    asked.set()
            since_s = loop.time() - judged_at
            if since_s >= JUDGE_AT_LEAST_S or (waiting and since_s >= JUDGE_AT_MOST_S):
                await asyncio.to_thread(judge_now, database, rules, clock())
                judged_at, waiting = loop.time(), False


def parse(payload: str) -> Mapping[str, Any]:
    """Read a message; one that is none of ours counts as nothing."""
    try:
        message = json.loads(payload)
    except ValueError:
        return {}
    return message if isinstance(message, dict) else {}


def take_in(database: Database, messages: Sequence[Mapping[str, Any]], now: datetime) -> None:
    """Bring the facts up to date with messages, each change in a transaction of its own; the same change once."""
    distinct = {
        (message.get("kind"), message.get("feed"), message.get("id"), message.get("batch_id")): message
        for message in messages
        if message.get("kind") in COUNTED
    }
    if len(distinct) > MANY_MESSAGES:
        refresh(database, now=now)
        return
    for message in distinct.values():
        with database.owner.begin() as connection:
            apply_change(connection, message, now=now)


def catch_up(database: Database, now: datetime) -> None:
    """Count everything anew if something was missed: what happened while nobody listened is in no message."""
    with database.owner.connect() as connection:
        missed = connection.scalar(STATEMENTS["missed_something"], {"now": now})
    if missed is None:
        logger.info("nothing_loaded_yet")
    elif missed:
        refresh(database, now=now)


def judge_now(database: Database, rules: Rules | None, now: datetime) -> None:
    """Let the rules judge once; None = those in force."""
    try:
        with database.owner.connect() as connection:
            district = select_district(connection)
            judged = rules or rules_in_force(connection, subdistrict_code=district.code)
    except NotFound:
        return
    changes = judge(database.owner, judged, subdistrict_code=district.code, now=now)
    if changes:
        logger.info("judged", changes=len(changes))


def detect_now(database: Database, rules: Rules | None, now: datetime) -> None:
    """Run the slower detectors once, and the trials that wait."""
    try:
        with database.owner.connect() as connection:
            district = select_district(connection)
            wanted = rules or rules_in_force(connection, subdistrict_code=district.code)
    except NotFound:
        return
    if detect(database.owner, wanted, district, now=now):
        with database.owner.begin() as connection:
            connection.execute(STATEMENTS["tell_detected"])
    # the nightly score has not been yet: a new installation does not wait for the night
    with database.owner.connect() as connection:
        scored = newest_models(connection, subdistrict_code=district.code)
    if not scored:
        score_places(database, now=now)
    # a trial of a scan takes minutes; what is warned of goes first
    run_waiting(database.owner, district)


def first_line(fault: BaseException) -> str:
    return (str(fault).strip() or type(fault).__name__).splitlines()[0][:200]
