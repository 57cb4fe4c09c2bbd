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

from casework.contiguity import Graph, Integers, fragments, reachable

Floats = npt.NDArray[np.float64]

#: spanning trees tried for each cut
TREES = 24
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
    border = sum(labels[piece] != labels[near] for piece, nears in enumerate(region.graph) for near in nears)
    edges = max(1, sum(map(len, region.graph)))
    return float((((loads / loads.mean()) - 1) ** 2).sum() + BORDER_COST * border / edges)


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
    inside = set(members)
    total = float(region.load[members].sum())
    best: tuple[float, set[int]] | None = None
    for _ in range(TREES):
        order, parent = random_tree(region.graph, inside, generator)
        below = dict(zip(order, region.load[order].tolist(), strict=True))
        for piece in reversed(order[1:]):
            below[parent[piece]] += below[piece]
        piece = min(
            order[1:],
            key=lambda piece: min(abs(below[piece] - share * total), abs(total - below[piece] - share * total)),
        )
        branch = {piece}
        for later in order[order.index(piece) + 1 :]:
            if parent[later] in branch:
                branch.add(later)
        deviation = min(abs(below[piece] / total - share), abs(1 - below[piece] / total - share)) / share
        border = sum(near in inside and near not in branch for member in branch for near in region.graph[member])
        score = deviation**2 + BORDER_COST * border / len(members)
        if best is None or score < best[0]:
            near_share = abs(below[piece] / total - share) <= abs(1 - below[piece] / total - share)
            best = (score, branch if near_share else inside - branch)
    if best is None:
        raise ValueError("a cut needs at least one tree")
    return sorted(best[1]), sorted(inside - best[1])


def random_tree(graph: Graph, inside: set[int], generator: np.random.Generator) -> tuple[list[int], dict[int, int]]:
    """Return pieces from the root outwards and each one's parent, in a random spanning tree of `inside`."""
    ordered = sorted(inside)
    root = ordered[int(generator.integers(len(ordered)))]
    draws = generator.random(6 * len(ordered) + 6).tolist()
    order, parent = [root], {}
    # Prim with random keys over a plain list: taking a random open edge each time gives short, bushy trees
    border = [(root, near) for near in graph[root] if near in inside]
    seen = {root}
    while border:
        place = int(draws.pop() * len(border)) if draws else len(border) - 1
        border[place], border[-1] = border[-1], border[place]
        above, piece = border.pop()
        if piece in seen:
            continue
        seen.add(piece)
        parent[piece] = above
        order.append(piece)
        border += [(piece, near) for near in graph[piece] if near in inside and near not in seen]
    return order, parent


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
    edges = max(1, sum(map(len, region.graph)) // 2)
    households = max(1.0, float(region.households.sum()))
    free = region.free
    for _ in range(4 * len(labels)):
        if loads.max() / mean <= until:
            break
        moves = []
        for piece, nears in enumerate(region.graph):
            here = int(labels[piece])
            if not free[piece]:
                continue
            for there in {int(labels[near]) for near in nears if free[near]} - {here}:
                shift = region.load[piece]
                gain = (2 * shift * (loads[here] - loads[there] - shift)) / mean**2
                border = sum(labels[near] == here for near in nears) - sum(labels[near] == there for near in nears)
                moved = (int(region.prior[piece]) == here) - (int(region.prior[piece]) == there)
                delta = -gain + BORDER_COST * border / edges + move_cost * moved * region.households[piece] / households
                if delta < -1e-9:
                    moves.append((delta, piece, there))
        for _delta, piece, there in sorted(moves):
            if leaves_whole(region, labels, piece):
                loads[labels[piece]] -= region.load[piece]
                loads[there] += region.load[piece]
                labels[piece] = there
                break
        else:
            break
    return labels


def leaves_whole(region: Region, labels: Integers, piece: int) -> bool:
    """Tell whether the part of `piece` still hangs together, and is not empty, without it."""
    part = labels[piece]
    rest = {int(other) for other in np.flatnonzero((labels == part) & region.free)} - {piece}
    return bool(rest) and len(reachable(region.graph, rest)) == len(rest)
