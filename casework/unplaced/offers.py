"""Where a record that was not placed may be: the engine's candidates, and the gazetteer's offers where these end. Pure.

The engine stops where the text stops: at a road, at an estate with twenty houses. A person goes on from there, so a
road offers its crossings, an estate its zones or itself, a missing house number its neighbours.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from casework.unplaced.reasons import Reason, crossings_of, named_places, where_stands
from gis.geocode import Gazetteer
from gis.geocode.gazetteer import GazetteerPlace
from gis.location import Location
from gis.texts import Texts

#: keys go from 1 to 9
MOST = 9
#: how far the true point may lie from a building or crossing that a person chose [m]
RADIUS_M = {"building": 25.0, "junction": 40.0}
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Offer:
    """One place a person may choose."""

    #: tells it among the others: a building's or place's id, two road ids of a crossing, `home`, `stated`
    key: str
    level: str
    lon: float
    lat: float
    radius_m: float
    place_id: str = ""
    building_id: str = ""
    #: relative weight among the offers; the engine's confidence, or equal shares
    weight: float = 1.0
    #: whether the engine read the text so; else it is an offer of the gazetteer
    is_reading: bool = False


def offers_for(location: Location, reason: Reason, gazetteer: Gazetteer) -> list[Offer]:
    """Return what may be meant, at most nine, the likeliest first; empty where only a person knows."""
    if reason.name == "same_building":
        found = [
            offer
            for zone in where_stands(gazetteer, location, str(reason.facts["number"]))
            if (offer := building_offer(gazetteer, zone, str(reason.facts["number"]), location))
        ]
    elif reason.name == "known_now":
        found = named_by_text(location, gazetteer)
    elif reason.name in ("road", "half_crossing"):
        found = crossings(gazetteer, location.place_id)
    elif reason.name == "estate":
        found = zones_and_whole(gazetteer, location.place_id)
    elif reason.name == "building":
        found = neighbours(gazetteer, location.place_id, str(reason.facts["number"]))
    elif reason.name == "zone_unknown":
        found = zones_and_whole(gazetteer, location.place_id)
    elif reason.name == "no_crossing":
        roads = [one for one in named_places(location) if one in gazetteer.places]
        found = list({offer.key: offer for road in roads for offer in crossings(gazetteer, road)}.values())
    else:
        found = readings(gazetteer, location)
    return found[:MOST]


def readings(gazetteer: Gazetteer, location: Location) -> list[Offer]:
    """The engine's own candidates; what has no point cannot be chosen, and a road is chosen by its crossings."""
    found = [
        Offer(
            key=one.building_id or one.place_id,
            level=one.level,
            lon=one.lon,
            lat=one.lat,
            radius_m=RADIUS_M.get(one.level, float(gazetteer.radius_m.get(one.place_id, 200))),
            place_id=one.place_id,
            building_id=one.building_id,
            weight=one.confidence,
            is_reading=True,
        )
        for one in location.candidates
        if one.lon is not None and one.lat is not None and one.place_id in gazetteer.places
    ]
    spread: list[Offer] = []
    for offer in found:
        on_road = crossings(gazetteer, offer.place_id) if offer.level == "road" else []
        spread += [replace(one, weight=offer.weight / len(on_road)) for one in on_road] or [offer]
    # an estate of the same name must not be crowded out by a long road
    return sorted(spread, key=lambda offer: -offer.weight)[:MOST]


def building_offer(gazetteer: Gazetteer, place_id: str, number: str, location: Location) -> Offer | None:
    """The building of a number in a place, weighed as the engine weighed it."""
    building_id = gazetteer.buildings_of.get(place_id, {}).get(number.upper())
    building = gazetteer.buildings.get(building_id or "")
    if building is None or building.lon is None or building.lat is None:
        return None
    weights = [one.confidence for one in location.candidates if one.building_id == building_id]
    least = min((one.confidence for one in location.candidates), default=1.0)
    return Offer(
        building.building_id, "building", building.lon, building.lat, RADIUS_M["building"], place_id,
        building.building_id, weight=weights[0] if weights else least, is_reading=True,
    )  # fmt: skip


