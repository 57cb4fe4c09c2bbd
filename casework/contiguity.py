"""Which pieces of a work grid touch: the neighbour graph over H3 cells that every division of it must respect.

A piece is the part of one H3 cell (resolution 11) inside one work grid; buildings belong to the piece they stand in.
"""

from collections.abc import Iterable, Sequence

import h3.api.basic_int as h3
import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

Integers = npt.NDArray[np.int64]
Graph = list[list[int]]


def neighbour_pairs(cells: Integers) -> Integers:
    """Return pairs of positions in `cells` whose cells share an edge, each pair once.

    Parameters
    ----------
    cells
        H3 cells of one resolution, each once.

    Returns
    -------
    pairs
        Shape (number of pairs, 2), first position smaller than second.
    """
    position = {int(cell): place for place, cell in enumerate(cells)}
    pairs = [
        (place, other)
        for cell, place in position.items()
        for near in h3.grid_disk(cell, 1)
        if (other := position.get(near, -1)) > place
    ]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def linking_pairs(cells: Integers, pairs: Integers) -> Integers:
    """Return pairs that join what does not touch, each group to the nearest piece of another, shortest link first.

    A work grid cut by water or by its neighbours falls into groups; walking from one to the next has to go somewhere,
    so the nearest two pieces count as touching.
    """
    groups = group_of(len(cells), pairs)
    links: list[tuple[int, int]] = []
    points = centres_m(cells)
    while groups.max(initial=0) > 0:
        best: tuple[float, int, int] | None = None
        inside = np.flatnonzero(groups == 0)
        outside = np.flatnonzero(groups != 0)
        distance_m, nearest = cKDTree(points[inside]).query(points[outside])
        place = int(np.argmin(distance_m))
        best = (float(distance_m[place]), int(inside[nearest[place]]), int(outside[place]))
        links.append((min(best[1:]), max(best[1:])))
        joined = groups[best[2]]
        groups[groups == joined] = 0
        groups[groups > joined] -= 1
    return np.array(links, dtype=np.int64).reshape(-1, 2)


def group_of(count: int, pairs: Integers) -> Integers:
    """Return the connected group of each of `count` pieces, numbered from 0."""
    matrix = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    return np.asarray(connected_components(matrix, directed=False)[1], dtype=np.int64)


def centres_m(cells: Integers) -> npt.NDArray[np.float64]:
    """Return cell centres on a plane good enough to compare distances within one work grid [m]."""
    lat_lon = np.array([h3.cell_to_latlng(int(cell)) for cell in cells], dtype=np.float64).reshape(-1, 2)
    shrink = np.cos(np.radians(lat_lon[:, 0].mean())) if len(cells) else 1.0
    return np.column_stack([lat_lon[:, 1] * shrink, lat_lon[:, 0]]) * 111_195.0


def graph_of(count: int, pairs: Integers) -> Graph:
    """Return the neighbours of each piece, in order."""
    graph: Graph = [[] for _ in range(count)]
    for first, second in pairs.tolist():
        graph[first].append(second)
        graph[second].append(first)
    return graph


def is_connected(graph: Graph, members: Iterable[int]) -> bool:
    """Tell whether `members` hang together without stepping on anybody else; nobody at all does."""
    return len(reachable(graph, members)) == len(set(members))


def reachable(graph: Graph, members: Iterable[int]) -> set[int]:
    """Return those of `members` that can be reached from the first of them within `members`."""
    left = set(members)
    if not left:
        return set()
    waiting = [min(left)]
    left.discard(waiting[0])
    seen = set(waiting)
    while waiting:
        for near in graph[waiting.pop()]:
            if near in left:
                left.discard(near)
                seen.add(near)
                waiting.append(near)
    return seen


def fragments(graph: Graph, members: Sequence[int]) -> list[set[int]]:
    """Split `members` into connected groups, in order of their first member."""
    left = set(members)
    found: list[set[int]] = []
    while left:
        group = reachable(graph, left)
        found.append(group)
        left -= group
    return found
