"""The first rows of a feed: COPY straight into the table, and its indexes built once over all rows.

A table that holds nothing of a feed cannot conflict with what the feed brings, so the rows need no comparison. In a
table that holds nothing at all, keeping indexes and references row by row costs twice what building them at the end
does. All of it is part of the caller's transaction: a load that ends before its commit leaves table and indexes as they
were.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pandas as pd
import psycopg.errors
from sqlalchemy import Connection, Table, text

from etl.feed import StoreBatch
from etl.storing import Rows, arrow_table, copy_binary, upsert
from gis.database.statements import load_statements, quoted
from gis.errors import Conflict

#: fewer rows are not worth it [rows]
FILL_FROM_ROWS = 20_000

_SQL = load_statements("etl", "filling")


@contextmanager
def filling(
    connection: Connection, tables: Sequence[Table], *, subdistrict_code: str, feed: str, rows: int
) -> Iterator[frozenset[str]]:
    """Yield the names (schema.table) of those `tables` that the feed's rows may be copied straight into.

    Tables that are empty lose their secondary indexes and references meanwhile and get them back at the end.
    """
    if rows < FILL_FROM_ROWS:
        yield frozenset()
        return
    bound = {"code": subdistrict_code, "feed": feed}
    fresh = [table for table in tables if not connection.execute(text(holds_statement(table)), bound).scalar_one()]
    connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
    dropped = [
        drop_secondary(connection, table)
        for table in fresh
        if connection.execute(text(_SQL.source("is_empty").replace("{table}", name_of(table)))).scalar_one()
        and table.dialect_options["postgresql"]["partition_by"] is None
    ]
    yield frozenset(table.fullname for table in fresh)
    for statements in dropped:
        for statement in statements:
            connection.exec_driver_sql(statement)


def holds_statement(table: Table) -> str:
    """Whether a table holds rows of a feed; of a sub-district, where it does not say which feed a row is of."""
    name = "holds_of_feed" if "feed" in table.c else "holds_of_subdistrict"
    return _SQL.source(name).replace("{table}", name_of(table))


def name_of(table: Table) -> str:
    return f"{quoted(table.schema or 'public')}.{quoted(table.name)}"


def drop_secondary(connection: Connection, table: Table) -> list[str]:
    """Drop the indexes and references of an empty table, its primary key apart; returns how to make them again."""
    rows = connection.execute(_SQL["secondary"], {"table": name_of(table)}).all()
    for row in rows:
        connection.exec_driver_sql(row.drop_statement)
    if not connection.execute(_SQL["is_referenced"], {"table": name_of(table)}).scalar_one():
        # a file of its own for this transaction: where no replica listens, its rows need not go through the log
        connection.exec_driver_sql(f"TRUNCATE {name_of(table)}")
    return [str(row.make_statement) for row in rows]


def write_rows(
    connection: Connection, table: Table, frame: pd.DataFrame, *, conflict: Sequence[str], batch: StoreBatch
) -> int:
    """Write rows the quickest way that is right: straight in where the batch fills the table, else by comparing."""
    if table.fullname in batch.filled:
        return copy_in(connection, table, frame)
    return upsert(connection, table, frame, conflict=conflict)


def reserve_ids(connection: Connection, table: Table, count: int) -> range:
    """Take `count` ids in a row out of a table's sequence."""
    while True:
        bound = {"table": name_of(table), "count": count}
        first, last = connection.execute(_SQL["reserve_ids"], bound).one()
        # somebody else may have taken one in between; gaps do no harm
        if last - first + 1 == count:
            return range(first, last + 1)


def copy_in(connection: Connection, table: Table, rows: Rows) -> int:
    """COPY rows into a table that knows none of them; returns how many.

    Raises
    ------
    Conflict
        If somebody wrote a record with the key of one of these rows meanwhile.
    """
    content = arrow_table(rows)
    try:
        copy_binary(connection, table, content)
    except psycopg.errors.UniqueViolation as fault:
        raise Conflict(
            "{table}: a record with a key of this delivery came in meanwhile; load it again", table=table.fullname
        ) from fault
    return int(content.num_rows)
