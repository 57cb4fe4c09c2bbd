"""The first rows of a feed go straight in; the table is afterwards what it would be row by row."""

from collections.abc import Iterator

import pandas as pd
import pytest
from sqlalchemy import Connection, text

from etl import filling
from etl.feed import StoreBatch
from etl.feeds.residents import FEED
from gis.database.connection import Database
from gis.database.tables import resident
from gis.errors import Conflict

pytestmark = pytest.mark.database

INDEXES = text("SELECT indexdef FROM pg_indexes WHERE schemaname = 'base' AND tablename = 'resident' ORDER BY indexdef")
REFERENCES = text(
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'base.resident'::regclass ORDER BY 1"
)
CODE = "329999999"


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """The owner's, in a transaction that is rolled back; the register is empty in it."""
    with database.owner.connect() as connection, connection.begin() as transaction:
        connection.execute(text("DELETE FROM base.resident"))
        yield connection
        transaction.rollback()


def persons(count: int) -> pd.DataFrame:
    keys = [f"P{number}" for number in range(count)]
    return pd.DataFrame(
        {"subdistrict_code": CODE, "feed": "residents", "source_key": keys, "name": "甲", "registration": "migrant"}
    )


def test_an_empty_table_gets_its_rows_and_all_its_indexes_and_references_back(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "FILL_FROM_ROWS", 3)
    before = connection.execute(INDEXES).all(), connection.execute(REFERENCES).all()

    with filling.filling(connection, [resident], subdistrict_code=CODE, feed="residents", rows=3) as filled:
        meanwhile = connection.execute(INDEXES).all()
        batch = StoreBatch(1, FEED, CODE, filled)
        written = filling.write_rows(connection, resident, persons(3), conflict=FEED.conflict, batch=batch)

    assert filled == {"base.resident"}
    assert written == 3
    assert len(meanwhile) == 1  # the primary key
    assert (connection.execute(INDEXES).all(), connection.execute(REFERENCES).all()) == before


def test_a_table_that_holds_rows_of_the_feed_is_written_by_comparing(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "FILL_FROM_ROWS", 3)
    filling.copy_in(connection, resident, persons(1))

    with filling.filling(connection, [resident], subdistrict_code=CODE, feed="residents", rows=3) as filled:
        assert filled == frozenset()
        batch = StoreBatch(1, FEED, CODE, filled)
        # P0 is there and says the same
        assert filling.write_rows(connection, resident, persons(3), conflict=FEED.conflict, batch=batch) == 2


def test_a_record_that_came_in_meanwhile_is_said(connection: Connection) -> None:
    filling.copy_in(connection, resident, persons(1))

    with pytest.raises(Conflict, match="came in meanwhile; load it again"):
        filling.copy_in(connection, resident, persons(1))


def test_ids_are_reserved_in_a_row(connection: Connection) -> None:
    first = filling.reserve_ids(connection, resident, 5)
    second = filling.reserve_ids(connection, resident, 2)

    assert (len(first), len(second)) == (5, 2)
    assert second.start >= first.stop
