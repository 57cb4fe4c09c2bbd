"""Roads, junctions, water, hills and the terrain raster of the sample; all 示意, drawn through known points.

Roads are splines through `facts/roads.csv`, which holds the junctions known from public records as common points. They
run up to a kilometre beyond the border, as a map sheet does.
"""

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.features import shapes as trace
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter, zoom
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry

from etl.sample.facts import (
    TERRAIN_NORTH,
    TERRAIN_STEP_DEG,
    TERRAIN_WEST,
    read_facts,
    read_terrain,
    to_metric,
)

# terrain is refined by this factor: 0.0056 to 0.0011 degrees
REFINE = 5
HILL_FOOT_M = 32.0
_GRID_M = 0.01
_BEYOND_M = 1000.0


@dataclass(frozen=True)
class Landscape:
    """Frames in EPSG:4549 [m] with a `geometry` column each."""

    roads: pd.DataFrame  # 路段编号, 路名, 等级, 起点, 终点, 长度_m, geometry
    junctions: pd.DataFrame  # 节点编号, 路名一, 路名二, 来源, geometry
    water: pd.DataFrame  # 名称, 类型, geometry
    hills: pd.DataFrame  # 名称, 起始高程_m, geometry


def build_landscape(street: BaseGeometry) -> Landscape:
    """Draw everything that is not people or their houses; `street` is in EPSG:4549."""
    extent = street.buffer(_BEYOND_M)
    roads, junctions = _road_graph(extent)
    return Landscape(roads=roads, junctions=junctions, water=_water(extent), hills=_hills(extent))


def elevation_grid() -> tuple[NDArray[np.float32], float, float, float]:
    """Refine the terrain facts; elevation [m] north row first, west edge, north edge and cell size [deg]."""
    coarse = read_terrain()
    fine = gaussian_filter(zoom(coarse, REFINE, order=1, grid_mode=True, mode="nearest"), 1.5)
    step = TERRAIN_STEP_DEG / REFINE
    return (
        np.round(fine, 1).astype(np.float32),
        TERRAIN_WEST - TERRAIN_STEP_DEG / 2,
        TERRAIN_NORTH + TERRAIN_STEP_DEG / 2,
        step,
    )


def curve_through(path: str) -> LineString:
    """Draw a smooth line through the points of a path (`lon lat;lon lat`), which stay vertices; EPSG:4549."""
    corners = np.array([pair.split() for pair in path.split(";")], dtype=float)
    points = to_metric(corners[:, 0], corners[:, 1])
    if len(points) == 2:
        return LineString(points)
    knots = np.concatenate([[0.0], np.cumsum(np.sqrt(np.hypot(*np.diff(points, axis=0).T)))])
    spline = CubicSpline(knots, points, bc_type="natural")
    along = [np.linspace(start, stop, 12, endpoint=False) for start, stop in itertools.pairwise(knots)]
    curve = spline(np.concatenate([*along, knots[-1:]]))
    curve[::12] = points
    return LineString(curve)


def _road_graph(extent: BaseGeometry) -> tuple[pd.DataFrame, pd.DataFrame]:
    facts = read_facts("roads")
    names, grades = facts["name"].to_numpy(), facts["class"].to_numpy()
    lines = _snap_ends([curve_through(path) for path in facts["path"]])
    lines = [shapely.intersection(line, extent) for line in lines]
    edges = shapely.get_parts(shapely.line_merge(shapely.union_all(lines, grid_size=_GRID_M)))
    # line_merge joined what only two edges of one road share; where roads meet, nodes stay
    edges = shapely.get_parts(shapely.union_all(edges, grid_size=_GRID_M))
    middles = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    owner = np.argmin(np.array([shapely.distance(line, middles) for line in lines]), axis=0)
    ends = np.array([[edge.coords[0], edge.coords[-1]] for edge in edges])
    degree: dict[tuple[float, float], set[int]] = {}
    for edge, (head, tail) in enumerate(ends):
        degree.setdefault(tuple(head), set()).add(edge)
        degree.setdefault(tuple(tail), set()).add(edge)
    # overshoots of a few metres behind a junction are drawing noise
    stub = np.array(
        [
            edges[i].length < 30 and min(len(degree[tuple(head)]), len(degree[tuple(tail)])) == 1
            for i, (head, tail) in enumerate(ends)
        ]
    )
    edges, owner, ends = edges[~stub], owner[~stub], ends[~stub]
    order = np.lexsort((ends[:, 0, 1], ends[:, 0, 0], owner))
    edges, owner, ends = edges[order], owner[order], ends[order]
    nodes: dict[tuple[float, float], str] = {}
    for head, tail in ends:
        for point in (tuple(head), tuple(tail)):
            nodes.setdefault(point, f"N{len(nodes) + 1:03d}")
    roads = pd.DataFrame(
        {
            "路段编号": [f"L{number + 1:03d}" for number in range(len(edges))],
            "路名": names[owner],
            "等级": grades[owner],
            "起点": [nodes[tuple(head)] for head, _ in ends],
            "终点": [nodes[tuple(tail)] for _, tail in ends],
            "长度_m": np.round(shapely.length(edges), 1),
            "geometry": edges,
        }
    )
    return roads, _junctions(roads, nodes)


