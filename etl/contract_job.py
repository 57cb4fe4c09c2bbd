"""The worker's job: hold every feed against its contract, its last delivery from where this installation keeps it."""

from datetime import datetime

from etl.batch_command import kept_files
from etl.interfaces import check_feeds
from gis.database.connection import Database


def check_by_the_clock(database: Database, *, now: datetime) -> int:
    """Test every feed's contract; returns how many broke it."""
    return check_feeds(database, now=now, kept=kept_files(database))
