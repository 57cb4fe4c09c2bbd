"""Ask for places of a made-up district in noisy words, with the answers, by the label rules of the evaluation set.

A slip is kept only if no other name of the district is as near to what was written as the meant one is; else the
question has no single answer and is left out (or is ambiguous, where a suffix was dropped).
"""

import random
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from benchmarks.geocode_districts import District, make_district
from benchmarks.geocode_noise import (
    BUILDING_WORDS,
    ENDINGS,
    HELD_OUT,
    ISSUES,
    ISSUES_OTHER,
    OPENINGS,
    OPENINGS_OTHER,
    SUFFIX_SWAPS,
    chinese_number,
    dictated,
    fullwidth,
    ocr_digits,
    slip,
    spaced,
    traditional,
)  # fmt: skip
from gis.geocode.confusion import sounds

LEFT_SLIPS = ["homophone"] * 6 + [
    "delete",
    "insert",
    "transpose",
    "double",
    "drop_suffix",
    "drop_suffix",
    "swap_suffix",
]


@dataclass
class Query:
    """A text, what it means, and how it was made."""

    text: str
    status: str  # match, none, ambiguous
    level: str
    place_ids: frozenset[str]
    building_id: str
    unit: str
    room: str
    families: tuple[str, ...]
    lon: float | None = None
    lat: float | None = None


@dataclass
class _Said:
    """Words so far and what they mean."""

    words: str
    status: str
    level: str
    place_ids: frozenset[str]
    building_id: str = ""
    unit: str = ""
    room: str = ""
    lon: float | None = None
    lat: float | None = None


