"""Read a whole text in several ways and weigh them: estate with its parts, address, crossing, road, community.

Each reading carries numbers that say what speaks for it and against it; `gis.geocode.calibration` turns them into a
probability. Nothing here decides whether an answer is good enough.
"""

import re
from dataclasses import dataclass, field, replace

from gis.geocode import administration as admin
from gis.geocode import alignment
from gis.geocode.gazetteer import Gazetteer
from gis.geocode.names import CORE, FULL, PREFIX, SUFFIXES, TAIL, Form, Owner
from gis.geocode.normalise import normalise
from gis.geocode.numbers import CHINESE_DIGITS, digits_in
from gis.geocode.parts import NO_PARTS, Parts, joined_forms, read_parts
from gis.geocode.spans import Span
from gis.geocode.zones import Zone, ZoneRead, read_zone, read_zone_name

# left and right of a name, from the best kind of neighbour to the worst
LEFT_EDGE, LEFT_ADMINISTRATIVE, LEFT_SPEECH, LEFT_NAME, LEFT_BREAK, LEFT_OTHER = range(6)
RIGHT_EDGE, RIGHT_PARTS, RIGHT_PLACE_WORD, RIGHT_BREAK, RIGHT_OTHER, RIGHT_OTHER_THING = range(6)
NO_ZONE, ZONE_MET, ZONE_LEFT_OUT, ZONE_HEARD, ZONE_UNKNOWN = range(5)
NO_BUILDING, BUILDING_MET, BUILDING_IN_SEVERAL, BUILDING_UNKNOWN, BUILDING_RANGE, BUILDING_OWN = range(6)
NO_ROAD, ROAD_AGREES, ROAD_SAME, ROAD_DIFFERS, ROAD_UNKNOWN = range(5)
PLACE, ADDRESS, JUNCTION, ROAD = range(4)
KINDS = ("compound", "apartment", "poi", "village", "community", "road")
_SIDES = ("东", "西", "南", "北", "中")
# what a cut form is worth less than a whole one, on the scale of character weights
_VARIANT_LOSS = {FULL: 0.0, CORE: 0.25, PREFIX: 0.8, TAIL: 0.6}

_SUFFIX = re.compile("[大小里新]?(?P<suffix>" + "|".join(SUFFIXES) + ")")
_COMMUNITY_OFFICE = re.compile("(?:第?[一二三四五]?居委会|居民委员会|党群服务中心|服务中心|工作站|网格)")
_VILLAGE_GROUP = re.compile(r"(?:第?\d{1,2}(?:组|队|小组))?(?:\d{1,4}号)?")
_ROAD_NUMBER = re.compile(
    r"(?P<number>\d{1,4}(?: \d{1,3})?)(?:[-之](?P<sub>\d{1,3}))?(?:号|弄|#)(?!楼|线|门)"
    r"|(?P<bare>\d{1,4})(?=$|[^\d幢栋座米单年月])"
)
_PART_WORDS = frozenset("幢栋座号单室层楼#零一二三四五六七八九十")
_CONNECTOR = re.compile(r"(?:[与和及同跟到至交]|[\- X]){0,2}$")
_CROSSING = re.compile(r"(?:的)?(?:交叉路?口|交汇处?|交界处?|交接处?|相交处?|十字路口|丁字路口|路口|口|转角|拐角|交叉)")
_UNKNOWN_ROAD = re.compile(r"^(?:[与和及同跟到至交])?[一-龥]{1,5}?(?:路|街|大道|巷|弄|桥|线|高速|道)")
_ROAD_BEFORE = re.compile(r"[一-龥]{1,5}?(?:路|街|大道|巷|弄|道)(?:[与和及同跟到至交])?$")


@dataclass(slots=True)
class Reading:
    """One way to read the whole text."""

    kind: int
    score: float
    span: Span
    form: Form
    place_id: str
    level: str
    parts: Parts = NO_PARTS
    building_ids: tuple[tuple[str, str], ...] = ()  # (place, building), several where a zone was left out
    zone: ZoneRead | None = None
    end: int = 0
    left: int = LEFT_EDGE
    right: int = RIGHT_EDGE
    gap: int = 0  # characters before the name that nothing explains
    zone_state: int = NO_ZONE
    building_state: int = NO_BUILDING
    unit_state: int = 0
    room_state: int = 0
    road_state: int = NO_ROAD
    swapped_suffix: bool = False
    second: Span | None = None  # of a crossing: the other road
    point: tuple[float, float] | None = None
    rivals: int = 1  # places that the same words mean as well
    number_known: int = 0  # of a road: 1 known number, 2 unknown number
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def settled(self) -> tuple[str, str]:
        """Place and building the reading ends at."""
        if self.building_state in (BUILDING_MET, BUILDING_OWN):
            return self.building_ids[0]
        return self.place_id, ""


