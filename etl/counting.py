"""Count the rows of a file apart from the reader, so that a row the reader passes over is noticed.

Nothing here is shared with `etl.reading` and `etl.vectors`: text files are counted by their line ends outside quotes,
sheets by the cells of their XML (old ones by another library), JSON by its brackets, GeoJSON by its features,
GeoPackage by the layer's own count, shapefiles by the header of their table.
"""

import codecs
import json
import re
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from xml.etree.ElementTree import Element, ParseError

import numpy as np
from defusedxml.ElementTree import iterparse
from numpy.typing import NDArray

from etl.counting_json import objects_by_list
from etl.delivery import FeedSource
from etl.readers.apart import rows_counted_apart
from etl.reading import RawRows
from gis.errors import BadInput

#: text files are looked through in pieces of this size [bytes]
PIECE_BYTES = 16 << 20
#: a field in quotes, from where a field begins to its closing quote
QUOTED = re.compile(rb'(?:\A|(?<=[,;\t\r\n]))"(?:[^"]|"")*"')
LINE_END = re.compile(rb"\r\n|\r|\n")
#: encodings in which a byte of a line end or a quote is never part of another character
PLAIN_ENCODINGS = ("utf-8", "utf-8-sig", "utf8", "ascii", "gb18030", "gbk", "gb2312", "cp936")
#: a quote opens a field after one of these; after a quote it repeats that one
OPENERS = np.frombuffer(b',;\t\r\n"', dtype=np.uint8)
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def agreed_count(source: FeedSource, raw: RawRows) -> int | None:
    """Return the independent count of a file's rows; None for a form that has no count of its own.

    Raises
    ------
    BadInput
        If the reader found another number of rows: the file is refused then, since a row would be lost.
    """
    counter = COUNTERS.get(source.path.suffix.lower())
    if counter is None:
        return None
    try:
        counted = counter(part_read(source, raw), raw.first_row)
    except (ValueError, LookupError, TypeError, OSError, sqlite3.Error, zipfile.BadZipFile, ParseError) as fault:
        if isinstance(fault, BadInput):
            raise
        raise BadInput(
            "{name}: its rows cannot be counted ({fault}); it is damaged", name=source.path.name, fault=str(fault)[:120]
        ) from fault
    if counted is not None and counted != len(raw):
        raise BadInput(
            "{name}: {read} rows were read but an independent count finds {counted}; nothing was "
            "loaded, look for open quotes or empty rows",
            name=source.path.name,
            read=len(raw),
            counted=counted,
        )
    return counted


def part_read(source: FeedSource, raw: RawRows) -> FeedSource:
    """The source with the part of the file that was read: the sheet of a workbook, the list of a JSON file."""
    if source.path.suffix.lower() == ".json":
        return replace(source, layer=raw.part if raw.geometry is None else "features")
    return replace(source, sheet=raw.part or source.sheet)


def count_csv(source: FeedSource, first_row: int) -> int:
    """Lines outside quotes, without empty ones and the heading."""
    if source.path.stat().st_size == 0:
        return 0
    if source.encoding.lower() not in PLAIN_ENCODINGS:
        return lines_of(source.path.read_text(encoding=source.encoding).encode()) - 1
    data: NDArray[np.uint8] = np.memmap(source.path, dtype=np.uint8, mode="r")
    if data[:3].tobytes() == codecs.BOM_UTF8:
        data = data[3:]
    plain = plain_lines(data)
    return (lines_of(data.tobytes()) if plain is None else plain) - 1


def plain_lines(data: NDArray[np.uint8]) -> int | None:
    """Lines that are not empty, counted at once; None when quotes or carriage returns stand in unusual places.

    `data` are the bytes of the file. A line feed ends a line where an even number of quotes stands before it, as long
    as every quote that opens a field stands where a field begins, or repeats the quote before it.
    """
    feeds, quotes, returns = (places(data, ord(sign)) for sign in '\n"\r')
    if returns.size and (returns[-1] + 1 == len(data) or (data[returns + 1] != ord("\n")).any()):
        return None
    opening = quotes[0::2]
    opening = opening[opening > 0]
    if not np.isin(data[opening - 1], OPENERS).all():
        return None
    feeds = feeds[np.searchsorted(quotes, feeds) % 2 == 0]
    starts = np.concatenate([[0], feeds + 1])
    ends = np.append(feeds, len(data))
    lengths = ends - starts
    # a line of a carriage return alone is empty too
    alone = np.flatnonzero(lengths == 1)
    alone = alone[data[starts[alone]] == ord("\r")]
    return int((lengths > 0).sum() - alone.size)


def places(data: NDArray[np.uint8], sign: int) -> NDArray[np.int64]:
    """Where a byte stands."""
    pieces = [
        np.flatnonzero(data[start : start + PIECE_BYTES] == sign) + start for start in range(0, len(data), PIECE_BYTES)
    ]
    return np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int64)


