"""The feeds: a YAML file each, which says everything about it that needs no code, and a module where code is needed.

A further feed is a further YAML file, named here in the order of loading: what others refer to comes first.
"""

from etl.declared import declared_feed
from etl.feed import Feed
from etl.feeds import (
    aliases,
    boundaries,
    buildings,
    communities,
    compounds,
    credit_tags,
    households,
    incidents,
    places,
    rasters,
    requests,
    residence,
    residents,
    roads,
    service_items,
    visits,
    work_grids,
)

_IN_ORDER = (
    boundaries.FEED,
    work_grids.FEED,
    communities.FEED,
    places.FEED,
    compounds.FEED,
    declared_feed("apartments"),
    aliases.FEED,
    buildings.FEED,
    *roads.FEEDS,
    declared_feed("dwellings"),
    declared_feed("beds"),
    residents.FEED,
    households.FEED,
    residence.FEED,
    declared_feed("organisations"),
    declared_feed("merchants"),
    declared_feed("grid_workers"),
    declared_feed("resources"),
    declared_feed("stock"),
    service_items.FEED,
    visits.FEED,
    incidents.FEED,
    requests.FEED,
    declared_feed("petitions"),
    declared_feed("activities"),
    declared_feed("participation"),
    declared_feed("forces"),
    declared_feed("school_admissions"),
    credit_tags.FEED,
    declared_feed("duty"),
    declared_feed("door_counts"),
    declared_feed("water_gauges"),
    declared_feed("water_levels"),
    declared_feed("weather_warnings"),
)

#: every feed of rows by name, in the order of loading
FEEDS: dict[str, Feed] = {feed.name: feed for feed in _IN_ORDER}
#: feeds that are rasters and have no rows
RASTERS = rasters.RASTERS
#: names a delivery may use
KNOWN = frozenset(FEEDS) | frozenset(RASTERS)
#: position of each feed in the order of loading; rasters want the cells only, so they follow the areas
ORDER = {name: at for at, name in enumerate(["boundaries", "work_grids", *RASTERS, *list(FEEDS)[2:]])}
#: feeds that change what texts are placed by
GAZETTEER_FEEDS = tuple(feed.name for feed in FEEDS.values() if feed.is_gazetteer)

__all__ = ["FEEDS", "GAZETTEER_FEEDS", "KNOWN", "ORDER", "RASTERS"]
