"""Find every name of a gazetteer that a text may hold, with what it cost to read it there."""

from dataclasses import dataclass

import numpy as np

from gis.geocode import alignment
from gis.geocode.confusion import COST_OF, Alphabet
from gis.geocode.names import Form

# part of a name's weight that must be met before it is aligned, and how many names are aligned at most
_LEAST_SHARE = 0.5
_MOST_NAMES = 96
# longer texts are read in pieces of this length that overlap by the other [characters]
_PIECE, _OVERLAP = 120, 30


@dataclass(slots=True)
class Span:
    """A stretch of the text read as one written form, which may belong to several owners."""

    forms: tuple[Form, ...]
    start: int
    end: int
    cost: float
    counts: list[int]  # columns of `gis.geocode.alignment`
    weight: float  # how telling the form is: the sum of its characters' weights

    @property
    def text(self) -> str:
        """The written form that was found."""
        return self.forms[0].text


class NameFinder:
    """The index over all written forms."""

    def __init__(self, forms: dict[str, tuple[Form, ...]]) -> None:
        self.forms = list(forms.values())
        self.alphabet = Alphabet("".join(forms))
        encoded = [self.alphabet.encode(text) for text in forms]
        size = len(self.alphabet.characters)
        self._postings = alignment.posting_lists(encoded, size)
        # a character's weight falls with the share of forms that hold it, as a logarithm, between 0.35 and 1.25
        held_by = np.zeros(size)
        for letters in encoded:
            held_by[list(set(letters))] += 1
        share = np.log1p(held_by) / np.log1p(max(len(encoded), 40))
        self._weights = (1.25 - 0.9 * np.clip(share, 0.0, 1.0)).astype(np.float32)
        self._name_starts = np.zeros(len(encoded) + 1, dtype=np.int32)
        self._name_starts[1:] = np.cumsum([len(letters) for letters in encoded])
        self._letters = np.fromiter((letter for letters in encoded for letter in letters), dtype=np.int32)
        self._name_weights = np.array([self._weights[letters].sum() for letters in encoded], dtype=np.float32)
        self._weight_list: list[float] = self._name_weights.tolist()
        self._mask = np.zeros(len(encoded), dtype=np.int64)
        self._score = np.zeros(len(encoded), dtype=np.float32)
        self._kind_costs = np.array([COST_OF[kind] for kind in sorted(COST_OF)], dtype=np.float32)
        self._separators = np.zeros(128, dtype=np.bool_)
        self._separators[[ord(" "), ord("-")]] = True

    def find(self, text: str) -> list[Span]:
        """Return the spans found in a normalised text."""
        if len(text) <= _PIECE:
            return self._find(text, 0) if text else []
        spans: list[Span] = []
        for start in range(0, len(text) - _OVERLAP, _PIECE - _OVERLAP):
            spans += self._find(text[start : start + _PIECE], start)
        return spans

    def _find(self, text: str, offset: int) -> list[Span]:
        alphabet = self.alphabet
        rows = alphabet.rows(text)
        codes = np.fromiter(map(ord, text), dtype=np.int32, count=len(text))
        counts, costs = alignment.find_names(  # type: ignore[call-arg]
            rows,
            codes,
            alphabet.starts,
            alphabet.similar,
            alphabet.kinds,
            self._kind_costs,
            *self._postings,
            self._weights,
            self._name_starts,
            self._letters,
            self._name_weights,
            _LEAST_SHARE,
            _MOST_NAMES,
            self._separators,
            # scratch of its own for every call, so that threads do not meet
            self._mask.copy(),
            self._score.copy(),
        )
        forms, weights = self.forms, self._weight_list
        return [
            Span(
                forms[row[alignment.NAME]],
                row[alignment.START] + offset,
                row[alignment.END] + offset,
                cost,
                row,
                weights[row[alignment.NAME]],
            )
            for row, cost in zip(counts.tolist(), costs.tolist(), strict=True)
        ]
