"""Seal whole columns of free text (see `gis.sealing`); apart from it, so that sealing one text needs no pandas."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from gis.sealing import MAY_HOLD_RAW, seal


def seal_series(texts: "pd.Series[str]") -> pd.DataFrame:
    """Seal a column of texts.

    Returns
    -------
    pandas.DataFrame
        On the index of `texts`: `redacted` (missing stays missing) and `found` (tuples of `SealedPart`).
    """
    redacted = texts.astype("str")
    found = np.empty(len(texts), dtype=object)
    found.fill(())
    suspects = np.flatnonzero(pc.fill_null(pc.match_substring_regex(pa.array(redacted), MAY_HOLD_RAW), False))
    if suspects.size:
        sealed = [seal(text) for text in redacted.iloc[suspects]]
        redacted = redacted.copy()
        redacted.iloc[suspects] = pd.Series([one.redacted for one in sealed], dtype="str")
        for at, one in zip(suspects, sealed, strict=True):
            found[at] = one.found
    return pd.DataFrame({"redacted": redacted, "found": found}, index=texts.index)
