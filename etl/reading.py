"""Open delivered files and hand back their rows as text, or say in one sentence what is wrong with the file.

A row keeps the feed's own headings and is text throughout, so that it can be hashed, quarantined and given back as it
came. Only geometries are values: they are read in the file's system and brought to WGS-84 here.
"""

import codecs
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.json
from numpy.typing import NDArray

from etl.delivery import FeedSource
from etl.readers.guard import delimiter_of, heading_fields
from gis.errors import BadInput
from gis.sentences import Sentence

#: text files are decoded in pieces of this size [bytes], JSON lines taken up in pieces of as many rows
BLOCK_BYTES = 4 << 20
BLOCK_ROWS = 20_000


class HeadingsMissing(BadInput):
    """A file lacks headings; `found` are those it has."""

    def __init__(self, sentence: Sentence, found: Sequence[str]) -> None:
        super().__init__(sentence)
        self.found = [heading for heading in found if heading]


@dataclass(frozen=True)
class RawRows:
    """The rows of one file (or of one layer of it)."""

    #: one column per heading, text; empty text = empty
    frame: pd.DataFrame
    #: number of the first row as a person counts it: a heading above makes it 2
    first_row: int
    #: shapely geometries in WGS-84, one per row; None for feeds without
    geometry: NDArray[np.object_] | None = None
    #: where in the file they stand: the sheet of a workbook, the way down to the list of a JSON file
    part: str = ""
    #: position -> line number of lines whose fields could not be told apart; their text stands in the first column
    broken: Mapping[int, int] = field(default_factory=dict)

    def row_number(self, position: int) -> int:
        """The number of a row as a person counts it."""
        return self.broken.get(position, position + self.first_row)

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def nbytes(self) -> int:
        """Memory of the texts [bytes]; geometries are not counted."""
        return int(self.frame.memory_usage(index=False).sum())


def content_hash(path: Path) -> str:
    """SHA-256 of a file [hex]."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_csv_rows(source: FeedSource, required: Iterable[str]) -> RawRows:
    """Read a CSV file: the last line is whole, and a line with another number of fields than the heading is kept apart.

    Raises
    ------
    BadInput
        If the file is empty, not in its encoding, no text, lacks a heading, or was cut; names file, row or column.
    """
    data = utf8_bytes(source)
    if not data.endswith((b"\n", b"\r")):
        last = data.count(b"\n") + 1
        raise BadInput(
            "{name} ends in the middle of line {last}; it was cut, or its last line lacks a line end: deliver it again",
            name=source.path.name,
            last=last,
        )
    heading = data[: data.find(b"\n") + 1 or None].decode()
    broken: list[pyarrow.csv.InvalidRow] = []

    def keep_apart(row: pyarrow.csv.InvalidRow) -> str:
        broken.append(row)
        return "skip"

    try:
        # on every core, which tells no line numbers, as long as no line is broken
        table = parse_csv(data, heading, broken_row=None)
    except pa.ArrowInvalid:
        try:
            table = parse_csv(data, heading, broken_row=keep_apart)
        except pa.ArrowInvalid as fault:
            raise BadInput("{name}: {fault}", name=source.path.name, fault=csv_fault(str(fault))) from fault
    frame = named_by_place(frame_of(table))
    require_headings(source.path.name, list(frame.columns), required)
    refuse_broken(source.path.name, broken, rows=len(frame))
    require_rows(source.path.name, frame)
    if not broken:
        return RawRows(frame, first_row=2)
    texts = pd.DataFrame({frame.columns[0]: pd.array([row.text for row in broken], dtype="str")})
    whole = pd.concat([frame, texts], ignore_index=True).fillna("")
    return RawRows(whole, first_row=2, broken={len(frame) + at: row.number for at, row in enumerate(broken)})


def named_by_place(frame: pd.DataFrame) -> pd.DataFrame:
    """Strip headings; a column without one is called by its place (`#3`), or left out when nothing stands in it."""
    frame.columns = pd.Index([str(name).strip() for name in frame.columns])
    if frame.columns.all() or not len(frame.columns):
        return frame
    kept = [at for at, name in enumerate(frame.columns) if name or at == 0 or (frame.iloc[:, at] != "").any()]
    named = frame.iloc[:, kept]
    named.columns = pd.Index([frame.columns[at] or f"#{at + 1}" for at in kept])
    return named


def parse_csv(data: bytes, heading: str, *, broken_row: Callable[[pyarrow.csv.InvalidRow], str] | None) -> pa.Table:
    """Tell the fields of a CSV apart; `broken_row` is asked about lines with another number of fields than the heading.

    Raises
    ------
    pyarrow.ArrowInvalid
        If it is no CSV, or a line is broken and nobody is there to be asked.
    """
    return pyarrow.csv.read_csv(
        pa.BufferReader(data),
        read_options=pyarrow.csv.ReadOptions(block_size=16 << 20, use_threads=broken_row is None),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=delimiter_of(heading), newlines_in_values=True, invalid_row_handler=broken_row
        ),
        # all text: codes begin with zeros, and numbers may be too long for a number
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(heading_fields(heading), pa.string()),
            strings_can_be_null=False,
            check_utf8=False,
        ),
    )


def refuse_broken(name: str, broken: Sequence[pyarrow.csv.InvalidRow], *, rows: int) -> None:
    """Refuse a file whose last line is short (it was cut), or of whose lines more than one in twenty are broken."""
    if not broken:
        return
    last = broken[-1]
    fields = Sentence(
        "{actual} fields where the heading has {expected}", actual=last.actual_columns, expected=last.expected_columns
    )
    if last.number == rows + len(broken) + 1:
        raise BadInput("{name}, row {row}: {fields}; the file was cut", name=name, row=last.number, fields=fields)
    if len(broken) > max(1, rows // 20):
        raise BadInput(
            "{name}, row {row}: {fields}, and so in {count} rows; check the separator and quotes",
            name=name,
            row=last.number,
            fields=fields,
            count=len(broken),
        )


def csv_fault(message: str) -> Sentence:
    """Turn Arrow's complaint into ours."""
    if found := re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", message):
        return Sentence(
            "row {row} has {actual} fields where the heading has {expected}; it was cut or a quote is open",
            row=found[1],
            actual=found[3],
            expected=found[2],
        )
    if found := re.search(r"Expected (\d+) columns, got (\d+)(?:: (.*))?", message, re.DOTALL):
        begins = (found[3] or "")[:60].strip()
        return Sentence(
            "a row ({begins!r}) has {actual} fields where the heading has {expected}; the file may be cut",
            begins=begins,
            actual=found[2],
            expected=found[1],
        )
    if "Empty CSV" in message:
        return Sentence("the file is empty")
    return Sentence("not a readable CSV ({reason})", reason=message.splitlines()[0][:200])


