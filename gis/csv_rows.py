"""Read a CSV strictly and row by row: UTF-8, a header, every row of as many fields, nothing endless."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from gis.errors import BadInput
from gis.sentences import Sentence

# a longer cell or line is a broken file [characters]
_LONGEST_CELL = 1_000_000
_LONGEST_LINE = 4_000_000


def read_csv_rows(path: Path, name: str | Sentence) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, fields) of the header and of every row behind it; empty lines are no rows.

    Nothing is kept, so a file may be larger than the memory.

    Parameters
    ----------
    name
        What a sentence calls the file.

    Raises
    ------
    BadInput
        While reading: if the file is no such CSV; the message names it and, where there is one, the line.
    """
    raw_limit = csv.field_size_limit(_LONGEST_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(_bounded(lines, name), strict=True)
            header = next(filter(None, reader), None)
            if header is None:
                raise BadInput("{name} is empty; expected a header row.", name=name)
            yield reader.line_num, header
            for row in reader:
                if not row:
                    continue
                if len(row) != len(header):
                    raise BadInput(
                        "{name}, line {line_num}: {fields} fields where the header has {columns}.",
                        name=name,
                        line_num=reader.line_num,
                        fields=len(row),
                        columns=len(header),
                    )
                if any("\0" in field for field in row):
                    raise BadInput(
                        "{name}, line {line_num}: a NUL byte; this is no text file.",
                        name=name,
                        line_num=reader.line_num,
                    )
                yield reader.line_num, row
    except UnicodeDecodeError as error:
        raise BadInput("{name} is not UTF-8 (byte {start}); save it as UTF-8.", name=name, start=error.start) from error
    except csv.Error as error:
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
