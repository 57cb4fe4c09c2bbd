"""Street, community and work-grid polygons, grown from the compounds inside a smooth outline.

The outline is 示意: a closed spline through `facts/outline.csv`, inside the district's published outline by 70 m and
more. Communities grow from their compounds until they have their stated areas. All borders are smoothed as arcs between
the points where three areas meet, and every area is a face of the one noded line work: neighbours share each vertex.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from rasterio import Affine
from rasterio.features import shapes
from scipy.interpolate import CubicSpline
from scipy.ndimage import distance_transform_edt, gaussian_filter, gaussian_filter1d, label
from scipy.spatial import cKDTree
from shapely.geometry import LineString, Polygon, shape
from shapely.geometry.base import BaseGeometry

from etl.sample.facts import STREET_AREA_KM2, Points, read_facts, records, stream, to_metric

Labels = NDArray[np.int32]

CELL_M = 25.0
# arcs reach this far over the border they end at, so that noding finds the crossing [m]
_OVERSHOOT_M = 1.0
# half the distance at which neighbouring estates of the dense south-east lie [m]
_COMPOUND_RADIUS_M = 140.0
_WORKS_GRID_M2 = 0.7e6


@dataclass(frozen=True)
class Territory:
    """The polygons in EPSG:4549; `communities`, `tier2` and `tier3` are frames with a `polygon` column."""

    street: BaseGeometry
    communities: pd.DataFrame  # code, name, polygon
    tier2: pd.DataFrame  # code, name, community, parent, kind, polygon
    tier3: pd.DataFrame  # code, name, community, parent, kind, polygon


@dataclass(frozen=True)
class Frame:
    """A raster over the street with some margin, north row first."""

    west: float
    north: float
    rows: int
    columns: int

    @property
    def transform(self) -> Affine:
        return Affine(CELL_M, 0.0, self.west, 0.0, -CELL_M, self.north)

    def centres(self) -> Points:
        x = self.west + (np.arange(self.columns) + 0.5) * CELL_M
        y = self.north - (np.arange(self.rows) + 0.5) * CELL_M
        return np.column_stack([np.tile(x, self.rows), np.repeat(y, self.columns)])

    def look_up(self, labels: Labels, points: Points) -> Labels:
        row = np.clip(((self.north - points[:, 1]) / CELL_M).astype(int), 0, self.rows - 1)
        column = np.clip(((points[:, 0] - self.west) / CELL_M).astype(int), 0, self.columns - 1)
        found: Labels = labels[row, column]
        return found


def street_outline() -> Polygon:
    """Close a spline through the outline's points and widen it until it encloses the street's area."""
    points = read_facts("outline", "lon", "lat")
    ring = to_metric(points["lon"], points["lat"])
    closed = np.vstack([ring, ring[:1]])
    # centripetal parameter: no loops where points are unevenly spaced
    along = np.concatenate([[0.0], np.cumsum(np.sqrt(np.hypot(*np.diff(closed, axis=0).T)))])
    curve = CubicSpline(along, closed, bc_type="periodic")(np.linspace(0.0, along[-1], 1200)[:-1])
    base = Polygon(curve)
    narrow, wide = -80.0, 80.0
    for _ in range(60):
        middle = (narrow + wide) / 2
        if base.buffer(middle, quad_segs=16).area < STREET_AREA_KM2 * 1e6:
            narrow = middle
        else:
            wide = middle
    return base.buffer(wide, quad_segs=16)


def frame_of(outline: Polygon) -> Frame:
    """Lay a raster over the outline with 200 m of margin."""
    west, south, east, north = outline.bounds
    columns, rows = int((east - west + 400) / CELL_M) + 1, int((north - south + 400) / CELL_M) + 1
    return Frame(west=west - 200, north=north + 200, rows=rows, columns=columns)


def grow_communities(outline: Polygon, frame: Frame) -> Labels:
    """Label each raster cell with the index of its community in `facts/communities.csv`.

    Each community's distance field (to its compounds and its core of `facts/cores.csv`) gets an additive weight, moved
    until the area inside the outline is the wanted one.
    """
    communities = read_facts("communities", "area_target_km2")
    compounds = read_facts("compounds", "lon", "lat")
    homes = to_metric(compounds["lon"], compounds["lat"])
    cores = dict(zip(read_facts("cores")["community"], map(_core, read_facts("cores")["path"]), strict=True))
    centres = frame.centres()
    inside = shapely.contains_xy(outline, centres[:, 0], centres[:, 1])
    distance_m = np.empty((len(communities), frame.rows, frame.columns))
    for index, name in enumerate(communities["name"]):
        to_compound, _ = cKDTree(homes[compounds["community"] == name]).query(centres)
        in_core = shapely.contains_xy(cores[name], centres[:, 0], centres[:, 1]).reshape(frame.rows, frame.columns)
        nearest = np.minimum(to_compound, CELL_M * distance_transform_edt(~in_core).ravel())
        distance_m[index] = gaussian_filter(nearest.reshape(frame.rows, frame.columns), 60.0 / CELL_M)
    # what lies close to a compound is its community's, whatever the weights say
    gap_m, nearest_compound = cKDTree(homes).query(centres)
    index_of = {name: index for index, name in enumerate(communities["name"])}
    owner = compounds["community"].map(index_of).to_numpy()[nearest_compound].reshape(frame.rows, frame.columns)
    close = (gap_m < _COMPOUND_RADIUS_M).reshape(frame.rows, frame.columns)
    for index in range(len(communities)):
        distance_m[index][close & (owner == index)] -= 1e5
    target = communities["area_target_km2"].to_numpy()
    target_cells = target * inside.sum() / target.sum()
    weight_m = np.zeros(len(communities))
    for step in range(240):
        labels = np.argmin(distance_m - weight_m[:, None, None], axis=0)
        cells = np.bincount(labels.ravel()[inside], minlength=len(communities))
        miss = (target_cells - cells) / target_cells
        if np.abs(miss).max() < 0.003:
            break
        weight_m += np.clip(miss, -0.3, 0.3) * (220.0 if step < 120 else 60.0)
    return _one_piece(labels.astype(np.int32), len(communities))


def _core(path: str) -> Polygon:
    corners = np.array([pair.split() for pair in path.split(";")], dtype=float)
    return Polygon(to_metric(corners[:, 0], corners[:, 1]))


def community_polygons(outline: Polygon, frame: Frame, labels: Labels) -> pd.DataFrame:
    """Turn the labels into smooth faces inside the outline; one row per community: code, name, polygon."""
    communities = read_facts("communities")
    faces = _faces([outline], [_arcs(labels, frame, smooth_m=110.0)], [outline])
    index = frame.look_up(labels, _inner_points(faces))
    polygons = [
        shapely.coverage_union_all(faces[index == place]) if (index == place).any() else Polygon()
        for place in range(len(communities))
    ]
    return pd.DataFrame({"code": communities["code"], "name": communities["name"], "polygon": polygons})


def build_territory(
    outline: Polygon,
    frame: Frame,
    communities: pd.DataFrame,
    *,
    homes: Points,
    households: NDArray[np.float64],
    seed: int,
) -> Territory:
    """Divide each community into work grids of tiers 2 and 3 by where its households live.

    Parameters
    ----------
    outline, frame, communities
        As made by the functions above.
    homes
        Building points, EPSG:4549 [m].
    households
        Households per building [count].
    """
    facts = read_facts("communities", "tier2", "tier3")
    centres = frame.centres()
    density = _density(frame, homes, households)
    arcs: list[list[LineString]] = []
    within: list[BaseGeometry] = []
    rows: list[dict[str, str]] = []
    number = np.full(frame.rows * frame.columns, -1, dtype=np.int32)
    for place in records(facts):
        polygon = communities.loc[communities["code"] == place.code, "polygon"].iloc[0]
        mine = shapely.contains_xy(polygon, centres[:, 0], centres[:, 1])
        rng = stream(seed, "grids", str(place.code)[-8:])
        parts = _split(centres[mine], density[mine], int(place.tier2), rng)
        local = np.full(mine.sum(), -1, dtype=np.int32)
        ordinal = 0
        for part, share in enumerate(_shares(int(place.tier3), int(place.tier2)), start=1):
            members = np.flatnonzero(parts == part - 1)
            pieces = _split(centres[mine][members], density[mine][members], share, rng)
            for piece in range(share):
                ordinal += 1
                parent = f"{place.code}{part:02d}"
                local[members[pieces == piece]] = len(rows)
                rows.append(
                    {
                        "code": f"{parent}{piece + 1:02d}",
                        "name": f"{place.name}第{ordinal}网格",
                        "community": str(place.code),
                        "parent": parent,
                    }
                )
        number[mine] = local
        extended = _extend(np.where(mine, number, -1).reshape(frame.rows, frame.columns), len(rows))
        arcs.append(_arcs(extended, frame, smooth_m=60.0))
        within.append(polygon)
    faces = _faces(list(communities["polygon"]), arcs, within)
    labels = _extend(number.reshape(frame.rows, frame.columns), len(rows))
    points = _inner_points(faces)
    index = frame.look_up(labels, points)
    index = _keep_inside_community(index, points, communities, rows)
    return _assemble(faces, index, rows, communities)


def _assemble(
    faces: NDArray[np.object_],
    index: Labels,
    rows: list[dict[str, str]],
    communities: pd.DataFrame,
) -> Territory:
    tier3 = pd.DataFrame(rows)
    tier3["polygon"] = [shapely.coverage_union_all(faces[index == grid]) for grid in range(len(rows))]
    # balanced by households, a grid this large is works, hills and water
    tier3["kind"] = np.where(shapely.area(tier3["polygon"]) > _WORKS_GRID_M2, "专属", "综合")
    tier2 = (
        tier3.groupby("parent", sort=True)["polygon"]
        .agg(lambda own: shapely.coverage_union_all(list(own)))
        .reset_index()
    )
    tier2 = tier2.rename(columns={"parent": "code"})
    tier2["community"] = tier2["parent"] = tier2["code"].str[:12]
    names = dict(zip(communities["code"], communities["name"], strict=True))
    tier2["name"] = [f"{names[code[:12]]}第{int(code[12:])}片区" for code in tier2["code"]]
    tier2["kind"] = "综合"
    whole = communities.copy()
    whole["polygon"] = [
        shapely.coverage_union_all(list(tier3.loc[tier3["community"] == code, "polygon"]))
        for code in communities["code"]
    ]
    return Territory(
        street=shapely.coverage_union_all(list(tier3["polygon"])), communities=whole, tier2=tier2, tier3=tier3
    )


def _density(frame: Frame, homes: Points, households: NDArray[np.float64]) -> NDArray[np.float64]:
    """Households per raster cell, blurred over 100 m, with a little for empty land so that grids cover it too."""
    row = ((frame.north - homes[:, 1]) / CELL_M).astype(int)
    column = ((homes[:, 0] - frame.west) / CELL_M).astype(int)
    counts = np.zeros((frame.rows, frame.columns))
    np.add.at(counts, (row, column), households)
    blurred = gaussian_filter(counts, 100.0 / CELL_M)
    density: NDArray[np.float64] = (blurred + 0.03 * blurred.mean()).ravel()
    return density


def _shares(total: int, parts: int) -> list[int]:
    return [total // parts + (1 if part < total % parts else 0) for part in range(parts)]


def _split(points: Points, weight: NDArray[np.float64], parts: int, rng: np.random.Generator) -> Labels:
    """Divide points into `parts` balanced areas: weighted k-means with a handicap for those that have too much."""
    centres = points[rng.choice(len(points), size=parts, replace=False, p=weight / weight.sum())]
    handicap_m = np.zeros(parts)
    labels = np.zeros(len(points), dtype=np.int32)
    for step in range(40):
        distance_m = np.hypot(points[:, None, 0] - centres[None, :, 0], points[:, None, 1] - centres[None, :, 1])
        labels = np.argmin(distance_m + handicap_m, axis=1).astype(np.int32)
        load = np.bincount(labels, weights=weight, minlength=parts)
        if step < 25:
            mass = np.maximum(load, 1e-9)
            for axis in (0, 1):
                moved = np.bincount(labels, weights=weight * points[:, axis], minlength=parts) / mass
                centres[:, axis] = np.where(load > 0, moved, centres[:, axis])
        handicap_m += 25.0 * np.clip(load / load.mean() - 1.0, -1.0, 1.0)
    return labels


def _one_piece(labels: Labels, count: int) -> Labels:
    """Keep the largest piece of each label and give the rest to the nearest kept one."""
    kept = np.full(labels.shape, -1, dtype=np.int32)
    for value in range(count):
        pieces, found = label(labels == value)
        if found:
            sizes = np.bincount(pieces.ravel())[1:]
            kept[pieces == 1 + int(np.argmax(sizes))] = value
    return _nearest(kept)


def _extend(labels: Labels, count: int) -> Labels:
    return _one_piece(_nearest(labels), count)


def _nearest(labels: Labels) -> Labels:
    """Fill cells of −1 with the label of the nearest filled cell."""
    row, column = distance_transform_edt(labels < 0, return_distances=False, return_indices=True)
    filled: Labels = labels[row, column]
    return filled


def _arcs(labels: Labels, frame: Frame, *, smooth_m: float) -> list[LineString]:
    """Trace the borders between labels as smooth arcs that keep their end points."""
    outlines = [shape(outline).exterior for outline, _ in shapes(labels, transform=frame.transform)]
    holes = [ring for outline, _ in shapes(labels, transform=frame.transform) for ring in shape(outline).interiors]
    merged = shapely.line_merge(shapely.union_all([LineString(ring) for ring in [*outlines, *holes]]))
    return [_smooth(arc, smooth_m) for arc in shapely.get_parts(merged)]


def _smooth(arc: LineString, smooth_m: float) -> LineString:
    step_m = 10.0
    count = max(3, round(arc.length / step_m) + 1)
    points = shapely.get_coordinates(shapely.line_interpolate_point(arc, np.linspace(0.0, arc.length, count)))
    # a short arc is smoothed less, so that it does not shrink to a chord
    sigma = min(smooth_m, arc.length / 5) / step_m
    if arc.is_closed:
        smooth = gaussian_filter1d(points[:-1], sigma, axis=0, mode="wrap")
        return shapely.simplify(LineString(np.vstack([smooth, smooth[:1]])), 1.0)
    # reflect about the end points, so that they stay where other arcs meet them
    head, tail = 2 * points[0] - points[1:][::-1], 2 * points[-1] - points[:-1][::-1]
    smooth = gaussian_filter1d(np.vstack([head, points, tail]), sigma, axis=0)[len(head) : len(head) + count]
    smooth[0], smooth[-1] = points[0], points[-1]
    return shapely.simplify(LineString(smooth), 1.0)


def _faces(
    borders: Iterable[BaseGeometry], arcs: Sequence[list[LineString]], within: Sequence[BaseGeometry]
) -> NDArray[np.object_]:
    """Node all borders and arcs together and return the faces they enclose."""
    lines = [border.boundary for border in borders]
    for own, polygon in zip(arcs, within, strict=True):
        lines.append(shapely.intersection(shapely.union_all(own), polygon.buffer(_OVERSHOOT_M)))
    noded = shapely.node(shapely.union_all(lines))
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    roof = shapely.union_all(list(within)).buffer(0.5)
    kept: NDArray[np.object_] = faces[shapely.contains(roof, shapely.point_on_surface(faces))]
    return kept


def _inner_points(faces: NDArray[np.object_]) -> Points:
    points: Points = shapely.get_coordinates(shapely.point_on_surface(faces))
    return points


def _keep_inside_community(
    index: Labels, points: Points, communities: pd.DataFrame, rows: list[dict[str, str]]
) -> Labels:
    """Smoothing moves borders by some metres: a face whose grid lies in another community takes the nearest own one."""
    fixed = index.copy()
    for code, polygon in zip(communities["code"], communities["polygon"], strict=True):
        own = np.array([row["community"] == code for row in rows])
        inside = shapely.contains_xy(polygon, points[:, 0], points[:, 1])
        right = inside & own[index]
        for face in np.flatnonzero(inside & ~own[index]):
            candidates = np.flatnonzero(right)
            gap = np.hypot(*(points[candidates] - points[face]).T)
            fixed[face] = index[candidates[np.argmin(gap)]]
    return fixed
