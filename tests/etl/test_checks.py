"""Shared checks: each answers with the rows that fail, and only those."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from etl.checks import (
    age_faults,
    chosen,
    community_faults,
    community_forms,
    identity_faults,
    is_rubbish,
    key_faults,
    whole_numbers,
)
from etl.faults import Faults, reason_text
from gis.texts import texts_in
from tests.etl.small_district import identity


def texts(*values: str) -> "pd.Series[str]":
    return pd.Series(values, dtype="str")


def reasons(faults: Faults) -> dict[int, list[str]]:
    return faults.by_row()


@pytest.mark.parametrize("text", ["测试", "1111", "asdf", "22", "啊啊啊啊", "测试数据", "---", "TEST", "测试123"])
def test_texts_that_say_nothing_are_rubbish(text: str) -> None:
    assert is_rubbish(texts(text)).all()


@pytest.mark.parametrize("text", ["", "垃圾", "9+1检查", "水面存在蓝藻", "以上", "马浜花园12幢", "WiFi坏了"])
def test_short_texts_that_say_something_are_none(text: str) -> None:
    assert not is_rubbish(texts(text)).any()


def test_identity_numbers_are_checked_in_form_digit_and_birthday() -> None:
    good = identity("99010119800101001")
    wrong_digit = good[:-1] + ("1" if good[-1] != "1" else "2")
    no_such_day = identity("99010119800230001")
    rows = pd.DataFrame({"identity": texts(good, wrong_digit, no_such_day, "1111", "", good.lower())})
    faults = Faults(rows.index, {"identity": "身份证号", "birth_date": "出生日期"})
    birth = pd.Series(pd.to_datetime(["1980-01-01"] * 5 + ["1980-01-02"]))

    identity_faults(rows, faults, birth=birth)

    assert reasons(faults) == {
        1: ["check_digit:身份证号"],
        2: ["identity_birthday:身份证号"],
        3: ["identity_form:身份证号"],
        5: ["birthday_differs:出生日期"],
    }


def test_the_example_of_the_standard_has_a_valid_check_digit() -> None:
    # GB 11643-1999, appendix: 11010519491231002X
    rows = pd.DataFrame({"identity": texts("11010519491231002X")})
    faults = Faults(rows.index, {})

    identity_faults(rows, faults, birth=pd.Series(pd.to_datetime(["1949-12-31"])))

    assert not faults.any.any()


def test_ages_beyond_the_possible_are_noted() -> None:
    births = pd.Series(pd.to_datetime(["2026-04-02", "2026-04-01", "1901-03-31", "1901-04-01"]))
    faults = Faults(births.index, {"birth_date": "出生日期"})

    age_faults(births, faults, today=date(2026, 4, 1))

    # 125 years before 2026-04-01 is 1901-04-01
    assert reasons(faults) == {0: ["born_later:出生日期"], 2: ["too_old:出生日期"]}


def test_both_key_schemes_pass_and_a_third_does_not() -> None:
    rows = pd.DataFrame({"source_key": texts("20210010115", "26967", "WX-2026-07", "")})
    faults = Faults(rows.index, {"source_key": "编号"})

    key_faults(rows, faults, pattern=r"20\d{2}001\d{4,6}|\d{1,9}")

    assert reasons(faults) == {2: ["key_scheme:编号"], 3: ["missing_key:编号"]}


def test_a_source_in_the_community_column_is_told_from_an_unknown_community() -> None:
    forms = community_forms({"320505003006": "马浜社区"})
    values = texts("马浜社区", "马浜", "马浜社区居委会", "移动巡河", "寒山社区", "")
    faults = Faults(values.index, {})

    codes = community_faults(values, forms, ["移动巡河"], faults, "community")

    assert codes.tolist()[:3] == ["320505003006"] * 3
    assert reasons(faults) == {3: ["source_as_community:community"], 4: ["unknown_community:community"]}


def test_numbers_and_choices_leave_empty_values_alone() -> None:
    numbers, wrong = whole_numbers(texts("12", "", "-3", "1.5", "zwölf"))
    assert wrong.tolist() == [False, False, True, True, True]
    assert numbers[0] == 12
    assert numbers[1:].isna().all()

    mapped, unknown = chosen(texts("一般", "", "极大"), {"一般": "general"})
    assert mapped[0] == "general"
    assert unknown.tolist() == [False, False, True]


def test_every_reason_of_a_row_is_kept_and_can_be_said_in_both_languages() -> None:
    faults = Faults(pd.Index([7, 9]), {"title": "事件标题"})
    faults.add("rubbish", "title", np.array([True, False]))
    faults.add("duplicate_key", "title", np.array([True, True]))

    assert faults.by_row() == {7: ["rubbish:事件标题", "duplicate_key:事件标题"], 9: ["duplicate_key:事件标题"]}
    assert reason_text("rubbish:事件标题", texts_in("zh")) == "“事件标题”没有实际内容"
    assert reason_text("rubbish:事件标题", texts_in("en")) == "“事件标题” says nothing"