class Asker:
    """Makes queries about one district."""

    def __init__(self, district: District, rng: random.Random, *, held_out: bool = False) -> None:
        self.district, self.gazetteer, self.rng, self.held_out = district, district.gazetteer, rng, held_out
        self.families: list[str] = []
        self.unclear: set[str] = set()
        gazetteer = self.gazetteer
        self.names: dict[str, set[str]] = {}
        for place in gazetteer.places.values():
            self.names.setdefault(place.name, set()).add(place.place_id)
        for alias in gazetteer.aliases:
            self.names.setdefault(alias.alias, set()).add(alias.place_id)
        self.sounds = {name: _said(name) for name in self.names}
        self.estates = [p for p in gazetteer.places.values() if p.kind in ("compound", "apartment")]
        self.of_kind = lambda kind: [p for p in gazetteer.places.values() if p.kind == kind]
        self.foreign = make_district(rng.randrange(10**9) + 10**9)

    def ask(self) -> Query | None:
        """Return one query, or None if the drawn noise made it unanswerable."""
        rng, self.families, self.unclear = self.rng, [], set()
        kind = rng.choices(
            ["estate", "poi", "junction", "road", "community", "village", "foreign", "empty"],
            [52, 11, 8, 7, 3, 6, 12, 1],
        )[0]
        said = getattr(self, f"_{kind}")()
        if said is None:
            return None
        if self.unclear and self._left_open(said):
            said.status, said.place_ids = "ambiguous", said.place_ids | self.unclear
            self.families.append("ambiguous")
        text = self._around(said.words, plain=kind == "empty")
        if not self.families:
            self.families.append("clean")
        return Query(
            text,
            said.status,
            said.level,
            said.place_ids,
            said.building_id,
            said.unit,
            said.room,
            tuple(dict.fromkeys(self.families)),
            said.lon,
            said.lat,
        )

    def _left_open(self, said: _Said) -> bool:
        """Tell whether a place that begins alike also has the zone and the building that were written."""
        gazetteer = self.gazetteer
        zones = {gazetteer.places[place_id].name[-2:] for place_id in said.place_ids if gazetteer.is_zone(place_id)}
        if {"road_prefix", "addr_only"} & set(self.families):
            return False
        for place_id in self.unclear:
            parts = [place_id, *gazetteer.children.get(place_id, ())]
            if zones and not any(gazetteer.places[part].name[-2:] in zones for part in parts):
                continue
            if said.building_id:
                number = gazetteer.buildings[said.building_id].number
                if not any(number in gazetteer.buildings_of.get(part, {}) for part in parts):
                    continue
            return True
        return False

    # names

    def _slipped(self, name: str, owner: set[str], odds: float = 0.42) -> str | None:
        """Return the name, perhaps with a slip, or None if another name is then as near."""
        rng = self.rng
        if rng.random() > odds:
            return name
        choices = LEFT_SLIPS
        if self.held_out and rng.random() < 0.7:
            choices = ["lookalike", "regional", "radicals", "two_slips"]
        family = rng.choice(choices)
        written = slip(name, family, rng)
        if written is None:
            return name
        self.families.append(family)
        if family == "drop_suffix":
            # what is left may begin other names as well: then nobody can tell which is meant
            for other, ids in self.names.items():
                if not ids & owner and other.startswith(written):
                    self.unclear |= ids
            return written
        said = _said(written)
        own = min(
            _distance(written, said, other, self.sounds[other]) for other, ids in self.names.items() if ids & owner
        )
        own = min(own, _distance(written, said, name, _said(name)))
        for other, ids in self.names.items():
            if not ids & owner and (
                _distance(written, said, other, self.sounds[other]) <= own
                or (len(written) <= 4 and (other.startswith(written) or other.endswith(written)))
                or (
                    len(written) >= 2
                    and other.startswith(written[:-1])
                    and len(written) > 2
                    and family in ("delete", "drop_suffix", "swap_suffix")
                )
            ):
                return None
        return written

    def _family_of(self, place_id: str) -> set[str]:
        """Return a place, its whole, and the zones of its whole: a slip between them is another matter."""
        place = self.gazetteer.places[place_id]
        whole = place.parent_id if self.gazetteer.is_zone(place_id) else place_id
        return {whole, place_id, *self.gazetteer.children.get(whole, ())}

    # kinds of query

    def _estate(self) -> _Said | None:
        rng, gazetteer = self.rng, self.gazetteer
        place = rng.choice(self.estates)
        zoned = gazetteer.is_zone(place.place_id) or place.kind == "apartment"
        whole = gazetteer.places[place.parent_id] if gazetteer.is_zone(place.place_id) else place
        stem = whole.name if gazetteer.is_zone(place.place_id) else place.name[:-2] if zoned else place.name
        zone = place.name[len(stem) :]
        aliases = [
            a.alias for a in gazetteer.aliases if a.place_id == whole.place_id and a.relation not in ("resettled_to",)
        ]
        if aliases and rng.random() < 0.3:
            self.families.append("alias")
            stem = rng.choice(aliases)
        name = self._slipped(
            stem,
            self._family_of(place.place_id)
            | ({p.place_id for p in self.estates if p.kind == "apartment"} if place.kind == "apartment" else set()),
        )
        if name is None:
            return None
        written_zone, status, omitted = zone, "match", False
        if zone:
            style = rng.random()
            if style < 0.12:
                self.families.append("zone_omitted")
                written_zone, omitted = "", True
            elif style < 0.2 and gazetteer.is_zone(place.place_id):
                self.families.append("nonexist_zone")
                known = {gazetteer.places[z].name[len(stem) :] for z in gazetteer.children[whole.place_id]}
                other = rng.choice(["七期", "九区", "西区", "北区", "中区", "六区"])
                if other in known or (zone[-1] != other[-1] and other[0] not in "七九六"):
                    return None
                written_zone, status = other, "ambiguous"
            elif style < 0.4:
                self.families.append("zone_syn")
                written_zone = self._other_zone(zone)
            elif style < 0.5:
                self.families.append("paren")
                written_zone = rng.choice(["({})", "（{}）", "【{}】"]).format(zone)
        words = name + written_zone
        level = "zone" if gazetteer.is_zone(place.place_id) else "compound"
        standing = gazetteer.buildings_of.get(place.place_id, {})
        if omitted:
            level = "compound"
        if not standing or rng.random() < 0.25:
            if omitted and place.kind == "apartment":
                return _Said(
                    words, "ambiguous", "compound", frozenset(p.place_id for p in self.estates if p.kind == "apartment")
                )
            target = whole.place_id if omitted else place.place_id
            if status == "ambiguous":
                target = whole.place_id
            return self._with_road(_Said(self._landmark(words), status, level, frozenset({target})), target)
        return self._with_road(
            self._building(words, place.place_id, whole.place_id, standing, omitted, status, level), place.place_id
        )

    def _other_zone(self, zone: str) -> str:
        rng = self.rng
        digits = {"一": ("1", "Ⅰ"), "二": ("2", "Ⅱ"), "三": ("3", "Ⅲ"), "四": ("4", "Ⅳ"), "五": ("5", "Ⅴ")}
        if zone[0] in digits:
            return rng.choice([digits[zone[0]][0] + zone[1], digits[zone[0]][1] + zone[1], "第" + zone])
        return rng.choice([zone[0] + "小区", zone + "里", zone])

    def _building(self, words, place_id, whole_id, standing, omitted, status, level) -> _Said | None:  # type: ignore[no-untyped-def]
        rng, gazetteer = self.rng, self.gazetteer
        number = rng.choice(list(standing))
        building = gazetteer.buildings[standing[number]]
        if rng.random() < 0.05 and number.isdigit():
            self.families.append("nonexist_bldg")
            number = str(rng.randint(131, 240))
            target = whole_id if omitted or status == "ambiguous" else place_id
            return _Said(words + number + rng.choice(["幢", "号楼", "栋"]), status, level, frozenset({target}))
        unit = str(rng.randint(1, building.units or 1))
        floor = rng.randint(1, building.floors or 1)
        room = f"{floor}{rng.randint(1, building.rooms_per_floor or 2):02d}"
        depth = rng.choices(["building", "unit", "room", "unit room"], [40, 8, 22, 30])[0]
        words += self._parts(number, unit, room, depth)
        unit = unit if "unit" in depth else ""
        room = room if "room" in depth else ""
        place_ids = frozenset({place_id})
        if omitted:
            group = [whole_id, *gazetteer.children.get(whole_id, ())]
            if gazetteer.places[place_id].kind == "apartment":
                group = [p.place_id for p in self.estates if p.kind == "apartment"]
            holders = [one for one in group if number in gazetteer.buildings_of.get(one, {})]
            if len(holders) > 1:
                return _Said(words, "ambiguous", "building", frozenset(group))
            place_ids = frozenset({place_id, whole_id})
        if status == "ambiguous":
            return _Said(words, "ambiguous", "compound", frozenset({whole_id}))
        level = "room" if room else "unit" if unit else "building"
        return _Said(words, "match", level, place_ids, standing[number], unit, room)

    def _parts(self, number: str, unit: str, room: str, depth: str) -> str:
        rng = self.rng
        word = rng.choice(BUILDING_WORDS)
        style = rng.random()
        if word == "#":
            self.families.append("hash")
        if style < 0.12 and depth in ("unit room", "room") and number.isdigit():
            self.families.append("dash")
            dash = rng.choice(["-", "－", "—", "-"])
            return dash.join([number, *([unit] if "unit" in depth else []), room])
        if style < 0.18 and number.isdigit() and depth != "unit":
            self.families.append("bare")
            parts = [number, *([unit] if "unit" in depth and room else []), *([room] if "room" in depth else [])]
            return " ".join(parts)
        if number.isdigit():
            if self.held_out and rng.random() < 0.25:
                self.families.append("dictated")
                room, unit = dictated(room, rng), chinese_number(int(unit))
                number = chinese_number(int(number))
            elif self.held_out and rng.random() < 0.2:
                self.families.append("ocr_digits")
                room = ocr_digits(room) if "room" in depth else room
                number = number.replace("0", "O") if number[0] != "0" and len(number) > 1 else number
            elif style < 0.36:
                self.families.append("cn_num")
                number, unit = chinese_number(int(number)), chinese_number(int(unit))
            elif style < 0.4 and len(number) > 1:
                self.families.append("split_space")
                number, word = number[0] + " " + number[1:], "幢"
        words = number + word
        if "unit" in depth:
            words += unit + "单元"
        if "room" in depth:
            if self.held_out and rng.random() < 0.2 and room.isdigit():
                self.families.append("spelled_floor")
                words += chinese_number(int(room[:-2])) + rng.choice(["楼", "层"])
            words += room + rng.choice(["室", "室", "", ""])
        return words

    def _with_road(self, said: _Said | None, place_id: str) -> _Said | None:
        rng, gazetteer = self.rng, self.gazetteer
        if said is None or rng.random() > 0.2:
            return said
        address = gazetteer.places[place_id].address
        roads = self.of_kind("road")
        if address and rng.random() < 0.6:
            self.families.append("road_prefix")
            said.words = address + said.words
        elif said.words[:2] not in rng.choice(roads).name:
            self.families.append("wrong_street")
            said.words = rng.choice(roads).name + rng.choice(["", f"{rng.randint(1, 900)}号"]) + said.words
        return said

    def _landmark(self, words: str) -> str:
        rng = self.rng
        if rng.random() < 0.7:
            return words
        self.families.append("landmark")
        if self.held_out and rng.random() < 0.4:
            self.families.append("far_suffix")
            return words + rng.choice(["斜对过", "大门左手边", "围墙外", "旁边巷子里", "往北走一点", "公交站台"])
        return words + rng.choice(
            [
                "对面",
                "旁边",
                "门口",
                "附近",
                "东门",
                "南侧",
                "北侧路边",
                "门口停车场",
                "内",
                "马路对面",
                "楼下的小店",
                "东50米",
                "西侧20米",
                "一楼",
            ]
        )

    def _poi(self) -> _Said | None:
        rng = self.rng
        place = rng.choice(self.of_kind("poi"))
        aliases = [a.alias for a in self.gazetteer.aliases if a.place_id == place.place_id]
        name = place.name
        self.families.append("poi")
        if aliases and rng.random() < 0.5:
            self.families.append("alias")
            name = rng.choice(aliases)
        family = rng.random()
        odds = 0.35 if len(name) > 3 else 0.0
        written = name
        if family < odds:
            kind = rng.choice(["homophone", "homophone", "delete", "insert", "transpose"])
            if self.held_out:
                kind = rng.choice(["lookalike", "regional", "radicals", "two_slips"])
            written = slip(name, kind, rng) or name
            if written != name:
                self.families.append(kind)
                said = _said(written)
                own = _distance(written, said, name, _said(name))
                if any(
                    not ids & {place.place_id} and _distance(written, said, other, self.sounds[other]) <= own
                    for other, ids in self.names.items()
                ):
                    return None
        return _Said(self._landmark(written), "match", "poi", frozenset({place.place_id}))

    def _junction(self) -> _Said | None:
        rng, gazetteer = self.rng, self.gazetteer
        self.families.append("junction")
        one, other = rng.choice(sorted(gazetteer.junction_points))
        point = gazetteer.junction_points[one, other]
        if rng.random() < 0.5:
            one, other = other, one
        a, b = gazetteer.places[one].name, gazetteer.places[other].name
        a, b = self._slipped(a, {one}, 0.2) or "", self._slipped(b, {other}, 0.2) or ""
        if not a or not b or "drop_suffix" in self.families or "swap_suffix" in self.families:
            return None
        words = (
            a
            + rng.choice(["与", "和", "、", "", "/", "×"])
            + b
            + rng.choice(["交叉口", "路口", "交叉路口", "交汇处", "口"])
        )
        words += rng.choice(["", "", "西南角", "东50米", "北侧30米", "旁边"])
        said = _Said(words, "match", "junction", frozenset({one, other}))
        said.lon, said.lat = point
        return said

    def _road(self) -> _Said | None:
        rng, gazetteer = self.rng, self.gazetteer
        road = rng.choice(self.of_kind("road"))
        style = rng.random()
        addressed = [p for p in gazetteer.places.values() if p.address]
        number = rng.randint(1, 950)
        self.families.append("road_no")
        if style < 0.5 and addressed:
            self.families.append("addr_only")
            place = rng.choice(addressed)
            holders = frozenset(p.place_id for p in addressed if p.address == place.address)
            name = place.address.rstrip("号0123456789")
            number = int(place.address.removeprefix(name).rstrip("号"))
            ids = {p.place_id for p in self.of_kind("road") if p.name == name}
            name = self._slipped(name, ids, 0.2)
            if name is None or "drop_suffix" in self.families or "swap_suffix" in self.families:
                return None
            words = name + self._road_number(number)
            if rng.random() < 0.4:
                holding = [(h, b) for h in holders for b in gazetteer.buildings_of.get(h, {})]
                if holding:
                    place_id, number_there = rng.choice(holding)
                    if sum(1 for _, b in holding if b == number_there) == 1:
                        ids_there = {place_id, gazetteer.places[place_id].parent_id} & holders | {place_id}
                        return _Said(
                            words + number_there + rng.choice(["幢", "号楼", "栋"]),
                            "match",
                            "building",
                            frozenset(ids_there),
                            gazetteer.buildings_of[place_id][number_there],
                        )
            return _Said(words, "match", gazetteer.level_of(place.place_id), holders)
        if any(p.address == f"{road.name}{number}号" for p in addressed):
            return None
        name = self._slipped(road.name, {road.place_id}, 0.2)
        if name is None or "drop_suffix" in self.families or "swap_suffix" in self.families:
            return None
        if rng.random() < 0.15:
            self.families.append("road_only")
            return _Said(name, "match", "road", frozenset({road.place_id}))
        words = name + self._road_number(number) + rng.choice(["", "", "8幢", "水果店", "仓库", "门面房", "2号楼201室"])
        return _Said(words, "match", "road", frozenset({road.place_id}))

    def _road_number(self, number: int) -> str:
        if self.rng.random() < 0.25:
            self.families.append("cn_num")
            return chinese_number(number) + "号"
        return f"{number}号"

    def _community(self) -> _Said | None:
        rng = self.rng
        place = rng.choice(self.of_kind("community"))
        self.families.append("community")
        name = self._slipped(place.name, {place.place_id}, 0.2)
        if name is None or not name.endswith("社区"):
            return None
        words = name + rng.choice(["", "", "居委会"])
        if rng.random() < 0.35:
            self.families.append("community_only")
            return _Said(
                words + f"{rng.randint(1, 30)}" + rng.choice(["幢", "号楼", "栋"]),
                "ambiguous",
                "community",
                frozenset({place.place_id}),
            )
        return _Said(words, "match", "community", frozenset({place.place_id}))

    def _village(self) -> _Said | None:
        rng = self.rng
        gone = [a for a in self.gazetteer.aliases if a.relation == "resettled_to"]
        alias = rng.choice(gone)
        self.families.append("old_name")
        ids = {alias.place_id} | {p.place_id for p in self.of_kind("village") if p.name == alias.alias}
        name = self._slipped(alias.alias, ids, 0.3)
        if name is None or "drop_suffix" in self.families or "swap_suffix" in self.families:
            return None
        words = rng.choice(["", "", "老", "原"]) + name
        if rng.random() < 0.5:
            self.families.append("village_group")
            words += (
                rng.choice([str(rng.randint(1, 12)), chinese_number(rng.randint(1, 12))])
                + "组"
                + rng.choice(["", f"{rng.randint(1, 60)}号"])
            )
        else:
            words += rng.choice(["", "村民", "拆迁户", f"{rng.randint(1, 60)}号"])
        return _Said(words, "match", "compound", frozenset(ids))

    def _foreign(self) -> _Said | None:
        rng = self.rng
        style = rng.choice(
            ["far", "far", "far", "near", "near", "road", "poi", *(["extended"] * 2 if self.held_out else [])]
        )
        self.families += ["oog", f"oog_{style}"]
        if style == "road":
            roads = [p.name for p in self.foreign.gazetteer.places.values() if p.kind == "road"]
            a, b = rng.sample(roads, 2)
            if any(_near(name, a) or _near(name, b) for name in self.names):
                return None
            return self._nothing(rng.choice([f"{a}与{b}交叉口", f"{a}{rng.randint(1, 900)}号", f"{a}{b}路口"]))
        if style == "poi":
            name = rng.choice([p.name for p in self.foreign.gazetteer.places.values() if p.kind == "poi"])
            return None if any(_near(known, name) for known in self.names) else self._nothing(self._landmark(name))
        if style == "far":
            name = rng.choice(
                [p.name for p in self.foreign.gazetteer.places.values() if p.kind in ("compound", "village")]
            )
        elif style == "extended":
            # a known name inside a longer foreign one
            name = (
                rng.choice(LEFT_PARTS) + rng.choice(self.estates).name
                if rng.random() < 0.5
                else rng.choice(self.estates).name[:-1]
                + rng.choice(["汇", "郡", "荟", "邸"])
                + rng.choice(SUFFIX_SWAPS)
            )
        else:
            name = self._near_name()
        core = name
        if any(_near(known, core) for known in self.names):
            return None
        if rng.random() < 0.3:
            name = slip(name, "homophone", rng) or name
            self.families.append("homophone")
        if any(_near(known, name) for known in self.names):
            return None
        depth = rng.choice(["", "building", "room", "unit room"])
        if depth:
            name += self._parts(
                str(rng.randint(1, 60)), str(rng.randint(1, 4)), f"{rng.randint(1, 11)}0{rng.randint(1, 4)}", depth
            )
        return self._nothing(name)

    def _near_name(self) -> str:
        """Return a name that does not exist, made of those that do: one part of it exchanged."""
        rng = self.rng
        name, other = rng.choice(self.estates).name, rng.choice(self.estates).name
        style = rng.random()
        foreign = [p.name for p in self.foreign.gazetteer.places.values() if p.kind == "compound"]
        if style < 0.4 and len(name) >= 3:
            at = rng.randrange(min(len(name), 3))
            return name[:at] + rng.choice(rng.choice(foreign)[:2]) + name[at + 1 :]
        if style < 0.7:
            return name[0] + rng.choice(foreign)[1:]
        return name[: len(name) // 2] + other[len(other) // 2 :]

    def _empty(self) -> _Said | None:
        rng = self.rng
        self.families.append(rng.choice(["garbage", "admin_only"]))
        d = self.district
        if self.families[-1] == "admin_only":
            return self._nothing(
                rng.choice(
                    [
                        f"{d.province}省{d.city}市",
                        f"{d.city}{d.districts[0]}",
                        f"{d.districts[0]}{d.town}街道",
                        f"{d.town}街道",
                    ]
                )
            )
        return self._nothing(
            rng.choice(
                [
                    "测试",
                    "你好",
                    "123",
                    "。。。",
                    "已联系",
                    *ISSUES,
                    "河道有垃圾",
                    "12幢三单元垃圾乱堆",
                    "车库住人",
                    "地下停车位堆杂物",
                ]
            )
        )

    @staticmethod
    def _nothing(words: str) -> _Said:
        return _Said(words, "none", "none", frozenset())

    # around the words

    def _around(self, words: str, *, plain: bool) -> str:
        rng, d = self.rng, self.district
        admin = ""
        if not plain:
            if rng.random() < 0.85:
                admin = rng.choice(["", f"{d.province}省", d.province]) * (rng.random() < 0.3)
                admin += rng.choice([f"{d.city}市", d.city, ""])
                admin += rng.choice([*d.districts, ""])
                style = rng.random()
                if style < 0.4:
                    admin += d.town + "街道"
                elif style < 0.55:
                    self.families.append("wrong_admin")
                    admin += rng.choice(d.other_towns) + rng.choice(["街道", "镇"])
                if rng.random() < 0.05 and admin:
                    self.families.append("dup_admin")
                    admin += rng.choice([f"{d.city}市", d.town + "街道"])
            words = admin + words
        if rng.random() < 0.33 and not plain:
            openings, issues = OPENINGS, ISSUES
            self.families.append("wrap")
            if self.held_out and rng.random() < 0.7:
                self.families.append("wrap_other")
                openings, issues = OPENINGS_OTHER, ISSUES_OTHER
            style = rng.random()
            words = (
                (rng.choice(openings) if style < 0.65 else "")
                + words
                + (rng.choice([" ", "", "", "，"]) + rng.choice(issues) if style > 0.35 else rng.choice(ENDINGS))
            )
        if rng.random() < 0.12:
            self.families.append("trad")
            words = traditional(words, rng)
        if rng.random() < 0.10:
            self.families.append("fullwidth")
            words = fullwidth(words)
        if rng.random() < 0.18 and words:
            self.families.append("space_punct")
            words = spaced(words, rng)
        if rng.random() < 0.05:
            self.families.append("pii")
            phone = f"1{rng.choice('3589')}0000{rng.randint(0, 99999):05d}"
            words = rng.choice([f"{phone}王女士反映：{words}", f"{words}，李先生，{phone}", f"{words} 联系电话{phone}"])
        return words


LEFT_PARTS = ["新", "和悦", "锦绣", "水岸", "大", "紫", "都会"]


def _said(name: str) -> tuple[str, ...]:
    return tuple((sounds(letter) or (letter,))[0] for letter in name)


def _distance(a: str, a_said: tuple[str, ...], b: str, b_said: tuple[str, ...]) -> float:
    return 0.5 * Levenshtein.distance(a, b) + 0.5 * Levenshtein.distance(a_said, b_said)


def _near(known: str, name: str) -> bool:
    """Tell whether a foreign name cannot be told from a known one: contained, or nearer than any slip."""
    if len(known) >= 2 and (known in name or name in known):
        return True
    if abs(len(known) - len(name)) == 1 and (_inside(known, name) or _inside(name, known)):
        return True
    limit = 0.5 if len(known) <= 4 else 1.0
    return _distance(known, _said(known), name, _said(name)) <= limit


def _inside(short: str, long: str) -> bool:
    letters = iter(long)
    return all(letter in letters for letter in short)


def make_queries(district: District, count: int, *, seed: int, held_out: bool = False) -> list[Query]:
    """Return `count` queries about a district; with `held_out` the held-out families of noise occur too."""
    asker = Asker(district, random.Random(f"queries {seed}"), held_out=held_out)
    queries: list[Query] = []
    while len(queries) < count:
        query = asker.ask()
        if query:
            queries.append(query)
    return queries


def has_held_out(query: Query) -> bool:
    """Tell whether a query shows noise that nothing was trained on."""
    return any(family in HELD_OUT for family in query.families)
