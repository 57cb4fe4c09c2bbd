"""A PMTiles file written by hand, byte by byte after the specification."""

import gzip
import struct

import pytest

from gis.errors import BadInput
from layers.beneath import read_archive, tile_id


def varint(number):
    parts = []
    while number >= 0x80:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*parts, number])


def directory(*entries):
    """Entries (id, run, length, offset) as the specification's columns; offsets written out, never 0."""
    numbers = [len(entries)]
    ids = [entry[0] for entry in entries]
    numbers += [tile - before for tile, before in zip(ids, [0, *ids], strict=False)]
    numbers += [entry[1] for entry in entries] + [entry[2] for entry in entries] + [entry[3] + 1 for entry in entries]
    return b"".join(varint(number) for number in numbers)


def write(path, root, leaves=b"", tiles=b"", *, kind=2, internal=1, version=3):
    root_at, leaf_at = 127, 127 + len(root)
    header = b"PMTiles" + bytes([version])
    header += struct.pack("<8Q", root_at, len(root), 0, 0, leaf_at, len(leaves), leaf_at + len(leaves), len(tiles))
    header += struct.pack("<3Q", 0, 0, 0) + bytes([1, internal, 1, kind, 0, 3])
    path.write_bytes(header.ljust(127, b"\0") + root + leaves + tiles)
    return path


def test_tiles_are_numbered_along_the_hilbert_curve():
    # the table of the specification, section 4.1
    known = {
        (0, 0, 0): 0,
        (1, 0, 0): 1,
        (1, 0, 1): 2,
        (1, 1, 1): 3,
        (1, 1, 0): 4,
        (2, 0, 0): 5,
        (12, 3423, 1763): 19078479,
    }

    assert {address: tile_id(*address) for address in known} == known


def test_every_tile_of_a_zoom_has_its_own_number():
    numbers = sorted(tile_id(3, x, y) for x in range(8) for y in range(8))

    # zooms 0 to 2 hold 1 + 4 + 16 tiles
    assert numbers == list(range(21, 85))


@pytest.mark.parametrize("internal", [1, 2])
def test_pictures_come_out_of_root_and_leaves(tmp_path, internal):
    pack = gzip.compress if internal == 2 else bytes
    leaf = pack(directory((3, 2, 3, 4)))
    # tile 0 is "zero", a run of one; from tile 3 on a leaf directory, whose run covers tiles 3 and 4
    root = pack(directory((0, 1, 4, 0), (3, 0, len(leaf), 0)))
    archive = read_archive(write(tmp_path / "map.pmtiles", root, leaf, b"zeroabc", internal=internal))

    assert archive.media_type == "image/png"
    assert archive.tile(0, 0, 0) == b"zero"
    assert archive.tile(1, 1, 1) == b"abc"
    assert archive.tile(1, 1, 0) == b"abc"
    assert archive.tile(1, 0, 0) is None
    assert archive.tile(2, 0, 0) is None


def test_what_cannot_be_drawn_is_refused(tmp_path):
    with pytest.raises(BadInput, match="which is no file"):
        read_archive(tmp_path / "missing.pmtiles")
    (tmp_path / "rubbish.pmtiles").write_bytes(b"rubbish")
    with pytest.raises(BadInput, match=r"rubbish\.pmtiles is no PMTiles file of version 3"):
        read_archive(tmp_path / "rubbish.pmtiles")
    with pytest.raises(BadInput, match="holds tiles of type 1"):
        read_archive(write(tmp_path / "vector.pmtiles", directory((0, 1, 1, 0)), kind=1))
