"""Every form a feed is delivered in, by the ending of the file's name; all end as the same `RawRows`.

Tables: CSV, TSV, workbooks, JSON, JSON lines. Vectors: GeoJSON, GeoPackage, Shapefile, KML. A zip holds one of them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from etl.delivery import FeedSource, converter
from etl.readers.archive import unpacked
from etl.readers.encoding import detected_encoding
from etl.readers.guard import heading_fields, refuse_large, refuse_long_lines, refuse_wide
from etl.readers.json_rows import flattened, json_records, read_json_rows
from etl.readers.sheets import read_sheet_rows, sheet_headings
from etl.reading import RawRows, read_csv_rows, read_jsonl_rows
from etl.vectors import GEOMETRY, WHOLE, read_vector_rows, vector_columns
from gis.errors import BadInput

TEXTS = (".csv", ".txt", ".tsv")
LINES = (".jsonl", ".ndjson")
SHEETS = (".xlsx", ".xlsm", ".xls")
VECTORS = (".geojson", ".gpkg", ".shp", ".kml")
ZIPS = (".zip", ".kmz")
ENDINGS = (*TEXTS, *LINES, ".json", *SHEETS, *VECTORS, *ZIPS)
#: headings under which tables state points, longitude first
POINT_HEADINGS = (("经度", "纬度"), ("lon", "lat"), ("longitude", "latitude"), ("lng", "lat"), ("X", "Y"), ("x", "y"))


@dataclass(frozen=True)
class Wanted:
    """What a feed wants of a file beside its headings."""

    required: tuple[str, ...] = ()
    #: whether every row must come with a shape
    geometry: bool = False
    #: headings of longitude and latitude, of feeds that take points as columns
    point_headings: tuple[str, str] | None = None


def read_rows(source: FeedSource, wanted: Wanted) -> RawRows:
    """Read a delivered file whole.

    Raises
    ------
    BadInput
        If it is not what its ending says, is cut, would not fit, or lacks a heading; one sentence that names what.
    """
    with opened(source) as found:
        ending = found.path.suffix.lower()
        if ending in VECTORS or (wanted.geometry and ending == ".json"):
            return read_vector_rows(
                found, wanted.required, needs_geometry=wanted.geometry, point_headings=wanted.point_headings
            )
        raw = TABLE_READERS[ending](found, wanted.required)
        return with_points(raw, found) if wanted.geometry else raw


def headings_of(source: FeedSource) -> list[str]:
    """The headings of a file, in its order, reading as little of it as its form allows."""
    with opened(source) as found:
        ending = found.path.suffix.lower()
        if ending in VECTORS:
            return vector_columns(found)
        if ending in SHEETS:
            return sheet_headings(found)
        if ending == ".json":
            return list(dict.fromkeys(key for row in json_records(found)[1][:100] for key in flattened(row)))
        if ending in LINES:
            return [str(column) for column in read_jsonl_rows(found, []).frame.columns]
        with found.path.open("rb") as file:
            line = file.readline().decode(found.encoding, errors="replace").removeprefix("\ufeff")
        return [field.strip() for field in heading_fields(line)]


def refuse_outright(source: FeedSource) -> None:
    """Refuse what need not be read to be refused: no kind of file we read, too large, or a line without end."""
    ending = source.path.suffix.lower()
    if ending not in ENDINGS:
        raise BadInput(
            "{name}: feed {feed} is read from {endings} files", name=source.path.name, feed=source.feed, endings=ENDINGS
        )
    if ending in WHOLE:
        refuse_large(source.path)
    if ending in TEXTS or ending in LINES:
        refuse_long_lines(source.path)


@contextmanager
def opened(source: FeedSource) -> Iterator[FeedSource]:
    """The source as a plain file: taken out of its archive, its encoding found out, its lines looked at."""
    if source.path.suffix.lower() in ZIPS:
        with unpacked(source.path) as folder, opened(replace(source, path=member_of(source, folder))) as found:
            yield found
        return
    refuse_outright(source)
    ending = source.path.suffix.lower()
    if ending in TEXTS or ending in LINES or ending == ".json":
        source = replace(source, encoding=source.encoding or detected_encoding(source.path))
    if ending in TEXTS:
        with source.path.open("rb") as file:
            refuse_wide(
                source.path.name, len(heading_fields(file.readline().decode(source.encoding, errors="replace")))
            )
    yield source


def member_of(source: FeedSource, folder: Path, endings: Sequence[str] = ENDINGS) -> Path:
    """The one file of an archive that can be read, or the one the delivery names."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    if source.member:
        named = [file for file in files if source.member in (file.name, file.relative_to(folder).as_posix())]
        if not named:
            raise BadInput(
                "{name} holds no {member}; it holds {files}",
                name=source.path.name,
                member=source.member,
                files=[f.name for f in files],
            )
        return named[0]
    readable = [file for file in files if file.suffix.lower() in endings and file.suffix.lower() not in ZIPS]
    if any(file.suffix.lower() == ".shp" for file in readable):
        # what stands beside a shapefile is part of it
        readable = [file for file in readable if file.suffix.lower() == ".shp"]
    if len(readable) != 1:
        raise BadInput(
            "{name} holds {count} files that can be read ({names}); state which one with member:",
            name=source.path.name,
            count=len(readable),
            names=[file.name for file in readable or files],
        )
    return readable[0]


def with_points(raw: RawRows, source: FeedSource) -> RawRows:
    """Give rows of a table the points they state as numbers; None where there is none."""
    pair = next((pair for pair in POINT_HEADINGS if set(pair) <= set(raw.frame.columns)), None)
    if pair is None:
        raise BadInput(
            "{name} has no shapes, and no columns {headings} to make points of",
            name=source.path.name,
            headings=POINT_HEADINGS[0],
        )
    convert = converter(source)
    x, y = (pd.to_numeric(raw.frame[heading], errors="coerce").to_numpy(dtype=np.float64) for heading in pair)
    lon, lat = convert(x, y)
    known = np.isfinite(lon) & np.isfinite(lat)
    shapes = np.full(len(raw.frame), None, dtype=object)
    shapes[known] = shapely.points(lon[known].round(8), lat[known].round(8))
    texts = [f"POINT ({a} {b})" if known[at] else "" for at, (a, b) in enumerate(zip(x, y, strict=True))]
    return replace(raw, frame=raw.frame.assign(**{GEOMETRY: pd.array(texts, dtype="str")}), geometry=shapes)


Reader = Callable[[FeedSource, Iterable[str]], RawRows]
TABLE_READERS: Mapping[str, Reader] = {
    **dict.fromkeys(TEXTS, read_csv_rows),
    **dict.fromkeys(LINES, read_jsonl_rows),
    **dict.fromkeys(SHEETS, read_sheet_rows),
    ".json": read_json_rows,
}

__all__ = ["ENDINGS", "Wanted", "headings_of", "opened", "read_rows"]
