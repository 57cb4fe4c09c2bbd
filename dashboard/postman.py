"""The postman: delivers what is in the outbox, at once when something is put in, and when a pause is over.

Which channels there are stands in `SENDERS`; a package adds a line for each of its own. Several postmen (one in every
process that serves) share the work: a message is claimed by one of them.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from importlib import import_module

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from access.outbox import Sender, deliver_due
from gis.database.connection import Database

logger = structlog.get_logger("fengqiao.postman")

#: channel -> module:function(database, clock) that makes its sender
SENDERS = {
    "webhook": "dashboard.exchange.webhooks:sender_for",
    "lineage": "dashboard.lineage_sending:sender_for",
}
#: a pause that ends is noticed within this [s]
LOOK_S = 2.0
#: a postman whose database went away comes back after this [s]
RETRY_S = 2.0


def all_senders(database: Database, clock: Callable[[], datetime]) -> dict[str, Sender]:
    """Make the sender of every channel."""
    made = {}
    for channel, target in SENDERS.items():
        module, _, function = target.partition(":")
        made[channel] = getattr(import_module(module), function)(database, clock)
    return made


async def deliver(
    database: Database, *, clock: Callable[[], datetime], others: Mapping[str, Sender] | None = None
) -> None:
    """Deliver until cancelled, over `SENDERS` and `others`; when the database goes away, wait and come back."""
    senders = all_senders(database, clock) | dict(others or {})
    while True:
        try:
            await listen(database, senders, clock=clock)
        except (psycopg.Error, SQLAlchemyError, OSError) as fault:
            logger.warning("postman_stopped", reason=str(fault).strip().splitlines()[0][:200])
        await asyncio.sleep(RETRY_S)


async def listen(database: Database, senders: Mapping[str, Sender], *, clock: Callable[[], datetime]) -> None:
    """Deliver what is due whenever something is put in, and every `LOOK_S`."""
    async with await psycopg.AsyncConnection.connect(database.conninfo(), autocommit=True) as connection:
        await connection.execute("LISTEN fengqiao_outbox")
        while True:
            while await asyncio.to_thread(deliver_due, database, senders, clock=clock):
                pass
            async for _ in connection.notifies(timeout=LOOK_S, stop_after=1):
                pass
