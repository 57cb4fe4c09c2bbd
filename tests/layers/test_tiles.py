"""Tile addresses and which cells a zoom shows."""

import gzip

import pytest

from gis.errors import BadInput
from layers.tiles import TileAddress, compressed, resolution_at


@pytest.mark.parametrize(("z", "x", "y"), [(-1, 0, 0), (23, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0)])
def test_addresses_outside_the_pyramid_are_refused(z, x, y):
    with pytest.raises(BadInput, match=f"no tile {z}/{x}/{y}"):
        TileAddress(z, x, y)


def test_far_views_show_large_cells_and_near_views_small_ones():
    assert [resolution_at(zoom) for zoom in (9, 11, 12, 15, 16, 18)] == [9, 9, 10, 10, 11, 11]


def test_the_same_tile_compresses_to_the_same_bytes():
    assert compressed(b"tile" * 100) == compressed(b"tile" * 100)
    assert gzip.decompress(compressed(b"tile")) == b"tile"
