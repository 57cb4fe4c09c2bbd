"""Read a whole text in several ways and weigh them: estate with its parts, address, crossing, road, community."""

import re

from gis.geocode.context import Context
from gis.geocode.estates import read_estate, read_village_group
from gis.geocode.names import CORE, FULL, PREFIX, TAIL, Form
from gis.geocode.neighbours import look_at_road, look_left, look_right
from gis.geocode.place_index import PlaceIndex
from gis.geocode.reading import BUILDING_IN_SEVERAL, JUNCTION, PLACE, Reading, gain
from gis.geocode.roads import find_roads, road_readings
from gis.geocode.spans import Span

# what a cut form is worth less than a whole one, on the scale of character weights
_VARIANT_LOSS = {FULL: 0.0, CORE: 0.25, PREFIX: 0.8, TAIL: 0.6}
_COMMUNITY_OFFICE = re.compile("(?:第?[一二三四五]?居委会|居民委员会|党群服务中心|服务中心|工作站|网格)")


class Reader:
    """Makes readings of texts by one gazetteer's index."""

    def __init__(self, index: PlaceIndex) -> None:
        self.index = index

    def read(self, text: str, spans: list[Span], breaks: frozenset[int]) -> list[Reading]:
        """Return the readings of a normalised text, best score first.

        `breaks` are positions in the text before which the raw text had a space or a sign.
        """
        context = Context(text, breaks)
        spans = [span for span in spans if not context.is_administrative(span)]
        context.roads = find_roads(text, spans)
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
                    readings.append(self._place_reading(context, span, form, len(span.forms)))
        readings = _undominated(readings)
        readings.sort(key=lambda reading: -reading.score)
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
        reading.score = _weigh(context, reading)
        return reading


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
    score -= 0.3 * (reading.unit_state == 2) + 0.3 * (reading.room_state == 2)
    if reading.form.owner.kind == "community":
        score -= 0.6
    parts = reading.parts
    if reading.form.is_road and not (parts.room or parts.unit or parts.word not in ("", "号")):
        score -= 3.0  # a road's name stands for the estate on it only where a building follows
    return score


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
