"""Grid workers and grid leaders, and the work grid each is responsible for."""

import pandas as pd
from sqlalchemy import Connection

from etl.checks import chosen, key_faults, require
from etl.faults import Faults
from etl.feed import Context, Feed
from etl.feeds.work_grids import grid_ids
from etl.storing import binary_texts, ids
from etl.times import read_days
from gis.database.tables import grid_worker
from gis.identity import encrypt_numbers, unseal_value

HEADINGS = {
    "source_key": "工号",
    "name": "姓名",
    "phone": "手机号",
    "post": "职务",
    "work_grid": "网格编码",
    "community": "社区",
    "valid_from": "入职日期",
    "state": "状态",
}
POSTS = {"网格长": "grid_leader", "网格员": "grid_worker"}
STATES = {"在岗": "false", "休假": "true"}


def prepare(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Check post, community and state; the telephone is sealed."""
    key_faults(rows, faults, pattern="")
    require(rows, faults, "name", "post", "work_grid")
    posts, unknown = chosen(rows["post"], POSTS)
    faults.add("unknown_choice", "post", unknown)
    states, unknown = chosen(rows["state"], STATES)
    faults.add("unknown_choice", "state", unknown)
    codes, unknown = chosen(rows["community"], context.communities)
    faults.add("unknown_community", "community", unknown)
    since = read_days(rows["valid_from"])
    faults.add("time_form", "valid_from", since.bad_form)
    faults.add("impossible_time", "valid_from", since.impossible)
    faults.add("in_future", "valid_from", (since.on > pd.Timestamp(context.now.date())).to_numpy(dtype=bool))
    phones = [unseal_value(value, context.keys) for value in rows["phone"]]
    return pd.DataFrame(
        {
            "source_key": rows["source_key"],
            "name": rows["name"],
            "post": posts,
            "community_code": codes,
            "work_grid": rows["work_grid"],
            "phone_cipher": pd.Series(
                binary_texts(encrypt_numbers(phones, context.keys)), index=rows.index, dtype="object"
            ),
            "on_leave": states.fillna("false"),
            "valid_from": since.on.dt.tz_localize(context.district.zone),
        }
    )


def resolve(connection: Connection, columns: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Find the work grid; without a stated community the grid's own holds."""
    found = columns["work_grid"].map(grid_ids(connection, context.district.code))
    faults.add("unknown_code", "work_grid", found.isna().to_numpy())
    codes = columns["community_code"].where(columns["community_code"].notna(), columns["work_grid"].str.slice(0, 12))
    return columns.drop(columns="work_grid").assign(work_grid_id=ids(found), community_code=codes)


FEED = Feed(
    name="grid_workers",
    table=grid_worker,
    headings=HEADINGS,
    prepare=prepare,
    resolve=resolve,
    optional=frozenset({"phone", "community", "valid_from", "state"}),
    sealed=frozenset({"phone"}),
)
