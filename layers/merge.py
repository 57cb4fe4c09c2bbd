"""Bring rows of a topic table to what was just computed, writing only what differs."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, Table, text

from gis import cells as h3_cells
from gis.database.bulk import copy_rows
from gis.database.statements import quoted
from layers.measures import REGION_RESOLUTION
from layers.values import bound


def under_parents(cells: pd.Series, under: NDArray[np.int64] | None) -> NDArray[np.bool_]:
    """Tell which cells lie under the parents `under` of resolution 9; all of them when it is None."""
    if under is None:
        return np.ones(len(cells), dtype=bool)
    return np.isin(h3_cells.parents(cells.to_numpy(dtype="int64"), 9), under)


def with_region(facts: pd.DataFrame) -> pd.DataFrame:
    """Add the column `region`, the partition of each `cell`."""
    return facts.assign(region=h3_cells.parents(facts["cell"].to_numpy(dtype="int64"), REGION_RESOLUTION))


def ensure_regions(connection: Connection, regions: Iterable[int]) -> None:
    """Make the partitions of these regions."""
    for region in sorted(regions):
        connection.execute(text("SELECT topic.ensure_region(:region)"), {"region": int(region)})


#: scope of the cells under some parents of resolution 9, or of all cells when :under is NULL
UNDER = (
    "kept.subdistrict_code = :code AND (CAST(:under AS bigint[]) IS NULL"
    " OR base.cell_parent(kept.cell, 9) = ANY (CAST(:under AS bigint[])))"
)
#: scope of a whole sub-district
WHOLE = "kept.subdistrict_code = :code"


def merge_rows(
    connection: Connection,
    table: Table,
    rows: pd.DataFrame,
    *,
    scope: str,
    parameters: Mapping[str, Any],
) -> int:
    """Make `table` hold exactly `rows` within a scope; returns how many rows were new, changed or removed.

    Parameters
    ----------
    table
        A table of `layers.tables`; its primary key identifies a row.
    rows
        All columns of the table, missing values as None, NaN or NA.
    scope
        Condition in SQL that says which rows of the table (alias ``kept``) `rows` stand for, with named parameters.
    parameters
        Values of the scope's parameters.
    """
    names = [column.name for column in table.columns]
    if "region" in names:
        ensure_regions(connection, rows["region"].unique().tolist())
    if not connection.scalar(
        text(f"SELECT EXISTS (SELECT FROM {qualified(table)} AS kept WHERE {scope})"), dict(parameters)
    ):
        # the first time there is nothing to compare with
        return copy_rows(connection, table.fullname, names, plain_rows(rows[names]))
    make_fresh(connection, table)
    copy_rows(connection, "fresh", names, plain_rows(rows[names]))
    return merge_fresh(connection, table, scope=scope, parameters=parameters)


def merge_selected(
    connection: Connection,
    table: Table,
    select: str,
    *,
    scope: str,
    parameters: Mapping[str, Any],
) -> int:
    """Make `table` hold exactly what a SELECT yields within a scope, without the rows leaving the database.

    `select` yields the table's columns in their order; the rest is as in `merge_rows`.
    """
    make_fresh(connection, table)
    connection.execute(bound(f"INSERT INTO fresh {select}", parameters))
    if "region" in table.columns:
        ensure_regions(connection, list(connection.scalars(text("SELECT DISTINCT region FROM fresh"))))
    return merge_fresh(connection, table, scope=scope, parameters=parameters)


def qualified(table: Table) -> str:
    return f"{quoted(str(table.schema))}.{quoted(table.name)}"


def make_fresh(connection: Connection, table: Table) -> None:
    """Make the temporary table `fresh`, empty and of the same columns."""
    connection.exec_driver_sql("DROP TABLE IF EXISTS pg_temp.fresh")
    connection.exec_driver_sql(
        f"CREATE TEMPORARY TABLE fresh (LIKE {qualified(table)} INCLUDING DEFAULTS) ON COMMIT DROP"
    )


def merge_fresh(connection: Connection, table: Table, *, scope: str, parameters: Mapping[str, Any]) -> int:
    """Merge the temporary table `fresh` into `table`; returns how many rows were new, changed or removed."""
    names = [column.name for column in table.columns]
    key = [column.name for column in table.primary_key.columns]
    values = [name for name in names if name not in key]
    target = qualified(table)
    listed, keys = ", ".join(map(quoted, names)), ", ".join(map(quoted, key))
    # without a key and statistics the planner compares every row with every other
    connection.exec_driver_sql(f"ALTER TABLE fresh ADD PRIMARY KEY ({keys})")
    connection.exec_driver_sql("ANALYZE fresh")
    update = "DO NOTHING"
    if values:
        sets = ", ".join(f"{quoted(name)} = excluded.{quoted(name)}" for name in values)
        old = ", ".join(f"kept.{quoted(name)}" for name in values)
        new = ", ".join(f"excluded.{quoted(name)}" for name in values)
        update = f"DO UPDATE SET {sets} WHERE ({old}) IS DISTINCT FROM ({new})"
    written = connection.exec_driver_sql(
        f"INSERT INTO {target} AS kept ({listed}) SELECT {listed} FROM fresh ON CONFLICT ({keys}) {update}"
    ).rowcount
    same = " AND ".join(f"fresh.{quoted(name)} = kept.{quoted(name)}" for name in key)
    removed = connection.execute(
        bound(f"DELETE FROM {target} AS kept WHERE {scope} AND NOT EXISTS (SELECT FROM fresh WHERE {same})", parameters)
    ).rowcount
    return int(written + removed)


def plain_rows(rows: pd.DataFrame) -> Sequence[tuple[Any, ...]]:
    """Return the frame's rows as plain Python values, missing ones as None."""
    columns = []
    for name in rows.columns:
        values, missing = rows[name].tolist(), rows[name].isna().to_numpy()
        if missing.any():
            values = [None if lacks else value for value, lacks in zip(values, missing, strict=True)]
        columns.append(values)
    return list(zip(*columns, strict=True))
