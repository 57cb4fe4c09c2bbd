"""The four real order tables: what a careful person could place from the text alone, labelled by hand.

Labels are keyed by table and row; the texts stay where they are. The tables hold 301 orders; 287 name no place that the
gazetteer knows, many no place at all, and must be left unplaced or to a person.
"""

import csv
from pathlib import Path

import pytest

from gis.geocode import Geocoder, read_gazetteer
from gis.location import MATCHED

SHARED = Path(__file__).resolve().parents[3] / "shared"
TABLES = {
    "grid_workorders_2021": "问题描述",
    "commercial_grid_orders_50": "事件内容",
    "enterprise_grid_orders_50": "问题描述",
    "topdown_orders_2021": "事件内容",
}
# (table, row from 1) -> accepted places and building; a lamp post's number is no house number
LABELS: dict[tuple[str, int], tuple[set[str], str]] = {
    ("grid_workorders_2021", 1): ({"FR103"}, ""),  # a road; the school beside it is not in the gazetteer
    ("grid_workorders_2021", 4): ({"FC038"}, ""),
    ("grid_workorders_2021", 5): ({"FC038"}, ""),
    ("grid_workorders_2021", 6): ({"FC020", "FC022"}, ""),  # the river north of the estate
    ("grid_workorders_2021", 7): ({"FC051"}, ""),
    ("grid_workorders_2021", 8): ({"FC021"}, ""),
    ("grid_workorders_2021", 22): ({"FC009"}, "FC009-014"),
    ("grid_workorders_2021", 24): ({"FC013"}, "FC013-106"),
    ("grid_workorders_2021", 27): ({"FC013"}, "FC013-095"),
    ("grid_workorders_2021", 28): ({"FC014"}, ""),  # the building number is not in the gazetteer
    ("grid_workorders_2021", 57): ({"FC017"}, "FC017-005"),
    ("topdown_orders_2021", 42): ({"FR098"}, ""),
    ("topdown_orders_2021", 70): ({"FR098"}, ""),
    ("topdown_orders_2021", 101): ({"FR108"}, ""),
}

pytestmark = pytest.mark.skipif(
    not (SHARED / "inputs" / "orders").is_dir(), reason="the real order tables are not here"
)


def test_real_orders_are_placed_or_rightly_left():
    geocoder = Geocoder(read_gazetteer(SHARED / "geocoding" / "gazetteer"))
    wrong: list[tuple[str, int, str]] = []
    best_guess_right = matched = 0
    for table, column in TABLES.items():
        with (SHARED / "inputs" / "orders" / f"{table}.csv").open(encoding="utf-8-sig", newline="") as lines:
            texts = [row[column] or "" for row in csv.DictReader(lines)]
        for row, location in enumerate(geocoder.locate_many(texts), 1):
            label = LABELS.get((table, row))
            right = label is not None and location.place_id in label[0] and location.building_id == label[1]
            best_guess_right += right
            matched += right and location.status == MATCHED
            if location.status == MATCHED and not right:
                wrong.append((table, row, location.place_id))

    assert wrong == []
    assert best_guess_right == len(LABELS)
    assert matched >= len(LABELS) - 2
