"""From a point to what stands there: community, compound, building, road, crossing, and the address one would write.

Distances are plane metres, good to 0.1 % within a sub-district. What lies farther than its limit is not named: a point
in the fields has no compound.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from gis.coordinates import System, to_wgs84
from gis.geocode.gazetteer import METRES_PER_DEGREE, Gazetteer

# how far a point may lie from what it is named after [m]
_LIMIT_M = {"building": 60.0, "junction": 80.0, "poi": 120.0, "road": 400.0, "community": 3000.0}


@dataclass(frozen=True, slots=True)
class Nearby:
    """A thing near a point and how far it is [m]."""

    id: str
    name: str
    distance_m: float


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a point lies at; None where nothing of the kind is near enough."""

    lon: float
    lat: float
    community: Nearby | None
    compound: Nearby | None
    building: Nearby | None
    poi: Nearby | None
    road: Nearby | None
    junction: Nearby | None
    address: str  # road and number where known, then compound and building; empty where nothing is near


class ReverseGeocoder:
    """Looks points up in one gazetteer."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._gazetteer = gazetteer
        places = [place for place in gazetteer.places.values() if place.lon is not None and place.lat is not None]
        latitudes = [place.lat for place in places if place.lat is not None]
        # metres per degree of longitude at the middle of the gazetteer
        self._east_m = (
            METRES_PER_DEGREE * float(np.cos(np.radians(np.mean(latitudes)))) if places else METRES_PER_DEGREE
        )
        kinds = {"poi": ("poi",), "community": ("community",), "compound": ("compound", "apartment")}
        self._trees = {
            level: self._tree([(place.place_id, place.lon, place.lat) for place in places if place.kind in of_kinds])
            for level, of_kinds in kinds.items()
        }
        self._trees["building"] = self._tree(
            [(one.building_id, one.lon, one.lat) for one in gazetteer.buildings.values() if one.lon is not None]
        )
        crossings = gazetteer.junction_points
        self._trees["junction"] = self._tree([("|".join(pair), *point) for pair, point in crossings.items()])
        # a road is known by its own point, its crossings and the places that have an address on it
        on_roads = [(place.place_id, place.lon, place.lat) for place in places if place.kind == "road"]
        on_roads += [(road, *point) for pair, point in crossings.items() for road in pair]
        self._trees["road"] = self._tree(on_roads)

    def locate(self, lon: float, lat: float, *, system: System | str = System.WGS84) -> Surroundings:
        """Return what lies at a point given in a coordinate system."""
        return self.locate_many([lon], [lat], system=system)[0]

    def locate_many(self, lon: ArrayLike, lat: ArrayLike, *, system: System | str = System.WGS84) -> list[Surroundings]:
        """Return what lies at each of many points; points that are NaN lie at nothing."""
        x, y = to_wgs84(np.atleast_1d(lon), np.atleast_1d(lat), system=system)
        near = {level: self._nearest(level, x, y) for level in self._trees}
        return [
            self._surroundings(x[row], y[row], {level: found[row] for level, found in near.items()})
            for row in range(len(x))
        ]

    def _tree(self, points: list[tuple[str, float | None, float | None]]) -> tuple[list[str], cKDTree | None]:
        if not points:
            return [], None
        metres = [
            (lon * self._east_m, lat * METRES_PER_DEGREE)
            for _, lon, lat in points
            if lon is not None and lat is not None
        ]
        return [name for name, _, _ in points], cKDTree(np.array(metres))

    def _nearest(
        self, level: str, lon: NDArray[np.float64], lat: NDArray[np.float64]
    ) -> list[tuple[str, float] | None]:
        names, tree = self._trees[level]
        known = np.isfinite(lon) & np.isfinite(lat)
        found: list[tuple[str, float] | None] = [None] * len(lon)
        if tree is None or not known.any():
            return found
        metres = np.column_stack([lon[known] * self._east_m, lat[known] * METRES_PER_DEGREE])
        distances, at = tree.query(metres)
        for row, distance_m, place in zip(np.flatnonzero(known), distances.tolist(), at.tolist(), strict=True):
            limit = _LIMIT_M.get(level) or self._gazetteer.radius_m[names[place]]
            if distance_m <= limit:
                found[row] = (names[place], distance_m)
        return found

    def _surroundings(self, lon: float, lat: float, near: dict[str, tuple[str, float] | None]) -> Surroundings:
        gazetteer = self._gazetteer
        building, compound, community = near["building"], near["compound"], near["community"]
        if building:
            # the building says more surely than distance in which compound a point lies
            place_id = gazetteer.buildings[building[0]].place_id
            compound = (place_id, compound[1] if compound and compound[0] == place_id else building[1])
        if compound and gazetteer.community_of(compound[0]):
            community = (gazetteer.community_of(compound[0]), community[1] if community else 0.0)
        return Surroundings(
            float(lon), float(lat), self._named(community), self._named(compound), self._building(building),
            self._named(near["poi"]), self._named(near["road"]), self._junction(near["junction"]),
            self._address(building, compound, near),
        )  # fmt: skip

    def _named(self, found: tuple[str, float] | None) -> Nearby | None:
        return Nearby(found[0], self._gazetteer.places[found[0]].name, round(found[1], 1)) if found else None

    def _building(self, found: tuple[str, float] | None) -> Nearby | None:
        return Nearby(found[0], self._gazetteer.buildings[found[0]].number, round(found[1], 1)) if found else None

    def _junction(self, found: tuple[str, float] | None) -> Nearby | None:
        if not found:
            return None
        one, other = (self._gazetteer.places[road].name for road in found[0].split("|"))
        return Nearby(found[0], f"{one}与{other}交叉口", round(found[1], 1))

    def _address(
        self,
        building: tuple[str, float] | None,
        compound: tuple[str, float] | None,
        near: dict[str, tuple[str, float] | None],
    ) -> str:
        """Write the standard address (road, number, compound, building), or else name the nearest mark."""
        if compound:
            place = self._gazetteer.places[compound[0]]
            parent = self._gazetteer.places.get(place.parent_id)
            address = place.address or (parent.address if parent and self._gazetteer.is_zone(place.place_id) else "")
            number = self._gazetteer.buildings[building[0]].number if building else ""
            number += "幢" if number.isdigit() else "座" if number else ""
            return f"{address.split('、')[0]}{place.name}{number}"
        for level in ("poi", "junction", "road"):
            found = near[level]
            if found:
                named = self._junction(found) if level == "junction" else self._named(found)
                return named.name if named else ""
        return ""
