"""What the geocoder answers, on an invented sub-district (tests/gis/geocode_district.py)."""

import pytest

from gis.geocode import Gazetteer, GazetteerPlace, Geocoder
from gis.location import AMBIGUOUS, MATCHED, UNMATCHED
from tests.gis.geocode_district import invented_gazetteer


@pytest.fixture(scope="module")
def geocoder() -> Geocoder:
    return Geocoder(invented_gazetteer())


@pytest.mark.parametrize(
    ("text", "level", "place_id", "building_id", "unit", "room"),
    [
        # as written in a register
        ("桃林新村12幢3单元402室", "room", "E2", "E2-12", "3", "402"),
        ("城北街道桃林新村12幢", "building", "E2", "E2-12", "", ""),
        ("苏州市桃林新村12幢3单元", "unit", "E2", "E2-12", "3", ""),
        ("翠湖花园二区15幢101室", "room", "E1b", "E1b-15", "", "101"),
        # zones in other words
        ("翠湖花园2区15幢", "building", "E1b", "E1b-15", "", ""),
        ("翠湖花园（Ⅱ区）15幢", "building", "E1b", "E1b-15", "", ""),
        ("翠湖花园第二区", "zone", "E1b", "", "", ""),
        ("翠湖花园", "compound", "E1", "", "", ""),
        # numbers in other words
        ("桃林新村十二幢三单元四零二", "room", "E2", "E2-12", "3", "402"),
        ("桃林新村12-3-402", "room", "E2", "E2-12", "3", "402"),
        ("桃林新村１２＃４０２", "room", "E2", "E2-12", "", "402"),
        ("桃林新村1 2幢", "building", "E2", "E2-12", "", ""),
        # names in other forms
        ("桃林12幢3单元402室", "room", "E2", "E2-12", "3", "402"),
        ("桃林花苑12幢", "building", "E2", "E2-12", "", ""),
        ("翠湖公馆", "compound", "E1", "", "", ""),
        ("三元一村3幢", "building", "E3", "E3-3", "", ""),
        ("枣林路小区3幢", "building", "E4", "E4-3", "", ""),
        # slips: sound, region, shape, missing, doubled, swapped, traditional, radicals
        ("翠湖花元二区15幢", "building", "E1b", "E1b-15", "", ""),
        ("陶林新村12幢", "building", "E2", "E2-12", "", ""),
        ("翠潮花园二区15幢", "building", "E1b", "E1b-15", "", ""),
        ("翠湖花花园二区15幢", "building", "E1b", "E1b-15", "", ""),
        ("桃新林村12幢", "building", "E2", "E2-12", "", ""),
        ("望江名底3栋", "building", "E5", "E5-3", "", ""),
        ("翠湖花園二區15棟", "building", "E1b", "E1b-15", "", ""),
        # inside a complaint, with a telephone in it
        ("13800001234李女士反映：桃林新村12幢3单元402室漏水到楼下", "room", "E2", "E2-12", "3", "402"),
        ("市民来电，苏州市桃林新村12幢电梯又停了", "building", "E2", "E2-12", "", ""),
        # roads, addresses, crossings
        ("枣林路88号", "compound", "E1", "", "", ""),
        ("学士街15号12幢", "building", "E2", "E2-12", "", ""),
        ("枣林路301号", "road", "R1", "", "", ""),
        ("枣林路301号桃林新村12幢", "building", "E2", "E2-12", "", ""),
        ("枣林路与学士街交叉口", "junction", "R1", "", "", ""),
        ("望江大道枣林路路口", "junction", "R3", "", "", ""),
        # institutions, communities, a village that is gone
        ("桃林实验小学门口", "poi", "P1", "", "", ""),
        ("城北派出所对面", "poi", "P2", "", "", ""),
        ("桃林社区居委会", "community", "C1", "", "", ""),
        ("原鲤鱼塘村三组12号", "compound", "E1", "", "", ""),
        # a building that does not exist: the estate
        ("桃林新村212幢", "compound", "E2", "", "", ""),
    ],
)  # fmt: skip
def test_the_place_is_found(geocoder, text, level, place_id, building_id, unit, room):
    location = geocoder.locate(text)

    found = (location.level, location.place_id, location.building_id, location.unit, location.room)
    assert found == (level, place_id, building_id, unit, room)
    assert location.status in (MATCHED, AMBIGUOUS)
    assert location.lon is not None
    assert location.how


