"""From a point to what stands there."""

import math

import pytest

from gis.coordinates import from_wgs84
from gis.geocode import Gazetteer, GazetteerPlace
from gis.geocode.reverse import ReverseGeocoder
from tests.gis.geocode_district import invented_gazetteer


@pytest.fixture(scope="module")
def reverse() -> ReverseGeocoder:
    return ReverseGeocoder(invented_gazetteer())


def test_at_a_building_everything_is_named(reverse):
    # building 15 stands at 120.5020, 31.3042; the point lies 0.0001 degrees of latitude north of it: 11.1 m
    found = reverse.locate(120.5020, 31.3043)

    assert found.building.id == "E1b-15"
    assert found.building.distance_m == pytest.approx(11.1, abs=0.1)
    assert found.compound.id == "E1b"
    assert found.community.id == "C1"
    assert found.address == "枣林路88号翠湖花园二区15幢"


def test_a_point_in_another_system_is_the_same_place(reverse):
    lon, lat = from_wgs84([120.5020], [31.3043], system="BD09")

    assert reverse.locate(lon[0], lat[0], system="BD09").building.id == "E1b-15"


def test_at_a_crossing_without_houses_the_crossing_is_the_address(reverse):
    found = reverse.locate(120.5150, 31.3055)

    assert found.building is None
    assert found.compound is None
    assert found.junction.name == "枣林路与望江大道交叉口"
    assert found.address == "枣林路与望江大道交叉口"


def test_far_from_everything_nothing_is_named(reverse):
    found = reverse.locate(121.5, 32.3)

    assert (found.community, found.compound, found.building, found.poi, found.road, found.junction) == (None,) * 6
    assert found.address == ""


def test_missing_points_lie_at_nothing(reverse):
    missing, known = reverse.locate_many([math.nan, 120.5020], [math.nan, 31.3043])

    assert missing.community is None
    assert known.building.id == "E1b-15"


def test_a_gazetteer_without_buildings_or_roads_answers():
    reverse = ReverseGeocoder(Gazetteer([GazetteerPlace("P", "poi", "北山寺", lon=120.0, lat=31.0)]))

    assert reverse.locate(120.0, 31.0).address == "北山寺"
