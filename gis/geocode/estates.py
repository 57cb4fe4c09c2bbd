"""Read zone, building, unit and room behind a name, and take of several ways to read them the one that exists."""

import re

from gis.geocode.context import Context
from gis.geocode.names import FULL, SUFFIXES, Owner
from gis.geocode.place_index import PlaceIndex
from gis.geocode.reading import (
    BUILDING_IN_SEVERAL,
    BUILDING_MET,
    BUILDING_OWN,
    BUILDING_RANGE,
    BUILDING_UNKNOWN,
    NO_BUILDING,
    PLACE,
    ZONE_HEARD,
    ZONE_LEFT_OUT,
    ZONE_MET,
    ZONE_UNKNOWN,
    Reading,
)
from gis.geocode.zones import Zone, ZoneRead, read_bare_zone, read_zone_before

_SIDES = ("东", "西", "南", "北", "中")
# what people say for 区 after a side
_SIDE_WORDS = ("苑", "园", "片")
_SUFFIX = re.compile("[大小里新]?(?P<suffix>" + "|".join(SUFFIXES) + ")")
# words that may stand between a name or a zone and what is in it: 二区的15幢, 花园内3幢
_PARTICLES = frozenset("的内里之")
_VILLAGE_GROUP = re.compile(r"(?:第?\d{1,2}(?:组|队|小组))?(?:\d{1,4}号)?")


def read_estate(context: Context, reading: Reading, at: int, index: PlaceIndex) -> int:
    """Read zone, building, unit and room behind an estate's name; return where they end."""
    text, form, owner = context.text, reading.form, reading.form.owner
    if form.relation == "resettled_to":
        # the house numbers of a village that is gone mean nothing today
        return read_village_group(context, at)
    zone = _zone_at(context, at, owner, index)
    if zone is None:
        suffix = _SUFFIX.match(text, at)
        if suffix and (suffix["suffix"] == "小区" or not form.text.endswith(SUFFIXES)):
            reading.swapped_suffix = suffix["suffix"] != "小区" or form.variant != FULL
            at = suffix.end()
        elif at < len(text) and text[at] == text[at - 1] and not text[at].isdigit():
            at += 1  # the last character twice: 花园园
        elif owner.zones and text[at : at + 1] in _PARTICLES:
            at += 1
        zone = _zone_at(context, at, owner, index) or _zone_before(context, reading, index)
    place_ids = owner.place_ids
    if zone:
        met = index.zone(owner, zone.zone)
        reading.zone, at = zone, at + zone.length
        if met:
            reading.zone_state = ZONE_MET if zone.exact else ZONE_HEARD
            place_ids = (met,)
            reading.place_id, reading.level = met, "zone" if owner.whole else "compound"
        else:
            reading.zone_state = ZONE_UNKNOWN
    elif owner.zones:
        reading.zone_state = ZONE_LEFT_OUT
    if text[at : at + 1] in _PARTICLES and context.parts_at(at + 1).building:
        at += 1
    settle_parts(context, reading, at, place_ids, index, within=reading.zone_state == ZONE_LEFT_OUT)
    return at + reading.parts.length


def read_village_group(context: Context, at: int) -> int:
    """Return where group and house number behind a village's name end."""
    return at + _VILLAGE_GROUP.match(context.digits_from(at)).end()  # type: ignore[union-attr]


def settle_parts(
    context: Context, reading: Reading, at: int, place_ids: tuple[str, ...], index: PlaceIndex, *, within: bool
) -> None:
    """Read building, unit and room and look them up; of several ways to read them the one that exists is taken."""
    best = -1.0
    for parts in context.all_parts_at(at):
        state, unit, room = NO_BUILDING, 0, 0
        standing: tuple[tuple[str, str], ...] = ()
        if parts.is_range:
            state = BUILDING_RANGE
        elif parts.building:
            standing = index.standing(place_ids, parts.building, within=within)
            state = (BUILDING_UNKNOWN, BUILDING_MET)[len(standing)] if len(standing) < 2 else BUILDING_IN_SEVERAL
            own = tuple(pair for pair in standing if pair[0] == reading.place_id)
            if state == BUILDING_IN_SEVERAL and reading.kind == PLACE and len(own) == 1 and reading.form.owner.whole:
                # who lives in a zone says so where the whole estate has buildings of its own
                standing, state = (*own, *(pair for pair in standing if pair not in own)), BUILDING_OWN
            if state in (BUILDING_MET, BUILDING_OWN):
                unit, room = index.check(standing[0][1], parts)
        worth = (0.0, 3.0, 2.0, 0.0, 0.0, 3.0)[state] + (0.5, 1.0, 0.0)[unit] + (0.5, 1.2, 0.0)[room]
        worth -= 0.6 if parts.leftover else 0.0
        if worth > best:
            best = worth
            reading.parts, reading.building_ids, reading.building_state = parts, standing, state
            reading.unit_state, reading.room_state = unit, room


def _zone_at(context: Context, at: int, owner: Owner, index: PlaceIndex) -> ZoneRead | None:
    """Read a zone; what is only half a zone counts where the estate has it: 西30栋, 西苑, 新一区, 西区里, (二)15幢."""
    text = context.text
    zone = context.zone_at(at, misheard=bool(owner.zones))
    if zone or not owner.zones:
        return zone
    bracketed = at in context.brackets
    bare = read_bare_zone(text[at : at + 9], bracketed=bracketed)
    if bare and index.zone(owner, bare[0].zone):
        # in brackets, or in words before digits, a number is a zone; else only if there is no such building
        if bracketed or not text[at].isdigit() or not index.standing(owner.place_ids, bare[1], within=True):
            return bare[0]
        return None
    behind = text[at + 1 : at + 2]
    if text[at : at + 1] in _SIDES and (behind.isdigit() or behind in _SIDE_WORDS):
        zone = ZoneRead(Zone(text[at]), 1 if behind.isdigit() else 2, exact=False)
    elif behind:
        later = context.zone_at(at + 1, misheard=False)
        zone = ZoneRead(later.zone, later.length + 1, exact=False) if later else None
    return zone if zone and index.zone(owner, zone.zone) else None


def _zone_before(context: Context, reading: Reading, index: PlaceIndex) -> ZoneRead | None:
    """Read a zone written before the name, where the estate has it and nothing but the name can be meant by it."""
    start = reading.span.start
    found = read_zone_before(context.text[max(0, start - 4) : start]) if reading.form.owner.zones else None
    if not found or not index.zone(reading.form.owner, found[0]):
        return None
    begins = max(0, start - 4) + found[1]
    return ZoneRead(found[0], 0, exact=False) if context.is_free(begins) else None
