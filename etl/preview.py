"""Look at what a delivery would do without doing it: the true way of its rows, in a transaction that is rolled back."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, text

from etl.changes import BatchForms, TableChanges, changes_of
from etl.delivery import Delivery, FeedSource, read_delivery
from etl.feeds import KNOWN
from etl.ledger import FeedResult
from etl.load import NoProgress, in_order, load_sources, register_district
from gis.database.connection import Database
from gis.district import District


@dataclass(frozen=True)
class Previewed:
    """What one feed's file would do."""

    result: FeedResult
    tables: Sequence[TableChanges]
    #: reason -> rows that would go into quarantine for it; a row may have several
    reasons: Mapping[str, int]

    @property
    def new(self) -> int:
        """Records that would be new, in all tables."""
        return sum(table.new for table in self.tables)

    @property
    def changed(self) -> int:
        """Records that would say something else, in all tables."""
        return sum(table.changed for table in self.tables)


def preview_folder(
    database: Database, folder: Path, *, actor: str, now: datetime, only: Sequence[str] = ()
) -> list[Previewed]:
    """Look at what loading a delivered folder would do; nothing is written.

    Raises
    ------
    BadInput
        As `load_folder`.
    """
    delivery = read_delivery(folder, known=KNOWN)
    return preview_sources(database, delivery, in_order(delivery, only), actor=actor, now=now)


def preview_sources(
    database: Database, delivery: Delivery, sources: Sequence[FeedSource], *, actor: str, now: datetime
) -> list[Previewed]:
    """Look at what loading some files of a delivery would do."""
    with database.owner.connect() as connection, connection.begin() as transaction:
        watch = Watch(connection)

        @contextmanager
        def same_transaction(_: Database, district: District) -> Iterator[Connection]:
            register_district(connection, district)
            yield connection

        load_sources(
            database, delivery, sources, actor=actor, now=now, progress=watch, transaction=same_transaction
        )  # fmt: skip
        transaction.rollback()
    return watch.previews


class Watch(NoProgress):
    """Looks at each feed's changes as soon as they are made."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.previews: list[Previewed] = []

    def end(self, result: FeedResult) -> None:
        recorded_at = self.connection.scalar(text("SELECT now()"))
        tables = changes_of(self.connection, BatchForms(int(result.batch_id or 0), recorded_at))
        reasons = Counter(reason for row in result.reasons.values() for reason in row)
        self.previews.append(Previewed(result, tables, dict(reasons.most_common())))
