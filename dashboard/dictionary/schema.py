"""Tables and columns as the migrated schema has them; the comments on columns are their meaning."""

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from sqlalchemy import Connection

from gis.database.statements import load_statements
from gis.documents import parse_yaml

STATEMENTS = load_statements("dashboard", "dictionary")
#: our schemas with what each holds, as in docs/architecture.md
SCHEMAS = {
    "base": "records: people, places, events, resources",
    "topic": "facts per cell, community and day",
    "support": "feeds, batches, quarantine, layers, messages",
    "casework": "what people do about it",
    "alerting": "alerts, rules, drills, notices",
    "access": "accounts, audit, consumers, interfaces",
    "open": "de-identified open data",
}
UNIT = re.compile(r"\[([^\[\]{}]+)\]\s*$")


@dataclass(frozen=True)
class ColumnEntry:
    """One column."""

    name: str
    type: str
    required: bool
    key: bool
    comment: str
    #: as of the last ANALYZE; None = not analysed
    empty_share: float | None

    def unit(self, language: str) -> str:
        """What stands in brackets at the end of its meaning in a language."""
        found = UNIT.search(meaning(self.comment, language))
        return found[1] if found else ""


@dataclass(frozen=True)
class TableEntry:
    """One table with its columns."""

    name: str
    comment: str
    #: row-level security decides who reads which rows
    guarded: bool
    #: estimated [rows]; None = not analysed yet
    rows: int | None
    columns: tuple[ColumnEntry, ...]

    @property
    def schema(self) -> str:
        return self.name.partition(".")[0]


def select_tables(connection: Connection) -> list[TableEntry]:
    """Read every table of ours with its columns, by name; the connection is the owner's."""
    bound = {"schemas": list(SCHEMAS)}
    columns: dict[str, list[ColumnEntry]] = {}
    for row in connection.execute(STATEMENTS["columns"], bound):
        entry = ColumnEntry(row.name, row.type, row.required, row.key, row.comment or "", row.empty_share)
        columns.setdefault(row.table_name, []).append(entry)
    return [
        TableEntry(row.table_name, row.comment or "", row.guarded, row.rows, tuple(columns.get(row.table_name, ())))
        for row in connection.execute(STATEMENTS["tables"], bound)
    ]


@lru_cache(maxsize=1)
def words() -> dict[str, dict[str, str]]:
    """What tables and columns are called in Chinese, and what their comments mean."""
    folder = files("dashboard.dictionary")
    stated: dict[str, dict[str, str]] = parse_yaml(folder.joinpath("words.yml").read_text(encoding="utf-8"))
    meanings = parse_yaml(folder.joinpath("meanings.yml").read_text(encoding="utf-8"))
    return {**stated, "meanings": meanings}


def table_title(name: str, language: str) -> str:
    """What a table is called; in English by its own name, written as words."""
    if language == "zh":
        return words()["tables"].get(name, name)
    return name.partition(".")[2].replace("_", " ").capitalize()


def column_title(name: str, language: str) -> str:
    """What a column is called by the words of the house; its own name, written as words, where they have none."""
    return words()["columns"].get(name, name) if language == "zh" else name.replace("_", " ")


def meaning(comment: str, language: str) -> str:
    """What the comment on a table or column says in a language."""
    return words()["meanings"].get(comment, comment) if language == "zh" else comment
