"""Spellings that came up in real reports, on an invented sub-district made for them."""

import pytest

from gis.geocode import (
    Gazetteer,
    GazetteerAlias,
    GazetteerBuilding,
    GazetteerJunction,
    GazetteerPlace,
    Geocoder,
)
from gis.location import AMBIGUOUS, MATCHED, UNMATCHED, Location


def _spellings_gazetteer() -> Gazetteer:
    """Return an estate with zones that number on, one with zones that number anew, lettered houses, a namesake road."""
    places = [
        GazetteerPlace("C1", "community", "柳溪社区", lon=120.50, lat=31.30),
        GazetteerPlace("C2", "community", "北塘社区", lon=120.52, lat=31.30),
        GazetteerPlace("E1", "compound", "柳溪花园", "C1", 120.500, 31.305, "青禾路88号"),
        GazetteerPlace("E1a", "compound", "柳溪花园一区", "E1", 120.500, 31.306),
        GazetteerPlace("E1b", "compound", "柳溪花园二区", "E1", 120.500, 31.304),
        GazetteerPlace("E2", "compound", "锦绣新村", "C1", 120.505, 31.305),
        GazetteerPlace("E2w", "compound", "锦绣新村西区", "E2", 120.505, 31.306),
        GazetteerPlace("E2e", "compound", "锦绣新村东区", "E2", 120.506, 31.306),
        GazetteerPlace("E3", "compound", "八方二村", "C1", 120.507, 31.305),
        GazetteerPlace("E4", "compound", "青禾路小区", "C2", 120.520, 31.305),
        GazetteerPlace("E5", "compound", "兰陵国际公寓", "C2", 120.525, 31.305),
        GazetteerPlace("E6", "compound", "朗诗绿色家园", "C2", 120.527, 31.305),
        GazetteerPlace("T1", "compound", "梅里佳苑", "C1", 120.508, 31.307),
        GazetteerPlace("T2", "compound", "梅里佳苑", "C2", 120.528, 31.307),
        GazetteerPlace("R1", "road", "青禾路", lon=120.51, lat=31.306),
        GazetteerPlace("R2", "road", "临江大道", lon=120.515, lat=31.30),
        GazetteerPlace("V1", "village", "鲤塘村", "C1", 120.501, 31.304),
    ]
    numbers = {
        "E1a": range(1, 11), "E1b": range(11, 21), "E2w": range(1, 31), "E2e": range(1, 31), "E3": range(1, 9),
        "E4": range(1, 9), "E5": "ABCD", "E6": range(1, 120), "T1": range(1, 9), "T2": range(1, 6),
    }  # fmt: skip
    buildings = [
        GazetteerBuilding(f"{place_id}-{number}", place_id, str(number), 3, 18, 4, 120.5, 31.3)
        for place_id, all_of_it in numbers.items()
        for number in all_of_it
    ]
    return Gazetteer(
        places,
        aliases=[GazetteerAlias("E1", "鲤塘村", "resettled_to")],
        buildings=buildings,
        junctions=[GazetteerJunction("R1", "R2", 120.515, 31.3055)],
    )


@pytest.fixture(scope="module")
def geocoder() -> Geocoder:
    return Geocoder(_spellings_gazetteer())


def said(location: Location) -> str:
    """Write an answer as its ids: E2w-12/3/402."""
    return "/".join(part for part in (location.building_id or location.place_id, location.unit, location.room) if part)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        # a zone in brackets, in a circle, in Roman letters, without its word, before the name
        ("柳溪花园(二)15幢", "E1b-15"),
        ("柳溪花园（二）十五幢302", "E1b-15/302"),
        ("柳溪花园㈡15幢", "E1b-15"),
        ("柳溪花园②区15幢", "E1b-15"),
        ("柳溪花园II区15幢", "E1b-15"),
        ("柳溪花园二15幢", "E1b-15"),
        ("锦绣新村(西)12幢", "E2w-12"),
        ("锦绣新村西苑12幢", "E2w-12"),
        ("西区锦绣新村12幢", "E2w-12"),
        # words between a zone and what is in it
        ("柳溪花园二区的15幢", "E1b-15"),
        ("柳溪花园二区内15幢", "E1b-15"),
        # units by doors and signs, rooms of letters, parts of a room
        ("锦绣新村西区12#3#402", "E2w-12/3/402"),
        ("锦绣新村西区12幢3门402", "E2w-12/3/402"),
        ("锦绣新村西区十二之三零二", "E2w-12/302"),
        ("兰陵国际公寓A1204", "E5-A/1204"),
        ("兰陵国际公寓B楼1102室", "E5-B/1102"),
        ("朗诗绿色家园12幢1204-1", "E6-12/1204"),
        # a garage's number is no building's, a basement is the building's
        ("朗诗绿色家园32号车库", "E6"),
        ("朗诗绿色家园车库32号", "E6"),
        ("朗诗绿色家园商铺12号", "E6"),
        ("朗诗绿色家园12号地下室", "E6-12"),
        ("朗诗绿色家园3-5幢", "E6"),
        # a name said twice, the deeper place last or first
        ("锦绣新村西区12幢3单元402室（锦绣新村）", "E2w-12/3/402"),
        ("锦绣新村锦绣新村西区12幢", "E2w-12"),
        # of two addresses the first
        ("朗诗绿色家园9幢、柳溪花园二区15幢都有飞线", "E6-9"),
        # the number in a name may be written for its sound
        ("八方尔村3幢", "E3-3"),
        # a community before the name is where it is, and tells namesakes apart
        ("柳溪社区梅里佳苑3幢", "T1-3"),
        ("北塘社区梅里佳苑3幢", "T2-3"),
        ("梅里佳苑7幢", "T1-7"),
        # crossings by nearness
        ("青禾路近临江大道", "R1"),
    ],
)
def test_a_spelling_is_read(geocoder, text, answer):
    location = geocoder.locate(text)

    assert said(location) == answer
    assert location.status == MATCHED


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        # the road's number 3 or building 3 of the estate on the road
        ("青禾路3号", "the road or the estate on it"),
        ("梅里佳苑3幢", "not sure enough"),
        ("北京市朝阳区锦绣新村西区12幢", "another city is named"),
        ("安徽省阜阳市颍上县锦绣新村西区12幢", "another city is named"),
    ],
)
def test_what_may_be_meant_otherwise_is_left_to_a_person(geocoder, text, reason):
    location = geocoder.locate(text)

    assert location.status == AMBIGUOUS
    assert location.how["reason"] == reason
    assert location.candidates


