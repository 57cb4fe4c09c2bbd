"""Divide one work grid into connected parts of equal load, moving as little as can be from an earlier division.

Method: a spanning tree of the neighbour graph falls into two connected halves wherever one edge is cut, so the best cut
of many random trees gives a connected division near the wanted loads (recombination, DeFord, Duchin and Solomon 2021,
"Recombination: a family of Markov chains for redistricting"); pieces at the border then change sides one at a time
while that helps (Kernighan-Lin style), never breaking a part. Pure: numbers in, labels out, same seed, same answer.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

from casework.contiguity import Graph, Integers, fragments, reachable

Floats = npt.NDArray[np.float64]

#: spanning trees tried for each cut
TREES = 12
#: what one border edge in all costs against a squared relative deviation of one: keeps parts compact
BORDER_COST = 0.15
#: what moving all households would cost on the same scale: keeps parts where they are
MOVE_COST = 0.05
FREE = -1


@dataclass(frozen=True)
class Region:
    """One work grid as numbers: pieces 0 … n-1, parts 0 … k-1."""

    graph: Graph
    #: load of each piece, > 0 [min]
    load: Floats
    households: Floats
    parts: int
    #: part of each piece before, FREE where there was none
    prior: Integers
    #: part a person decided for the piece, FREE elsewhere
    pinned: Integers

    @property
    def free(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.pinned == FREE)


def divide(region: Region, *, tolerance: float, seed: int) -> Integers:
    """Return the part of each piece.

    An earlier division within `tolerance` stays as it is but for new, lost and decided pieces. One beyond it is mended
    at its borders; only when that does not suffice is the grid divided anew, parts then going to whoever had most of
    them.

    Parameters
    ----------
    region
        The grid; its free pieces must hang together (`contiguity.linking_pairs`).
    tolerance
        Largest accepted load over mean load, above 1.
    seed
        For the random trees.
    """
    if region.parts == 1:
        return np.where(region.free, 0, region.pinned)
    generator = np.random.default_rng(seed)
    if (region.prior == FREE).all():
        return best_fresh(region, generator)
    labels = repair(region, generator)
    if imbalance(region, labels) > tolerance:
        labels = improve(region, labels, until=1 + (tolerance - 1) / 2, move_cost=MOVE_COST)
    if (stayed := imbalance(region, labels)) > tolerance:
        fresh = best_fresh(region, generator)
        if imbalance(region, fresh) < stayed - (tolerance - 1):
            return fresh
    return labels


def imbalance(region: Region, labels: Integers) -> float:
    """Largest load over mean load; 1 is perfect."""
    loads = part_loads(region, labels)
    return float(loads.max() / loads.mean())


def part_loads(region: Region, labels: Integers) -> Floats:
    """Load of each part, decided pieces included [min]."""
    return np.bincount(labels, weights=region.load, minlength=region.parts).astype(np.float64)


def best_fresh(region: Region, generator: np.random.Generator) -> Integers:
    """Divide from scratch a few times and keep the best."""
    found = [
        improve(region, match_parts(region, cut_apart(region, generator)), until=1.0, move_cost=0) for _ in range(3)
    ]
    return min(found, key=lambda labels: cost(region, labels))


def cost(region: Region, labels: Integers) -> float:
    """Squared relative deviations of load, plus the share of edges between parts."""
    loads = part_loads(region, labels)
    piece, near = directed_edges(region.graph)
    border = float((labels[piece] != labels[near]).mean()) if len(piece) else 0.0
    return float((((loads / loads.mean()) - 1) ** 2).sum() + BORDER_COST * border)


def cut_apart(region: Region, generator: np.random.Generator) -> Integers:
    """Cut the free pieces into connected parts by spanning trees; decided pieces keep their part."""
    labels = region.pinned.copy()
    waiting = [(sorted(np.flatnonzero(region.free).tolist()), 0, region.parts)]
    while waiting:
        members, first, count = waiting.pop()
        if count == 1 or len(members) <= 1:
            labels[members] = first
            continue
        left = count // 2
        one, other = cut_in_two(region, members, share=left / count, generator=generator)
        waiting += [(one, first, left), (other, first + left, count - left)]
    return labels


def cut_in_two(
    region: Region, members: list[int], *, share: float, generator: np.random.Generator
) -> tuple[list[int], list[int]]:
    """Cut connected `members` into two connected sets, the first with about `share` of the load."""
    place = {piece: position for position, piece in enumerate(members)}
    pairs = [
        (place[piece], place[near])
        for piece in members
        for near in region.graph[piece]
        if piece < near and near in place
    ]
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    load = region.load[members]
    best: tuple[float, list[bool]] | None = None
    for _ in range(TREES):
        order, parent = random_tree(len(members), ends, generator)
        below = load_below(order, parent, load) / load.sum()
        # a branch may be either side of the cut
        off = np.minimum(np.abs(below - share), np.abs(1 - below - share))
        off[order[0]] = np.inf
        root = int(off.argmin())
        score = float(off[root] / share) ** 2
        if best is not None and score >= best[0]:
            continue
        branch = branch_of(root, order, parent)
        border = np.array(branch)[ends]
        score += BORDER_COST * float((border[:, 0] != border[:, 1]).sum()) / len(members)
        if best is None or score < best[0]:
            is_first = abs(below[root] - share) <= abs(1 - below[root] - share)
            best = (score, branch if is_first else [not inside for inside in branch])
    if best is None:
        raise ValueError("a cut needs at least one tree")
    first = [piece for piece, inside in zip(members, best[1], strict=True) if inside]
    return first, [piece for piece, inside in zip(members, best[1], strict=True) if not inside]


def random_tree(count: int, ends: Integers, generator: np.random.Generator) -> tuple[list[int], list[int]]:
    """Return nodes from the root outwards, and each one's parent, in a spanning tree of least random weight."""
    # weights are above zero, since a sparse matrix takes zero for no edge
    weights = 1 + generator.random(len(ends))
    matrix = csr_array((weights, (ends[:, 0], ends[:, 1])), shape=(count, count))
    tree = minimum_spanning_tree(matrix)
    root = int(generator.integers(count))
    order, parent = breadth_first_order(tree, root, directed=False)
    return order.tolist(), parent.tolist()


