"""Read workbooks of the old kind (.xls) in a process of its own, with bounded memory and time.

A damaged one of four kilobytes makes the reader ask for all the memory there is, and it ends its process when it gets
none; found by changing good files at random. This file is that process too, so it imports nothing of ours.
"""

import pickle
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

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
    command = [sys.executable, __file__, str(path), sheet]
    try:
        done = subprocess.run(command, capture_output=True, timeout=LONGEST_S, check=False)
    except subprocess.TimeoutExpired as fault:
        raise ValueError(f"it takes longer than {LONGEST_S} s") from fault
    if done.returncode == NO_SHEET:
        raise KeyError(sheet)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise ValueError(said[0][:120] if done.returncode == UNREADABLE and said else "it is damaged inside")
    # written by the process above and by nobody else
    cells: dict[str, list[list[Any]]] = pickle.loads(done.stdout)
    return cells


def main(path: str, sheet: str) -> None:
    """Read one workbook and write its cells."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, WorksheetNotFound, ZipError

    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    try:
        workbook = CalamineWorkbook.from_path(path)
        wanted = [sheet] if sheet else workbook.sheet_names
        cells = {name: workbook.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in wanted}
    except WorksheetNotFound:
        sys.exit(NO_SHEET)
    except (CalamineError, PasswordError, ZipError, OSError, IndexError) as fault:
        print(fault, file=sys.stderr)
        sys.exit(UNREADABLE)
    sys.stdout.buffer.write(pickle.dumps(cells))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
