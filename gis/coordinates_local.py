"""Fit a city's local plane grid to a known one from control points: shift, turn and scale (4 parameters).

Local grids hide their false origin, so they cannot be converted by formula; with at least three points known in both
grids they can be fitted by least squares. Coordinates are centred first, since millions of metres squared would eat the
digits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gis.coordinates import Floats
from gis.errors import BadInput

# the residual above which a fit is no use for placing a house [m]
MOST_RMSE_M = 0.5
LEAST_POINTS = 3


@dataclass(frozen=True, slots=True)
class LocalGrid:
    """A fitted transformation: target = centre_target + [a -b; b a] (local - centre_local)."""

    centre_local: tuple[float, float]
    centre_target: tuple[float, float]
    a: float
    b: float
    rmse_m: float
    residuals_m: tuple[float, ...]  # of each control point

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "LocalGrid":
        """Build it from its fields as JSON keeps them."""
        fields: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in kept.items()}
        return cls(**fields)

    @property
    def scale(self) -> float:
        """Length of a local metre in the target grid."""
        return float(np.hypot(self.a, self.b))

    @property
    def rotation_deg(self) -> float:
        """Turn of the local axes, anticlockwise [deg]."""
        return float(np.degrees(np.arctan2(self.b, self.a)))

    def to_target(self, east: ArrayLike, north: ArrayLike) -> tuple[Floats, Floats]:
        """Convert local coordinates [m] to the target grid [m]."""
        x = np.asarray(east, dtype=np.float64) - self.centre_local[0]
        y = np.asarray(north, dtype=np.float64) - self.centre_local[1]
        return self.centre_target[0] + self.a * x - self.b * y, self.centre_target[1] + self.b * x + self.a * y

    def from_target(self, east: ArrayLike, north: ArrayLike) -> tuple[Floats, Floats]:
        """Convert coordinates of the target grid [m] to the local one [m]."""
        x = np.asarray(east, dtype=np.float64) - self.centre_target[0]
        y = np.asarray(north, dtype=np.float64) - self.centre_target[1]
        square = self.a * self.a + self.b * self.b
        return (
            self.centre_local[0] + (self.a * x + self.b * y) / square,
            self.centre_local[1] + (self.a * y - self.b * x) / square,
        )


def fit_local_grid(
    local_east: ArrayLike, local_north: ArrayLike, *, target_east: ArrayLike, target_north: ArrayLike
) -> LocalGrid:
    """Fit a local grid by least squares from control points known in both grids [m].

    Raises
    ------
    BadInput
        If there are fewer than three points, if they all lie in one spot, or if the residual (RMSE) is above 0.5 m.
    """
    u, v = np.asarray(local_east, dtype=np.float64), np.asarray(local_north, dtype=np.float64)
    x, y = np.asarray(target_east, dtype=np.float64), np.asarray(target_north, dtype=np.float64)
    if not u.shape == v.shape == x.shape == y.shape or u.ndim != 1:
        raise BadInput(
            "Control points must be four lists of one length, not {u_shape}, {v_shape}, {x_shape}, {y_shape}.",
            u_shape=u.shape,
            v_shape=v.shape,
            x_shape=x.shape,
            y_shape=y.shape,
        )
    if len(u) < LEAST_POINTS:
        raise BadInput(
            "A local grid needs at least {least_points} control points, {count} were given.",
            least_points=LEAST_POINTS,
            count=len(u),
        )
    du, dv, dx, dy = u - u.mean(), v - v.mean(), x - x.mean(), y - y.mean()
    square = float((du * du + dv * dv).sum())
    if square < 1.0:
        raise BadInput("The control points all lie in one spot; choose points at the edges of the area.")
    a = float((du * dx + dv * dy).sum()) / square
    b = float((du * dy - dv * dx).sum()) / square
    residuals = np.hypot(dx - (a * du - b * dv), dy - (b * du + a * dv))
    rmse_m = float(np.sqrt((residuals**2).mean()))
    if rmse_m > MOST_RMSE_M:
        worst = int(residuals.argmax())
        raise BadInput(
            "The control points disagree: RMSE {rmse_m:.2f} m, at most {most_rmse_m} m is allowed; point "
            "{number} is off by {off_m:.2f} m.",
            rmse_m=rmse_m,
            most_rmse_m=MOST_RMSE_M,
            number=worst + 1,
            off_m=residuals[worst],
        )
    return LocalGrid(
        (float(u.mean()), float(v.mean())),
        (float(x.mean()), float(y.mean())),
        a,
        b,
        round(rmse_m, 4),
        tuple(round(float(residual), 4) for residual in residuals),
    )
