"""Cells against h3 itself and against arithmetic by hand."""

import h3.api.basic_int as h3
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from gis import cells
from gis.errors import BadInput

# about the middle of the sub-district
LON, LAT = 120.535, 31.300
SRID = 4549


@given(lon=st.floats(120.4, 120.7), lat=st.floats(31.2, 31.4), resolution=st.integers(5, 11))
def test_parents_by_arithmetic_are_those_of_h3(lon, lat, resolution):
    cell = h3.latlng_to_cell(lat, lon, 11)

    assert cells.parents([cell], resolution)[0] == h3.cell_to_parent(cell, resolution)


def test_points_are_indexed_and_missing_coordinates_give_no_cell():
    index = cells.index_points([LON, np.nan, LON], [LAT, LAT, np.nan])

    assert index.tolist() == [h3.latlng_to_cell(LAT, LON, 11), 0, 0]
    assert cells.parents(index, 10).tolist() == [h3.cell_to_parent(h3.latlng_to_cell(LAT, LON, 11), 10), 0, 0]
    assert cells.resolutions(index).tolist() == [11, 0, 0]


def test_unequal_coordinates_are_refused():
    with pytest.raises(BadInput, match="2 longitudes and 1 latitudes"):
        cells.index_points([LON, LON], [LAT])


def test_a_parent_finer_than_the_cell_is_refused():
    with pytest.raises(BadInput, match="resolution 9 has no parent at 10"):
        cells.parents([h3.latlng_to_cell(LAT, LON, 9)], 10)


def test_hexadecimal_text_goes_there_and_back():
    index = cells.index_points([LON], [LAT])

    texts = cells.to_hex(index)

    assert texts == [h3.int_to_str(int(index[0]))]
    assert len(texts[0]) == 15
    assert cells.from_hex(texts).tolist() == index.tolist()


@pytest.mark.parametrize("text", ["", "8b", "zzzzzzzzzzzzzzz", "ffffffffffffffff", "872830828ffffff0"])
def test_text_that_is_no_cell_is_refused(text):
    with pytest.raises(BadInput, match="not an H3 cell"):
        cells.from_hex([text])


def test_areas_are_those_of_the_place_and_not_of_the_world():
    ten = cells.parents(cells.index_points([LON], [LAT]), 10)

    # the design states 11 390 m² here; the published world average is 15 047.5 m²
    assert cells.areas_m2(ten)[0] == pytest.approx(11_390, rel=0.005)


def test_outlines_are_those_of_h3_in_lon_lat_order():
    ten = cells.parents(cells.index_points([LON], [LAT]), 10)

    outline = cells.polygons(ten)[0]

    corners = [(lon, lat) for lat, lon in h3.cell_to_boundary(int(ten[0]))]
    assert list(outline.exterior.coords)[:-1] == corners
    assert outline.contains(shapely.Point(*[float(axis[0]) for axis in cells.centres(ten)]))


def test_a_cell_has_six_neighbours_and_seven_children():
    ten = int(cells.parents(cells.index_points([LON], [LAT]), 10)[0])

    assert len(cells.neighbours(ten)) == 6
    assert len(cells.neighbours(ten, rings=2)) == 18
    assert set(cells.parents(cells.children(ten, 11), 10)) == {ten}
    assert len(cells.children(ten, 11)) == 7


def test_cover_of_a_square_sums_to_its_area():
    # 900 m by 700 m in the metric system, brought back to degrees
    square = shapely.transform(shapely.box(499_000, 3_464_000, 499_900, 3_464_700), from_metric)

    share = cells.cover(square, 10, metric_srid=SRID)

    areas = shapely.area(cells.to_metric(cells.polygons(share.index.to_numpy()), SRID))
    assert float((share.to_numpy() * areas).sum()) == pytest.approx(900 * 700, rel=1e-9)
    assert share.between(0, 1, inclusive="right").all()
    assert (share == 1).any()
    assert (share < 1).any()


def test_a_sliver_without_any_cell_centre_is_still_covered():
    # 5 m wide, narrower than any cell: covering by centres would give nothing or far too much
    sliver = shapely.transform(shapely.box(499_000, 3_464_000, 499_005, 3_464_300), from_metric)

    share = cells.cover(sliver, 10, metric_srid=SRID)

    assert float((share * cells.areas_m2(share.index)).sum()) == pytest.approx(1500, rel=0.005)


def test_overlap_splits_a_shape_between_its_units():
    # a square of 10 m cut at x = 4: 40 m² and 60 m²; a second one wholly in the right unit
    shapes = [shapely.box(0, 0, 10, 10), shapely.box(20, 0, 30, 10)]
    units = [shapely.box(-5, -5, 4, 15), shapely.box(4, -5, 40, 15)]

    overlaps = cells.overlap_m2(shapes, units)

    assert overlaps.to_numpy().tolist() == [[0, 0, 40], [0, 1, 60], [1, 1, 100]]


def test_nothing_covers_an_empty_polygon():
    assert cells.cover(shapely.Polygon(), 10, metric_srid=SRID).empty


def from_metric(xy):
    from pyproj import Transformer

    return np.column_stack(Transformer.from_crs(SRID, 4326, always_xy=True).transform(xy[:, 0], xy[:, 1]))
