"""The gazetteer in memory: places, other names, buildings and crossings, all in WGS-84.

It is built from records, wherever they come from (the database, or the CSV form of `gis.geocode.gazetteer_files`),
and is never changed afterwards. It knows no names of its own.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from math import cos, hypot, radians

from gis.errors import BadInput
from gis.sentences import Sentence, listed

KINDS = frozenset({"community", "compound", "apartment", "road", "poi", "village"})
RELATIONS = frozenset({"alias", "abbreviation", "former_name", "resettled_to"})
# metres of one degree of latitude on the mean sphere (2 pi * 6 371 008.8 m / 360)
METRES_PER_DEGREE = 111_195.08
# how far the true point may lie from the stored one when the gazetteer tells no extent [m]
_DEFAULT_RADIUS_M = {
    "community": 900.0,
    "compound": 180.0,
    "apartment": 180.0,
    "road": 1200.0,
    "poi": 100.0,
    "village": 400.0,
}


@dataclass(frozen=True, slots=True)
class GazetteerPlace:
    """A named place; a compound whose parent is a compound is a zone of it, a community's parent is empty."""

    place_id: str
    kind: str
    name: str
    parent_id: str = ""
    lon: float | None = None
    lat: float | None = None
    address: str = ""  # road and number; several are separated by 、
    households: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class GazetteerAlias:
    """Another name; with "resettled_to" the alias is an old village and the place where its people live now."""

    place_id: str
    alias: str
    relation: str = "alias"


@dataclass(frozen=True, slots=True)
class GazetteerBuilding:
    """A building; `place_id` is the zone when there is one, `rooms_per_floor` counts per unit."""

    building_id: str
    place_id: str
    number: str
    units: int | None = None
    floors: int | None = None
    rooms_per_floor: int | None = None
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True, slots=True)
class GazetteerJunction:
    """The crossing of two roads of the gazetteer."""

    road_a: str
    road_b: str
    lon: float
    lat: float


