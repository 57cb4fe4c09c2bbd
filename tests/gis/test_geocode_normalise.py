"""What the engine reads, and where it came from in the raw text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.geocode.normalise import normalise, normalise_with_breaks, offsets


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("１２－３－４０２", "12-3-402"),
        ("蘇州市、西區", "苏州市西区"),
        ("⻄桥⻓路⼩区", "西桥长路小区"),
        ("Ⅱ区③幢", "2区3幢"),
        ("花园 5  102", "花园5 102"),
        ("花 园【西区】", "花园西区"),
        ("三百 九十八号", "三百九十八号"),
        ("苏 州 市 1 2 幢 3 0 1 室", "苏州市12幢301室"),
        ("a\u200bb\x00c", "ABC"),
        ("一．２", "一 2"),
    ],
)
def test_a_text_is_brought_to_one_form(raw, read):
    assert normalise(raw) == read


@given(st.text(alphabet="苏州幢室12Ａ３ -—，。（⻓Ⅱ\u200b號㎡", max_size=30))
def test_every_character_knows_where_it_came_from(raw):
    read = normalise(raw)
    origin = offsets(raw)

    assert len(origin) == len(read) + 1
    assert origin == sorted(origin)
    assert normalise_with_breaks(raw).text == read


def test_breaks_are_where_signs_stood():
    read = normalise_with_breaks("翠湖花园，停水")

    assert read.text == "翠湖花园停水"
    assert read.breaks == {4}
    assert not read.brackets


def test_what_stands_in_brackets_stays_apart():
    read = normalise_with_breaks("翠湖花园（二）十五幢")

    # a space in a number said in words is a slip (二 十五), a bracket is none
    assert read.text == "翠湖花园二 十五幢"
    assert read.brackets == {4}
    assert normalise("翠湖花园㈡15幢") == "翠湖花园2 15幢"