def utf8_bytes(source: FeedSource) -> bytes:
    """Return a text file's content as UTF-8, without a byte order mark; block by block, since files are large.

    Raises
    ------
    BadInput
        If the file is empty, holds NUL bytes, or is not in its encoding.
    """
    data = source.path.read_bytes()
    name = source.path.name
    if data.isspace() or not data:
        raise BadInput("{name} is empty; a heading and rows are expected", name=name)
    if b"\0" in data:
        raise BadInput("{name} holds NUL bytes and is no text file (byte {at})", name=name, at=data.index(0))
    is_utf8 = codecs.lookup(source.encoding).name in ("utf-8", "utf-8-sig")
    decoder = codecs.getincrementaldecoder(source.encoding)()
    pieces: list[bytes] = []
    for start in range(0, len(data), BLOCK_BYTES):
        end = start + BLOCK_BYTES
        try:
            text = decoder.decode(data[start:end], final=end >= len(data))
        except UnicodeDecodeError as fault:
            row = data.count(b"\n", 0, start + fault.start) + 1
            raise BadInput(
                "{name} is not {encoding}: a byte in line {line} cannot be read; state its encoding",
                name=name,
                encoding=source.encoding,
                line=row,
            ) from fault
        if not is_utf8:
            pieces.append(text.encode())
    return (data if is_utf8 else b"".join(pieces)).removeprefix(codecs.BOM_UTF8)


def require_headings(name: str, found: list[str], required: Iterable[str]) -> None:
    """Refuse a file that lacks a heading; doubled headings too, since only one of them could be read."""
    missing = [heading for heading in required if heading not in found]
    if missing:
        lacks = Sentence(
            "{name} lacks the column(s) {missing}; its columns are {found}",
            name=name,
            missing=missing,
            found=", ".join(found)[:300],
        )
        raise HeadingsMissing(lacks, found)
    doubled = sorted({heading for heading in found if found.count(heading) > 1 and heading})
    if doubled:
        raise BadInput("{name} has the column(s) {doubled} twice", name=name, doubled=doubled)


def require_rows(name: str | Sentence, frame: pd.DataFrame) -> None:
    if frame.empty:
        raise BadInput("{name} has a heading but no rows", name=name)