class Gazetteer:
    """Places, aliases, buildings and junctions with the look-ups the engine needs.

    Raises
    ------
    BadInput
        If an id occurs twice, a parent, place or road is missing, parents form a loop, or a kind is unknown; at most
        ten faults are named.
    """

    def __init__(
        self,
        places: Iterable[GazetteerPlace],
        *,
        aliases: Iterable[GazetteerAlias] = (),
        buildings: Iterable[GazetteerBuilding] = (),
        junctions: Iterable[GazetteerJunction] = (),
    ) -> None:
        self.places: dict[str, GazetteerPlace] = {}
        faults: list[Sentence] = []
        for place in places:
            if place.place_id in self.places:
                faults.append(Sentence("place_id {place_id} occurs twice", place_id=place.place_id))
            self.places[place.place_id] = place
        self.aliases = tuple(aliases)
        self.buildings: dict[str, GazetteerBuilding] = {}
        for building in buildings:
            if building.building_id in self.buildings:
                faults.append(Sentence("building_id {building_id} occurs twice", building_id=building.building_id))
            self.buildings[building.building_id] = building
        self.junctions = tuple(junctions)
        faults += self._faults()
        if faults:
            raise BadInput("The gazetteer cannot be used: {faults}.", faults=listed(faults))

    def _faults(self) -> list[Sentence]:
        faults = []
        for place in self.places.values():
            if place.kind not in KINDS:
                faults.append(
                    Sentence(
                        "place {place_id} has kind {kind!r}, known are {kinds}",
                        place_id=place.place_id,
                        kind=place.kind,
                        kinds=sorted(KINDS),
                    )
                )
            if not place.name.strip():
                faults.append(Sentence("place {place_id} has no name", place_id=place.place_id))
            seen = {place.place_id}
            parent_id = place.parent_id
            while parent_id:
                if parent_id not in self.places:
                    if parent_id == place.parent_id:
                        faults.append(
                            Sentence(
                                "parent {parent_id} of place {place_id} is missing",
                                parent_id=parent_id,
                                place_id=place.place_id,
                            )
                        )
                    break
                if parent_id in seen:
                    faults.append(
                        Sentence(
                            "the parents of place {place_id} form a loop through {parent_id}",
                            place_id=place.place_id,
                            parent_id=parent_id,
                        )
                    )
                    break
                seen.add(parent_id)
                parent_id = self.places[parent_id].parent_id
        for alias in self.aliases:
            if alias.place_id not in self.places:
                faults.append(
                    Sentence(
                        "alias {alias!r} is of place {place_id}, which is missing",
                        alias=alias.alias,
                        place_id=alias.place_id,
                    )
                )
            if alias.relation not in RELATIONS:
                faults.append(
                    Sentence(
                        "alias {alias!r} has relation {relation!r}, known are {relations}",
                        alias=alias.alias,
                        relation=alias.relation,
                        relations=sorted(RELATIONS),
                    )
                )
        faults += [
            Sentence(
                "building {building_id} stands in place {place_id}, which is missing",
                building_id=building.building_id,
                place_id=building.place_id,
            )
            for building in self.buildings.values()
            if building.place_id not in self.places
        ]
        for junction in self.junctions:
            faults += [
                Sentence("a junction names road {road}, which is missing", road=road)
                for road in (junction.road_a, junction.road_b)
                if road not in self.places
            ]
        return faults

    @cached_property
    def children(self) -> dict[str, tuple[str, ...]]:
        """Zones of each compound, by the compound's id."""
        zones: dict[str, list[str]] = defaultdict(list)
        for place in self.places.values():
            if self.is_zone(place.place_id):
                zones[place.parent_id].append(place.place_id)
        return {parent: tuple(ids) for parent, ids in zones.items()}

    @cached_property
    def buildings_of(self) -> dict[str, dict[str, str]]:
        """Building ids by number, for each place that buildings stand in directly."""
        standing: dict[str, dict[str, str]] = defaultdict(dict)
        for building in self.buildings.values():
            standing[building.place_id].setdefault(building.number.upper(), building.building_id)
        return dict(standing)

    @cached_property
    def junction_points(self) -> dict[tuple[str, str], tuple[float, float]]:
        """Point of each crossing, by the two road ids in sorted order."""
        points: dict[tuple[str, str], tuple[float, float]] = {}
        for junction in self.junctions:
            a, b = sorted((junction.road_a, junction.road_b))
            points[a, b] = (junction.lon, junction.lat)
        return points

    def is_zone(self, place_id: str) -> bool:
        """Tell whether a place is a part of a compound."""
        place = self.places[place_id]
        parent = self.places.get(place.parent_id)
        return (
            place.kind in ("compound", "apartment") and parent is not None and parent.kind in ("compound", "apartment")
        )

    def level_of(self, place_id: str) -> str:
        """Return the match level of a place itself; people of a village are found at the compound level."""
        kind = self.places[place_id].kind
        if kind in ("compound", "apartment", "village"):
            return "zone" if self.is_zone(place_id) else "compound"
        return kind

    def community_of(self, place_id: str) -> str:
        """Return the id of the community a place lies in, or an empty text."""
        place: GazetteerPlace | None = self.places[place_id]
        while place is not None:
            if place.kind == "community":
                return place.place_id
            place = self.places.get(place.parent_id)
        return ""

    @cached_property
    def radius_m(self) -> dict[str, float]:
        """How far the true point may lie from a place's own point [m]: its farthest building, zone or crossing."""
        reach = {place.place_id: 0.0 for place in self.places.values()}

        def stretch(place_id: str, lon: float | None, lat: float | None) -> None:
            place = self.places[place_id]
            if None not in (lon, lat, place.lon, place.lat):
                reach[place_id] = max(reach[place_id], distance_m(place.lon, place.lat, lon, lat))  # type: ignore[arg-type]

        for building in self.buildings.values():
            stretch(building.place_id, building.lon, building.lat)
            parent_id = self.places[building.place_id].parent_id
            if parent_id and self.is_zone(building.place_id):
                stretch(parent_id, building.lon, building.lat)
        for junction in self.junctions:
            stretch(junction.road_a, junction.lon, junction.lat)
            stretch(junction.road_b, junction.lon, junction.lat)
        return {
            place_id: round(max(metres + 30.0, 60.0) if metres else _DEFAULT_RADIUS_M[self.places[place_id].kind])
            for place_id, metres in reach.items()
        }


def distance_m(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    """Return the distance of two WGS-84 points [m]; plane, good to 0.1 % within 50 km."""
    east = (lon_b - lon_a) * cos(radians((lat_a + lat_b) / 2))
    return METRES_PER_DEGREE * hypot(east, lat_b - lat_a)
