"""Read a whole text in several ways and weigh them: estate with its parts, address, crossing, road, community."""

import re

from gis.geocode.context import Context
from gis.geocode.estates import read_estate, read_village_group
from gis.geocode.names import CORE, FULL, PREFIX, TAIL, Form
from gis.geocode.neighbours import look_at_community, look_at_road, look_for_other_city, look_left, look_right
from gis.geocode.normalise import Normalised
from gis.geocode.numbers import CHINESE_DIGITS
from gis.geocode.place_index import PlaceIndex
from gis.geocode.reading import BUILDING_IN_SEVERAL, BUILDING_MET, BUILDING_OWN, JUNCTION, PLACE, ROAD, Reading, gain
from gis.geocode.roads import find_roads, road_readings
from gis.geocode.spans import Span

# what a cut form is worth less than a whole one, on the scale of character weights
_VARIANT_LOSS = {FULL: 0.0, CORE: 0.25, PREFIX: 0.8, TAIL: 0.6}
# a name read at no more than this has at most one character of like sound in it
_CLEAN_COST = 0.3
# longer names weigh more, which says nothing about which of two addresses is meant
_AS_GOOD = 5.0
# what a number, or a side, right before it belongs to: 3幢 is no third phase, 西门 no western zone
_COUNTED = frozenset("幢栋座单室号#")
_SIDED = frozenset("门侧面边角头首出")
_SIDES = frozenset("东西南北")
_COMMUNITY_OFFICE = re.compile("(?:第?[一二三四五]?居委会|居民委员会|党群服务中心|服务中心|工作站|网格)")


class Reader:
    """Makes readings of texts by one gazetteer's index."""

    def __init__(self, index: PlaceIndex) -> None:
        self.index = index

    def read(self, normalised: Normalised, spans: list[Span]) -> list[Reading]:
        """Return the readings of a normalised text, best score first; `spans` are the names that were found in it."""
        text = normalised.text
        context = Context(*normalised)
        spans = [span for span in spans if not (context.is_administrative(span) or _bites_off(text, span))]
        context.roads = find_roads(text, spans)
        context.communities = _communities(spans)
        context.name_ends = frozenset(
            span.end for span in spans if span.cost == 0.0 and span.forms[0].variant == FULL and len(span.text) >= 3
        )
        readings = road_readings(context, self.index)
        roads = [road.span for road in context.roads]
        named = [span for span in spans if any(form.owner.kind != "road" for form in span.forms)]
        named.sort(key=gain, reverse=True)
        # names far below the best or the best road change nothing
        floor = max([0.4, *(gain(span) - 2.4 for span in named[:1]), *(gain(road) - 3.2 for road in roads[:1])])
        for span in named[:8]:
            if gain(span) < floor:
                break
            if any(road.start == span.start and road.end >= span.end and road.cost < span.cost - 0.3 for road in roads):
                continue  # 风景街117号 is not 风景街小区
            for form in span.forms[:6]:
                if form.owner.kind != "road":
                    reading = self._place_reading(context, span, form, len(span.forms))
                    if not _left_to_road(reading, readings):
                        readings.append(reading)
        readings = _undominated(_without_context(readings))
        readings.sort(key=lambda reading: -reading.score)
        _first_address_first(readings)
        return readings

    def _place_reading(self, context: Context, span: Span, form: Form, sharing: int) -> Reading:
        text, owner = context.text, form.owner
        at = span.end
        reading = Reading(PLACE, 0.0, span, form, owner.place_id, self.index.level(owner), rivals=sharing)
        if owner.kind in ("compound", "apartment"):
            at = read_estate(context, reading, at, self.index)
        elif owner.kind == "community":
            office = _COMMUNITY_OFFICE.match(text, at)
            at = office.end() if office else at
            reading.parts = context.parts_at(at)
            if reading.parts.building:
                # a community and a building number only: the building may stand in any of its estates
                reading.building_state = BUILDING_IN_SEVERAL
                at += reading.parts.length
        elif form.relation == "resettled_to" or owner.kind == "village":
            at = read_village_group(context, at)
        reading.end = at
        look_left(context, reading)
        look_right(context, reading)
        look_at_road(context, reading, self.index)
        look_at_community(context, reading, self.index)
        look_for_other_city(context, reading, self.index)
        reading.score = _weigh(context, reading)
        return reading


