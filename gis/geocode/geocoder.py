"""Place texts by a gazetteer: the one door to the engine."""

from collections.abc import Sequence

from gis.geocode.gazetteer import Gazetteer
from gis.geocode.names import Name, place_names
from gis.geocode.normalise import normalise
from gis.geocode.parts import NO_PARTS, read_parts
from gis.location import AMBIGUOUS, MATCHED, NOWHERE, Candidate, Location
from gis.sealing import seal

ENGINE_VERSION = "0.1"


class Geocoder:
    """Finds the place of a text in one gazetteer; deterministic, without network, safe to share between threads."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        import ahocorasick

        self.gazetteer = gazetteer
        self._names = place_names(gazetteer)
        self._automaton = ahocorasick.Automaton()
        for text in self._names:
            self._automaton.add_word(text, text)
        self._automaton.make_automaton()

    def locate(self, text: str) -> Location:
        """Place one text."""
        read = normalise(seal(text).redacted.replace("[ID]", " ").replace("[TEL]", " "))
        hits = self._hits(read)
        roads = [hit for hit in hits if self._kind(hit[1]) == "road"]
        others = [hit for hit in hits if self._kind(hit[1]) not in ("road", "community")]
        if others:
            return self._place(read, *max(others, key=lambda hit: len(hit[1][0].text)))
        if len(roads) >= 2:
            pair = sorted((roads[0][1][0].place_id, roads[1][1][0].place_id))
            point = self.gazetteer.junction_points.get((pair[0], pair[1]))
            if point:
                return Location(
                    MATCHED, "junction", pair[0], lon=point[0], lat=point[1], radius_m=50.0, confidence=0.95
                )
        if hits:
            return self._place(read, *hits[0])
        return NOWHERE

    def locate_many(self, texts: Sequence[str]) -> list[Location]:
        """Place many texts; equal texts are worked out once."""
        known: dict[str, Location] = {}
        for text in texts:
            if text not in known:
                known[text] = self.locate(text)
        return [known[text] for text in texts]

    def _hits(self, text: str) -> list[tuple[int, tuple[Name, ...]]]:
        """Return (end, names) of the longest names in the text that do not overlap, in their order."""
        found: list[tuple[int, tuple[Name, ...]]] = []
        for last, name in self._automaton.iter_long(text):
            found.append((last + 1, self._names[name]))
        return found

    def _kind(self, names: tuple[Name, ...]) -> str:
        return self.gazetteer.places[names[0].place_id].kind

    def _place(self, text: str, end: int, names: tuple[Name, ...]) -> Location:
        gazetteer = self.gazetteer
        kind = self._kind(names)
        parts = read_parts(text[end:]) if kind in ("compound", "apartment") else NO_PARTS
        standing = [
            (place_id, building_id)
            for name in names
            for place_id in (name.place_id, *gazetteer.children.get(name.place_id, ()))
            if (building_id := gazetteer.buildings_of.get(place_id, {}).get(parts.building))
        ]
        how = {names[0].text: f"name {names[0].place_id}"}
        if len(standing) == 1:
            place_id, building_id = standing[0]
            building = gazetteer.buildings[building_id]
            level = "room" if parts.room else "unit" if parts.unit else "building"
            how[parts.building + parts.word] = f"building {building_id}"
            return Location(
                MATCHED,
                level,
                place_id,
                building_id,
                parts.unit,
                parts.room,
                building.lon,
                building.lat,
                20.0,
                0.98,
                how,
            )
        best = gazetteer.places[names[0].place_id]
        several = len(standing) > 1 or len(names) > 1
        return Location(
            AMBIGUOUS if several else MATCHED,
            gazetteer.level_of(best.place_id),
            best.place_id,
            lon=best.lon,
            lat=best.lat,
            radius_m=gazetteer.radius_m[best.place_id],
            confidence=0.4 if several else 0.9,
            how=how,
            candidates=tuple(
                Candidate(place_id, "building", 1.0 / len(standing), building_id) for place_id, building_id in standing
            ),
        )
