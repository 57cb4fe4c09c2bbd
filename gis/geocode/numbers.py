"""Read numbers as people write and dictate them: 12, 十二, 一百一十八, 四零二, 四洞两, 幺零幺."""

import re

_DIGITS = {
    **{character: value for value, character in enumerate("零一二三四五六七八九")},
    "幺": 1, "两": 2, "洞": 0, "拐": 7, "勾": 9, "〇": 0, "陆": 6,
}  # fmt: skip
_UNITS = {"十": 10, "百": 100, "千": 1000}
_TENS = {"廿": 20, "卅": 30}
CHINESE_DIGITS = "零一二三四五六七八九十百千两幺廿卅"
# dictated digits that are ordinary words elsewhere (陆 a surname, 洞 a hole) count only between other digits
# a run that touches an Arabic digit is another number: 202一楼
_DICTATED = "零一二三四五六七八九幺两洞拐勾"
_RUN = re.compile(
    rf"(?<![0-9{CHINESE_DIGITS}])[{_DICTATED}]{{3,4}}(?=[室房户]|$)|"
    rf"(?<![0-9])[{CHINESE_DIGITS}](?:[{CHINESE_DIGITS}洞拐勾陆]*[{CHINESE_DIGITS}洞拐勾])?(?![0-9{CHINESE_DIGITS}])"
)


def chinese_to_digits(text: str) -> str | None:
    """Return a Chinese number in digits, or None if the characters make no number.

    >>> chinese_to_digits("一百一十八"), chinese_to_digits("四零二"), chinese_to_digits("廿三"), chinese_to_digits("十")
    ('118', '402', '23', '10')
    """
    if not any(character in _UNITS or character in _TENS for character in text):
        try:
            return "".join(str(_DIGITS[character]) for character in text)
        except KeyError:
            return None
    total, pending = 0, None
    for character in text:
        if character in _TENS:
            total += _TENS[character]
        elif character in _UNITS:
            total += (1 if pending is None else pending) * _UNITS[character]
            pending = None
        elif character in _DIGITS:
            if pending:  # "一二十" is no number
                return None
            pending = _DIGITS[character]
        else:
            return None
    return str(total + (pending or 0))


def digits_in(text: str) -> str:
    """Replace every run of Chinese numerals in `text` by digits; runs that make no number stay."""
    if text.isascii():
        return text
    return _RUN.sub(lambda run: chinese_to_digits(run.group()) or run.group(), text)
