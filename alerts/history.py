"""What a rule's detector looks back on: the records it counts, with every unit each of them counts for."""

from datetime import date, datetime, tzinfo
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection

from alerts.rules import CountingRule
from gis.cells import to_hex
from gis.database.statements import load_statements
from layers.measures import SENSITIVE_SUBCATEGORIES

SQL = load_statements("alerts", "history")

Integers = NDArray[np.int64]


def select_history(
    connection: Connection,
    rule: CountingRule,
    *,
    subdistrict_code: str,
    zone: tzinfo,
    since: datetime,
    until: datetime,
) -> pd.DataFrame:
    """Select what a rule counts, in order of time.

    Returns
    -------
    history
        One row per record after `since` and up to `until`: id; at, due_at, closed_at (UTC); day (local, days since
        1970-01-01); kind; cell (resolution 10), compound (id) and community (code), missing where it has none.
        Records of the sensitive kinds are left out.
    """
    asked: dict[str, Any] = {
        "subdistrict_code": subdistrict_code,
        "timezone": str(zone),
        "since": since,
        "until": until,
        **rule.where.asked_of(rule.counts),
    }
    if rule.counts == "incident":
        asked["sensitive"] = list(SENSITIVE_SUBCATEGORIES)
    rows = connection.execute(SQL[f"{rule.counts}_history"], asked)
    history = pd.DataFrame(rows.all(), columns=list(rows.keys()))
    for column in ("at", "due_at", "closed_at"):
        history[column] = pd.to_datetime(history[column], utc=True)
    return history.astype({"id": "int64", "day": "int64", "cell": "Int64", "compound": "Int64", "community": object})


def unit_codes(history: pd.DataFrame, unit: str) -> pd.Series:
    """Return each record's unit as alerts name it: a cell as hexadecimal text, a compound's id, a community's code."""
    if unit == "community":
        return history["community"]
    known = history[unit].notna()
    numbers = history.loc[known, unit].astype("int64").tolist()
    names = to_hex(numbers) if unit == "cell" else [str(number) for number in numbers]
    return pd.Series(names, index=history.index[known], dtype=object).reindex(history.index)


def local_day(moment: datetime, zone: tzinfo) -> int:
    """Return the local day of a moment [days since 1970-01-01]."""
    return (moment.astimezone(zone).date() - date(1970, 1, 1)).days
