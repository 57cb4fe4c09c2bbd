"""What people decided about places outlives the next delivery of the same row.

A row that comes again with the words it was judged by keeps the place a person gave it, or goes on being known as not
to be placed; when the words changed, or the row now states coordinates, the decision ends and the row is placed anew.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from math import nan
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from etl.feed import StoreBatch
from gis.database.statements import load_statements
from gis.subjects import BY_TABLE, words_of

_SQL = load_statements("etl", "decided")
_WHOLE = frozenset({"cell", "work_grid_id", "place_id", "building_id"})


def keep_decisions(connection: Connection, good: pd.DataFrame, batch: StoreBatch, *, now: datetime) -> pd.DataFrame:
    """Give rows the places that people decided, and end the decisions whose words changed.

    Parameters
    ----------
    good
        Rows about to be stored, with their location columns.
    batch
        The delivery; the decisions it ends say so.

    Returns
    -------
    good
        On the same index; the very same frame when nobody decided anything about its rows.
    """
    subject = BY_TABLE.get(batch.feed.table.name)
    if subject is None or "placement" not in good:
        return good
    bound = {"subdistrict_code": batch.subdistrict_code, "feed": batch.feed.name, "subject": subject.name}
    decided = {row.source_key: row for row in connection.execute(_SQL["in_force"], bound)}
    if not decided:
        return good
    keys = good["source_key"]
    rows = keys.index[keys.isin(list(decided))]
    ended: list[int] = []
    kept: dict[Any, Mapping[str, Any]] = {}
    for row in rows:
        decision = decided[keys[row]]
        words = words_of(good.at[row, column] for column in subject.words if column in good)
        if words != decision.words or states_a_point(good.at[row, "located_by"]):
            ended.append(decision.id)
        else:
            kept[row] = decision.located
    if ended:
        connection.execute(_SQL["end"], {"ids": ended, "now": now, "ended_by": f"batch {batch.id}"})
    return with_places(good, kept) if kept else good


def states_a_point(located_by: object) -> bool:
    """Whether a row was placed by coordinates of its own."""
    content = json.loads(located_by) if isinstance(located_by, str) else {}
    return content.get("by") == "coordinates" or bool(content.get("stated"))


def with_places(good: pd.DataFrame, places: Mapping[Any, Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows with the location columns that people gave some of them."""
    columns = {}
    rows = list(places)
    for name in dict.fromkeys(name for place in places.values() for name in place):
        if name not in good:
            continue
        values = [places[row].get(name) for row in rows]
        if name == "located_by":
            values = [None if value is None else json.dumps(value, ensure_ascii=False) for value in values]
        column = good[name].copy()
        if name in _WHOLE:
            column = column.astype("Int64")
            values = pd.array(values, dtype="Int64")  # type: ignore[assignment]
        elif name in ("radius_m", "confidence"):
            column = column.astype(float)
            values = pd.array(values, dtype="Float64").to_numpy(dtype=float, na_value=nan)  # type: ignore[assignment]
        else:
            column = column.astype(object)
        columns[name] = column.where(~column.index.isin(rows), pd.Series(values, index=rows, dtype=column.dtype))
    return good.assign(**columns)
