"""Service items: what people can ask for, who may, and how soon it is promised."""

import json

import pandas as pd
from sqlalchemy import Connection

from etl.checks import chosen, key_faults, require, whole_numbers
from etl.declared import declared_feed
from etl.faults import Faults
from etl.feed import Context, StoreBatch
from etl.feeds.residents import GROUPS
from etl.storing import upsert
from gis.database.tables import service_item

REGISTRATIONS = {"不限": "", "户籍": "registered", "流动": "migrant"}
SEXES = {"不限": "", "女": "女", "男": "男"}


def prepare(rows: pd.DataFrame, faults: Faults, context: Context) -> pd.DataFrame:
    """Check ages, registration, groups; what is not required is left out of `eligibility`."""
    key_faults(rows, faults, pattern="")
    require(rows, faults, "name", "department")
    days, wrong = whole_numbers(rows["days_to_close"])
    faults.add("no_number", "days_to_close", wrong)
    ages = {}
    for column in ("min_age", "max_age"):
        ages[column], wrong = whole_numbers(rows[column])
        faults.add("no_number", column, wrong)
    registrations, unknown = chosen(rows["registration"], REGISTRATIONS)
    faults.add("unknown_choice", "registration", unknown)
    sexes, unknown = chosen(rows["sex"], SEXES)
    faults.add("unknown_choice", "sex", unknown)
    groups = [[one for one in value.split(";") if one] for value in rows["groups"]]
    faults.add("unknown_choice", "groups", pd.Series([not set(one) <= set(GROUPS) for one in groups], index=rows.index))
    stated = zip(ages["min_age"], ages["max_age"], registrations, groups, sexes, strict=True)
    return pd.DataFrame(
        {
            "source_key": rows["source_key"],
            "code": rows["source_key"],
            "name": rows["name"],
            "department": rows["department"],
            "topic": rows["topic"],
            "days_to_close": days,
            "eligibility": [
                json.dumps(
                    {
                        key: value
                        for key, value in (
                            ("min_age", None if pd.isna(low) else int(low)),
                            ("max_age", None if pd.isna(high) else int(high)),
                            ("registration", registration if isinstance(registration, str) else ""),
                            ("groups", [GROUPS[one] for one in tags if one in GROUPS]),
                            ("sex", sex if isinstance(sex, str) else ""),
                        )
                        if value not in (None, "", [])
                    },
                    ensure_ascii=False,
                )
                for low, high, registration, tags, sex in stated
            ],
        }
    )


def store(connection: Connection, good: pd.DataFrame, context: Context, batch: StoreBatch) -> None:
    """Write the items; the table knows no feed, an item's code is its own."""
    frame = good.drop(columns="source_key").assign(subdistrict_code=batch.subdistrict_code, batch_id=batch.id)
    upsert(connection, service_item, frame, conflict=("code", "subdistrict_code"))


FEED = declared_feed("service_items", prepare=prepare, store=store)
