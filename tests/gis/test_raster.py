"""Rasters under cells: pixels worked by hand, a brute-force check of every pixel, memory, and what is refused."""

import itertools
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from gis import cells as h3_cells
from gis.errors import BadInput, CrsMissing
from gis.raster import band_range, cell_statistics, opened_raster, write_cells_as_raster

LON, LAT = 120.53, 31.30
ROOT = Path(__file__).parents[2]


def write_raster(path, *bands, crs="EPSG:4326", size_deg=0.001, nodata=-9999.0, transform=None, **more):
    transform = transform or Affine(size_deg, 0, LON, 0, -size_deg, LAT)
    height, width = bands[0].shape
    profile = {"driver": "GTiff", "dtype": "float32", "count": len(bands), "height": height, "width": width}
    with rasterio.open(path, "w", **profile, crs=crs, transform=transform, nodata=nodata, **more) as raster:
        for at, band in enumerate(bands, start=1):
            raster.write(band.astype("float32"), at)
    return path


def cell_inside():
    return h3_cells.parents(h3_cells.index_points([LON + 0.005], [LAT - 0.005]), 10)


def mean_of(path, cells=None, **options):
    return cell_statistics(path, cell_inside() if cells is None else cells, statistics={1: "mean"}, **options)[1]


def test_a_flat_raster_gives_its_height(tmp_path):
    path = write_raster(tmp_path / "flat.tif", np.full((10, 10), 12.5))

    assert mean_of(path).tolist() == pytest.approx([12.5])


def test_every_cell_is_as_brute_force_has_it(tmp_path):
    # pixels of random height and random gaps; every pixel is laid over every cell with shapely
    drawn = np.random.default_rng(5)
    heights = drawn.normal(20, 8, (60, 60)).astype("float32")
    heights[drawn.random((60, 60)) < 0.1] = -9999
    path = write_raster(tmp_path / "rough.tif", heights, size_deg=0.0007)
    area = shapely.box(LON + 0.001, LAT - 0.041, LON + 0.041, LAT - 0.001)
    cells = np.concatenate([h3_cells.cells_touching(area, resolution)[::7] for resolution in (9, 10, 11)])

    found = cell_statistics(path, cells, statistics={1: "mean"})[1]
    sums = cell_statistics(path, cells, statistics={1: "sum"})[1]

    rows, columns = np.nonzero(heights != -9999)
    west, north = LON + columns * 0.0007, LAT - rows * 0.0007
    pixels = shapely.box(west, north - 0.0007, west + 0.0007, north)
    shapes = h3_cells.polygons(cells)
    tree = shapely.STRtree(pixels)
    for cell, shape in zip(cells, shapes, strict=True):
        under = tree.query(shape, predicate="intersects")
        area_shared = shapely.area(shapely.intersection(pixels[under], shape))
        heights_under = heights[rows[under], columns[under]].astype(np.float64)
        if area_shared.sum() < 1e-14:
            continue
        expected = (area_shared * heights_under).sum() / area_shared.sum()
        assert found[cell] == pytest.approx(expected, rel=1e-6)
        assert sums[cell] == pytest.approx((area_shared * heights_under).sum() / 0.0007**2, rel=1e-6)
    assert len(cells) > 300


def test_persons_of_pixels_are_divided_between_cells_and_none_is_lost(tmp_path):
    persons = np.random.default_rng(2).integers(0, 50, (20, 20))
    path = write_raster(tmp_path / "persons.tif", persons)
    cells = h3_cells.cells_touching(shapely.box(LON - 0.002, LAT - 0.022, LON + 0.022, LAT + 0.002), 10)

    sums = cell_statistics(path, cells, statistics={1: "sum"})[1]

    assert sums.sum() == pytest.approx(persons.sum(), rel=1e-5)


def test_a_slope_gives_the_height_of_the_centre(tmp_path):
    # height rises by 1 m per pixel of 0.001° to the east; on a plane the mean over a cell is the value at its centre
    fine = np.tile(np.arange(1000) / 100, (1000, 1))
    path = write_raster(tmp_path / "slope.tif", fine, size_deg=0.00001)

    cell = cell_inside()

    centre_lon = h3_cells.centres(cell)[0][0]
    assert mean_of(path, cell).iloc[0] == pytest.approx((centre_lon - LON) / 0.001, abs=0.02)


def test_pixels_without_data_do_not_count(tmp_path):
    band = np.full((10, 10), 20.0)
    band[:5] = -9999

    assert mean_of(write_raster(tmp_path / "half.tif", band)).tolist() == pytest.approx([20.0])


