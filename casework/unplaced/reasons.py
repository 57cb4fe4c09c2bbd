"""Why a person must look: the kind of doubt and the facts its sentence is made of. Pure.

Everything said here is counted in the gazetteer or read from the engine's own explanation; the words are in
`casework/texts/unplaced.yml` under the reason's name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from casework.unplaced.names import unknown_name
from gis.geocode import Gazetteer
from gis.geocode.gazetteer import KINDS
from gis.location import AMBIGUOUS, UNMATCHED, Location
from gis.placing import COARSEST_PLACE_M
from gis.texts import Texts

#: reason -> the filter it falls under
GROUP_OF = {
    "same_building": "several", "zone_unsaid": "several", "zone_unknown": "several", "same_name": "several",
    "unsure": "several", "known_now": "several",
    "road": "vague", "half_crossing": "vague", "no_crossing": "vague", "estate": "vague", "community": "vague",
    "building": "unregistered",
    "outside": "nowhere", "beyond": "nowhere", "no_name": "nowhere", "empty": "nowhere",
    "disagree": "disagree",
}  # fmt: skip
GROUPS = ("several", "vague", "unregistered", "nowhere", "disagree")

_NAMED = re.compile(rf"^(?:{'|'.join(sorted(KINDS))}) (?P<place>\S+)")
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Reason:
    """One kind of doubt with the values its sentence is filled with; lists of names stay lists."""

    name: str
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def group(self) -> str:
        """The filter it falls under."""
        return GROUP_OF[self.name]

    def title(self, texts: Texts) -> str:
        """Two to four words, at the right of a row."""
        return texts(f"unplaced.reason.{self.name}")

    def sentence(self, texts: Texts) -> str:
        """One sentence that says what is known and what lacks."""
        values = {
            name: listed(value, texts) if isinstance(value, tuple) else value for name, value in self.facts.items()
        }
        places = self.facts.get("places")
        if isinstance(places, tuple):
            values["where"] = places_text(places, texts)
        return texts(f"unplaced.sentence.{self.name}", **values)


def why(words: str, location: Location, gazetteer: Gazetteer, *, is_inside: bool) -> Reason:
    """Tell why a text was not placed, from what the engine answered.

    Parameters
    ----------
    words
        The text as read, sealed.
    location
        The engine's answer to it.
    is_inside
        Whether what it found lies in the sub-district.
    """
    if not words.strip():
        return Reason("empty")
    if location.status == UNMATCHED or location.place_id not in gazetteer.places:
        name = unknown_name(words)
        return Reason("outside", {"name": name}) if name else Reason("no_name")
    place = gazetteer.places[location.place_id]
    said = building_said(location)
    if location.status == AMBIGUOUS:
        return doubtful(location, gazetteer, said)
    if not is_inside:
        return Reason("beyond", {"name": place.name})
    if location.level != "community" and (location.radius_m or 0.0) <= COARSEST_PLACE_M:
        return Reason("known_now", {"name": place.name})
    if location.level == "road":
        if "crossing" in location.how:
            return Reason("half_crossing", {"name": place.name})
        return Reason("road", {"name": place.name, "crossings": len(crossings_of(gazetteer, place.place_id))})
    if location.level == "community":
        return Reason("community", {"name": place.name})
    if said:
        return building_unknown(gazetteer, place.place_id, said)
    return Reason("estate", {"name": place.name, "radius_km": f"{(location.radius_m or 0.0) / 1000:.1f}"})


def doubtful(location: Location, gazetteer: Gazetteer, said: str) -> Reason:
    """Name the doubt of an ambiguous answer."""
    place = gazetteer.places[location.place_id]
    doubt = location.how.get("reason", "")
    if doubt == "building in several places":
        standing = where_stands(gazetteer, location, said)
        names = tuple(gazetteer.places[one].name for one in standing)
        return Reason("same_building", {"places": names, "number": said, "count": len(names)})
    if doubt == "no such zone":
        there = tuple(gazetteer.places[zone].name for zone in gazetteer.children.get(place.place_id, ()))
        zone = next((key.removeprefix("zone ") for key in location.how if key.startswith("zone ")), "")
        return Reason("zone_unknown", {"name": place.name, "zones": there, "zone": zone})
    if doubt == "crossing not known":
        roads = tuple(gazetteer.places[one].name for one in named_places(location) if one in gazetteer.places)
        return Reason("no_crossing", {"roads": roads})
    if said and location.how.get(f"building {said}") == "unknown":
        return building_unknown(gazetteer, place.place_id, said)
    meant = list(dict.fromkeys(one.place_id for one in location.candidates if one.place_id in gazetteer.places))
    names = tuple(gazetteer.places[one].name for one in meant)
    if len(meant) > 1:
        name, zones = shared_stem(names)
        if zones:
            return Reason("zone_unsaid", {"name": name, "zones": zones})
        return Reason("same_name", {"name": said_name(location) or place.name, "names": names})
    return Reason("unsure", {"said": said_name(location), "name": place.name, "confidence": location.confidence})


def building_unknown(gazetteer: Gazetteer, place_id: str, said: str) -> Reason:
    """The register of an estate's buildings does not have this number."""
    numbers = [int(found.group()) for one in gazetteer.buildings_of.get(place_id, {}) if (found := _NUMBER.match(one))]
    return Reason(
        "building",
        {
            "name": gazetteer.places[place_id].name,
            "number": said,
            "count": len(gazetteer.buildings_of.get(place_id, {})),
            "highest": max(numbers, default=0),
        },
    )