def load_below(order: list[int], parent: list[int], load: Floats) -> Floats:
    """Return the load of each node's branch: itself and all behind it."""
    below = load.tolist()
    for node in reversed(order[1:]):
        below[parent[node]] += below[node]
    return np.array(below)


def branch_of(root: int, order: list[int], parent: list[int]) -> list[bool]:
    """Tell of each node whether it lies in the branch of `root`."""
    inside = [False] * len(order)
    inside[root] = True
    for node in order[order.index(root) + 1 :]:
        inside[node] = inside[parent[node]]
    return inside


def match_parts(region: Region, labels: Integers) -> Integers:
    """Rename free parts so that most households stay with, or lie next to what was decided for, their worker."""
    kept = np.zeros((region.parts, region.parts))
    for piece in np.flatnonzero(region.free):
        if region.prior[piece] != FREE:
            kept[labels[piece], region.prior[piece]] += region.households[piece] + 1e-3
        for near in region.graph[piece]:
            if region.pinned[near] != FREE:
                kept[labels[piece], region.pinned[near]] += region.households[near] + 1e-3
    old, new = linear_sum_assignment(-kept)
    names = dict(zip(old.tolist(), new.tolist(), strict=True))
    return np.where(region.free, [names[label] for label in labels.tolist()], labels)


def repair(region: Region, generator: np.random.Generator) -> Integers:
    """Carry the earlier division over: what lost its part or its connection is grown back from its neighbours."""
    labels = np.where(region.free, region.prior, region.pinned)
    free = np.flatnonzero(region.free).tolist()
    for part in range(region.parts):
        groups = fragments(region.graph, [piece for piece in free if labels[piece] == part])
        for group in sorted(groups, key=lambda group: -region.households[list(group)].sum())[1:]:
            labels[list(group)] = FREE
    settle_new_parts(region, labels, generator)
    grow(region, labels)
    return labels


