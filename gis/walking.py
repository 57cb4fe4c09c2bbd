"""Walking time to the nearest of several targets: over the road graph, else as the crow flies times 1.3.

People walk at 80 m a minute (4.8 km/h). A place reaches the graph at the nearest road within `ACCESS_M`; that stretch,
and a walk inside one block, is a straight line times 1.3 (the detour factor this project states everywhere). Where no
road is near, or roads do not connect, the whole way is that estimate, and the answer says so. Stairs, gates, lights and
water without a mapped bridge are not known here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from gis.errors import BadInput

Floats = NDArray[np.float64]

WALKING_M_PER_MIN = 80.0
DETOUR = 1.3
#: a road farther away than this does not serve a place [m]
ACCESS_M = 500.0
#: within one block people cross it and do not go out to the road [m]
BLOCK_M = 200.0

# the solver reads a weight of nothing as no edge [m]
_SHORTEST_M = 1e-6


@dataclass(frozen=True, eq=False)
class WalkingNetwork:
    """Road segments with their ends, in a metric system."""

    #: lines from their first to their last node [m]
    lines: NDArray[np.object_]
    #: positions of each line's ends in the graph
    first: NDArray[np.intp]
    last: NDArray[np.intp]
    #: length along each line [m]
    length_m: Floats
    node_count: int
    tree: shapely.STRtree


@dataclass(frozen=True, eq=False)
class Attached:
    """Where places reach the network; -1 where no road is near."""

    segment: NDArray[np.intp]
    #: off the road, detour included [m]
    access_m: Floats
    #: along the segment to its first and to its last node [m]
    to_first_m: Floats
    to_last_m: Floats


def build_network(segments: pd.DataFrame) -> WalkingNetwork:
    """Build the walking graph.

    Parameters
    ----------
    segments
        Columns `from_node`, `to_node` (any ids), `length_m` [m] and `line` (shapely, metric, from `from_node` to
        `to_node`). Walkable in both directions.

    Raises
    ------
    BadInput
        If a length is negative or missing.
    """
    length_m = segments["length_m"].to_numpy(dtype=np.float64)
    if not np.all(length_m >= 0):
        raise BadInput(
            "{count} road segments have no length or a negative one; metres are expected",
            count=int((~(length_m >= 0)).sum()),
        )
    ends = segments[["from_node", "to_node"]].to_numpy(dtype=np.int64)
    nodes, index = np.unique(ends.ravel(), return_inverse=True)
    index = index.reshape(-1, 2)
    lines = segments["line"].to_numpy(dtype=object)
    return WalkingNetwork(
        lines=lines,
        first=index[:, 0],
        last=index[:, 1],
        length_m=length_m,
        node_count=len(nodes),
        tree=shapely.STRtree(lines),
    )


def walking_minutes(
    network: WalkingNetwork, origins: Floats, targets: Floats, *, attached: Attached | None = None
) -> pd.DataFrame:
    """Compute the minutes on foot from each origin to its nearest target.

    Parameters
    ----------
    network
        In the same metric system as the points; may hold no segment.
    origins, targets
        Points, shape (n, 2) and (m, 2), east and north [m].
    attached
        Where the origins reach the network, when the caller asks for several sets of targets (see `attach`).

    Returns
    -------
    walks
        One row per origin: `minutes` [min] (infinite where there is no target), `target` (position of the nearest, -1
        where there is none), `estimated` (straight line times 1.3, not over the graph).
    """
    walks = straight_walks(origins, targets)
    if not len(targets) or not len(network.lines):
        return walks
    straight_m = walks["minutes"].to_numpy() * WALKING_M_PER_MIN / DETOUR
    road = road_walks(network, attached or attach(network, origins), attach(network, targets))
    reached = np.isfinite(road["length_m"].to_numpy())
    road_minutes = road["length_m"].to_numpy() / WALKING_M_PER_MIN
    # inside a block the straight walk may be the shorter one; farther off it would cross what lies between the roads
    inside_block = (straight_m <= BLOCK_M) & (walks["minutes"].to_numpy() < road_minutes)
    by_road = reached & ~inside_block
    walks.loc[by_road, "minutes"] = road_minutes[by_road]
    walks.loc[by_road, "target"] = road["target"].to_numpy()[by_road]
    walks.loc[by_road, "estimated"] = False
    return walks


def straight_walks(origins: Floats, targets: Floats) -> pd.DataFrame:
    """Straight line times `DETOUR` to the nearest target; same columns as `walking_minutes`."""
    if not len(targets):
        return pd.DataFrame({"minutes": np.full(len(origins), np.inf), "target": -1, "estimated": True})
    distance_m, target = cKDTree(targets).query(origins)
    return pd.DataFrame({"minutes": distance_m * DETOUR / WALKING_M_PER_MIN, "target": target, "estimated": True})


def attach(network: WalkingNetwork, points: Floats) -> Attached:
    """Find where each point reaches the network: the nearest place on the nearest segment within `ACCESS_M`."""
    shapes = shapely.points(points)
    segment = np.full(len(points), -1, dtype=np.intp)
    if not len(network.lines):
        nowhere = np.full(len(points), np.inf)
        return Attached(segment, nowhere, nowhere, nowhere)
    origin, nearest = network.tree.query_nearest(shapes, max_distance=ACCESS_M, all_matches=False)
    segment[origin] = nearest
    near = segment >= 0
    lines = network.lines[segment[near]]
    access_m, along = np.full(len(points), np.inf), np.zeros(len(points))
    access_m[near] = shapely.distance(lines, shapes[near]) * DETOUR
    # the stated length rules, the drawn line only says how far along it the place is
    along[near] = shapely.line_locate_point(lines, shapes[near], normalized=True)
    length_m = np.where(near, network.length_m[segment], 0.0)
    return Attached(segment, access_m, to_first_m=along * length_m, to_last_m=(1.0 - along) * length_m)


def road_walks(network: WalkingNetwork, origins: Attached, targets: Attached) -> pd.DataFrame:
    """Shortest ways over the graph: `length_m` (infinite where there is none) and `target` per origin."""
    length_m, target = graph_walks(network, origins, targets)
    same_m, same_target = same_segment_walks(origins, targets)
    shorter = same_m < length_m
    return pd.DataFrame(
        {"length_m": np.where(shorter, same_m, length_m), "target": np.where(shorter, same_target, target)}
    )


def graph_walks(network: WalkingNetwork, origins: Attached, targets: Attached) -> tuple[Floats, NDArray[np.intp]]:
    """Shortest ways that pass at least one node: one search from all targets at once."""
    usable = np.flatnonzero(targets.segment >= 0)
    if not usable.size:
        return np.full(len(origins.segment), np.inf), np.full(len(origins.segment), -1, dtype=np.intp)
    segment = targets.segment[usable]
    sources = network.node_count + np.arange(usable.size)
    access_m = targets.access_m[usable]
    edges = pd.DataFrame(
        {
            "tail": np.concatenate([network.first, network.last, sources, sources]),
            "head": np.concatenate([network.last, network.first, network.first[segment], network.last[segment]]),
            "length_m": np.concatenate(
                [
                    network.length_m,
                    network.length_m,
                    access_m + targets.to_first_m[usable],
                    access_m + targets.to_last_m[usable],
                ]
            ),
        }
    )
    # the matrix would add up parallel roads
    edges = edges.groupby(["tail", "head"], as_index=False).min()
    size = network.node_count + usable.size
    weights = np.maximum(edges["length_m"].to_numpy(), _SHORTEST_M)
    graph = csr_array((weights, (edges["tail"].to_numpy(), edges["head"].to_numpy())), shape=(size, size))
    distance_m, _, source = dijkstra(graph, indices=sources, min_only=True, return_predecessors=True)
    near = origins.segment >= 0
    first, last = network.first[origins.segment], network.last[origins.segment]
    by_first = origins.access_m + origins.to_first_m + distance_m[first]
    by_last = origins.access_m + origins.to_last_m + distance_m[last]
    length_m = np.where(near, np.minimum(by_first, by_last), np.inf)
    reached_from = np.where(by_first <= by_last, source[first], source[last])
    found = near & np.isfinite(length_m)
    target = np.full(len(length_m), -1, dtype=np.intp)
    target[found] = usable[reached_from[found] - network.node_count]
    return length_m, target


def same_segment_walks(origins: Attached, targets: Attached) -> tuple[Floats, NDArray[np.intp]]:
    """Ways between two places on one segment, which pass no node."""
    left = pd.DataFrame({"segment": origins.segment, "a_m": origins.access_m, "p_m": origins.to_first_m})
    right = pd.DataFrame({"segment": targets.segment, "b_m": targets.access_m, "q_m": targets.to_first_m})
    left["origin"], right["target"] = np.arange(len(left)), np.arange(len(right))
    pairs = left[left["segment"] >= 0].merge(right[right["segment"] >= 0], on="segment")
    pairs["length_m"] = pairs["a_m"] + pairs["b_m"] + (pairs["p_m"] - pairs["q_m"]).abs()
    best = pairs.sort_values("length_m").drop_duplicates("origin")
    length_m, target = np.full(len(left), np.inf), np.full(len(left), -1, dtype=np.intp)
    length_m[best["origin"].to_numpy()] = best["length_m"].to_numpy()
    target[best["origin"].to_numpy()] = best["target"].to_numpy()
    return length_m, target
