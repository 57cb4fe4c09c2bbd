"""Workbooks, .xlsx and .xls: title rows, heads of two merged rows, empty sheets, numbers and days of cells."""

import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, WorksheetNotFound, ZipError

from etl.delivery import FeedSource
from etl.readers.apart import sheets_apart
from etl.readers.archive import HARMLESS_BYTES, MOST_RATIO
from etl.readers.guard import MOST_COLUMNS, XML_HEAD, refuse_entities, refuse_wide
from etl.reading import RawRows, as_text, require_headings
from gis.errors import BadInput

#: an .xlsx begins with this
ARCHIVE_HEAD = b"PK\x03\x04"
#: a heading stands within the first rows
HEAD_ROWS = 20
#: of all parts of a workbook together [bytes]
MOST_BYTES = 1 << 30
#: a text that many cells share is written once in the file; together they are not more than this [characters]
MOST_SHARED = 8 << 30
#: rows up to which the gaps between them are not looked at
FEW_ROWS = 20_000
#: characters that no text of a cell needs
LONGEST_TEXT = 200_000
_ROW = re.compile(rb'<(?:\w+:)?row\b(?:[^>]*?\sr=["\'](\d+))?')
_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\sr=["\']([A-Z]{3,}\d+|[A-Z]+\d{5,})')
_ANY_CELL = re.compile(rb"<(?:\w+:)?c\s")
_PIECE = 1 << 20


def read_sheet_rows(source: FeedSource, required: Iterable[str]) -> RawRows:
    """Read a sheet of a workbook; title rows above the heading are passed over, and so are sheets of something else.

    The heading is the first row that holds every required heading, or two rows that do when merged cells stand above
    others. Whole numbers lose their `.0`, a day without an hour is written as a day.

    Raises
    ------
    BadInput
        If the file is no workbook, would not fit, no row of any sheet holds the headings (names what is missing), or
        several sheets hold rows and the delivery does not say which is meant.
    """
    name, required = source.path.name, list(required)
    nearest: list[str] = []
    seen: list[str] = []
    found_in: list[RawRows] = []
    empty = ""
    for sheet, rows in sheets_of(source):
        seen.append(sheet)
        found = find_heading(rows, required)
        if found is None:
            nearest = max([nearest, *rows[:HEAD_ROWS]], key=lambda row: (len(set(required) & set(row)), len(set(row))))
            continue
        headings, first = found
        require_headings(name, headings, required)
        body = [row for row in rows[first:] if any(row)]
        frame = pd.DataFrame(
            {
                heading: pd.array([row[place] if place < len(row) else "" for row in body], dtype="str")
                for place, heading in enumerate(headings)
                if heading
            }
        )
        if not frame.empty:
            found_in.append(RawRows(frame, first_row=first + 1, part=sheet))
        empty = empty or sheet
    if len(found_in) > 1 and required:
        sheets = ", ".join(rows.part for rows in found_in)
        raise BadInput(
            "{name} has rows of this feed in several sheets ({sheets}); state which one with sheet:",
            name=name,
            sheets=sheets,
        )
    if found_in:
        return found_in[0]
    if empty:
        raise BadInput("{name}, sheet {empty} has a heading but no rows", name=name, empty=empty)
    if not seen:
        raise BadInput("{name} has no row in any sheet", name=name)
    require_headings(name, nearest, required)
    raise BadInput("{name}: no heading row was found in sheet {sheets}", name=name, sheets=seen)


def sheet_headings(source: FeedSource) -> list[str]:
    """The likeliest heading of a workbook: of its first sheet with rows, the first one that is filled best."""
    for _, rows in sheets_of(source):
        head = rows[:HEAD_ROWS]
        best = max(head, key=lambda row: len({one for one in row if one}))
        return [one for one in best if one]
    return []


def sheets_of(source: FeedSource) -> Iterator[tuple[str, list[list[str]]]]:
    """Name and rows of the sheet the delivery names, else of every sheet that is not empty."""
    name = source.path.name
    if not source.path.stat().st_size:
        raise BadInput("{name} is empty; a workbook is expected", name=name)
    for sheet, cells in cells_of(source):
        refuse_wide(name, max(map(len, cells), default=0))
        rows = [[as_text(value).strip() for value in row] for row in cells]
        if any(any(row) for row in rows):
            yield sheet, rows


def cells_of(source: FeedSource) -> Iterator[tuple[str, list[list[Any]]]]:
    """Name and cells of the sheet the delivery names, else of every sheet; what is no .xlsx is read apart."""
    name = source.path.name
    with source.path.open("rb") as file:
        is_archive = file.read(len(ARCHIVE_HEAD)) == ARCHIVE_HEAD
    if not is_archive or source.path.suffix.lower() == ".xls":
        try:
            sheets = sheets_apart(source.path, source.sheet)
        except KeyError as fault:
            raise BadInput("{name} has no sheet {sheet!r}", name=name, sheet=source.sheet) from fault
        except ValueError as fault:
            raise BadInput(
                "{name} is not a readable workbook ({fault}); it may be cut or of another kind", name=name, fault=fault
            ) from fault
        yield from sheets.items()
        return
    refuse_swollen(source.path)
    try:
        workbook = CalamineWorkbook.from_path(source.path)
        for sheet in [source.sheet] if source.sheet else workbook.sheet_names:
            yield sheet, workbook.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except WorksheetNotFound as fault:
        raise BadInput(
            "{name} has no sheet {sheet!r}; it has {known}",
            name=name,
            sheet=source.sheet,
            known=workbook.sheet_names,
        ) from fault
    except (CalamineError, PasswordError, ZipError, OSError, IndexError) as fault:
        raise BadInput(
            "{name} is not a readable workbook ({fault}); it may be cut or of another kind", name=name, fault=fault
        ) from fault
    except BaseException as fault:
        # the reader gives up on some damaged files with an exception that is not meant to be caught
        if type(fault).__name__ != "PanicException":
            raise
        raise BadInput("{name} is not a readable workbook; it is damaged inside", name=name) from fault


def find_heading(rows: Sequence[Sequence[str]], required: Sequence[str]) -> tuple[list[str], int] | None:
    """The headings and the number of rows down to them; None when no row (or pair of rows) holds what is required."""
    wanted = set(required)
    for at, row in enumerate(rows[:HEAD_ROWS]):
        if any(row) and wanted <= set(row):
            return list(row), at + 1
    for at, (upper, lower) in enumerate(pairwise(rows[: HEAD_ROWS + 1])):
        headings = merged_heading(upper, lower, wanted)
        if any(upper) and any(lower) and wanted <= set(headings):
            return headings, at + 2
    return None


def merged_heading(upper: Sequence[str], lower: Sequence[str], wanted: set[str]) -> list[str]:
    """One heading per column of a head of two rows.

    A cell merged downwards has its text above and nothing below; one merged to the right heads the cells below it,
    which are told apart by its text where another column has theirs.
    """
    above, headings = "", []
    for place, below in enumerate(lower):
        own = upper[place] if place < len(upper) else ""
        above = own or above
        if not below:
            headings.append(own)
        else:
            joined = above + below
            headings.append(joined if joined in wanted or below in headings else below)
    return headings


def refuse_swollen(path: Path) -> None:
    """Look into an .xlsx before it is read: its size taken out, entities, cells that stand a million rows apart.

    The reader keeps a sheet as a full rectangle: two cells in opposite corners would need all the memory there is.
    """
    name, packed = path.name, path.stat().st_size
    cells, longest = 0, 0
    try:
        with zipfile.ZipFile(path) as parts:
            total = sum(part.file_size for part in parts.infolist())
            if total > MOST_BYTES or (total > HARMLESS_BYTES and total > MOST_RATIO * packed):
                raise BadInput(
                    "{name} would grow from {packed:.1f} MiB to {total:.0f} MiB; that is no honest workbook",
                    name=name,
                    packed=packed / 2**20,
                    total=total / 2**20,
                )
            for part in parts.infolist():
                if not part.filename.lower().endswith((".xml", ".rels")):
                    continue
                with parts.open(part) as content:
                    is_sheet = "worksheets/" in part.filename
                    found = look_through(f"{name} ({part.filename})", content, is_sheet=is_sheet)
                cells += found if is_sheet else 0
                longest = max(longest, found) if part.filename.endswith("sharedStrings.xml") else longest
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as fault:
        raise BadInput("{name} is not a readable workbook ({fault}); it may be cut", name=name, fault=fault) from fault
    if cells * longest > MOST_SHARED:
        raise BadInput(
            "{name}: {cells} cells share texts of up to {longest} characters; that is no honest workbook",
            name=name,
            cells=cells,
            longest=longest,
        )


def look_through(name: str, content: Any, *, is_sheet: bool) -> int:
    """Read a part once, refusing what would not fit; returns its cells, or of another part its longest text."""
    head = content.read(XML_HEAD)
    refuse_entities(name, head)
    rows, last_row, cells, text, longest = 0, 0, 0, 0, 0
    rest, piece = b"", head
    while piece:
        whole = rest + piece
        cut = whole.rfind(b"<") if len(whole) > _PIECE // 2 else len(whole)
        cut = cut if cut > 0 else len(whole)
        here, rest = whole[:cut], whole[cut:]
        if is_sheet:
            cells += len(_ANY_CELL.findall(here))
            for number in _ROW.findall(here):
                rows += 1
                last_row = max(last_row, int(number or 0))
            for reference in _CELL.findall(here):
                letters = reference.rstrip(b"0123456789")
                refuse_wide(name, column_number(letters))
                last_row = max(last_row, int(reference[len(letters) :] or 0))
        else:
            ends = here.split(b"</si>")
            text += len(ends[0])
            longest = max(longest, text, *(len(one) for one in ends[1:-1]), 0)
            text = text if len(ends) == 1 else len(ends[-1])
        piece = content.read(_PIECE)
    longest = max(longest, text) if not is_sheet else 0
    if is_sheet and last_row > FEW_ROWS and last_row > 3 * rows:
        raise BadInput(
            "{name} has {rows} rows down to row {last_row}; delete the cells far below the table",
            name=name,
            rows=rows,
            last_row=last_row,
        )
    return cells if is_sheet else longest


def column_number(letters: bytes) -> int:
    """A = 1, Z = 26, AA = 27."""
    number = 0
    for letter in letters[:4]:
        number = number * 26 + letter - 64
    return min(number, 100 * MOST_COLUMNS)
