"""Distances between places: great circle on a sphere, or Euclidean in the plane."""

import numpy as np
import numpy.typing as npt

EARTH_RADIUS_KM = 6371.0088  # mean radius R1 of the IUGG, as in GRS80

Floats = npt.NDArray[np.float64]


def unit_vectors(lon: Floats, lat: Floats) -> Floats:
    """Return points on the unit sphere, one row (x, y, z) per place; lon and lat in degrees."""
    longitude, latitude = np.radians(lon), np.radians(lat)
    return np.column_stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
    )


def great_circle_km(lon: Floats, lat: Floats, to_lon: Floats | float, to_lat: Floats | float) -> Floats:
    """Return great-circle distances [km] by the haversine formula, exact enough for neighbours a metre apart."""
    half_lat = np.radians(np.asarray(to_lat) - lat) / 2
    half_lon = np.radians(np.asarray(to_lon) - lon) / 2
    square = np.sin(half_lat) ** 2 + np.cos(np.radians(lat)) * np.cos(np.radians(to_lat)) * np.sin(half_lon) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(square, 0.0, 1.0))), dtype=np.float64)


def planar_distance(x: Floats, y: Floats, to_x: Floats | float, to_y: Floats | float) -> Floats:
    """Return Euclidean distances in the unit of the coordinates."""
    return np.asarray(np.sqrt((x - to_x) ** 2 + (y - to_y) ** 2), dtype=np.float64)


def chord_of_km(distance_km: float) -> float:
    """Return the straight chord on the unit sphere under a great-circle distance [km] (the whole sphere beyond half
    way round)."""
    return float(2 * np.sin(min(distance_km / EARTH_RADIUS_KM, np.pi) / 2))
