"""`fengqiao dictionary`: write docs/data-dictionary.md from the schema."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from dashboard.dictionary.schema import SCHEMAS, TableEntry, select_tables, table_title
from gis.database.connection import running_database
from gis.database.migrate import upgrade
from gis.sentences import Sentence
from gis.settings import DatabaseSettings
from gis.texts import spoken

HEAD = """# Data dictionary

Written from the migrated schema by `fengqiao dictionary`; a test holds it. Meanings are the comments on the columns,
units stand in brackets. 键 = part of the key, 非空 = never empty. Tables marked 行级 give each asker their own rows
only (row-level security). Partitions are left out.
"""
#: marks of the document: row-level security, part of the key, never empty
GUARDED = " 〔行级〕"
KEY = "键"
REQUIRED = "非空"


def dictionary(
    out: Annotated[Path, typer.Option(help="file to write")] = Path("docs/data-dictionary.md"),
) -> None:
    """Write the data dictionary of the schema this program expects."""
    with running_database(DatabaseSettings()) as database:
        upgrade(database)
        with database.owner.connect() as connection:
            text = dictionary_text(select_tables(connection))
    out.write_text(text, encoding="utf-8")
    typer.echo(spoken(Sentence("{out} is written.", out=out)))


def dictionary_text(tables: Sequence[TableEntry]) -> str:
    """Write tables as Markdown, schema by schema."""
    parts = [HEAD]
    for schema, holds in SCHEMAS.items():
        parts.append(f"## {schema}: {holds}\n")
        parts += [table_text(table) for table in tables if table.schema == schema]
    return "\n".join(parts)


def table_text(table: TableEntry) -> str:
    """Write one table."""
    marks = GUARDED if table.guarded else ""
    lines = [f"### {table.name} {table_title(table.name, 'zh')}{marks}\n"]
    if table.comment:
        lines.append(f"{table.comment}\n")
    lines += ["| column | type | | meaning |", "|---|---|---|---|"]
    for column in table.columns:
        mark = KEY if column.key else REQUIRED if column.required else ""
        lines.append(f"| {column.name} | {column.type} | {mark} | {column.comment.replace('|', chr(92) + '|')} |")
    return "\n".join(lines) + "\n"