def test_a_cell_off_the_raster_has_no_value(tmp_path):
    path = write_raster(tmp_path / "flat.tif", np.full((10, 10), 12.5))

    assert np.isnan(mean_of(path, h3_cells.index_points([LON + 1], [LAT])).iloc[0])


def test_several_bands_are_read_at_once(tmp_path):
    path = write_raster(tmp_path / "bands.tif", np.full((10, 10), 1.0), np.full((10, 10), 3.0))

    values = cell_statistics(path, cell_inside(), statistics={1: "mean", 2: "mean"})

    assert values.iloc[0].tolist() == pytest.approx([1.0, 3.0])
    with pytest.raises(BadInput, match=r"bands\.tif has 2 band\(s\); there is no band 3"):
        cell_statistics(path, cell_inside(), statistics={3: "mean"})


def test_a_projected_raster_is_laid_under_the_same_cells(tmp_path):
    path = write_raster(
        tmp_path / "metric.tif", np.full((40, 40), 7.0), crs="EPSG:4549", nodata=-1,
        transform=Affine(100, 0, 549_000, 0, -100, 3_465_500),
    )  # fmt: skip

    assert mean_of(path).tolist() == pytest.approx([7.0])


def test_an_ascii_grid_takes_the_system_its_delivery_states(tmp_path):
    path = tmp_path / "grid.asc"
    rows = "\n".join(" ".join(["4.5"] * 10) for _ in range(10))
    head = f"ncols 10\nnrows 10\nxllcorner {LON}\nyllcorner {LAT - 0.01}\ncellsize 0.001\nNODATA_value -9999\n"
    path.write_text(head + rows + "\n")

    assert mean_of(path, crs="EPSG:4326").tolist() == pytest.approx([4.5])
    with pytest.raises(CrsMissing, match=r"grid\.asc states no coordinate system; write crs: EPSG:4326"):
        mean_of(path)


def test_a_raster_written_south_row_first_is_turned_up(tmp_path):
    # the south half is 1, the north half 3; the cell lies in the north
    band = np.repeat([[1.0], [3.0]], 10, axis=0).repeat(20, axis=1)
    path = write_raster(tmp_path / "south.tif", band, transform=Affine(0.001, 0, LON, 0, 0.001, LAT - 0.02))

    assert mean_of(path).tolist() == pytest.approx([3.0])


def test_a_turned_raster_is_refused(tmp_path):
    path = write_raster(
        tmp_path / "turned.tif", np.ones((9, 9)), transform=Affine.translation(LON, LAT) @ Affine.rotation(20)
    )

    with pytest.raises(BadInput, match=r"turned\.tif is a turned raster; bring it upright with gdalwarp"):
        mean_of(path)


def test_a_system_no_raster_is_in_is_refused(tmp_path):
    path = write_raster(tmp_path / "mars.tif", np.ones((9, 9)), crs=None)

    with pytest.raises(BadInput, match=r"mars\.tif: a raster cannot be in GCJ-02"):
        mean_of(path, crs="GCJ-02")


@pytest.mark.parametrize("keep", [0.5, 0.9])
def test_a_cut_raster_is_refused(tmp_path, keep):
    path = write_raster(tmp_path / "cut.tif", np.random.default_rng(1).random((200, 200)))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])

    with pytest.raises(BadInput, match=r"cut\.tif is not a readable raster"), opened_raster(path) as (raster, _):
        band_range(raster, 1)


def test_rubbish_with_the_right_ending_is_refused(tmp_path):
    path = tmp_path / "rubbish.tif"
    path.write_bytes(b"\x00\x01not a raster")

    with pytest.raises(BadInput, match=r"rubbish\.tif is not a readable raster"):
        mean_of(path)


def test_what_a_raster_holds_is_read_strip_by_strip(tmp_path):
    band = np.full((10, 10), 5.0)
    band[0, 0], band[9, 9], band[4, 4] = -9999, 8.0, np.nan
    path = write_raster(tmp_path / "some.tif", band)

    with opened_raster(path) as (raster, _):
        assert band_range(raster, 1) == (100, 98, 5.0, 8.0)


