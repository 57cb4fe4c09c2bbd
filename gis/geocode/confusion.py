"""How likely one character is written for another: by sound, by regional sound, by shape.

The tables are made by `benchmarks/geocode_tables.py`. Costs are on the scale of the alignment, where a character that
has nothing to do with the right one costs 1. They are set by reason, not fitted: a homophone is the commonest slip of
input methods and dictation, the same sound but for a regional merger next, a look-alike comes from OCR and tired eyes.
"""

from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

EXACT, HOMOPHONE, REGIONAL, LOOKALIKE = 0, 1, 2, 3
COST_OF = {EXACT: 0.0, HOMOPHONE: 0.25, REGIONAL: 0.38, LOOKALIKE: 0.42}

# initials and finals that dialects of the Yangtze delta and of migrants do not keep apart
_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("hu", "fu"), ("r", "l"))
_FINALS = (("ang", "an"), ("eng", "en"), ("ing", "in"))
# a digit and its Chinese sign are one thing
_SAME = {ord(chinese): ord(digit) for chinese, digit in zip("零一二三四五六七八九幺两", "012345678912", strict=True)}
_SAID = dict(zip("0123456789", "零一二三四五六七八九", strict=True))


@cache
def _syllables() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for line in _lines("syllables.csv"):
        syllable, characters = line.split(",")
        for character in characters:
            found.setdefault(character, []).append(syllable)
    return {character: tuple(all_of_it) for character, all_of_it in found.items()}


@cache
def _lookalikes() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _lines("lookalikes.csv"):
        a, b, _ = line.split(",")
        found.setdefault(a, set()).add(b)
        found.setdefault(b, set()).add(a)
    return {character: frozenset(others) for character, others in found.items()}


def _lines(name: str) -> list[str]:
    return resources.files("gis.geocode").joinpath("data", name).read_text(encoding="utf-8").splitlines()[1:]


@cache
def regional(syllable: str) -> str:
    """Return the syllable as those say it who merge the regional pairs."""
    for one, other in _INITIALS:
        if syllable.startswith(one):
            syllable = other + syllable[len(one) :]
            break
    for one, other in _FINALS:
        if syllable.endswith(one):
            return syllable[: -len(one)] + other
    return syllable


def sounds(character: str) -> tuple[str, ...]:
    """Return the toneless syllables of a character, none for signs and letters."""
    return _syllables().get(character, ())


def sounds_like(character: str, syllables: frozenset[str]) -> bool:
    """Tell whether a character may be said as one of the syllables."""
    return any(sound in syllables for sound in _syllables().get(character, ()))


class Alphabet:
    """The characters of a gazetteer's names, and for any character those it may have been written for.

    The rows are kept in flat arrays that grow as new characters turn up, for the compiled alignment.
    """

    def __init__(self, characters: str) -> None:
        self.characters = sorted({character.translate(_SAME) for character in characters})
        self.ids = {character: number for number, character in enumerate(self.characters)}
        self._by_sound: dict[str, list[int]] = {}
        self._by_regional_sound: dict[str, list[int]] = {}
        for number, character in enumerate(self.characters):
            # a name's 二 is kept as 2 and still sounds like 尔
            for sound in sounds(_SAID.get(character, character)):
                self._by_sound.setdefault(sound, []).append(number)
                self._by_regional_sound.setdefault(regional(sound), []).append(number)
        self._rows: dict[str, int] = {}
        self.starts = np.zeros(1, dtype=np.int32)
        self.similar = np.zeros(0, dtype=np.int32)
        self.kinds = np.zeros(0, dtype=np.uint8)

    def encode(self, name: str) -> list[int]:
        """Return the ids of a name's characters."""
        return [self.ids[character] for character in name.translate(_SAME)]

    def rows(self, text: str) -> NDArray[np.int32]:
        """Return the row of each character of a text, making those that are new."""
        known = self._rows
        new = [character for character in text if character not in known]
        if new:
            self._add(new)
        return np.fromiter((known[character] for character in text), dtype=np.int32, count=len(text))

    def _add(self, characters: list[str]) -> None:
        starts, similar, kinds = [self.starts], [self.similar], [self.kinds]
        end = int(self.starts[-1])
        for character in dict.fromkeys(characters):
            found = self._similar(character)
            end += len(found)
            starts.append(np.array([end], dtype=np.int32))
            similar.append(np.fromiter(found.keys(), dtype=np.int32, count=len(found)))
            kinds.append(np.fromiter(found.values(), dtype=np.uint8, count=len(found)))
            self._rows[character] = len(self._rows)
        self.starts, self.similar, self.kinds = np.concatenate(starts), np.concatenate(similar), np.concatenate(kinds)

    def _similar(self, character: str) -> dict[int, int]:
        """Return ids of the characters this one may stand for, each with its nearest kind of likeness."""
        found: dict[int, int] = {}
        same = character.translate(_SAME)
        if same in self.ids:
            found[self.ids[same]] = EXACT
        if same.isdigit():
            return found
        for sound in sounds(character):
            for number in self._by_sound.get(sound, ()):
                found.setdefault(number, HOMOPHONE)
        for sound in sounds(character):
            for number in self._by_regional_sound.get(regional(sound), ()):
                found.setdefault(number, REGIONAL)
        for other in _lookalikes().get(character, ()):
            if other in self.ids:
                found.setdefault(self.ids[other], LOOKALIKE)
        return found