@pytest.mark.parametrize(
    "text",
    # the gazetteer lies in Suzhou; 宿州 sounds like it and is taken for it
    ["苏州市锦绣新村西区12幢", "宿州市锦绣新村西区12幢", "户籍安徽省阜阳市，现住锦绣新村西区12幢"],
)
def test_the_own_city_and_one_that_is_only_mentioned_say_nothing_against_a_place(geocoder, text):
    assert geocoder.locate(text).status == MATCHED


def test_a_road_and_the_estate_on_it_are_both_offered(geocoder):
    location = geocoder.locate("青禾路3号")

    offered = {(one.place_id, one.building_id, one.level) for one in location.candidates}
    assert {("R1", "", "road"), ("E4", "E4-3", "building")} <= offered
    # a building word says that the estate is meant
    assert geocoder.locate("青禾路3号楼").building_id == "E4-3"


@pytest.mark.parametrize(
    "text", ["和悦柳溪花园15幢", "柳溪花园国际15幢", "柳溪幼儿园", "八方三村3幢", "东锦绣新村西区12幢"]
)
def test_a_longer_or_neighbouring_name_is_not_taken_for_a_known_one(geocoder, text):
    assert geocoder.locate(text).status in (AMBIGUOUS, UNMATCHED)


def test_the_second_address_of_a_text_is_kept_as_a_candidate(geocoder):
    location = geocoder.locate("朗诗绿色家园9幢、柳溪花园二区15幢都有飞线")

    assert [one.building_id for one in location.candidates] == ["E1b-15"]


def test_a_text_that_is_asked_again_in_other_signs_is_not_read_again(geocoder):
    # full width and half width are one text after normalisation
    assert geocoder.locate("陆溪花园二区１５幢") is geocoder.locate("陆溪花园二区15幢")


@pytest.fixture(scope="module")
def of_phases() -> Geocoder:
    """An estate and its third phase beside it, one with a western neighbour of its name, two numbered hostels."""
    places = [
        GazetteerPlace("C1", "community", "柳溪社区", lon=120.50, lat=31.30),
        GazetteerPlace("P", "compound", "新鹤花苑", "C1", 120.500, 31.305),
        GazetteerPlace("P3", "compound", "新鹤花苑三期", "C1", 120.503, 31.305),
        GazetteerPlace("S", "compound", "银杏新苑", "C1", 120.505, 31.305),
        GazetteerPlace("Sw", "compound", "银杏新苑西区", "C1", 120.504, 31.305),
        GazetteerPlace("A1", "apartment", "柳溪一号职工公寓", "C1", 120.507, 31.305),
        GazetteerPlace("A2", "apartment", "柳溪二号职工公寓", "C1", 120.509, 31.305),
        GazetteerPlace("R1", "road", "青禾路", lon=120.51, lat=31.306),
        GazetteerPlace("R2", "road", "临江大道", lon=120.515, lat=31.30),
    ]
    aliases = [GazetteerAlias("A1", "一号公寓"), GazetteerAlias("A2", "二号公寓")]
    buildings = [
        GazetteerBuilding(f"{place.place_id}-{number}", place.place_id, str(number), 3, 6, 2, place.lon, place.lat)
        for place in places
        if place.kind in ("compound", "apartment")
        for number in range(1, 41)
    ]
    crossing = GazetteerJunction("R1", "R2", 120.512, 31.304)
    return Geocoder(Gazetteer(places, aliases=aliases, buildings=buildings, junctions=[crossing]))


@pytest.mark.parametrize(
    ("text", "place", "building"),
    [
        # a building's number is not the number of a phase
        ("新鹤花苑3幢楼道内", "P", "P-3"),
        ("新鹤花苑34幢北侧", "P", "P-34"),
        ("新鹤花苑三十四幢", "P", "P-34"),
        ("新鹤花苑三期4幢", "P3", "P3-4"),
        # a gate's side is not a zone's
        ("银杏新苑西门", "S", ""),
        ("银杏新苑西区", "Sw", ""),
        # a building's number is not another hostel's
        ("一号公寓2号楼楼道内", "A1", "A1-2"),
        ("二号公寓1号楼", "A2", "A2-1"),
        # what is said of a crossing does not make it another thing
        ("青禾路和临江大道交汇处人行道小区宣传栏破损", "R1", ""),
    ],
)
def test_a_number_or_side_belongs_to_the_word_behind_it(of_phases: Geocoder, text: str, place: str, building: str):
    location = of_phases.locate(text)

    assert (location.status, location.place_id, location.building_id) == (MATCHED, place, building)
