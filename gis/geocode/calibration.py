"""Turn the numbers that speak for a reading into the probability that it is right.

The trees are made by `benchmarks/geocode_train.py`; the sum of their leaves is the logarithm of the odds.
"""

import json
from functools import cache
from importlib import resources
from math import exp

import numba
import numpy as np
from numpy.typing import NDArray

from gis.geocode.features import FEATURES

_Trees = tuple[NDArray[np.int32], NDArray[np.int16], NDArray[np.float64], NDArray[np.int32], NDArray[np.int32]]


def probability(features: list[float]) -> float:
    """Return the probability that the reading with these features is right at its level."""
    return 1.0 / (1.0 + exp(-_sum_of_leaves(np.array(features), *_trees())))


@cache
def _trees() -> _Trees:
    trees = json.loads(resources.files("gis.geocode").joinpath("data", "trees.json").read_text(encoding="utf-8"))
    if trees["features"] != [name for name, _ in FEATURES]:
        raise RuntimeError("trees.json was made for other features; run benchmarks/geocode_train.py again")
    return (
        np.array(trees["roots"], dtype=np.int32),
        np.array(trees["feature"], dtype=np.int16),
        np.array(trees["value"]),
        np.array(trees["left"], dtype=np.int32),
        np.array(trees["right"], dtype=np.int32),
    )


@numba.njit(cache=True, nogil=True)
def _sum_of_leaves(features, roots, feature, value, left, right):  # type: ignore[no-untyped-def]
    total = 0.0
    for root in roots:
        node = root
        while feature[node] >= 0:
            node = left[node] if features[feature[node]] <= value[node] else right[node]
        total += value[node]
    return total
