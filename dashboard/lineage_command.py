"""`fengqiao lineage`: write OpenLineage events to a file, or post them to a catalogue."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from dashboard.lineage import MOST, derived_events, lineage_events, select_batches
from gis.database.connection import running_database
from gis.district import select_district
from gis.errors import BadInput, Unavailable
from gis.sentences import Sentence
from gis.settings import DatabaseSettings
from gis.texts import spoken


def lineage(
    out: Annotated[Path | None, typer.Option(help="file to append to, one event a line")] = None,
    url: Annotated[str, typer.Option(help="address to post to: a catalogue's /api/v1/lineage")] = "",
    after: Annotated[int, typer.Option(min=0, help="only batches after this one")] = 0,
    token: Annotated[str, typer.Option(envvar="FENGQIAO_LINEAGE_TOKEN", help="bearer token of the catalogue")] = "",
) -> None:
    """Write where batches, figures and layers come from as OpenLineage events; prints the last batch, for `--after`."""
    if (out is None) == (not url):
        raise BadInput("give --out FILE or --url ADDRESS, one of them")
    last, count = after, 0
    with running_database(DatabaseSettings()) as database, database.owner.connect() as connection:
        code = select_district(connection).code
        while batches := select_batches(connection, code=code, after=last, limit=MOST):
            events = list(lineage_events(batches, code=code))
            give(events, out=out, url=url, token=token)
            last, count = batches[-1]["id"], count + len(events)
        derived = list(derived_events(code=code, at=datetime.now(UTC)))
        give(derived, out=out, url=url, token=token)
        count += len(derived)
    typer.echo(spoken(Sentence("{events} events; last batch {last}", events=count, last=last)))


def give(events: list[dict[str, Any]], *, out: Path | None, url: str, token: str) -> None:
    if out is not None:
        append(out, events)
    else:
        post(url, events, token=token)


def append(path: Path, events: list[dict[str, Any]]) -> None:
    """Append events to a file, one a line."""
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(event, ensure_ascii=False) + "\n" for event in events)


def post(url: str, events: list[dict[str, Any]], *, token: str) -> None:
    """Post events one by one, as the specification's transport does.

    Raises
    ------
    Unavailable
        If the catalogue does not take one; says after which batch to go on.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    done = 0
    with httpx.Client(timeout=10.0, headers=headers) as client:
        for event in events:
            if "run" in event:
                done = event["run"]["facets"]["fengqiao_batch"]["batch"] - 1
            try:
                answer = client.post(url, json=event)
            except httpx.HTTPError as fault:
                raise Unavailable(
                    "{url} does not answer ({fault}); go on with --after {done}", url=url, fault=fault, done=done
                ) from fault
            if not answer.is_success:
                raise Unavailable(
                    "{url} answered {status_code}; go on with --after {done}",
                    url=url,
                    status_code=answer.status_code,
                    done=done,
                )
