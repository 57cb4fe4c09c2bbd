"""The data dictionary is that of the schema; uses of tables are found."""

import re
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

MEANINGS = Path(__file__).parents[2] / "dashboard" / "dictionary" / "meanings.yml"
HAN = re.compile(r"[\u4e00-\u9fff]")
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
    assert (radius.unit("en"), radius.unit("zh")) == ("m", "米")
    assert tables["base.resident"].guarded
    assert not tables["base.cell"].guarded
    assert {table.schema for table in tables.values()} == set(SCHEMAS)
    assert set(words()["tables"]) <= set(tables), "a name of a table that is not there"
    assert meaning("Feed that delivers the record", "zh") == "送达本记录的数据源"


def test_every_comment_of_the_schema_has_its_chinese(database: Database):
    with database.owner.connect() as connection:
        tables = select_tables(connection)
    columns = [column for table in tables for column in table.columns]
    comments = {entry.comment for entry in [*tables, *columns]} - {""}
    meanings = words()["meanings"]
    assert comments - set(meanings) == set(), "a comment without Chinese: dashboard/dictionary/meanings.yml"
    assert set(meanings) - comments == set(), "the Chinese of a comment that is not there"
    stated = [line for line in MEANINGS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert len(stated) == len(meanings), "a comment is stated twice"
    assert [said for said in meanings.values() if not HAN.search(said)] == []
    lost = {column.comment for column in columns if column.unit("en") and not column.unit("zh")}
    assert lost == {"How many went from which level to which: [from, to, count]"}, "a unit was lost"
    assert {meaning(comment, "en") for comment in comments} == comments


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
