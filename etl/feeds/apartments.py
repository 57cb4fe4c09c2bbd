"""Migrant-worker apartment areas (外来务工人员公寓), as a workbook with a title above its heading."""

import pandas as pd

from etl.checks import chosen, key_faults, require, whole_numbers
from etl.faults import Faults
from etl.feed import Context, Feed
from etl.feeds.places import with_stated_community
from etl.points import stated_points, unit_columns
from etl.times import read_days
from gis.database.tables import place

HEADINGS = {
    "source_key": "编号",
    "name": "名称",
    "community": "社区",
    "address": "地址",
    "lon": "经度",
    "lat": "纬度",
    "buildings": "楼栋数",
    "rooms": "房间数",
    "beds": "床位数",
    "valid_from": "启用日期",
}


def prepare(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Check community, counts, the day it opened, and the point."""
    key_faults(rows, faults, pattern="")
    require(rows, faults, "name", "beds")
    codes, unknown = chosen(rows["community"], context.communities)
    faults.add("unknown_community", "community", unknown)
    lon, lat = stated_points(rows, faults, context)
    opened = read_days(rows["valid_from"].str.slice(0, 10))
    faults.add("time_form", "valid_from", opened.bad_form)
    faults.add("impossible_time", "valid_from", opened.impossible)
    columns: dict[str, object] = {
        "source_key": rows["source_key"],
        "kind": "apartment",
        "name": rows["name"],
        "address": rows["address"],
        "schematic": context.district.schematic,
        "valid_from": opened.on.dt.tz_localize(context.district.zone),
    }
    for column in ("buildings", "rooms", "beds"):
        columns[column], wrong = whole_numbers(rows[column])
        faults.add("no_number", column, wrong)
    units = unit_columns(lon, lat, context, rows.index)
    return pd.DataFrame(columns, index=rows.index).join(with_stated_community(units, codes))


FEED = Feed(
    name="apartments",
    table=place,
    headings=HEADINGS,
    prepare=prepare,
    optional=frozenset({"community", "address", "buildings", "rooms", "valid_from"}),
    is_gazetteer=True,
)
