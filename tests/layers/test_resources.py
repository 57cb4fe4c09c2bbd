"""Classes of reach, and who is left in the gaps."""

import numpy as np
import pandas as pd

from layers.perturbation import KEY_RANGE
from layers.resources import metric_points, published_gaps, reach_class

#: a sum of record keys that changes nothing: the middle of the table
SAME = KEY_RANGE // 2


def test_walking_times_fall_into_their_classes():
    reach = reach_class(np.array([0.0, 5.0, 5.1, 10.0, 15.0, 15.1, np.inf]))

    assert reach.tolist() == [5, 5, 10, 10, 15, pd.NA, pd.NA]


def test_persons_are_summed_by_how_far_help_is():
    reach = pd.DataFrame({"cell": [1, 2, 3], "kind": "aed", "reach": pd.array([5, 15, None], dtype="Int64")})
    persons = pd.DataFrame(
        {
            "cell": [1, 2, 3, 3],
            "community_code": ["A", "A", "A", "B"],
            "total": [100, 40, 20, 3],
            "total_key": [SAME, 0, 0, 0],
        }
    )

    rows = published_gaps(reach, persons, code="S").set_index(["unit_kind", "unit_code"])

    whole, first, second = rows.loc[("subdistrict", "S")], rows.loc[("community", "A")], rows.loc[("community", "B")]
    # keys: 100 persons have the middle key (no change); sums that hold them keep it, since the others' keys are 0
    assert [whole["within_5"], whole["within_10"], whole["within_15"]] == [100, 100, 140]
    # the gap's key is 0: three less than the 23 there are
    assert [whole["gap"], whole["persons"]] == [20, 163]
    assert [first["within_15"], first["gap"], first["persons"]] == [140, 17, 160]
    # three persons are not published; nobody within five minutes is no secret
    assert second["within_5"] == 0
    assert pd.isna(second["gap"])
    assert pd.isna(second["persons"])


def test_no_points_are_no_points():
    assert metric_points(np.zeros(0), np.zeros(0), srid=4549).shape == (0, 2)


def test_a_district_without_resources_has_no_points():
    nothing = pd.DataFrame([], columns=["lon", "lat"])

    assert metric_points(nothing["lon"].to_numpy(), nothing["lat"].to_numpy(), srid=4549).shape == (0, 2)
