"""Which of the three encodings a text file is in: UTF-8, UTF-8 with a byte order mark, GB18030; never a mixture."""

import codecs
from pathlib import Path

from gis.errors import BadInput

_PIECE = 4 << 20
#: lines that are shown to be in one encoding and in the other
_CJK = "\u2e80"


def detected_encoding(path: Path) -> str:
    """Return ``utf-8`` or ``gb18030``.

    A file that is not UTF-8 throughout is GB18030 if it can be, unless some of its lines are Chinese in UTF-8 and
    others are not: then two exports were put together, and either reading would spoil half of it.

    Raises
    ------
    BadInput
        If it is in neither, or in both; names the line.
    """
    fault_at = first_fault(path, "utf-8")
    if fault_at is None:
        return "utf-8"
    other_at = first_fault(path, "gb18030")
    chinese_line, other_line = lines_by_encoding(path)
    if chinese_line and other_line:
        raise BadInput(
            "{name} is in two encodings: line {utf8_line} is UTF-8, line {other_line} is not; save the whole in one",
            name=path.name,
            utf8_line=chinese_line,
            other_line=other_line,
        )
    if other_at is not None:
        raise BadInput(
            "{name} is neither UTF-8 nor GB18030: a byte in line {line} cannot be read; state its encoding",
            name=path.name,
            line=line_of(path, other_at),
        )
    return "gb18030"


def first_fault(path: Path, encoding: str) -> int | None:
    """Position of the first byte that cannot be read [bytes]; None when all can."""
    decoder = codecs.getincrementaldecoder(encoding)()
    at = 0
    with path.open("rb") as file:
        while True:
            piece = file.read(_PIECE)
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as fault:
                return at - waiting + fault.start
            if not piece:
                return None
            at += len(piece)


def line_of(path: Path, at: int) -> int:
    """The number of the line that holds the byte at `at`."""
    line, left = 1, at
    with path.open("rb") as file:
        while left > 0 and (piece := file.read(min(_PIECE, left))):
            line += piece.count(b"\n")
            left -= len(piece)
    return line


def lines_by_encoding(path: Path) -> tuple[int, int]:
    """Numbers of the first line that is Chinese in UTF-8 and of the first that is no UTF-8; 0 = there is none."""
    chinese = other = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.isascii():
                continue
            try:
                is_chinese = max(line.decode()) >= _CJK
            except UnicodeDecodeError:
                other = other or number
            else:
                chinese = chinese or (number if is_chinese else 0)
            if chinese and other:
                break
    return chinese, other
