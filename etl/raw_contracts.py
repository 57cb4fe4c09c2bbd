"""What a feed promises of its rows as they are delivered, as JSON Schema, and whether its last delivery keeps it.

A delivered row is an object of texts under the file's own headings. Single bad rows are the quarantine's business: a
contract is broken when headings are gone, or when so many rows break it that the form must have drifted.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from jsonschema import Draft202012Validator
from sqlalchemy import Connection

from access.interfaces import ContractRun, hold_against
from etl.declaration import Column, Declaration
from etl.delivery import FeedSource, source_of
from etl.feeds import FEEDS
from etl.fitting import read_fitted
from etl.kept import KeptFiles
from etl.readers.files import opened
from etl.reading import RawRows
from etl.times import DAY, MINUTE, SECOND, ZONED
from gis.database.statements import load_statements
from gis.errors import FengqiaoError
from gis.texts import spoken

STATEMENTS = load_statements("etl", "interfaces")
#: rows of a delivery that are held against the contract, spread over the file
SAMPLE = 500
#: share of rows that may break it; the sample sub-district plants one bad row in a hundred
BORNE = 0.05
SERIAL = r"\d{5}(\.\d{1,12})?"
NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
#: kind of column -> the forms its texts may have; of other kinds any text
FORMS = {
    "day": (DAY, SERIAL),
    "time": (ZONED, SECOND, MINUTE, DAY, SERIAL),
    "whole": (r"\+?\d+(\.0*)?([eE][+-]?\d+)?",),
    "decimal": (NUMBER,),
    "lon": (NUMBER,),
    "lat": (NUMBER,),
}


def raw_contract(declaration: Declaration, source: FeedSource | None = None) -> dict[str, Any]:
    """Return the JSON Schema of one delivered row, under the headings of `source`; under the feed's own without one."""
    feed = FEEDS[declaration.name]
    headings = feed.headings_in(source) if source else dict(feed.headings)
    needed = feed.required_headings(source) if source else [
        heading for name, heading in headings.items() if name not in feed.optional
        and not (name == "source_key" and feed.composed_key)
    ]  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": declaration.name,
        "type": "object",
        "required": sorted(needed),
        "properties": {
            headings[name]: form_of(name, column, source) for name, column in declaration.columns.items()
        },
    }  # fmt: skip


def form_of(name: str, column: Column, source: FeedSource | None) -> dict[str, Any]:
    """What the text of one cell may be."""
    form: dict[str, Any] = {"type": "string"}
    if column.required:
        form["minLength"] = 1
    found = source.heading_set if source else None
    free = found is not None and (name in found.otherwise or name in found.parts or name in found.unix)
    if column.kind == "choice" and not free:
        words = {*column.words, *(source.values.get(name, {}) if source else {})}
        form["enum"] = sorted(words if column.required else {*words, ""})
    elif column.kind in FORMS and not free:
        forms = FORMS[column.kind] if column.required else (*FORMS[column.kind], "")
        form["pattern"] = rf"^\s*({'|'.join(forms)})\s*$"
    return form


def check_delivered(
    connection: Connection, feed: str, kept: KeptFiles, *, code: str, since: datetime | None
) -> ContractRun | None:
    """Hold the last delivery of a feed against its contract; None when nothing came since, or its file is not kept."""
    batch = connection.execute(STATEMENTS["delivered"], {"code": code, "feed": feed}).one_or_none()
    if batch is None or batch.kind not in FEEDS or (since is not None and batch.finished_at <= since):
        return None
    if not kept.has(batch.content_hash, feed=feed):
        return None
    try:
        with kept.opened(batch.content_hash, feed=feed, name=batch.source) as path:
            stated = source_of(batch, json.loads(batch.versions.get("config") or "{}"), path)
            with opened(stated) as found:
                source, raw = read_fitted(connection, FEEDS[batch.kind], found, stated, code)
    except FengqiaoError as fault:
        return ContractRun(False, 0, (spoken(fault.sentence)[:200],))
    return hold_rows(raw_contract(FEEDS[batch.kind].declaration, source), raw)


def hold_rows(contract: Mapping[str, Any], raw: RawRows) -> ContractRun:
    """Hold rows spread over a delivery against a contract; broken when more of them break it than are borne."""
    records = sampled(raw)
    run = hold_against(contract, records)
    validator = Draft202012Validator(contract)
    bad = 0 if run.passed else sum(not validator.is_valid(record) for record in records)
    return ContractRun(bad <= BORNE * len(records), len(records), run.faults)


def sampled(raw: RawRows) -> Sequence[Mapping[str, str]]:
    """Some rows as they came: those that could be told apart into fields, spread over the file."""
    whole = [position for position in range(len(raw)) if position not in raw.broken]
    places = np.unique(np.linspace(0, max(len(whole) - 1, 0), min(SAMPLE, len(whole))).astype(int))
    frame = raw.frame.iloc[[whole[place] for place in places]]
    return [{str(key): str(value).strip() for key, value in record.items()} for record in frame.to_dict("records")]
