"""Lineage: events are those of OpenLineage's own client, and a catalogue is told of each once, also when it was away."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attr
import pytest
from openlineage.client import event_v2, facet_v2
from openlineage.client.generated import base
from openlineage.client.serde import Serde
from sqlalchemy import text

from access.outbox import deliver_due, list_messages
from dashboard.dictionary.uses import layer_tables
from dashboard.figures.catalogue import figures
from dashboard.lineage import OWN_FACETS, derived_events, lineage_events, select_batches
from dashboard.lineage_command import append, post
from dashboard.lineage_sending import CHANNEL, sender_for, tell_catalogue
from etl.interfaces import register_feeds
from gis.errors import Unavailable
from layers.catalogue import catalogue
from tests.integration.test_webhooks import Receiver
from tests.loaded import Loaded

pytestmark = [pytest.mark.database, pytest.mark.usefixtures("english")]

Event = dict[str, Any]
NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
#: facets of the specification as its own Python client has them (package openlineage-python, generated from the schema)
OFFICIAL = {
    "version": facet_v2.dataset_version_dataset.DatasetVersionDatasetFacet,
    "schema": facet_v2.schema_dataset.SchemaDatasetFacet,
    "inputStatistics": facet_v2.input_statistics_input_dataset.InputStatisticsInputDatasetFacet,
    "outputStatistics": facet_v2.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
    "jobType": facet_v2.job_type_job.JobTypeJobFacet,
    "ownership": facet_v2.ownership_job.OwnershipJobFacet,
    "documentation": facet_v2.documentation_job.DocumentationJobFacet,
    "sql": facet_v2.sql_job.SQLJobFacet,
    "processing_engine": facet_v2.processing_engine_run.ProcessingEngineRunFacet,
}


def official_facets(facets: Event) -> Event:
    """Facets as the client builds them: a field it does not know, or one that is missing, is a fault."""
    built = {}
    for name, said in facets.items():
        values = {key: value for key, value in said.items() if not key.startswith("_")}
        if name in OWN_FACETS:
            kind = getattr(base, OWN_FACETS[name])
            built[name] = kind(producer=said["_producer"]).with_additional_properties(**values)
        else:
            built[name] = OFFICIAL[name](producer=said["_producer"], **values)
        assert built[name]._schemaURL == said["_schemaURL"], name
    return built


def official_datasets(datasets: list[Event], kind: Any, own: str) -> list[Any]:
    return [
        kind(
            namespace=one["namespace"], name=one["name"], facets=official_facets(one.get("facets", {})),
            **{own: official_facets(one.get(own, {}))},
        )
        for one in datasets
    ]  # fmt: skip


def official(event: Event) -> Any:
    """The event as OpenLineage's own client has it."""
    job = event_v2.Job(**{**event["job"], "facets": official_facets(event["job"]["facets"])})
    both = {
        "eventTime": event["eventTime"], "producer": event["producer"], "job": job,
        "inputs": official_datasets(event["inputs"], event_v2.InputDataset, "inputFacets"),
        "outputs": official_datasets(event["outputs"], event_v2.OutputDataset, "outputFacets"),
    }  # fmt: skip
    if "run" not in event:
        return event_v2.JobEvent(**both)
    run = event_v2.Run(runId=event["run"]["runId"], facets=official_facets(event["run"]["facets"]))
    return event_v2.RunEvent(**both, run=run, eventType=event_v2.RunState(event["eventType"]))


def plain(event: Any) -> Any:
    """Without what says nothing: nulls, and empty lists and objects."""
    if isinstance(event, dict):
        found = {key: plain(value) for key, value in event.items()}
        return {key: value for key, value in found.items() if value not in (None, {}, [])}
    return [plain(one) for one in event] if isinstance(event, list) else event


@pytest.fixture(scope="module")
def events(loaded: Loaded) -> list[Event]:
    register_feeds(loaded.database, now=loaded.now)
    with loaded.database.owner.connect() as connection:
        batches = select_batches(connection, code=loaded.district.code, after=0)
    return list(lineage_events(batches, code=loaded.district.code))


def test_every_event_is_one_that_openlineages_own_client_would_send(loaded: Loaded, events: list[Event]):
    undone = {**next(one for one in select(loaded)), "undone_at": NOW}
    every = [
        *events,
        *lineage_events([undone], code=loaded.district.code),
        *derived_events(code=loaded.district.code, at=NOW),
    ]
    assert {one.get("eventType", "job") for one in every} == {"START", "COMPLETE", "OTHER", "job"}
    for event in every:
        assert plain(Serde.to_dict(attr.asdict(official(event)))) == plain(event)
    used = {name for event in every for facets in facets_of(event) for name in facets}
    assert used == {*OFFICIAL, *OWN_FACETS}


