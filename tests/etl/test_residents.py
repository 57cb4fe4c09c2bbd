"""Residents: which building a person lives in."""

import pandas as pd
import pytest

from etl.feeds.residents import Standing, building_rows

#: two compounds with one building each
STANDING = Standing({"甲": 10, "乙": 20}, pd.DataFrame({"id": [1, 2]}), {(10, "1"): 0, (20, "2"): 1})


@pytest.mark.parametrize("missing", ["", None])
def test_nobody_is_put_into_a_building_they_did_not_name(missing):
    columns = pd.DataFrame(
        {
            "compound": pd.array(["甲", "乙", missing, "乙", "甲", "丙"], dtype="str"),
            "building": pd.array(["1", "2", "2", missing, "2", "1"], dtype="str"),
        }
    )

    assert building_rows(STANDING, columns).tolist() == [0, 1, -1, -1, -1, -1]
