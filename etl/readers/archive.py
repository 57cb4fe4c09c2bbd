"""Zip archives: what is in them is looked at first, then taken out into a folder that is gone afterwards.

A name that leads out of the folder, a link, a password, an archive in an archive, or more content than its size allows
refuses the whole archive before anything is written.
"""

import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from gis.errors import BadInput

#: files in an archive
MOST_FILES = 1_000
#: of all files together, taken out [bytes]
MOST_BYTES = 4 << 30
#: content per byte of archive beyond which it is a bomb; text shrinks to a twentieth, an empty grid to a hundredth
MOST_RATIO = 200
#: smaller contents are harmless whatever their ratio [bytes]
HARMLESS_BYTES = 64 << 20
ARCHIVES = (".zip", ".rar", ".7z", ".gz", ".tar", ".tgz", ".bz2", ".xz")
_PIECE = 1 << 20
#: general purpose bits of an entry: its name is UTF-8; it is encrypted
_UTF8_BIT, _ENCRYPTED_BIT = 0x800, 0x1


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """Take an archive out into a temporary folder.

    Raises
    ------
    BadInput
        If it is no zip archive, cut, encrypted, too large, or holds a name that leads out of the folder.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as fault:
        raise BadInput(
            "{name} is not a readable zip archive ({fault}); it may be cut", name=path.name, fault=fault
        ) from fault
    folder = Path(tempfile.mkdtemp(prefix="fengqiao-zip-"))
    try:
        with archive:
            targets = [(entry, target_of(path.name, entry, folder)) for entry in look_into(path, archive)]
            for entry, target in targets:
                take_out(path.name, archive, entry, target)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def look_into(path: Path, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files of an archive that may be taken out."""
    name = path.name
    named = [entry for entry in archive.infolist() if entry.filename]
    entries = [entry for entry in named if not entry.is_dir() and not is_of_the_maker(entry)]
    if not entries:
        raise BadInput("{name} is an empty archive", name=name)
    if len(entries) > MOST_FILES:
        raise BadInput(
            "{name} holds {count} files; at most {most} are taken out",
            name=name,
            count=len(entries),
            most=MOST_FILES,
        )
    total = sum(entry.file_size for entry in entries)
    if total > MOST_BYTES or (total > HARMLESS_BYTES and total > MOST_RATIO * max(path.stat().st_size, 1)):
        raise BadInput(
            "{name} would grow from {packed:.1f} MiB to {total:.0f} MiB; that is no honest archive",
            name=name,
            packed=path.stat().st_size / 2**20,
            total=total / 2**20,
        )
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED_BIT:
            raise BadInput(
                "{name}: {member} is encrypted; deliver it without a password",
                name=name,
                member=written_name(entry),
            )
        if PurePosixPath(entry.filename).suffix.lower() in ARCHIVES:
            raise BadInput(
                "{name}: {member} is an archive in an archive; take it out first",
                name=name,
                member=written_name(entry),
            )
    return entries


def is_of_the_maker(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is a trace of the program that packed."""
    parts = PurePosixPath(entry.filename).parts
    return bool(parts) and (parts[0] == "__MACOSX" or parts[-1] in (".DS_Store", "Thumbs.db"))


def written_name(entry: zipfile.ZipInfo) -> str:
    """The name as it was written: where no bit says UTF-8, Chinese Windows wrote GB18030."""
    if entry.flag_bits & _UTF8_BIT:
        return entry.filename
    try:
        written = entry.filename.encode("cp437")
    except UnicodeEncodeError:
        return entry.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return written.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.filename


def target_of(archive: str, entry: zipfile.ZipInfo, folder: Path) -> Path:
    """Where an entry goes, inside `folder`."""
    name = written_name(entry).replace("\\", "/")
    parts = PurePosixPath(name).parts
    if name.startswith("/") or ".." in parts or any(":" in part or "\0" in part for part in parts):
        raise BadInput(
            "{archive}: {name!r} leads out of the archive; it was not made by an honest program",
            archive=archive,
            name=name,
        )
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise BadInput(
            "{archive}: {name!r} is a link to another file; pack the file itself", archive=archive, name=name
        )
    if max(len(part.encode()) for part in parts) > 250:
        raise BadInput("{archive}: {name!r}… is too long for a file name", archive=archive, name=name[:40])
    return folder.joinpath(*parts)


def take_out(archive_name: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """Write one entry, not a byte more than it says."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(entry) as packed, target.open("xb") as file:
            while piece := packed.read(_PIECE):
                file.write(piece)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError) as fault:
        raise BadInput(
            "{archive}: {name!r} cannot be taken out ({fault!r}); it may be cut",
            archive=archive_name,
            name=written_name(entry)[:80],
            fault=str(fault)[:120],
        ) from fault
