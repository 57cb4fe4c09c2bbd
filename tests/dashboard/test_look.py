"""The tokens keep the look's promises: contrast, and level colours that belong to alerts alone."""

import colorsys
from dataclasses import astuple

import pytest

from dashboard.look import ALERT_DARK, ALERT_TEXT, DARK, LIGHT, RESOURCE_SIGNS, contrast, css_variables
from layers.measures import RESOURCE_KINDS


def test_contrast_is_that_of_wcag():
    # black on white is the definition's largest ratio: (1 + 0.05) / (0 + 0.05) = 21
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    # #777777 on white is the well-known value just below 4.5
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("look", [DARK, LIGHT])
def test_text_is_legible_on_ground_and_land(look):
    for text in (look.text, look.second_text, look.road_label):
        assert contrast(text, look.ground) >= 4.5
        assert contrast(text, look.land) >= 4.5
    assert contrast(look.old_bar_text, look.old_bar) >= 7


def test_values_that_are_old_stay_legible():
    assert contrast(DARK.old_value, DARK.ground) >= 4.5


def test_text_on_every_level_is_legible():
    for colour in ALERT_DARK.values():
        assert contrast(ALERT_TEXT, colour) >= 4.5


def test_classes_keep_their_order_in_grey():
    for ramp in (DARK.demand, DARK.reach, DARK.stale):
        against_black = [contrast(colour, "#000000") for colour in ramp]
        assert against_black == sorted(against_black)


def test_level_colours_belong_to_alerts_alone():
    def strong_hue(colour: str) -> float | None:
        red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
        hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
        return hue * 360 if saturation > 0.5 and 0.35 < lightness < 0.9 else None

    hues = [hue for colour in ALERT_DARK.values() if (hue := strong_hue(colour)) is not None]
    others = [colour for value in astuple(DARK) for colour in ([value] if isinstance(value, str) else value)]
    for colour in others:
        hue = strong_hue(colour)
        if hue is not None:
            # a violet of the reach ramp lies more than 20 degrees from the alerts' blue
            assert min(abs(hue - level) for level in hues) > 20, colour


def test_variables_carry_every_role():
    variables = css_variables(DARK, ALERT_DARK)

    assert "--ground:#0A0F13;" in variables
    assert "--demand-5:#A6E0CF;" in variables
    assert "--alert-1:#FF4F4F;" in variables


def test_every_kind_of_resource_has_a_sign_of_its_own():
    assert set(RESOURCE_SIGNS) == set(RESOURCE_KINDS)
    assert len(set(RESOURCE_SIGNS.values())) == len(RESOURCE_SIGNS)
