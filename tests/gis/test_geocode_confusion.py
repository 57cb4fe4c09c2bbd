"""Which characters may stand for each other, and where names are found in spite of it."""

import pytest

from gis.geocode import alignment
from gis.geocode.confusion import EXACT, HOMOPHONE, LOOKALIKE, REGIONAL, Alphabet, regional, sounds, sounds_like
from gis.geocode.names import place_forms
from gis.geocode.spans import NameFinder
from tests.gis.geocode_district import invented_gazetteer


def likeness(written: str, meant: str) -> int | None:
    alphabet = Alphabet(meant)
    row = alphabet.rows(written)[0]
    for at in range(alphabet.starts[row], alphabet.starts[row + 1]):
        if alphabet.similar[at] == alphabet.ids[meant]:
            return int(alphabet.kinds[at])
    return None


@pytest.mark.parametrize(
    ("written", "meant", "kind"),
    [
        ("林", "林", EXACT),
        ("陶", "桃", HOMOPHONE),
        ("区", "曲", HOMOPHONE),
        ("蓝", "南", REGIONAL),  # lan for nan
        ("张", "脏", REGIONAL),  # zhang for zang
        ("宾", "兵", REGIONAL),  # bin for bing
        ("末", "未", LOOKALIKE),
        ("铁", "湖", None),
    ],
)
def test_likeness_has_a_kind(written, meant, kind):
    assert likeness(written, meant) == kind


def test_a_digit_and_its_chinese_sign_are_one_thing():
    alphabet = Alphabet("五区")

    assert alphabet.encode("五区") == alphabet.encode("5区")


def test_sounds_are_toneless_and_regional_sounds_merge():
    assert sounds("幢")[0] in ("zhuang", "chuang")
    assert sounds("A") == ()
    assert regional("zhang") == regional("zan")
    assert regional("ning") == regional("lin")
    assert sounds_like("去", frozenset({"qu"}))


@pytest.mark.parametrize(
    ("text", "name", "start", "end", "column"),
    [
        ("请到桃林新村3幢", "桃林新村", 2, 6, alignment.EXACT_COUNT),
        ("请到陶林新村3幢", "桃林新村", 2, 6, alignment.HOMOPHONES),
        ("请到桃新村3幢", "桃林新村", 2, 5, alignment.DELETED),
        ("请到桃大林新村3幢", "桃林新村", 2, 7, alignment.INSERTED),
        ("请到桃桃林新村3幢", "桃林新村", 3, 7, alignment.EXACT_COUNT),
        ("请到桃林林新村3幢", "桃林新村", 2, 7, alignment.DOUBLED),
        ("请到林桃新村3幢", "桃林新村", 2, 6, alignment.SWAPPED),
        ("请到桃铁新村3幢", "桃林新村", 2, 6, alignment.FOREIGN),
    ],
)
def test_a_name_is_found_with_its_slip(text, name, start, end, column):
    finder = NameFinder(place_forms(invented_gazetteer()))

    span = next(span for span in finder.find(text) if span.text == name)

    assert (span.start, span.end) == (start, end)
    assert span.counts[column] >= 1
    assert (span.cost == 0.0) == (column == alignment.EXACT_COUNT)


def test_nothing_is_found_in_nothing():
    finder = NameFinder(place_forms(invented_gazetteer()))

    assert finder.find("") == []
    assert finder.find("完全无关的话") == []
