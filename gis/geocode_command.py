"""`fengqiao geocode`: place the texts of a CSV file by a gazetteer folder, without a database."""

import csv
import gc
import os
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated

import h3
import typer

from gis.csv_rows import read_csv_rows
from gis.errors import BadInput
from gis.geocode import Geocoder, read_gazetteer
from gis.location import Location

RESULT_COLUMNS = [
    "query_id",
    "status",
    "level",
    "place_id",
    "building_id",
    "unit",
    "room",
    "lon",
    "lat",
    "radius_m",
    "h3",
    "confidence",
]
# a text longer than this is no address but a broken file [characters]
LONGEST_TEXT = 100_000
# texts that are placed together; equal ones among them once
_BATCH = 10_000
# the cell a point is indexed at (design: once, at resolution 11)
_RESOLUTION = 11


def geocode(
    source: Annotated[Path, typer.Argument(metavar="IN.csv", help="CSV with a column of texts, UTF-8")],
    out: Annotated[Path, typer.Option("--out", help="CSV to write")],
    gazetteer: Annotated[Path, typer.Option("--gazetteer", help="folder with places.csv, aliases.csv, …")],
    text_column: Annotated[str, typer.Option("--text-column", help="name of the column to place")] = "text",
) -> None:
    """Place every text of IN.csv and write one result row for each."""
    geocode_file(source, out, gazetteer=gazetteer, text_column=text_column)


def geocode_file(source: Path, out: Path, *, gazetteer: Path, text_column: str = "text") -> int:
    """Write the places of the texts in `source` to `out`, whole or not at all; return the number of rows.

    The id of a row is its `query_id`, or `id`, or else its number from 1.

    Raises
    ------
    BadInput
        If `source` or the gazetteer cannot be read as what it should be, or `out` cannot be written.
    """
    if not source.is_file():
        raise BadInput("{source} is not there, or is no file.", source=source)
    # a fault in the last row is told before the first is placed
    count = sum(1 for _ in _texts(source, text_column))
    geocoder = Geocoder(read_gazetteer(gazetteer))
    # the index lives as long as the process: the collector need not walk through it again and again
    gc.freeze()
    _write_whole(out, _located(geocoder, _texts(source, text_column)))
    return count


def _texts(source: Path, text_column: str) -> Iterator[tuple[str, str]]:
    """Yield (id, text) of every row."""
    rows = read_csv_rows(source, source.name)
    _, header = next(rows)
    if text_column not in header:
        raise BadInput(
            "{name} has no column {text_column!r}; its columns are {header}.",
            name=source.name,
            text_column=text_column,
            header=", ".join(header)[:200],
        )
    text_at = header.index(text_column)
    id_at = next((header.index(name) for name in ("query_id", "id") if name in header), None)
    for number, (line, row) in enumerate(rows, 1):
        text = row[text_at]
        if len(text) > LONGEST_TEXT:
            raise BadInput(
                "{name}, line {line}: a text of {length} characters is no address; the longest allowed is "
                "{longest_text}.",
                name=source.name,
                line=line,
                length=len(text),
                longest_text=LONGEST_TEXT,
            )
        yield row[id_at] if id_at is not None else str(number), text


def _located(geocoder: Geocoder, texts: Iterator[tuple[str, str]]) -> Iterator[tuple[str, Location]]:
    """Place the texts in batches, so that a file of any length needs the memory of one."""
    while batch := list(islice(texts, _BATCH)):
        locations = geocoder.locate_many([text for _, text in batch])
        yield from zip((row_id for row_id, _ in batch), locations, strict=True)


def _write_whole(out: Path, rows: Iterator[tuple[str, Location]]) -> None:
    """Write beside the target and move into place, so that a broken run leaves no half file."""
    try:
        handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    except OSError as error:
        raise BadInput("{path} cannot be written ({reason}).", path=out, reason=error.strerror) from error
    beside = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as lines:
            writer = csv.writer(lines, lineterminator="\n")
            writer.writerow(RESULT_COLUMNS)
            writer.writerows(_result(row_id, location) for row_id, location in rows)
        beside.chmod(0o644)
        beside.replace(out)
    except OSError as error:
        raise BadInput("{path} cannot be written ({reason}).", path=out, reason=error.strerror) from error
    finally:
        beside.unlink(missing_ok=True)


def _result(row_id: str, location: Location) -> list[str]:
    placed = location.lon is not None and location.lat is not None
    return [
        row_id,
        location.status,
        location.level,
        location.place_id,
        location.building_id,
        location.unit,
        location.room,
        f"{location.lon:.7f}" if placed else "",
        f"{location.lat:.7f}" if placed else "",
        f"{location.radius_m:.0f}" if location.radius_m is not None else "",
        h3.latlng_to_cell(location.lat, location.lon, _RESOLUTION) if placed else "",
        f"{location.confidence:.4f}" if location.status != "unmatched" else "",
    ]
