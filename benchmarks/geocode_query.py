"""What is asked of the geocoder and what is meant by it, and how near two names are."""

from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from gis.geocode.confusion import sounds


@dataclass
class Query:
    """A text, what it means, and how it was made."""

    text: str
    status: str  # match, none, ambiguous
    level: str
    place_ids: frozenset[str]
    building_id: str
    unit: str
    room: str
    families: tuple[str, ...]
    lon: float | None = None
    lat: float | None = None


@dataclass
class Said:
    """Words so far and what they mean."""

    words: str
    status: str
    level: str
    place_ids: frozenset[str]
    building_id: str = ""
    unit: str = ""
    room: str = ""
    lon: float | None = None
    lat: float | None = None


def sounds_of(name: str) -> tuple[str, ...]:
    """Return the first toneless syllable of each character."""
    return tuple((sounds(letter) or (letter,))[0] for letter in name)


def distance(a: str, a_said: tuple[str, ...], b: str, b_said: tuple[str, ...]) -> float:
    """Return how far two names are apart: half by characters, half by sounds."""
    return 0.5 * Levenshtein.distance(a, b) + 0.5 * Levenshtein.distance(a_said, b_said)


def near(known: str, name: str) -> bool:
    """Tell whether a foreign name cannot be told from a known one: contained, or nearer than any slip."""
    if len(known) >= 2 and (known in name or name in known):
        return True
    if abs(len(known) - len(name)) == 1 and (is_inside(known, name) or is_inside(name, known)):
        return True
    limit = 0.5 if len(known) <= 4 else 1.0
    return distance(known, sounds_of(known), name, sounds_of(name)) <= limit


def is_inside(short: str, long: str) -> bool:
    """Tell whether all characters of one name stand in another in their order."""
    letters = iter(long)
    return all(letter in letters for letter in short)
