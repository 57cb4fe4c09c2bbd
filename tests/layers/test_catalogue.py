"""The catalogue as data: what it must say, and what it refuses."""

import copy
from importlib.resources import files

import pytest
import yaml

from dashboard.look import DARK, LIGHT
from gis.errors import BadInput, NotAllowed, NotFound
from gis.texts import texts_in
from layers.catalogue import PERSON_ROLES, ROLE_RANKS, FeaturesSource, catalogue, parse_catalogue
from layers.measures import RESOURCE_KINDS, SENSITIVE_MEASURES
from layers.values import CELLS, FEATURES


def stated():
    return yaml.safe_load(files("layers").joinpath("catalogue.yml").read_text(encoding="utf-8"))


def test_the_first_layers_are_there():
    ids = {layer.id for layer in catalogue().layers}

    assert {
        "communities", "compounds_commercial", "compounds_resettlement", "apartments", "population",
        "population_registered", "population_migrant", "population_60", "population_alone", "incidents", "demand",
        "alerts", "elevation", "work_grids_3",
    } <= ids  # fmt: skip
    assert {f"reach_{kind}" for kind in RESOURCE_KINDS} | {f"resources_{kind}" for kind in RESOURCE_KINDS} <= ids
    assert len(ids) == len(catalogue().layers)


def test_every_source_has_its_statement():
    for layer in catalogue().layers:
        if isinstance(layer.source, FeaturesSource):
            assert layer.source.statement in FEATURES
        else:
            assert layer.source.kind in CELLS


def test_ramps_are_the_tokens_of_the_look():
    ramps = catalogue().ramps

    assert (ramps["demand"]["dark"], ramps["demand"]["light"]) == (DARK.demand, LIGHT.demand)
    # the look lists reach from far to near, the classes run from near to far
    assert (ramps["reach"]["dark"], ramps["reach"]["light"]) == (DARK.reach[::-1], LIGHT.reach[::-1])


def test_ramps_keep_their_order_in_grey():
    # relative luminance (WCAG 2.2) must rise or fall from class to class, so that a grey copy can be read
    for themes in catalogue().ramps.values():
        for colours in themes.values():
            steps = [luminance(colour) for colour in colours]
            assert steps == sorted(steps) or steps == sorted(steps, reverse=True)


def luminance(colour):
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_roles_are_those_of_the_house():
    assert all(texts_in("zh")(f"roles.{role}") for role in ROLE_RANKS)


def test_sensitive_groups_are_off_unless_a_role_grants_them():
    for name in SENSITIVE_MEASURES:
        layer = catalogue().layer(f"population_{name}")
        assert {role for role in ROLE_RANKS if layer.visible_to(role)} == PERSON_ROLES


def test_a_wall_sees_no_exact_person():
    assert not [layer.id for layer in catalogue().visible_to("wall") if layer.source.kind == "exact_population"]


def test_asking_for_what_is_not_there_or_not_allowed():
    with pytest.raises(NotFound, match="no layer 'moon'"):
        catalogue().layer("moon")
    with pytest.raises(NotAllowed, match="'population_minors' is not for the role wall"):
        catalogue().layer_for("population_minors", "wall")
    assert not catalogue().layer("population").visible_to("nobody")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source": {"kind": "population", "measure": "pregnant"}}, "measure 'pregnant' is none of"),
        ({"least_role": "king"}, "least_role 'king' is none of"),
        ({"zoom": [12, 3]}, "zoom \\[12, 3\\] is no range"),
        ({"geometry": "point"}, "facts per cell have geometry cell"),
        ({"group": "moon"}, "group 'moon' is not among groups"),
        ({"style": {"kind": "ramp", "ramp": "rainbow"}}, "ramp 'rainbow' is not among ramps"),
        ({"source": {"kind": "exact_population", "measure": "minors"}}, "exact counts of persons need persons"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_fault_is_named(change, message):
    content = copy.deepcopy(stated())
    content["layers"][0].update(change)

    with pytest.raises(BadInput, match=message):
        parse_catalogue(content)


def test_an_id_given_twice_is_named():
    content = stated()
    content["layers"].append(content["layers"][0])

    with pytest.raises(BadInput, match="layer id 'population' is given 2 times"):
        parse_catalogue(content)
