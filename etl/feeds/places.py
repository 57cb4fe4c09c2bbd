"""Named places beside compounds: estates over zones, points of interest, villages that are gone, water, roads."""

import numpy as np
import pandas as pd

from etl.checks import chosen, is_given, key_faults, order_faults, require
from etl.declared import declared_feed
from etl.faults import Faults
from etl.feed import Context
from etl.points import stated_points, unit_columns
from etl.times import read_days

#: an estate is a compound that is not counted: its zones are
KINDS = {"小区总称": "compound", "兴趣点": "poi", "已拆村庄": "village", "水体": "water", "道路": "road"}

#: roads and rivers lead on beyond the border; their point may stand about 2 km outside [deg]
LEADING_ON = ("道路", "水体")
MARGIN_DEG = 0.02


def prepare(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Check kind, name, dates and point; a place without a point is kept, it has a name all the same."""
    key_faults(rows, faults, pattern="")
    require(rows, faults, "name", "kind")
    kinds, unknown = chosen(rows["kind"], KINDS)
    faults.add("unknown_choice", "kind", unknown)
    codes, unknown = chosen(rows["community"], context.communities)
    faults.add("unknown_community", "community", unknown)
    leads_on = rows["kind"].isin(LEADING_ON).to_numpy(dtype=bool)
    lon, lat = stated_points(rows, faults, context, where=~leads_on)
    lines = stated_points(rows, faults, context, where=leads_on, margin_deg=MARGIN_DEG)
    lon, lat = np.where(leads_on, lines[0], lon), np.where(leads_on, lines[1], lat)
    since, until = read_days(rows["valid_from"]), read_days(rows["valid_to"])
    for column, days in (("valid_from", since), ("valid_to", until)):
        faults.add("time_form", column, days.bad_form)
        faults.add("impossible_time", column, days.impossible)
    order_faults(since.on, until.on, faults, "valid_to")
    units = unit_columns(lon, lat, context, rows.index)
    return pd.DataFrame(
        {
            "source_key": rows["source_key"],
            "kind": kinds,
            "counted": kinds != "compound",
            "name": rows["name"],
            "subkind": rows["subkind"].where(is_given(rows["subkind"]), None),
            "address": rows["address"],
            "schematic": context.district.schematic,
            "valid_from": since.on.dt.tz_localize(context.district.zone),
            "valid_to": until.on.dt.tz_localize(context.district.zone),
        }
    ).join(with_stated_community(units, codes))


def with_stated_community(units: pd.DataFrame, codes: "pd.Series[str]") -> pd.DataFrame:
    """The community of the point; of the register where there is no point."""
    found = units["community_code"].to_numpy(dtype=object)
    return units.assign(community_code=np.where(pd.isna(found), codes.to_numpy(dtype=object), found))


FEED = declared_feed("places", prepare=prepare)