def _bites_off(text: str, span: Span) -> bool:
    """Tell whether a misspelt name takes its last character from what stands behind: X苑三期 read in X苑3幢."""
    if span.cost == 0.0:
        return False
    last, behind = text[span.end - 1], text[span.end : span.end + 1]
    if last in _SIDES:
        # 西门口 may be the mouth of the western zone as well
        return behind in _SIDED and not text.startswith("门口", span.end)
    if last in CHINESE_DIGITS:
        # before Arabic digits it is a number of its own: 三12幢 is building 12 of the third phase
        return behind in _COUNTED or (behind != "" and behind in CHINESE_DIGITS)
    return last.isdigit() and (behind in _COUNTED or behind.isdigit())


def _communities(spans: list[Span]) -> list[tuple[int, int, str]]:
    """Return the communities that a text names in full."""
    return [
        (span.start, span.end, form.owner.place_id)
        for span in spans
        for form in span.forms
        if form.owner.kind == "community" and form.variant == FULL and span.cost <= _CLEAN_COST
    ]


def _weigh(context: Context, reading: Reading) -> float:
    """Score a reading of a place; units are those of the character weights, about one for a telling character."""
    score = gain(reading.span) - _VARIANT_LOSS[reading.form.variant]
    score -= (0.0, 0.0, 0.0, 0.0, 0.15, 0.5)[reading.left] + 0.1 * min(reading.gap, 4)
    score -= (0.0, 0.0, 0.0, 0.05, 0.15, 0.7)[reading.right]
    score += (0.0, 0.7, 0.0, 0.5, -0.7)[reading.zone_state]
    score += (0.0, 0.9, 0.3, -0.4, 0.0, 0.8)[reading.building_state]
    score += 0.5 if context.ends_road(reading.span.start) else 0.0
    score -= 0.3 if reading.swapped_suffix else 0.0
    score += (0.0, 0.8, 0.2, -0.2, 0.0)[reading.road_state]
    score += (0.0, 0.4, -0.3)[reading.community_state]
    score -= 0.3 * (reading.unit_state == 2) + 0.3 * (reading.room_state == 2)
    if reading.form.owner.kind == "community":
        score -= 0.6
    return score


def _without_context(readings: list[Reading]) -> list[Reading]:
    """Leave out a community that only says where something narrower is that is named behind it."""
    narrower = [
        one.span.start
        for one in readings
        if one.form.owner.kind != "community" and one.form.variant == FULL and one.span.cost <= _CLEAN_COST
    ]
    last = max(narrower, default=-1)
    return [one for one in readings if one.form.owner.kind != "community" or one.end > last]


def _first_address_first(readings: list[Reading]) -> None:
    """Of several addresses that are read as well as each other, let the one that is said first be the best."""
    if not readings or not _is_whole_address(readings[0]):
        return
    best = min(
        (one for one in readings if _is_whole_address(one) and one.score >= readings[0].score - _AS_GOOD),
        key=lambda one: one.span.start,
    )
    if best.span.end <= readings[0].span.start:
        readings.remove(best)
        readings.insert(0, best)


def _is_whole_address(reading: Reading) -> bool:
    """Tell whether a reading is a clean name with a building that stands there."""
    met = reading.building_state in (BUILDING_MET, BUILDING_OWN)
    return reading.kind == PLACE and met and reading.span.cost <= _CLEAN_COST


def _left_to_road(reading: Reading, readings: list[Reading]) -> bool:
    """Tell whether words are read as the road and not as the estate that is named after it.

    X路 and X路3号 are the road, X路3号楼 is the estate. Where the estate has a building 3, the road's reading keeps it
    as its namesake: a person must decide.
    """
    parts = reading.parts
    if not reading.form.is_road or parts.room or parts.unit or parts.word not in ("", "号"):
        return False
    for road in readings:
        unknown = road.kind == ROAD and road.span.start == reading.span.start and road.number_known != 1
        if unknown and (reading.building_ids or not parts.building):
            road.namesake = reading.settled
    return True


def _undominated(readings: list[Reading]) -> list[Reading]:
    """Leave out what only picks at a name that is read whole, or is a worse spelling of the same words."""
    whole = [
        (one.span.start, one.span.end)
        for one in readings
        if one.form.variant == FULL and one.span.cost <= 0.1 and one.span.end - one.span.start >= 3
    ]
    if not whole:
        return readings

    def picks(one: Reading) -> bool:
        start, end = one.span.start, one.span.end
        if one.kind == JUNCTION:
            return False
        inside = any(a <= start and end <= b and end - start < b - a for a, b in whole)
        worse = one.span.cost >= 0.6 and any(start < b and a < end and end - start <= b - a for a, b in whole)
        return inside or worse

    return [one for one in readings if not picks(one)]