def lines_of(data: bytes) -> int:
    """Lines of a text that are not empty; line ends inside a field in quotes end no line."""
    quoted_parts = ((part.start(), part.end()) for part in QUOTED.finditer(data))
    start, end = next(quoted_parts, (len(data), len(data)))
    lines, line_start = 0, 0
    for found in LINE_END.finditer(data):
        while found.start() >= end and end < len(data):
            start, end = next(quoted_parts, (len(data), len(data)))
        if start <= found.start() < end:
            continue
        lines += found.start() > line_start
        line_start = found.end()
    return lines + (line_start < len(data))


def count_jsonl(source: FeedSource, first_row: int) -> int:
    """Lines that are not blank."""
    with source.path.open(encoding=source.encoding) as file:
        return sum(1 for line in file if line.strip())


def count_json(source: FeedSource, first_row: int) -> int:
    """Objects of the list that was read; of a file of shapes its features."""
    counted = objects_by_list(source.path, source.encoding)
    return counted[source.layer if source.layer in counted else "features"]


def count_kml(source: FeedSource, first_row: int) -> int:
    """Placemarks."""
    return len(re.findall(rb"<(?:\w+:)?Placemark[\s>]", source.path.read_bytes()))


def count_old_sheet(source: FeedSource, first_row: int) -> int:
    """As `count_sheet`, of a workbook of the old kind, counted by another library than the one that reads it."""
    return rows_counted_apart(source.path, source.sheet, first_row)


def count_sheet(source: FeedSource, first_row: int) -> int:
    """Rows of the sheet with something in a cell, from the first row below the heading."""
    with zipfile.ZipFile(source.path) as book:
        blank = blank_strings(book)
        count = 0
        with book.open(sheet_path(book, source.sheet)) as sheet:
            number = 0
            for _, element in iterparse(sheet):
                if element.tag != f"{SHEET}row":
                    continue
                number = int(element.get("r") or number + 1)
                count += number >= first_row and any(has_content(cell, blank) for cell in element)
                element.clear()
    return count


def has_content(cell: Element, blank: frozenset[str]) -> bool:
    value = cell.find(f"{SHEET}v")
    if cell.get("t") == "e":
        # a formula gone wrong shows no value
        return False
    if cell.get("t") == "inlineStr":
        return any((text.text or "").strip() for text in cell.iter(f"{SHEET}t"))
    if value is None or not (value.text or "").strip():
        return False
    return not (cell.get("t") == "s" and value.text in blank)


def blank_strings(book: zipfile.ZipFile) -> frozenset[str]:
    """Numbers of the shared strings that show nothing."""
    if "xl/sharedStrings.xml" not in book.namelist():
        return frozenset()
    blank, number = set(), 0
    with book.open("xl/sharedStrings.xml") as strings:
        for _, element in iterparse(strings):
            if element.tag == f"{SHEET}si":
                if not "".join(text.text or "" for text in element.iter(f"{SHEET}t")).strip():
                    blank.add(str(number))
                number += 1
                element.clear()
    return frozenset(blank)


def sheet_path(book: zipfile.ZipFile, wanted: str) -> str:
    """Where the XML of a sheet lies in the workbook; of the first sheet when none is named."""
    relations = {}
    with book.open("xl/_rels/workbook.xml.rels") as file:
        for _, element in iterparse(file):
            relations[element.get("Id")] = str(element.get("Target") or "")
    with book.open("xl/workbook.xml") as file:
        for _, element in iterparse(file):
            if element.tag == f"{SHEET}sheet" and (not wanted or element.get("name") == wanted):
                target = relations[element.get(RELATION)]
                return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise BadInput("the workbook has no sheet {sheet!r}", sheet=wanted)


def count_geojson(source: FeedSource, first_row: int) -> int:
    """Features of the collection."""
    with source.path.open(encoding="utf-8-sig") as file:
        content = json.load(file)
    return len(content["features"]) if "features" in content else 1


def count_geopackage(source: FeedSource, first_row: int) -> int:
    """Rows of the layer's table, asked of SQLite itself."""
    with closing(sqlite3.connect(f"file:{source.path}?mode=ro", uri=True)) as connection:
        layer = source.layer or connection.execute("SELECT table_name FROM gpkg_contents LIMIT 1").fetchone()[0]
        return int(connection.execute('SELECT count(*) FROM "' + layer.replace('"', '""') + '"').fetchone()[0])


def count_shapefile(source: FeedSource, first_row: int) -> int:
    """Records of the index file: a header of 100 bytes, then eight bytes per shape."""
    index = source.path.with_suffix(".shx")
    header = index.read_bytes()[:28]
    return (int.from_bytes(header[24:28], "big") * 2 - 100) // 8


#: ending of the name -> who counts, given where the rows begin
COUNTERS: dict[str, Callable[[FeedSource, int], int | None]] = {
    ".csv": count_csv,
    ".txt": count_csv,
    ".tsv": count_csv,
    ".jsonl": count_jsonl,
    ".ndjson": count_jsonl,
    ".json": count_json,
    ".xlsx": count_sheet,
    ".xlsm": count_sheet,
    ".xls": count_old_sheet,
    ".geojson": count_geojson,
    ".kml": count_kml,
    ".gpkg": count_geopackage,
    ".shp": count_shapefile,
}
