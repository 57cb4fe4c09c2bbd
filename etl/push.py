"""Take a file that another system hands over, on the same way as a delivered one, as the feed of that name is read."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import text

from etl.delivery import Delivery, FeedSource, read_entry, source_of
from etl.faults import reason_text
from etl.feeds import FEEDS, KNOWN
from etl.interfaces import fields_of
from etl.kept import FOLDER, KeptFiles
from etl.ledger import FeedResult
from etl.load import load_sources
from etl.raw_contracts import raw_contract
from gis.database.connection import Database
from gis.database.statements import load_statements
from gis.district import District, select_district
from gis.errors import BadInput, NotFound
from gis.identity import identity_keys
from gis.sentences import Sentence, listed
from gis.texts import texts_in

#: bad rows whose reasons are told
MOST_REASONS = 100

_SQL = load_statements("etl", "push")


@dataclass(frozen=True)
class Offer:
    """A kind of feed that other systems may hand over, as the register of interfaces has it."""

    name: str
    title: dict[str, str]
    table: str
    fields: list[dict[str, Any]]
    #: JSON Schema of one row as it is handed over
    contract: dict[str, Any]


@lru_cache(maxsize=1)
def offers() -> dict[str, Offer]:
    """Every kind of feed that can be handed over."""
    return {
        name: Offer(
            name,
            {language: texts_in(language)(f"feeds.{name}") for language in ("zh", "en")},
            feed.declaration.table,
            fields_of(feed.declaration),
            raw_contract(feed.declaration),
        )
        for name, feed in FEEDS.items()
    }


@dataclass(frozen=True)
class Pushed:
    """What became of a file that was handed over."""

    feed: str
    batch_id: int | None
    read: int
    loaded: int
    unplaced: int
    unchanged: int
    quarantined: int
    #: row as a person counts it -> why it is in quarantine
    reasons: dict[int, list[str]]


def take_file(
    database: Database,
    name: str,
    path: Path,
    *,
    crs: str,
    actor: str,
    session_id: str,
    now: datetime,
    var_dir: Path,
    language: str = "zh",
    code: str | None = None,
) -> Pushed:
    """Load a file as the feed `name` is read: by how it was delivered before, else by the feed's own headings.

    Parameters
    ----------
    name
        A feed that was loaded before, or a kind of feed.
    crs
        Coordinate system of this very file; empty = the one the feed was delivered in before.
    session_id
        Session of whoever hands it over, for the audit.

    Raises
    ------
    NotFound
        If there is no such feed.
    BadInput
        If the file is not what the feed reads; nothing was changed then.
    """
    with database.owner.connect() as connection:
        district = select_district(connection, code=code)
        known = connection.execute(_SQL["feed"], {"code": district.code, "feed": name}).one_or_none()
    source = source_to_take(known, name, path, crs, district)
    kept = KeptFiles(var_dir / FOLDER, identity_keys(database.secrets))
    result = load_sources(
        database, Delivery(path.parent, district, (source,)), [source], actor=actor, now=now, kept=kept
    )[0]
    note(database, result, path.name, actor=actor, session_id=session_id)
    texts = texts_in(language)
    told = sorted(result.reasons.items())[:MOST_REASONS]
    return Pushed(
        feed=name,
        batch_id=result.batch_id,
        read=result.read,
        loaded=result.loaded,
        unplaced=result.unplaced,
        unchanged=result.unchanged,
        quarantined=result.quarantined,
        reasons={position + 1: [reason_text(reason, texts) for reason in reasons] for position, reasons in told},
    )


def source_to_take(known: Any, name: str, path: Path, crs: str, district: District) -> FeedSource:
    """The source of a file as the feed's files are read."""
    entry: dict[str, Any] = {"feed": known.kind if known else name, "file": path.name, "crs": crs}
    if entry["feed"] not in FEEDS:
        raise NotFound("there is no feed {name!r} that takes rows; there are {known}", name=name, known=FEEDS)
    faults: list[Sentence] = []
    stated = read_entry(entry, path.parent, district, KNOWN, faults)
    if stated is None or faults:
        raise BadInput(listed(faults))
    if known is None:
        return stated
    # how a file was read before, but for what belongs to that very file
    config = {key: value for key, value in known.config.items() if key not in ("sheet", "layer", "member", "encoding")}
    return source_of(known, {**config, "encoding": "", **({"crs": crs} if crs else {})}, path)


def note(database: Database, result: FeedResult, file: str, *, actor: str, session_id: str) -> None:
    """Leave an audit row: who handed which file over, and what became of its rows."""
    changes = {
        "feed": result.feed, "file": file, "batch": result.batch_id, "read": result.read, "loaded": result.loaded,
        "quarantined": result.quarantined,
    }  # fmt: skip
    with database.owner.begin() as connection:
        connection.execute(
            text("SELECT set_config('fengqiao.session', :session, true), set_config('fengqiao.actor', :actor, true)"),
            {"session": session_id, "actor": actor},
        )
        connection.execute(
            text("SELECT access.note_event('feed_pushed', CAST(:changes AS jsonb))"),
            {"changes": json.dumps(changes, ensure_ascii=False)},
        )
