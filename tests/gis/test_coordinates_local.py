"""Local grids are fitted from control points, or refused."""

import math

import numpy as np
import pytest

from gis.coordinates_local import fit_local_grid
from gis.errors import BadInput

EAST = np.array([1000.0, 5000.0, 5200.0, 900.0])
NORTH = np.array([2000.0, 2100.0, 6000.0, 6100.0])


def turned(angle_deg: float, scale: float, shift: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    a, b = scale * math.cos(math.radians(angle_deg)), scale * math.sin(math.radians(angle_deg))
    return shift[0] + a * EAST - b * NORTH, shift[1] + b * EAST + a * NORTH


def test_a_known_turn_scale_and_shift_are_found_again():
    x, y = turned(0.4, 1.00005, (540_000.0, 3_460_000.0))

    grid = fit_local_grid(EAST, NORTH, target_east=x, target_north=y)

    assert grid.rotation_deg == pytest.approx(0.4, abs=1e-9)
    assert grid.scale == pytest.approx(1.00005, abs=1e-12)
    assert grid.rmse_m < 1e-4
    east, north = grid.to_target([3000.0], [3000.0])
    back = grid.from_target(east, north)
    assert back[0][0] == pytest.approx(3000.0, abs=1e-6)
    assert back[1][0] == pytest.approx(3000.0, abs=1e-6)


def test_a_point_that_disagrees_is_named():
    x, y = turned(0.0, 1.0, (0.0, 0.0))
    x[2] += 4.0

    with pytest.raises(BadInput, match="point 3 is off"):
        fit_local_grid(EAST, NORTH, target_east=x, target_north=y)


def test_small_errors_are_accepted_and_reported():
    x, y = turned(0.0, 1.0, (0.0, 0.0))
    x = x + np.array([0.1, -0.1, 0.1, -0.1])

    grid = fit_local_grid(EAST, NORTH, target_east=x, target_north=y)

    assert 0.0 < grid.rmse_m <= 0.1
    assert len(grid.residuals_m) == 4


def test_too_few_points_and_points_in_one_spot_are_refused():
    with pytest.raises(BadInput, match="at least 3"):
        fit_local_grid([1, 2], [1, 2], target_east=[1, 2], target_north=[1, 2])
    with pytest.raises(BadInput, match="one spot"):
        fit_local_grid([1.0] * 3, [1.0] * 3, target_east=[5.0] * 3, target_north=[5.0] * 3)
    with pytest.raises(BadInput, match="one length"):
        fit_local_grid([1, 2, 3], [1, 2, 3], target_east=[1, 2], target_north=[1, 2])
