"""Write rows set-based: COPY what is much, bind what is little, then one INSERT … ON CONFLICT that touches changes.

Both ways end in the same statement over a relation `incoming` whose columns are text and are cast there, so that a
loaded file and a single posted incident take the same path.
"""

import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv
import shapely
from sqlalchemy import Connection, Table, text
from sqlalchemy.dialects import postgresql

from etl.copying import END, HEAD, binary_rows
from gis.database.statements import quoted

#: up to here rows are bound as one JSON value: making a temporary table costs more [rows]
FEW_ROWS = 200
#: rows written out for COPY at a time: the database works on them while the next are written out
COPY_ROWS = 10_000

Rows = pd.DataFrame | pl.DataFrame

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True)
class Incoming:
    """Rows at the database's side: a relation for FROM, and what must be bound with it."""

    relation: str
    columns: tuple[str, ...]
    bound: dict[str, Any] = field(default_factory=dict)


def put_rows(connection: Connection, rows: Rows, *, name: str = "incoming") -> Incoming:
    """Bring `rows` to the database as relation `name`, all text; it is gone at the end of the transaction.

    Empty text stays empty text; None, NaN and NaT become NULL.
    """
    table = arrow_table(rows)
    columns = tuple(str(column) for column in table.column_names)
    definition = ", ".join(f"{quoted(column)} text" for column in columns)
    if table.num_rows <= FEW_ROWS:
        texts = table.cast(pa.schema([(column, pa.string()) for column in columns]))
        relation = f"jsonb_to_recordset(CAST(:{name}_rows AS jsonb)) AS {quoted(name)}({definition})"
        return Incoming(relation, columns, {f"{name}_rows": json.dumps(texts.to_pylist(), ensure_ascii=False)})
    connection.execute(text(f"DROP TABLE IF EXISTS pg_temp.{quoted(name)}"))
    connection.execute(text(f"CREATE TEMPORARY TABLE {quoted(name)} ({definition}) ON COMMIT DROP"))
    copy_csv(connection, f"pg_temp.{quoted(name)}", columns, table)
    connection.execute(text(f"ANALYZE pg_temp.{quoted(name)}"))
    return Incoming(f"pg_temp.{quoted(name)} AS {quoted(name)}", columns)


def arrow_table(rows: Rows) -> pa.Table:
    if isinstance(rows, pl.DataFrame):
        # texts as Arrow's own writers know them
        return rows.to_arrow(compat_level=pl.CompatLevel.oldest())
    return pa.Table.from_pandas(rows, preserve_index=False)


def copy_binary(connection: Connection, table: Table, rows: pa.Table) -> None:
    """COPY rows straight into a table, columns named as in it and in the forms of `upsert`."""
    driver: Any = connection.connection.driver_connection
    names = ", ".join(quoted(column) for column in rows.column_names)
    target = f"{quoted(table.schema or 'public')}.{quoted(table.name)}"
    with driver.cursor() as cursor, cursor.copy(f"COPY {target} ({names}) FROM STDIN (FORMAT binary)") as copy:
        copy.write(HEAD)
        for start in range(0, rows.num_rows, COPY_ROWS):
            copy.write(binary_rows(table, rows.slice(start, COPY_ROWS)).data)
        copy.write(END)


def copy_csv(connection: Connection, target: str, columns: Sequence[str], rows: pa.Table) -> None:
    """COPY rows into `target`, quoted already; missing values become NULL, empty text stays empty text."""
    driver: Any = connection.connection.driver_connection
    names = ", ".join(quoted(column) for column in columns)
    with driver.cursor() as cursor, cursor.copy(f"COPY {target} ({names}) FROM STDIN (FORMAT csv)") as copy:
        for piece in rows.to_batches(max_chunksize=COPY_ROWS):
            buffer = io.BytesIO()
            pyarrow.csv.write_csv(piece, buffer, pyarrow.csv.WriteOptions(include_header=False))
            copy.write(buffer.getbuffer())


