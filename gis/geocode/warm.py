"""Compile the engine's inner loops before somebody waits for them.

numba compiles a loop when it first runs and keeps the machine code beside the module (or in the user's cache where the
package folder is read-only). `make setup` runs this module, so that neither the first `fengqiao geocode` nor the first
report of a new installation pays for it; a process whose geocoder was warmed has the code loaded too.
"""

from gis.geocode.gazetteer import Gazetteer, GazetteerBuilding, GazetteerPlace
from gis.geocode.geocoder import Geocoder


def warm(geocoder: Geocoder) -> None:
    """Run every compiled loop once, by reading a name of the geocoder's own gazetteer; without any there is nothing."""
    for place in geocoder.gazetteer.places.values():
        if geocoder.readings(place.name)[0]:
            # the readings are weighed too, which is compiled apart from the search
            geocoder.locate(place.name)
            return


def main() -> None:
    """Compile what is not in the cache yet."""
    places = [
        GazetteerPlace("1", "community", "桃林社区", lon=120.5, lat=31.3),
        GazetteerPlace("2", "compound", "桃林新村", "1", 120.505, 31.305),
    ]
    buildings = [GazetteerBuilding("3", "2", "1", 1, 6, 2, 120.505, 31.305)]
    warm(Geocoder(Gazetteer(places, buildings=buildings)))


if __name__ == "__main__":
    main()
