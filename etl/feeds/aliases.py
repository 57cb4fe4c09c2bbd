"""Other names of compounds, apartments, places and communities, with the days from and to which they hold.

An old village is a name of the place where its people live now.
"""

import pandas as pd
from sqlalchemy import Connection, text

from etl.checks import chosen
from etl.declared import declared_feed
from etl.faults import Faults
from etl.feed import Context, StoreBatch
from etl.storing import ids

#: feeds whose codes an alias may name
OWNERS = ["compounds", "apartments", "places"]


def resolve(
    connection: Connection, columns: pd.DataFrame, faults: Faults, context: Context, batch: StoreBatch
) -> pd.DataFrame:
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


FEED = declared_feed("aliases", resolve=resolve)
