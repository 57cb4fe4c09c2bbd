"""What is looked at before a file is read: lines without end, too many columns, XML that defines entities.

Readers hold a file's rows in memory, so what would need more than its size promises is refused here, little being read.
"""

import csv
from pathlib import Path
from typing import BinaryIO

from gis.errors import BadInput

#: no line of a table is longer [bytes]
LONGEST_LINE = 1 << 20
#: no table is wider [columns]
MOST_COLUMNS = 1_000
#: files that are parsed in one piece (JSON, GeoJSON, KML) are not larger [bytes]
LARGEST_WHOLE = 1 << 30
#: an XML part begins within this [bytes]
XML_HEAD = 1 << 16


def refuse_long_lines(path: Path) -> None:
    """Refuse a text file with a line that does not end; reads some 4 kB in each MiB.

    Every stretch of `LONGEST_LINE` bytes that begins at a multiple of it must hold a line end, so that no line is
    longer than twice as much.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        for start in range(0, size, LONGEST_LINE):
            if start + LONGEST_LINE > size:
                break
            file.seek(start)
            if not has_line_end(file, LONGEST_LINE):
                raise BadInput(
                    "{name} holds a line of more than {longest} MiB (from byte {start}); no row is so long: a "
                    "quote is open, or it is no table",
                    name=path.name,
                    longest=LONGEST_LINE >> 20,
                    start=start,
                )


def has_line_end(file: BinaryIO, within: int) -> bool:
    """Whether a line ends within the next bytes."""
    left = within
    while left > 0:
        piece = file.read(min(4096, left))
        if b"\n" in piece or b"\r" in piece:
            return True
        if not piece:
            return False
        left -= len(piece)
    return False


def refuse_wide(name: str, columns: int) -> None:
    """Refuse a table of more columns than any register has."""
    if columns > MOST_COLUMNS:
        raise BadInput(
            "{name} has {count} columns; at most {most} are read: check its separator",
            name=name,
            count=columns,
            most=MOST_COLUMNS,
        )


def delimiter_of(line: str) -> str:
    """Return what separates the fields of a heading: comma, tab or semicolon, whichever stands there most often."""
    return max(",\t;", key=line.count)


def heading_fields(line: str) -> list[str]:
    """Split a heading line by its own delimiter.

    Raises
    ------
    BadInput
        If a field is longer than any heading.
    """
    lines = line.replace("\r\n", "\n").replace("\r", "\n").splitlines(keepends=True)
    try:
        return next(csv.reader(lines, delimiter=delimiter_of(line)), [])
    except csv.Error as fault:
        raise BadInput(
            "the first line ({line!r}…) is no heading of a table ({fault})", line=line[:40], fault=fault
        ) from fault


def refuse_large(path: Path) -> None:
    """Refuse a file that would be parsed in one piece and is too large for that."""
    size = path.stat().st_size
    if size > LARGEST_WHOLE:
        raise BadInput(
            "{name} is {size:.1f} GiB; files of its kind are read up to {most} GiB: deliver it in "
            "parts, or as CSV, JSON lines or GeoPackage",
            name=path.name,
            size=size / 2**30,
            most=LARGEST_WHOLE >> 30,
        )


def refuse_entities(name: str, head: bytes) -> None:
    """Refuse an XML part that begins with a document type: entities are defined there, and no table needs any."""
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head or head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInput("{name} defines a document type or is not UTF-8; entities are not read: save it anew", name=name)
