"""From coordinates and readings to location columns."""

import json

import numpy as np
import pandas as pd
import pytest
import shapely

from gis.cells import index_points
from gis.location import AMBIGUOUS, MATCHED, NOWHERE, Candidate, Location
from gis.placing import Territory, place_records, readings_frame

# two communities side by side, each one work grid: west 120.50 to 120.51, east 120.51 to 120.52
WEST, EAST = shapely.box(120.50, 31.30, 120.51, 31.31), shapely.box(120.51, 31.30, 120.52, 31.31)
AREAS = np.array([WEST, EAST], dtype=object)
TERRITORY = Territory(
    ("w", "e"), AREAS, (11, 12), AREAS, shapely.box(120.50, 31.30, 120.52, 31.31), {"w": "西社区", "e": "东社区"}
)
BUILDING = Location(MATCHED, "building", "p5", "b7", lon=120.505, lat=31.305, radius_m=20.0, confidence=0.98)


def place(*readings: Location, lon: float = np.nan, lat: float = np.nan) -> pd.DataFrame:
    return place_records(
        TERRITORY, lon=[lon] * len(readings), lat=[lat] * len(readings), readings=readings_frame(readings)
    )


def test_a_reading_gives_point_cell_community_and_grid() -> None:
    row = place(BUILDING).iloc[0]

    assert (row["placement"], row["match_level"], row["place_id"], row["building_id"]) == ("placed", "building", 5, 7)
    assert row["cell"] == index_points([120.505], [31.305])[0]
    assert (row["community_code"], row["work_grid_id"]) == ("w", 11)


@pytest.mark.parametrize(
    "reading",
    [
        NOWHERE,
        Location(MATCHED, "community", "cw", lon=120.505, lat=31.305, radius_m=400.0, confidence=0.9),
        Location(MATCHED, "road", "p9", lon=120.505, lat=31.305, radius_m=1200.0, confidence=0.9),
        Location(MATCHED, "poi", "p9", lon=121.0, lat=31.305, radius_m=50.0, confidence=0.9),
    ],
    ids=["nothing", "community", "long road", "outside"],
)
def test_what_is_known_no_better_than_a_community_is_unplaced(reading: Location) -> None:
    row = place(reading).iloc[0]

    assert row["placement"] == "unplaced"
    assert np.isnan(row["lon"])
    assert row["cell"] == 0


def test_a_community_that_was_read_is_kept_although_it_is_no_place() -> None:
    row = place(Location(MATCHED, "community", "cw", lon=120.505, lat=31.305, radius_m=900.0, confidence=0.9)).iloc[0]

    assert (row["placement"], row["community_code"], row["match_level"]) == ("unplaced", "w", "community")


def test_an_ambiguous_reading_keeps_its_candidates_and_no_point() -> None:
    candidates = (Candidate("p1", "zone", 0.5, lon=120.505, lat=31.305), Candidate("p2", "zone", 0.4))
    reading = Location(AMBIGUOUS, "zone", "p1", lon=120.505, lat=31.305, confidence=0.5, candidates=candidates)

    row = place(reading).iloc[0]

    assert (row["placement"], row["cell"], row["place_id"]) == ("ambiguous", 0, 0)
    assert [one["place"] for one in json.loads(row["located_by"])["candidates"]] == ["p1", "p2"]


def test_stated_coordinates_hold_and_a_text_near_them_says_what_is_there() -> None:
    # 0.0005° of longitude are 48 m here, within the 150 m that confirm a text
    row = place(BUILDING, lon=120.5055, lat=31.305).iloc[0]

    assert (row["lon"], row["match_level"], row["building_id"]) == (120.5055, "building", 7)


def test_stated_coordinates_far_from_what_the_text_says_hold_alone() -> None:
    row = place(BUILDING, lon=120.515, lat=31.305).iloc[0]

    assert (row["lon"], row["match_level"], row["building_id"]) == (120.515, "coordinates", 0)
    assert (row["community_code"], row["work_grid_id"]) == ("e", 12)


def test_a_point_on_a_shared_border_has_one_community_and_one_just_outside_the_nearest() -> None:
    # 0.0002° of latitude are 22 m, within the 30 m of the edge
    units = TERRITORY.units_at([120.51, 120.505, 120.505], [31.305, 31.3102, 31.32])

    assert units["community_code"].tolist()[:2] == ["w", "w"]
    assert pd.isna(units["community_code"][2])
    assert TERRITORY.inside([120.505, 120.505, np.nan], [31.3102, 31.32, 31.3]).tolist() == [True, False, False]


def test_the_index_of_the_records_is_kept() -> None:
    readings = readings_frame([BUILDING, NOWHERE]).set_axis(pd.Index([42, 7]))

    located = place_records(TERRITORY, lon=[np.nan] * 2, lat=[np.nan] * 2, readings=readings)

    assert located.index.tolist() == [42, 7]
    assert located["placement"].tolist() == ["placed", "unplaced"]