def upsert(
    connection: Connection, table: Table, frame: pd.DataFrame, *, conflict: Sequence[str], overwrite: bool = True
) -> int:
    """Insert rows, or update those that are there and differ; returns how many rows were inserted or changed.

    A row that is there and says the same is not touched: no new version, no trigger, no dead tuple. `batch_id` and
    `feed` do not count as a difference.

    Parameters
    ----------
    table
        Where to.
    frame
        Columns named as in `table`; geometries as EWKB text, arrays and JSON as their text.
    conflict
        Columns of the unique constraint that identifies a record; no two rows of `frame` may agree in them.
    overwrite
        Whether a record that is there and differs is changed; else it stays as it is.
    """
    if frame.empty:
        return 0
    incoming = put_rows(connection, frame)
    statement = upsert_statement(table, incoming, conflict=conflict, overwrite=overwrite)
    return connection.execute(text(statement), incoming.bound).rowcount


def upsert_statement(table: Table, incoming: Incoming, *, conflict: Sequence[str], overwrite: bool = True) -> str:
    """Write the INSERT … ON CONFLICT of `upsert`."""
    columns = incoming.columns
    target = f"{quoted(table.schema or 'public')}.{quoted(table.name)}"
    casts = ", ".join(cast(table, column) for column in columns)
    unchanging = {*conflict, "batch_id"}
    compared = [column for column in columns if column not in unchanging]
    names = ", ".join(quoted(column) for column in columns)
    head = f"INSERT INTO {target} AS record ({names}) SELECT {casts} FROM {incoming.relation}"
    keys = ", ".join(quoted(column) for column in conflict)
    if not compared or not overwrite:
        return f"{head} ON CONFLICT ({keys}) DO NOTHING"
    updates = ", ".join(f"{quoted(c)} = excluded.{quoted(c)}" for c in columns if c not in conflict)
    # geometries are compared byte by byte: their own = compares boxes
    old = ", ".join(comparable(table, column, "record") for column in compared)
    new = ", ".join(comparable(table, column, "excluded") for column in compared)
    return f"{head} ON CONFLICT ({keys}) DO UPDATE SET {updates} WHERE ({old}) IS DISTINCT FROM ({new})"


def type_of(table: Table, column: str) -> str:
    kind = table.c[column].type
    name = str(getattr(kind, "geometry_type", "") or "")
    return "geometry" if name else str(kind.compile(dialect=_DIALECT))


def cast(table: Table, column: str) -> str:
    return f"CAST(incoming.{quoted(column)} AS {type_of(table, column)})"


def comparable(table: Table, column: str, relation: str) -> str:
    name = f"{relation}.{quoted(column)}"
    return f"CAST({name} AS bytea)" if type_of(table, column) == "geometry" else name


def point_texts(lon: Iterable[float], lat: Iterable[float]) -> list[str | None]:
    """EWKB text of points [deg, WGS-84]; None where a coordinate is missing."""
    x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    known = np.isfinite(x) & np.isfinite(y)
    result = np.full(x.shape, None, dtype=object)
    points = shapely.set_srid(shapely.points(x[known], y[known]), 4326)
    result[known] = shapely.to_wkb(points, hex=True, include_srid=True)
    return list(result)


def hex_shapes(shapes: "np.ndarray[Any, np.dtype[np.object_]]") -> list[str | None]:
    """EWKB text of shapes in WGS-84, as PostGIS reads it; None stays None."""
    with_srid = shapely.set_srid(shapes, 4326)
    return [None if one is None else str(one) for one in shapely.to_wkb(with_srid, hex=True, include_srid=True)]


def array_text(values: Iterable[object]) -> str:
    """Write an array as PostgreSQL reads it."""
    quoted_values = ('"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
    return "{" + ",".join(quoted_values) + "}"


def binary_texts(values: Iterable[bytes | None]) -> list[str | None]:
    """Write bytes as PostgreSQL reads bytea."""
    return [None if value is None else "\\x" + value.hex() for value in values]


def ids(numbers: "pd.Series[Any] | np.ndarray[Any, Any]") -> "pd.Series[Any]":
    """Whole-number ids with 0 and NaN as missing, on the same index.

    Cells do not fit a float exactly: a column that went through one is refused rather than rounded.
    """
    series = pd.Series(numbers)
    if series.dtype.kind == "f" and bool((series.abs() > 2**53).any()):
        raise ValueError("ids came as floats and lost digits; keep them Int64")
    whole = series.astype("Int64")
    return whole.mask(whole == 0)