class Reader:
    """Makes readings of texts by one gazetteer's index."""

    def __init__(self, index: "PlaceIndex") -> None:
        self.index = index

    def read(self, text: str, spans: list[Span], breaks: frozenset[int]) -> list[Reading]:
        """Return the readings of a normalised text, best score first.

        `breaks` are positions in the text before which the raw text had a space or a sign.
        """
        context = _Context(text, breaks)
        spans = [span for span in spans if not context.is_administrative(span)]
        roads = sorted((span for span in spans if _is_road(span)), key=_gain, reverse=True)
        roads = _without_overlap(roads)
        context.roads = [(road.start, *self._road_end(text, road)) for road in roads]
        readings = self._road_readings(context, roads)
        named = [span for span in spans if any(form.owner.kind != "road" for form in span.forms)]
        named.sort(key=_gain, reverse=True)
        # names far below the best or the best road change nothing
        floor = max([0.4, *(_gain(span) - 2.4 for span in named[:1]), *(_gain(road) - 3.2 for road in roads[:1])])
        for span in named[:8]:
            if _gain(span) < floor:
                break
            if any(road.start == span.start and road.end >= span.end and road.cost < span.cost - 0.3 for road in roads):
                continue  # 风景街117号 is not 风景街小区
            for form in span.forms[:6]:
                if form.owner.kind != "road":
                    readings.append(self._place_reading(context, span, form, len(span.forms)))
        readings = _undominated(readings)
        readings.sort(key=lambda reading: -reading.score)
        return readings

    # places

    def _place_reading(self, context: "_Context", span: Span, form: Form, sharing: int) -> Reading:
        text, owner = context.text, form.owner
        at = span.end
        reading = Reading(PLACE, 0.0, span, form, owner.place_id, self.index.level(owner), rivals=sharing)
        if owner.kind in ("compound", "apartment"):
            at = self._read_estate(context, reading, at)
        elif owner.kind == "community":
            office = _COMMUNITY_OFFICE.match(text, at)
            at = office.end() if office else at
            reading.parts = context.parts_at(at)
            if reading.parts.building:
                # a community and a building number only: the building may stand in any of its estates
                reading.building_state = BUILDING_IN_SEVERAL
                at += reading.parts.length
        elif form.relation == "resettled_to" or owner.kind == "village":
            at += _VILLAGE_GROUP.match(context.digits_from(at)).end()  # type: ignore[union-attr]
        reading.end = at
        self._look_left(context, reading)
        self._look_right(context, reading)
        self._look_at_road(context, reading)
        reading.score = self._weigh(context, reading)
        return reading

    def _read_estate(self, context: "_Context", reading: Reading, at: int) -> int:
        """Read zone, building, unit and room behind an estate's name; return where they end."""
        text, form, owner = context.text, reading.form, reading.form.owner
        if form.relation == "resettled_to":
            # the house numbers of a village that is gone mean nothing today
            return at + _VILLAGE_GROUP.match(context.digits_from(at)).end()  # type: ignore[union-attr]
        zone = self._zone_at(text, at, owner)
        if zone is None:
            suffix = _SUFFIX.match(text, at)
            if suffix and (suffix["suffix"] == "小区" or not form.text.endswith(SUFFIXES)):
                reading.swapped_suffix = suffix["suffix"] != "小区" or form.variant != FULL
                at = suffix.end()
            elif at < len(text) and text[at] == text[at - 1] and not text[at].isdigit():
                at += 1  # the last character twice: 花园园
            zone = self._zone_at(text, at, owner)
        place_ids = owner.place_ids
        if zone:
            met = self.index.zone(owner, zone.zone)
            reading.zone, at = zone, at + zone.length
            if met:
                reading.zone_state = ZONE_MET if zone.exact else ZONE_HEARD
                place_ids = (met,)
                reading.place_id, reading.level = met, "zone" if owner.whole else "compound"
            else:
                reading.zone_state = ZONE_UNKNOWN
        elif owner.zones:
            reading.zone_state = ZONE_LEFT_OUT
        self._settle_parts(context, reading, at, place_ids, within=reading.zone_state == ZONE_LEFT_OUT)
        return at + reading.parts.length

    def _settle_parts(
        self, context: "_Context", reading: Reading, at: int, place_ids: tuple[str, ...], *, within: bool
    ) -> None:
        """Read building, unit and room and look them up; of several ways to read them the one that exists is taken."""
        best = -1.0
        for parts in context.all_parts_at(at):
            state, unit, room = NO_BUILDING, 0, 0
            standing: tuple[tuple[str, str], ...] = ()
            if parts.is_range:
                state = BUILDING_RANGE
            elif parts.building:
                standing = self.index.standing(place_ids, parts.building, within=within)
                state = (BUILDING_UNKNOWN, BUILDING_MET)[len(standing)] if len(standing) < 2 else BUILDING_IN_SEVERAL
                own = tuple(pair for pair in standing if pair[0] == reading.place_id)
                if (
                    state == BUILDING_IN_SEVERAL
                    and reading.kind == PLACE
                    and len(own) == 1
                    and reading.form.owner.whole
                ):
                    # who lives in a zone says so where the whole estate has buildings of its own
                    standing, state = (*own, *(pair for pair in standing if pair not in own)), BUILDING_OWN
                if state in (BUILDING_MET, BUILDING_OWN):
                    unit, room = self.index.check(standing[0][1], parts)
            worth = (0.0, 3.0, 2.0, 0.0, 0.0, 3.0)[state] + (0.5, 1.0, 0.0)[unit] + (0.5, 1.2, 0.0)[room]
            worth -= 0.6 if parts.leftover else 0.0
            if worth > best:
                best = worth
                reading.parts, reading.building_ids, reading.building_state = parts, standing, state
                reading.unit_state, reading.room_state = unit, room

    def _zone_at(self, text: str, at: int, owner: Owner) -> ZoneRead | None:
        """Read a zone; what is only half a zone counts where the estate has it: 西30栋, 新一区, 西区里."""
        zone = read_zone(text[at : at + 8], misheard=bool(owner.zones))
        if zone:
            extra = 1 if text[at + zone.length : at + zone.length + 1] == "里" else 0
            return ZoneRead(zone.zone, zone.length + extra, zone.exact)
        if not owner.zones:
            return None
        if zone is None and text[at : at + 1] in _SIDES and text[at + 1 : at + 2].isdigit():
            zone = ZoneRead(Zone(text[at]), 1, exact=False)
        elif zone is None and text[at + 1 : at + 2]:
            later = read_zone(text[at + 1 : at + 9])
            zone = ZoneRead(later.zone, later.length + 1, exact=False) if later and later.exact else None
        return zone if zone and self.index.zone(owner, zone.zone) else None

    def _look_left(self, context: "_Context", reading: Reading) -> None:
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

    def _look_right(self, context: "_Context", reading: Reading) -> None:
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

    def _look_at_road(self, context: "_Context", reading: Reading) -> None:
        """Compare a road written before the name with the addresses of the place."""
        start = reading.span.start
        best = NO_ROAD
        for road_start, road_end, number, road_ids in context.roads:
            if not (road_start < start and start - 6 <= road_end <= start):
                continue
            addresses = self.index.addresses(reading.place_id)
            if not addresses:
                best = ROAD_UNKNOWN
            elif number and any((road_id, number) in addresses for road_id in road_ids):
                best = ROAD_AGREES
            elif any(road_id == known for road_id in road_ids for known, _ in addresses):
                best = ROAD_SAME
            else:
                best = ROAD_DIFFERS
        reading.road_state = best

    def _weigh(self, context: "_Context", reading: Reading) -> float:
        """Score a reading of a place; units are those of the character weights, about one for a telling character."""
        score = _gain(reading.span) - _VARIANT_LOSS[reading.form.variant]
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

    # roads

    def _road_end(self, text: str, road: Span) -> tuple[int, str, tuple[str, ...]]:
        """Return where a road with its number ends, the number, and the road's ids."""
        ids = tuple(form.owner.place_id for form in road.forms)
        tail = digits_in(text[road.end : road.end + 12])
        match = _ROAD_NUMBER.match(tail)
        if not match:
            return road.end, "", ids
        taken = len(text[road.end : road.end + 12]) - len(tail[match.end() :])
        number = match["number"] or match["bare"]
        return road.end + taken, number.replace(" ", "").lstrip("0"), ids

    def _road_readings(self, context: "_Context", roads: list[Span]) -> list[Reading]:
        readings = []
        for road in roads:
            form = road.forms[0]
            end, number, ids = self._road_end(context.text, road)
            reading = Reading(ROAD, 0.0, road, form, form.owner.place_id, "road", end=end)
            reading.rivals = len(road.forms)
            self._look_left(context, reading)
            self._look_right(context, reading)
            reading.score = _gain(road) - 0.9 - (0.4 if reading.left == LEFT_OTHER else 0.0)
            if number:
                known = tuple(place for road_id in ids for place in self.index.at_address(road_id, number))
                reading.number_known = 1 if known else 2
                reading.notes["number"] = number
                if known:
                    readings.append(self._address_reading(context, reading, known))
            crossing = _CROSSING.match(context.text, end)
            before = _ROAD_BEFORE.search(context.text[max(0, road.start - 7) : road.start])
            if (crossing and before) or (not number and _UNKNOWN_ROAD.match(context.text[end : end + 8])):
                reading.notes["crossing"] = "the other road is not known"
                reading.score -= 0.3
            readings.append(reading)
        for one in roads:
            for other in roads:
                if one.start < other.start:
                    between = context.text[one.end : other.start]
                    behind = _CROSSING.match(context.text, other.end)
                    if len(between) <= 3 and (_CONNECTOR.fullmatch(between) or behind):
                        readings.append(self._junction_reading(context, one, other, bool(behind)))
        return readings

    def _address_reading(self, context: "_Context", road: Reading, known: tuple[str, ...]) -> Reading:
        """Read "road and number" as the places that have this address, with the parts written behind it."""
        place_ids = self.index.by_standing(known)
        first = place_ids[0]
        reading = Reading(
            ADDRESS, 0.0, road.span, road.form, first, self.index.level_of(first), left=road.left, gap=road.gap
        )
        reading.notes = dict(road.notes)
        reading.number_known, reading.rivals = 1, len(place_ids)
        at = road.end
        zone = read_zone(context.text[at : at + 8])
        within = place_ids
        if zone and zone.exact:
            met = self.index.zone_of_any(place_ids, zone.zone)
            if met:
                reading.zone, reading.zone_state, at, within = zone, ZONE_MET, at + zone.length, (met,)
                reading.place_id, reading.level = met, self.index.level_of(met)
        self._settle_parts(context, reading, at, within, within=True)
        at += reading.parts.length
        reading.end = at
        self._look_right(context, reading)
        reading.score = road.score + 0.8 + (0.0, 0.9, 0.2, -0.4, 0.0, 0.8)[reading.building_state]
        return reading

    def _junction_reading(self, context: "_Context", one: Span, other: Span, behind: bool) -> Reading:
        found = None
        for form_a in one.forms:
            for form_b in other.forms:
                pair = sorted((form_a.owner.place_id, form_b.owner.place_id))
                found = found or self.index.junction((pair[0], pair[1]))
        form = one.forms[0]
        reading = Reading(JUNCTION, 0.0, one, form, form.owner.place_id, "junction", second=other, point=found)
        crossing = _CROSSING.match(context.text, other.end)
        reading.end = crossing.end() if crossing else other.end
        reading.number_known = 1 if found else 2
        self._look_left(context, reading)
        self._look_right(context, reading)
        reading.score = _gain(one) + _gain(other) + (0.5 if behind else 0.0) + (0.5 if found else -2.2)
        return reading


