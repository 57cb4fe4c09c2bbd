"""Bring a text to the form the engine reads, and know where each of its characters came from.

Full width becomes half width, traditional becomes simplified, radicals and look-alikes that NFKC leaves become the
characters they stand for, Roman and circled numerals become digits. Punctuation and spaces say little in dictated and
pasted texts, so they go, except between numbers, where "12-3-402" and "5 102" need them.
"""

import re
import unicodedata
from importlib import resources
from typing import NamedTuple

# radicals and other signs that OCR and PDF text put for whole characters and NFKC leaves alone
# (Unicode: EquivalentUnifiedIdeograph.txt, retyped for those that occur in names)
_RADICALS = dict(
    zip(
        "⺁⺄⺈⺊⺌⺎⺒⺕⺗⺘⺙⺜⺝⺟⺠⺡⺢⺣⺤⺥⺦⺧⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺶⺷⺸⺹⺺⺻⺼⺽⺾⺿⻀⻁⻂⻃⻄⻅⻆⻇⻈⻉⻊⻋⻌⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻠⻡⻢⻣⻤⻥⻦⻧⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳",
        "厂乙刀卜小尢巳彐心手攵日月母民水水火爪爪丬牛犬王疋网示示竹糸纟网羊羊羊老聿聿月臼艹艹艹虎衤西西见角角讠贝足车辶邑钅长长长门阜阜雨青韦页风飞食饣饣马骨鬼鱼鸟卤麦黄黾齐齐齿齿龙龙龟龟龟",
        strict=True,
    )
)
# look-alikes from other scripts and signs used as letters or numbers
_LIKE = dict(
    zip(
        "〇○◯ΟОΑАΒВС＃♯№壹贰貳叁參肆伍柒捌玖拾裏裡衖徑邨圓園甦逕峯崑巖槗囯囻図広駅鄕県歩戶黃髙靑淸內吳呉祿錄綠眞敎寳寶",
        "零零零OOAABBC###一二二三三四五七八九十里里弄径村圆园苏径峰昆岩桥国国图广站乡县步户黄高青清内吴吴禄录绿真教宝宝",
        strict=True,
    )
)
_DASHES = "-－—–−‐‑―﹣~～〜_＿─━"
_SEPARATORS = " \t\r\n　\u00a0、，。；：？！,.;:?!·・…“”‘’\"'「」『』《》〈〉<>＜＞|｜/／\\＼*＊×^&+＋=＝@$￥%`"
# what stands in these, or is a numeral in a circle, is a thing of its own: 花园(二)十五幢 is no building 25
_BRACKETS = "【】〔〕()（）[]［］{}｛｝"
_BRACKET = "|"


class _Fold(dict[int, str | None]):
    """A translation table that works each character out once."""

    def __missing__(self, code: int) -> str | None:
        folded = _fold(chr(code))
        self[code] = folded
        return folded


def _simplified() -> dict[str, str]:
    table = resources.files("opencc").joinpath("dictionary/TSCharacters.txt").read_text(encoding="utf-8")
    pairs = (line.split("\t") for line in table.splitlines() if "\t" in line)
    return {traditional: simplified.split(" ")[0] for traditional, simplified in pairs}


_SIMPLIFIED = _simplified()


def _fold(character: str) -> str | None:
    if character in _DASHES:
        return "-"
    if character in _SEPARATORS:
        return " "
    if character in _BRACKETS:
        return _BRACKET
    if character in _LIKE:
        return _LIKE[character]
    if character in _RADICALS:
        return _RADICALS[character]
    category = unicodedata.category(character)
    if category.startswith("Z") or character in "\x0b\x0c\x85":
        return " "
    if category.startswith("C") or category in ("Mn", "Lm"):
        return None  # control characters, NUL, zero width, variation selectors
    number = unicodedata.numeric(character, -1.0)
    if category in ("Nl", "No") and number >= 0 and number == int(number) and not "一" <= character <= "鿿":
        return f"{_BRACKET}{int(number)}{_BRACKET}"  # Ⅲ ⅲ ③ ㈢ ³
    wide = unicodedata.normalize("NFKC", character)
    if len(wide) > 1:
        return "".join(_fold(one) or "" for one in wide) if wide != character else character
    if wide in _LIKE:
        return _LIKE[wide]
    simplified = _SIMPLIFIED.get(wide, wide)
    if unicodedata.category(wide).startswith(("P", "S")) and simplified != "#":
        return " "
    return simplified.upper()


