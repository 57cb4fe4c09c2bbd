"""Judge results of the geocoder: the measures of the evaluation set, and the two that a constant confidence fails.

The same definitions as in the evaluation set's README, written anew over `Query` and `Location`, so that made-up
districts can be judged in the same terms.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks.geocode_query import Query
from gis.geocode.gazetteer import distance_m
from gis.location import Location

DEEP = frozenset({"room", "unit", "building", "zone", "compound", "poi", "junction"})


@dataclass(frozen=True)
class Judged:
    """One query with its answer and how far that is right."""

    query: Query
    location: Location

    @property
    def place(self) -> bool:
        """The place is an accepted one; a crossing must also lie within 150 m."""
        query, location = self.query, self.location
        if not location.place_id or location.place_id not in query.place_ids:
            return False
        if query.status == "match" and query.level == "junction":
            if None in (location.lon, query.lon):
                return False
            return distance_m(location.lon, location.lat, query.lon, query.lat) <= 150  # type: ignore[arg-type]
        return True

    @property
    def full(self) -> bool:
        """Place, building, unit and room are right as far as written."""
        query, location = self.query, self.location
        return (
            self.place
            and location.building_id == query.building_id
            and (not query.unit or location.unit == query.unit)
            and (not query.room or location.room == query.room)
        )

    @property
    def at_level(self) -> bool:
        """What the confidence speaks of."""
        query, location = self.query, self.location
        if query.status == "none" or not self.place:
            return False
        if location.level in ("building", "unit", "room"):
            if location.building_id != query.building_id:
                return False
            if location.level in ("unit", "room") and query.unit and location.unit != query.unit:
                return False
            if location.level == "room" and location.room != query.room:
                return False
        return True


def measures(judged: Sequence[Judged]) -> dict[str, float]:
    """Return the measures over all queries."""
    answerable = [one for one in judged if one.query.status == "match"]
    foreign = [one for one in judged if one.query.status == "none"]
    unclear = [one for one in judged if one.query.status == "ambiguous"]
    matched = [one for one in judged if one.location.status == "matched"]
    weighed = [
        (one.location.confidence, one.at_level)
        for one in judged
        if one.location.status != "unmatched" and one.query.status != "ambiguous"
    ]
    base = _mean(right for _, right in weighed)
    brier = _mean((chance - right) ** 2 for chance, right in weighed)
    return {
        "n": len(judged),
        "top1_place": _mean(one.place for one in answerable),
        "top1_full": _mean(one.full for one in answerable),
        "precision": _mean(one.query.status != "none" and one.place for one in matched),
        "coverage": _mean(one.place and one.location.status == "matched" for one in answerable),
        "coverage_at_99.5": coverage_at(judged, 0.995),
        "oog_false_accept": _mean(one.location.status == "matched" and one.location.level in DEEP for one in foreign),
        "ambiguous_flagged": _mean(
            one.location.status != "matched" or (one.place and one.location.confidence < 0.8) for one in unclear
        ),
        "ece": calibration_error(weighed),
        "brier": brier,
        "brier_skill": 1 - brier / (base * (1 - base)) if 0 < base < 1 else 0.0,
    }


def coverage_at(judged: Sequence[Judged], precision: float) -> float:
    """Return the largest share of answerable queries placed at a precision, over all cuts by confidence."""
    ranked = sorted((one for one in judged if one.location.place_id), key=lambda one: -one.location.confidence)
    answerable = sum(one.query.status == "match" for one in judged)
    right = best = 0
    for count, one in enumerate(ranked, 1):
        right += one.query.status == "match" and one.place
        if right >= precision * count:
            best = right
    return best / answerable if answerable else 0.0


def calibration_error(weighed: Sequence[tuple[float, bool]], bins: int = 15) -> float:
    """Return the mean gap between confidence and share right over bins of equal size."""
    ranked = sorted(weighed)
    error = 0.0
    for part in range(bins):
        group = ranked[part * len(ranked) // bins : (part + 1) * len(ranked) // bins]
        if group:
            error += len(group) * abs(_mean(chance for chance, _ in group) - _mean(right for _, right in group))
    return error / len(ranked) if ranked else 0.0


def by(judged: Iterable[Judged], keys: Callable[[Judged], Iterable[object]]) -> dict[object, list[Judged]]:
    """Group answers by every key a function gives them."""
    groups: dict[object, list[Judged]] = {}
    for one in judged:
        for key in keys(one):
            groups.setdefault(key, []).append(one)
    return groups


def interval(values: Sequence[bool], *, seed: int = 7, resamples: int = 500) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a share."""
    rng = random.Random(seed)
    if not values:
        return 0.0, 0.0
    shares = sorted(sum(rng.choices(values, k=len(values))) / len(values) for _ in range(resamples))
    return shares[int(resamples * 0.025)], shares[int(resamples * 0.975) - 1]


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0
