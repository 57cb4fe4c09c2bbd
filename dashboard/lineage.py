"""Lineage: every finished batch as OpenLineage events (specification 2-0-2), for a catalogue of somebody else's.

One run per batch: the job is the feed's load, its input the delivered file (or the interface), its outputs the tables
its feed fills, with how many rows it brought and what its checks said. The same batch gives the same events each time.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection

from gis.database.statements import load_statements

STATEMENTS = load_statements("dashboard", "lineage")
SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
FACETS = "https://openlineage.io/spec/facets"
PRODUCER = "https://fengqiao.invalid/etl"
#: batches of one answer at most
MOST = 500


def select_batches(connection: Connection, *, code: str, after: int, limit: int = MOST) -> Sequence[Mapping[str, Any]]:
    """Finished batches after an id, oldest first, with the tables their feeds fill."""
    bound = {"code": code, "after": after, "limit": min(limit, MOST)}
    return [dict(row) for row in connection.execute(STATEMENTS["batches"], bound).mappings()]


def lineage_events(batches: Sequence[Mapping[str, Any]], *, code: str) -> Iterator[dict[str, Any]]:
    """Return START and COMPLETE (ABORT for an undone batch) of each batch."""
    for batch in batches:
        yield event(batch, "START", batch["started_at"], code=code)
        yield event(batch, "COMPLETE", batch["finished_at"], code=code)
        if batch["undone_at"] is not None:
            yield event(batch, "OTHER", batch["undone_at"], code=code)


def event(batch: Mapping[str, Any], kind: str, at: datetime, *, code: str) -> dict[str, Any]:
    """One event of a batch's run."""
    return {
        "eventType": kind,
        "eventTime": at.isoformat(),
        "producer": PRODUCER,
        "schemaURL": SPEC,
        "run": {
            "runId": str(uuid5(NAMESPACE_URL, f"{PRODUCER}/{code}/batch/{batch['id']}")),
            "facets": {
                "fengqiao_batch": facet(
                    "1-0-0/RunFacet.json",
                    batch=batch["id"],
                    actor=batch["actor"],
                    origin=batch["origin"],
                    versions=batch["versions"],
                    undone=batch["undone_at"].isoformat() if batch["undone_at"] else None,
                )
            },
        },
        "job": {"namespace": f"fengqiao/{code}", "name": f"load.{batch['feed']}"},
        "inputs": [
            {
                "namespace": f"fengqiao/{code}/{'files' if batch['content_hash'] else 'interfaces'}",
                "name": batch["source"],
                "facets": {
                    "version": facet("1-0-1/DatasetVersionDatasetFacet.json", datasetVersion=batch["content_hash"])
                }
                if batch["content_hash"]
                else {},
            }
        ],
        "outputs": [output(batch, table, code=code) for table in batch["tables"]] if kind == "COMPLETE" else [],
    }


def output(batch: Mapping[str, Any], table: str, *, code: str) -> dict[str, Any]:
    """A table a batch wrote to, with what it brought there."""
    return {
        "namespace": f"fengqiao/{code}/geodatabase",
        "name": table,
        "outputFacets": {
            "outputStatistics": facet(
                "1-0-2/OutputStatisticsOutputDatasetFacet.json", rowCount=batch["loaded"] + batch["unplaced"]
            ),
            "fengqiao_rows": facet(
                "1-0-0/OutputDatasetFacet.json",
                **{name: batch[name] for name in ("read", "loaded", "unchanged", "quarantined", "unplaced")},
            ),
        },
    }


def facet(schema: str, **values: Any) -> dict[str, Any]:
    """A facet with the two fields that every facet has."""
    return {"_producer": PRODUCER, "_schemaURL": f"{FACETS}/{schema}", **values}
