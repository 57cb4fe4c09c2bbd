"""The gazetteer refuses what contradicts itself and knows its look-ups; its files are read in any coordinate system."""

from pathlib import Path

import pytest

from gis.coordinates import from_wgs84
from gis.errors import BadInput
from gis.geocode import Gazetteer, GazetteerAlias, GazetteerBuilding, GazetteerJunction, GazetteerPlace, read_gazetteer
from tests.gis.geocode_district import invented_gazetteer

PLACES = "place_id,kind,name,parent_id,lon,lat,crs,address,households,valid_from,valid_to\n"


def test_levels_radii_and_communities_are_known():
    gazetteer = invented_gazetteer()

    assert gazetteer.level_of("E1a") == "zone"
    assert gazetteer.level_of("E1") == "compound"
    assert gazetteer.community_of("E1a") == "C1"
    assert gazetteer.children["E1"] == ("E1a", "E1b")
    assert gazetteer.buildings_of["E2"]["12"] == "E2-12"
    # the farthest building of E2 stands 0.005 degrees of longitude away: 475 m, and 22 m north; 30 m are added
    assert gazetteer.radius_m["E2"] == pytest.approx(506, abs=3)


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ({"places": [GazetteerPlace("A", "compound", "甲"), GazetteerPlace("A", "compound", "乙")]}, "occurs twice"),
        ({"places": [GazetteerPlace("A", "compound", "甲", "B"), GazetteerPlace("B", "compound", "乙", "A")]}, "loop"),
        ({"places": [GazetteerPlace("A", "compound", "甲", "Z")]}, "parent Z of place A is missing"),
        ({"places": [GazetteerPlace("A", "castle", "甲")]}, "castle"),
        ({"places": [GazetteerPlace("A", "compound", " ")]}, "no name"),
        ({"places": [], "aliases": [GazetteerAlias("Z", "乙")]}, "place Z"),
        ({"places": [], "buildings": [GazetteerBuilding("b", "Z", "1")]}, "place Z"),
        ({"places": [], "junctions": [GazetteerJunction("Y", "Z", 1, 2)]}, "road Y"),
    ],
)
def test_a_contradiction_is_refused_and_named(rest, said):
    with pytest.raises(BadInput, match=said):
        Gazetteer(rest.pop("places"), **rest)


def test_files_in_mixed_systems_become_wgs84(tmp_path: Path):
    lon, lat = from_wgs84([120.5], [31.3], system="BD09")
    (tmp_path / "places.csv").write_text(
        PLACES
        + f"A,compound,甲花园,,{lon[0]:.8f},{lat[0]:.8f},BD09,,100,2019-10-31,\nB,road,乙路,,120.5,31.3,WGS84,,,,\n",
        encoding="utf-8-sig",
    )

    places = read_gazetteer(tmp_path).places

    assert places["A"].lon == pytest.approx(places["B"].lon, abs=2e-8)
    assert places["A"].lat == pytest.approx(places["B"].lat, abs=2e-8)
    assert places["A"].households == 100
    assert places["A"].valid_from.isoformat() == "2019-10-31"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (PLACES, "no places"),
        ("", "is empty"),
        (PLACES + "A,compound,甲\n", "line 2: 3 fields"),
        (PLACES + 'A,compound,"甲"乙,,120,31,WGS84,,,,\n', "readable CSV"),
        ("place_id,name\nA,甲\n", "lacks the column"),
        (PLACES + "A,compound,甲,,120,31,MARS,,,,\n", "MARS"),
        (PLACES + "A,compound,甲,,east,31,WGS84,,,,\n", "no number"),
        (PLACES + "A,compound,甲,,120,31,WGS84,,many,,\n", "many"),
        (PLACES + "A,compound,甲,,120,31,WGS84,,,last year,\n", "last year"),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path: Path, content: str, said: str):
    (tmp_path / "places.csv").write_text(content, encoding="utf-8")

    with pytest.raises(BadInput, match=said):
        read_gazetteer(tmp_path)


def test_missing_folder_missing_file_and_wrong_encoding_are_named(tmp_path: Path):
    with pytest.raises(BadInput, match="does not exist"):
        read_gazetteer(tmp_path / "none")
    with pytest.raises(BadInput, match="no file places"):
        read_gazetteer(tmp_path)
    (tmp_path / "places.csv").write_bytes((PLACES + "A,compound,甲,,120,31,WGS84,,,,\n").encode("gb18030"))
    with pytest.raises(BadInput, match="not UTF-8"):
        read_gazetteer(tmp_path)
