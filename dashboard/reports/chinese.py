"""Figures as a Chinese or English reader expects them: 230,464; 3.5%; −5 with the minus sign."""

import math

from gis.texts import Texts

MINUS = "\N{MINUS SIGN}"


def whole(number: float) -> str:
    """12,265; a minus sign, not a hyphen."""
    return f"{round(number):,}".replace("-", MINUS)


def one_decimal(number: float, missing: str = "—") -> str:
    """53.2; `missing` where there is no value."""
    return missing if math.isnan(number) else f"{number:.1f}".replace("-", MINUS)


def percent(share: float, missing: str = "—") -> str:
    """92.4%."""
    return missing if math.isnan(share) else f"{share * 100:.1f}%".replace("-", MINUS)


def signed_percent(share: float, missing: str = "—") -> str:
    """+3.5%, −1.6%, 0.0%: a change carries its sign."""
    if math.isnan(share):
        return missing
    text = f"{share * 100:+.1f}%"
    return "0.0%" if text in ("+0.0%", "-0.0%") else text.replace("-", MINUS)


def between_sentences(texts: Texts) -> str:
    """What stands between two sentences: nothing after a Chinese full stop, a space after another."""
    return "" if texts.language == "zh" else " "
