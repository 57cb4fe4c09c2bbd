"""Residential compounds (小区) and the estates they are zones of, as a workbook with a title above its heading."""

import pandas as pd
from sqlalchemy import Connection, text

from etl.checks import chosen, is_given, key_faults, require, whole_numbers
from etl.declared import declared_feed
from etl.faults import Faults
from etl.feed import Context
from etl.feeds.places import with_stated_community
from etl.points import stated_points, unit_columns
from etl.storing import ids

KINDS = {"拆迁安置": "resettlement", "安置房": "resettlement", "商品房": "commercial"}


def prepare(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Check kind, community, counts and point."""
    key_faults(rows, faults, pattern="")
    require(rows, faults, "name")
    kinds, unknown = chosen(rows["kind"], KINDS)
    faults.add("unknown_choice", "kind", unknown)
    codes, unknown = chosen(rows["community"], context.communities)
    faults.add("unknown_community", "community", unknown)
    lon, lat = stated_points(rows, faults, context)
    columns: dict[str, object] = {
        "source_key": rows["source_key"],
        "kind": "compound",
        "compound_kind": kinds,
        "name": rows["name"],
        "address": rows["address"],
        "schematic": context.district.schematic,
        "estate": rows["estate"],
    }
    for column in ("households", "buildings"):
        columns[column], wrong = whole_numbers(rows[column])
        faults.add("no_number", column, wrong)
    units = unit_columns(lon, lat, context, rows.index)
    return pd.DataFrame(columns, index=rows.index).join(with_stated_community(units, codes))


def resolve(connection: Connection, columns: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
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


FEED = declared_feed("compounds", prepare=prepare, resolve=resolve)
