"""Write rows in PostgreSQL's own binary form for COPY: half of what the server spends on text is reading it back.

Columns come as they go to every other statement: shapes and bytes as hexadecimal text, JSON and arrays as their text.
The form is that of https://www.postgresql.org/docs/current/sql-copy.html (Binary Format) and of each type's receive
function.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from geoalchemy2 import Geometry
from numpy.typing import NDArray
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from gis.compiled import compiled

#: what stands before the rows and after them
HEAD, END = b"PGCOPY\n\xff\r\n\x00" + bytes(8), b"\xff\xff"
#: the day and instant PostgreSQL counts from
EPOCH_DAYS = (date(2000, 1, 1) - date(1970, 1, 1)).days
EPOCH_US = EPOCH_DAYS * 86_400_000_000
#: numbers of the types that stand in arrays (pg_type)
_ELEMENTS: dict[type[TypeEngine[Any]], int] = {Text: 25, BigInteger: 20}

Bytes = NDArray[np.uint8]
#: types whose values are all of one width -> Arrow's type, numpy's type on the wire
_FIXED: tuple[tuple[type[TypeEngine[Any]], pa.DataType, str], ...] = (
    (SmallInteger, pa.int16(), ">i2"),
    (BigInteger, pa.int64(), ">i8"),
    (Integer, pa.int32(), ">i4"),
    (Float, pa.float64(), ">f8"),
    (Boolean, pa.bool_(), "u1"),
    (Date, pa.date32(), ">i4"),
    (DateTime, pa.timestamp("us", "UTC"), ">i8"),
)


@dataclass(frozen=True)
class Field:
    """The values of one column: text i is `data[ends[i]:ends[i + 1]]`, of which the first `skip` are left out."""

    data: Bytes
    ends: NDArray[np.int64]
    known: NDArray[np.bool_]
    skip: int = 0
    #: two signs of text make one byte
    hexadecimal: bool = False
    #: stands before each value
    prefix: bytes = b""

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Bytes of each value on the wire, its length apart; 0 where it is missing."""
        length = np.diff(self.ends) - self.skip
        length = length // 2 if self.hexadecimal else length
        return np.where(self.known, length + len(self.prefix), 0)


def binary_rows(table: Table, rows: pa.Table) -> Bytes:
    """Rows of `table` as COPY … (FORMAT binary) takes them between `HEAD` and `END`; columns named as in the table."""
    fields = [field_of(rows[name], table.c[name].type) for name in rows.column_names]
    sizes = np.full(rows.num_rows, 2 + 4 * len(fields), dtype=np.int64)
    for field in fields:
        sizes += field.sizes
    ends = np.concatenate([[0], np.cumsum(sizes)])
    out = np.empty(int(ends[-1]), dtype=np.uint8)
    at = ends[:-1].copy()
    begin_rows(out, at, len(fields))
    for field in fields:
        prefix = np.frombuffer(field.prefix, dtype=np.uint8)
        put_values(out, at, field.data, field.ends, field.known, field.skip, field.hexadecimal, prefix)
    return out


def field_of(values: pa.ChunkedArray, kind: TypeEngine[Any]) -> Field:
    """The values of a column in the form of its type."""
    if isinstance(kind, Geometry):
        return text_field(values, hexadecimal=True)
    if isinstance(kind, LargeBinary):
        return text_field(values, skip=2, hexadecimal=True)
    if isinstance(kind, JSONB):
        return text_field(values, prefix=b"\x01")
    if isinstance(kind, ARRAY):
        return array_field(values, _ELEMENTS[type(kind.item_type)])
    for one, form, wire in _FIXED:
        if isinstance(kind, one):
            return fixed_field(values, form, wire)
    return text_field(values)


def text_field(values: pa.ChunkedArray, *, skip: int = 0, hexadecimal: bool = False, prefix: bytes = b"") -> Field:
    whole = pc.cast(values, pa.large_string()).combine_chunks()
    _, ends, data = whole.buffers()
    return Field(
        np.zeros(0, dtype=np.uint8) if data is None else np.frombuffer(data, dtype=np.uint8),
        np.frombuffer(ends, dtype=np.int64)[whole.offset : whole.offset + len(whole) + 1],
        known_in(whole), skip, hexadecimal, prefix,
    )  # fmt: skip


