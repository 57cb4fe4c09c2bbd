"""JSON files of rows: an array of objects, or an object that holds one; what lies deeper is named by its way down."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from etl.delivery import FeedSource
from etl.readers.guard import refuse_wide
from etl.readers.wrapping import lists_of_rows, refuse_constant
from etl.reading import RawRows, as_text, require_headings, utf8_bytes
from gis.errors import BadInput

#: what a row looks like
ROW = '{"编号": "1"}'
#: objects in objects are opened this far down
DEEPEST = 4


def read_json_rows(source: FeedSource, required: Iterable[str]) -> RawRows:
    """Read a JSON file; numbers become their text, null becomes empty, `{"a": {"b": 1}}` is the column ``a.b``.

    Raises
    ------
    BadInput
        If it is no JSON, holds no list of objects, or its rows lack a key; names line or key.
    """
    name = source.path.name
    way, records = json_records(source)
    columns: dict[str, None] = {}
    flat = []
    for record in records:
        row = flattened(record)
        columns.update(dict.fromkeys(row))
        flat.append(row)
        refuse_wide(name, len(columns))
    require_headings(name, list(columns), required)
    frame = pd.DataFrame({key: pd.array([row.get(key, "") for row in flat], dtype="str") for key in columns})
    return RawRows(frame, first_row=1, part=way)


def json_records(source: FeedSource) -> tuple[str, list[Mapping[str, Any]]]:
    """The objects of a JSON file, with the way down to their list: the one the delivery names with `layer`."""
    name = source.path.name
    try:
        content = json.loads(utf8_bytes(source), parse_constant=refuse_constant)
    except RecursionError as fault:
        raise BadInput("{name} is nested too deeply to be a table", name=name) from fault
    except json.JSONDecodeError as fault:
        raise BadInput(
            "{name}, line {lineno}: no JSON ({msg}); it may be cut", name=name, lineno=fault.lineno, msg=fault.msg
        ) from fault
    except ValueError as fault:
        raise BadInput("{name} is no JSON ({fault})", name=name, fault=str(fault)[:120]) from fault
    lists = lists_of_rows(content, wanted=source.layer)
    if not lists:
        raise BadInput("{name} holds no list of objects; a row is an object like {row}", name=name, row=ROW)
    if len(lists) > 1:
        ways = ", ".join(way for way, _ in lists)
        raise BadInput("{name} holds several lists of rows ({ways}); state which one with layer:", name=name, ways=ways)
    way, records = lists[0]
    if not records:
        raise BadInput("{name} has no rows", name=name)
    for number, record in enumerate(records, start=1):
        if not isinstance(record, dict):
            raise BadInput(
                "{name}, row {number}: {record!r} is no object", name=name, number=number, record=str(record)[:40]
            )
    return way, records


def flattened(record: Mapping[str, Any], *, before: str = "", depth: int = DEEPEST) -> dict[str, str]:
    """One row as texts; lists and what lies too deep stay JSON text."""
    row: dict[str, str] = {}
    for key, value in record.items():
        name = f"{before}{str(key).strip()}"
        if isinstance(value, dict) and depth > 1:
            row |= flattened(value, before=f"{name}.", depth=depth - 1)
        elif isinstance(value, dict | list):
            row[name] = json.dumps(value, ensure_ascii=False)
        else:
            row[name] = as_text(value)
    return row