def _junctions(roads: pd.DataFrame, nodes: dict[tuple[float, float], str]) -> pd.DataFrame:
    anchors = read_facts("junction_anchors", "lon", "lat")
    real = {frozenset((a, b)) for a, b in zip(anchors["road_a"], anchors["road_b"], strict=True)}
    rows = []
    for point, node in nodes.items():
        meeting = sorted(set(roads.loc[(roads["起点"] == node) | (roads["终点"] == node), "路名"]))
        rows += [
            {
                "节点编号": node,
                "路名一": first,
                "路名二": second,
                "来源": "实测锚点" if frozenset((first, second)) in real else "示意",
                "geometry": Point(point),
            }
            for place, first in enumerate(meeting)
            for second in meeting[place + 1 :]
        ]
    table = pd.DataFrame(rows)
    # a crossing drawn twice within a few metres is one crossing
    return table.drop_duplicates(["路名一", "路名二"]).reset_index(drop=True)


def _snap_ends(lines: list[LineString]) -> list[LineString]:
    """Bring an end that stops within 70 m of another road onto that road."""
    snapped = []
    for place, line in enumerate(lines):
        points = shapely.get_coordinates(line)
        others = shapely.union_all([other for number, other in enumerate(lines) if number != place])
        for end in (0, -1):
            tip = Point(points[end])
            if 0 < tip.distance(others) < 70:
                points[end] = shapely.get_coordinates(shapely.shortest_line(tip, others))[1]
        snapped.append(LineString(points))
    return snapped


def _water(extent: BaseGeometry) -> pd.DataFrame:
    facts = read_facts("water", "half_width_m")
    shapes = []
    for path, half_width_m, kind in zip(facts["path"], facts["half_width_m"], facts["type"], strict=True):
        line = curve_through(path)
        shape = line.buffer(half_width_m, quad_segs=12)
        if kind == "湖":
            # a pond is not a capsule: bulge it along its bearing, always the same way
            centre = np.array(line.centroid.coords[0])
            ring = shapely.get_coordinates(shape) - centre
            angle = np.arctan2(ring[:, 1], ring[:, 0])
            swell = 1 + 0.16 * np.sin(2 * angle + 0.6) + 0.08 * np.sin(3 * angle + 2.0)
            shape = shapely.polygons(centre + ring * swell[:, None])
        shapes.append(shapely.intersection(shape, extent))
    return pd.DataFrame({"名称": facts["name"], "类型": facts["type"], "geometry": shapes})


def _hills(extent: BaseGeometry) -> pd.DataFrame:
    grid, west, north, step = elevation_grid()
    rows = []
    for level_m in (HILL_FOOT_M, 60.0, 100.0):
        # four times finer and blurred, so that the contour is a curve and not a stair
        fine = gaussian_filter(zoom(grid, 4, order=1, grid_mode=True, mode="nearest"), 3.0)
        mask = (fine > level_m).astype(np.uint8)
        for outline, _ in trace(mask, mask=mask == 1, transform=Affine(step / 4, 0.0, west, 0.0, -step / 4, north)):
            polygon = shapely.geometry.shape(outline)
            ring = shapely.transform(polygon, lambda lonlat: to_metric(lonlat[:, 0], lonlat[:, 1]))
            hill = shapely.intersection(ring.buffer(-40).buffer(80).buffer(-40).simplify(4.0), extent)
            rows += [
                {"名称": "山体（示意）", "起始高程_m": level_m, "geometry": part}
                for part in shapely.get_parts(hill)
                if part.geom_type == "Polygon" and part.area > 8_000
            ]
    return pd.DataFrame(rows)
