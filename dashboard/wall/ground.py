"""What hardly ever changes on a wall: district, communities, cells, roads, water, hills, places. Sent once per page.

Geometry leaves the house as nested lists of (lon, lat) rounded to six decimals (0.1 m), cells as hexadecimal text.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

Ring = list[list[float]]


@dataclass(frozen=True)
class Area:
    """A named area with the point its name stands at."""

    code: str
    name: str
    name_en: str
    #: polygons, each a list of rings, the outer one first
    polygons: list[list[Ring]]
    label: list[float] | None = None


@dataclass(frozen=True)
class Road:
    """A named road as the lines it is made of; `rank` main, second or minor."""

    name: str
    rank: str
    lines: list[Ring]


@dataclass(frozen=True)
class Spot:
    """A compound or an apartment area; `kind` commercial, resettlement or apartment."""

    id: int
    name: str
    kind: str
    point: list[float]
    households: int
    community: str


@dataclass(frozen=True)
class Ground:
    """Everything under the figures of a wall."""

    name: str
    name_en: str
    timezone: str
    schematic: bool
    outline: list[list[Ring]]
    communities: list[Area]
    #: cells of resolution 10 with a share, in the order in which every layer's classes come
    cells: list[str]
    #: the cells' outlines, closed rings
    hexagons: list[Ring]
    #: position of each cell's community in `communities`, −1 where there is none
    cell_community: list[int]
    roads: list[Road]
    water: list[Area]
    #: hills by tint, lowest first
    hills: list[Area]
    spots: list[Spot]
    cell_area_m2: float
    bounds: list[float] = field(default_factory=list)

    @cached_property
    def version(self) -> str:
        """Changes when any of it changes; pages reload their ground by it."""
        return hashlib.sha256(self.as_json().encode()).hexdigest()[:12]

    @cached_property
    def position(self) -> dict[int, int]:
        """Position of each cell (as an integer) in `cells`."""
        return {int(cell, 16): place for place, cell in enumerate(self.cells)}

    def as_json(self) -> str:
        """Serialise for the page."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))


def rings_of(geometry: dict[str, Any] | None) -> list[list[Ring]]:
    """Return a GeoJSON polygon or multipolygon as a list of polygons of rounded rings; nothing for no geometry."""
    if geometry is None:
        return []
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [[rounded(ring) for ring in polygon] for polygon in polygons]


def lines_of(geometry: dict[str, Any] | None) -> list[Ring]:
    """Return a GeoJSON line or multiline as a list of rounded lines; nothing for no geometry."""
    if geometry is None:
        return []
    lines = geometry["coordinates"] if geometry["type"] == "MultiLineString" else [geometry["coordinates"]]
    return [rounded(line) for line in lines]


def rounded(points: Sequence[Sequence[float]]) -> Ring:
    """Round (lon, lat) to six decimals, 0.1 m."""
    return [[round(point[0], 6), round(point[1], 6)] for point in points]


def bounds_of(polygons: list[list[Ring]]) -> list[float]:
    """Return (west, south, east, north) of polygons [deg]."""
    points = [point for polygon in polygons for point in polygon[0]]
    lons, lats = [point[0] for point in points], [point[1] for point in points]
    return [min(lons), min(lats), max(lons), max(lats)]
