"""Every form under which a place may be written, and whose form it is.

A name with zones is looked for without them (the whole estate for its fifth zone); the zone is read from the text
behind it. The zones come from parent and child in the gazetteer, or, where the whole estate has no entry of its own,
from names that differ in their zone only.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from gis.geocode.gazetteer import Gazetteer
from gis.geocode.normalise import normalise
from gis.geocode.zones import Zone, read_zone_name

# words at the end of estates' names that people leave out or exchange; longest first
_SUFFIX_WORDS = (
    "花园小区 商业广场 国际花园 花苑 花园 家园 新苑 新村 小区 公寓 山庄 别墅 大厦 广场 名苑 佳苑 嘉苑 雅苑 "
    "名都 花城 华庭 华府 豪庭 公馆 名邸 名府 雅居 佳园 嘉园 雅园 新城 苑 园 村 城 府 庄 居 庭 轩 阁 湾 里 郡 邸 庐"
)
SUFFIXES = tuple(_SUFFIX_WORDS.split())
# suffixes that are left out whole or not at all: nobody says 桃林花 for 桃林花园
_WHOLE_SUFFIXES = frozenset(SUFFIXES[:14]) - {"新苑"}
# what is left of a name and only counts is no name: 2号 of 二号公寓, 三期 of 三期公寓
_COUNTS = re.compile(r"第?(?:\d+|[零一二三四五六七八九十百]+)[号幢栋座期区组]?楼?")
_COMMUNITY = re.compile(r"(社区居委会|社区居民委员会|居委会|社区|村委会)$")

FULL, CORE, PREFIX, TAIL = "full", "core", "prefix", "tail"


@dataclass(frozen=True, slots=True)
class Owner:
    """What a written form may mean: a place with its zones, or the zones alone when the whole has no entry."""

    place_ids: tuple[str, ...]  # the place, or the places that differ in their zone only
    kind: str
    zones: dict[Zone, str] = field(default_factory=dict, hash=False, compare=False)
    whole: bool = True  # False: `place_ids` are zones of something without an entry of its own

    @property
    def place_id(self) -> str:
        """The place that stands for the owner."""
        return self.place_ids[0]


@dataclass(frozen=True, slots=True)
class Form:
    """A written form of a name."""

    text: str
    owner: Owner
    relation: str  # "name", or the relation of the alias
    variant: str  # how the form comes from the name: full, core, prefix, tail
    left_out: int  # characters of the name that the form lacks
    is_road: bool = False  # a cut form that is also a road's name: X路 for X路小区


def place_forms(gazetteer: Gazetteer) -> dict[str, tuple[Form, ...]]:
    """Return all written forms by their normalised text, the fullest first."""
    forms: dict[str, list[Form]] = defaultdict(list)
    seen: set[tuple[str, str]] = set()

    def add(text: str, owner: Owner, relation: str, variant: str, left_out: int, is_road: bool = False) -> None:
        if len(text) >= 2 and (text, owner.place_id) not in seen:
            seen.add((text, owner.place_id))
            forms[text].append(Form(text, owner, relation, variant, left_out, is_road))

    named = list(_named_owners(gazetteer))
    for text, owner, relation in named:
        add(text, owner, relation, FULL, 0)
    roads = {text for text, owner, _ in named if owner.kind == "road"}
    for text, owner, relation in named:
        for form, variant in _shorter(text, owner.kind):
            add(form, owner, relation, variant, len(text) - len(form), is_road=form in roads)
    return {text: tuple(found) for text, found in forms.items()}


def _named_owners(gazetteer: Gazetteer) -> list[tuple[str, Owner, str]]:
    """Return (normalised name, owner, relation) for every name and alias."""
    places = gazetteer.places
    resettled = {normalise(alias.alias) for alias in gazetteer.aliases if alias.relation == "resettled_to"}
    names = [(place.place_id, normalise(place.name), "name") for place in places.values()]
    names = [
        (place_id, text, relation)
        for place_id, text, relation in names
        if not (places[place_id].kind == "village" and text in resettled)
    ]
    names += [(alias.place_id, normalise(alias.alias), alias.relation) for alias in gazetteer.aliases]
    own_name = {place_id: normalise(place.name) for place_id, place in places.items()}

    zones_of: dict[str, dict[Zone, str]] = defaultdict(dict)
    for parent, children in gazetteer.children.items():
        for child in children:
            zone = _child_zone(own_name[child], own_name[parent])
            if zone:
                zones_of[parent][zone] = child
    owners = {
        place_id: Owner((place_id,), place.kind, zones_of.get(place_id, {})) for place_id, place in places.items()
    }
    # places that differ in their zone only, the whole being unknown under that name
    by_stem: dict[str, dict[Zone, str]] = defaultdict(dict)
    result: list[tuple[str, Owner, str]] = []
    for place_id, text, relation in names:
        if not text:
            continue
        stem, zone = read_zone_name(text) if places[place_id].kind in ("compound", "apartment") else (text, None)
        if zone is None:
            result.append((text, owners[place_id], relation))
            continue
        parent = places[place_id].parent_id
        if gazetteer.is_zone(place_id) and own_name[parent] == stem and zones_of[parent].get(zone) == place_id:
            continue  # found through its parent
        by_stem[stem].setdefault(zone, place_id)
        result.append((text, owners[place_id], relation))
    for stem, zones in by_stem.items():
        parents = {places[place_id].parent_id for place_id in zones.values() if gazetteer.is_zone(place_id)}
        if len(parents) == 1 and all(gazetteer.is_zone(place_id) for place_id in zones.values()):
            # "桃林一区": an abbreviation of the whole is known through its zones
            result.append((stem, owners[parents.pop()], "abbreviation"))
        elif len(zones) > 1:
            first = next(iter(zones.values()))
            result.append((stem, Owner(tuple(zones.values()), places[first].kind, zones, whole=False), "name"))
    return result


def _child_zone(name: str, parent_name: str) -> Zone | None:
    stem, zone = read_zone_name(name)
    return zone if zone and stem == parent_name else None


def _shorter(text: str, kind: str) -> list[tuple[str, str]]:
    """Return the forms a name is cut down to in speech."""
    if kind == "community":
        core = _COMMUNITY.sub("", text)
        return [(core, CORE)] if core != text and len(core) >= 2 else []
    if kind not in ("compound", "apartment"):
        return []
    if read_zone_name(text)[1] is not None:
        return []
    cores: list[str] = []
    for suffix in SUFFIXES:
        if text.endswith(suffix) and len(text) - len(suffix) >= 2:
            cores.append(text[: -len(suffix)])
            if suffix in _WHOLE_SUFFIXES:
                break
    forms = [(core, CORE) for core in dict.fromkeys(cores) if not _COUNTS.fullmatch(core)]
    shortest = min([len(text), *map(len, cores)])
    if len(text) >= 4 and not _COUNTS.fullmatch(text[:2]):
        forms.append((text[:2], PREFIX))
    if shortest >= 5:
        forms.append((min(cores or [text], key=len)[2:], TAIL))
        forms.append((text[2:], TAIL))
    return forms
