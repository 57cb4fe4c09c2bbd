"""Names that a made-up district does not know: from elsewhere, near known ones, and longer than known ones."""

from typing import TYPE_CHECKING

from benchmarks.geocode_districts import ESTATE_SUFFIXES
from benchmarks.geocode_noise import POI_WORDS, SUFFIX_SWAPS, slip
from benchmarks.geocode_query import near, sounds_of

if TYPE_CHECKING:
    from benchmarks.geocode_queries import Asker

LEFT_PARTS = ["和悦", "锦绣", "水岸", "紫", "都会", "东方", "星河", "香榭", "云栖"]
RIGHT_PARTS = ["国际", "一品", "上郡", "悦府", "天境", "尚城", "荟"]
COMPASS = ["东", "西", "南", "北", "上", "下", "前", "后"]
VILLAGE_NUMBERS = "一二三四五六七八"


def foreign_name(asker: "Asker") -> str | None:
    """Return a name the district does not know, or None where the one drawn cannot be told from a known one."""
    rng = asker.rng
    style = rng.choice(
        [
            *["far"] * 6, *["near"] * 4, *["road"] * 2, *["poi"] * 2, "extended", "extended", "namesake", "namesake",
            *(["compass", "other_number"] * 3 if asker.held_out else []),
        ]
    )  # fmt: skip
    asker.families += ["oog", f"oog_{style}"]
    places = asker.foreign.gazetteer.places.values()
    if style == "road":
        roads = [place.name for place in places if place.kind == "road"]
        a, b = rng.sample(roads, 2)
        if any(near(name, a) or near(name, b) for name in asker.names):
            return None
        return rng.choice([f"{a}与{b}交叉口", f"{a}{rng.randint(1, 900)}号", f"{a}{b}路口"])
    if style == "poi":
        name = rng.choice([place.name for place in places if place.kind == "poi"])
        return None if any(near(known, name) for known in asker.names) else asker.landmark(name)
    if style in ("extended", "namesake", "compass", "other_number"):
        made = {"extended": _extended, "namesake": _namesake, "compass": _compass, "other_number": _other_number}
        return made[style](asker)
    name = (
        rng.choice([place.name for place in places if place.kind in ("compound", "village")])
        if style == "far"
        else _near_name(asker)
    )
    if any(near(known, name) or _is_same_but_for_suffix(known, name) for known in asker.names):
        return None
    if rng.random() < 0.3:
        name = slip(name, "homophone", rng) or name
        asker.families.append("homophone")
    return None if any(near(known, name) for known in asker.names) else name


def _is_same_but_for_suffix(known: str, name: str) -> bool:
    """Tell whether a name is a known one with another suffix or none: 柳溪公寓 is a way to say 柳溪花园."""
    for suffix in sorted({*ESTATE_SUFFIXES, *SUFFIX_SWAPS, "村", ""}, key=len, reverse=True):
        core = name.removesuffix(suffix) if suffix else name
        if len(core) >= 2 and (core != name or not suffix):
            return known.startswith(core) and len(known) - len(core) <= 2
    return False


def _near_name(asker: "Asker") -> str:
    """Return a name that does not exist, made of those that do: one part of it exchanged."""
    rng = asker.rng
    name, other = rng.choice(asker.estates).name, rng.choice(asker.estates).name
    style = rng.random()
    foreign = [place.name for place in asker.foreign.gazetteer.places.values() if place.kind == "compound"]
    if style < 0.4 and len(name) >= 3:
        at = rng.randrange(min(len(name), 3))
        return name[:at] + rng.choice(rng.choice(foreign)[:2]) + name[at + 1 :]
    if style < 0.7:
        return name[0] + rng.choice(foreign)[1:]
    return name[: len(name) // 2] + other[len(other) // 2 :]


def _whole_estate(asker: "Asker") -> str:
    """Return the name of an estate without a zone."""
    gazetteer = asker.gazetteer
    return asker.rng.choice(
        [one.name for one in asker.estates if one.kind == "compound" and not gazetteer.is_zone(one.place_id)]
    )


def _free(asker: "Asker", name: str, inner: str) -> str | None:
    """Return a name that holds a known one, if no other known name is near it."""
    others = (known for known in asker.names if known not in inner and not known.startswith(inner))
    return None if any(near(known, name) for known in others) or name in asker.names else name


def _extended(asker: "Asker") -> str | None:
    rng, inner = asker.rng, _whole_estate(asker)
    if rng.random() < 0.5:
        return _free(asker, rng.choice(LEFT_PARTS) + inner, inner)
    return _free(asker, inner + rng.choice(RIGHT_PARTS) + rng.choice(["花园", "公寓", "广场"]), inner)


def _namesake(asker: "Asker") -> str | None:
    """Return an institution that has only the stem of a known place: 柳溪幼儿园."""
    rng = asker.rng
    places = [one.name for one in asker.gazetteer.places.values() if one.kind in ("compound", "community", "village")]
    stem = rng.choice(places)[:2]
    name = stem + rng.choice(POI_WORDS)
    known = {*asker.names, *(place.name[: len(name)] for place in asker.estates)}
    if any(name in one or one in name for one in known if len(one) > 2):
        return None
    return asker.landmark(name)


def _compass(asker: "Asker") -> str | None:
    inner = _whole_estate(asker)
    return _free(asker, asker.rng.choice(COMPASS) + inner, inner)


def _other_number(asker: "Asker") -> str | None:
    """Return 八方一村 where 八方二村 is known."""
    numbered = [one.name for one in asker.estates if len(one.name) >= 3 and one.name[-2] in VILLAGE_NUMBERS]
    if not numbered:
        return None
    name = asker.rng.choice(numbered)
    other = name[:-2] + asker.rng.choice(VILLAGE_NUMBERS) + name[-1]
    rest = (known for known in asker.names if known != name)
    if other in asker.names or any(sounds_of(known) == sounds_of(other) for known in rest):
        return None
    return None if any(known.startswith(name[:-2]) for known in asker.names if known != name) else other
