"""Warming compiles every loop of the engine, and asks nothing of a gazetteer that has nothing."""

from gis.geocode import Gazetteer, Geocoder
from gis.geocode.alignment import find_names
from gis.geocode.calibration import _sum_of_leaves
from gis.geocode.warm import main, warm
from tests.gis.geocode_district import invented_gazetteer


def test_every_compiled_loop_is_ready_afterwards():
    warm(Geocoder(invented_gazetteer()))
    main()

    # numba lists what a function was compiled for
    assert find_names.signatures
    assert _sum_of_leaves.signatures


def test_an_empty_gazetteer_is_no_fault():
    warm(Geocoder(Gazetteer([])))
