"""Read workbooks of the old kind (.xls), or count their rows, in a process of its own with bounded memory and time.

A damaged one of four kilobytes makes the reader ask for all the memory there is, and it ends its process when it gets
none; found by changing good files at random. This file is that process too, so it imports nothing of ours.
Rows are read by calamine (Rust) and counted by xlrd (Python), which have nothing in common.
"""

import os
import pickle
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

from gis.errors import BadInput

#: an old sheet has 65 536 rows of 256 cells at most; its process may take no more [bytes], nor longer [s]
MOST_MEMORY = 2 << 30
LONGEST_S = 120
#: exit codes: there is no such sheet; it cannot be read
NO_SHEET, UNREADABLE = 3, 4


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
    command = [sys.executable, __file__, *map(str, arguments)]
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
    # written by the process above and by nobody else
    return pickle.loads(done.stdout)


def read(path: str, sheet: str) -> dict[str, list[list[Any]]]:
    """The cells of one workbook."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, WorksheetNotFound, ZipError

    try:
        workbook = CalamineWorkbook.from_path(path)
        wanted = [sheet] if sheet else workbook.sheet_names
        return {name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in wanted}
    except WorksheetNotFound:
        sys.exit(NO_SHEET)
    except (CalamineError, PasswordError, ZipError, OSError, IndexError) as fault:
        print(fault, file=sys.stderr)
        sys.exit(UNREADABLE)


def count(path: str, sheet: str, first_row: str) -> int:
    """The rows of one sheet with something in a cell; a cell of a formula gone wrong has nothing."""
    import xlrd

    try:
        # what it says about odd files goes nowhere
        with open(os.devnull, "w") as nowhere, xlrd.open_workbook(path, logfile=nowhere) as workbook:
            found = workbook.sheet_by_name(sheet) if sheet else workbook.sheet_by_index(0)
            nothing = (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK, xlrd.XL_CELL_ERROR)
            return sum(
                any(cell.ctype not in nothing and str(cell.value).strip() for cell in found.row(row))
                for row in range(int(first_row) - 1, found.nrows)
            )
    except xlrd.XLRDError as fault:
        print(fault, file=sys.stderr)
        sys.exit(NO_SHEET if "No sheet named" in str(fault) else UNREADABLE)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    arguments = sys.argv[2:]
    found: Any = count(*arguments) if sys.argv[1] == "count" else read(*arguments)
    sys.stdout.buffer.write(pickle.dumps(found))
