"""The process that reads or counts one workbook of the old kind: `apart_process.py read|count PATH SHEET [FIRST_ROW]`.

It imports nothing of ours, so that it starts at once and has its memory for the workbook. Rows are read by calamine
(Rust) and counted by xlrd (Python), which have nothing in common.
"""

import os
import pickle
import resource
import sys
from typing import Any

#: an old sheet has 65 536 rows of 256 cells at most; the process may take no more [bytes]
MOST_MEMORY = 2 << 30
#: exit codes: there is no such sheet; it cannot be read
NO_SHEET, UNREADABLE = 3, 4


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
