"""Service requests (诉求): who asked for which service item, through which channel, from where; JSON lines."""

import json

import numpy as np
import pandas as pd
from sqlalchemy import Connection

from etl.checks import chosen, is_given, is_rubbish, key_faults, order_faults, require
from etl.declared import declared_feed
from etl.delivery import SYSTEMS
from etl.faults import Faults
from etl.feed import Context, StoreBatch
from etl.feeds.incidents import place_texts
from etl.feeds.visits import resident_homes
from etl.points import Floats, stated_points
from etl.storing import ids
from etl.times import read_times
from gis.database.statements import load_statements
from gis.sealing_columns import seal_series

STATES = {"待受理": "reported", "办理中": "handling", "已办结": "closed", "已撤回": "withdrawn", "": "reported"}

_SQL = load_statements("etl", "references")


def prepare(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Check everything that can be checked without other rows; each row states its own coordinate system."""
    key_faults(rows, faults, pattern=context.source.key_pattern)
    require(rows, faults, "item_code", "requested_at")
    states, unknown = chosen(rows["status"], STATES)
    faults.add("unknown_choice", "status", unknown)
    times = {}
    for column in ("requested_at", "due_at", "closed_at"):
        times[column] = read_times(rows[column], context.district.zone)
        faults.add("time_form", column, times[column].bad_form)
        faults.add("impossible_time", column, times[column].impossible)
    order_faults(times["requested_at"].at, times["closed_at"].at, faults, "closed_at")
    for column in ("title", "description"):
        faults.add("rubbish", column, is_rubbish(rows[column]))
    lon, lat = points_by_system(rows, faults, context)
    texts = {
        column: seal_series(rows[column])["redacted"].astype("str") for column in ("title", "description", "address")
    }
    return pd.DataFrame(
        {
            "source_key": rows["source_key"],
            "requested_at": times["requested_at"].at,
            "item_code": rows["item_code"],
            "category": rows["category"],
            "channel": rows["source"],
            **texts,
            "status": states,
            "due_at": times["due_at"].at,
            "closed_at": times["closed_at"].at,
            "details": pd.Series(
                [json.dumps({"subcategory": one}, ensure_ascii=False) if one else "{}" for one in rows["subcategory"]],
                index=rows.index,
                dtype="str",
            ),
            "resident_key": rows["resident_key"],
            "stated_lon": lon,
            "stated_lat": lat,
            "place_text": place_texts(texts["address"], texts["description"], texts["title"]),
        }
    )


def points_by_system(rows: pd.DataFrame, faults: Faults, context: Context) -> tuple[Floats, Floats]:
    """Stated points, each from the system its row names; the source's where a row names none."""
    given = is_given(rows["lon"]) | is_given(rows["lat"])
    systems = rows["crs"].where(is_given(rows["crs"]), context.source.crs)
    known = systems.isin(list(SYSTEMS)).to_numpy(dtype=bool)
    faults.add("unknown_crs", "crs", given & ~known)
    lon, lat = np.full(len(rows), np.nan), np.full(len(rows), np.nan)
    for system in systems[given & known].unique():
        where = given & (systems == system).to_numpy(dtype=bool)
        x, y = stated_points(rows, faults, context, crs=str(system), where=where)
        lon, lat = np.where(where, x, lon), np.where(where, y, lat)
    return lon, lat


def resolve(
    connection: Connection, columns: pd.DataFrame, faults: Faults, context: Context, batch: StoreBatch
) -> pd.DataFrame:
    """Find item and person; who asked without saying where is not placed by their home, but the person stays linked."""
    topics = {
        row.code: row.topic for row in connection.execute(_SQL["service_topics"], {"code": context.district.code})
    }
    faults.add(
        "unknown_item",
        "item_code",
        is_given(columns["item_code"]) & ~columns["item_code"].isin(list(topics)).to_numpy(),
    )
    expected = columns["item_code"].map(topics)
    differs = is_given(columns["category"]) & expected.notna().to_numpy() & (columns["category"] != expected).to_numpy()
    faults.add("category_differs", "category", differs)
    homes = resident_homes(connection, context.district.code, columns["resident_key"])
    return columns.drop(columns=["category", "resident_key"]).assign(resident_id=ids(homes["resident_id"]))


FEED = declared_feed("requests", prepare=prepare, resolve=resolve)
