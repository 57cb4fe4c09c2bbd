"""Heights of cells from a raster whose pixels are worked by hand."""

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine

from gis import cells as h3_cells
from gis.errors import BadInput, CrsMissing
from gis.terrain import mean_height, read_elevation

LON, LAT = 120.53, 31.30


def write_raster(path, band, *, crs="EPSG:4326", size_deg=0.001, nodata=-9999.0):
    transform = Affine(size_deg, 0, LON, 0, -size_deg, LAT)
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "height": band.shape[0], "width": band.shape[1]}
    with rasterio.open(path, "w", **profile, crs=crs, transform=transform, nodata=nodata) as raster:
        raster.write(band.astype("float32"), 1)
    return path


def cell_inside():
    return h3_cells.parents(h3_cells.index_points([LON + 0.005], [LAT - 0.005]), 10)


def test_a_shape_over_two_pixels_takes_their_mean_by_area():
    # a shape of 4 x 1: one unit lies in the pixel of 10 m, three in the pixel of 30 m: (10 + 3 * 30) / 4 = 25
    shapes = np.array([shapely.box(0, 0, 4, 1)])
    pixels = np.array([shapely.box(-9, 0, 1, 1), shapely.box(1, 0, 11, 1)])

    assert mean_height(shapes, pixels, np.array([10.0, 30.0]), index=np.array([7])).to_dict() == {7: 25.0}


def test_a_flat_raster_gives_its_height(tmp_path):
    path = write_raster(tmp_path / "flat.tif", np.full((10, 10), 12.5))

    assert read_elevation(path, cell_inside()).tolist() == pytest.approx([12.5])


def test_a_slope_gives_the_height_of_the_centre(tmp_path):
    # height rises by 1 m per pixel of 0.001° to the east; on a plane the mean over a cell is the value at its centre
    fine = np.tile(np.arange(1000) / 100, (1000, 1))
    path = write_raster(tmp_path / "slope.tif", fine, size_deg=0.00001)

    cell = cell_inside()

    centre_lon = h3_cells.centres(cell)[0][0]
    assert read_elevation(path, cell).iloc[0] == pytest.approx((centre_lon - LON) / 0.001, abs=0.02)


def test_pixels_without_data_do_not_count(tmp_path):
    band = np.full((10, 10), 20.0)
    band[:5] = -9999
    path = write_raster(tmp_path / "half.tif", band)

    elevation = read_elevation(path, cell_inside())

    assert elevation.tolist() == pytest.approx([20.0])


def test_a_cell_off_the_raster_has_no_height(tmp_path):
    path = write_raster(tmp_path / "flat.tif", np.full((10, 10), 12.5))

    assert np.isnan(read_elevation(path, h3_cells.index_points([LON + 1], [LAT])).iloc[0])


def test_a_projected_raster_is_laid_under_the_same_cells(tmp_path):
    path = tmp_path / "metric.tif"
    with rasterio.open(
        path, "w", driver="GTiff", dtype="float32", count=1, height=40, width=40, crs="EPSG:4549",
        transform=Affine(100, 0, 549_000, 0, -100, 3_465_500), nodata=-1,
    ) as raster:  # fmt: skip
        raster.write(np.full((40, 40), 7.0, dtype="float32"), 1)

    assert read_elevation(path, cell_inside()).tolist() == pytest.approx([7.0])


def test_a_raster_without_a_system_is_refused(tmp_path):
    path = write_raster(tmp_path / "lost.tif", np.full((10, 10), 1.0), crs=None)

    with pytest.raises(CrsMissing, match=r"lost\.tif does not say its coordinate system"):
        read_elevation(path, cell_inside())


def test_rubbish_with_the_right_ending_is_refused(tmp_path):
    path = tmp_path / "rubbish.tif"
    path.write_bytes(b"\x00\x01not a raster")

    with pytest.raises(BadInput, match=r"rubbish\.tif cannot be read as a raster"):
        read_elevation(path, cell_inside())
