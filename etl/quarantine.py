"""Bad rows: kept as they came, with every reason, numbers of persons sealed, until the mended row passes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    rows = [sealed_row(record, sealed, context.keys) for record in raw.frame.iloc[positions].to_dict("records")]
    frame = pd.DataFrame(
        {
            "subdistrict_code": context.district.code,
            "feed": feed.name,
            "batch_id": batch_id,
            "row_number": [raw.row_number(position) for position in positions],
            "row_hash": [hashes[position] for position in positions],
            "raw": [json.dumps(row.shown, ensure_ascii=False) for row in rows],
            "sealed": [json.dumps(row.hidden, ensure_ascii=False) for row in rows],
            "headings": array_text(raw.frame.columns),
            "reasons": [array_text(reasons[position]) for position in positions],
        }
    )
    frame = frame.drop_duplicates("row_hash")
    upsert(connection, quarantine, frame, conflict=("subdistrict_code", "feed", "row_hash"), overwrite=False)


@dataclass(frozen=True)
class SealedRow:
    """A raw row without a plain identity number or telephone anywhere."""

    #: by heading: sealed columns as ciphertext, other cells with their numbers taken out
    shown: dict[str, str]
    #: ciphertext of the whole cells out of which a number was taken
    hidden: dict[str, str]


def sealed_row(record: Mapping[Any, object], sealed: set[str], keys: IdentityKeys) -> SealedRow:
    """Seal a raw row; nothing of it is lost for whoever holds the keys."""
    shown, hidden = {}, {}
    for heading, value in ((str(heading), str(value)) for heading, value in record.items()):
        if heading in sealed:
            shown[heading] = seal_value(value, keys)
            continue
        shown[heading] = seal(value).redacted
        if shown[heading] != value:
            hidden[heading] = seal_value(value, keys)
    return SealedRow(shown, hidden)


def awaited_keys(connection: Connection, *, feed: Feed, context: Context) -> set[str]:
    """Keys of the bad rows that wait in quarantine to be mended."""
    bound = {
        "subdistrict_code": context.district.code,
        "feed": feed.name,
        "heading": feed.headings_in(context.source)["source_key"],
    }
    return {str(key) for key in connection.execute(_SQL["awaited"], bound).scalars() if key}


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
