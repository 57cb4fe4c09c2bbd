"""What `district.yml` says of a file: the city's own grid, fitted from control points."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from etl.delivery import converter, read_delivery
from etl.feeds import KNOWN
from etl.replay import source_of
from gis.coordinates import System, to_wgs84
from gis.errors import BadInput
from tests.etl.small_district import FEEDS, write_small_district, write_yaml

#: control points in the metric system, EPSG:4549 [m]
EAST_M, NORTH_M = np.array([547_000.0, 548_000.0, 547_500.0]), np.array([3_463_000.0, 3_463_500.0, 3_464_000.0])


def local(east: np.ndarray, north: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The city's grid: shifted, and turned by 0.01 rad."""
    x, y = east - 540_000.0, north - 3_460_000.0
    return np.cos(0.01) * x - np.sin(0.01) * y, np.sin(0.01) * x + np.cos(0.01) * y


def control(*, off_m: float = 0.0) -> str:
    u, v = local(EAST_M, NORTH_M)
    u[1] += off_m
    return "\n".join(",".join(map(str, row)) for row in zip(u, v, EAST_M, NORTH_M, strict=True))


def folder_with(tmp_path: Path, points: str, **entry: str) -> Path:
    folder = write_small_district(tmp_path / "delivery")
    (folder / "control.csv").write_text("local_east,local_north,east,north\n" + points, encoding="utf-8")
    changed = {"crs": "LOCAL", "control_points": "control.csv", **entry}
    write_yaml(folder, [{**feed, **changed} if feed["feed"] == "buildings" else feed for feed in FEEDS])
    return folder


def test_a_local_grid_is_fitted_and_kept_with_the_feed(tmp_path: Path):
    delivery = read_delivery(folder_with(tmp_path, control()), known=KNOWN)
    source = next(source for source in delivery.sources if source.feed == "buildings")
    east, north = np.array([547_321.0]), np.array([3_463_210.0])

    lon, lat = converter(source)(*local(east, north))

    # the same point straight from the metric system
    expected = to_wgs84(east, north, system=System.EPSG4549)
    assert lon == pytest.approx(expected[0], abs=1e-8)
    assert lat == pytest.approx(expected[1], abs=1e-8)
    # what the register keeps reads the file the same way later
    kept = json.loads(json.dumps(source.config))
    feed = SimpleNamespace(kind="buildings", feed="buildings", title="", expected_every_s=None)
    again = converter(source_of(feed, kept, source.path))(*local(east, north))
    assert again[0] == pytest.approx(lon)
    assert again[1] == pytest.approx(lat)


@pytest.mark.parametrize(
    ("points", "entry", "said"),
    [
        # three points, one five metres off: the residual cannot be shifted or turned away
        (control(off_m=5.0), {}, r"disagree: RMSE .* point \d is off"),
        (control().rpartition("\n")[0], {}, "at least 3 control points, 2 were given"),
        ("a,b,c,d", {}, "must be a CSV of numbers"),
        ("1,2,3,", {}, "without all four"),
        (control(), {"control_points": "gone.csv"}, r"control_points: gone\.csv is missing"),
        (control(), {"control_points": ""}, "belong together"),
        (control(), {"crs": "EPSG:4549"}, "belong together"),
    ],
)
def test_control_points_that_do_not_hold_are_refused_in_a_sentence(tmp_path: Path, points, entry, said):
    with pytest.raises(BadInput, match=said):
        read_delivery(folder_with(tmp_path, points, **entry), known=KNOWN)
