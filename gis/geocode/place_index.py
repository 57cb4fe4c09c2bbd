"""What the readers ask of a gazetteer, looked up beforehand."""

import re

from gis.geocode.gazetteer import Gazetteer, GazetteerBuilding
from gis.geocode.names import Form, Owner
from gis.geocode.normalise import normalise
from gis.geocode.parts import Parts
from gis.geocode.zones import Zone, read_zone_name


class PlaceIndex:
    """Zones, buildings, addresses and crossings of a gazetteer, by what is written in texts."""

    def __init__(self, gazetteer: Gazetteer, forms: dict[str, tuple[Form, ...]]) -> None:
        self.gazetteer = gazetteer
        self._single: dict[tuple[str, bool], dict[str, tuple[str, str]]] = {}
        self._numbers: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {}
        for place_id in gazetteer.places:
            for standing_in in (place_id, *gazetteer.children.get(place_id, ())):
                numbers = self._numbers.setdefault(place_id, {})
                for number, building_id in gazetteer.buildings_of.get(standing_in, {}).items():
                    numbers[number] = (*numbers.get(number, ()), (standing_in, building_id))
        roads = {
            text: form.owner.place_id
            for text, all_forms in forms.items()
            for form in all_forms
            if form.owner.kind == "road"
        }
        self._addresses: dict[str, frozenset[tuple[str, str]]] = {}
        self._at_address: dict[tuple[str, str], list[str]] = {}
        for place in gazetteer.places.values():
            if not place.address:
                continue
            found = {address for one in re.split("[、,，;；]", place.address) if (address := _read_address(one, roads))}
            self._addresses[place.place_id] = frozenset(found)
            for address in found:
                self._at_address.setdefault(address, []).append(place.place_id)

    def level(self, owner: Owner) -> str:
        return self.gazetteer.level_of(owner.place_id) if owner.whole else "compound"

    def level_of(self, place_id: str) -> str:
        return self.gazetteer.level_of(place_id)

    def community_of(self, place_id: str) -> str:
        return self.gazetteer.community_of(place_id)

    def zone(self, owner: Owner, zone: Zone) -> str | None:
        """Return the zone's place; 二期 and 二区 are taken for each other where only one of them exists."""
        return owner.zones.get(zone) or owner.zones.get(Zone(zone.number, not zone.phase))

    def zone_of_any(self, place_ids: tuple[str, ...], zone: Zone) -> str | None:
        for place_id in place_ids:
            name = self.gazetteer.places[place_id].name
            if read_zone_name(name)[1] == zone:
                return place_id
        return None

    def standing(self, place_ids: tuple[str, ...], number: str, *, within: bool) -> tuple[tuple[str, str], ...]:
        """Return (place, building) of every building with this number in the places and, if `within`, their zones."""
        found: dict[str, tuple[str, str]] = {}
        for place_id in place_ids:
            if within:
                pairs = self._numbers.get(place_id, {}).get(number, ())
            else:
                building_id = self.gazetteer.buildings_of.get(place_id, {}).get(number)
                pairs = ((place_id, building_id),) if building_id else ()
            for pair in pairs:
                found[pair[1]] = pair
        return tuple(found.values())

    def single_buildings(self, place_id: str, *, within: bool) -> dict[str, tuple[str, str]]:
        """Return (place, building) by number for the numbers that occur once in a place and, if `within`, its zones."""
        key = (place_id, within)
        if key not in self._single:
            found = {
                number: self.standing((place_id,), number, within=within) for number in self._numbers.get(place_id, {})
            }
            self._single[key] = {number: pairs[0] for number, pairs in found.items() if len(pairs) == 1}
        return self._single[key]

    def check(self, building_id: str, parts: Parts) -> tuple[int, int]:
        """Return whether unit and room can exist in a building: 0 not written or not known, 1 yes, 2 no."""
        return self.check_parts(self.gazetteer.buildings[building_id], parts.unit, parts.room)

    @staticmethod
    def check_parts(building: GazetteerBuilding, written_unit: str, written_room: str) -> tuple[int, int]:
        """Return what `check` does, of a building record and the texts of unit and room."""
        unit = room = 0
        if building.units and written_unit.isdigit():
            unit = 1 if int(written_unit) <= building.units else 2
        if building.floors and building.rooms_per_floor and len(written_room) in (3, 4) and written_room.isdigit():
            floor, door = divmod(int(written_room), 100)
            doors = building.rooms_per_floor * (1 if written_unit else building.units or 1)
            room = 1 if 1 <= floor <= building.floors and 1 <= door <= doors else 2
        return unit, room

    def addresses(self, place_id: str) -> frozenset[tuple[str, str]]:
        """Return (road id, number) of a place, its parent's if it has none."""
        found = self._addresses.get(place_id)
        if found is None and self.gazetteer.is_zone(place_id):
            found = self._addresses.get(self.gazetteer.places[place_id].parent_id)
        return found or frozenset()

    def at_address(self, road_id: str, number: str) -> list[str]:
        return self._at_address.get((road_id, number), [])

    def by_standing(self, place_ids: tuple[str, ...]) -> tuple[str, ...]:
        """Order places: whole estates before their zones."""
        return tuple(sorted(dict.fromkeys(place_ids), key=lambda place_id: self.gazetteer.is_zone(place_id)))

    def junction(self, pair: tuple[str, str]) -> tuple[float, float] | None:
        return self.gazetteer.junction_points.get(pair)


def _read_address(address: str, roads: dict[str, str]) -> tuple[str, str] | None:
    text = normalise(address)
    match = re.match(r"(.+?)(\d+)(?:号|弄)?$", text)
    if not match:
        return None
    road = next((roads[match[1][start:]] for start in range(len(match[1])) if match[1][start:] in roads), None)
    return (road, match[2].lstrip("0")) if road else None
