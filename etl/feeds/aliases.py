"""Other names of compounds, apartments, places and communities, with the days from and to which they hold.

An old village is a name of the place where its people live now.
"""

import pandas as pd
from sqlalchemy import Connection, text

from etl.checks import chosen, order_faults, require
from etl.declared import declared_feed
from etl.faults import Faults
from etl.feed import Context
from etl.storing import ids
from etl.times import read_days

RELATIONS = {"别名": "alias", "简称": "abbreviation", "曾用名": "former_name", "安置去向": "resettled_to"}
#: feeds whose codes an alias may name
OWNERS = ["compounds", "apartments", "places"]


def prepare(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Check the relation."""
    require(rows, faults, "owner", "alias", "relation")
    relations, unknown = chosen(rows["relation"], RELATIONS)
    faults.add("unknown_choice", "relation", unknown)
    since, until = read_days(rows["valid_from"]), read_days(rows["valid_to"])
    for column, days in (("valid_from", since), ("valid_to", until)):
        faults.add("time_form", column, days.bad_form)
        faults.add("impossible_time", column, days.impossible)
    order_faults(since.on, until.on, faults, "valid_to")
    return pd.DataFrame(
        {
            "source_key": rows["source_key"],
            "owner": rows["owner"],
            "alias": rows["alias"],
            "relation": relations,
            "valid_from": since.on.dt.tz_localize(context.district.zone),
            "valid_to": until.on.dt.tz_localize(context.district.zone),
        }
    )


def resolve(connection: Connection, columns: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Find the place or community that has the name."""
    places = {
        row.source_key: row.id
        for row in connection.execute(
            text("SELECT source_key, id FROM base.place WHERE subdistrict_code = :code AND feed = ANY(:feeds)"),
            {"code": context.district.code, "feeds": OWNERS},
        )
    }
    found = columns["owner"].map(places)
    codes, _ = chosen(columns["owner"], context.communities)
    faults.add("unknown_code", "owner", found.isna().to_numpy() & codes.isna().to_numpy())
    return columns.drop(columns="owner").assign(
        place_id=ids(found), community_code=codes.where(found.isna(), None).astype(object)
    )


FEED = declared_feed("aliases", prepare=prepare, resolve=resolve)
