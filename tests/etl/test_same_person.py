"""One person or two: sure pairs, doubtful ones, twins and namesakes; the weights by hand."""

from dataclasses import replace
from datetime import date

import pytest

from etl.same_person import Compared, Sizes, evidence_of, judge_pair, weight

SIZES = Sizes(others=200_000, residents=230_000, dwellings=70_000, buildings=1_500)
BORN = date(1980, 1, 1)
#: the same in everything, without an identity number in one register; three of this name
SAME = Compared("张三丰", "张三丰", BORN, BORN, "男", "男", 1, 1, 7, 7, same_identity=False, namesakes=3)


def test_weights_add_up_as_by_hand():
    # name log2(.95 / (3/230000)) = 16.1523, birth log2(.97 * 70 * 365.25) = 14.5980, sex log2(.99/.5) = 0.9855,
    # dwelling log2(.6 * 70000) = 15.3581: 47.0939 bit; against 1 in 200 000 (17.6096 bit) 29.48 bit for one person
    assert weight(evidence_of(SAME), 3, SIZES) == pytest.approx(47.0939, abs=0.001)
    assert judge_pair(SAME, SIZES).score == pytest.approx(1 - 2**-29.48, abs=1e-11)


def test_the_same_name_birthday_and_dwelling_are_sure():
    assert judge_pair(SAME, SIZES).status == "merged"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        # moved, or two of a name: 16.15 + 14.60 + 0.99 - 2.00 - 17.61 = 12.1 bit, likely yet not sure
        ({"other_dwelling_id": 9, "other_building_id": 8}, "waiting"),
        # next door
        ({"other_dwelling_id": 9}, "waiting"),
        # a slip of the pen: 章三峰 is read like 张三丰
        ({"other_name": "章三峰"}, "waiting"),
        # another sex under the same name
        ({"other_sex": "女"}, "waiting"),
        # twins: all but the name
        ({"other_name": "张三满"}, ""),
        # an everyday name, elsewhere: 7.5 + 14.6 + 1 - 2 - 17.6 = 3.5 bit
        ({"namesakes": 1_200, "other_dwelling_id": 9, "other_building_id": 8}, "waiting"),
        # and without a birthday nothing is left: 7.5 + 1 - 2 - 17.6 < 0
        ({"namesakes": 1_200, "other_dwelling_id": 9, "other_building_id": 8, "other_birth_date": None}, ""),
    ],
)
def test_anything_less_is_doubtful_or_of_two(changes: dict[str, object], status: str):
    assert judge_pair(replace(SAME, **changes), SIZES).status == status


def test_an_identity_number_decides_unless_nothing_beside_it_agrees():
    known = replace(SAME, same_identity=True)

    assert judge_pair(replace(known, other_name="李四", other_dwelling_id=9), SIZES).status == "merged"
    assert judge_pair(replace(known, other_birth_date=date(1999, 9, 9)), SIZES).status == "merged"
    assert judge_pair(replace(known, other_name="李四", other_birth_date=date(1999, 9, 9)), SIZES).status == "waiting"


def test_what_is_not_stated_says_nothing():
    silent = replace(SAME, sex=None, dwelling_id=None, building_id=None)

    assert set(evidence_of(silent)) == {"name", "birth"}
    assert judge_pair(silent, SIZES).status == "waiting"
