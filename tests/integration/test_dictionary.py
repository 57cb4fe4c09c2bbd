"""The data dictionary is that of the schema; lineage events are OpenLineage's; uses of tables are found."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dashboard.dictionary.command import dictionary_text
from dashboard.dictionary.schema import SCHEMAS, select_tables, words
from dashboard.dictionary.uses import RESOURCES, layer_tables, rests_on_feed, uses_by_table
from dashboard.exchange.resources import resources
from dashboard.lineage import lineage_events, select_batches
from dashboard.lineage_command import append, post
from etl.interfaces import register_feeds
from gis.database.connection import Database
from gis.errors import Unavailable
from gis.texts import texts_in
from layers.catalogue import catalogue
from tests.integration.test_webhooks import Receiver
from tests.loaded import Loaded

pytestmark = pytest.mark.database

DOCUMENT = Path(__file__).parents[2] / "docs" / "data-dictionary.md"
#: what the specification asks of an event (OpenLineage 2-0-2, BaseEvent, RunEvent, Run, Job, Dataset, BaseFacet), retyped
FACETS = {
    "type": "object",
    "additionalProperties": {"type": "object", "required": ["_producer", "_schemaURL"]},
}
DATASETS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["namespace", "name"],
        "properties": {"facets": FACETS, "inputFacets": FACETS, "outputFacets": FACETS},
    },
}
OPEN_LINEAGE = {
    "type": "object",
    "required": ["eventTime", "producer", "schemaURL", "run", "job"],
    "properties": {
        "eventType": {"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
        "eventTime": {"type": "string", "format": "date-time"},
        "producer": {"type": "string", "format": "uri"},
        "schemaURL": {"type": "string", "pattern": "^https://openlineage.io/spec/2-0-2/OpenLineage.json"},
        "run": {
            "type": "object",
            "required": ["runId"],
            "properties": {
                "runId": {"type": "string", "format": "uuid", "pattern": "^[0-9a-f-]{36}$"},
                "facets": FACETS,
            },
        },
        "job": {"type": "object", "required": ["namespace", "name"], "properties": {"facets": FACETS}},
        "inputs": DATASETS,
        "outputs": DATASETS,
    },
}


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


@pytest.fixture(scope="module")
def events(loaded: Loaded) -> list[dict[str, object]]:
    register_feeds(loaded.database, now=loaded.now)
    with loaded.database.owner.connect() as connection:
        batches = select_batches(connection, code=loaded.district.code, after=0)
    return list(lineage_events(batches, code=loaded.district.code))


def test_each_batch_is_a_run_as_openlineage_has_it(loaded: Loaded, events: list[dict[str, object]]):
    validator = Draft202012Validator(OPEN_LINEAGE)
    for event in events:
        json.dumps(event)
        assert [error.message for error in validator.iter_errors(event)] == []
    incidents = [event for event in events if event["job"]["name"] == "load.incidents"]
    start, complete = incidents[:2]
    assert (start["eventType"], complete["eventType"]) == ("START", "COMPLETE")
    assert start["run"]["runId"] == complete["run"]["runId"]
    assert complete["inputs"][0]["name"] == "incidents.csv"
    (output,) = complete["outputs"]
    assert output["name"] == "base.incident"
    result = loaded.result("incidents")
    assert output["outputFacets"]["fengqiao_rows"]["read"] == result.read
    assert len({event["run"]["runId"] for event in events}) == len(events) / 2


def test_events_go_to_a_file_and_to_a_catalogue(events: list[dict[str, object]], tmp_path: Path):
    append(tmp_path / "lineage.jsonl", events)
    lines = (tmp_path / "lineage.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == events

    receiver = Receiver(tmp_path)
    receiver.answers("201")
    receiver.start()
    try:
        post(receiver.url, events[:4], token="key")
        assert [json.loads(got["body"]) for got in receiver.got] == events[:4]
        assert receiver.got[0]["headers"]["authorization"] == "Bearer key"
        receiver.answers("500")
        batch = events[0]["run"]["facets"]["fengqiao_batch"]["batch"]
        with pytest.raises(Unavailable, match=f"answered 500; go on with --after {batch - 1}"):
            post(receiver.url, events[:1], token="")
    finally:
        receiver.stop()


def test_the_command_wants_one_of_file_and_address():
    done = subprocess.run([sys.executable, "-m", "cli", "lineage"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "give --out FILE or --url ADDRESS" in done.stderr
