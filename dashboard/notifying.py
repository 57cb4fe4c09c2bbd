"""The notifier: does what time asks for with alerts, and decides who is told; the postman delivers it."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from alerts.notify.pipeline import notify
from alerts.notify.routing import Routing
from alerts.tending import tend
from gis.database.connection import Database
from gis.district import select_district
from gis.errors import FengqiaoError, NotFound

logger = structlog.get_logger("fengqiao.notifying")

#: how often it looks whether anybody is to be told [s]
LOOK_S = 2.0
#: how often the ladder, silences and ends are looked after, in rounds of looking
TEND_ROUNDS = 5


async def keep_notifying(database: Database, routing: Routing, *, clock: Callable[[], datetime]) -> None:
    """Work until cancelled; when the database goes away, wait and come back: nothing is lost meanwhile."""
    rounds = 0
    while True:
        try:
            await asyncio.to_thread(look, database, routing, clock=clock, tending=rounds % TEND_ROUNDS == 0)
        except (SQLAlchemyError, OSError, FengqiaoError) as fault:
            logger.warning("notifier_stopped", reason=str(fault).strip().splitlines()[0][:200])
        rounds += 1
        await asyncio.sleep(LOOK_S)


def look(database: Database, routing: Routing, *, clock: Callable[[], datetime], tending: bool) -> None:
    """One round."""
    try:
        with database.owner.connect() as connection:
            code = select_district(connection).code
    except NotFound:
        return
    if tending:
        tend(database.owner, subdistrict_code=code, now=clock())
    if made := notify(database.owner, routing, subdistrict_code=code, now=clock()):
        logger.info("told", notifications=made)
