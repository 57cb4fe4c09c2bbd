import pytest

from etl.sample.causes import Causes
from etl.sample.wording import Wording, chinese_number
from tests.etl.sample_world import small_world


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "一"),
        (10, "十"),
        (12, "十二"),
        (20, "二十"),
        (99, "九十九"),
        (106, "一百零六"),
        (110, "一百一十"),
        (300, "三百"),
    ],
)
def test_numbers_are_written_in_chinese(number, text):
    assert chinese_number(number) == text


def test_a_house_is_written_in_many_forms_that_all_hold_its_number():
    wording = Wording(Causes(small_world()))
    row = next(index for index, house in enumerate(wording.houses) if house[0] == "马浜花园北区" and house[2] == 12)
    written = {form: wording.house(row, form, 0.1) for form in (0.1, 0.3, 0.5, 0.7, 0.76, 0.81, 0.86, 0.92)}
    assert written[0.3].startswith("马浜花园北区12幢")
    assert written[0.7].startswith("马浜北区12幢")
    assert written[0.76].startswith("马浜花园北区十二幢")
    assert written[0.81] == "马浜花园北区１２幢"
    assert written[0.86].startswith("枫桥街道马浜花园北区12幢")
    assert written[0.92].startswith("马浜花园北区12栋")


def test_a_crossing_names_both_roads_most_of_the_time():
    wording = Wording(Causes(small_world()))
    first, second = wording.crossings[0]
    assert wording.crossing(0, 0.1, 0.1) == f"{first}与{second}路口"
    assert wording.crossing(0, 0.5, 0.9) == f"{second}{first}交叉口"
