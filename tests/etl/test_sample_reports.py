"""The sample's reports: a few coordinates lie where the report was typed and not where it is about."""

import datetime as dt

import numpy as np
import pytest

from etl.sample.causes import Causes
from etl.sample.facts import to_geographic
from etl.sample.reports import Reports
from gis.coordinates import to_wgs84
from gis.geocode.gazetteer import distance_m
from tests.etl.sample_world import UNTIL, small_world


def test_one_stated_point_in_fifty_lies_elsewhere_and_none_outside():
    causes = Causes(small_world())
    days = [causes.draw("incidents", UNTIL - dt.timedelta(days)) for days in range(400)]

    incidents = Reports(causes).incidents(days)

    stated = incidents[incidents["lon"].notna()]
    lon, lat = to_wgs84(stated["lon"], stated["lat"], system="BD09")
    truth = to_geographic(stated[["x", "y"]].to_numpy())
    apart_m = np.array([distance_m(*pair) for pair in zip(lon, lat, *truth.T, strict=True)])
    astray = apart_m > 20
    assert len(stated) > 500
    # 2 % of what is no surge and not within 900 m of the middle
    assert astray.mean() == pytest.approx(0.02, abs=0.013)
    assert astray.any()
    assert ((apart_m[astray] > 399) & (apart_m[astray] < 901)).all()
    assert not astray[(stated["surge"] >= 0).to_numpy()].any()
