"""The data dictionary is that of the schema; uses of tables are found."""

from pathlib import Path

import pytest

from dashboard.dictionary.command import dictionary_text
from dashboard.dictionary.schema import SCHEMAS, meaning, select_tables, words
from dashboard.dictionary.uses import RESOURCES, layer_tables, rests_on_feed, uses_by_table
from dashboard.exchange.resources import resources
from gis.database.connection import Database
from gis.texts import texts_in
from layers.catalogue import catalogue

pytestmark = pytest.mark.database

DOCUMENT = Path(__file__).parents[2] / "docs" / "data-dictionary.md"


def test_the_dictionary_is_that_of_the_schema(database: Database):
    with database.owner.connect() as connection:
        text = dictionary_text(select_tables(connection))
    assert DOCUMENT.read_text(encoding="utf-8") == text, "run: fengqiao dictionary"


def test_units_and_meanings_come_from_the_comments(database: Database):
    with database.owner.connect() as connection:
        tables = {table.name: table for table in select_tables(connection)}
    columns = {column.name: column for column in tables["support.feed"].columns}
    assert (columns["name"].key, columns["title"].required, columns["title"].type) == (True, True, "text")
    radius = next(column for column in tables["base.incident"].columns if column.name == "radius_m")
    assert radius.unit == "m"
    assert tables["base.resident"].guarded
    assert not tables["base.cell"].guarded
    assert {table.schema for table in tables.values()} == set(SCHEMAS)
    assert set(words()["tables"]) <= set(tables), "a name of a table that is not there"
    comments = {column.comment for table in tables.values() for column in table.columns}
    assert set(words()["meanings"]) <= comments, "the meaning of a comment that is not there"
    assert meaning("Feed that delivers the record", "zh") == "送达本记录的数据源"


def test_layers_figures_and_interfaces_are_found_by_the_tables_they_read(database: Database):
    with database.owner.connect() as connection:
        there = {table.name for table in select_tables(connection)}
    for layer in catalogue().layers:
        assert layer_tables(layer), layer.id
        assert layer_tables(layer) <= there, layer.id
    given = {
        "key": "own:incidents", "direction": "given", "resource": "incidents", "title": {"zh": "事件"}, "party": {"zh": "甲"},
    }  # fmt: skip
    uses = uses_by_table([given], texts_in("zh"))
    incident = {(use.kind, use.id) for use in uses["base.incident"]}
    assert {("figure", "incidents_overdue"), ("interface", "own:incidents")} <= incident
    assert any(kind == "layer" for kind, _ in incident)
    assert set(RESOURCES) <= set(resources())
    broken = {use.id for use in rests_on_feed("requests", "base.service_request", uses)}
    assert {"requests_today", "month_per_1000"} <= broken
    assert "incidents_today" not in broken
