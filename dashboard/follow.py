"""The follower: hears what was written, brings the facts per cell up to date, and lets the rules judge.

One connection listens; the work is done in a thread, message by message and in order. Messages that come while it works
are taken together. What was said while nobody listened is caught up by counting anew. Rules are judged when something
changed, at most every `JUDGE_AT_MOST_S`, and by the clock, since time alone makes things overdue and feeds silent.
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from alerts.life import judge
from alerts.rules import Rules, shipped_rules
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

#: what rules count: these kinds of messages let them judge
JUDGED = frozenset({"batch", "incident", "request"})


async def follow(database: Database, *, clock: Callable[[], datetime], rules: Rules | None = None) -> None:
    """Follow until cancelled; when the database goes away, wait, come back, and count anew what was missed."""
    rules = rules or shipped_rules()
    while True:
        try:
            await listen(database, rules, clock=clock)
        except (psycopg.Error, SQLAlchemyError, OSError, FengqiaoError) as fault:
            logger.warning("follower_stopped", reason=str(fault).strip().splitlines()[0][:200])
        await asyncio.sleep(RETRY_S)


async def listen(database: Database, rules: Rules, *, clock: Callable[[], datetime]) -> None:
    """Listen on one connection until it breaks."""
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
                waiting = waiting or any(message.get("kind") in JUDGED for message in messages)
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
        if message.get("kind") in JUDGED
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


def judge_now(database: Database, rules: Rules, now: datetime) -> None:
    """Let the rules judge once."""
    try:
        with database.owner.connect() as connection:
            district = select_district(connection)
    except NotFound:
        return
    changes = judge(database.owner, rules, subdistrict_code=district.code, now=now)
    if changes:
        logger.info("judged", changes=len(changes))
