"""Read a CSV strictly and row by row: UTF-8, a header, every row of as many fields, nothing endless."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from gis.errors import BadInput
from gis.sentences import Sentence

# a longer cell or line is a broken file [characters]
_LONGEST_CELL = 1_000_000
_LONGEST_LINE = 4_000_000


def read_csv_rows(path: Path, name: str | Sentence) -> Iterator[tuple[int, list[str]]]:
    """Yield what `csv_rows` yields of a file, of which nothing is kept, so that it may be larger than the memory.

    Raises
    ------
    BadInput
        While reading: if the file is no such CSV, or not in UTF-8.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            yield from csv_rows(_bounded(lines, name), name)
    except UnicodeDecodeError as error:
        raise BadInput("{name} is not UTF-8 (byte {start}); save it as UTF-8.", name=name, start=error.start) from error


def csv_rows(
    lines: Iterable[str], name: str | Sentence, *, longest_cell: int = _LONGEST_CELL
) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, fields) of the header and of every row behind it; empty lines are no rows.

    Parameters
    ----------
    name
        What a sentence calls the file.
    longest_cell
        A cell may have so many characters.

    Raises
    ------
    BadInput
        While reading: if it is no such CSV; the message names it and, where there is one, the line.
    """
    raw_limit = csv.field_size_limit(longest_cell)
    reader = csv.reader(lines, strict=True)
    try:
        header = next(filter(None, reader), None)
        if header is None:
            raise BadInput("{name} is empty; expected a header row.", name=name)
        yield reader.line_num, header
        for row in filter(None, reader):
            if len(row) != len(header):
                raise BadInput(
                    "{name}, line {line}: {fields} fields where the header has {expected}.",
                    name=name,
                    line=reader.line_num,
                    fields=len(row),
                    expected=len(header),
                )
            if any("\0" in field for field in row):
                raise BadInput(
                    "{name}, line {line}: a NUL byte; this is no text file.", name=name, line=reader.line_num
                )
            yield reader.line_num, row
    except csv.Error as error:
        if "field limit" in str(error):
            raise BadInput(
                "{name}, line {line}: a field of more than {longest:,} characters; no text is so long.",
                name=name,
                line=reader.line_num,
                longest=longest_cell,
            ) from error
        raise BadInput("{name} is not a readable CSV ({error}).", name=name, error=error) from error
    finally:
        csv.field_size_limit(raw_limit)


def _bounded(lines: TextIO, name: str | Sentence) -> Iterator[str]:
    """Yield the lines of a file; one without an end is refused before it fills the memory."""
    number = 0
    while line := lines.readline(_LONGEST_LINE + 1):
        number += 1
        if len(line) > _LONGEST_LINE:
            raise BadInput(
                "{name}, line {number}: more than {longest_line} characters; this is no CSV of texts.",
                name=name,
                number=number,
                longest_line=_LONGEST_LINE,
            )
        yield line
