"""A text before any name is read in it: its breaks, administrative parts, roads, and the numbers at each position."""

from dataclasses import dataclass, field, replace

from gis.geocode import administration as admin
from gis.geocode.names import FULL
from gis.geocode.numbers import CHINESE_DIGITS, digits_in
from gis.geocode.parts import NO_PARTS, Parts, joined_forms, lettered_forms, read_parts
from gis.geocode.spans import Span
from gis.geocode.zones import ZoneRead, read_zone

_PART_WORDS = frozenset("幢栋座号单室层楼#零一二三四五六七八九十")


@dataclass(frozen=True, slots=True)
class Road:
    """A road in a text: where its name and its number end, and whose name it is."""

    span: Span
    end: int  # behind the number, where there is one
    number: str
    ids: tuple[str, ...]


@dataclass(slots=True)
class Context:
    """A text and what is known of its stretches before any name is read."""

    text: str
    breaks: frozenset[int]
    brackets: frozenset[int]
    admin_end: int = 0
    admin_spans: list[tuple[int, int]] = field(default_factory=list)
    roads: list[Road] = field(default_factory=list)
    communities: list[tuple[int, int, str]] = field(default_factory=list)  # start, end and id of those that are named
    name_ends: frozenset[int] = frozenset()  # where clean names end: what follows begins anew
    # several names begin or end at the same place: what stands there is judged and read once
    before: dict[int, tuple[int, int, bool]] = field(default_factory=dict)
    behind: dict[int, tuple[int, bool]] = field(default_factory=dict)
    _parts: dict[int, list[Parts]] = field(default_factory=dict)
    _zones: dict[tuple[int, bool], ZoneRead | None] = field(default_factory=dict)
    _admin_ends: set[int] = field(default_factory=set)
    _cities: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.admin_end = admin.administrative_end(self.text)
        if "街道" in self.text or "镇" in self.text or "乡" in self.text:
            self.admin_spans = admin.administrative_spans(self.text)
        self._admin_ends = {end for _, end in self.admin_spans}
        # behind a sign, and behind administrative parts that follow one, a text begins anew
        self._admin_ends |= {admin.parts_end(self.text, at) for at in self.breaks if at > self.admin_end}

    def digits_from(self, at: int) -> str:
        return digits_in(self.text[at : at + 14])

    def parts_at(self, at: int) -> Parts:
        """Read the parts at a position as written; their length is counted in the text itself."""
        return self.all_parts_at(at)[0]

    def all_parts_at(self, at: int) -> list[Parts]:
        """Return the ways to read the parts at a position: as written first, then with spaces taken for slips."""
        found = self._parts.get(at)
        if found is None:
            found = self._parts[at] = self._read_parts(at)
        return found

    def _read_parts(self, at: int) -> list[Parts]:
        window = whole = self.text[at : at + 28]
        for position in self.breaks:
            # a sign between a number and a word ends the address: 115，楼道灯坏了
            behind = window[position - at :] if at < position < at + len(window) else ""
            after_number = behind > "一" and window[position - at - 1].isdigit()
            if after_number and (behind[0] not in _PART_WORDS or behind[:2] in ("楼道", "楼下", "楼上")):
                window = window[: position - at]
                break
        if not window:
            return [NO_PARTS]
        parts = _parts_of(window, digits_in(window))
        if " " not in whole:
            return [parts, *lettered_forms(parts)]
        return [parts, *lettered_forms(parts), *(_parts_of(whole, joined) for joined in joined_forms(digits_in(whole)))]

    def zone_at(self, at: int, *, misheard: bool) -> ZoneRead | None:
        """Read a zone at a position, a 里 behind it included."""
        key = (at, misheard)
        if key not in self._zones:
            zone = read_zone(self.text[at : at + 8], misheard=misheard)
            if zone and self.text[at + zone.length : at + zone.length + 1] == "里":
                zone = ZoneRead(zone.zone, zone.length + 1, zone.exact)
            self._zones[key] = zone
        return self._zones[key]

    def is_administrative(self, span: Span) -> bool:
        """Tell whether a span is a piece of an administrative part: 桃林 in 桃林区, 城北街 in 城北街道."""
        start, end, cost = span.start, span.end, span.cost
        for a, b in self.admin_spans:
            # a name may begin with the part and go on behind it (城北街道办), or hold it
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
        return at == self.admin_end or at in self._admin_ends

    def ends_road(self, at: int) -> bool:
        return any(road.end == at for road in self.roads)

    def is_free(self, at: int) -> bool:
        """Tell whether a new thing may begin at a position: at an edge, behind a sign, a road, a community."""
        if at == 0 or at in self.breaks or self.ends_administrative_part(at) or self.ends_road(at):
            return True
        return self.text[at - 1] in admin.SPEECH or at in self.name_ends

    def elsewhere(self, at: int, lon: float, lat: float) -> str:
        """Return the city named right before a position if it is too far from a point to hold it."""
        if not at:
            return ""
        if at not in self._cities:
            self._cities[at] = tuple(admin.cities_before(self.text, at))
        cities = self._cities[at]
        # a tenth of a degree is enough to tell cities apart, and few points need be remembered
        return admin.far_cities(cities, round(lon, 1), round(lat, 1)) if cities else ""

    def unexplained_before(self, start: int) -> int:
        """Count the characters right before a position that belong to nothing that is known."""
        count, at = 0, start
        while at > 0 and count < 8:
            before = self.text[at - 1]
            if at <= self.admin_end and (at == self.admin_end or (count == 0 and at < self.admin_end)):
                break
            if self.ends_road(at) or self.ends_administrative_part(at) or at in self.name_ends:
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
