"""Pull feeds from other systems and load what is new; how they are pulled is kept, so that the worker goes on."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from etl.delivery import Delivery, FeedSource, read_entry
from etl.feeds import KNOWN
from etl.kept import FOLDER as KEPT
from etl.kept import KeptFiles
from etl.ledger import FeedResult
from etl.load import load_sources
from etl.pulling import Client, Mark, TryLater, fetch, http_client, parse_pull
from gis.database.connection import Database
from gis.database.statements import load_statements
from gis.district import FILE, District, parse_district, read_yaml, select_district
from gis.errors import BadInput, FengqiaoError
from gis.identity import identity_keys
from gis.sentences import Sentence, listed
from gis.texts import spoken

#: pauses after failures double up to this [s]
LONGEST_PAUSE_S = 3_600
FOLDER = "pulled"
ACTOR = "fengqiao pull"

_SQL = load_statements("etl", "pull")


@dataclass(frozen=True)
class Pulled:
    """What became of one pull."""

    feed: str
    #: None when nothing had changed, or when it failed
    result: FeedResult | None = None
    #: why it failed; empty when it did not
    fault: str = ""


def pull_folder(
    database: Database, folder: Path, *, var_dir: Path, actor: str, now: datetime, client: Client = http_client
) -> list[Pulled]:
    """Pull every entry of ``district.yml`` that says where from, now; the worker goes on with them by the clock.

    Raises
    ------
    BadInput
        If `district.yml` is not right, or none of its entries is pulled.
    """
    content = read_yaml(folder)
    district = parse_district(content.get("subdistrict"))
    entries = [entry for entry in content.get("feeds") or () if isinstance(entry, dict) and entry.get("pull")]
    if not entries:
        raise BadInput(
            "{file} has no feed with pull:; it says where another system is asked, see docs/own-data.md", file=FILE
        )
    faults: list[Sentence] = []
    names = [
        source.known_as for source in (read_entry(one, folder, district, KNOWN, faults) for one in entries) if source
    ]
    if faults:
        raise BadInput("{file}: {faults}", file=FILE, faults=listed(faults))
    with database.owner.begin() as connection:
        for name, entry in zip(names, entries, strict=True):
            register(connection, district, name, entry)
    return [pull_one(database, district, name, var_dir=var_dir, actor=actor, now=now, client=client) for name in names]


def pull_due(database: Database, *, now: datetime, var_dir: Path, client: Client = http_client) -> list[Pulled]:
    """Pull what is due; one that fails does not keep the others."""
    with database.owner.connect() as connection:
        due = connection.execute(_SQL["due"], {"now": now}).all()
        districts = {row.subdistrict_code: select_district(connection, code=row.subdistrict_code) for row in due}
    return [
        pull_one(
            database, districts[row.subdistrict_code], row.feed, var_dir=var_dir, actor=ACTOR, now=now, client=client
        )
        for row in due
    ]


def register(connection: Connection, district: District, name: str, entry: dict[str, Any]) -> None:
    """Keep how a feed is pulled. Another address forgets what the old one's answers were known by."""
    connection.execute(
        _SQL["register"],
        {
            "code": district.code,
            "feed": name,
            "entry": json.dumps(entry, ensure_ascii=False, default=str),
            "every_s": parse_pull(entry["pull"]).every_s,
        },
    )


def pull_one(
    database: Database, district: District, name: str, *, var_dir: Path, actor: str, now: datetime, client: Client
) -> Pulled:
    """Pull one feed and load what came; a failure is kept as a fact, with the time of the next try."""
    bound = {"code": district.code, "feed": name, "now": now}
    with database.owner.connect() as connection:
        state = connection.execute(_SQL["state"], {"code": district.code, "feed": name}).one()
    folder = var_dir / FOLDER / district.code
    faults: list[Sentence] = []
    source = read_entry(state.entry, folder, district, KNOWN, faults)
    try:
        if source is None or faults:
            raise BadInput(listed(faults))
        mark = fetch(
            parse_pull(source.pull), source.path, mark=Mark(state.etag, state.last_modified), now=now, client=client
        )
        result = None if mark is None else loaded(database, district, source, var_dir=var_dir, actor=actor, now=now)
    except FengqiaoError as fault:
        pause_s = min(state.every_s * 2 ** min(state.failures, 10), max(LONGEST_PAUSE_S, state.every_s))
        again = fault.until if isinstance(fault, TryLater) else now + timedelta(seconds=pause_s)
        with database.owner.begin() as connection:
            connection.execute(_SQL["failed"], {**bound, "fault": spoken(fault)[:500], "next_at": again})
        return Pulled(name, fault=spoken(fault))
    with database.owner.begin() as connection:
        kept = mark or Mark(state.etag, state.last_modified)
        connection.execute(
            _SQL["succeeded"],
            {**bound, "etag": kept.etag, "last_modified": kept.last_modified,
             "next_at": now + timedelta(seconds=state.every_s)},
        )  # fmt: skip
    return Pulled(name, result)


def loaded(
    database: Database, district: District, source: FeedSource, *, var_dir: Path, actor: str, now: datetime
) -> FeedResult:
    """Load the file that was fetched, by the one way of rows."""
    kept = KeptFiles(var_dir / KEPT, identity_keys(database.secrets))
    known = replace(source, expected_every_s=source.expected_every_s or parse_pull(source.pull).every_s)
    return load_sources(
        database, Delivery(source.path.parent, district, (known,)), [known], actor=actor, now=now, kept=kept
    )[0]
