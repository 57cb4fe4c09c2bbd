"""Counts of persons as anybody may see them: cell-key perturbation.

Every person has a fixed random record key. A count's key is the sum of its members' keys, so the same set of people
gets the same noise whichever way it is asked for, and another set, one person more or less, gets another. Fewer than
five are not published, and since every published count carries its own noise, taking differences (parent minus
children, all minus parts, today minus yesterday) gives noise back and not the missing count.

Source: Fraser and Wooton (2005), "A proposed method for confidentialising tabular output to protect against
differencing", UNECE work session on statistical data confidentiality, Geneva. The table of noise is ours: symmetric,
at most 3, variance 2.1; see docs/decisions/0301-cell-keys.md.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

#: fewer persons than this are not published
SMALLEST_PUBLISHED = 5

#: chance of each change, from -3 to +3
NOISE = np.arange(-3, 4)
CHANCES = np.array([0.05, 0.10, 0.20, 0.30, 0.20, 0.10, 0.05])
_LIMITS = np.cumsum(CHANCES)[:-1]

#: record keys are 32 bits wide
KEY_RANGE = 2**32


def noise(keys: ArrayLike) -> NDArray[np.int64]:
    """Return the change that belongs to each key (a sum of record keys), -3 to 3."""
    uniform = (np.asarray(keys, dtype=np.int64) % KEY_RANGE) / KEY_RANGE
    return NOISE[np.searchsorted(_LIMITS, uniform, side="right")].astype(np.int64)


def publish_counts(counts: pd.Series, keys: pd.Series) -> pd.Series:
    """Perturb counts for publication.

    Parameters
    ----------
    counts
        Exact counts [persons or households].
    keys
        Sums of the members' record keys, same index.

    Returns
    -------
    published
        Int64 on the same index; missing where one to four were counted. 0 stays 0 (that nobody lives there is no
        secret), 5 and more become at least 5 and differ from the exact count by at most 3.
    """
    exact = counts.to_numpy(dtype=np.int64)
    perturbed = np.maximum(exact + noise(keys.to_numpy()), SMALLEST_PUBLISHED)
    published = pd.Series(np.where(exact == 0, 0, perturbed), index=counts.index, dtype="Int64", name=counts.name)
    return published.mask((exact > 0) & (exact < SMALLEST_PUBLISHED))


def rate_counts(counts: pd.Series, keys: pd.Series) -> pd.Series:
    """Perturb counts that only enter a rate: one to four become 0 or 5 by chance, right on average.

    Leaving them out would hide most cells' demand; using them exactly would give them away to anybody who multiplies
    the rate by its denominator.

    Returns
    -------
    rounded
        Int64 on the same index, nowhere 1 to 4, nowhere missing.
    """
    exact = counts.to_numpy(dtype=np.int64)
    uniform = (keys.to_numpy(dtype=np.int64) % KEY_RANGE) / KEY_RANGE
    small = np.where(uniform < exact / SMALLEST_PUBLISHED, SMALLEST_PUBLISHED, 0)
    published = publish_counts(counts, keys).to_numpy(dtype=np.float64, na_value=0.0)
    rounded = np.where((exact > 0) & (exact < SMALLEST_PUBLISHED), small, published)
    return pd.Series(rounded.astype(np.int64), index=counts.index, dtype="Int64", name=counts.name)
