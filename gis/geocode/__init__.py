"""From messy Chinese address text to a place of the gazetteer, or an honest no. Pure: no database, no network."""

from gis.geocode.gazetteer import Gazetteer, GazetteerAlias, GazetteerBuilding, GazetteerJunction, GazetteerPlace
from gis.geocode.gazetteer_files import read_gazetteer
from gis.geocode.geocoder import ENGINE_VERSION, Geocoder

__all__ = [
    "ENGINE_VERSION",
    "Gazetteer",
    "GazetteerAlias",
    "GazetteerBuilding",
    "GazetteerJunction",
    "GazetteerPlace",
    "Geocoder",
    "read_gazetteer",
]
