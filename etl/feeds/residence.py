"""Residence: who lives in which dwelling; a dwelling that no register has named yet is made."""

import pandas as pd
from sqlalchemy import Connection

from etl.declared import declared_feed
from etl.feed import Context, StoreBatch
from etl.filling import write_rows
from etl.homes import Homes


def store(connection: Connection, good: pd.DataFrame, context: Context, batch: StoreBatch) -> None:
    """Write dwellings that are new, then who lives in them."""
    dwelling_id, _ = Homes().settle(connection, good.assign(household=""), batch)
    frame = good.drop(columns=["unit", "room"]).assign(
        dwelling_id=dwelling_id,
        subdistrict_code=batch.subdistrict_code,
        feed=batch.feed.name,
        batch_id=batch.id,
    )
    write_rows(connection, batch.feed.table, frame, conflict=batch.feed.conflict, batch=batch)


FEED = declared_feed("residence", store=store)
