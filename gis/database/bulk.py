"""Many rows at once: COPY into a table over a SQLAlchemy connection, inside its transaction."""

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import sql
from sqlalchemy import Connection


def copy_rows(connection: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """Copy `rows` into `table` ("schema.name" or a temporary table's name); returns how many.

    Geometry goes in as hexadecimal EWKB. Faster than INSERT by a factor of ten to fifty.
    """
    target = sql.SQL(".").join(sql.Identifier(part) for part in table.split("."))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(target, sql.SQL(", ").join(map(sql.Identifier, columns)))
    driver: Any = connection.connection.driver_connection
    count = 0
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
            count += 1
    return count
