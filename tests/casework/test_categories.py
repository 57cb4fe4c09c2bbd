import pytest

from casework.categories import parse_categories, read_categories
from gis.errors import BadInput


def test_a_kind_knows_its_category():
    assert "井盖破损" in read_categories().kinds["城市部件"]


def test_the_first_screen_holds_twelve_kinds():
    assert len(read_categories().often) == 12


def test_a_kind_in_two_categories_or_in_none_is_refused():
    with pytest.raises(BadInput, match="a stands twice; c is often, but in no category"):
        parse_categories({"categories": {"x": ["a"], "y": ["a", "b"]}, "source": "s", "often": ["b", "c"]})
