"""Bad rows: kept as they came, with every reason, numbers of persons sealed, until the mended row passes."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from etl.feed import Context, Feed
from etl.reading import RawRows
from etl.storing import array_text, upsert
from gis.database.statements import load_statements
from gis.database.tables import quarantine
from gis.identity import IdentityKeys, seal_value
from gis.sealing import seal

_SQL = load_statements("etl", "quarantine")


def known_bad(connection: Connection, *, subdistrict_code: str, feed: str, hashes: Sequence[str]) -> set[str]:
    """Which of these bad rows are in quarantine already."""
    if not hashes:
        return set()
    bound = {"subdistrict_code": subdistrict_code, "feed": feed, "hashes": list(hashes)}
    return set(connection.execute(_SQL["known"], bound).scalars())


def quarantine_rows(
    connection: Connection,
    *,
    feed: Feed,
    context: Context,
    raw: RawRows,
    reasons: Mapping[int, Sequence[str]],
    hashes: Mapping[int, str],
    batch_id: int,
) -> None:
    """Put the rows at the positions of `reasons` into quarantine; those that are there already stay as they are."""
    if not reasons:
        return
    headings = feed.headings_in(context.source)
    sealed = {headings[name] for name in feed.sealed}
    positions = list(reasons)
    records = raw.frame.iloc[positions].to_dict("records")
    frame = pd.DataFrame(
        {
            "subdistrict_code": context.district.code,
            "feed": feed.name,
            "batch_id": batch_id,
            "row_number": [raw.row_number(position) for position in positions],
            "row_hash": [hashes[position] for position in positions],
            "raw": [json.dumps(sealed_row(record, sealed, context.keys), ensure_ascii=False) for record in records],
            "reasons": [array_text(reasons[position]) for position in positions],
        }
    )
    frame = frame.drop_duplicates("row_hash")
    upsert(connection, quarantine, frame, conflict=("subdistrict_code", "feed", "row_hash"), overwrite=False)


def sealed_row(record: Mapping[Any, object], sealed: set[str], keys: IdentityKeys) -> dict[str, str]:
    """Return a raw row without a plain identity number or telephone anywhere."""
    return {
        str(heading): seal_value(str(value), keys) if heading in sealed else seal(str(value)).redacted
        for heading, value in record.items()
    }


def release(
    connection: Connection, *, feed: Feed, context: Context, keys: Sequence[str], batch_id: int, now: datetime
) -> int:
    """Mark quarantined rows whose mended form came in with this batch; returns how many."""
    if not keys:
        return 0
    bound = {
        "subdistrict_code": context.district.code,
        "feed": feed.name,
        "heading": feed.headings_in(context.source)["source_key"],
        "keys": list(keys),
        "batch_id": batch_id,
        "now": now,
    }
    return connection.execute(_SQL["release"], bound).rowcount