@pytest.mark.parametrize(
    "text",
    [
        "",
        "。。。",
        "测试",
        "河道有垃圾",
        "12幢三单元垃圾乱堆",
        "苏州市",
        "城北街道",
        "枫叶岭6幢402",
        "狮子林路与虎山大道交叉口",
        "地下停车位堆杂物",
    ],
)
def test_what_names_no_known_place_is_not_placed(geocoder, text):
    location = geocoder.locate(text)

    assert location.status == UNMATCHED
    assert location.place_id == ""
    assert location.confidence == 0.0


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("望江3幢", {"E5", "E6"}),  # two estates begin with 望江
        ("翠湖花园五区3幢", {"E1"}),  # there is no such zone
        ("桃林社区3幢", {"C1"}),  # a building number alone says nothing in a community
    ],
)
def test_what_could_be_several_is_left_to_a_person(geocoder, text, candidates):
    location = geocoder.locate(text)

    assert location.status != MATCHED
    if location.status == AMBIGUOUS:
        assert candidates <= {candidate.place_id for candidate in location.candidates}


def test_a_building_number_settles_a_zone_that_was_left_out(geocoder):
    # 翠湖花园一区 has buildings 1 to 10, 二区 has 11 to 20
    assert geocoder.locate("翠湖花园15幢").building_id == "E1b-15"
    assert geocoder.locate("翠湖花园5幢").building_id == "E1a-5"


def test_direction_and_distance_move_the_point(geocoder):
    plain, moved = geocoder.locate("枣林路与学士街交叉口"), geocoder.locate("枣林路与学士街交叉口东50米")

    # one degree of longitude at 31.3 N is 111 195 m * cos 31.3 = 95 012 m, so 50 m are 0.000526 degrees
    assert moved.lon - plain.lon == pytest.approx(0.000526, abs=1e-6)
    assert moved.lat == plain.lat


def test_the_answer_explains_itself(geocoder):
    how = geocoder.locate("苏州市陶林新村12幢").how

    assert how["陶林新村"].startswith("compound E2")
    assert how["building 12"] == "E2-12"


def test_the_same_text_has_the_same_answer_whatever_was_asked_before():
    texts = ["桃林新村12幢3单元402室", "桃林新村7幢", "桃林新村9幢101", "陶林新村9幢101"]
    forwards, backwards = Geocoder(invented_gazetteer()), Geocoder(invented_gazetteer())

    one = forwards.locate_many(texts)
    other = backwards.locate_many(texts[::-1])[::-1]

    assert one == other
    assert one == [forwards.locate(text) for text in texts]


def test_a_clean_text_is_as_sure_by_the_short_way_as_by_the_long(geocoder):
    short = geocoder.locate("桃林新村12幢3单元402室")
    long = geocoder.locate("桃林新村12幢3单元402室。谢谢")

    assert short.building_id == long.building_id == "E2-12"
    assert short.confidence > 0.95


def test_a_longer_text_than_any_address_is_read_in_pieces(geocoder):
    location = geocoder.locate("巡查情况说明，" * 60 + "桃林新村12幢3单元402室")

    assert location.building_id == "E2-12"


def test_a_gazetteer_of_one_place_works():
    location = Geocoder(Gazetteer([GazetteerPlace("X", "poi", "北山寺", lon=120.0, lat=31.0)])).locate("北山寺")

    assert location.place_id == "X"
