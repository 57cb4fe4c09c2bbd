"""Read workbooks of the old kind (.xls), or count their rows, in a process of its own with bounded memory and time.

A damaged one of four kilobytes makes the reader ask for all the memory there is, and it ends its process when it gets
none; found by changing good files at random. The process is `apart_process.py`.
"""

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

from etl.readers.apart_process import NO_SHEET, UNREADABLE
from gis.errors import BadInput

#: the process may take no longer [s]
LONGEST_S = 120
PROGRAM = Path(__file__).with_name("apart_process.py")


def sheets_apart(path: Path, sheet: str) -> dict[str, list[list[Any]]]:
    """Name -> cells of one sheet, or of all when none is named.

    Raises
    ------
    KeyError
        If there is no such sheet.
    ValueError
        If it cannot be read within these bounds; says why.
    """
    cells: dict[str, list[list[Any]]] = run_apart("read", path, sheet)
    return cells


def rows_counted_apart(path: Path, sheet: str, first_row: int) -> int:
    """How many rows of a sheet, from `first_row` on, have something in a cell. Raises as `sheets_apart`."""
    counted: int = run_apart("count", path, sheet, str(first_row))
    return counted


def run_apart(*arguments: str | Path) -> Any:
    """Let a process of its own do it."""
    command = [sys.executable, str(PROGRAM), *map(str, arguments)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=LONGEST_S, check=False)
    except subprocess.TimeoutExpired as fault:
        raise BadInput("it takes longer than {most_s} s", most_s=LONGEST_S) from fault
    if done.returncode == NO_SHEET:
        raise KeyError(str(arguments[2]))
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        if done.returncode == UNREADABLE and said:
            raise ValueError(said[0][:120])
        raise BadInput("it is damaged inside")
    # written by that process and by nobody else
    return pickle.loads(done.stdout)
