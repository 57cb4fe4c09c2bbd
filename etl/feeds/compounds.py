"""Residential compounds (小区) and the estates they are zones of, as a workbook with a title above its heading."""

import pandas as pd
from sqlalchemy import Connection, text

from etl.checks import is_given
from etl.declared import declared_feed
from etl.faults import Faults
from etl.feed import Context, StoreBatch
from etl.storing import ids


def resolve(
    connection: Connection, columns: pd.DataFrame, faults: Faults, context: Context, batch: StoreBatch
) -> pd.DataFrame:
    """Find the estates that zones belong to."""
    estates = {
        row.name: row.id
        for row in connection.execute(
            text(
                "SELECT name, id FROM base.place WHERE subdistrict_code = :code AND kind = 'compound' AND NOT counted"
            ),
            {"code": context.district.code},
        )
    }
    found = columns["estate"].map(estates)
    faults.add("unknown_estate", "estate", is_given(columns["estate"]) & found.isna().to_numpy())
    return columns.drop(columns="estate").assign(parent_id=ids(found))


FEED = declared_feed("compounds", resolve=resolve)
