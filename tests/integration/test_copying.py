"""Rows in PostgreSQL's binary form: the server reads out of them what it reads out of text."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Connection, text

from etl import copying
from etl.filling import copy_in
from etl.storing import array_text, point_texts, upsert
from gis.database.connection import Database
from gis.database.tables import place, resident

pytestmark = pytest.mark.database

CODE = "329999999"


@pytest.fixture
def connection(database: Database) -> Iterator[Connection]:
    """The owner's, in a transaction that is rolled back."""
    with database.owner.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


def persons() -> pd.DataFrame:
    """Three records: everything said, only what must be, and texts with every sign that text forms would escape."""
    days = pd.to_datetime(["1999-12-31", None, "2024-02-29"])
    since = pd.to_datetime(["1986-05-04 00:30:00.000001", None, "2031-01-01 00:00:00.000000"]).tz_localize(
        "Asia/Shanghai"
    )
    groups = [array_text(["living_alone", 'a"b\\c,d']), "{}", array_text(["disabled"])]
    return pd.DataFrame(
        {
            "subdistrict_code": CODE, "feed": "residents", "source_key": ["P1", "P2", "P3"],
            "batch_id": pd.array([2**62, None, 7], dtype="Int64"), "name": ["甲", "乙", '丙 "x"\t\\N,\n'],
            "birth_date": days, "registration": ["migrant", "registered", "migrant"], "groups": groups,
            "identity_hash": ["\\x00ff10", None, "\\x"], "address": ["", "\\.", "一幢"],
            "alive": [True, False, True], "placement": ["placed", "unplaced", "placed"],
            "geom": point_texts([120.5, np.nan, -0.25], [31.25, np.nan, 89.0]),
            "radius_m": [20.0, np.nan, 0.1], "confidence": [1.0, 1.0, 1e-300],
            "located_by": ['{"by": "building", "n": [1.50, null]}', None, "{}"],
            "cell": pd.array([626740321835323391, None, 1], dtype="Int64"), "valid_from": since,
        }
    )  # fmt: skip


def stored(connection: Connection, table: str) -> list[str]:
    statement = text(
        f"SELECT CAST(to_jsonb(t) - '{{id}}'::text[] AS text) FROM {table} t WHERE subdistrict_code = :code ORDER BY 1"
    )
    return list(connection.execute(statement, {"code": CODE}).scalars())


def test_rows_in_binary_form_are_stored_as_those_in_text_form(connection: Connection) -> None:
    copy_in(connection, resident, persons())
    binary = stored(connection, "base.resident")
    connection.execute(text("DELETE FROM base.resident WHERE subdistrict_code = :code"), {"code": CODE})
    upsert(connection, resident, persons(), conflict=("subdistrict_code", "feed", "source_key"))

    assert len(binary) == 3
    assert binary == stored(connection, "base.resident")


def test_numbers_in_arrays_small_numbers_and_texts_of_numbers_are_read(connection: Connection) -> None:
    rows = pd.DataFrame(
        {
            "subdistrict_code": CODE, "feed": "junctions", "source_key": ["1", "2"], "kind": "junction", "name": "口",
            "roads": ["{7,-8}", None], "schematic": ["true", "false"],
        }
    )  # fmt: skip
    copy_in(connection, place, rows)

    found = connection.execute(
        text("SELECT source_key, roads, schematic FROM base.place WHERE subdistrict_code = :code ORDER BY 1"),
        {"code": CODE},
    ).all()
    assert [tuple(row) for row in found] == [("1", [7, -8], True), ("2", None, False)]


def test_items_of_an_array_are_those_it_was_written_of() -> None:
    for items in ([], ["a"], ["", "b"], ['a"b', "c\\", "d,e", "{f}"]):
        assert copying.array_items(array_text(items)) == items
