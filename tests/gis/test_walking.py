"""Walks over a small town whose ways are measured by hand."""

import numpy as np
import pandas as pd
import pytest
import shapely

from gis.errors import BadInput
from gis.walking import build_network, walking_minutes


def town(*roads):
    """Roads as (from, to, [(x, y), …]); lengths from the lines."""
    lines = [shapely.LineString(points) for _, _, points in roads]
    return build_network(
        pd.DataFrame(
            {
                "from_node": [road[0] for road in roads],
                "to_node": [road[1] for road in roads],
                "length_m": shapely.length(lines),
                "line": lines,
            }
        )
    )


# a main street 0 to 2 000 m along x, and a side street going north from its middle
TEE = town((1, 2, [(0, 0), (1000, 0)]), (2, 3, [(1000, 0), (2000, 0)]), (2, 4, [(1000, 0), (1000, 800)]))


def points(*pairs):
    return np.array(pairs, dtype=float).reshape(-1, 2)


def test_the_way_leads_over_the_corner():
    # from the end of the side street (800 m) to the corner, then 600 m east: 1 400 m at 80 m a minute
    walk = walking_minutes(TEE, points((1000, 800)), points((1600, 0))).iloc[0]

    assert walk["minutes"] == pytest.approx(1400 / 80)
    assert not walk["estimated"]


def test_the_stretch_to_the_road_counts_with_its_detour():
    # 100 m off the street, times 1.3, then 700 m along it; the target lies 30 m off it, times 1.3
    walk = walking_minutes(TEE, points((300, 100)), points((1000 + 1e-9, -30))).iloc[0]

    assert walk["minutes"] == pytest.approx((130 + 700 + 39) / 80)


def test_two_places_on_one_road_need_not_walk_to_its_end():
    walk = walking_minutes(TEE, points((300, 0)), points((700, 0))).iloc[0]

    assert walk["minutes"] == pytest.approx(400 / 80)
    assert not walk["estimated"]


def test_the_nearest_on_foot_is_not_the_nearest_as_the_crow_flies():
    # a river town: the two banks join only at x = 0. Straight, the far bank is 400 m away; on foot 400 + 1 600 + 1 600.
    banks = town((1, 2, [(0, 0), (1600, 0)]), (1, 3, [(0, 0), (0, 400)]), (3, 4, [(0, 400), (1600, 400)]))

    walk = walking_minutes(banks, points((1600, 0)), points((1600, 400), (700, 0))).iloc[0]

    assert walk["target"] == 1
    assert walk["minutes"] == pytest.approx(900 / 80)


def test_within_a_block_people_cross_it():
    # 160 m apart behind one street: straight 160 * 1.3 = 208 m; by road (120 + 160 + 120 with detours) 472 m
    walk = walking_minutes(TEE, points((400, 120)), points((560, 120))).iloc[0]

    assert walk["minutes"] == pytest.approx(160 * 1.3 / 80)
    assert walk["estimated"]


def test_far_from_any_road_the_time_is_estimated():
    walk = walking_minutes(TEE, points((300, 3000)), points((1000, 0))).iloc[0]

    assert walk["minutes"] == pytest.approx(np.hypot(700, 3000) * 1.3 / 80)
    assert walk["estimated"]


def test_roads_that_do_not_connect_give_an_estimate():
    islands = town((1, 2, [(0, 0), (500, 0)]), (3, 4, [(0, 5000), (500, 5000)]))

    walk = walking_minutes(islands, points((0, 0)), points((0, 5000))).iloc[0]

    assert walk["estimated"]
    assert walk["minutes"] == pytest.approx(5000 * 1.3 / 80)


def test_without_a_target_there_is_no_time():
    walk = walking_minutes(TEE, points((0, 0)), points()).iloc[0]

    assert np.isinf(walk["minutes"])
    assert walk["target"] == -1


def test_of_two_parallel_roads_the_shorter_counts():
    # the detour of 1 400 m and the straight road of 1 000 m join the same nodes; neither is added to the other
    both = town(
        (1, 2, [(0, 0), (0, 200), (1000, 200), (1000, 0)]), (1, 2, [(0, 0), (1000, 0)]), (2, 3, [(1000, 0), (2000, 0)])
    )

    walk = walking_minutes(both, points((0, -1e-6)), points((2000, 0))).iloc[0]

    assert walk["minutes"] == pytest.approx(2000 / 80, rel=1e-6)


def test_without_roads_everything_is_estimated():
    empty = build_network(pd.DataFrame({"from_node": [], "to_node": [], "length_m": [], "line": []}))

    assert walking_minutes(empty, points((0, 0)), points((800, 0)))["estimated"].tolist() == [True]


def test_a_negative_length_is_refused():
    with pytest.raises(BadInput, match="1 road segments have no length"):
        build_network(
            pd.DataFrame(
                {"from_node": [1], "to_node": [2], "length_m": [-3.0], "line": [shapely.LineString([(0, 0), (3, 0)])]}
            )
        )
