"""Place texts by a gazetteer: the one door to the engine."""

from collections.abc import Sequence
from functools import lru_cache
from math import cos, radians

from gis.geocode.administration import read_offset
from gis.geocode.calibration import probability
from gis.geocode.exact import ExactHeads
from gis.geocode.features import features_of, weighed_ranks
from gis.geocode.gazetteer import METRES_PER_DEGREE, Gazetteer, GazetteerBuilding
from gis.geocode.names import FULL, place_forms
from gis.geocode.normalise import Normalised, normalise_with_breaks
from gis.geocode.place_index import PlaceIndex
from gis.geocode.reader import Reader
from gis.geocode.reading import (
    ADDRESS,
    BUILDING_IN_SEVERAL,
    BUILDING_UNKNOWN,
    JUNCTION,
    LEFT_OTHER,
    PLACE,
    RIGHT_OTHER_THING,
    ZONE_UNKNOWN,
    Reading,
)
from gis.geocode.spans import NameFinder
from gis.location import AMBIGUOUS, MATCHED, NOWHERE, UNMATCHED, Candidate, Location
from gis.sealing import MARKS, seal

ENGINE_VERSION = "1.2"

# from which probability an answer counts as found, and below which it is not worth showing to a person
MATCH_FROM, SHOW_FROM = 0.9, 0.03
_MOST_CANDIDATES = 5
# answers that are kept, about a kilobyte each
_MOST_REMEMBERED = 20_000
# another address in the text is worth telling from this spelling on
_CLEAN_COST = 0.3
_SIDES = {"东": (1, 0), "西": (-1, 0), "南": (0, -1), "北": (0, 1)}
_REST_RADIUS_M = {"building": 25.0, "unit": 20.0, "room": 20.0, "junction": 40.0}


