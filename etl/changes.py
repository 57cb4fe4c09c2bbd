"""What a batch changed: records that are new, and former forms of those that are not, in every table that keeps them.

A table takes part by its trigger `keep_version` (gis/migrations): it has `id`, `batch_id` and `recorded_from`, and what
a row said before goes to support.record_version. So a further feed's table is undone and previewed like any other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from sqlalchemy import Connection, text

from gis.database.statements import load_statements, quoted

_SQL = load_statements("etl", "changes")

#: column that names a record of another table without a foreign key -> that table
REFERENCES = {
    "place_id": "base.place",
    "building_id": "base.building",
    "dwelling_id": "base.dwelling",
    "household_id": "base.household",
    "resident_id": "base.resident",
    "work_grid_id": "base.work_grid",
    "worker_id": "base.grid_worker",
    "grid_worker_id": "base.grid_worker",
    "resource_id": "base.resource",
}


@dataclass(frozen=True)
class VersionedTable:
    """A table that keeps earlier forms of its rows."""

    schema: str
    name: str
    columns: tuple[str, ...]
    #: columns of geometries, kept as EWKB
    shapes: tuple[str, ...]
    #: tables its foreign keys name
    refers_to: tuple[str, ...]

    @property
    def known_as(self) -> str:
        """Its name in support.record_version."""
        return f"{self.schema}.{self.name}"

    @property
    def relation(self) -> str:
        """Its name in SQL."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    def statement(self, name: str, **more: str) -> str:
        """Write a statement of ``changes.sql`` for this table."""
        shapes = ", ".join(f"'{column}', CAST(record.{quoted(column)} AS text)" for column in self.shapes)
        written = [column for column in self.columns if column not in ("id", "recorded_from")]
        return _SQL.source(name).rstrip(";").replace("{before}", _SQL.source("before").rstrip(";")).format(
            table=self.relation,
            shapes=f"jsonb_build_object({shapes})",
            columns=", ".join(quoted(column) for column in written),
            former_columns=", ".join(f"former.{quoted(column)}" for column in written),
            **more,
        )  # fmt: skip


@dataclass(frozen=True)
class BatchForms:
    """What tells the forms a batch wrote from those before it."""

    batch_id: int
    #: recorded_from of everything the batch wrote
    recorded_at: Any

    def bound(self, table: VersionedTable) -> dict[str, Any]:
        return {"batch_id": self.batch_id, "recorded_at": self.recorded_at, "table_name": table.known_as}


def versioned_tables(connection: Connection) -> list[VersionedTable]:
    """Return the tables that keep earlier forms, each before those its foreign keys name."""
    tables = {}
    for row in connection.execute(_SQL["versioned"]):
        # the batch a row belongs to and the batch column itself are what everything here goes by
        if {"id", "batch_id", "recorded_from"} <= set(row.columns):
            table = VersionedTable(row.schema, row.name, tuple(row.columns), tuple(row.shapes), tuple(row.refers_to))
            tables[table.known_as] = table
    order = TopologicalSorter(
        {name: {other for other in table.refers_to if other in tables} for name, table in tables.items()}
    )
    return [tables[name] for name in reversed(list(order.static_order()))]


@dataclass(frozen=True)
class TableChanges:
    """What a batch changed in one table."""

    table: str
    new: int
    changed: int
    #: column -> records that say something else in it than before
    columns: Mapping[str, int]
    #: (key, former values, values now) of a few records; only what differs, and nothing of new ones but their key
    sample: Sequence[tuple[str, Mapping[str, Any], Mapping[str, Any]]]


#: never shown: they say nothing to a person, or too much
HIDDEN = frozenset({
    "id", "batch_id", "recorded_from", "feed", "subdistrict_code", "identity_hash", "identity_cipher", "phone_cipher",
    "geom", "point", "label_point", "footprint",
})  # fmt: skip


def changes_of(connection: Connection, forms: BatchForms, *, sample: int = 20) -> list[TableChanges]:
    """Tell what a batch changed, table by table; tables it left alone are left out."""
    found = []
    for table in versioned_tables(connection):
        bound = forms.bound(table)
        counts = connection.execute(text(table.statement("counts")), bound).one()
        if not counts.new + counts.changed:
            continue
        columns = {}
        if counts.changed:
            rows = connection.execute(text(table.statement("columns")), bound)
            columns = {row.column_name: row.records for row in rows}
        few = connection.execute(text(table.statement("sample")), {**bound, "limit": sample}).all()
        found.append(TableChanges(table.known_as, counts.new, counts.changed, columns, [shown(*row) for row in few]))
    return found


def shown(latter: Mapping[str, Any], former: Mapping[str, Any] | None) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Return a record's key and what differs between its two forms."""
    key = str(latter.get("source_key") or latter.get("code") or latter.get("id"))
    if former is None:
        return key, {}, {}
    differing = [name for name in latter if name not in HIDDEN and latter[name] != former.get(name)]
    return key, {name: former.get(name) for name in differing}, {name: latter[name] for name in differing}


def obstacles_in(connection: Connection, table: VersionedTable, forms: BatchForms) -> list[tuple[str, dict[str, Any]]]:
    """Why a batch's records in one table cannot take their former form: what others made of them since."""
    bound = forms.bound(table)
    found: list[tuple[str, dict[str, Any]]] = [
        ("taken_over", {"batch": row.batch_id, "records": row.records, "table": table.known_as})
        for row in connection.execute(text(table.statement("taken_over")), bound)
    ]
    # the sub-district's own row follows its configuration and is nobody's case
    if table.known_as != "base.subdistrict":
        handled = connection.execute(text(table.statement("handled")), bound).scalar_one()
        if handled:
            found.append(("handled", {"records": handled, "table": table.known_as}))
    names = [name for name, target in REFERENCES.items() if target == table.known_as]
    for other in connection.execute(_SQL["referring"], {"names": names}).all() if names else ():
        relation = f"{quoted(other.schema)}.{quoted(other.name)}"
        others = "AND other.batch_id IS DISTINCT FROM :batch_id" if other.of_batches else ""
        statement = table.statement("referred", referring=relation, column=quoted(other.column_name), others=others)
        rows = connection.execute(text(statement), bound).scalar_one()
        if rows:
            found.append(("referred", {"rows": rows, "by": f"{other.schema}.{other.name}", "table": table.known_as}))
    return found


def take_back(connection: Connection, forms: BatchForms) -> None:
    """Give every record of a batch its former form, and remove what the batch had brought."""
    tables = versioned_tables(connection)
    for table in tables:
        connection.execute(text(table.statement("restore")), forms.bound(table))
    for table in tables:
        connection.execute(text(table.statement("remove")), forms.bound(table))
