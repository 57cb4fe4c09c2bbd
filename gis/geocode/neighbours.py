"""Judge what stands left and right of a name, and the road written before it."""

import re

from gis.geocode import administration as admin
from gis.geocode.context import Context
from gis.geocode.names import SUFFIXES
from gis.geocode.place_index import PlaceIndex
from gis.geocode.reading import (
    COMMUNITY_AGREES,
    COMMUNITY_DIFFERS,
    LEFT_ADMINISTRATIVE,
    LEFT_BREAK,
    LEFT_EDGE,
    LEFT_NAME,
    LEFT_OTHER,
    LEFT_SPEECH,
    NO_ROAD,
    RIGHT_BREAK,
    RIGHT_EDGE,
    RIGHT_OTHER,
    RIGHT_OTHER_THING,
    RIGHT_PARTS,
    RIGHT_PLACE_WORD,
    ROAD_AGREES,
    ROAD_DIFFERS,
    ROAD_SAME,
    ROAD_UNKNOWN,
    Reading,
)

# words between a name and a building number, or that hold what names end with: 国际15幢, 国际花园, 一品苑
_LONG_SUFFIXES = "|".join(suffix for suffix in SUFFIXES if len(suffix) > 1)
_SHORT_SUFFIXES = "".join(suffix for suffix in SUFFIXES if len(suffix) == 1)
_NUMBERS = "一二三四五六七八九十"
_WORDS = re.compile(
    rf"[一-龥]{{1,6}}?(?:第?(?:\d{{1,4}}|[{_NUMBERS}]{{1,3}})(?:幢|栋|号楼|号|座|#|单元|-\d)|{_LONG_SUFFIXES}"
    rf"|[{_SHORT_SUFFIXES}](?=$|\d|[{_NUMBERS}]+[幢栋号座]))"
)
# more characters than these before a name are a sentence and not the beginning of a longer name
_LONGEST_BEGINNING = 3


def look_left(context: Context, reading: Reading) -> None:
    """Judge what stands before the name: an edge, an administrative part, or the rest of another name."""
    start = reading.span.start
    found = context.before.get(start)
    if found is None:
        found = context.before[start] = _before(context, start)
    reading.left, reading.gap, reading.begins_before = found


def _before(context: Context, start: int) -> tuple[int, int, bool]:
    """Return what stands before a position, how much of it nothing explains, whether a longer name may begin there."""
    gap = context.unexplained_before(start)
    if start == 0:
        return LEFT_EDGE, gap, False
    if start == context.admin_end and gap == 0:
        return LEFT_ADMINISTRATIVE, gap, False
    if start < context.admin_end:
        # 新区X城 behind 高: the name begins with a piece of the administrative part
        return LEFT_ADMINISTRATIVE, 0, False
    before = context.text[start - 1]
    if context.ends_road(start) or start in context.name_ends or before in "号弄":
        return LEFT_NAME, gap, False
    if before in admin.ADMINISTRATIVE or context.ends_administrative_part(start):
        return LEFT_ADMINISTRATIVE, gap, False
    if before in admin.SPEECH:
        return LEFT_SPEECH, gap, False
    if start in context.breaks or not "一" <= before <= "鿿":
        return LEFT_BREAK, gap, False
    begins = start - gap
    at_edge = begins == 0 or begins in context.breaks or context.ends_administrative_part(begins)
    doubled = gap == 1 and before == context.text[start]  # 祥祥华苑
    return LEFT_OTHER, gap, at_edge and gap <= _LONGEST_BEGINNING and not doubled


def look_right(context: Context, reading: Reading) -> None:
    """Judge what follows the name and its parts."""
    end = reading.end
    if end >= len(context.text):
        reading.right = RIGHT_EDGE
    elif reading.parts.length and end > reading.span.end:
        reading.right = RIGHT_PARTS
    else:
        found = context.behind.get(end)
        if found is None:
            found = context.behind[end] = _behind(context, end)
        reading.right, reading.goes_on = found


def _behind(context: Context, end: int) -> tuple[int, bool]:
    """Return what stands at a position behind a name, and whether it makes the name a longer one."""
    text = context.text
    if admin.begins_place_word(text[end : end + 8]):
        return RIGHT_PLACE_WORD, False
    goes_on = _WORDS.match(text, end, end + 11) is not None
    if admin.begins_other_thing(text[end : end + 8]):
        return RIGHT_OTHER_THING, goes_on
    return (RIGHT_BREAK, False) if end in context.breaks else (RIGHT_OTHER, goes_on)


def look_at_road(context: Context, reading: Reading, index: PlaceIndex) -> None:
    """Compare a road written before the name with the addresses of the place."""
    start = reading.span.start
    best = NO_ROAD
    for road in context.roads:
        if not (road.span.start < start and start - 6 <= road.end <= start):
            continue
        addresses = index.addresses(reading.place_id)
        if not addresses:
            best = ROAD_UNKNOWN
        elif road.number and any((road_id, road.number) in addresses for road_id in road.ids):
            best = ROAD_AGREES
        elif any(road_id == known for road_id in road.ids for known, _ in addresses):
            best = ROAD_SAME
        else:
            best = ROAD_DIFFERS
    reading.road_state = best


def look_at_community(context: Context, reading: Reading, index: PlaceIndex) -> None:
    """Compare the communities a text names outside the reading with the one the place lies in."""
    own = index.community_of(reading.place_id)
    named = [place_id for start, end, place_id in context.communities if end <= reading.span.start]
    if own and named:
        reading.community_state = COMMUNITY_AGREES if own in named else COMMUNITY_DIFFERS


def look_for_other_city(context: Context, reading: Reading, index: PlaceIndex) -> None:
    """Note a city or province that is named right before the reading and lies too far off to hold the place."""
    place = index.gazetteer.places[reading.place_id]
    begins = min([reading.span.start, *(road.span.start for road in context.roads if road.end == reading.span.start)])
    if place.lon is not None and place.lat is not None:
        elsewhere = context.elsewhere(begins, place.lon, place.lat)
        if elsewhere:
            reading.notes["elsewhere"] = elsewhere