def fixed_field(values: pa.ChunkedArray, form: pa.DataType, wire: str) -> Field:
    """Numbers, days and instants: big end first, days and instants from 2000 on."""
    if pa.types.is_timestamp(values.type) and pa.types.is_timestamp(form):
        # the zone of an instant is only how it would be shown
        form = pa.timestamp("us", values.type.tz)
    whole = pc.cast(values, form).combine_chunks()
    known = known_in(whole)
    days = pa.types.is_date32(form)
    whole = whole.cast(pa.int32() if days else pa.int64()) if pa.types.is_temporal(form) else whole
    whole = whole.cast(pa.uint8()) if pa.types.is_boolean(form) else whole
    plain = whole.fill_null(0).to_numpy(zero_copy_only=False)
    if pa.types.is_temporal(form):
        plain = plain - (EPOCH_DAYS if days else EPOCH_US)
    data = np.ascontiguousarray(plain.astype(wire)).view(np.uint8)
    return Field(data, np.arange(len(whole) + 1, dtype=np.int64) * np.dtype(wire).itemsize, known)


def array_field(values: pa.ChunkedArray, element: int) -> Field:
    """Arrays of one dimension; each different one is worked out once."""
    whole = pc.dictionary_encode(pc.cast(values, pa.large_string())).combine_chunks()
    forms = [array_bytes(array_items(one), element) for one in whole.dictionary.to_pylist()]
    written = pa.array(forms, pa.large_binary()).take(whole.indices)
    return text_field(pa.chunked_array([written.view(pa.large_string())]))


def array_items(written: str) -> list[str]:
    """The items of an array as `etl.storing.array_text` writes it."""
    items, item, quoted, escaped = [], "", False, False
    for sign in written[1:-1]:
        if escaped:
            item, escaped = item + sign, False
        elif sign == "\\":
            escaped = True
        elif sign == '"':
            quoted = not quoted
        elif sign == "," and not quoted:
            items.append(item)
            item = ""
        else:
            item += sign
    return [*items, item] if len(written) > 2 else []


def array_bytes(items: Sequence[str], element: int) -> bytes:
    """An array as its receive function takes it: dimensions, whether any is missing, type, length, first index."""
    if not items:
        return struct.pack(">iiI", 0, 0, element)
    head = struct.pack(">iiIii", 1, 0, element, len(items), 1)
    parts = [struct.pack(">q", int(item)) if element == _ELEMENTS[BigInteger] else item.encode() for item in items]
    return head + b"".join(struct.pack(">i", len(part)) + part for part in parts)


def known_in(values: pa.Array) -> NDArray[np.bool_]:
    """Where a value is there."""
    if not values.null_count:
        return np.ones(len(values), dtype=bool)
    return np.asarray(values.is_valid().to_numpy(zero_copy_only=False), dtype=bool)


@compiled
def begin_rows(out: Bytes, at: NDArray[np.int64], fields: int) -> None:
    """Write the number of fields at the beginning `at[i]` of each row, and move on."""
    for row in range(len(at)):
        out[at[row]] = fields >> 8
        out[at[row] + 1] = fields & 255
        at[row] += 2


@compiled
def nibble(sign: np.uint8) -> np.uint8:
    """The value of a hexadecimal digit."""
    return np.uint8(sign - 48 if sign < 58 else (sign & 223) - 55)


@compiled
def put_values(
    out: Bytes,
    at: NDArray[np.int64],
    data: Bytes,
    ends: NDArray[np.int64],
    known: NDArray[np.bool_],
    skip: int,
    hexadecimal: bool,
    prefix: Bytes,
) -> None:
    """Write the value of each row, its length before it, at `at[i]`, and move on."""
    for row in range(len(at)):
        place = at[row]
        if not known[row]:
            for _ in range(4):
                out[place] = 255
                place += 1
            at[row] = place
            continue
        first, last = ends[row] + skip, ends[row + 1]
        size = (last - first) // 2 if hexadecimal else last - first
        whole = size + len(prefix)
        for shift in (24, 16, 8, 0):
            out[place] = (whole >> shift) & 255
            place += 1
        for sign in prefix:
            out[place] = sign
            place += 1
        if hexadecimal:
            for byte in range(size):
                out[place + byte] = nibble(data[first + 2 * byte]) * 16 + nibble(data[first + 2 * byte + 1])
        else:
            out[place : place + size] = data[first:last]
        at[row] = place + size
