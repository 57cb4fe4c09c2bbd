"""Bring a mended sheet of the quarantine in: rows that pass leave the quarantine, the others say what is wrong now."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection

from access.audit import act_as, note_event
from etl.counting import agreed_count
from etl.delivery import FeedSource, config_text, source_of
from etl.feed import Context, Feed
from etl.feeds import FEEDS, GAZETTEER_FEEDS
from etl.fitting import fit
from etl.ledger import FeedResult, Opening, gazetteer_version, lock_feed
from etl.load import register_district, select_placed_by
from etl.pipeline import load_rows, versions
from etl.readers.sheets import read_sheet_rows
from etl.reading import RawRows, read_csv_rows
from etl.sheets import MOST_ROWS, NUMBER_HEADING, SEALED_MARK, BadRow, unguarded, write_sheet
from etl.vectors import GEOMETRY, to_wgs84_shapes
from etl.work import Workers
from gis.database.connection import Database
from gis.database.statements import load_statements
from gis.district import District, select_district
from gis.errors import BadInput, NotFound
from gis.identity import IdentityKeys, identity_keys, unseal_value
from gis.placing import territory_of
from gis.texts import Texts

_SQL = load_statements("etl", "mending")


@dataclass(frozen=True)
class Mended:
    """What became of a mended sheet."""

    feed: str
    #: rows that have left the quarantine
    passed: int
    #: rows that stay in it, as they were or with other reasons
    left: int
    #: one per form of the rows; several when files of several forms were mended in one sheet
    results: Sequence[FeedResult]


def waiting_rows(
    connection: Connection, *, subdistrict_code: str, feed: str, ids: Sequence[int] | None = None
) -> list[BadRow]:
    """Return rows of a feed that wait to be mended, or those of `ids` among them; at most `MOST_ROWS`."""
    bound = {"code": subdistrict_code, "feed": feed, "ids": None if ids is None else list(ids), "limit": MOST_ROWS}
    return [BadRow.from_row(row) for row in connection.execute(_SQL["waiting"], bound)]


def feeds_waiting(connection: Connection, *, subdistrict_code: str) -> Sequence[Any]:
    """Return feeds with rows in quarantine: `feed`, `title`, `rows`, `since`."""
    return connection.execute(_SQL["feeds_waiting"], {"code": subdistrict_code}).all()


def reasons_waiting(connection: Connection, *, subdistrict_code: str) -> Sequence[Any]:
    """Return why rows are in quarantine: `feed`, `reason`, `rows`."""
    return connection.execute(_SQL["reasons_waiting"], {"code": subdistrict_code}).all()


def quarantine_sheet(connection: Connection, *, subdistrict_code: str, feed: str, form: str, texts: Texts) -> bytes:
    """Write the rows of a feed that wait to be mended as a sheet; raises NotFound when none does."""
    rows = waiting_rows(connection, subdistrict_code=subdistrict_code, feed=feed)
    if not rows:
        raise NotFound("feed {feed} has no rows in quarantine", feed=feed)
    return write_sheet(rows, form, texts)


def read_mended(path: Path) -> RawRows:
    """Read a mended sheet, XLSX or CSV in UTF-8 or GB18030, whatever its spreadsheet made of it.

    Raises
    ------
    BadInput
        If it is no sheet, or lacks the column of numbers that tells which row is which.
    """
    if path.suffix.lower() in (".xlsx", ".xls"):
        source = FeedSource("quarantine", path)
        raw = read_sheet_rows(source, [NUMBER_HEADING])
    else:
        data = path.read_bytes()
        try:
            data.decode("utf-8-sig")
            encoding = "utf-8-sig"
        except UnicodeDecodeError:
            encoding = "gb18030"
        source = FeedSource("quarantine", path, encoding=encoding)
        raw = read_csv_rows(source, [NUMBER_HEADING])
    agreed_count(source, raw)
    return raw


def mend(
    database: Database,
    feed: str,
    path: Path,
    *,
    actor: str,
    now: datetime,
    session_id: str = "",
    code: str | None = None,
) -> Mended:
    """Bring a mended sheet of one feed's quarantine in, in one transaction.

    A row that was not touched stays as it is. A row that was mended and does not pass is followed in the quarantine by
    what it says now, with its reasons.

    Parameters
    ----------
    database
        The owner's engine is used.
    session_id
        Session of the person who mends, for the audit; empty on the command line.
    code
        The sub-district; None = the one that is loaded.

    Raises
    ------
    BadInput
        If the sheet is not one of this feed's quarantine.
    """
    sheet = read_mended(path)
    keys = identity_keys(database.secrets)
    with database.owner.begin() as connection:
        district = select_district(connection, code=code)
        register_district(connection, district)
        lock_feed(connection, subdistrict_code=district.code, feed=feed)
        known = connection.execute(_SQL["feed"], {"code": district.code, "feed": feed}).one_or_none()
        if known is None or known.kind not in FEEDS:
            raise NotFound("there is no feed {feed!r} whose rows could be mended", feed=feed)
        rows = sheet_rows(connection, sheet, path.name, district, feed)
        groups = [
            bring_in(connection, district, known, group, sheet, path, actor, now, keys) for group in forms_of(rows)
        ]
        mended = Mended(
            feed,
            passed=sum(passed for passed, _ in groups),
            left=len(rows) - sum(passed for passed, _ in groups),
            results=[result for _, result in groups],
        )
        note(connection, mended, actor=actor, session_id=session_id)
    return mended


#: position in the sheet and the row of the quarantine it is
Pairs = list[tuple[int, BadRow]]


def sheet_rows(connection: Connection, sheet: RawRows, name: str, district: District, feed: str) -> Pairs:
    """Find the row of the quarantine that each row of a sheet is."""
    numbers = sheet.frame[NUMBER_HEADING].str.strip()
    wrong = ~numbers.str.fullmatch(r"\d{1,18}").to_numpy(dtype=bool)
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise BadInput(
            "{name}, row {row}: {stated!r} is no {heading} of the quarantine",
            name=name,
            row=sheet.row_number(at),
            stated=numbers.iloc[at],
            heading=NUMBER_HEADING,
        )
    ids = numbers.astype(int).tolist()
    if len(set(ids)) < len(ids):
        doubled = next(one for one in ids if ids.count(one) > 1)
        raise BadInput("{name}: {heading} {number} stands twice", name=name, heading=NUMBER_HEADING, number=doubled)
    found = {row.id: row for row in waiting_rows(connection, subdistrict_code=district.code, feed=feed, ids=ids)}
    gone = [one for one in ids if one not in found]
    if gone:
        raise BadInput(
            "{name}: {heading} {numbers} waits in no quarantine of feed {feed}; download the sheet anew",
            name=name,
            heading=NUMBER_HEADING,
            numbers=gone[:5],
            feed=feed,
        )
    return [(at, found[one]) for at, one in enumerate(ids)]


def forms_of(rows: Pairs) -> list[Pairs]:
    """Split rows by the form of the file they came from: each is brought in as it was delivered."""
    groups: dict[tuple[object, ...], Pairs] = {}
    for at, row in rows:
        groups.setdefault((row.ordered, row.config), []).append((at, row))
    return list(groups.values())


def bring_in(
    connection: Connection,
    district: District,
    known: Any,
    rows: Pairs,
    sheet: RawRows,
    path: Path,
    actor: str,
    now: datetime,
    keys: IdentityKeys,
) -> tuple[int, FeedResult]:
    """Bring rows of one form in; returns how many passed, and what became of them."""
    config = json.loads(rows[0][1].config) if rows[0][1].config else known.config
    feed = replace(FEEDS[known.kind], name=known.feed)
    source = fitting_source(connection, feed, source_of(known, config, path), rows[0][1].ordered, district)
    raw = restored(sheet, rows, feed, source, keys)
    gazetteer_batch = gazetteer_version(connection, subdistrict_code=district.code, feeds=GAZETTEER_FEEDS)
    context = Context(district, source, territory_of(connection, district.code), keys, now)
    opening = Opening(
        subdistrict_code=district.code,
        feed=feed.name,
        source=path.name,
        content_hash=hashlib.sha256(path.read_bytes()).hexdigest(),
        actor=actor,
        versions={**versions(str(gazetteer_batch)), "config": config_text(source)},
        started_at=now,
        counted=len(rows),
        origin="mending",
        kind=known.kind,
    )
    placed_by = select_placed_by(connection, feed, district, version=str(gazetteer_batch), now=now)
    with Workers() as workers:
        result = load_rows(
            connection, feed=feed, raw=raw, context=context, opening=opening, workers=workers, placed_by=placed_by
        )
    return settle(connection, rows, result, first_row=raw.first_row, now=now), result


def fitting_source(
    connection: Connection, feed: Feed, source: FeedSource, headings: Sequence[str], district: District
) -> FeedSource:
    """The source with the heading set that rows of these headings were read by."""
    if set(feed.required_headings(source)) <= set(headings):
        return source
    fitted = fit(connection, feed, source, headings, district.code)
    if fitted is None:
        raise BadInput(
            "feed {name}: the headings {headings} are of no set that is known any more",
            name=feed.name,
            headings=", ".join(headings)[:200],
        )
    return fitted


def restored(sheet: RawRows, rows: Pairs, feed: Feed, source: FeedSource, keys: IdentityKeys) -> RawRows:
    """Rows as they were delivered, with what was mended in them, and sealed values where their mark still stands."""
    headings = rows[0][1].ordered
    columns = {}
    for heading in headings:
        cells = sheet.frame[heading].tolist() if heading in sheet.frame else None
        columns[heading] = pd.array(
            [cell_of(row, heading, None if cells is None else cells[at], keys) for at, row in rows], dtype="str"
        )
    frame = pd.DataFrame(columns)
    if GEOMETRY not in frame:
        return RawRows(frame, first_row=sheet.first_row)
    shapes = np.asarray(shapely.from_wkt(frame[GEOMETRY].to_numpy(dtype=object), on_invalid="ignore"), dtype=object)
    if shapely.is_missing(shapes).any():
        at = int(np.flatnonzero(shapely.is_missing(shapes))[0])
        raise BadInput("{name}, row {row}: the shape is no WKT", name=source.path.name, row=sheet.row_number(at))
    return RawRows(frame, first_row=sheet.first_row, geometry=to_wgs84_shapes(shapes, source))


def cell_of(row: BadRow, heading: str, cell: str | None, keys: IdentityKeys) -> str:
    """A cell's value: what was typed, or what was delivered where the sheet shows it as it was."""
    delivered = row.raw.get(heading, "")
    # a spreadsheet may have taken blanks off the ends
    if cell is None or unguarded(cell).strip() == delivered.strip() or cell.strip() == SEALED_MARK:
        return unseal_value(row.sealed.get(heading, delivered), keys)
    return unguarded(cell)


def settle(connection: Connection, rows: Pairs, result: FeedResult, *, first_row: int, now: datetime) -> int:
    """Let rows that passed leave the quarantine, and let those that did not be followed by what they are now."""
    bound: dict[str, Any] = {"now": now, "batch_id": result.batch_id}
    passed = [row.id for position, (_, row) in enumerate(rows) if position not in result.reasons]
    connection.execute(_SQL["release"], {**bound, "ids": passed})
    still = {first_row + position: rows[position][1].id for position in result.reasons}
    connection.execute(_SQL["replace"], {**bound, "ids": list(still.values()), "numbers": list(still)})
    return len(passed)


def note(connection: Connection, mended: Mended, *, actor: str, session_id: str) -> None:
    """Leave an audit row: who mended which feed, and how many rows passed."""
    batches = [result.batch_id for result in mended.results]
    act_as(connection, actor=actor, session_id=session_id)
    changes = {"feed": mended.feed, "passed": mended.passed, "left": mended.left, "batches": batches}
    note_event(connection, "quarantine_mended", changes)