class Geocoder:
    """Finds the place of a text in one gazetteer; deterministic, without network, safe to share between threads."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        forms = place_forms(gazetteer)
        self._finder = NameFinder(forms)
        index = PlaceIndex(gazetteer, forms)
        self._reader = Reader(index)
        self._exact = ExactHeads(index, self.readings, self._chance)
        # what is asked again, in whatever signs and script, is not read again
        self._remembered = lru_cache(maxsize=_MOST_REMEMBERED)(self._locate)

    def locate(self, text: str) -> Location:
        """Place one text."""
        normalised = self._prepare(text)
        plain = self._exact.find(normalised.text) if not normalised.breaks else None
        return self._plain_location(*plain) if plain else self._remembered(normalised)

    def _locate(self, normalised: Normalised) -> Location:
        """Place a text by reading it as a whole."""
        readings = self._reader.read(normalised, self._finder.find(normalised.text))
        if not readings:
            return NOWHERE
        best, chance = _surest(readings)
        if best:
            readings = [readings[best], *readings[:best], *readings[best + 1 :]]
        return self._location(readings, normalised.text, chance)

    def locate_many(self, texts: Sequence[str]) -> list[Location]:
        """Place many texts; equal texts are worked out once."""
        known: dict[str, Location] = {}
        for text in texts:
            if text not in known:
                known[text] = self.locate(text)
        return [known[text] for text in texts]

    def readings(self, text: str) -> tuple[list[Reading], str]:
        """Return all readings of a text, best first, and the normalised text they speak of."""
        normalised = self._prepare(text)
        return self._reader.read(normalised, self._finder.find(normalised.text)), normalised.text

    @staticmethod
    def _prepare(text: str) -> Normalised:
        sealed = seal(text)
        redacted = sealed.redacted
        if sealed.found:
            for mark in MARKS.values():
                redacted = redacted.replace(mark, "。")
        return normalise_with_breaks(redacted)

    def _chance(self, text: str) -> float:
        """Return the probability of the reading of a text that ends in a building."""
        readings, _ = self.readings(text)
        best, chance = _surest(readings) if readings else (0, 0.0)
        return chance if readings and readings[best].settled[1] else 0.0

    def _plain_location(self, building: GazetteerBuilding, unit: str, room: str, chance: float) -> Location:
        place = self.gazetteer.places[building.place_id]
        located = building.lon is not None and building.lat is not None
        level = "room" if room else "unit" if unit else "building"
        return Location(
            MATCHED,
            level,
            place.place_id,
            building.building_id,
            unit,
            room,
            building.lon if located else place.lon,
            building.lat if located else place.lat,
            _REST_RADIUS_M[level] if located else self.gazetteer.radius_m[place.place_id],
            round(chance, 4),
            {place.name: f"{place.kind} {place.place_id} name", f"building {building.number}": building.building_id},
        )

    def _location(self, readings: list[Reading], read: str, chance: float) -> Location:
        best = readings[0]
        undecided = best.building_state == BUILDING_IN_SEVERAL or best.zone_state == ZONE_UNKNOWN
        undecided = undecided or (best.kind == JUNCTION and best.point is None)
        # an estate known by its zones only, and no zone is said
        undecided = undecided or (not best.form.owner.whole and not best.zone and not best.settled[1])
        undecided = undecided or bool(best.namesake[0]) or "elsewhere" in best.notes
        status = MATCHED if chance >= MATCH_FROM and not undecided else AMBIGUOUS if chance >= SHOW_FROM else UNMATCHED
        if undecided or (status == UNMATCHED and _meant_by_several(readings)):
            status = AMBIGUOUS
            chance = min(chance, 0.6)
        if status == UNMATCHED:
            return NOWHERE
        place_id, building_id = best.settled
        level, unit, room = best.level, "", ""
        lon, lat = self.gazetteer.places[place_id].lon, self.gazetteer.places[place_id].lat
        radius_m = self.gazetteer.radius_m[place_id]
        if building_id:
            building = self.gazetteer.buildings[building_id]
            unit, room = best.parts.unit, best.parts.room
            level = "room" if room else "unit" if unit else "building"
            if building.lon is not None:
                lon, lat = building.lon, building.lat
            radius_m = _REST_RADIUS_M[level]
        elif best.point:
            lon, lat = best.point
            radius_m = _REST_RADIUS_M["junction"]
        if level != "road" and lon is not None and lat is not None and not building_id:
            lon, lat = _shifted(lon, lat, read_offset(read[best.end : best.end + 14]))
        how = _how(readings, read, status)
        candidates = self._candidates(_others_said(readings) if status == MATCHED else readings, chance)
        return Location(
            status, level, place_id, building_id, unit, room, lon, lat, radius_m, round(chance, 4), how, candidates
        )

    def _candidates(self, readings: list[Reading], chance: float) -> tuple[Candidate, ...]:
        found: dict[tuple[str, str], Candidate] = {}
        for reading in readings:
            pairs = reading.building_ids if len(reading.building_ids) > 1 else (reading.settled,)
            pairs = (*pairs, reading.namesake) if reading.namesake[0] else pairs
            share = chance if reading is readings[0] else chance * min(1.0, 2.0 ** (reading.score - readings[0].score))
            for place_id, building_id in pairs:
                place = self.gazetteer.buildings[building_id] if building_id else self.gazetteer.places[place_id]
                found.setdefault(
                    (place_id, building_id),
                    Candidate(
                        place_id,
                        _level(self.gazetteer, reading, place_id, building_id),
                        round(share / len(pairs), 4),
                        building_id,
                        lon=place.lon,
                        lat=place.lat,
                        why=f"{reading.span.text} cost {reading.span.cost:.2f}",
                    ),
                )
            if len(found) >= _MOST_CANDIDATES:
                break
        return tuple(list(found.values())[:_MOST_CANDIDATES])


def _surest(readings: list[Reading]) -> tuple[int, float]:
    """Return the rank of the likeliest reading and its probability."""
    chances = {rank: probability(features_of(readings, rank)) for rank in weighed_ranks(readings)}
    best = max(chances, key=chances.__getitem__)
    return best, chances[best]


def _others_said(readings: list[Reading]) -> list[Reading]:
    """Return the other addresses of a text that names several: read cleanly, elsewhere in it, of other places."""
    best = readings[0]
    return [
        other
        for other in readings[1:]
        if other.span.cost <= _CLEAN_COST
        and other.form.variant == FULL
        and other.kind in (PLACE, ADDRESS, JUNCTION)
        and other.form.owner.kind != "community"
        and (other.span.start >= best.end or other.end <= best.span.start)
        and other.form.owner.place_id not in (best.place_id, best.form.owner.place_id)
    ]


def _meant_by_several(readings: list[Reading]) -> bool:
    """Tell whether the same clean words are the name of several places: a person can choose."""
    best = readings[0]
    clean = best.span.cost == 0.0 and best.gap == 0 and best.left < LEFT_OTHER and best.right < RIGHT_OTHER_THING
    return clean and any(
        other.span.start == best.span.start and other.span.cost == 0.0 and other.place_id != best.place_id
        for other in readings[1:]
    )


def _level(gazetteer: Gazetteer, reading: Reading, place_id: str, building_id: str) -> str:
    if building_id:
        return "building"
    return reading.level if place_id == reading.place_id else gazetteer.level_of(place_id)


def _shifted(lon: float, lat: float, offset: tuple[str, float] | None) -> tuple[float, float]:
    """Move a landmark's point by a direction and a distance; 东北 is half way between."""
    if not offset:
        return lon, lat
    sides, metres = offset
    east = sum(_SIDES[side][0] for side in sides)
    north = sum(_SIDES[side][1] for side in sides)
    length = (east * east + north * north) ** 0.5
    if not length:
        return lon, lat
    return (
        lon + metres * east / length / (METRES_PER_DEGREE * cos(radians(lat))),
        lat + metres * north / length / METRES_PER_DEGREE,
    )


def _how(readings: list[Reading], read: str, status: str) -> dict[str, str]:
    """Say which stretch of the text was read as what, what was ignored, and why not the runner-up."""
    best = readings[0]
    owner = best.form.owner
    how = {read[best.span.start : best.span.end]: f"{owner.kind} {owner.place_id} {best.form.relation}"}
    if best.second:
        how[read[best.second.start : best.second.end]] = f"road {best.second.forms[0].owner.place_id}"
    if best.zone:
        how[f"zone {best.zone.zone.number}"] = "unknown" if best.zone_state == ZONE_UNKNOWN else best.place_id
    if best.parts.building:
        several = "unknown" if best.building_state == BUILDING_UNKNOWN else "in several places"
        how[f"building {best.parts.building}"] = best.settled[1] or several
    how |= best.notes
    before = read[max(0, best.span.start - best.gap) : best.span.start]
    behind = read[best.end :]
    if before or behind:
        how["ignored"] = f"{before}…{behind}"
    if len(readings) > 1:
        second = readings[1]
        how["runner_up"] = f"{second.span.text} {second.settled[1] or second.place_id} {second.score - best.score:+.1f}"
    if status == AMBIGUOUS:
        how["reason"] = _reason(best)
    return how


def _reason(best: Reading) -> str:
    """Say why a person must decide."""
    if best.zone_state == ZONE_UNKNOWN:
        return "no such zone"
    if best.building_state == BUILDING_IN_SEVERAL:
        return "building in several places"
    if best.kind == JUNCTION and best.point is None:
        return "crossing not known"
    if best.namesake[0]:
        return "the road or the estate on it"
    if "elsewhere" in best.notes:
        return "another city is named"
    return "not sure enough"