@dataclass(slots=True)
class _Context:
    """A text and what is known of its stretches before any name is read."""

    text: str
    breaks: frozenset[int]
    admin_end: int = 0
    admin_spans: list[tuple[int, int]] = field(default_factory=list)
    roads: list[tuple[int, int, str, tuple[str, ...]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.admin_end = admin.administrative_end(self.text)
        if "街道" in self.text or "镇" in self.text or "乡" in self.text:
            self.admin_spans = admin.administrative_spans(self.text)

    def digits_from(self, at: int) -> str:
        return digits_in(self.text[at : at + 14])

    def parts_at(self, at: int) -> Parts:
        """Read the parts at a position; their length is counted in the text itself."""
        window = self.text[at : at + 28]
        for position in self.breaks:
            # a sign between a number and a word ends the address: 115，楼道灯坏了
            behind = window[position - at :] if at < position < at + len(window) else ""
            after_number = behind > "一" and window[position - at - 1].isdigit()
            if after_number and (behind[0] not in _PART_WORDS or behind[:2] in ("楼道", "楼下", "楼上")):
                window = window[: position - at]
                break
        if not window:
            return NO_PARTS
        return _parts_of(window, digits_in(window))

    def all_parts_at(self, at: int) -> list[Parts]:
        """Return the ways to read the parts at a position: as written first, then with spaces taken for slips."""
        parts = self.parts_at(at)
        window = self.text[at : at + 28]
        if " " not in window:
            return [parts]
        turned = digits_in(window)
        return [parts, *(_parts_of(window, joined) for joined in joined_forms(turned))]

    def is_administrative(self, span: Span) -> bool:
        """Tell whether a span is a piece of an administrative part: 虎丘 in 虎丘区, 枫桥街 in 枫桥街道."""
        start, end, cost = span.start, span.end, span.cost
        for a, b in self.admin_spans:
            # a name may begin with the part and go on behind it (枫桥街道办), or hold it
            if (
                start < b
                and end > a
                and (start > a or end <= b or cost > 0.3 * (end - b) or span.forms[0].variant != FULL)
            ):
                return True
        if start < self.admin_end and cost > 0.3 * max(end - self.admin_end, 0):
            return True
        if span.forms[0].variant == FULL:
            return False
        return end <= self.admin_end or (self.text[end : end + 1] in ("区", "县", "市") and start <= self.admin_end)

    def ends_administrative_part(self, at: int) -> bool:
        return at == self.admin_end or any(b == at for _, b in self.admin_spans)

    def ends_road(self, at: int) -> bool:
        return any(end == at for _, end, _, _ in self.roads)

    def unexplained_before(self, start: int) -> int:
        """Count the characters right before a position that belong to nothing that is known."""
        count, at = 0, start
        while at > 0 and count < 8:
            before = self.text[at - 1]
            if at <= self.admin_end and (at == self.admin_end or (count == 0 and at < self.admin_end)):
                break
            if self.ends_road(at) or self.ends_administrative_part(at):
                break
            if (
                not "一" <= before <= "鿿"
                or before in admin.SPEECH
                or before in admin.ADMINISTRATIVE
                or before in "号弄室"
            ):
                break
            if at in self.breaks and count:
                break
            count += 1
            at -= 1
        return count


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


def _parts_of(window: str, turned: str) -> Parts:
    """Read the parts of a window of the text whose numbers were turned to digits; lengths are those of the window."""
    parts = read_parts(turned, keep_digits=True)
    if not parts.length:
        return parts
    said = window[0] in CHINESE_DIGITS
    if said and not (parts.word or parts.unit or parts.room or parts.is_range) and parts.length < len(turned):
        return NO_PARTS  # 四季城 is no building 4
    rest = turned[parts.length : parts.length + 2].lstrip(" -")
    return replace(
        parts, length=parts.length + len(window) - len(turned), leftover=rest[:1].isdigit() or rest[:1] in ("室", "幢")
    )


def _gain(span: Span) -> float:
    """Return what a span is worth: the weight of its form less what it cost to read it."""
    return span.weight - 1.5 * span.cost - 0.9 * float(span.counts[alignment.FOREIGN])


def _is_road(span: Span) -> bool:
    """Tell whether a span is a road's name written well enough; short names leave no room for foreign characters."""
    return any(form.owner.kind == "road" for form in span.forms) and span.cost <= 0.23 * len(span.text)


def _without_overlap(spans: list[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in spans:
        if all(span.end <= other.start or span.start >= other.end for other in kept):
            kept.append(span)
    return kept[:4]


class PlaceIndex:
    """What the reader asks of a gazetteer, looked up beforehand."""

    def __init__(self, gazetteer: Gazetteer, forms: dict[str, tuple[Form, ...]]) -> None:
        self.gazetteer = gazetteer
        self._single: dict[tuple[str, bool], dict[str, tuple[str, str]]] = {}
        self._numbers: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {}
        for place_id in gazetteer.places:
            for standing_in in (place_id, *gazetteer.children.get(place_id, ())):
                numbers = self._numbers.setdefault(place_id, {})
                for number, building_id in gazetteer.buildings_of.get(standing_in, {}).items():
                    numbers[number] = (*numbers.get(number, ()), (standing_in, building_id))
        roads = {
            text: form.owner.place_id
            for text, all_forms in forms.items()
            for form in all_forms
            if form.owner.kind == "road"
        }
        self._addresses: dict[str, frozenset[tuple[str, str]]] = {}
        self._at_address: dict[tuple[str, str], list[str]] = {}
        for place in gazetteer.places.values():
            if not place.address:
                continue
            found = {address for one in re.split("[、,，;；]", place.address) if (address := _read_address(one, roads))}
            self._addresses[place.place_id] = frozenset(found)
            for address in found:
                self._at_address.setdefault(address, []).append(place.place_id)

    def level(self, owner: Owner) -> str:
        return self.gazetteer.level_of(owner.place_id) if owner.whole else "compound"

    def level_of(self, place_id: str) -> str:
        return self.gazetteer.level_of(place_id)

    def zone(self, owner: Owner, zone: Zone) -> str | None:
        """Return the zone's place; 二期 and 二区 are taken for each other where only one of them exists."""
        return owner.zones.get(zone) or owner.zones.get(Zone(zone.number, not zone.phase))

    def zone_of_any(self, place_ids: tuple[str, ...], zone: Zone) -> str | None:
        for place_id in place_ids:
            name = self.gazetteer.places[place_id].name
            if read_zone_name(name)[1] == zone:
                return place_id
        return None

    def standing(self, place_ids: tuple[str, ...], number: str, *, within: bool) -> tuple[tuple[str, str], ...]:
        """Return (place, building) of every building with this number in the places and, if `within`, their zones."""
        found: dict[str, tuple[str, str]] = {}
        for place_id in place_ids:
            if within:
                pairs = self._numbers.get(place_id, {}).get(number, ())
            else:
                building_id = self.gazetteer.buildings_of.get(place_id, {}).get(number)
                pairs = ((place_id, building_id),) if building_id else ()
            for pair in pairs:
                found[pair[1]] = pair
        return tuple(found.values())

    def single_buildings(self, place_id: str, *, within: bool) -> dict[str, tuple[str, str]]:
        """Return (place, building) by number for the numbers that occur once in a place and, if `within`, its zones."""
        key = (place_id, within)
        if key not in self._single:
            found = {
                number: self.standing((place_id,), number, within=within) for number in self._numbers.get(place_id, {})
            }
            self._single[key] = {number: pairs[0] for number, pairs in found.items() if len(pairs) == 1}
        return self._single[key]

    def check(self, building_id: str, parts: Parts) -> tuple[int, int]:
        """Return whether unit and room can exist in a building: 0 not written or not known, 1 yes, 2 no."""
        building = self.gazetteer.buildings[building_id]
        unit = room = 0
        if parts.unit.isdigit() and building.units:
            unit = 1 if int(parts.unit) <= building.units else 2
        if parts.room.isdigit() and len(parts.room) in (3, 4) and building.floors and building.rooms_per_floor:
            floor, door = int(parts.room[:-2]), int(parts.room[-2:])
            doors = building.rooms_per_floor * (1 if parts.unit else building.units or 1)
            room = 1 if 1 <= floor <= building.floors and 1 <= door <= doors else 2
        return unit, room

    def addresses(self, place_id: str) -> frozenset[tuple[str, str]]:
        """Return (road id, number) of a place, its parent's if it has none."""
        found = self._addresses.get(place_id)
        if found is None and self.gazetteer.is_zone(place_id):
            found = self._addresses.get(self.gazetteer.places[place_id].parent_id)
        return found or frozenset()

    def at_address(self, road_id: str, number: str) -> list[str]:
        return self._at_address.get((road_id, number), [])

    def by_standing(self, place_ids: tuple[str, ...]) -> tuple[str, ...]:
        """Order places: whole estates before their zones."""
        return tuple(sorted(dict.fromkeys(place_ids), key=lambda place_id: self.gazetteer.is_zone(place_id)))

    def junction(self, pair: tuple[str, str]) -> tuple[float, float] | None:
        return self.gazetteer.junction_points.get(pair)


def _read_address(address: str, roads: dict[str, str]) -> tuple[str, str] | None:
    text = normalise(address)
    match = re.match(r"(.+?)(\d+)(?:号|弄)?$", text)
    if not match:
        return None
    road = next((roads[match[1][start:]] for start in range(len(match[1])) if match[1][start:] in roads), None)
    return (road, match[2].lstrip("0")) if road else None
