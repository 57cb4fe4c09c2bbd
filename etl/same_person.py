"""How likely two records are of one person: the sum of what agrees and what differs, after Fellegi and Sunter (1969).

Each field that agrees adds log₂(m / u), each that differs log₂((1 − m) / (1 − u)): m is how often it agrees for
records of one person, u how often by chance. The m are set by hand for registers of a street office; the u come from
the registers themselves (a rare name says more than a common one). Identity numbers, where both registers have one,
decide alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from math import log2

#: m: share of pairs of one person whose registers agree in the field
SAME_NAME, SAME_BIRTH, SAME_DWELLING, SAME_BUILDING, SAME_SEX, SAME_IDENTITY = 0.95, 0.97, 0.60, 0.75, 0.99, 0.98
#: m and u of names that sound alike but are written otherwise: a slip in one register
ALIKE_NAME, ALIKE_BY_CHANCE = 0.04, 0.002
#: birthdays are spread over about seventy years [1/d]
BIRTH_BY_CHANCE = 1 / (70 * 365.25)
SEX_BY_CHANCE = 0.5
#: pairs at least this likely wait for a person; below, they are not of one
DOUBTFUL = 0.5
#: pairs that agree in name, birthday and dwelling merge from here
SURE = 0.99


@dataclass(frozen=True)
class Sizes:
    """How many records the registers hold: what agrees by chance."""

    #: records of other feeds that a record is compared with
    others: int
    residents: int
    dwellings: int
    buildings: int


@dataclass(frozen=True)
class Compared:
    """What two records say of the same fields."""

    name: str
    other_name: str
    birth_date: date | None
    other_birth_date: date | None
    sex: str | None
    other_sex: str | None
    dwelling_id: int | None
    other_dwelling_id: int | None
    building_id: int | None
    other_building_id: int | None
    #: both have an identity number, and it is the same
    same_identity: bool
    #: residents of this name
    namesakes: int


@dataclass(frozen=True)
class Verdict:
    """How likely it is one person, and what follows."""

    #: probability [0, 1]
    score: float
    #: merged or waiting; empty: two persons
    status: str
    #: field -> same, alike, near (the same building), different; fields nobody states are left out
    evidence: Mapping[str, str]


def judge_pair(pair: Compared, sizes: Sizes) -> Verdict:
    """Judge two records of two feeds.

    Sure is: the same identity number with the same name or birthday; or, where a register lacks the number, the same
    name, birthday and dwelling, with no other sex and a score of `SURE`. A name that neither is the same nor sounds
    alike is another person's (twins share all else), unless the identity number is the same.
    """
    evidence = evidence_of(pair)
    score = 1 / (1 + 2.0 ** -(weight(evidence, pair.namesakes, sizes) - log2(max(sizes.others, 1))))
    if pair.same_identity:
        agrees = evidence["name"] == "same" or evidence.get("birth") == "same"
        return Verdict(score, "merged" if agrees else "waiting", evidence)
    if evidence["name"] == "different" or score < DOUBTFUL:
        return Verdict(score, "", evidence)
    whole = [evidence["name"], evidence.get("birth"), evidence.get("dwelling")] == ["same"] * 3
    sure = whole and evidence.get("sex") != "different" and score >= SURE
    return Verdict(score, "merged" if sure else "waiting", evidence)


def evidence_of(pair: Compared) -> dict[str, str]:
    """Compare field by field."""
    found = {"identity": "same"} if pair.same_identity else {}
    if pair.name == pair.other_name:
        found["name"] = "same"
    else:
        found["name"] = "alike" if sounds(pair.name) == sounds(pair.other_name) else "different"
    if pair.birth_date and pair.other_birth_date:
        found["birth"] = "same" if pair.birth_date == pair.other_birth_date else "different"
    if pair.sex and pair.other_sex:
        found["sex"] = "same" if pair.sex == pair.other_sex else "different"
    if pair.dwelling_id and pair.dwelling_id == pair.other_dwelling_id:
        found["dwelling"] = "same"
    elif pair.building_id and pair.building_id == pair.other_building_id:
        found["dwelling"] = "near"
    elif pair.building_id and pair.other_building_id:
        found["dwelling"] = "different"
    return found


def weight(evidence: Mapping[str, str], namesakes: int, sizes: Sizes) -> float:
    """Sum of the weights of what agrees and differs [bit]."""
    by_chance = max(namesakes, 1) / max(sizes.residents, 1)
    dwelling = 1 / max(sizes.dwellings, 2)
    building = 1 / max(sizes.buildings, 2)
    weights = {
        ("identity", "same"): log2(SAME_IDENTITY * max(sizes.residents, 1)),
        ("name", "same"): log2(SAME_NAME / by_chance),
        ("name", "alike"): log2(ALIKE_NAME / ALIKE_BY_CHANCE),
        ("name", "different"): log2((1 - SAME_NAME - ALIKE_NAME) / (1 - by_chance - ALIKE_BY_CHANCE + 1e-9)),
        ("birth", "same"): log2(SAME_BIRTH / BIRTH_BY_CHANCE),
        ("birth", "different"): log2((1 - SAME_BIRTH) / (1 - BIRTH_BY_CHANCE)),
        ("sex", "same"): log2(SAME_SEX / SEX_BY_CHANCE),
        ("sex", "different"): log2((1 - SAME_SEX) / (1 - SEX_BY_CHANCE)),
        ("dwelling", "same"): log2(SAME_DWELLING / dwelling),
        ("dwelling", "near"): log2((SAME_BUILDING - SAME_DWELLING) / building),
        ("dwelling", "different"): log2((1 - SAME_BUILDING) / (1 - building)),
    }
    return sum(weights[field, said] for field, said in evidence.items())


@lru_cache(maxsize=65_536)
def sounds(name: str) -> tuple[str, ...]:
    """How a name is read, without tones: 张伟 and 章玮 sound alike."""
    from pypinyin import lazy_pinyin

    return tuple(lazy_pinyin(name))
