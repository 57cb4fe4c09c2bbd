"""What we take, as interfaces of the register: one for each feed that has delivered, and the tests of their contracts.

A contract has two halves. That of one record as it is stored, under our names: what is required is there, choices are
our words, times are times; rows that break the feed's rules wait in quarantine, so one that breaks here tells of a
defect. And that of one row as it is delivered (`$defs.delivered`), which the last delivery is held against: it breaks
when the form of a feed drifts away from its declaration.
"""

from collections.abc import Mapping
from datetime import datetime
from time import perf_counter
from typing import Any

import sqlalchemy
from sqlalchemy import Boolean, Connection, Date, DateTime, Float, Integer, Numeric, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from access.interfaces import (
    FAULTS_KEPT,
    ContractRun,
    Interface,
    hold_against,
    list_interfaces,
    note_run,
    register,
)
from etl.declaration import Column, Declaration, read_declaration
from etl.kept import KeptFiles
from etl.raw_contracts import check_delivered, raw_contract
from gis.database.connection import Database
from gis.database.statements import load_statements, quoted
from gis.database.tables import metadata
from gis.district import District, select_district
from gis.errors import FengqiaoError, NotFound
from gis.sentences import Sentence
from gis.texts import spoken

STATEMENTS = load_statements("etl", "interfaces")
#: newest records that are held against the contract [rows]
SAMPLE = 200
#: what a column of a type is in JSON; the rest is text
FORMS: tuple[tuple[type[Any], Mapping[str, Any]], ...] = (
    (Boolean, {"type": "boolean"}),
    (Integer, {"type": "integer"}),
    (Float, {"type": "number"}),
    (Numeric, {"type": "number"}),
    (DateTime, {"type": "string", "format": "date-time"}),
    (Date, {"type": "string", "format": "date"}),
    (ARRAY, {"type": "array"}),
    (JSONB, {"type": ["object", "array"]}),
)
PURPOSE = {"zh": "社会治理与公共服务数据归集", "en": "Records for governance and services of the sub-district"}


def contract_of(declaration: Declaration) -> dict[str, Any]:
    """Return the JSON Schema of one stored record of a feed; empty for rasters and what is stored under other names."""
    table = metadata.tables.get(declaration.table)
    named = {said.into or name: said for name, said in declaration.columns.items()}
    stored = {} if table is None else {name: said for name, said in named.items() if name in table.c}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": declaration.name,
        "type": "object",
        "required": [name for name, said in stored.items() if said.required],
        "properties": {name: form_of(said, table.c[name]) for name, said in stored.items() if table is not None},
        **({"$defs": {"delivered": raw_contract(declaration)}} if table is not None else {}),
    }


def form_of(said: Column, column: sqlalchemy.Column[Any]) -> dict[str, Any]:
    """What a column is in JSON: its type, our words of a choice, and nothing empty where it is required."""
    form = dict(next((form for kind, form in FORMS if isinstance(column.type, kind)), {"type": "string"}))
    if form == {"type": "string"} and said.words:
        form["enum"] = sorted(set(said.words.values())) + ([] if said.required else ["", None])
    elif form == {"type": "string"} and said.required:
        form["minLength"] = 1
    if not said.required:
        kinds = form["type"] if isinstance(form["type"], list) else [form["type"]]
        form["type"] = [*kinds, "null"]
    return form


def fields_of(declaration: Declaration) -> list[dict[str, Any]]:
    """The columns a feed brings, as fields of the register."""
    return [
        {"name": column, "zh": said.zh, "en": said.en, "required": said.required, "heading": said.heading_in_files}
        for column, said in declaration.columns.items()
    ]


def interface_of(name: str, declaration: Declaration, *, title: str, expected_every_s: int | None) -> Interface:
    """Return a feed as an interface of the register."""
    return Interface(
        key=f"feed:{name}",
        direction="taken",
        party=declaration.owner.model_dump(),
        title={"zh": title, "en": name},
        purpose=PURPOSE,
        legal_basis=declaration.legal_basis.model_dump(),
        retention={"zh": declaration.retention.zh, "en": declaration.retention.en},
        fields=fields_of(declaration),
        contract=contract_of(declaration),
        feed=name,
        table_name=declaration.table or None,
        expected_every_s=expected_every_s,
    )


