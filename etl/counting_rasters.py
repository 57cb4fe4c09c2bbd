"""How many pixels a raster's own header says a band has, looked at apart from the library that reads the pixels.

GeoTIFF by its first directory, ASCII grids by their header and by the numbers that follow it, NetCDF by other libraries
than GDAL. Other kinds that rasterio happens to read have no such count.
"""

import mmap
import re
import struct
from collections.abc import Mapping
from math import prod
from pathlib import Path

from gis.errors import BadInput

#: tags of a TIFF directory: width and height; and how a value of each type is written
WIDTH, HEIGHT = 256, 257
TYPES = {3: "H", 4: "I", 16: "Q"}
HEADER = re.compile(rb"^\s*(ncols|nrows)\s+(\d+)\s*$", re.IGNORECASE | re.MULTILINE)
#: lines of an ASCII grid that are no numbers
HEADING = re.compile(rb"\s*[a-z_]+\s+\S+\s*\n", re.IGNORECASE)
NUMBER = re.compile(rb"\S+")


def agreed_pixels(path: Path, read: int) -> int | None:
    """Return how many pixels a band has; None for a kind that has no count of its own.

    Raises
    ------
    BadInput
        If another number of pixels was read, or the header cannot be read.
    """
    try:
        counted = header_pixels(path)
    except (struct.error, KeyError, ValueError, TypeError, OSError, IndexError) as fault:
        raise BadInput(
            "{name}: its header cannot be read ({fault}); it is damaged", name=path.name, fault=str(fault)[:120]
        ) from fault
    if not counted:
        return None
    if read not in counted:
        raise BadInput(
            "{name}: {read} pixels were read but its header says {said}; nothing was loaded",
            name=path.name,
            read=read,
            said=sorted(counted),
        )
    return read


def header_pixels(path: Path) -> frozenset[int]:
    """Pixels a band may have: one number, several where a file has grids of several sizes, none of unknown kinds."""
    with path.open("rb") as file:
        head = file.read(8)
        if head[:2] in (b"II", b"MM"):
            return frozenset({tiff_pixels(file.read(8), head, path)})
    if head[:3] == b"CDF":
        return classic_pixels(path)
    if head[:4] == b"\x89HDF":
        return hdf_pixels(path)
    return frozenset({grid_pixels(path)}) if path.suffix.lower() == ".asc" else frozenset()


def tiff_pixels(further: bytes, head: bytes, path: Path) -> int:
    """Width times height of the first directory of a TIFF, or of a BigTIFF."""
    order = "<" if head[:2] == b"II" else ">"
    big = struct.unpack(f"{order}H", head[2:4])[0] == 43
    at = struct.unpack(f"{order}Q", further)[0] if big else struct.unpack(f"{order}I", head[4:8])[0]
    count_form, entry = (f"{order}Q", 20) if big else (f"{order}H", 12)
    with path.open("rb") as file:
        file.seek(at)
        count = struct.unpack(count_form, file.read(struct.calcsize(count_form)))[0]
        directory = file.read(min(count, 10_000) * entry)
    sizes = {}
    for start in range(0, len(directory) - entry + 1, entry):
        tag, kind = struct.unpack(f"{order}HH", directory[start : start + 4])
        if tag in (WIDTH, HEIGHT):
            value = directory[start + (12 if big else 8) : start + entry]
            form = f"{order}{TYPES[kind]}"
            sizes[tag] = struct.unpack(form, value[: struct.calcsize(form)])[0]
    return int(sizes[WIDTH] * sizes[HEIGHT])


def grid_pixels(path: Path) -> int:
    """Columns times rows of an ASCII grid, when as many numbers follow."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        sizes = {name.lower(): int(number) for name, number in HEADER.findall(content[:4096])}
        wanted = sizes[b"ncols"] * sizes[b"nrows"]
        at = 0
        while line := HEADING.match(content, at):
            at = line.end()
        found = sum(1 for _ in NUMBER.finditer(content, at))
    if found != wanted:
        raise BadInput(
            "{name} says {wanted} pixels and holds {found} numbers; it was cut or put together",
            name=path.name,
            wanted=wanted,
            found=found,
        )
    return wanted


def classic_pixels(path: Path) -> frozenset[int]:
    """Sizes of the grids of a NetCDF file of the classic kinds."""
    from scipy.io import netcdf_file

    with netcdf_file(path, mmap=False) as content:
        return grids({name: variable.shape for name, variable in content.variables.items()})


def hdf_pixels(path: Path) -> frozenset[int]:
    """Sizes of the grids of a NetCDF-4 file, which is HDF5."""
    import h5py

    found: dict[str, tuple[int, ...]] = {}

    def note(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = item.shape or ()

    with h5py.File(path) as content:
        content.visititems(note)
    return grids(found)


def grids(shapes: Mapping[str, tuple[int, ...]]) -> frozenset[int]:
    """Pixels of what has rows and columns, whatever lies before them: times, heights."""
    return frozenset(prod(shape[-2:]) for shape in shapes.values() if len(shape) >= 2)