def test_a_large_raster_needs_little_memory(tmp_path):
    # 8 000 x 8 000 pixels are 256 MB as float32; read under 800 cells in a process of its own. The measure of
    # 20 000 x 20 000 pixels is `python -m benchmarks.raster_memory`
    code = f"""
import resource, sys
import numpy as np, rasterio, shapely
from affine import Affine
sys.path.insert(0, {str(ROOT)!r})
from gis import cells as h3_cells
from gis.raster import band_range, cell_statistics, opened_raster
from pathlib import Path
path = Path({str(tmp_path / "large.tif")!r})
size = 8000
with rasterio.open(path, "w", driver="GTiff", dtype="float32", count=1, width=size, height=size, crs="EPSG:4326",
                   transform=Affine(0.1 / size, 0, 120.5, 0, -0.1 / size, 31.35)) as raster:
    row = np.arange(size, dtype="float32")[None, :].repeat(100, axis=0)
    for top in range(0, size, 100):
        raster.write(row, 1, window=rasterio.windows.Window(0, top, size, 100))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
cells = h3_cells.cells_touching(shapely.box(120.5, 31.25, 120.6, 31.35), 10)[:800]
with opened_raster(path) as (raster, _):
    _, known, low, high = band_range(raster, 1)
values = cell_statistics(path, cells, statistics={{1: "mean"}})[1]
print(len(cells), known, high, int(values.notna().sum()), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    cells, known, high, valued, grown_mb = done.stdout.split()

    assert (int(known), float(high)) == (64_000_000, 7999.0)
    assert int(valued) == int(cells)
    assert int(grown_mb) < 200


def check_cloud_optimised(path: Path) -> None:
    """Hold a file against GDAL's validate_cloud_optimized_geotiff.py: directories first, smaller overviews' data first."""
    data = path.read_bytes()
    assert data[:4] == b"II*\0"
    directories, at = [], struct.unpack_from("<I", data, 4)[0]
    while at:
        count = struct.unpack_from("<H", data, at)[0]
        entries = {}
        for entry in range(count):
            tag, kind, length, _ = struct.unpack_from("<HHII", data, at + 2 + 12 * entry)
            form = {3: "H", 4: "I"}.get(kind)
            if form is None:
                continue
            size = length * struct.calcsize(form)
            place = at + 10 + 12 * entry if size <= 4 else struct.unpack_from("<I", data, at + 10 + 12 * entry)[0]
            entries[tag] = struct.unpack_from(f"<{length}{form}", data, place)
        directories.append((at, entries))
        at = struct.unpack_from("<I", data, at + 2 + 12 * count)[0]
    widths = [entries[256][0] for _, entries in directories]
    tiles = [[offset for offset in entries[324] if offset] for _, entries in directories]
    # every directory lies before every tile, the image itself first, overviews each smaller than the one before
    assert len(directories) > 1
    assert [place for place, _ in directories] == sorted(place for place, _ in directories)
    assert widths == sorted(widths, reverse=True)
    assert max(place for place, _ in directories) < min(min(offsets) for offsets in tiles)
    # and the smallest overview's tiles come first, so that a far view reads the beginning of the file alone
    for larger, smaller in itertools.pairwise(tiles):
        assert max(smaller) < min(larger)


def test_a_surface_is_a_cloud_optimised_raster_of_the_cells_values(tmp_path):
    cells = h3_cells.cells_touching(shapely.box(120.5, 31.25, 120.6, 31.35), 10)
    values = np.arange(len(cells), dtype=float)
    path = tmp_path / "surface.tif"

    width, height = write_cells_as_raster(
        path, cells, values, srid=4549, pixel_m=20.0, tags={"layer": "flood_risk", "name": "内涝风险"}
    )

    with rasterio.open(path) as raster:
        assert raster.crs.to_epsg() == 4549
        assert (raster.width, raster.height, raster.res) == (width, height, (20.0, 20.0))
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.overviews(1)
        assert raster.block_shapes == [(256, 256)]
        assert raster.tags()["layer"] == "flood_risk"
        band = raster.read(1)
        assert np.isnan(band).any()
        middle = h3_cells.to_metric(shapely.points(*h3_cells.centres(cells[500:501])), 4549)[0]
        assert next(raster.sample([(middle.x, middle.y)]))[0] == 500.0
    check_cloud_optimised(path)
    with pytest.raises(BadInput, match="take larger ones"):
        write_cells_as_raster(path, cells, values, srid=4549, pixel_m=0.1, tags={})


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_raster_that_lies_nowhere_is_refused(tmp_path):
    # found by changing a good file at random: the tags of its place were gone
    path = write_raster(tmp_path / "nowhere.tif", np.ones((2, 2)), transform=Affine(1, 0, 0, 0, 1, 0))

    with pytest.raises(BadInput, match=r"nowhere\.tif does not say where its pixels lie"), opened_raster(path):
        pass
