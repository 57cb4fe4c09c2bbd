"""Bring rows under our names into the forms a feed's checks expect, where file or heading set are known to differ.

A workbook may keep a day as its serial number; another system may write a day inside a key, three levels in one word,
an instant as seconds since 1970, or words of its own for which one of ours stands.
"""

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from etl.checks import is_given
from etl.declaration import Column, Declaration, HeadingSet
from etl.delivery import FeedSource
from etl.readers.files import SHEETS

#: serial numbers of days that are meant as such: 1954 to 2119
EARLIEST_SERIAL, LATEST_SERIAL = 20_000, 80_000
#: serial number 0 of workbooks, which take 1900 for a leap year
SERIAL_EPOCH = pd.Timestamp("1899-12-30")


def shaped(rows: pd.DataFrame, declaration: Declaration, source: FeedSource) -> pd.DataFrame:
    """Return rows in the forms that are checked; `rows` are under our names, words of `values` replaced already."""
    moments = [name for name, column in declaration.columns.items() if column.kind in ("day", "time")]
    if (source.form or source.path.suffix).lower() in SHEETS:
        rows = rows.assign(**{name: serial_days(rows[name]) for name in moments if name in rows})
    if source.heading_set is None:
        return rows
    rows = with_parts(rows, source.heading_set, source.values)
    rows = with_derived(rows, source.heading_set)
    rows = rows.assign(**{name: unix_times(rows[name]) for name in source.heading_set.unix})
    return with_known_words(rows, source.heading_set, declaration.columns)


def serial_days(values: "pd.Series[str]") -> "pd.Series[str]":
    """Write the serial numbers among `values` as days (44375) or instants (44375.65625); the rest stays."""
    is_number = values.str.fullmatch(r"\d{5}(\.\d{1,12})?").to_numpy(dtype=bool)
    if not is_number.any():
        return values
    serials = values[is_number].astype(float)
    serials = serials[(serials >= EARLIEST_SERIAL) & (serials <= LATEST_SERIAL)]
    # fractions of a day are rounded to the second they stand for
    moments = (SERIAL_EPOCH + pd.to_timedelta(serials, unit="D")).dt.round("s")
    days = moments.dt.strftime("%Y-%m-%d")
    whole = serials % 1 == 0
    result = values.copy()
    result[serials.index] = days.where(whole, moments.dt.strftime("%Y-%m-%d %H:%M:%S")).astype(values.dtype)
    return result


def with_parts(rows: pd.DataFrame, heading_set: HeadingSet, words: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """Split values of several levels: the first stays, the last goes to a column of its own."""
    columns = {}
    for name, parts in heading_set.parts.items():
        pieces = rows[name].str.split(parts.between, regex=True)
        first = pieces.str[0].str.strip()
        last = pieces.str[-1].str.strip().where(np.array([len(one) > 1 for one in pieces], dtype=bool), "")
        columns[name] = first.replace(dict(words.get(name, {})))
        columns[parts.last] = rows[parts.last].where(is_given(rows[parts.last]), last)
    return rows.assign(**columns)


def with_derived(rows: pd.DataFrame, heading_set: HeadingSet) -> pd.DataFrame:
    """Fill empty values with what stands inside another one."""
    columns = {}
    for name, derived in heading_set.derived.items():
        pattern = re.compile(derived.pattern)
        found = [pattern.search(value) for value in rows[derived.source]]
        texts = [derived.form.format(*one.groups()) if one else "" for one in found]
        columns[name] = rows[name].where(is_given(rows[name]), pd.Series(texts, index=rows.index, dtype="str"))
    return rows.assign(**columns)


def unix_times(values: "pd.Series[str]") -> "pd.Series[str]":
    """Write seconds since 1970 as instants with their offset; what is no such number stays."""
    is_number = values.str.fullmatch(r"\d{9,10}").to_numpy(dtype=bool)
    if not is_number.any():
        return values
    moments = pd.to_datetime(values[is_number].astype(float), unit="s", utc=True)
    result = values.copy()
    result[is_number] = moments.dt.strftime("%Y-%m-%dT%H:%M:%SZ").astype(values.dtype)
    return result


def with_known_words(rows: pd.DataFrame, heading_set: HeadingSet, columns: Mapping[str, Column]) -> pd.DataFrame:
    """Let one word stand for the words a feed does not know; what was written is kept beside where there is room."""
    changed: dict[str, pd.Series[str]] = {}
    for name, otherwise in heading_set.otherwise.items():
        unknown = is_given(rows[name]) & ~rows[name].isin(list(columns[name].words)).to_numpy(dtype=bool)
        if otherwise.kept_in:
            room = rows[otherwise.kept_in]
            changed[otherwise.kept_in] = room.where(is_given(room) | ~unknown, rows[name])
        changed[name] = rows[name].mask(unknown, otherwise.word)
    return rows.assign(**changed)
