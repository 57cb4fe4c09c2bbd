"""The register of communities, where nobody has drawn their areas: codes and names alone."""

import pandas as pd
from sqlalchemy import Connection

from etl.checks import key_faults, require, whole_numbers
from etl.declared import declared_feed
from etl.faults import Faults
from etl.feed import Context, StoreBatch
from etl.feeds.boundaries import english_name
from etl.storing import upsert
from gis.database.tables import community


def prepare(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Check code and name."""
    key_faults(rows, faults, pattern=r"\d{12}")
    require(rows, faults, "name")
    households, wrong = whole_numbers(rows["stated_households"])
    faults.add("no_number", "stated_households", wrong)
    return pd.DataFrame(
        {
            "source_key": rows["source_key"],
            "code": rows["source_key"],
            "name": rows["name"],
            "name_en": [english_name(name) for name in rows["name"]],
            "stated_households": households,
        },
        index=rows.index,
    )


def store(connection: Connection, good: pd.DataFrame, context: Context, batch: StoreBatch) -> None:
    """Write the communities; an area that a boundary file brought stays."""
    frame = good.assign(subdistrict_code=batch.subdistrict_code, feed=batch.feed.name, batch_id=batch.id)
    upsert(connection, community, frame, conflict=("code",))


FEED = declared_feed("communities", prepare=prepare, store=store)