_FOLD = _Fold()
_NOWHERE: frozenset[int] = frozenset()
# a space inside a number said in words is a slip (三百 九十八号); other separators mean something only between two
# numbers or letters: "12-3-402", "5 102", "A-301"
_NUMBERISH = "0-9A-Z零一二三四五六七八九十百两幺#"
_SAID = "零一二三四五六七八九十百"
_IDLE = re.compile(rf"(?<=[{_SAID}]) (?=[{_SAID}])|(?<![{_NUMBERISH} \-|])[ \-|]+|[ \-|]+(?![{_NUMBERISH} \-|])")
# 苏 州 市 1 2 幢: a space after every character; two or more spaces may still part two numbers
_SPELLED = re.compile(r"\S (?=\S|$)")
_IDLE_SPELLED = re.compile(r"(?<! ) (?! )|\|")
_RUN = re.compile(r"[ \-|]{2,}")


class Normalised(NamedTuple):
    """A text in the form the engine reads, and where in it the raw text had signs that are gone."""

    text: str
    breaks: frozenset[int]  # positions before which a space, a sign or a bracket stood
    brackets: frozenset[int]  # those of a bracket


def normalise(text: str) -> str:
    """Return the form the engine reads: folded characters, separators only between numbers."""
    folded = text.translate(_FOLD)
    return _joined(_idle(folded).sub("", folded)) if _separated(folded) else folded


def _separated(folded: str) -> bool:
    return " " in folded or "-" in folded or _BRACKET in folded


def _idle(folded: str) -> re.Pattern[str]:
    """Return what to leave out: in a text s p e l l e d out every single space."""
    if folded.count(" ") * 2 < len(folded) - 4 or len(folded) < 9:
        return _IDLE
    return _IDLE_SPELLED if len(_SPELLED.findall(folded)) * 2.5 > len(folded) else _IDLE


def normalise_with_breaks(text: str) -> Normalised:
    """Return the normalised text and where the raw text had a space, a sign or a bracket."""
    folded = text.translate(_FOLD)
    if not _separated(folded):
        return Normalised(folded, _NOWHERE, _NOWHERE)
    pattern = _idle(folded)
    pieces: list[str] = []
    breaks: set[int] = set()
    brackets: set[int] = set()
    length = at = 0
    for idle in pattern.finditer(folded):
        piece = _joined(folded[at : idle.start()])
        pieces.append(piece)
        length += len(piece)
        breaks.add(length)
        if _BRACKET in idle.group():
            brackets.add(length)
        at = idle.end()
    pieces.append(_joined(folded[at:]))
    read = "".join(pieces)
    return Normalised(read, frozenset(breaks) if pattern is _IDLE else _NOWHERE, frozenset(brackets))


def _joined(piece: str) -> str:
    """Make one separator of several that stand together."""
    if "  " in piece or "--" in piece or " -" in piece or "- " in piece or _BRACKET in piece:
        piece = _RUN.sub(lambda run: "-" if "-" in run.group() else " ", piece)
    return piece.replace(_BRACKET, " ")


def offsets(text: str) -> list[int]:
    """Return, for each character of `normalise(text)`, the position in `text` it came from, and len(text) at the end.

    Slower than `normalise`; it is for explanations.
    """
    letters: list[str] = []
    origin: list[int] = []
    for position, character in enumerate(text):
        for letter in _FOLD[ord(character)] or "":
            letters.append(letter)
            origin.append(position)
    folded = "".join(letters)
    keep = [True] * len(folded)
    for idle in _idle(folded).finditer(folded):
        keep[idle.start() : idle.end()] = [False] * (idle.end() - idle.start())
    kept = [position for position, stays in enumerate(keep) if stays]
    remaining = "".join(folded[position] for position in kept)
    for run in reversed(list(_RUN.finditer(remaining))):
        del kept[run.start() + 1 : run.end()]
    return [origin[position] for position in kept] + [len(text)]
