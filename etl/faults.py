"""What is wrong with rows: every reason of every row, gathered without stopping at the first."""

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gis.texts import Texts

Mask = NDArray[np.bool_]


class Faults:
    """Reasons by row. A reason is ``code`` or ``code:heading``; `reason_text` says it in a language.

    Parameters
    ----------
    index
        Positions of the rows in their file.
    headings
        The feed's own heading of each of our columns, so that reasons name what the operator sees.
    """

    def __init__(self, index: pd.Index, headings: Mapping[str, str]) -> None:
        self.index = index
        self.headings = headings
        self.masks: dict[str, Mask] = {}

    def add(self, code: str, column: str, wrong: "pd.Series[bool] | Mask") -> None:
        """Note `code` about `column` ("" = the whole row) for every row where `wrong` is true."""
        mask = np.asarray(wrong, dtype=bool)
        if not mask.any():
            return
        reason = f"{code}:{self.headings.get(column, column)}" if column else code
        known = self.masks.get(reason)
        self.masks[reason] = mask if known is None else known | mask

    @property
    def any(self) -> Mask:
        """Which rows have at least one fault."""
        result = np.zeros(len(self.index), dtype=bool)
        for mask in self.masks.values():
            result |= mask
        return result

    def by_row(self) -> dict[int, list[str]]:
        """Reasons of each faulty row by its position in the file, in the order they were found."""
        found: dict[int, list[str]] = defaultdict(list)
        positions = self.index.to_numpy()
        for reason, mask in self.masks.items():
            for position in positions[mask]:
                found[int(position)].append(reason)
        return dict(found)


def reason_text(reason: str, texts: Texts) -> str:
    """Say a stored reason to a person; the catalogue keeps the sentences under ``reasons.``."""
    code, _, column = reason.partition(":")
    return texts(f"reasons.{code}", column=column)