def register_feeds(database: Database, *, now: datetime) -> int:
    """Register every feed that has delivered; returns how many there are."""
    with database.owner.begin() as connection:
        district = loaded_district(connection)
        if district is None:
            return 0
        found = []
        for row in connection.execute(STATEMENTS["feeds"], {"code": district.code}):
            declaration = declared(row.kind or row.name)
            if declaration is not None:
                found.append(
                    interface_of(row.name, declaration, title=row.title, expected_every_s=row.expected_every_s)
                )
        register(connection, found, kinds=["feed"], subdistrict_code=district.code, now=now)
    return len(found)


def declared(kind: str) -> Declaration | None:
    """The declaration of a feed; None for one that this program does not know (any more)."""
    try:
        return read_declaration(kind)
    except (FengqiaoError, FileNotFoundError):
        return None


def loaded_district(connection: Connection) -> District | None:
    """The sub-district that is loaded; None before the first load."""
    try:
        return select_district(connection)
    except NotFound:
        return None


def check_feeds(database: Database, *, now: datetime, kept: KeptFiles) -> int:
    """Hold newest records and last delivery of each registered feed against its contract; returns how many broke it."""
    register_feeds(database, now=now)
    broken = 0
    with database.owner.begin() as connection:
        district = loaded_district(connection)
        for row in list_interfaces(connection) if district else ():
            if district and row["feed"] and row["contract"].get("properties"):
                run = check_feed(connection, row, kept, code=district.code)
                note_run(connection, row["key"], run, subdistrict_code=district.code, now=now)
                broken += not run.passed
    return broken


def check_feed(connection: Connection, interface: Mapping[str, Any], kept: KeptFiles, *, code: str) -> ContractRun:
    """Hold the newest records of one feed, and its last delivery unless that was looked at, against its contract."""
    began = perf_counter()
    run = hold_against(interface["contract"], newest_records(connection, interface, code=code))
    # what was delivered before a test that passed was looked at by that
    since = interface["tested_at"] if interface["passed"] else None
    raw = check_delivered(connection, interface["feed"], kept, code=code, since=since)
    if raw is None:
        return ContractRun(run.passed, run.checked, run.faults, perf_counter() - began)
    faults = (*run.faults, *(spoken(Sentence("delivered: {fault}", fault=one)) for one in raw.faults))[:FAULTS_KEPT]
    return ContractRun(run.passed and raw.passed, run.checked + raw.checked, faults, perf_counter() - began)


def newest_records(connection: Connection, interface: Mapping[str, Any], *, code: str) -> list[dict[str, Any]]:
    """The newest records of a feed with the contract's fields, as JSON has them."""
    table = metadata.tables[interface["table_name"]]
    names = [name for name in interface["contract"]["properties"] if name in table.c]
    listed = ", ".join(f"'{name}', record.{quoted(name)}" for name in names)
    own = "AND record.feed = :feed" if "feed" in table.c else ""
    newest = "record.id DESC" if "id" in table.c else "record.batch_id DESC NULLS LAST"
    statement = (
        f"SELECT jsonb_build_object({listed}) FROM {quoted(table.schema or 'base')}.{quoted(table.name)} AS record"
        f" WHERE record.subdistrict_code = :code {own} ORDER BY {newest} LIMIT :limit"
    )
    bound = {"code": code, "feed": interface["feed"], "limit": SAMPLE}
    return list(connection.scalars(text(statement), bound))


def measure_feeds(database: Database, *, now: datetime) -> int:
    """Measure how complete what each feed brought in 30 days is; the rules of silent feeds judge by it."""
    register_feeds(database, now=now)
    with database.owner.begin() as connection:
        district = loaded_district(connection)
        if district is None:
            return 0
        measured = 0
        for row in list_interfaces(connection):
            if not row["feed"]:
                continue
            properties = row["contract"].get("properties") or {}
            records = newest_records(connection, row, code=district.code) if properties else []
            bound = {
                "code": district.code,
                "feed": row["feed"],
                "now": now,
                "filled": filled_share(records, list(properties)),
                "required": filled_share(records, row["contract"].get("required") or []),
            }
            connection.execute(STATEMENTS["note_quality"], bound)
            measured += 1
    return measured


def filled_share(records: list[dict[str, Any]], names: list[str]) -> float | None:
    """Share of the fields that are not empty; None without records or fields."""
    if not records or not names:
        return None
    filled = sum(record.get(name) not in (None, "") for record in records for name in names)
    return filled / (len(records) * len(names))
