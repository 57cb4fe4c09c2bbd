"""`fengqiao geocode`: place the texts of a CSV file by a gazetteer folder, without a database."""

import csv
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, TextIO

import h3
import typer

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
# a text longer than this is no address but a broken file, and so is a longer cell or line [characters]
LONGEST_TEXT = 100_000
_LONGEST_CELL = 1_000_000
_LONGEST_LINE = 4_000_000
# the cell a point is indexed at (design: once, at resolution 11)
_RESOLUTION = 11


def geocode(
    source: Annotated[Path, typer.Argument(metavar="IN.csv", help="CSV with a column of texts, UTF-8")],
    out: Annotated[Path, typer.Option("--out", help="CSV to write")],
    gazetteer: Annotated[Path, typer.Option("--gazetteer", help="folder with places.csv, aliases.csv, …")],
    text_column: Annotated[str, typer.Option("--text-column", help="name of the column to place")] = "text",
) -> None:
    """Place every text of IN.csv and write one result row for each."""
    try:
        geocode_file(source, out, gazetteer=gazetteer, text_column=text_column)
    except BadInput as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


def geocode_file(source: Path, out: Path, *, gazetteer: Path, text_column: str = "text") -> int:
    """Write the places of the texts in `source` to `out`, whole or not at all; return the number of rows.

    The id of a row is its `query_id`, or `id`, or else its number from 1.

    Raises
    ------
    BadInput
        If `source` or the gazetteer cannot be read as what it should be, or `out` cannot be written.
    """
    ids, texts = _read_texts(source, text_column)
    locations = Geocoder(read_gazetteer(gazetteer)).locate_many(texts)
    _write_whole(out, zip(ids, locations, strict=True))
    return len(ids)


def _read_texts(source: Path, text_column: str) -> tuple[list[str], list[str]]:
    if not source.is_file():
        raise BadInput(f"{source} is not there, or is no file.")
    raw_limit = csv.field_size_limit(_LONGEST_CELL)
    ids: list[str] = []
    texts: list[str] = []
    try:
        with source.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(_bounded(lines, source.name), strict=True)
            header = next(reader, None)
            if not header:
                raise BadInput(f"{source.name} is empty; expected a header row with the column {text_column!r}.")
            if text_column not in header:
                raise BadInput(
                    f"{source.name} has no column {text_column!r}; its columns are {', '.join(header)[:200]}."
                )
            text_at = header.index(text_column)
            id_at = next((header.index(name) for name in ("query_id", "id") if name in header), None)
            for row in reader:
                if not row:
                    continue  # an empty line is no row
                if len(row) != len(header):
                    raise BadInput(
                        f"{source.name}, line {reader.line_num}: {len(row)} fields where the header has {len(header)}."
                    )
                text = row[text_at]
                if len(text) > LONGEST_TEXT:
                    raise BadInput(
                        f"{source.name}, line {reader.line_num}: a text of {len(text)} characters is no address; "
                        f"the longest allowed is {LONGEST_TEXT}."
                    )
                if "\0" in text:
                    raise BadInput(
                        f"{source.name}, line {reader.line_num}: the text holds a NUL byte; this is no text file."
                    )
                texts.append(text)
                ids.append(row[id_at] if id_at is not None else str(len(texts)))
    except UnicodeDecodeError as error:
        raise BadInput(f"{source.name} is not UTF-8 (byte {error.start}); save it as UTF-8.") from error
    except csv.Error as error:
        raise BadInput(f"{source.name} is not a readable CSV ({error}).") from error
    finally:
        csv.field_size_limit(raw_limit)
    return ids, texts


def _bounded(lines: TextIO, name: str) -> Iterator[str]:
    """Yield the lines of a file; one without an end is refused before it fills the memory."""
    number = 0
    while line := lines.readline(_LONGEST_LINE + 1):
        number += 1
        if len(line) > _LONGEST_LINE:
            raise BadInput(f"{name}, line {number}: more than {_LONGEST_LINE} characters; this is no CSV of texts.")
        yield line


def _write_whole(out: Path, rows: Iterator[tuple[str, Location]]) -> None:
    """Write beside the target and move into place, so that a broken run leaves no half file."""
    try:
        handle, name = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    except OSError as error:
        raise BadInput(f"{out} cannot be written ({error.strerror}).") from error
    beside = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as lines:
            writer = csv.writer(lines, lineterminator="\n")
            writer.writerow(RESULT_COLUMNS)
            writer.writerows(_result(row_id, location) for row_id, location in rows)
        beside.chmod(0o644)
        beside.replace(out)
    except OSError as error:
        raise BadInput(f"{out} cannot be written ({error.strerror}).") from error
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