def settle_new_parts(region: Region, labels: Integers, generator: np.random.Generator) -> None:
    """Give every part without ground a half of the heaviest part's ground, in place."""
    free = region.free
    for part in range(region.parts):
        if ((labels == part) & free).any():
            continue
        unowned = fragments(region.graph, np.flatnonzero((labels == FREE) & free).tolist())
        if unowned:  # ground that nobody has any longer comes first
            labels[list(max(unowned, key=lambda group: region.load[list(group)].sum()))] = part
            continue
        loads = np.bincount(labels[free], weights=region.load[free], minlength=region.parts)
        sizes = np.bincount(labels[free], minlength=region.parts)
        heaviest = int(np.argmax(np.where(sizes > 1, loads, -1)))
        members = np.flatnonzero((labels == heaviest) & free).tolist()
        if len(members) < 2:
            return  # fewer pieces than workers: somebody stays without ground
        given, _ = cut_in_two(region, members, share=0.5, generator=generator)
        labels[given] = part


def grow(region: Region, labels: Integers) -> None:
    """Give pieces without a part to the lightest part they touch, in place, until all have one."""
    loads = np.bincount(labels[labels != FREE], weights=region.load[labels != FREE], minlength=region.parts)
    open_pieces = set(np.flatnonzero(labels == FREE).tolist())
    while open_pieces:
        touching = [
            (loads[labels[near]], piece, int(labels[near]))
            for piece in open_pieces
            for near in region.graph[piece]
            if region.free[near] and labels[near] != FREE
        ]
        if not touching:  # no free piece has a part yet
            touching = [(float(loads.min()), min(open_pieces), int(np.argmin(loads)))]
        _, piece, part = min(touching)
        labels[piece] = part
        loads[part] += region.load[piece]
        open_pieces.discard(piece)


def improve(region: Region, labels: Integers, *, until: float, move_cost: float) -> Integers:
    """Move border pieces one at a time while the cost falls and the load is not yet within `until` of the mean."""
    labels = labels.copy()
    loads = part_loads(region, labels)
    mean = loads.mean()
    # both directions of every edge, so that the first end is the piece that may move
    piece, near = directed_edges(region.graph)
    between_free = region.free[piece] & region.free[near]
    count = len(labels)
    for _ in range(4 * count):
        if loads.max() / mean <= until:
            break
        # pieces of the border, with the part they could join; row-wise: neighbours by part
        beside = np.bincount(piece * region.parts + labels[near], minlength=count * region.parts)
        beside = beside.reshape(count, region.parts)
        border = between_free & (labels[piece] != labels[near])
        mover, there = np.unique(np.column_stack([piece[border], labels[near[border]]]), axis=0).T
        here = labels[mover]
        shift = region.load[mover]
        gain = 2 * shift * (loads[here] - loads[there] - shift) / mean**2
        edges = BORDER_COST * (beside[mover, here] - beside[mover, there]) / max(1, len(piece) // 2)
        moved = (region.prior[mover] == here).astype(np.int64) - (region.prior[mover] == there)
        households = region.households[mover] / max(1.0, float(region.households.sum()))
        change = edges - gain + move_cost * moved * households
        for place in np.argsort(change, kind="stable"):
            if change[place] > -1e-9:
                return labels
            if leaves_whole(region, labels, int(mover[place])):
                loads[here[place]] -= shift[place]
                loads[there[place]] += shift[place]
                labels[mover[place]] = there[place]
                break
        else:
            break
    return labels


def directed_edges(graph: Graph) -> tuple[Integers, Integers]:
    """Return both ends of every edge, each edge once in each direction."""
    lengths = [len(nears) for nears in graph]
    piece = np.repeat(np.arange(len(graph), dtype=np.int64), lengths)
    return piece, np.array([near for nears in graph for near in nears], dtype=np.int64)


def leaves_whole(region: Region, labels: Integers, piece: int) -> bool:
    """Tell whether the part of `piece` still hangs together, and is not empty, without it."""
    part = labels[piece]
    beside = [near for near in region.graph[piece] if labels[near] == part and region.free[near]]
    if not beside:
        return False
    if len(reachable(region.graph, beside)) == len(beside):
        return True  # its neighbours touch each other: nothing falls apart
    rest = {int(other) for other in np.flatnonzero((labels == part) & region.free)} - {piece}
    return len(reachable(region.graph, rest)) == len(rest)
