"""Visits: whom a grid worker is to see, by when, and what came of it. A visit is where its person lives."""

import pandas as pd
from sqlalchemy import Connection, text

from etl.checks import is_given, key_faults, require
from etl.declared import declared_feed
from etl.faults import Faults
from etl.feed import Context, StoreBatch
from etl.storing import ids
from etl.times import read_days, read_times
from gis.database.statements import load_statements
from gis.sealing_columns import seal_series

KINDS = ("独居老人走访", "困难家庭走访", "残疾人探访", "孕产随访", "慢病随访", "出租房登记")
#: nobody at home: it stays due
STATES = ("待走访", "已走访", "未遇")

_SQL = load_statements("etl", "references")


def prepare(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Check kind, state and times."""
    key_faults(rows, faults, pattern=context.source.key_pattern)
    require(rows, faults, "resident", "kind", "due_on")
    faults.add("unknown_choice", "kind", is_given(rows["kind"]) & ~rows["kind"].isin(KINDS).to_numpy(dtype=bool))
    faults.add("unknown_choice", "state", is_given(rows["state"]) & ~rows["state"].isin(STATES).to_numpy(dtype=bool))
    due = read_days(rows["due_on"])
    faults.add("time_form", "due_on", due.bad_form)
    faults.add("impossible_time", "due_on", due.impossible)
    done = read_times(rows["done_at"], context.district.zone)
    faults.add("time_form", "done_at", done.bad_form)
    faults.add("impossible_time", "done_at", done.impossible)
    notes = joined_notes(rows)
    return pd.DataFrame(
        {
            "source_key": rows["source_key"],
            "kind": rows["kind"],
            "due_on": due.on,
            "done_at": done.at.where((rows["state"] != "未遇").to_numpy(dtype=bool)),
            "note": seal_series(notes)["redacted"].astype("str"),
            "resident": rows["resident"],
            "worker": rows["worker"],
        }
    )


def joined_notes(rows: pd.DataFrame) -> "pd.Series[str]":
    """Outcome and note in one text; that nobody was met is worth a word."""
    missed = pd.Series("未遇", index=rows.index, dtype="str").where(rows["state"] == "未遇", "")
    parts = pd.DataFrame({"missed": missed, "outcome": rows["outcome"], "note": rows["note"]})
    texts = ["；".join(dict.fromkeys(part for part in row if part)) for row in parts.itertuples(index=False)]
    return pd.Series(texts, index=rows.index, dtype="str")


def resolve(
    connection: Connection, columns: pd.DataFrame, faults: Faults, context: Context, batch: StoreBatch
) -> pd.DataFrame:
    """Find the person, whose location the visit takes over, and the worker."""
    homes = resident_homes(connection, context.district.code, columns["resident"])
    faults.add("unknown_person", "resident", is_given(columns["resident"]) & homes["resident_id"].isna().to_numpy())
    workers = {
        row.source_key: row.id
        for row in connection.execute(
            text("SELECT source_key, id FROM base.grid_worker WHERE subdistrict_code = :code"),
            {"code": context.district.code},
        )
    }
    return columns.drop(columns=["resident", "worker"]).assign(
        worker_id=ids(columns["worker"].map(workers)),
        resident_id=ids(homes["resident_id"]),
        dwelling_id=ids(homes["dwelling_id"]),
        building_id=ids(homes["building_id"]),
        placement=homes["placement"].fillna("unplaced"),
        geom=homes["geom"],
        radius_m=homes["radius_m"].astype(float),
        match_level=homes["match_level"],
        confidence=homes["confidence"].astype(float),
        cell=ids(homes["cell"]),
        community_code=homes["community_code"],
        work_grid_id=ids(homes["work_grid_id"]),
    )


HOME_COLUMNS = [
    "source_key", "resident_id", "dwelling_id", "building_id", "place_id", "placement", "geom", "radius_m",
    "match_level", "confidence", "cell", "community_code", "work_grid_id",
]  # fmt: skip


def resident_homes(connection: Connection, subdistrict_code: str, keys: "pd.Series[str]") -> pd.DataFrame:
    """Where persons live, by their key in the register: one row per key on its index, empty where nobody is known."""
    wanted = sorted({key for key in keys.tolist() if key})
    bound = {"code": subdistrict_code, "keys": wanted}
    homes = pd.DataFrame(connection.execute(_SQL["homes"], bound).all(), columns=HOME_COLUMNS)
    whole = ["resident_id", "dwelling_id", "building_id", "place_id", "cell", "work_grid_id"]
    homes = homes.astype(dict.fromkeys(whole, "Int64"))
    found = homes.drop_duplicates("source_key").set_index("source_key").reindex(keys.to_numpy(dtype=object))
    found.index = keys.index
    return found.astype({"geom": object, "community_code": object, "match_level": object, "placement": object})


FEED = declared_feed("visits", prepare=prepare, resolve=resolve)
