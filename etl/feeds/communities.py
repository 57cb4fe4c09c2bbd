"""The register of communities, where nobody has drawn their areas: codes and names alone."""

import pandas as pd
from sqlalchemy import Connection

from etl.declaration import read_declaration
from etl.declared import declared_feed, prepare_columns
from etl.faults import Faults
from etl.feed import Context, StoreBatch
from etl.feeds.boundaries import english_name
from etl.storing import upsert
from gis.database.tables import community

DECLARED = read_declaration("communities")


def prepare(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Add what a code and a name stand for; whether areas are schematic, the boundary file says."""
    columns = prepare_columns(DECLARED, rows, faults, context).drop(columns="schematic")
    return columns.assign(code=rows["source_key"], name_en=[english_name(name) for name in rows["name"]])


def store(connection: Connection, good: pd.DataFrame, context: Context, batch: StoreBatch) -> None:
    """Write the communities; an area that a boundary file brought stays."""
    frame = good.assign(subdistrict_code=batch.subdistrict_code, feed=batch.feed.name, batch_id=batch.id)
    upsert(connection, community, frame, conflict=("code",))


FEED = declared_feed("communities", prepare=prepare, store=store)
