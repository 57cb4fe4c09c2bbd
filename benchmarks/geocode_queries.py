"""Ask for places of a made-up district in noisy words, with the answers, by the label rules of the evaluation set.

A slip is kept only if no other name of the district is as near to what was written as the meant one is; else the
question has no single answer and is left out (or is ambiguous, where a suffix was dropped). Of two addresses in one
text the first is the answer.
"""

import random

from benchmarks.geocode_around import around
from benchmarks.geocode_districts import District, make_district
from benchmarks.geocode_foreign import foreign_name
from benchmarks.geocode_noise import HELD_OUT, ISSUES, slip
from benchmarks.geocode_numbers import building_words, enclosed_zone, other_zone
from benchmarks.geocode_query import Query, Said, distance, sounds_of
from benchmarks.geocode_streets import ask_community, ask_junction, ask_road, ask_village

FOREIGN_DEPTHS = ["", "building", "room", "unit room"]
# people leave out and exchange suffixes about as often as they misspell
LEFT_SLIPS = [
    *["homophone"] * 6,
    *["delete", "insert", "transpose", "double"],
    *["drop_suffix"] * 4,
    *["swap_suffix"] * 3,
]

STREETS = {"junction": ask_junction, "road": ask_road, "community": ask_community, "village": ask_village}


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
        self.twins = {
            name: {
                one for one in ids if gazetteer.places[one].kind == "compound" and gazetteer.places[one].name == name
            }
            for name, ids in self.names.items()
            if len(ids) > 1
        }
        self.sounds = {name: sounds_of(name) for name in self.names}
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
        said = STREETS[kind](self) if kind in STREETS else getattr(self, f"_{kind}")()
        if said is None:
            return None
        if self.unclear and self._left_open(said):
            said.status, said.place_ids = "ambiguous", said.place_ids | self.unclear
            self.families.append("ambiguous")
        community = self._community_of(said)
        text = around(
            said.words, self.district, rng, families=self.families, held_out=self.held_out, community=community,
            plain=kind == "empty",
        )  # fmt: skip
        if kind == "estate" and said.status == "match":
            self._mind_twins(said)
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

    def _community_of(self, said: Said) -> str:
        """Return the name of the community a place or building lies in, an empty text for what is larger."""
        if said.status != "match" or said.level in ("community", "road", "junction"):
            return ""
        found = {self.gazetteer.community_of(place_id) for place_id in said.place_ids} - {""}
        return self.gazetteer.places[found.pop()].name if len(found) == 1 else ""

    def _mind_twins(self, said: Said) -> None:
        """Make a query ambiguous that another estate of the same name answers as well."""
        gazetteer = self.gazetteer
        own = min(said.place_ids)
        twins = self.twins.get(gazetteer.places[own].name, set()) - said.place_ids
        if {"in_community", "road_prefix", "addr_only", "alias"} & set(self.families):
            return
        if said.building_id:
            number = gazetteer.buildings[said.building_id].number
            twins = {twin for twin in twins if number in gazetteer.buildings_of.get(twin, {})}
        if twins:
            self.families.append("twin")
            said.status, said.place_ids = "ambiguous", said.place_ids | twins

    def _left_open(self, said: Said) -> bool:
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

    def slipped(self, name: str, owner: set[str], odds: float = 0.42) -> str | None:
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
        said = sounds_of(written)
        own = min(
            distance(written, said, other, self.sounds[other]) for other, ids in self.names.items() if ids & owner
        )
        own = min(own, distance(written, said, name, sounds_of(name)))
        for other, ids in self.names.items():
            if not ids & owner and (
                distance(written, said, other, self.sounds[other]) <= own
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

    def _estate(self) -> Said | None:
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
        name = self.slipped(
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
                written_zone = other_zone(zone, rng)
            elif style < 0.5:
                self.families.append("paren")
                written_zone = rng.choice(["({})", "（{}）", "【{}】"]).format(zone)
            elif style < 0.56 and place.kind == "compound" and gazetteer.buildings_of.get(place.place_id):
                self.families.append("enclosed_zone")
                written_zone = enclosed_zone(zone, rng)
        words = name + written_zone
        if zone and written_zone == zone and self.held_out and zone[-1] == "区" and rng.random() < 0.15:
            self.families.append("zone_before")
            words = zone + name
        level = "zone" if gazetteer.is_zone(place.place_id) else "compound"
        standing = gazetteer.buildings_of.get(place.place_id, {})
        if omitted:
            level = "compound"
        if not standing or (rng.random() < 0.25 and "enclosed_zone" not in self.families):
            if omitted and place.kind == "apartment":
                return Said(
                    words, "ambiguous", "compound", frozenset(p.place_id for p in self.estates if p.kind == "apartment")
                )
            target = whole.place_id if omitted else place.place_id
            if status == "ambiguous":
                target = whole.place_id
            if place.kind == "compound" and rng.random() < 0.06:
                self.families.append("store")
                number = rng.randint(1, 99)
                words += rng.choice(
                    [f"车库{number}号", f"{number}号车库", f"{number}号车位", "地下室", f"门面{number}号"]
                )
            else:
                words = self.landmark(words)
            return self._with_road(Said(words, status, level, frozenset({target})), target)
        building = self._building(words, place.place_id, whole.place_id, standing, omitted, status, level)
        return self._with_road(self._with_more(building, stem, name), place.place_id)

    def _with_more(self, said: Said | None, stem: str, name: str) -> Said | None:
        """Say the name once more, or another address behind the first."""
        rng = self.rng
        if said is None or said.status != "match" or not said.building_id:
            return said
        style = rng.random()
        if style < 0.03 and name == stem:
            self.families.append("said_twice")
            said.words = rng.choice([f"{said.words}（{stem}）", f"{stem}{said.words}", f"{said.words}，就是{stem}"])
        elif style < 0.06 and name == stem:
            other = rng.choice(self.estates)
            standing = list(self.gazetteer.buildings_of.get(other.place_id, {}))
            if standing and not (self._family_of(other.place_id) & said.place_ids) and other.name not in self.twins:
                self.families.append("several")
                joint = rng.choice(["、", "和", "，还有", "以及", "；"])
                said.words += f"{joint}{other.name}{rng.choice(standing)}幢{rng.choice(['', '', '都有'])}"
        return said

    def _building(self, words, place_id, whole_id, standing, omitted, status, level) -> Said | None:  # type: ignore[no-untyped-def]
        rng, gazetteer = self.rng, self.gazetteer
        number = rng.choice(list(standing))
        building = gazetteer.buildings[standing[number]]
        if rng.random() < 0.05 and number.isdigit():
            self.families.append("nonexist_bldg")
            number = str(rng.randint(131, 240))
            target = whole_id if omitted or status == "ambiguous" else place_id
            return Said(words + number + rng.choice(["幢", "号楼", "栋"]), status, level, frozenset({target}))
        if self.held_out and number.isdigit() and status == "match" and not omitted and rng.random() < 0.06:
            self.families.append("range")
            last = str(int(number) + rng.randint(1, 5))
            words += f"{number}{rng.choice(['-', '至', '到', '—'])}{last}{rng.choice(['幢', '号楼', '栋'])}"
            return Said(words, "match", level, frozenset({place_id}))
        if number.isdigit() and "enclosed_zone" not in self.families and rng.random() < 0.03:
            self.families.append("particle")
            words += rng.choice(["的", "内", "里"])
        unit = str(rng.randint(1, building.units or 1))
        floor = rng.randint(1, building.floors or 1)
        room = f"{floor}{rng.randint(1, building.rooms_per_floor or 2):02d}"
        depth = rng.choices(["building", "unit", "room", "unit room"], [40, 8, 22, 30])[0]
        words += self._parts(number, unit, room, depth)
        if (
            depth == "building"
            and number.isdigit()
            and self.families[-1:] not in (["bare"], ["hash"])
            and rng.random() < 0.06
        ):
            self.families.append("store")
            words += rng.choice(["地下室", f"车库{rng.randint(1, 99)}号", f"{rng.randint(1, 99)}号车库", "自行车库"])
        unit = unit if "unit" in depth else ""
        room = room if "room" in depth else ""
        place_ids = frozenset({place_id})
        if omitted:
            group = [whole_id, *gazetteer.children.get(whole_id, ())]
            if gazetteer.places[place_id].kind == "apartment":
                group = [p.place_id for p in self.estates if p.kind == "apartment"]
            holders = [one for one in group if number in gazetteer.buildings_of.get(one, {})]
            if len(holders) > 1:
                return Said(words, "ambiguous", "building", frozenset(group))
            place_ids = frozenset({place_id, whole_id})
        if status == "ambiguous":
            return Said(words, "ambiguous", "compound", frozenset({whole_id}))
        level = "room" if room else "unit" if unit else "building"
        return Said(words, "match", level, place_ids, standing[number], unit, room)

    def _parts(self, number: str, unit: str, room: str, depth: str) -> str:
        return building_words(number, unit, room, depth, rng=self.rng, families=self.families, held_out=self.held_out)

    def _with_road(self, said: Said | None, place_id: str) -> Said | None:
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

    def landmark(self, words: str) -> str:
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

    def _poi(self) -> Said | None:
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
                said = sounds_of(written)
                own = distance(written, said, name, sounds_of(name))
                if any(
                    not ids & {place.place_id} and distance(written, said, other, self.sounds[other]) <= own
                    for other, ids in self.names.items()
                ):
                    return None
        return Said(self.landmark(written), "match", "poi", frozenset({place.place_id}))

    def _foreign(self) -> Said | None:
        name = foreign_name(self)
        if name is None:
            return None
        rng = self.rng
        depth = "" if {"oog_road", "oog_poi", "oog_namesake"} & set(self.families) else rng.choice(FOREIGN_DEPTHS)
        if depth:
            name += self._parts(
                str(rng.randint(1, 60)), str(rng.randint(1, 4)), f"{rng.randint(1, 11)}0{rng.randint(1, 4)}", depth
            )
        return self._nothing(name)

    def _empty(self) -> Said | None:
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
    def _nothing(words: str) -> Said:
        return Said(words, "none", "none", frozenset())


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
