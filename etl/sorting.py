"""Tell the rows of a delivery apart before any work is done on them: known, new, changed, or a key once more."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
from sqlalchemy import Connection

from etl.faults import Mask
from etl.feed import Context, Feed
from etl.hashing import row_hashes
from etl.ledger import delivered_hashes
from etl.reading import RawRows

#: longer keys are cut [characters]
LONGEST_KEY = 120


@dataclass(frozen=True)
class Sorted:
    """Rows of a delivery by what has to be done with them."""

    #: key of each row, same order as the rows
    keys: "pd.Series[str]"
    #: hash of each row, 32 hexadecimal digits
    hashes: pa.Array = field(repr=False)
    #: new, changed, or in quarantine before: to be worked through
    fresh: Mask
    #: the same key stands earlier in the delivery, with other content
    doubled: Mask
    #: keys that were delivered before in another form
    changed_keys: frozenset[str]

    def hash_of(self, position: int) -> str:
        """The hash of one row."""
        return str(self.hashes[position].as_py())


def sort_rows(connection: Connection, *, feed: Feed, raw: RawRows, context: Context) -> Sorted:
    """Tell rows that are new or changed from those delivered before, and find keys that stand twice."""
    hashes = row_hashes(raw.frame, context.keys.hash_key)
    keys = keys_of(feed, raw.frame, context, hashes)
    rows = pl.DataFrame({"key": pl.Series(pa.array(keys)).fill_null(""), "hash": pl.Series(hashes)})
    keyed = rows.with_row_index("at").filter(pl.col("key") != "")
    is_first = keyed["key"].is_first_distinct()
    first = keyed.filter(is_first)
    fresh = np.ones(rows.height, dtype=bool)
    doubled = np.zeros(rows.height, dtype=bool)
    if first.height < keyed.height:
        # the same row once more is a copy and changes nothing; another one under the same key is a fault
        again = keyed.filter(~is_first).join(first.select("key", first="hash"), on="key", how="left")
        fresh[again.filter(pl.col("hash") == pl.col("first"))["at"].to_numpy()] = False
        doubled[again.filter(pl.col("hash") != pl.col("first"))["at"].to_numpy()] = True
    before = delivered_hashes(connection, subdistrict_code=context.district.code, feed=feed.name, keys=first["key"])
    met = first.join(before, on="key", how="inner")
    fresh[met.filter(pl.col("hash") == pl.col("known"))["at"].to_numpy()] = False
    changed = frozenset(met.filter(pl.col("hash") != pl.col("known"))["key"].to_list())
    return Sorted(keys, hashes, fresh, doubled, changed)


def keys_of(feed: Feed, frame: pd.DataFrame, context: Context, hashes: pa.Array) -> "pd.Series[str]":
    """The key of each row: its key column, else what the feed composes one of, else its content and its occurrence."""
    headings = feed.headings_in(context.source)
    heading = headings["source_key"]
    if context.source.keys == "rows":
        texts = pd.Series(hashes.to_pandas(), dtype="str").str.slice(0, 16).set_axis(frame.index)
        return texts + "-" + (texts.groupby(texts).cumcount() + 1).astype("str")
    if heading in frame:
        return frame[heading].str.strip()
    if feed.composed_key:
        parts = [frame[headings.get(name, name)].str.strip() for name in feed.composed_key]
        composed_keys = [composed(row) for row in zip(*parts, strict=True)]
        return pd.Series(composed_keys, index=frame.index, dtype="str")
    return pd.Series("", index=frame.index, dtype="str")


def composed(parts: Sequence[str]) -> str:
    """One key of several values; a long one (a shape among them) is cut and told apart by its digest."""
    key = "/".join(parts)
    return key if len(key) <= LONGEST_KEY else f"{key[:40]}…{hashlib.sha256(key.encode()).hexdigest()[:24]}"