def building_said(location: Location) -> str:
    """The building number that was read out of the text; empty when none was."""
    return next((key.removeprefix("building ") for key in location.how if key.startswith("building ")), "")


def named_places(location: Location) -> list[str]:
    """Gazetteer ids that stretches of the text were read as, in the order of the explanation."""
    found = (_NAMED.match(value) for key, value in location.how.items() if key not in ("runner_up", "reason"))
    return [match["place"] for match in found if match]


def said_name(location: Location) -> str:
    """The stretch of the text that was read as a name; normalised."""
    return next((key for key, value in location.how.items() if key != "runner_up" and _NAMED.match(value)), "")


def where_stands(gazetteer: Gazetteer, location: Location, number: str) -> list[str]:
    """Every place that has the building: the zones of the estate that was named, else what the engine offers."""
    zones = gazetteer.children.get(location.place_id, ())
    standing = [zone for zone in zones if number.upper() in gazetteer.buildings_of.get(zone, {})]
    offered = [one.place_id for one in location.candidates if one.building_id]
    return standing or list(dict.fromkeys(offered))


def crossings_of(gazetteer: Gazetteer, road_id: str) -> list[tuple[str, str]]:
    """The crossings of a road, as pairs of road ids."""
    return [pair for pair in gazetteer.junction_points if road_id in pair]


def shared_stem(names: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Split names that differ in one short word into what they share and what tells them apart.

    >>> shared_stem(("马浜花园北区", "马浜花园西区"))
    ('马浜花园', ('北区', '西区'))
    """
    if len(names) < 2:
        return "", ()
    length = 0
    while length < min(map(len, names)) and len({name[length] for name in names}) == 1:
        length += 1
    stem, rests = names[0][:length], tuple(name[length:] for name in names)
    if length >= 2 and all(1 <= len(rest) <= 3 for rest in rests):
        return stem, rests
    return "", ()


def places_text(names: tuple[str, ...], texts: Texts) -> str:
    """Write places that differ in one word only as one: 马浜花园北、西、南三区; else as a list."""
    stem, rests = shared_stem(names)
    kinds = {rest[-1] for rest in rests}
    if len(kinds) == 1 and 2 <= len(names) <= 9 and all(len(rest) > 1 for rest in rests):
        parts = texts("unplaced.and").join(rest[:-1] for rest in rests)
        count = texts(f"unplaced.count.{len(names)}")
        return texts("unplaced.zones", name=stem, parts=parts, count=count, kind=kinds.pop())
    return listed(names, texts)


def listed(names: tuple[object, ...], texts: Texts, *, most: int = 6) -> str:
    """Write a list of names; a long one ends in how many more there are."""
    shown = texts("unplaced.and").join(str(name) for name in names[:most])
    return texts("unplaced.more", names=shown, count=len(names)) if len(names) > most else shown
