"""Households: where each one lives. They are the households that the register of residents names by the same number."""

from dataclasses import replace

import pandas as pd
from sqlalchemy import Connection, text

from etl.declared import declared_feed
from etl.feed import Context, StoreBatch
from etl.homes import Homes

#: the feed whose persons name households
NAMED_BY = "residents"


def store(connection: Connection, good: pd.DataFrame, context: Context, batch: StoreBatch) -> None:
    """Write the dwelling and the household under the name of the register that persons come with."""
    register = connection.execute(
        text(
            "SELECT name FROM support.feed WHERE subdistrict_code = :code AND (kind = :kind OR name = :kind)"
            " ORDER BY name <> :kind, name LIMIT 1"
        ),
        {"code": batch.subdistrict_code, "kind": NAMED_BY},
    ).scalar()
    named = replace(batch, feed=replace(batch.feed, name=register or NAMED_BY))
    Homes().settle(connection, good.rename(columns={"source_key": "household"}), named)


FEED = declared_feed("households", store=store)
