"""Seal identity numbers and telephone numbers out of free text before anything else looks at it.

What is kept in the database, in logs and in the ledger is the redacted text. Digits may be full width, Chinese
(dictated 一三八……), or broken by spaces, dots and dashes. What a number looks like: GB 11643-1999 (18 digits with
check digit, and the older 15), the mobile ranges 13 to 19, landlines with or without area code (a bare local number
only beside a word like 电话), 400 and 800 numbers.
"""

import re
from dataclasses import dataclass
from datetime import date

IDENTITY, TELEPHONE = "identity", "telephone"
MARKS = {IDENTITY: "[ID]", TELEPHONE: "[TEL]"}

# weights of GB 11643-1999; the remainder of the weighted sum by 11 picks the check character
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"

# one character each, so that positions in the folded text are positions in the given one
_DIGITS = {
    **{ord(full): str(value) for value, full in enumerate("０１２３４５６７８９")},
    **{ord(chinese): str(value) for value, chinese in enumerate("零一二三四五六七八九")},
    ord("〇"): "0",
    ord("○"): "0",
    ord("幺"): "1",
    ord("ｘ"): "X",
    ord("Ｘ"): "X",
    ord("x"): "X",
    **{ord(dash): "-" for dash in "－—–−‐‑"},
    ord("　"): " ",
    ord("．"): ".",
    ord("＋"): "+",
    ord("（"): "(",
    ord("）"): ")",
    ord("·"): ".",
    ord("\u00a0"): " ",
}
_GAP = r"[ .\-]{0,2}"


def _spaced(count: str) -> str:
    return rf"(?:{_GAP}\d){count}"


_IDENTITY = re.compile(rf"(?<!\d)[1-9]{_spaced('{16}')}{_GAP}[\dX](?![\dX])")
_IDENTITY_15 = re.compile(rf"(?<!\d)[1-9]{_spaced('{14}')}(?!{_GAP}\d)")
_MOBILE = re.compile(rf"(?<!\d)(?:(?:\+|00)?86{_GAP})?1{_GAP}[3-9]{_spaced('{9}')}(?!\d)")
_LANDLINE = re.compile(
    rf"(?<!\d)(?:\(?0(?:10|2\d|[3-9]\d{{2}})\)?{_GAP}[2-9]{_spaced('{6,7}')}|[48]00{_GAP}\d{_spaced('{6}')})(?!\d)"
)
_LOCAL = re.compile(
    r"(?:电话|手机|联系方式|座机|致电|來電|来电号码|電話|TEL|tel|Tel)[号码:：为是 ]{0,4}([2-9]\d{2,3}[ \-]?\d{4})(?!\d)"
)


def _signs(folded: str) -> str:
    """Every character that folds to one of `folded`, as the inside of a class of a regular expression."""
    return "".join(re.escape(chr(sign)) for sign, plain in _DIGITS.items() if plain in folded) + re.escape(folded)


# nothing below can be found without this; it spares most texts the folding and the five searches
_MAY_HOLD = re.compile(rf"[\d{_signs('0123456789')}](?:[{_signs(' .-()')}]{{0,2}}[\d{_signs('0123456789X')}]){{6}}")
# the same for Arrow's expressions (RE2), which know no classes of Python's
_DIGIT_RAW = r"\p{Nd}" + _signs("0123456789")
MAY_HOLD_RAW = rf"[{_DIGIT_RAW}](?:[{_signs(' .-()')}]{{0,2}}[{_DIGIT_RAW}{_signs('X')}]){{6}}"


@dataclass(frozen=True, slots=True)
class SealedPart:
    """A number that was sealed: its kind, where it stood in the text, and whether its check digit holds."""

    kind: str
    start: int
    end: int
    number: str  # digits only; to be hashed or encrypted by the caller, never stored plainly
    checked: bool

    def __repr__(self) -> str:
        return f"SealedPart(kind={self.kind!r}, start={self.start}, end={self.end}, number='…', checked={self.checked})"


@dataclass(frozen=True, slots=True)
class SealedText:
    """A text without its personal numbers, and what was taken out of it."""

    redacted: str
    found: tuple[SealedPart, ...] = ()


def seal(text: str) -> SealedText:
    """Replace identity numbers by [ID] and telephone numbers by [TEL].

    An 18-digit number with a possible birthday is sealed even when its check digit is wrong: a slip of the pen still
    names the person.
    """
    if not _MAY_HOLD.search(text):
        return SealedText(text)
    plain = text.translate(_DIGITS)
    parts: list[SealedPart] = []

    def take(kind: str, start: int, end: int, number: str, checked: bool) -> None:
        if all(end <= part.start or start >= part.end for part in parts):
            parts.append(SealedPart(kind, start, end, number, checked))

    for match in _IDENTITY.finditer(plain):
        number = _compact(match.group())
        if _birthday(number[6:14]):
            take(IDENTITY, match.start(), match.end(), number, has_valid_check_digit(number))
    for match in _IDENTITY_15.finditer(plain):
        number = _compact(match.group())
        if _birthday("19" + number[6:12]):
            take(IDENTITY, match.start(), match.end(), number, False)
    for pattern in (_MOBILE, _LANDLINE):
        for match in pattern.finditer(plain):
            take(TELEPHONE, match.start(), match.end(), _compact(match.group()), True)
    for match in _LOCAL.finditer(plain):
        take(TELEPHONE, match.start(1), match.end(1), _compact(match.group(1)), True)
    parts.sort(key=lambda part: part.start)
    pieces, at = [], 0
    for part in parts:
        pieces += [text[at : part.start], MARKS[part.kind]]
        at = part.end
    return SealedText("".join([*pieces, text[at:]]), tuple(parts))


def has_valid_check_digit(number: str) -> bool:
    """Tell whether the last character of an 18-character identity number is right (GB 11643-1999)."""
    if not re.fullmatch(r"\d{17}[\dXx]", number):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, number, strict=False))
    return _CHECK[total % 11] == number[17].upper()


def _compact(number: str) -> str:
    return re.sub(r"[^\dX]", "", number)


def _birthday(digits: str) -> bool:
    try:
        return 1850 <= date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year <= 2100
    except ValueError:
        return False
