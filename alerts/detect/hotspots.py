"""Hot and cold spots now: Getis-Ord Gi* with the Benjamini-Hochberg false-discovery rate.

Gi* of Ord and Getis (1995) with binary weights, the cell itself included. `esda` gives the same numbers but builds a
weights object per call and no space-time cube; two sparse products do both here.
"""

from dataclasses import dataclass

import h3.api.basic_str as h3
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array, eye_array
from scipy.stats import false_discovery_control, norm

from gis.errors import BadInput

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class HotSpots:
    """Gi* per cell (and period, as columns): z, two-sided normal p, and what stays after the false-discovery rate."""

    z: Floats
    p: Floats
    hot: Flags
    cold: Flags


def ring_neighbours(cells: pd.Index) -> csr_array:
    """Return the H3 first-ring adjacency among the listed cells, without the cells themselves.

    Raises
    ------
    BadInput
        If a name is not an H3 cell.
    """
    place = {cell: position for position, cell in enumerate(cells)}
    rows, columns = [], []
    for cell, position in place.items():
        if not h3.is_valid_cell(cell):
            raise BadInput("cell {cell!r} is not an H3 cell; give a neighbours file for other cells", cell=cell)
        for neighbour in h3.grid_disk(cell, 1):
            if neighbour != cell and neighbour in place:
                rows.append(position)
                columns.append(place[neighbour])
    return adjacency(np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64), len(cells))


def adjacency(rows: Integers, columns: Integers, size: int) -> csr_array:
    """Return the square 0/1 matrix with ones at (rows, columns)."""
    return csr_array((np.ones(len(rows), dtype=np.float64), (rows, columns)), shape=(size, size))


def gi_star(values: Floats, neighbours: csr_array, *, fdr: float) -> HotSpots:
    """Find cells whose surroundings hold more (or less) than chance spreads there.

    z_i = (sum_j w_ij x_j - mean W_i) / (s sqrt((n W_i - W_i^2) / (n - 1))) over the members j of i: the cell and its
    neighbours, in its period and (from the second period on) the period before. mean and s are taken over all n
    cell-periods. Undefined (NaN, never hot or cold) where all values are equal or a cell's members are everybody.

    Parameters
    ----------
    values
        Counts or observed/expected, one row per cell, one column per period in order of time (one column when there
        is no time).
    neighbours
        Square 0/1 matrix without the diagonal, in the order of the rows.
    fdr
        Level of Benjamini and Hochberg (1995), applied to all cell-periods together.

    Returns
    -------
    HotSpots
        Arrays of the shape of `values`.
    """
    cells, periods = values.shape
    members = neighbours + eye_array(cells, format="csr")
    sums = np.asarray(members @ values)
    weights = np.repeat(np.asarray(members.sum(axis=1), dtype=np.float64)[:, None], periods, axis=1)
    if periods > 1:
        sums = sums + np.column_stack([np.zeros(cells), sums[:, :-1]])
        weights = weights * np.where(np.arange(periods) > 0, 2.0, 1.0)
    n = values.size
    mean = values.sum() / n
    variance = (values**2).sum() / n - mean**2
    room = (n * weights - weights**2) / max(n - 1, 1)
    # rounding leaves a variance of about 1e-16 where all values are equal; that is no spread
    spread = variance if variance > 1e-12 * max(mean**2, 1e-300) else 0.0
    scale = np.sqrt(spread * np.clip(room, 0.0, None))
    z = np.full(values.shape, np.nan)
    np.divide(sums - mean * weights, scale, out=z, where=scale > 0)
    p = 2 * norm.sf(np.abs(z))
    significant = np.zeros(values.shape, dtype=bool)
    defined = np.isfinite(z)
    if defined.any():
        significant[defined] = false_discovery_control(p[defined], method="bh") < fdr
    return HotSpots(z=z, p=p, hot=significant & (z > 0), cold=significant & (z < 0))