def named_by_text(location: Location, gazetteer: Gazetteer) -> list[Offer]:
    """What the words name, where they name one place."""
    if location.lon is None or location.lat is None or location.place_id not in gazetteer.places:
        return []
    return [
        Offer(
            location.building_id or location.place_id, location.level, location.lon, location.lat,
            location.radius_m or 50.0, location.place_id, location.building_id, is_reading=True,
        )
    ]  # fmt: skip


def place_offer(gazetteer: Gazetteer, place: GazetteerPlace) -> Offer | None:
    """A place itself."""
    if place.lon is None or place.lat is None:
        return None
    radius_m = float(gazetteer.radius_m[place.place_id])
    return Offer(place.place_id, gazetteer.level_of(place.place_id), place.lon, place.lat, radius_m, place.place_id)


def crossings(gazetteer: Gazetteer, road_id: str) -> list[Offer]:
    """The crossings of a road, along it from end to end."""
    pairs = crossings_of(gazetteer, road_id)
    found = [
        Offer("|".join(pair), "junction", *gazetteer.junction_points[pair], RADIUS_M["junction"], road_id)
        for pair in pairs
    ]
    if len(found) < 2:
        return found
    wide = max(one.lon for one in found) - min(one.lon for one in found)
    high = max(one.lat for one in found) - min(one.lat for one in found)
    along: Callable[[Offer], float] = (lambda one: one.lon) if wide > high else (lambda one: -one.lat)
    return sorted(found, key=along)


def zones_and_whole(gazetteer: Gazetteer, place_id: str) -> list[Offer]:
    """The zones of an estate, then the estate as a whole."""
    ids = [*gazetteer.children.get(place_id, ())[: MOST - 1], place_id]
    return [offer for one in ids if (offer := place_offer(gazetteer, gazetteer.places[one]))]


def neighbours(gazetteer: Gazetteer, place_id: str, number: str) -> list[Offer]:
    """The two buildings whose numbers are nearest to one that is not there, then the estate as a whole."""
    wanted = _NUMBER.match(number)
    standing = [
        (int(found.group()), building_id)
        for one, building_id in gazetteer.buildings_of.get(place_id, {}).items()
        if (found := _NUMBER.match(one))
    ]
    standing.sort(key=lambda one: abs(one[0] - int(wanted.group() if wanted else 0)))
    nearest: list[Offer] = []
    for _, building_id in standing[:2]:
        building = gazetteer.buildings[building_id]
        if building.lon is not None and building.lat is not None:
            nearest.append(
                Offer(building_id, "building", building.lon, building.lat, RADIUS_M["building"], place_id, building_id)
            )
    whole = place_offer(gazetteer, gazetteer.places[place_id])
    return [*nearest, whole] if whole else nearest


def shares(offers: list[Offer]) -> list[Offer]:
    """Make weights shares of one."""
    total = sum(offer.weight for offer in offers)
    return [replace(offer, weight=offer.weight / total) for offer in offers] if total > 0 else offers


def offer_name(offer: Offer, gazetteer: Gazetteer, texts: Texts) -> str:
    """What an offer is called."""
    if offer.key in ("home", "stated"):
        return texts(f"unplaced.offer.{offer.key}")
    if "|" in offer.key:
        one, other = (gazetteer.places[road].name for road in offer.key.split("|"))
        return texts("unplaced.offer.junction", one=one, other=other)
    place = gazetteer.places[offer.place_id]
    if offer.building_id:
        return texts("unplaced.offer.building", place=place.name, number=gazetteer.buildings[offer.building_id].number)
    if place.kind in ("compound", "apartment") and offer.radius_m > 100:
        return texts("unplaced.offer.whole", place=place.name)
    return place.name
