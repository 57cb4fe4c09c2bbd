"""Judge what stands left and right of a name, and the road written before it."""

from gis.geocode import administration as admin
from gis.geocode.context import Context
from gis.geocode.place_index import PlaceIndex
from gis.geocode.reading import (
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


def look_left(context: Context, reading: Reading) -> None:
    """Judge what stands before the name: an edge, an administrative part, or the rest of another name."""
    start = reading.span.start
    reading.gap = gap = context.unexplained_before(start)
    if start == 0 or (start == context.admin_end and gap == 0 and start):
        reading.left = LEFT_EDGE if start == 0 else LEFT_ADMINISTRATIVE
        return
    before = context.text[start - 1]
    if context.ends_road(start) or before in "号弄":
        reading.left = LEFT_NAME
    elif before in admin.ADMINISTRATIVE or context.ends_administrative_part(start):
        reading.left = LEFT_ADMINISTRATIVE
    elif before in admin.SPEECH:
        reading.left = LEFT_SPEECH
    elif start in context.breaks or not "一" <= before <= "鿿":
        reading.left = LEFT_BREAK
    else:
        reading.left = LEFT_OTHER


def look_right(context: Context, reading: Reading) -> None:
    """Judge what follows the name and its parts."""
    text, end = context.text, reading.end
    if end >= len(text):
        reading.right = RIGHT_EDGE
    elif reading.parts.length and end > reading.span.end:
        reading.right = RIGHT_PARTS
    elif admin.begins_place_word(text[end : end + 8]):
        reading.right = RIGHT_PLACE_WORD
    elif admin.begins_other_thing(text[end : end + 8]):
        reading.right = RIGHT_OTHER_THING
    else:
        reading.right = RIGHT_BREAK if end in context.breaks else RIGHT_OTHER


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
