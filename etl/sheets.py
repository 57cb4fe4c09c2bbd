"""The quarantine as a sheet that people mend: the feed's own headings, a column of errors, nothing that runs.

Numbers of persons stay sealed: their cells show a mark, and a mark that is still there when the sheet comes back stands
for the value that was delivered. Texts that a spreadsheet would take for a formula begin with an apostrophe, which is
taken off again on the way back (CWE-1236).
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import openpyxl
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from etl.faults import reason_text
from gis.errors import BadInput
from gis.identity import SEALED_PREFIX
from gis.texts import Texts

ERROR_HEADING = "错误"
NUMBER_HEADING = "隔离编号"
#: stands for a sealed value
SEALED_MARK = "〔已封存〕"
#: a cell that begins with one of these may be run as a formula
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
#: a sheet holds no more [rows]; more are mended in several
MOST_ROWS = 20_000


@dataclass(frozen=True)
class BadRow:
    """One row in quarantine."""

    id: int
    row_hash: str
    #: the row in the feed's own headings, sealed
    raw: Mapping[str, str]
    #: whole cells out of which a number was sealed, encrypted
    sealed: Mapping[str, str]
    #: headings in the order of the file; empty for rows from before it was kept
    headings: tuple[str, ...]
    reasons: tuple[str, ...]
    #: how its file was read, as JSON; empty for rows from before it was kept
    config: str
    #: row of its file as a person counts it
    row_number: int | None

    @classmethod
    def from_row(cls, row: Any) -> "BadRow":
        return cls(
            row.id, row.row_hash, row.raw, row.sealed, tuple(row.headings), tuple(row.reasons), row.config or "",
            row.row_number
        )  # fmt: skip

    @property
    def ordered(self) -> tuple[str, ...]:
        """Headings in their order, as far as it is known."""
        return self.headings or tuple(self.raw)

    def shown(self, heading: str) -> str:
        """What the sheet shows in a cell."""
        value = self.raw.get(heading, "")
        return SEALED_MARK if value.startswith(SEALED_PREFIX) else guarded(value)


def guarded(value: str) -> str:
    """Return a cell's text so that no spreadsheet runs it; a text with an apostrophe in front gets another."""
    return f"'{value}" if value.startswith((*FORMULA_SIGNS, "'")) else value


def unguarded(value: str) -> str:
    """Take off what `guarded` put in front."""
    return value[1:] if value.startswith("'") and value[1:].startswith((*FORMULA_SIGNS, "'")) else value


def columns_of(rows: Sequence[BadRow]) -> list[str]:
    """Headings of a sheet: the number, the feed's own in the order of its files, the errors."""
    own = dict.fromkeys(heading for row in rows for heading in row.ordered)
    return [NUMBER_HEADING, *own, ERROR_HEADING]


def cells_of(row: BadRow, columns: Sequence[str], texts: Texts) -> list[str]:
    """The cells of a row."""
    errors = "；".join(reason_text(reason, texts) for reason in row.reasons)
    return [str(row.id), *(row.shown(heading) for heading in columns[1:-1]), errors]


def write_csv(rows: Sequence[BadRow], texts: Texts) -> bytes:
    """Write a sheet as CSV: UTF-8 with a byte order mark, as spreadsheets read it."""
    columns = columns_of(rows)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(cells_of(row, columns, texts) for row in rows)
    return text.getvalue().encode("utf-8-sig")


def write_xlsx(rows: Sequence[BadRow], texts: Texts) -> bytes:
    """Write a sheet as XLSX; every cell is text, so that codes keep their zeros."""
    columns = columns_of(rows)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = texts("quarantine.sheet")
    for number, values in enumerate([columns, *(cells_of(row, columns, texts) for row in rows)], start=1):
        for place, value in enumerate(values, start=1):
            cell = sheet.cell(row=number, column=place)
            cell.value = openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", value)
            cell.data_type = "s"
            cell.number_format = "@"
    for place, heading in enumerate(columns, start=1):
        head = sheet.cell(row=1, column=place)
        head.font = Font(bold=True)
        head.fill = PatternFill("solid", fgColor="E8EDEC")
        sheet.column_dimensions[get_column_letter(place)].width = 48 if heading == ERROR_HEADING else 16
    for number in range(2, len(rows) + 2):
        sheet.cell(row=number, column=len(columns)).alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "B2"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


WRITERS = {"csv": write_csv, "xlsx": write_xlsx}


def write_sheet(rows: Sequence[BadRow], form: str, texts: Texts) -> bytes:
    """Write rows of the quarantine as a sheet.

    Raises
    ------
    BadInput
        If the form is none of ours.
    """
    if form not in WRITERS:
        raise BadInput("a sheet is written as {known}, not as {form!r}", known=WRITERS, form=form)
    return WRITERS[form](rows, texts)
