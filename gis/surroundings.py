"""What the machine around us refuses, in a sentence: a full disk, a folder that is not ours, a database that went away.

Used once, at the edge of the command line; whatever is not known here is a defect and keeps its traceback.
"""

import errno
import shutil
from pathlib import Path

import psycopg
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gis.errors import BadInput, FengqiaoError, NotAllowed, Unavailable
from gis.sentences import Sentence
from gis.validation import sentence_of

#: a database that stopped with less than this left under it stopped for that [bytes]
FULL = 64 * 1024**2
#: faults of the operating system that are no fault of the program
NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
NOT_OURS = (errno.EACCES, errno.EPERM, errno.EROFS)
NO_PLACE = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG)
#: SQLSTATEs of a full disk and of a right that is missing
DISK_FULL = "53100"
INSUFFICIENT_PRIVILEGE = "42501"


def refused_by_the_machine(fault: BaseException, *, var_dir: Path) -> FengqiaoError | None:
    """Return what stopped us as an error of ours; None when it is a defect.

    Parameters
    ----------
    var_dir
        The installation's folder, whose disk is looked at when the database went away.
    """
    if isinstance(fault, DBAPIError):
        return refused_by_the_database(fault.orig, var_dir) if fault.orig is not None else None
    if isinstance(fault, psycopg.Error):
        return refused_by_the_database(fault, var_dir)
    if isinstance(fault, PoolTimeout):
        return Unavailable("the database has no connection left for us; try again when less is going on")
    if isinstance(fault, ValidationError) and fault.title.endswith("Settings"):
        wrong = fault.errors(include_url=False, include_input=False)[0]
        name = "FENGQIAO_" + "_".join(map(str, wrong["loc"])).upper()
        return BadInput("setting {name}: {fault}", name=name, fault=sentence_of({**wrong, "loc": ()}))
    if isinstance(fault, MemoryError):
        return Unavailable("there is not enough memory; end something else and try again")
    return refused_by_the_system(fault) if isinstance(fault, OSError) else None


def refused_by_the_database(fault: BaseException, var_dir: Path) -> FengqiaoError | None:
    said = next((line for line in str(fault).strip().splitlines() if line), type(fault).__name__)
    state = getattr(fault, "sqlstate", None)
    away = isinstance(fault, psycopg.OperationalError)
    if state == DISK_FULL or (away and room_left(var_dir) < FULL):
        return Unavailable("the disk under the database is full; make room and try again, what was loaded before stays")
    if state == INSUFFICIENT_PRIVILEGE:
        return NotAllowed("the account of FENGQIAO_DATABASE_URL may not do this: {fault}", fault=said)
    return Unavailable("the database does not answer: {reason}", reason=said) if away else None


def room_left(folder: Path) -> int:
    """Return the free bytes of the disk a folder is on, or would be."""
    here = next(place for place in (folder.resolve(), *folder.resolve().parents) if place.exists())
    return shutil.disk_usage(here).free


def refused_by_the_system(fault: OSError) -> FengqiaoError | None:
    place = fault.filename or Sentence("the file")
    if fault.errno in NO_ROOM:
        return Unavailable("the disk is full; make room and try again")
    if fault.errno in NOT_OURS:
        return NotAllowed(
            "{place} may not be read or written ({fault}); check whose it is", place=place, fault=fault.strerror
        )
    if fault.errno in NO_PLACE:
        return BadInput("{place} cannot be there ({fault}); give another place", place=place, fault=fault.strerror)
    return None
