"""The register of interfaces: who gives or takes which fields, for what, on which contract, and whether it is kept.

`etl` registers what it takes as files and calls, `dashboard` what it gives; both by jobs of the owner. A contract is a
JSON Schema (2020-12) of one record; a test holds records against it and keeps faults, never values.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jsonschema import Draft202012Validator
from sqlalchemy import Connection

from gis.database.statements import load_statements
from gis.sentences import Sentence
from gis.texts import installed_language

STATEMENTS = load_statements("access", "interfaces")
FAULTS_KEPT = 10

Said = Mapping[str, str]


@dataclass(frozen=True)
class Interface:
    """One interface as it is registered."""

    key: str
    #: taken or given
    direction: str
    party: Said
    title: Said
    purpose: Said
    #: [{name, zh, en, required}]
    fields: Sequence[Mapping[str, Any]]
    #: JSON Schema of one record
    contract: Mapping[str, Any]
    legal_basis: Said = field(default_factory=dict)
    retention: Said = field(default_factory=dict)
    feed: str | None = None
    table_name: str | None = None
    resource: str | None = None
    consumer_id: int | None = None
    expected_every_s: int | None = None


@dataclass(frozen=True)
class ContractRun:
    """What came of holding an interface against its contract once."""

    passed: bool
    checked: int
    faults: tuple[str, ...]
    seconds: float | None = None


def register(
    connection: Connection,
    interfaces: Iterable[Interface],
    *,
    kinds: Sequence[str],
    subdistrict_code: str,
    now: datetime,
) -> None:
    """Write interfaces; those of the same kinds (first part of the key) that are not among them are retired.

    What did not change is not written again.
    """
    kept = []
    for one in interfaces:
        values = {**vars(one), "subdistrict_code": subdistrict_code, "now": now}
        for name in ("party", "title", "purpose", "legal_basis", "retention", "contract"):
            values[name] = json.dumps(dict(values[name]), ensure_ascii=False)
        values["fields"] = json.dumps([dict(column) for column in one.fields], ensure_ascii=False)
        connection.execute(STATEMENTS["register"], values)
        kept.append(one.key)
    bound = {"subdistrict_code": subdistrict_code, "kinds": list(kinds), "kept": kept, "now": now}
    connection.execute(STATEMENTS["retire"], bound)


def list_interfaces(connection: Connection) -> list[dict[str, Any]]:
    """Return the interfaces in force with their newest run, by key."""
    return [dict(row._mapping) for row in connection.execute(STATEMENTS["interfaces"])]


def list_runs(connection: Connection, key: str, *, limit: int = 20) -> list[dict[str, Any]]:
    """Return the newest runs of an interface's contract."""
    return [dict(row._mapping) for row in connection.execute(STATEMENTS["runs"], {"key": key, "limit": limit})]


def note_run(connection: Connection, key: str, run: ContractRun, *, subdistrict_code: str, now: datetime) -> None:
    """Keep what came of a test."""
    values = {**vars(run), "faults": json.dumps(list(run.faults), ensure_ascii=False)}
    connection.execute(STATEMENTS["note_run"], {**values, "key": key, "subdistrict_code": subdistrict_code, "now": now})


def hold_against(contract: Mapping[str, Any], records: Sequence[Any]) -> ContractRun:
    """Hold records against a contract; says which field broke which rule, and never a value."""
    validator = Draft202012Validator(contract)
    counted: dict[str, int] = {}
    for record in records:
        for error in validator.iter_errors(record):
            said = fault(error).within(installed_language())
            counted[said] = counted.get(said, 0) + 1
    worst = sorted(counted, key=lambda said: -counted[said])[:FAULTS_KEPT]
    return ContractRun(not counted, len(records), tuple(f"{said} ({counted[said]})" for said in worst))


def fault(error: Any) -> Sentence:
    """Say what a fault of jsonschema is, without the value that made it."""
    where = ".".join(str(part) for part in error.absolute_path if not isinstance(part, int)) or "record"
    rule = error.validator
    if rule == "required":
        # the message begins with the name of the field that is missing; names are no values
        return Sentence("{where}: {missing} is missing", where=where, missing=error.message.split("'")[1])
    if rule == "additionalProperties":
        return Sentence("{where}: has fields that were not promised", where=where)
    if rule == "type":
        return Sentence("{where}: is not of type {types}", where=where, types=error.validator_value)
    return Sentence("{where}: breaks {rule}", where=where, rule=rule)
