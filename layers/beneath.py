"""Read pictures out of a PMTiles file, to lie beneath our own ground where there is no internet.

PMTiles version 3 (https://github.com/protomaps/PMTiles, spec/v3): one file with a header, directories of tile ids along
a Hilbert curve, and the tiles. Only pictures are served: vector tiles of others have layers our style does not know.
"""

import gzip
import struct
from dataclasses import dataclass
from pathlib import Path

from gis.errors import BadInput

HEADER_BYTES = 127
#: tile types of the specification that are pictures
MEDIA_TYPES = {2: "image/png", 3: "image/jpeg", 4: "image/webp", 5: "image/avif"}
UNCOMPRESSED, GZIPPED = 1, 2
#: root, and at most three levels of leaves
DEEPEST_DIRECTORY = 4


@dataclass(frozen=True)
class Entry:
    """A run of tiles that share one content, or (run_length 0) a leaf directory."""

    tile_id: int
    run_length: int
    length: int
    offset: int


@dataclass(frozen=True)
class Archive:
    """An opened file; reads from disk with every tile, keeps nothing but the root directory."""

    path: Path
    media_type: str
    internal_compression: int
    leaf_offset: int
    tile_offset: int
    root: tuple[Entry, ...]

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """Return the picture of one tile; None where there is none."""
        wanted = tile_id(z, x, y)
        entries = self.root
        with self.path.open("rb") as file:
            for _ in range(DEEPEST_DIRECTORY):
                entry = covering(entries, wanted)
                if entry is None:
                    return None
                if entry.run_length:
                    file.seek(self.tile_offset + entry.offset)
                    return file.read(entry.length)
                file.seek(self.leaf_offset + entry.offset)
                entries = parse_directory(file.read(entry.length), self.internal_compression)
        return None


def read_archive(path: Path) -> Archive:
    """Open a PMTiles file of pictures.

    Raises
    ------
    BadInput
        If it is missing, no PMTiles of version 3, or holds no pictures.
    """
    if not path.is_file():
        raise BadInput("FENGQIAO_PMTILES names {path}, which is no file", path=path)
    with path.open("rb") as file:
        header = file.read(HEADER_BYTES)
        if len(header) < HEADER_BYTES or header[:7] != b"PMTiles" or header[7] != 3:
            raise BadInput("{name} is no PMTiles file of version 3", name=path.name)
        root_offset, root_length, _, _, leaf_offset, _, tile_offset, _ = struct.unpack_from("<8Q", header, 8)
        internal, compression, kind = header[97], header[98], header[99]
        if kind not in MEDIA_TYPES or compression != UNCOMPRESSED:
            raise BadInput(
                "{name} holds tiles of type {type}; a file of PNG, JPEG, WebP or AVIF pictures is expected",
                name=path.name,
                type=kind,
            )
        if internal not in (UNCOMPRESSED, GZIPPED):
            raise BadInput(
                "{name} has directories compressed by method {method}; none or gzip is expected",
                name=path.name,
                method=internal,
            )
        file.seek(root_offset)
        root = parse_directory(file.read(root_length), internal)
    return Archive(path, MEDIA_TYPES[kind], internal, leaf_offset, tile_offset, root)


def tile_id(z: int, x: int, y: int) -> int:
    """Return a tile's place along the Hilbert curve, tiles of all lower zooms before it."""
    before = int((4**z - 1) // 3)
    place, side = 0, (1 << z) // 2
    while side:
        right, lower = int(x & side > 0), int(y & side > 0)
        place += side * side * ((3 * right) ^ lower)
        # turn the quadrant so that the curve goes on
        if not lower:
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
        side //= 2
    return before + place


def parse_directory(content: bytes, compression: int) -> tuple[Entry, ...]:
    """Read a directory: ids as differences, run lengths, lengths, offsets (0 = right behind the one before)."""
    numbers = varints(gzip.decompress(content) if compression == GZIPPED else content)
    count, columns = numbers[0], numbers[1:]
    ids, runs, lengths, offsets = (columns[place * count : (place + 1) * count] for place in range(4))
    entries: list[Entry] = []
    last_id = 0
    for difference, run, length, offset in zip(ids, runs, lengths, offsets, strict=True):
        last_id += difference
        start = entries[-1].offset + entries[-1].length if offset == 0 and entries else offset - 1
        entries.append(Entry(last_id, run, length, start))
    return tuple(entries)


def varints(content: bytes) -> list[int]:
    """Read numbers of seven bits a byte, lowest first; the high bit says that another byte follows."""
    numbers, number, shift = [], 0, 0
    for byte in content:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(number)
            number, shift = 0, 0
    return numbers


def covering(entries: tuple[Entry, ...], wanted: int) -> Entry | None:
    """Return the entry that holds a tile, or the leaf directory it would be in."""
    low, high = 0, len(entries)
    while low < high:
        middle = (low + high) // 2
        if entries[middle].tile_id <= wanted:
            low = middle + 1
        else:
            high = middle
    if low == 0:
        return None
    entry = entries[low - 1]
    within = entry.run_length == 0 or wanted < entry.tile_id + entry.run_length
    return entry if within else None
