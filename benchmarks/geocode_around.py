"""What stands around an address: administrative parts, a community, a sentence, a telephone, another way of writing."""

import random

from benchmarks.geocode_districts import District
from benchmarks.geocode_noise import (
    ENDINGS,
    ISSUES,
    ISSUES_OTHER,
    OPENINGS,
    OPENINGS_OTHER,
    fullwidth,
    spaced,
    traditional,
)


def around(
    words: str,
    district: District,
    rng: random.Random,
    *,
    families: list[str],
    held_out: bool,
    community: str = "",
    plain: bool = False,
) -> str:
    """Return words with administrative parts before them, in a sentence, in another script; names what was done.

    `community` is the name of the one the place lies in; `plain` words say nothing of a place and stay as they are.
    """
    if not plain:
        words = _administrative(district, rng, families) + _community(district, rng, families, community) + words
        if rng.random() < 0.33:
            words = _sentence(words, rng, families, held_out)
    if rng.random() < 0.12:
        families.append("trad")
        words = traditional(words, rng)
    if rng.random() < 0.10:
        families.append("fullwidth")
        words = fullwidth(words)
    if rng.random() < 0.18 and words:
        families.append("space_punct")
        words = spaced(words, rng)
    if rng.random() < 0.05:
        families.append("pii")
        phone = f"1{rng.choice('3589')}0000{rng.randint(0, 99999):05d}"
        words = rng.choice([f"{phone}王女士反映：{words}", f"{words}，李先生，{phone}", f"{words} 联系电话{phone}"])
    return words


def _administrative(district: District, rng: random.Random, families: list[str]) -> str:
    if rng.random() >= 0.85:
        return ""
    parts = rng.choice(["", f"{district.province}省", district.province]) * (rng.random() < 0.3)
    parts += rng.choice([f"{district.city}市", district.city, ""])
    parts += rng.choice([*district.districts, ""])
    style = rng.random()
    if style < 0.4:
        parts += district.town + "街道"
    elif style < 0.55:
        families.append("wrong_admin")
        parts += rng.choice(district.other_towns) + rng.choice(["街道", "镇"])
    if rng.random() < 0.05 and parts:
        families.append("dup_admin")
        parts += rng.choice([f"{district.city}市", district.town + "街道"])
    return parts


def _community(district: District, rng: random.Random, families: list[str], community: str) -> str:
    if not community or rng.random() >= 0.09:
        return ""
    if rng.random() < 0.75:
        families.append("in_community")
        return community
    families.append("wrong_community")
    others = [place.name for place in district.gazetteer.places.values() if place.kind == "community"]
    return rng.choice([name for name in others if name != community] or [community])


def _sentence(words: str, rng: random.Random, families: list[str], held_out: bool) -> str:
    openings, issues = OPENINGS, ISSUES
    families.append("wrap")
    if held_out and rng.random() < 0.7:
        families.append("wrap_other")
        openings, issues = OPENINGS_OTHER, ISSUES_OTHER
    style = rng.random()
    return (
        (rng.choice(openings) if style < 0.65 else "")
        + words
        + (rng.choice([" ", "", "", "，"]) + rng.choice(issues) if style > 0.35 else rng.choice(ENDINGS))
    )
