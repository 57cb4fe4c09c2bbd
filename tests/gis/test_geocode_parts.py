"""Numbers, zones, buildings, units and rooms in the spellings people use."""

import pytest

from gis.geocode.normalise import normalise
from gis.geocode.numbers import chinese_to_digits, digits_in
from gis.geocode.parts import joined_forms, read_parts
from gis.geocode.zones import Zone, read_zone, read_zone_name


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("十", "10"), ("十二", "12"), ("二十", "20"), ("一百一十八", "118"), ("一百零五", "105"), ("三百四", "304"),
        ("四零二", "402"), ("幺零幺", "101"), ("廿三", "23"), ("两", "2"), ("一二十", None),
    ],
)  # fmt: skip
def test_a_chinese_number_is_read(said, number):
    assert chinese_to_digits(said) == number


@pytest.mark.parametrize(
    ("text", "turned"),
    [("十二幢三单元", "12幢3单元"), ("202一楼", "202一楼"), ("单元拐洞两室", "单元702室"), ("山洞", "山洞")],
)
def test_numbers_inside_a_text_become_digits(text, turned):
    assert digits_in(text) == turned


@pytest.mark.parametrize(
    ("tail", "building", "unit", "room"),
    [
        ("12幢3单元402室", "12", "3", "402"),
        ("12-3-402", "12", "3", "402"),
        ("12#402", "12", "", "402"),
        ("12#3单元402", "12", "3", "402"),
        ("十二幢", "12", "", ""),
        ("A座104室", "A", "", "104"),
        ("２８憧１单元502室", "28", "1", "502"),
        ("5 1 102", "5", "1", "102"),
        ("5号楼一单元二楼202室", "5", "1", "202"),
        ("7号", "7", "", ""),
        ("35后面停着车", "35", "", ""),
        ("4幢五零二", "4", "", "502"),
        ("11#lO2室", "11", "", "102"),
        ("5O栋502室", "50", "", "502"),
        ("012幢", "12", "", ""),
        ("12幢地下室", "12", "", ""),
        ("80幢32#车库", "80", "", ""),
        ("三组", "", "", ""),
        ("一楼", "", "", ""),
        ("50米", "", "", ""),
        ("对面", "", "", ""),
        ("", "", "", ""),
    ],
)
def test_building_unit_and_room_are_read(tail, building, unit, room):
    parts = read_parts(normalise(tail))

    assert (parts.building, parts.unit, parts.room) == (building, unit, room)


def test_a_range_of_buildings_is_no_building():
    parts = read_parts("3-5幢")

    assert parts.is_range
    assert parts.building == ""


def test_spaces_between_digits_may_be_slips():
    assert joined_forms("1 04 5") == ["104 5", "1 045", "1045"]


@pytest.mark.parametrize(
    ("text", "zone", "length"),
    [
        ("二区12幢", Zone("2"), 2),
        ("2区", Zone("2"), 2),
        ("第五区", Zone("5"), 3),
        ("西区3幢", Zone("西"), 2),
        ("北小区", Zone("北"), 3),
        ("三期", Zone("3", phase=True), 2),
        ("A区", Zone("A"), 2),
        ("五去", Zone("5"), 2),
        ("动区", Zone("东"), 2),
    ],
)
def test_a_zone_is_read(text, zone, length):
    read = read_zone(text)

    assert read is not None
    assert (read.zone, read.length) == (zone, length)


@pytest.mark.parametrize("text", ["12幢", "花园", "小区", "", "东门"])
def test_what_is_no_zone_is_not_read_as_one(text):
    assert read_zone(text) is None


def test_names_that_hold_numbers_or_road_names_stay_names():
    assert read_zone_name("三元一村") == ("三元一村", None)
    assert read_zone_name("枣林路小区") == ("枣林路小区", None)
    assert read_zone_name("翠湖花园二区") == ("翠湖花园", Zone("2"))
