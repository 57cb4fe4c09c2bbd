"""Lineage as OpenLineage events (specification 2-0-2), for a catalogue of somebody else's.

Two kinds of events: one run per batch (the job is the feed's load, its input the delivered file or the interface, its
outputs the tables its feed fills, with how many rows came and what their checks said), and one job per figure and layer
(its inputs the tables its statement reads). The same batch gives the same events each time.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection

from dashboard.dictionary.uses import layer_tables
from dashboard.figures.catalogue import figures
from gis.database.statements import load_statements
from layers.catalogue import catalogue

STATEMENTS = load_statements("dashboard", "lineage")
SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs"
PRODUCER = "https://fengqiao.invalid/etl"
#: facets of the specification -> the version of each whose form is kept
FACETS = {
    "version": "1-0-1/DatasetVersionDatasetFacet",
    "schema": "1-2-0/SchemaDatasetFacet",
    "inputStatistics": "1-0-0/InputStatisticsInputDatasetFacet",
    "outputStatistics": "1-0-2/OutputStatisticsOutputDatasetFacet",
    "jobType": "2-0-4/JobTypeJobFacet",
    "ownership": "1-0-1/OwnershipJobFacet",
    "documentation": "1-1-0/DocumentationJobFacet",
    "sql": "1-1-0/SQLJobFacet",
    "processing_engine": "1-1-1/ProcessingEngineRunFacet",
}
#: facets of our own -> the kind of facet of the specification that each is
OWN_FACETS = {"fengqiao_batch": "RunFacet", "fengqiao_rows": "OutputDatasetFacet"}
#: batches of one answer at most
MOST = 500


def select_batches(connection: Connection, *, code: str, after: int, limit: int = MOST) -> Sequence[Mapping[str, Any]]:
    """Finished batches after an id, oldest first, with the tables their feeds fill."""
    bound = {"code": code, "after": after, "limit": min(limit, MOST)}
    return [dict(row) for row in connection.execute(STATEMENTS["batches"], bound).mappings()]


def lineage_events(batches: Iterable[Mapping[str, Any]], *, code: str) -> Iterator[dict[str, Any]]:
    """Return START and COMPLETE of each batch, and of one that was undone OTHER, which says so."""
    for batch in batches:
        for kind in event_kinds(batch):
            yield event(batch, kind, code=code)


def event_kinds(batch: Mapping[str, Any]) -> tuple[str, ...]:
    """Which events there are of a batch."""
    return ("START", "COMPLETE") if batch["undone_at"] is None else ("START", "COMPLETE", "OTHER")


def event(batch: Mapping[str, Any], kind: str, *, code: str) -> dict[str, Any]:
    """One event of a batch's run."""
    at: datetime = batch[{"START": "started_at", "COMPLETE": "finished_at", "OTHER": "undone_at"}[kind]]
    undone = batch["undone_at"].isoformat() if kind == "OTHER" else None
    return {
        "eventType": kind,
        "eventTime": at.isoformat(),
        "producer": PRODUCER,
        "schemaURL": f"{SPEC}/RunEvent",
        "run": {
            "runId": str(uuid5(NAMESPACE_URL, f"{PRODUCER}/{code}/batch/{batch['id']}")),
            "facets": {
                "processing_engine": facet(
                    "processing_engine", version=str(batch["versions"].get("code", "")), name="fengqiao"
                ),
                "fengqiao_batch": facet(
                    "fengqiao_batch",
                    batch=batch["id"],
                    actor=batch["actor"],
                    origin=batch["origin"],
                    versions=batch["versions"],
                    undone=undone,
                ),
            },
        },
        "job": {
            "namespace": f"fengqiao/{code}",
            "name": f"load.{batch['feed']}",
            "facets": {
                "jobType": facet("jobType", processingType="BATCH", integration="FENGQIAO", jobType="JOB"),
                **({"ownership": facet("ownership", owners=[owner(batch)])} if batch["party"] else {}),
            },
        },
        "inputs": [source(batch, code=code)],
        "outputs": [output(batch, table, code=code) for table in batch["tables"]] if kind == "COMPLETE" else [],
    }


