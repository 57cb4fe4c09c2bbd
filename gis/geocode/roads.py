"""Read roads: alone, with a number as an address, and two of them as a crossing."""

import re

from gis.geocode.context import Context, Road
from gis.geocode.estates import settle_parts
from gis.geocode.neighbours import look_left, look_right
from gis.geocode.numbers import digits_in
from gis.geocode.place_index import PlaceIndex
from gis.geocode.reading import ADDRESS, JUNCTION, LEFT_OTHER, ROAD, ZONE_MET, Reading, gain
from gis.geocode.spans import Span

_ROAD_NUMBER = re.compile(
    r"(?P<number>\d{1,4}(?: \d{1,3})?)(?:[-之](?P<sub>\d{1,3}))?(?:号|弄|#)(?!楼|线|门)"
    r"|(?P<bare>\d{1,4})(?=$|[^\d幢栋座米单年月])"
)
_CONNECTOR = re.compile(r"(?:靠近|临近|[与和及同跟到至交近靠临]|[\- X]){0,2}$")
_CROSSING = re.compile(r"(?:的)?(?:交叉路?口|交汇处?|交界处?|交接处?|相交处?|十字路口|丁字路口|路口|口|转角|拐角|交叉)")
_UNKNOWN_ROAD = re.compile(r"^(?:[与和及同跟到至交])?[一-龥]{1,5}?(?:路|街|大道|巷|弄|桥|线|高速|道)")
_ROAD_BEFORE = re.compile(r"[一-龥]{1,5}?(?:路|街|大道|巷|弄|道)(?:[与和及同跟到至交])?$")


def is_road(span: Span) -> bool:
    """Tell whether a span is a road's name written well enough; short names leave no room for foreign characters."""
    return any(form.owner.kind == "road" for form in span.forms) and span.cost <= 0.23 * len(span.text)


def find_roads(text: str, spans: list[Span]) -> list[Road]:
    """Return the roads of a text with their numbers, the best four that do not overlap."""
    kept: list[Span] = []
    for span in sorted(filter(is_road, spans), key=gain, reverse=True):
        if text[span.end - 1] == "路" and text[span.end : span.end + 1] == "灯":
            continue  # 丽景路灯不亮 speaks of the street lamps of 丽景
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return [_with_number(text, road) for road in kept[:4]]


def _with_number(text: str, span: Span) -> Road:
    ids = tuple(form.owner.place_id for form in span.forms)
    window = text[span.end : span.end + 12]
    tail = digits_in(window)
    match = _ROAD_NUMBER.match(tail)
    if not match:
        return Road(span, span.end, "", ids)
    taken = len(window) - len(tail[match.end() :])
    number = match["number"] or match["bare"]
    return Road(span, span.end + taken, number.replace(" ", "").lstrip("0"), ids)


def road_readings(context: Context, index: PlaceIndex) -> list[Reading]:
    """Return the readings of a text as road, address and crossing."""
    readings: list[Reading] = []
    for road in context.roads:
        span, form = road.span, road.span.forms[0]
        reading = Reading(ROAD, 0.0, span, form, form.owner.place_id, "road", end=road.end)
        reading.rivals = len(span.forms)
        look_left(context, reading)
        look_right(context, reading)
        reading.score = gain(span) - 0.9 - (0.4 if reading.left == LEFT_OTHER else 0.0)
        if road.number:
            known = tuple(place for road_id in road.ids for place in index.at_address(road_id, road.number))
            reading.number_known = 1 if known else 2
            reading.notes["number"] = road.number
            if known:
                readings.append(_address_reading(context, reading, known, index))
        crossing = _CROSSING.match(context.text, road.end)
        before = _ROAD_BEFORE.search(context.text[max(0, span.start - 7) : span.start])
        if (crossing and before) or (not road.number and _UNKNOWN_ROAD.match(context.text[road.end : road.end + 8])):
            reading.notes["crossing"] = "the other road is not known"
            reading.score -= 0.3
        readings.append(reading)
    spans = [road.span for road in context.roads]
    for one in spans:
        for other in spans:
            if one.start < other.start:
                between = context.text[one.end : other.start]
                behind = _CROSSING.match(context.text, other.end)
                if len(between) <= 3 and (_CONNECTOR.fullmatch(between) or behind):
                    readings.append(_junction_reading(context, one, other, bool(behind), index))
    return readings


def _address_reading(context: Context, road: Reading, known: tuple[str, ...], index: PlaceIndex) -> Reading:
    """Read "road and number" as the places that have this address, with the parts written behind it."""
    place_ids = index.by_standing(known)
    first = place_ids[0]
    reading = Reading(ADDRESS, 0.0, road.span, road.form, first, index.level_of(first), left=road.left, gap=road.gap)
    reading.notes = dict(road.notes)
    reading.number_known, reading.rivals = 1, len(place_ids)
    at = road.end
    zone = context.zone_at(at, misheard=False)
    within = place_ids
    if zone and zone.exact:
        met = index.zone_of_any(place_ids, zone.zone)
        if met:
            reading.zone, reading.zone_state, at, within = zone, ZONE_MET, at + zone.length, (met,)
            reading.place_id, reading.level = met, index.level_of(met)
    settle_parts(context, reading, at, within, index, within=True)
    at += reading.parts.length
    reading.end = at
    look_right(context, reading)
    reading.score = road.score + 0.8 + (0.0, 0.9, 0.2, -0.4, 0.0, 0.8)[reading.building_state]
    return reading


def _junction_reading(context: Context, one: Span, other: Span, behind: bool, index: PlaceIndex) -> Reading:
    found = None
    for form_a in one.forms:
        for form_b in other.forms:
            pair = sorted((form_a.owner.place_id, form_b.owner.place_id))
            found = found or index.junction((pair[0], pair[1]))
    form = one.forms[0]
    reading = Reading(JUNCTION, 0.0, one, form, form.owner.place_id, "junction", second=other, point=found)
    crossing = _CROSSING.match(context.text, other.end)
    reading.end = crossing.end() if crossing else other.end
    reading.number_known = 1 if found else 2
    look_left(context, reading)
    look_right(context, reading)
    # a crossing that is called one is no longer name, whatever is said of it: 交汇处人行道小区宣传栏
    reading.goes_on = reading.goes_on and not crossing
    reading.score = gain(one) + gain(other) + (0.5 if behind else 0.0) + (0.5 if found else -2.2)
    return reading
