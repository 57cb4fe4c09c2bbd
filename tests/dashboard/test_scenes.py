"""Screens and scenes as data."""

import copy
from importlib.resources import files

import pytest
import yaml

from dashboard.scenes import Screen, parse_scenes, read_scenes
from gis.errors import BadInput, NotFound
from gis.texts import LANGUAGES, texts_in


@pytest.fixture
def stated():
    return yaml.safe_load(files("dashboard").joinpath("scenes.yml").read_text(encoding="utf-8"))


def test_the_shipped_screens_are_sound():
    scenes = read_scenes()

    assert scenes.screen("main").scenes == ("demand", "emergency", "risk", "population")
    for language in LANGUAGES:
        for key in scenes.scenes:
            assert texts_in(language)(f"wall.scene.{key}")


def test_an_unknown_screen_names_those_there_are():
    with pytest.raises(NotFound, match="main, main-en, duty"):
        read_scenes().screen("lobby")


def test_a_layer_no_wall_may_show_is_refused(stated):
    broken = copy.deepcopy(stated)
    broken["scenes"]["population"]["layer"] = "population_disabled"

    with pytest.raises(BadInput, match="population_disabled"):
        parse_scenes(broken)


def test_a_screen_of_unknown_scenes_is_refused(stated):
    broken = copy.deepcopy(stated)
    broken["screens"]["main"]["scenes"] = ["demand", "weather"]

    with pytest.raises(BadInput, match="weather"):
        parse_scenes(broken)


def test_a_misspelt_setting_is_refused(stated):
    broken = copy.deepcopy(stated)
    broken["screens"]["main"]["takover_s"] = 60

    with pytest.raises(BadInput, match="takover_s"):
        parse_scenes(broken)


def test_type_grows_with_the_distance():
    # 9 m need characters of 9 / 200 = 0.045 m; 1 rem of a picture 1.8 m high has 1.8 / 59 = 0.0305 m
    far = Screen(scenes=("demand",), distance_m=9, height_m=1.8)

    assert far.type_factor == pytest.approx(0.045 / (1.8 / 59))


def test_type_never_shrinks():
    # at 3 m two thirds would do; content grows instead
    assert Screen(scenes=("demand",), distance_m=3, height_m=1.8).type_factor == 1.0
    assert Screen(scenes=("demand",)).type_factor == 1.0
