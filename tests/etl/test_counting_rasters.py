"""Pixels counted by a raster's own header, apart from the library that reads them: every kind, and headers that lie."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from affine import Affine

from etl.counting_rasters import agreed_pixels, header_pixels
from gis.errors import BadInput
from gis.raster import band_range, opened_raster

GRID = b"ncols 4\nnrows 3\nxllcorner 120.5\nyllcorner 31.3\ncellsize 0.01\nNODATA_value -9999\n"
NUMBERS = b"1 2 3 4\n5 6 7 8\n9 10 -9999 12\n"
#: name of the file -> driver and options
KINDS = {
    "a.tif": ("GTiff", {}),
    "big.tif": ("GTiff", {"BIGTIFF": "YES"}),
    "tiled.tif": ("COG", {}),
    "motorola.tif": ("GTiff", {"ENDIANNESS": "BIG"}),
    "classic.nc": ("netCDF", {"FORMAT": "NC"}),
    "wide.nc": ("netCDF", {"FORMAT": "NC2"}),
    "four.nc": ("netCDF", {"FORMAT": "NC4"}),
    "grid.asc": ("AAIGrid", {}),
}


@pytest.mark.parametrize("name", KINDS)
def test_a_header_says_how_many_pixels_are_read(tmp_path: Path, name: str) -> None:
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "width": 4, "height": 3, "crs": 4326}
    with rasterio.open(tmp_path / "plain", "w", **profile, transform=Affine(0.01, 0, 120.5, 0, -0.01, 31.3)) as raster:
        raster.write(np.arange(12, dtype="float32").reshape(1, 3, 4))
    driver, options = KINDS[name]
    rasterio.shutil.copy(tmp_path / "plain", tmp_path / name, driver=driver, **options)

    with opened_raster(tmp_path / name) as (raster, _):
        read = band_range(raster, 1).pixels

    assert (read, header_pixels(tmp_path / name)) == (12, {12})
    assert agreed_pixels(tmp_path / name, read) == 12
    with pytest.raises(BadInput, match=f"{name}: 8 pixels were read but its header says 12"):
        agreed_pixels(tmp_path / name, 8)


def test_an_ascii_grid_holds_as_many_numbers_as_it_says(tmp_path: Path) -> None:
    path = tmp_path / "a.asc"
    path.write_bytes(GRID + NUMBERS)
    assert header_pixels(path) == {12}

    path.write_bytes(GRID + NUMBERS + b"13 14\n")
    with pytest.raises(BadInput, match=r"a\.asc says 12 pixels and holds 14 numbers"):
        agreed_pixels(path, 12)


def test_what_has_no_header_we_know_has_no_count_and_a_damaged_one_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.img"
    path.write_bytes(b"EHFA_HEADER_TAG")
    assert agreed_pixels(path, 12) is None
    (tmp_path / "a.tif").write_bytes(b"II*\0" + b"\xff" * 20)
    with pytest.raises(BadInput, match=r"a\.tif: its header cannot be read"):
        agreed_pixels(tmp_path / "a.tif", 12)
