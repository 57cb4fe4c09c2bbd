"""What held when, and what was known when: records of today together with their earlier forms.

Two times: valid time, when something held in the world (`valid_from`, `valid_to` of a record; of an incident, from its
report to its closing), and recorded time, when we knew it (`recorded_from`, and `recorded_to` of a former form).
`as_of` asks about the first, `known_at` about the second.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from gis.database.statements import load_statements
from gis.errors import BadInput, NotFound

_SQL = load_statements("gis", "history")


@dataclass(frozen=True)
class Kind:
    """One kind of record with a history that may be asked for."""

    table: str
    #: columns that are told
    columns: tuple[str, ...]
    #: columns that identify a record across its forms
    key: tuple[str, ...] = ("feed", "source_key")
    #: columns of valid time
    valid: tuple[str, str] = ("valid_from", "valid_to")

    def statement(self, name: str, **more: str) -> str:
        """Write a statement of ``history.sql`` for this kind; every name comes from the table below."""
        return _SQL.source(name).format(
            table=self.table,
            key=" || ' ' || ".join(f"record.{column}" for column in self.key),
            version_key=" || ' ' || ".join(f"(version.record ->> '{column}')" for column in self.key),
            columns=", ".join(self.columns),
            order=", ".join(self.key),
            **more,
        )


KINDS: Mapping[str, Kind] = {
    "incidents": Kind(
        "base.incident",
        ("id", "feed", "source_key", "reported_at", "category", "subcategory", "source", "grade", "title",
         "description", "address", "status", "due_at", "closed_at", "placement", "match_level",
         "community_code", "work_grid_id"),
        valid=("reported_at", "closed_at"),
    ),
    "work_grids": Kind(
        "base.work_grid", ("id", "code", "name", "grid_tier", "kind", "community_code", "area_km2"), key=("code",)
    ),
    "communities": Kind("base.community", ("code", "name", "name_en", "area_km2", "stated_area_km2"), key=("code",)),
    "residents": Kind(
        "base.resident",
        ("id", "feed", "source_key", "name", "registration", "household_id", "dwelling_id", "building_id", "place_id",
         "alive", "placement", "community_code", "work_grid_id"),
    ),
}  # fmt: skip
#: kinds whose shapes may be listed as they were
AREAS = ("work_grids", "communities")
#: what residents are counted by -> column
UNITS = {"community": "community_code", "work_grid": "work_grid_id"}


@dataclass(frozen=True)
class Form:
    """One form of a record."""

    #: since when we knew it, and until when; None = still
    recorded_from: datetime
    recorded_to: datetime | None
    #: from when it held in the world, and until when; None = unstated or still
    valid_from: datetime | None
    valid_to: datetime | None
    #: a later form corrected it: it never held
    corrected: bool
    batch_id: int | None
    record: Mapping[str, Any]

    def held_at(self, at: datetime) -> bool:
        """Whether it held in the world at `at`."""
        begun = self.valid_from is None or self.valid_from <= at
        return not self.corrected and begun and (self.valid_to is None or self.valid_to > at)


def kind_named(name: str) -> Kind:
    """Return a kind; raises NotFound with the kinds there are."""
    if name not in KINDS:
        raise NotFound("there is no history of {name!r}; there is one of {kinds}", name=name, kinds=KINDS)
    return KINDS[name]


def history_of(
    connection: Connection, name: str, record_id: int, *, known_at: datetime, as_of: datetime | None = None
) -> list[Form]:
    """Return the forms of one record, as far as they were known at `known_at` and the asker may see them.

    Parameters
    ----------
    connection
        An identified connection of the server's role.
    record_id
        Of the record; one that is gone (its batch was undone) still has its history.
    as_of
        Only the form that held in the world then.

    Raises
    ------
    NotFound
        If there is no such record within what the asker may see.
    """
    kind = kind_named(name)
    bound = {"id": record_id, "table_name": kind.table, "known_at": known_at}
    key = connection.execute(text(kind.statement("key")), bound).scalar()
    if key is None:
        raise NotFound(
            "there is no record {record_id} of {name} within what you may see", record_id=record_id, name=name
        )
    rows = connection.execute(text(kind.statement("forms")), {**bound, "key": key}).all()
    forms = [form for form in with_valid_time(rows, kind) if as_of is None or form.held_at(as_of)]
    # what was gone at known_at held nothing then
    if as_of is not None and rows and rows[-1].recorded_to is not None and rows[-1].recorded_to <= known_at:
        return []
    return forms


def with_valid_time(rows: Sequence[Any], kind: Kind) -> list[Form]:
    """Give each form its valid time: one that holds from a later moment ends those before it, others correct them."""
    found: list[Form] = []
    next_from: datetime | None = None
    is_last = True
    for row in reversed(rows):
        begins, ends = (moment(row.record.get(column)) for column in kind.valid)
        corrected = not is_last and (next_from is None or (begins is not None and begins >= next_from))
        if not is_last and next_from is not None and (ends is None or next_from < ends):
            ends = next_from
        record = {column: row.record.get(column) for column in kind.columns}
        found.append(Form(row.recorded_from, row.recorded_to, begins, ends, corrected, row.batch_id, record))
        if is_last or (next_from is not None and (begins is None or begins < next_from)):
            next_from = begins
        is_last = False
    return found[::-1]


def moment(value: Any) -> datetime | None:
    return None if value is None else datetime.fromisoformat(str(value))


def areas_at(connection: Connection, name: str, *, as_of: datetime, known_at: datetime) -> Sequence[Any]:
    """Return areas as they held at `as_of`, as far as was known at `known_at`; shapes as GeoJSON text."""
    if name not in AREAS:
        raise BadInput("areas are listed of {known}, not of {name!r}", known=AREAS, name=name)
    kind = KINDS[name]
    bound = {"table_name": kind.table, "as_of": as_of, "known_at": known_at}
    return connection.execute(text(kind.statement("standing")), bound).all()


def residence_counts(connection: Connection, unit: str, *, as_of: datetime, known_at: datetime) -> Sequence[Any]:
    """Return persons per community or work grid who lived there at `as_of`, within the asker's scope."""
    if unit not in UNITS:
        raise BadInput("persons are counted by {known}, not by {unit!r}", known=UNITS, unit=unit)
    statement = _SQL.source("residence_counts").format(unit=UNITS[unit])
    return connection.execute(text(statement), {"as_of": as_of, "known_at": known_at}).all()
