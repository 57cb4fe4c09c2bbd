"""Read building, unit and room out of what follows a name: 12幢3单元402室, 12-3-402, 12#402, 十二幢, A座, 地下室."""

import re
from dataclasses import dataclass, replace

from gis.geocode.numbers import digits_in

# characters people type for 幢 and 栋 when the sound or the shape leads them astray
_BUILDING_SLIPS = "憧懂董冻撞洞动侗桩庄状童幛僮栋幢拣"
_BUILDING_WORD = rf"(?:号楼|号栋|号幢|\#楼|\#栋|\#幢|栋楼|幢楼|[{_BUILDING_SLIPS}座]|号院|\#|号|(?<=[A-Z])楼)"
_UNIT_WORD = r"(?:单元|单园|单圆|单员|单远|号?门洞|门栋|梯|号?门(?=[ \-]*\d)|单(?=\d{3}))"
# what people keep beside or below their house; its number is no building's
_STORE = r"(?:自行车库|汽车库|车库|车位|储藏室|商铺|门面房?|店面|店铺)"
_ROOM_WORD = r"(?:室|户|房间|房|号房|号室)"
# what a number counts that is no building
_COUNTED = "组队米元年月天人个次层楼度路点分期区辆户家棵只条岁部门号线M"
_NUMBER = r"(?:[A-Z]?\d{1,4}[A-Z]?|[A-Z](?![A-Z]))"
_GAP = r"[ \-之]*"

_PARTS = re.compile(
    rf"""
    第?(?P<building>{_NUMBER})(?!号?{_STORE}(?!\d))
    (?:{_GAP}(?P<word>{_BUILDING_WORD})|(?=[ \-之]\d)|(?=$)|(?![\d{_COUNTED}]))
    (?:{_GAP}(?:
        第?(?P<unit>\d{{1,2}}|[A-Z甲乙丙丁东西中南北]){_GAP}{_UNIT_WORD}
        |(?P<dash_unit>\d{{1,2}})(?=(?:[ \-]+|\#)\d{{3,4}}(?!\d))\#?
    ))?
    (?:{_GAP}(?P<floor>\d{{1,2}})(?:楼|层))?
    (?:{_GAP}(?P<room>\d{{3,4}}[A-Z]?|\d{{1,2}}(?=室))(?:-\d{{1,2}}(?!\d))?{_ROOM_WORD}?(?!\d|米|年|元|号楼|幢|栋))?
    (?:{_GAP}(?:\d{{1,3}}(?:号|\#)?)?(?:{_STORE}|地下室))?
    """,
    re.VERBOSE,
)
_RANGE = re.compile(r"第?\d{1,4}(?:号楼|幢|栋|#)?[\-至到~]\d{1,4}(?:号楼|幢|栋|#)(?!\d)")
# a space or a dot slipped into a number: "3 5幢", "7 03室", "1 01幢"
_SPLIT_BUILDING = re.compile(rf"^(\d{{1,2}}) (\d{{1,2}})(?=号|#|[{_BUILDING_SLIPS}座]|-\d{{1,2}}-\d{{3,4}})")
_DIGIT_GAP = re.compile(r"(?<=\d) (?=\d)")
# what OCR makes of 0 and 1, in a run that holds a digit or stands before 室
_MISREAD = re.compile(r"(?<![A-Z])(?:[0-9OQIL]*[0-9][0-9OQIL]*|[OQIL]{2,4}(?=室))(?![A-Z])")
_MISREAD_LETTERS = str.maketrans("OQIL", "0011")


@dataclass(frozen=True, slots=True)
class Parts:
    """Building, unit and room as far as written, the word after the building number, and how much text they took."""

    building: str = ""
    unit: str = ""
    room: str = ""
    word: str = ""
    length: int = 0
    is_range: bool = False
    leftover: bool = False  # more digits follow that found no meaning


NO_PARTS = Parts()


def read_parts(tail: str, *, keep_digits: bool = False) -> Parts:
    """Read the parts at the very start of `tail`, the normalised text that follows a name.

    Room 402 is floor 4, second door; a floor written before it ("二楼202室") adds nothing. `length` counts characters
    of the tail after its Chinese numerals became digits.
    """
    text = tail if keep_digits else digits_in(tail)
    if not text or not (text[0].isdigit() or text[0] in "第ABCDEFGHIJKLMN "):
        return NO_PARTS
    text = _repair(text.lstrip(" "))
    ranged = _RANGE.match(text)
    if ranged:
        return Parts(length=ranged.end(), is_range=True)
    match = _PARTS.match(text)
    if not match:
        return NO_PARTS
    return Parts(
        building=_number(match["building"]),
        unit=_number(match["unit"] or match["dash_unit"] or ""),
        room=_number(match["room"] or ""),
        word=match["word"] or "",
        length=match.end(),
    )


def _repair(text: str) -> str:
    if "O" in text or "I" in text or "L" in text or "Q" in text:
        text = _MISREAD.sub(lambda run: run.group().translate(_MISREAD_LETTERS), text)
    if " " in text:
        text = _SPLIT_BUILDING.sub(r"\1\2", text)
    return text


def lettered_forms(parts: Parts) -> list[Parts]:
    """Return the other way to read A1204: building A, room 1204. Which one holds, the gazetteer decides."""
    letter, digits = parts.building[:1], parts.building[1:]
    if parts.room or parts.unit or parts.word or not (letter.isalpha() and digits.isdigit() and len(digits) >= 3):
        return []
    return [replace(parts, building=letter, room=digits)]


def joined_forms(tail: str) -> list[str]:
    """Return the tail with each space between two digits taken for a slip: 5 0幢, 250 2室, 1 04.

    Whether it is one, the gazetteer decides: see `Reader`.
    """
    places = [match.start() for match in _DIGIT_GAP.finditer(tail)][:3]
    return [tail[:place] + tail[place + 1 :] for place in places] + (
        [_DIGIT_GAP.sub("", tail)] if len(places) > 1 else []
    )


def _number(text: str) -> str:
    return text.lstrip("0") or text[-1:]