def read_jsonl_rows(source: FeedSource, required: Iterable[str]) -> RawRows:
    """Read one JSON object per line; numbers become their text, null becomes empty.

    Raises
    ------
    BadInput
        If a line is no object, or the first one lacks a key; names the line.
    """
    name, required = source.path.name, list(required)
    data = utf8_bytes(source)
    plain = read_plain_jsonl(data)
    if plain is not None:
        require_headings(name, list(plain.columns), required)
        return RawRows(plain, first_row=1)
    parts: list[pd.DataFrame] = []
    records: list[dict[str, object]] = []
    columns: list[str] = []
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as fault:
            raise BadInput(
                "{name}, line {line}: no JSON object ({fault}); it may be cut",
                name=name,
                line=number,
                fault=str(fault)[:80],
            ) from fault
        if not isinstance(record, dict):
            raise BadInput(
                "{name}, line {line}: {begins!r} is no JSON object",
                name=name,
                line=number,
                begins=line.decode()[:40],
            )
        if not columns:
            columns = list(record)
            require_headings(name, columns, required)
        records.append(record)
        if len(records) == BLOCK_ROWS:
            parts.append(text_columns(records, columns))
            records = []
    if records:
        parts.append(text_columns(records, columns))
    if not parts:
        raise BadInput("{name} has no rows", name=name)
    return RawRows(pd.concat(parts, ignore_index=True), first_row=1)


def read_plain_jsonl(data: bytes) -> pd.DataFrame | None:
    """Read lines of texts, numbers and nulls ten times as fast; None for anything else, faulty lines included."""
    kinds: dict[str, pa.DataType] = {}
    lines = data[: 1 << 20].split(b"\n")[:500]
    try:
        for line in lines[:-1] if len(lines) > 1 else lines:
            for key, value in json.loads(line).items():
                if isinstance(value, int | float) and not isinstance(value, bool):
                    kinds[key] = pa.float64()
                elif value is None or isinstance(value, str):
                    kinds.setdefault(key, pa.string())
                else:
                    return None
        table = pyarrow.json.read_json(
            pa.BufferReader(data),
            read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=16 << 20),
            parse_options=pyarrow.json.ParseOptions(
                explicit_schema=pa.schema(list(kinds.items())), unexpected_field_behavior="error"
            ),
        )
    except (ValueError, AttributeError):
        return None
    texts = {}
    for key, kind in kinds.items():
        column = table[key].cast(pa.string()) if kind == pa.float64() else table[key]
        texts[key] = pa.compute.fill_null(column, "")
    return frame_of(pa.table(texts))


def frame_of(table: pa.Table) -> pd.DataFrame:
    """A frame of Arrow's texts, without copying each into an object."""
    frame: pd.DataFrame = table.to_pandas(types_mapper={pa.string(): pd.StringDtype("pyarrow", na_value=np.nan)}.get)
    return frame


def text_columns(records: list[dict[str, object]], columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {key: pd.array([as_text(record.get(key)) for record in records], dtype="str") for key in columns}
    )


def as_text(value: object) -> str:
    """Write one value of a spreadsheet, JSON or vector file as the text of a raw row."""
    if value is None or value is pd.NaT:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        # a cell that holds a day holds its midnight
        midnight = not (value.hour or value.minute or value.second or value.microsecond or value.tzinfo)
        return str(value.date()) if midnight else str(value.replace(microsecond=0))
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        number = float(value)
        if np.isnan(number):
            return ""
        # spreadsheets keep whole numbers as floats; 12 must not become 12.0
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    return str(value)


def renamed(
    raw: pd.DataFrame,
    headings: Mapping[str, str],
    defaults: Mapping[str, str],
    values: Mapping[str, Mapping[str, str]],
) -> pd.DataFrame:
    """Return the columns under our names, stripped; a column the file lacks takes its default or is empty.

    Parameters
    ----------
    raw
        As of `RawRows.frame`, any rows of it.
    headings
        Our name -> heading in the file.
    defaults
        Our name -> value where the file has no such column.
    values
        Our name -> word in the file -> the word that is meant.
    """
    columns: dict[str, object] = {}
    for name, heading in headings.items():
        if heading in raw.columns:
            column = raw[heading].str.strip()
            columns[name] = column.replace(dict(values[name])) if name in values else column
        else:
            columns[name] = pd.Series(defaults.get(name, ""), index=raw.index, dtype="str")
    return pd.DataFrame(columns, index=raw.index)
