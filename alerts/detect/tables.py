"""Read the CSV files of `analyse` and refuse what cannot be meant, naming the line and what would be right.

Frames come back indexed by the line number in the file (the heading is line 1), so that a later check can name the
line too.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from gis.errors import BadInput
from gis.sentences import Sentence

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def read_table(path: Path, *, required: Sequence[str]) -> pd.DataFrame:
    """Read a CSV as text, one row per line, indexed by line number.

    Raises
    ------
    BadInput
        If the file is missing, empty, not UTF-8, ragged, or lacks a required column.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                path, dtype=str, keep_default_na=False, encoding="utf-8-sig", skip_blank_lines=False, index_col=False
            )
    except FileNotFoundError:
        raise BadInput("{path} does not exist; give the path of a CSV file", path=path) from None
    except OSError as fault:
        raise BadInput("{path} cannot be read: {reason}", path=path, reason=fault.strerror) from None
    except pd.errors.EmptyDataError:
        raise BadInput(
            "{name} is empty; its first line must name the columns {required}", name=path.name, required=required
        ) from None
    except UnicodeDecodeError as fault:
        raise BadInput(
            "{name} is not UTF-8 text (byte {start}); save it as UTF-8", name=path.name, start=fault.start
        ) from None
    except (pd.errors.ParserError, pd.errors.ParserWarning) as fault:
        reason = str(fault).removeprefix("Error tokenizing data. C error: ").strip()
        raise BadInput("{name} is not a regular CSV: {reason}", name=path.name, reason=reason) from None
    table.columns = table.columns.str.strip()
    missing = [column for column in required if column not in table.columns]
    if missing:
        raise BadInput(
            "{name} lacks the column {column}; it has {known}",
            name=path.name,
            column=missing[0],
            known=table.columns,
        )
    table.index = pd.RangeIndex(2, 2 + len(table))
    table = table.fillna("")
    blank = (table == "").all(axis=1)
    return table[~blank] if blank.any() else table


def refuse_empty(table: pd.DataFrame, path: Path) -> None:
    """Raise where a file has a heading and nothing below it."""
    if table.empty:
        raise BadInput("{name} has no rows; at least one is needed", name=path.name)


def text_column(table: pd.DataFrame, column: str, path: Path) -> pd.Series:
    """Return a column of names; an empty name raises."""
    values = table[column].str.strip()
    _refuse(table, values == "", column, path, Sentence("a name"))
    return values


def number_column(
    table: pd.DataFrame, column: str, path: Path, *, whole: bool = False, minimum: float = -np.inf
) -> Floats:
    """Return a column of finite numbers; text, NaN, infinity and values below `minimum` raise."""
    values = pd.to_numeric(table[column].str.strip(), errors="coerce").to_numpy(float)
    wrong = ~np.isfinite(values) | (values < minimum)
    if whole:
        wrong |= np.floor(values) != values
    kind = Sentence("a whole number") if whole else Sentence("a number")
    right = kind if minimum == -np.inf else Sentence("{kind} of at least {least:g}", kind=kind, least=minimum)
    _refuse(table, pd.Series(wrong, index=table.index), column, path, right)
    return values


def count_column(table: pd.DataFrame, column: str, path: Path) -> Integers:
    """Return a column of counts (whole, not negative)."""
    return number_column(table, column, path, whole=True, minimum=0).astype(np.int64)


def time_column(table: pd.DataFrame, column: str, path: Path) -> pd.Series:
    """Return a column of ISO dates, with or without a time of day, as local wall-clock time."""
    text = table[column].str.strip()
    try:
        times = pd.to_datetime(text, format="ISO8601", errors="coerce")
    except (ValueError, TypeError):
        times = pd.Series(pd.NaT, index=table.index)
    if getattr(times.dt, "tz", None) is not None:
        times = times.dt.tz_localize(None)
    wrong = times.isna() | (text.str.len() < 10)
    _refuse(table, wrong, column, path, Sentence("a date such as 2026-03-31"))
    return times.astype("datetime64[us]")


def day_numbers(times: pd.Series) -> Integers:
    """Return whole days since 1970-01-01 of local times."""
    return times.to_numpy("datetime64[D]").astype(np.int64)


def place_columns(table: pd.DataFrame, path: Path, *, planar: bool) -> tuple[Floats, Floats]:
    """Return the two coordinates of each row: x, y when planar, else lon, lat in degrees (checked for their range)."""
    names = ("x", "y") if planar else ("lon", "lat")
    for name in names:
        if name not in table.columns:
            if planar:
                raise BadInput("{file} lacks the column {column}, which --planar needs", file=path.name, column=name)
            raise BadInput(
                "{file} lacks the column {column}; without --planar it is needed", file=path.name, column=name
            )
    first, second = (number_column(table, name, path) for name in names)
    if not planar:
        _refuse(
            table,
            pd.Series(np.abs(first) > 180, index=table.index),
            "lon",
            path,
            Sentence("degrees between -180 and 180"),
        )
        _refuse(
            table,
            pd.Series(np.abs(second) > 90, index=table.index),
            "lat",
            path,
            Sentence("degrees between -90 and 90"),
        )
    return first, second


def refuse_duplicates(table: pd.DataFrame, columns: Sequence[str], path: Path) -> None:
    """Raise at the first row whose key was there before."""
    again = table.duplicated(list(columns))
    if again.any():
        line = table.index[again][0]
        key = ", ".join(str(table.at[line, column]) for column in columns)
        raise BadInput(
            "{name} line {line}: {key} is there twice; each {columns} may stand once",
            name=path.name,
            line=line,
            key=key,
            columns=columns,
        )


def refuse_unknown(values: pd.Series, known: pd.Index, path: Path, what: Sentence, where: str) -> Integers:
    """Return the position of each value in `known`; a value that is not there raises."""
    positions = known.get_indexer(pd.Index(values))
    if (positions < 0).any():
        line = values.index[positions < 0][0]
        raise BadInput(
            "{name} line {line}: {what} {value!r} is not in {file}",
            name=path.name,
            line=line,
            what=what,
            value=values.at[line],
            file=where,
        )
    return np.asarray(positions, dtype=np.int64)


def write_table(table: pd.DataFrame, path: Path) -> None:
    """Write a CSV with the same bytes for the same frame; floats in the shortest form that reads back equal."""
    write_text(table.to_csv(index=False, lineterminator="\n"), path)


def write_text(text: str, path: Path) -> None:
    """Write UTF-8 text; a folder that is missing or closed is the caller's mistake, not ours."""
    try:
        path.write_bytes(text.encode())
    except OSError as fault:
        raise BadInput("{path} cannot be written: {reason}", path=path, reason=fault.strerror) from None


def _refuse(table: pd.DataFrame, wrong: pd.Series, column: str, path: Path, right: Sentence) -> None:
    if wrong.any():
        line = table.index[wrong.to_numpy()][0]
        found = str(table.at[line, column])
        raise BadInput(
            "{name} line {line}: {column} is {value!r}; it must be {right}",
            name=path.name,
            line=line,
            column=column,
            value=found,
            right=right,
        )