def owner(batch: Mapping[str, Any]) -> dict[str, str]:
    return {"name": str(batch["party"]["zh"]), "type": "OWNER"}


def source(batch: Mapping[str, Any], *, code: str) -> dict[str, Any]:
    """The delivered file, known by its content, or the interface a report came through."""
    version = facet("version", datasetVersion=batch["content_hash"])
    return {
        "namespace": f"fengqiao/{code}/{'files' if batch['content_hash'] else 'interfaces'}",
        "name": batch["source"],
        "facets": {"version": version} if batch["content_hash"] else {},
        "inputFacets": {"inputStatistics": facet("inputStatistics", rowCount=batch["read"])},
    }


def output(batch: Mapping[str, Any], table: str, *, code: str) -> dict[str, Any]:
    """A table a batch wrote to, with its columns and what the batch brought there."""
    columns = [{"name": column["name"], "description": column["zh"]} for column in batch["fields"] or ()]
    return {
        "namespace": f"fengqiao/{code}/geodatabase",
        "name": table,
        "facets": {"schema": facet("schema", fields=columns)},
        "outputFacets": {
            "outputStatistics": facet("outputStatistics", rowCount=batch["loaded"] + batch["unplaced"]),
            "fengqiao_rows": facet(
                "fengqiao_rows",
                **{name: batch[name] for name in ("read", "loaded", "unchanged", "quarantined", "unplaced")},
            ),
        },
    }


def derived_events(*, code: str, at: datetime) -> Iterator[dict[str, Any]]:
    """Return one event per figure and layer: what is worked out, out of which tables or figures, by which statement."""
    for figure in figures().values():
        facets = {"documentation": facet("documentation", description=figure.definition.zh)}
        if figure.query is not None:
            facets["sql"] = facet("sql", query=figure.query.sql)
        stands_on = figure.query.tables if figure.query is not None else ()
        inputs = [*tables(stands_on, code=code), *(named("figures", part, code=code) for part in figure.parts or ())]
        yield job_event(f"figure.{figure.id}", facets, inputs, named("figures", figure.id, code=code), code=code, at=at)
    for layer in catalogue().layers:
        facets = {"documentation": facet("documentation", description=layer.name.zh)}
        inputs = tables(layer_tables(layer), code=code)
        yield job_event(f"layer.{layer.id}", facets, inputs, named("layers", layer.id, code=code), code=code, at=at)


def job_event(
    name: str,
    facets: Mapping[str, Any],
    inputs: Sequence[Mapping[str, Any]],
    made: Mapping[str, Any],
    *,
    code: str,
    at: datetime,
) -> dict[str, Any]:
    """What the specification calls a job event: lineage that holds without a run."""
    return {
        "eventTime": at.isoformat(),
        "producer": PRODUCER,
        "schemaURL": f"{SPEC}/JobEvent",
        "job": {"namespace": f"fengqiao/{code}", "name": name, "facets": dict(facets)},
        "inputs": list(inputs),
        "outputs": [made],
    }


def tables(names: Iterable[str], *, code: str) -> list[dict[str, Any]]:
    return [named("geodatabase", name, code=code) for name in sorted(names)]


def named(kind: str, name: str, *, code: str) -> dict[str, Any]:
    """A data set of ours."""
    return {"namespace": f"fengqiao/{code}/{kind}", "name": name}


def facet(kind: str, **values: Any) -> dict[str, Any]:
    """A facet with the two fields that every facet has; one of our own refers to what the specification says of all."""
    if kind in OWN_FACETS:
        schema = f"{SPEC}/{OWN_FACETS[kind]}"
    else:
        name = FACETS[kind].partition("/")[2]
        schema = f"https://openlineage.io/spec/facets/{FACETS[kind]}.json#/$defs/{name}"
    return {"_producer": PRODUCER, "_schemaURL": schema, **values}
