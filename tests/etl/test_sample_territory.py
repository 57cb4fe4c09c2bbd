import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from etl.sample.facts import read_facts, to_metric
from gis.coordinates import System, to_wgs84
from tests.etl.sample_world import small_world

INPUTS = Path(__file__).parents[3] / "shared" / "inputs"

# the sub-district's own figures [km2]
STATED_KM2 = {"东浜": 2.82, "康佳": 10.8, "枫津": 0.77, "西津桥": 1.35}


def test_the_street_measures_34_6_square_kilometres():
    assert small_world().territory.street.area == pytest.approx(34.6e6, rel=1e-4)


def test_communities_have_their_stated_areas_within_a_tenth():
    communities = small_world().territory.communities
    area_km2 = {
        name: polygon.area / 1e6 for name, polygon in zip(communities["name"], communities["polygon"], strict=True)
    }
    assert len(area_km2) == 7
    for name, stated in STATED_KM2.items():
        assert area_km2[name] == pytest.approx(stated, rel=0.1)


def test_areas_of_each_tier_tile_the_street_without_gap_or_overlap():
    territory = small_world().territory
    for table in (territory.communities, territory.tier2, territory.tier3):
        polygons = list(table["polygon"])
        assert shapely.coverage_is_valid(polygons)
        assert shapely.area(polygons).sum() == pytest.approx(territory.street.area, rel=1e-9)
        assert all(polygon.geom_type == "Polygon" for polygon in polygons)


def test_twenty_grids_of_the_second_tier_hold_ninety_seven_of_the_third():
    territory = small_world().territory
    assert (len(territory.tier2), len(territory.tier3)) == (20, 97)
    for grid in territory.tier2.itertuples():
        own = territory.tier3.loc[territory.tier3["parent"] == grid.code, "polygon"]
        assert shapely.union_all(list(own)).symmetric_difference(grid.polygon).area < 1.0
        assert grid.code.startswith(grid.community)


def test_every_compound_lies_in_its_community():
    compounds = read_facts("compounds", "lon", "lat")
    points = to_metric(compounds["lon"], compounds["lat"])
    communities = small_world().territory.communities.set_index("name")["polygon"]
    outside = [
        name
        for name, community, (x, y) in zip(compounds["name"], compounds["community"], points, strict=True)
        if not shapely.contains_xy(communities[community], x, y)
    ]
    assert outside == []


def test_the_register_of_compounds_has_the_known_counts():
    compounds = read_facts("compounds")
    assert len(compounds) == 56
    assert (compounds["kind"] == "拆迁安置").sum() == 26
    counted = compounds["community"].value_counts()
    assert {name: counted[name] for name in STATED_KM2} == {"东浜": 6, "康佳": 7, "枫津": 7, "西津桥": 11}
    assert compounds["name"].is_unique


def test_the_outline_is_smooth():
    ring = shapely.get_coordinates(small_world().territory.street.exterior.simplify(2.0))
    heading = np.array([np.arctan2(*(after - before)[::-1]) for before, after in pairwise(ring)])
    turn = np.abs((np.diff(heading) + np.pi) % (2 * np.pi) - np.pi)
    # a curve drawn with chords within 2 m turns little at each vertex; a raw Voronoi border has corners of 60° and more
    assert np.rad2deg(turn).max() < 45


@pytest.mark.skipif(not INPUTS.is_dir(), reason="outside inputs are not here")
@pytest.mark.parametrize(
    ("name", "system"), [("huqiu_district_datav_gcj02", System.GCJ02), ("huqiu_district_tianditu_wgs84", System.WGS84)]
)
def test_the_street_lies_inside_both_published_outlines_of_the_district(name, system):
    collection = json.loads((INPUTS / "boundaries" / f"{name}.geojson").read_text(encoding="utf-8"))

    def metric(points):
        lon, lat = to_wgs84(points[:, 0], points[:, 1], system=system)
        return to_metric(lon, lat)

    district = shapely.union_all([shapely.transform(shape(f["geometry"]), metric) for f in collection["features"]])
    assert small_world().territory.street.difference(district).area < 1.0
