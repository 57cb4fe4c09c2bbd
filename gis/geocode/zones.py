"""Read the zone of an estate: 二区, 2区, Ⅱ区, (二), 第五区, 西区, 北小区, 三期, A区."""

import re
from dataclasses import dataclass

from gis.geocode.confusion import sounds_like
from gis.geocode.numbers import CHINESE_DIGITS, chinese_to_digits

# what most often stands behind a name and begins no zone
_NEVER = frozenset("花路小苑园对旁门附后，")
_DIRECTIONS = "东西南北中前后上下左右内外"
# Roman numerals typed with letters
_ROMAN = {roman: str(value) for value, roman in enumerate(("I", "II", "III", "IV", "V", "VI", "VII", "VIII"), 1)}
_NUMBER = rf"第?(?:\d{{1,2}}|[{CHINESE_DIGITS}]{{1,3}}|V?I{{1,3}}|IV|V|[A-H]|[甲乙丙丁])"
_ZONE_NAME = re.compile(
    rf"(?P<zone>(?P<number>{_NUMBER})(?P<word>小区|区|期|组团|组|园|苑|片)|(?P<side>[{_DIRECTIONS}]{{1,2}})(?P<part>小区|区|苑|园|片))$"
)
_NUMBERED = re.compile(rf"(?P<number>{_NUMBER})(?P<word>小区|区|期|组团|片区)")
_SIDED = re.compile(rf"(?P<side>[{_DIRECTIONS}]{{1,2}})(?:小区|片区|区)")
# a zone's number without its word: 花园(二)15幢, 花园二15幢
_BARE = re.compile(
    rf"(?P<number>[{CHINESE_DIGITS}]{{1,2}}|\d{{1,2}})(?P<gap> ?)"
    rf"(?=(?P<next>\d{{1,3}}|(?<= )[{CHINESE_DIGITS}]{{1,4}})(?P<word>幢|栋|号|座|#|-|))"
)
# a zone written before the name: 西区锦绣新村
_BEFORE = re.compile(rf"(?:(?P<number>{_NUMBER})(?P<word>区|期)|(?P<side>[{_DIRECTIONS}])区) ?$")
# sounds of the words, for slips like 五去, 二其, 动区
_QU, _QI = frozenset({"qu"}), frozenset({"qi"})
_SIDE_SOUNDS = {"东": "dong", "西": "xi", "南": "nan", "北": "bei", "中": "zhong"}


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone as a number ("5", "A") or a side ("南"), and whether it is a phase (期)."""

    number: str
    phase: bool = False


@dataclass(frozen=True, slots=True)
class ZoneRead:
    """A zone read from a text and how many characters it took."""

    zone: Zone
    length: int
    exact: bool = True


def read_zone_name(name: str) -> tuple[str, Zone | None]:
    """Split a normalised name into what stands before its zone and the zone, if it ends in one."""
    match = _ZONE_NAME.search(name)
    if not match or match.start() < 2:
        return name, None
    if match["side"]:
        # 东苑 and 西园 are zones only beside something that is a name without them
        if match["part"] in ("苑", "园") and match.start() < 3:
            return name, None
        return name[: match.start()], Zone(match["side"])
    if match["word"] in ("园", "苑"):
        return name, None
    number = _plain(match["number"])
    return (name[: match.start()], Zone(number, match["word"] == "期")) if number else (name, None)


def read_zone(text: str, *, misheard: bool = True) -> ZoneRead | None:
    """Read a zone at the very start of `text`, normalised text behind a name; `misheard`: also 五去, 动区."""
    if not text or text[0] in _NEVER:
        return None
    match = _NUMBERED.match(text)
    if match:
        number = _plain(match["number"])
        return ZoneRead(Zone(number, match["word"] == "期"), match.end()) if number else None
    match = _SIDED.match(text)
    if match:
        return ZoneRead(Zone(match["side"]), match.end())
    return _misheard(text) if misheard else None


def read_bare_zone(text: str, *, bracketed: bool) -> tuple[ZoneRead, str] | None:
    """Read a zone's number that has lost its word, and the building number it makes if it is none: ("2", "215").

    What stood in brackets is a number of its own; without them a word must say that what follows is a building.
    """
    match = _BARE.match(text)
    if not match or not (match["gap"] or not match["number"].isdigit()) or not (bracketed or match["word"]):
        return None
    number, following = _plain(match["number"]), _plain(match["next"])
    return (ZoneRead(Zone(number), match.end(), exact=bracketed), number + following) if number else None


def read_zone_before(text: str) -> tuple[Zone, int] | None:
    """Read a zone at the very end of what stands before a name, and where it begins."""
    match = _BEFORE.search(text)
    if not match:
        return None
    if match["side"]:
        return Zone(match["side"]), match.start()
    number = _plain(match["number"])
    return (Zone(number, match["word"] == "期"), match.start()) if number else None


def _misheard(text: str) -> ZoneRead | None:
    """Read a zone whose word or side is written for its sound: 五去, 二其, 动区."""
    match = re.match(_NUMBER, text)
    if match and len(text) > match.end():
        number, word = _plain(match.group()), text[match.end()]
        if number and not word.isascii():
            if sounds_like(word, _QU):
                return ZoneRead(Zone(number), match.end() + 1, exact=False)
            if sounds_like(word, _QI) and word not in "七其":
                return ZoneRead(Zone(number, phase=True), match.end() + 1, exact=False)
    if len(text) > 1 and sounds_like(text[1], _QU):
        for side, sound in _SIDE_SOUNDS.items():
            if text[0] == side or sounds_like(text[0], frozenset({sound})):
                return ZoneRead(Zone(side), 2, exact=False)
    return None


def _plain(number: str) -> str:
    number = number.removeprefix("第")
    if number in _ROMAN:
        return _ROMAN[number]
    if number.isascii():
        return number.lstrip("0") or "0"
    return chinese_to_digits(number) or number
