"""Personal numbers are sealed out of texts; every number here is invented (area codes 999xxx were never issued)."""

import pandas as pd
import pytest

from gis.sealing import IDENTITY, TELEPHONE, has_valid_check_digit, seal
from gis.sealing_columns import seal_series

# 99990119900307 004 + check digit: weights 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2 over 9 9 9 9 0 1 1 9 9 0 0 3 0 7 0 0 4
# 63+81+90+45+0+4+2+9+54+0+0+27+0+35+0+0+8 = 418 = 11 * 38 -> remainder 0 -> check digit 1
ID = "999901199003070041"


def test_the_check_digit_is_worked_by_the_standard():
    assert has_valid_check_digit(ID)
    assert not has_valid_check_digit(ID[:-1] + "2")
    # the standard's own example (GB 11643-1999, 4.3)
    assert has_valid_check_digit("11010519491231002X")


@pytest.mark.parametrize(
    "written",
    [ID, " ".join([ID[:6], ID[6:14], ID[14:]]), ID.translate(str.maketrans("0123456789", "０１２３４５６７８９"))],
)
def test_an_identity_number_is_sealed_however_it_is_written(written):
    sealed = seal(f"身份证{written}住址幸福里3幢")

    assert sealed.redacted == "身份证[ID]住址幸福里3幢"
    (part,) = sealed.found
    assert (part.kind, part.number, part.checked) == (IDENTITY, ID, True)


def test_a_wrong_check_digit_is_sealed_too_but_marked():
    (part,) = seal(ID[:-1] + "7").found

    assert not part.checked


def test_an_old_identity_number_of_15_digits_is_sealed():
    assert seal("证号999901900307004。").redacted == "证号[ID]。"


@pytest.mark.parametrize(
    "number",
    ["13800001234", "138 0000 1234", "138-0000-1234", "+8613800001234", "１３８００００１２３４",
     "一三八零零零零一二三四",
     "0512-65550000", "(0512)65550000", "010 6555 0000", "400-820-0000"],
)  # fmt: skip
def test_a_telephone_is_sealed(number):
    sealed = seal(f"幸福里3幢，李女士 {number} 来电")

    assert sealed.redacted == "幸福里3幢，李女士 [TEL] 来电"
    assert [part.kind for part in sealed.found] == [TELEPHONE]


def test_a_bare_local_number_counts_only_beside_a_word_that_says_telephone():
    assert seal("电话6555 0000").redacted == "电话[TEL]"
    assert seal("编号65550000").redacted == "编号65550000"


@pytest.mark.parametrize(
    "text",
    ["幸福里12幢3单元402室", "工单20210010115", "长江路1234号56幢7单元801", "12-3-402", "2021-06-28 15:45:43", ""],
)
def test_addresses_order_numbers_and_times_stay(text):
    assert seal(text).redacted == text


def test_the_number_is_not_shown_in_repr():
    assert "13800001234" not in repr(seal("13800001234"))


def test_a_column_keeps_its_index_and_its_gaps():
    texts = pd.Series(["13800001234", None, "无"], index=[7, 3, 5])

    sealed = seal_series(texts)

    assert sealed.index.tolist() == [7, 3, 5]
    assert sealed["redacted"].fillna("-").tolist() == ["[TEL]", "-", "无"]
    assert [len(found) for found in sealed["found"]] == [1, 0, 0]


@pytest.mark.parametrize(
    "text",
    [
        "一三八零零零零一二三四",
        "１３８ ００００ １２３４",
        "٠١٢٣٤٥٦٧٨٩",
        "苏EX12345",
        "电话 6825-1234",
        "(0512)68251234",
        "138—0000—1234",
        "3幢201",
    ],
)
def test_a_column_seals_what_a_single_text_seals(text):
    # the column passes over texts that hold no number by another expression
    assert seal_series(pd.Series([text]))["redacted"].tolist() == [seal(text).redacted]