def select(loaded: Loaded) -> Iterator[Event]:
    with loaded.database.owner.connect() as connection:
        yield from (dict(one) for one in select_batches(connection, code=loaded.district.code, after=0))


def facets_of(event: Event) -> Iterator[Event]:
    yield from (event.get("run", {}).get("facets", {}), event["job"]["facets"])
    for one in (*event["inputs"], *event["outputs"]):
        yield from (one.get(name, {}) for name in ("facets", "inputFacets", "outputFacets"))


def test_what_is_no_event_is_not_taken_for_one(events: list[Event]):
    for wrong in (
        {**events[0], "eventType": "DONE"},
        {**events[0], "eventTime": "yesterday"},
        {**events[0], "run": {**events[0]["run"], "runId": "17"}},
    ):
        with pytest.raises(ValueError):  # noqa: PT011 - the client's own words, which are not ours to hold
            official(wrong)
    with pytest.raises(TypeError):
        official_facets({"version": {"_producer": "x", "_schemaURL": "x", "hash": "y"}})


def test_each_batch_is_a_run_with_its_file_table_and_rows(loaded: Loaded, events: list[Event]):
    start, complete = [event for event in events if event["job"]["name"] == "load.incidents"][:2]
    assert (start["eventType"], complete["eventType"]) == ("START", "COMPLETE")
    assert start["run"]["runId"] == complete["run"]["runId"]
    result = loaded.result("incidents")
    (source,), (output,) = complete["inputs"], complete["outputs"]
    assert source["name"] == "incidents.csv"
    assert source["inputFacets"]["inputStatistics"]["rowCount"] == result.read
    assert output["name"] == "base.incident"
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == result.stored
    assert {"name": "category", "description": "事件大类"} in output["facets"]["schema"]["fields"]
    assert len({event["run"]["runId"] for event in events}) == len(events) / 2


def test_what_figures_and_layers_are_worked_out_from(loaded: Loaded):
    found = {event["job"]["name"]: event for event in derived_events(code=loaded.district.code, at=NOW)}

    assert len(found) == len(figures()) + len(catalogue().layers)
    inputs = {name: {one["name"] for one in event["inputs"]} for name, event in found.items()}
    assert inputs["figure.incidents_open"] == {"base.incident"}
    # a share stands on two figures
    assert inputs["figure.month_punctual"] == {"month_in_time", "month_due"}
    assert inputs["layer.population"] == layer_tables(catalogue().layer("population"))


def test_events_go_to_a_file_and_to_a_catalogue(events: list[Event], tmp_path: Path):
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


def test_a_catalogue_is_told_by_the_clock_once_and_what_it_refuses_is_a_dead_letter(
    loaded: Loaded, events: list[Event], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    assert tell_catalogue(loaded.database, now=NOW) == 0, "nobody is named"
    receiver = Receiver(tmp_path)
    receiver.answers("422\n201")
    receiver.start()
    monkeypatch.setenv("FENGQIAO_LINEAGE_URL", receiver.url)
    monkeypatch.setenv("FENGQIAO_LINEAGE_TOKEN", "key")
    try:
        wanted = [*events, *derived_events(code=loaded.district.code, at=NOW)]
        assert tell_catalogue(loaded.database, now=NOW) == len(wanted)
        assert tell_catalogue(loaded.database, now=NOW) == 0
        senders = {CHANNEL: sender_for(loaded.database, lambda: NOW)}
        while deliver_due(loaded.database, senders, clock=lambda: NOW):
            pass
        got = [json.loads(one["body"]) for one in receiver.got]
        assert sorted(map(json.dumps, got)) == sorted(map(json.dumps, wanted))
        assert receiver.got[0]["headers"]["authorization"] == "Bearer key"
        with loaded.database.owner.connect() as connection:
            (dead,) = list_messages(connection, status="dead", channel=CHANNEL)
            assert dead["reason"] == "HTTP 422"
            assert len(list_messages(connection, status="delivered", channel=CHANNEL, limit=1000)) == len(wanted) - 1
        # what is undone afterwards is told of afterwards
        with loaded.database.owner.begin() as connection:
            connection.execute(
                text("UPDATE support.batch SET undone_at = told_at + interval '1 second' WHERE id = :id"),
                {"id": first(events)},
            )
        assert tell_catalogue(loaded.database, now=NOW) == 1
    finally:
        receiver.stop()
        with loaded.database.owner.begin() as connection:
            connection.execute(text("DELETE FROM support.outbox WHERE channel = :channel"), {"channel": CHANNEL})
            connection.execute(text("UPDATE support.batch SET told_at = NULL, undone_at = NULL"))


def first(events: list[Event]) -> int:
    return int(events[0]["run"]["facets"]["fengqiao_batch"]["batch"])


def test_the_command_wants_one_of_file_and_address():
    done = subprocess.run([sys.executable, "-m", "cli", "lineage"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "give --out FILE or --url ADDRESS" in done.stderr
