"""Feeds handed over by other systems: a file or rows, on the same way as a delivered file."""

import re
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from access.sessions import Session
from dashboard.services import Services, session_of
from etl.push import take_file
from gis.errors import BadInput, NotAllowed

#: a file that is handed over is not larger [bytes]
LARGEST = 256 << 20
#: kind of content -> ending of the file it is kept as, where no name is given
ENDINGS = {
    "application/json": ".json",
    "application/x-ndjson": ".jsonl",
    "application/jsonl": ".jsonl",
    "application/geo+json": ".geojson",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/zip": ".zip",
    "application/geopackage+sqlite3": ".gpkg",
    "application/vnd.google-earth.kml+xml": ".kml",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.ms-excel": ".xls",
}

Asker = Annotated[Session, Depends(session_of)]
FileName = Annotated[
    str, Query(max_length=200, description="name of the file; its ending tells its form. Else Content-Type does")
]
Crs = Annotated[str, Query(max_length=20, description="coordinate system: GCJ-02, BD-09, EPSG:4490 …")]


class Handed(BaseModel):
    """What became of what was handed over; read = loaded + unplaced + unchanged + quarantined."""

    feed: str
    batch_id: int | None = Field(description="batch in the ledger")
    read: int = Field(description="[rows]")
    loaded: int = Field(description="new or changed, and on the map where the feed is placed [rows]")
    unplaced: int = Field(description="new or changed, and not on the map [rows]")
    unchanged: int = Field(description="as before [rows]")
    quarantined: int = Field(description="[rows]")
    reasons: dict[int, list[str]] = Field(description="number of a bad row, the first being 1 -> why; at most 100")


def router(services: Services) -> APIRouter:
    """Mount /api/feeds."""
    routes = APIRouter()

    @routes.post(
        "/api/feeds/{feed}",
        tags=["feeds"],
        summary="Hand over a file or rows of a feed; a fault of the file changes nothing",
    )
    async def hand_over(feed: str, request: Request, session: Asker, file: FileName = "", crs: Crs = "") -> Handed:
        # of consumers the gate has looked at what each was granted
        if session.role != "operator" and getattr(request.state, "terms", None) is None:
            raise NotAllowed("feeds are handed over by operators, and by consumers that were granted them")
        with tempfile.TemporaryDirectory(prefix="fengqiao-pushed-") as folder:
            path = Path(folder) / file_name(file, request.headers.get("Content-Type", ""))
            await write_body(request, path)
            pushed = await run_in_threadpool(
                take_file, services.database, feed, path, crs=crs, actor=session.name, session_id=session.id,
                now=services.clock(), var_dir=services.settings.var_dir, language=session.language,
                code=session.subdistrict_code,
            )  # fmt: skip
        return Handed(**asdict(pushed))

    return routes


def file_name(stated: str, content_type: str) -> str:
    """The name a body is kept under while it is read.

    Raises
    ------
    BadInput
        If neither the name nor the kind of content tells the form.
    """
    # whatever stands before the last slash is the sender's own folder
    name = re.split(r"[/\\]", stated)[-1].replace("\0", "").strip()
    if name and Path(name).suffix and len(name.encode()) <= 200:
        return name
    ending = ENDINGS.get(content_type.partition(";")[0].strip().lower())
    if ending is None:
        raise BadInput("state the file's form by ?file=name.csv or by Content-Type; known are {known}", known=ENDINGS)
    return f"pushed{ending}"


async def write_body(request: Request, path: Path) -> None:
    """Write the body piece by piece; one that is too large is not listened to."""
    size = 0
    with path.open("wb") as file:
        async for piece in request.stream():
            size += len(piece)
            if size > LARGEST:
                raise BadInput("more than {most} MiB; hand it over in parts", most=LARGEST >> 20)
            file.write(piece)
