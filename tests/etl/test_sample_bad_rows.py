import numpy as np
import pandas as pd

from etl.sample.bad_rows import INCIDENTS, mix_in
from etl.sample.causes import Causes
from etl.sample.delivery import end_of, incident_rows
from etl.sample.reports import Reports
from tests.etl.sample_world import UNTIL, small_world


def some_incidents() -> pd.DataFrame:
    causes = Causes(small_world())
    return incident_rows(Reports(causes).incidents([causes.draw("incidents", UNTIL)] * 1), end_of(UNTIL))


def test_good_rows_stay_as_they_were_and_in_order():
    table = some_incidents()
    mixed, truth = mix_in(table, INCIDENTS, 30, np.random.default_rng(5))
    assert len(mixed) == len(table) + 30 == len(table) + len(truth)
    good = mixed.drop(index=truth["row"] - 1).reset_index(drop=True)
    pd.testing.assert_frame_equal(good, table.astype(object), check_dtype=False)


def test_each_way_of_being_wrong_is_tried_and_visible():
    table = some_incidents()
    mixed, truth = mix_in(table, INCIDENTS, 40, np.random.default_rng(5))
    rows = mixed.iloc[truth["row"] - 1].reset_index(drop=True)
    by_reason = rows.groupby(truth["reason"])
    assert set(by_reason.groups) == {*INCIDENTS.spoilers, "same_key_twice", "copy"}
    swapped = by_reason.get_group("swapped_axes")
    assert (swapped["经度"].astype(float) < 32).all()
    assert (swapped["纬度"].astype(float) > 120).all()
    early = by_reason.get_group("closed_before_reported")
    assert (early["办结时间"] < early["上报时间"]).all()
    assert not by_reason.get_group("source_as_community")["社区"].str.endswith("社区").any()
    first = mixed.reset_index().groupby("事件编号")["index"].min()
    for row, reason, key in zip(truth["row"], truth["reason"], truth["source_key"], strict=True):
        if reason in ("same_key_twice", "copy"):
            assert first[key] < row - 1


def test_no_rows_are_spoilt_when_none_are_wanted():
    table = some_incidents()
    mixed, truth = mix_in(table, INCIDENTS, 0, np.random.default_rng(5))
    assert mixed is table
    assert truth.empty
