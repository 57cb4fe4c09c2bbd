"""Ask for crossings, roads and addresses, communities, and villages that are gone."""

from typing import TYPE_CHECKING

from benchmarks.geocode_noise import chinese_number
from benchmarks.geocode_numbers import road_number
from benchmarks.geocode_query import Said

if TYPE_CHECKING:
    from benchmarks.geocode_queries import Asker


def ask_junction(asker: "Asker") -> Said | None:
    """Ask for a crossing of two roads."""
    rng, gazetteer = asker.rng, asker.gazetteer
    asker.families.append("junction")
    one, other = rng.choice(sorted(gazetteer.junction_points))
    point = gazetteer.junction_points[one, other]
    if rng.random() < 0.5:
        one, other = other, one
    a, b = gazetteer.places[one].name, gazetteer.places[other].name
    a, b = asker.slipped(a, {one}, 0.2) or "", asker.slipped(b, {other}, 0.2) or ""
    if not a or not b or "drop_suffix" in asker.families or "swap_suffix" in asker.families:
        return None
    words = (
        a
        + rng.choice(["与", "和", "、", "", "/", "×"])
        + b
        + rng.choice(["交叉口", "路口", "交叉路口", "交汇处", "口"])
    )
    words += rng.choice(["", "", "西南角", "东50米", "北侧30米", "旁边"])
    said = Said(words, "match", "junction", frozenset({one, other}))
    said.lon, said.lat = point
    return said


def ask_road(asker: "Asker") -> Said | None:
    """Ask for a road with a number, which may be the address of places."""
    rng, gazetteer = asker.rng, asker.gazetteer
    road = rng.choice(asker.of_kind("road"))
    style = rng.random()
    addressed = [p for p in gazetteer.places.values() if p.address]
    number = rng.randint(1, 950)
    asker.families.append("road_no")
    if style < 0.5 and addressed:
        asker.families.append("addr_only")
        place = rng.choice(addressed)
        holders = frozenset(p.place_id for p in addressed if p.address == place.address)
        name = place.address.rstrip("号0123456789")
        number = int(place.address.removeprefix(name).rstrip("号"))
        ids = {p.place_id for p in asker.of_kind("road") if p.name == name}
        name = asker.slipped(name, ids, 0.2)
        if name is None or "drop_suffix" in asker.families or "swap_suffix" in asker.families:
            return None
        words = name + road_number(number, rng=rng, families=asker.families)
        if rng.random() < 0.4:
            holding = [(h, b) for h in holders for b in gazetteer.buildings_of.get(h, {})]
            if holding:
                place_id, number_there = rng.choice(holding)
                if sum(1 for _, b in holding if b == number_there) == 1:
                    ids_there = {place_id, gazetteer.places[place_id].parent_id} & holders | {place_id}
                    return Said(
                        words + number_there + rng.choice(["幢", "号楼", "栋"]),
                        "match",
                        "building",
                        frozenset(ids_there),
                        gazetteer.buildings_of[place_id][number_there],
                    )
        return Said(words, "match", gazetteer.level_of(place.place_id), holders)
    if any(p.address == f"{road.name}{number}号" for p in addressed):
        return None
    name = asker.slipped(road.name, {road.place_id}, 0.2)
    if name is None or "drop_suffix" in asker.families or "swap_suffix" in asker.families:
        return None
    if rng.random() < 0.15:
        asker.families.append("road_only")
        return Said(name, "match", "road", frozenset({road.place_id}))
    words = (
        name
        + road_number(number, rng=rng, families=asker.families)
        + rng.choice(["", "", "8幢", "水果店", "仓库", "门面房", "2号楼201室"])
    )
    return Said(words, "match", "road", frozenset({road.place_id}))


def ask_community(asker: "Asker") -> Said | None:
    """Ask for a community, perhaps with a building number that says nothing."""
    rng = asker.rng
    place = rng.choice(asker.of_kind("community"))
    asker.families.append("community")
    name = asker.slipped(place.name, {place.place_id}, 0.2)
    if name is None or not name.endswith("社区"):
        return None
    words = name + rng.choice(["", "", "居委会"])
    if rng.random() < 0.35:
        asker.families.append("community_only")
        return Said(
            words + f"{rng.randint(1, 30)}" + rng.choice(["幢", "号楼", "栋"]),
            "ambiguous",
            "community",
            frozenset({place.place_id}),
        )
    return Said(words, "match", "community", frozenset({place.place_id}))


def ask_village(asker: "Asker") -> Said | None:
    """Ask for a village that is gone."""
    rng = asker.rng
    gone = [a for a in asker.gazetteer.aliases if a.relation == "resettled_to"]
    alias = rng.choice(gone)
    asker.families.append("old_name")
    ids = {alias.place_id} | {p.place_id for p in asker.of_kind("village") if p.name == alias.alias}
    name = asker.slipped(alias.alias, ids, 0.3)
    if name is None or "drop_suffix" in asker.families or "swap_suffix" in asker.families:
        return None
    words = rng.choice(["", "", "老", "原"]) + name
    if rng.random() < 0.5:
        asker.families.append("village_group")
        words += (
            rng.choice([str(rng.randint(1, 12)), chinese_number(rng.randint(1, 12))])
            + "组"
            + rng.choice(["", f"{rng.randint(1, 60)}号"])
        )
    else:
        words += rng.choice(["", "村民", "拆迁户", f"{rng.randint(1, 60)}号"])
    return Said(words, "match", "compound", frozenset(ids))
