"""Persons on file: households in dwellings, workers in beds. Nobody is real.

The frame of `build_persons` is numbers only (fast to make, used by requests and visits too); `residents_table` writes
it out in the headings of the register. Identity numbers begin with 99, which GB/T 2260 has never given to a province.
"""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.sample.fabric import OCCUPANTS, Fabric
from etl.sample.facts import MIGRANT, REGISTERED, read_facts, records, stream

TAGS = ("独居", "残疾", "低保", "孕产", "慢病", "矫正")
LIVING_ALONE, DISABLED, LOW_INCOME, PREGNANT, CHRONIC, CORRECTION = (1 << bit for bit in range(len(TAGS)))
MINOR_SHARE, SENIOR_SHARE = 0.22, 0.20
# households by size 1 … 6 [share]; assumed: registered families live with grandparents, migrants in pairs
_SIZES = {True: (0.12, 0.22, 0.22, 0.17, 0.17, 0.10), False: (0.20, 0.28, 0.27, 0.17, 0.08, 0.0)}
# weights and check characters of GB 11643-1999 (ISO 7064, MOD 11-2)
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECKS = np.array(list("10X98765432"))

Integers = NDArray[np.int64]


def build_persons(fabric: Fabric, *, until: dt.date, scale: float, seed: int) -> pd.DataFrame:
    """House `round(230464·scale)` persons, `round(76158·scale)` of them registered.

    Returns
    -------
    persons
        One row per person in order of address: building (row of `fabric.buildings`), unit, room, bed (0 in dwellings),
        household, slot (0 head), registered, female, age [years on `until`], birth, tags (bits of `TAGS`), alone.
    """
    rng = stream(seed, "persons", round(scale * 1e6))
    homes = pd.concat(
        [_family_homes(fabric, scale, rng), _dormitory_beds(fabric, scale, rng)], ignore_index=True
    ).sort_values(["building", "unit", "room", "bed", "household", "slot"], kind="stable", ignore_index=True)
    homes["household"] = pd.factorize(homes["household"])[0]
    persons = _ages(homes, rng)
    persons["female"] = _sexes(persons, rng)
    persons["birth"] = _births(persons["age"].to_numpy(), until, rng)
    persons["tags"] = _tags(persons, rng)
    return persons


def apportion(wanted: NDArray[np.float64], total: int) -> Integers:
    """Round so that the sum is `total`: largest remainders first (Hamilton)."""
    exact = wanted * (total / wanted.sum())
    whole: Integers = np.floor(exact).astype(np.int64)
    short = total - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:short]] += 1
    return whole


def _family_homes(fabric: Fabric, scale: float, rng: np.random.Generator) -> pd.DataFrame:
    compounds = fabric.compounds
    people = read_facts("communities", "registered", "migrant").set_index("name")
    registered_share = compounds["community"].map(people["registered"]) / compounds.groupby("community")[
        "persons"
    ].transform("sum")
    registered = apportion((compounds["persons"] * registered_share).to_numpy(), round(REGISTERED * scale))
    in_beds = sum(_occupants(scale).values())
    migrants_total = round((REGISTERED + MIGRANT) * scale) - round(REGISTERED * scale) - in_beds
    migrants = apportion((compounds["persons"] * (1 - registered_share)).to_numpy(), migrants_total)
    frames, first = [], 0
    for place, code in enumerate(compounds["code"]):
        buildings = fabric.buildings[fabric.buildings["owner"] == code]
        dwellings = _dwellings(buildings)
        sizes = [
            _household_sizes(int(registered[place]), True, rng),
            _household_sizes(int(migrants[place]), False, rng),
        ]
        size = np.concatenate(sizes)
        # more households than dwellings: the last ones share, as they do in life
        taken = rng.permutation(len(dwellings))[np.arange(len(size)) % len(dwellings)]
        household = np.repeat(np.arange(len(size)), size)
        frames.append(
            pd.DataFrame(
                {
                    **{
                        column: dwellings[column].to_numpy()[taken][household]
                        for column in ("building", "unit", "room")
                    },
                    "bed": 0,
                    "household": first + household,
                    "slot": np.concatenate([np.arange(count) for count in size]) if len(size) else household,
                    "size": size[household],
                    "registered": np.repeat([True, False], [sizes[0].sum(), sizes[1].sum()]),
                }
            )
        )
        first += len(size)
    return pd.concat(frames, ignore_index=True)


def _occupants(scale: float) -> dict[str, int]:
    return {code: round(occupants * scale) for code, occupants in OCCUPANTS.items()}


def _dwellings(buildings: pd.DataFrame) -> pd.DataFrame:
    count = (buildings["units"] * buildings["floors"] * buildings["rooms"]).to_numpy()
    row = np.repeat(np.arange(len(buildings)), count)
    within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    rooms, floors = buildings["rooms"].to_numpy()[row], buildings["floors"].to_numpy()[row]
    unit, rest = np.divmod(within, rooms * floors)
    floor, door = np.divmod(rest, rooms)
    return pd.DataFrame(
        {"building": buildings.index.to_numpy()[row], "unit": unit + 1, "room": (floor + 1) * 100 + door + 1}
    )


def _household_sizes(persons: int, registered: bool, rng: np.random.Generator) -> Integers:
    if persons == 0:
        return np.zeros(0, dtype=np.int64)
    sizes = rng.choice(np.arange(1, 7), size=persons, p=_SIZES[registered])
    last = int(np.searchsorted(np.cumsum(sizes), persons))
    taken = sizes[: last + 1].copy()
    taken[-1] -= taken.sum() - persons
    return taken


def _dormitory_beds(fabric: Fabric, scale: float, rng: np.random.Generator) -> pd.DataFrame:
    frames = []
    for code, occupants in _occupants(scale).items():
        buildings = fabric.buildings[fabric.buildings["owner"] == code]
        building = np.repeat(buildings.index.to_numpy(), buildings["beds"])
        within = np.concatenate([np.arange(beds) for beds in buildings["beds"]])
        rooms = int(buildings["rooms"].iloc[0])
        count = rooms * int(buildings["floors"].iloc[0])
        taken = np.sort(rng.choice(len(building), size=occupants, replace=False))
        # beds are numbered round the rooms, so that rooms differ by one bed at most
        bed, room = np.divmod(within[taken], count)
        frames.append(
            pd.DataFrame(
                {
                    "building": building[taken],
                    "unit": 1,
                    "room": (room // rooms + 1) * 100 + room % rooms + 1,
                    "bed": bed + 1,
                    "household": -1 - np.arange(occupants) - (10_000_000 if code == "A2" else 0),
                    "slot": 0,
                    "size": 1,
                    "registered": False,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _ages(homes: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Choose exactly 22 % minors and 20 % seniors, each where a household would have them."""
    persons = homes.copy()
    count = len(persons)
    slot, size = persons["slot"].to_numpy(), persons["size"].to_numpy()
    registered, in_bed = persons["registered"].to_numpy(), persons["bed"].to_numpy() > 0
    play = rng.random(count)
    household_play = rng.random(int(persons["household"].max()) + 1)[persons["household"]]
    # children: the third and later members first, then the second of single parents; never a head
    for_child = np.where(slot >= 2, 2.0 - 0.28 * (slot - 2), np.where((slot == 1) & (size == 2), 0.2, -1.0)) + play
    for_child[(slot == 0) | in_bed] = -9.0
    minor = np.zeros(count, dtype=bool)
    minor[np.argsort(-for_child, kind="stable")[: round(MINOR_SHARE * count)]] = True
    # the old: as couples or alone, and as grandparents in large households; a little more among the registered
    for_old = (
        1.4 * household_play
        + 0.35 * play
        + np.where(registered, 0.06, 0.0)
        + np.where((slot >= 2) & (size >= 5), 0.9, np.where(size <= 2, 0.25, -0.35))
    )
    for_old[minor | in_bed] = -9.0
    old = np.zeros(count, dtype=bool)
    old[np.argsort(-for_old, kind="stable")[: round(SENIOR_SHARE * count)]] = True
    adult_age = np.where(
        in_bed,
        18 + np.floor(37 * rng.beta(1.5, 2.2, count)),
        np.where(slot >= 2, 18 + np.floor(17 * rng.random(count)), 24 + np.floor(36 * rng.beta(1.4, 1.5, count))),
    )
    senior_age = 60 + np.minimum(np.floor(rng.exponential(8.6, count)), 39)
    age = np.where(minor, np.floor(18 * rng.random(count)), np.where(old, senior_age, adult_age)).astype(np.int64)
    persons["age"] = _close_couples(age, persons, rng)
    persons["alone"] = (persons["size"] == 1) & ~in_bed
    return persons


def _close_couples(age: Integers, persons: pd.DataFrame, rng: np.random.Generator) -> Integers:
    """Bring a spouse's age near the head's without leaving the age class."""
    second = np.flatnonzero((persons["slot"].to_numpy() == 1) & (age >= 18))
    head = second - 1
    low = np.where(age[second] >= 60, 60, 18)
    high = np.where(age[second] >= 60, 99, 59)
    near = age[head] + np.rint(rng.normal(-1.5, 2.5, len(second))).astype(np.int64)
    same = (age[head] >= 60) == (age[second] >= 60)
    closer = age.copy()
    closer[second] = np.where(same, np.clip(near, low, high), age[second])
    return closer


def _sexes(persons: pd.DataFrame, rng: np.random.Generator) -> NDArray[np.bool_]:
    female = rng.random(len(persons)) < np.where(persons["bed"] > 0, 0.38, 0.505)
    slot, age = persons["slot"].to_numpy(), persons["age"].to_numpy()
    spouse = np.flatnonzero((slot == 1) & (age >= 18))
    female[spouse] = ~female[spouse - 1]
    return female


def _births(age: Integers, until: dt.date, rng: np.random.Generator) -> NDArray[np.datetime64]:
    """Birthdays that give exactly these ages on `until`."""
    day = min(until.day, 28) if until.month == 2 else until.day
    months = (until.year - age - 1970) * 12 + until.month - 1
    latest = months.astype("datetime64[M]").astype("datetime64[D]") + np.timedelta64(day - 1, "D")
    births: NDArray[np.datetime64] = latest - rng.integers(0, 365, len(age)).astype("timedelta64[D]")
    return births


def _tags(persons: pd.DataFrame, rng: np.random.Generator) -> Integers:
    count = len(persons)
    age, female = persons["age"].to_numpy(), persons["female"].to_numpy()
    low_income = (rng.random(int(persons["household"].max()) + 1) < 0.006)[persons["household"]]
    chronic = rng.random(count) < np.select([age >= 60, age >= 40, age >= 18], [0.44, 0.12, 0.015], 0.004)
    disabled = rng.random(count) < np.select([age >= 60, age >= 18], [0.052, 0.013], 0.006)
    pregnant = female & (age >= 20) & (age <= 42) & (rng.random(count) < 0.026)
    correction = (age >= 20) & (age <= 65) & (rng.random(count) < 0.0006)
    alone = persons["alone"].to_numpy() & (age >= 60)
    tags: Integers = (
        alone * LIVING_ALONE
        + disabled * DISABLED
        + (low_income & persons["registered"].to_numpy()) * LOW_INCOME
        + pregnant * PREGNANT
        + chronic * CHRONIC
        + correction * CORRECTION
    ).astype(np.int64)
    return tags


def person_keys(count: int) -> list[str]:
    """Keys of the register in its order: P0000001 and on."""
    return [f"P{number:07d}" for number in range(1, count + 1)]


def residents_table(persons: pd.DataFrame, fabric: Fabric, *, until: dt.date, seed: int) -> pd.DataFrame:
    """Write the persons out in the register's headings, all as text."""
    rng = stream(seed, "register")
    buildings = fabric.buildings.loc[persons["building"]]
    owner, number = buildings["owner_name"].to_list(), buildings["number"].to_list()
    registered, female = persons["registered"].to_numpy(), persons["female"].to_numpy()
    origin, area = _origins(registered, buildings["community"].to_numpy(), rng)
    birth = persons["birth"].to_numpy()
    bed, unit, room = persons["bed"].to_list(), persons["unit"].to_list(), persons["room"].to_list()
    count = len(persons)
    # the register began in 2010, day 14 610 of the epoch
    earliest = np.maximum(birth.astype("datetime64[D]").astype(np.int64), 14_610)
    today = np.datetime64(until, "D").astype(np.int64)
    on_file = (earliest + (today - earliest) * rng.random(count) ** 0.6).astype(np.int64).astype("datetime64[D]")
    return pd.DataFrame(
        {
            "人员编号": person_keys(count),
            "姓名": person_names(female, rng, households=persons["household"].to_numpy()),
            "性别": np.where(female, "女", "男"),
            "身份证号": identity_numbers(area, birth, female),
            "出生日期": np.datetime_as_string(birth, unit="D"),
            "手机号": telephones(count, rng, absent=(persons["age"].to_numpy() < 12)),
            "户号": [f"H{household + 1:06d}" for household in persons["household"]],
            "与户主关系": _relations(persons),
            "人口类型": np.where(registered, "户籍", "流动"),
            "户籍地": origin,
            "小区": owner,
            "楼栋": number,
            "单元": unit,
            "室号": room,
            "床位": [str(value) if value else "" for value in bed],
            "居住地址": [
                f"{name}{house}号楼{door}室" if place else f"{name}{house}幢{stair}单元{door}室"
                for name, house, stair, door, place in zip(owner, number, unit, room, bed, strict=True)
            ],
            "人群标签": [_TAG_TEXT[value] for value in persons["tags"]],
            "登记日期": np.datetime_as_string(on_file, unit="D"),
        }
    )


_TAG_TEXT = [";".join(tag for bit, tag in enumerate(TAGS) if value >> bit & 1) for value in range(1 << len(TAGS))]


def person_names(
    female: NDArray[np.bool_], rng: np.random.Generator, *, households: Integers | None = None
) -> list[str]:
    """Invent names; members of a household mostly share the surname."""
    surnames = read_facts("surnames", "share")
    letters = read_facts("given_names").set_index("sex")["characters"]
    share = surnames["share"].to_numpy() / surnames["share"].sum()
    count = len(female)
    chosen = rng.choice(len(surnames), size=count, p=share)
    if households is not None and count:
        family = rng.choice(len(surnames), size=int(households.max()) + 1, p=share)
        chosen = np.where(rng.random(count) < 0.62, family[households], chosen)
    surname = surnames["name"].to_numpy()[chosen].tolist()
    first = rng.integers(0, 1 << 30, count).tolist()
    second = rng.integers(0, 1 << 30, count).tolist()
    two = (rng.random(count) < 0.72).tolist()
    men, women = letters["男"], letters["女"]
    names = []
    for family_name, woman, one, other, double in zip(surname, female.tolist(), first, second, two, strict=True):
        pool = women if woman else men
        names.append(family_name + pool[one % len(pool)] + (pool[other % len(pool)] if double else ""))
    return names


def telephones(count: int, rng: np.random.Generator, *, absent: NDArray[np.bool_] | None = None) -> list[str]:
    """Telephone numbers under 100, a prefix that no operator has; empty where `absent`."""
    numbers = rng.integers(0, 10**8, count).tolist()
    none = absent.tolist() if absent is not None else [False] * count
    return ["" if gone else f"100{number:08d}" for number, gone in zip(numbers, none, strict=True)]


def identity_numbers(
    area: Sequence[int] | Integers, birth: NDArray[np.datetime64], female: NDArray[np.bool_]
) -> list[str]:
    """Make distinct identity numbers with a valid check character (GB 11643-1999) under area codes never issued."""
    area = np.asarray(area, dtype=np.int64)
    day = birth.astype("datetime64[D]")
    year = day.astype("datetime64[Y]").astype(int) + 1970
    month = day.astype("datetime64[M]").astype(int) % 12 + 1
    date = year * 10_000 + month * 100 + (day - day.astype("datetime64[M]")).astype(int) + 1
    key = pd.Series(area * 10**9 + date * 10 + female)
    # born on one day in one area: consecutive numbers from a start that differs by day; odd for men
    ordinal = key.groupby(key).cumcount().to_numpy()
    serial = ((area * 7 + date * 13) % 400 + ordinal) % 500 * 2 + np.where(female, 0, 1)
    body = area * 10**11 + date * 1000 + serial
    digits = body[:, None] // 10 ** np.arange(16, -1, -1) % 10
    check = _CHECKS[(digits @ _WEIGHTS) % 11]
    return [f"{number:017d}{mark}" for number, mark in zip(body.tolist(), check.tolist(), strict=True)]


def _origins(
    registered: NDArray[np.bool_], community: NDArray[np.object_], rng: np.random.Generator
) -> tuple[list[str], Integers]:
    origins = read_facts("origins", "share")
    community_index = pd.Series(community).map(
        {name: index + 1 for index, name in enumerate(read_facts("communities")["name"])}
    )
    cities = [
        (
            f"{row.province}{city}",
            990_000 + int(row.code) * 100 + number + 1,
            float(row.share) / len(row.cities.split(";")),
        )
        for row in records(origins)
        for number, city in enumerate(row.cities.split(";"))
    ]
    share = np.array([city[2] for city in cities])
    chosen = rng.choice(len(cities), size=len(registered), p=share / share.sum())
    names = [
        "江苏省苏州市虎丘区" if here else cities[place][0]
        for here, place in zip(registered.tolist(), chosen.tolist(), strict=True)
    ]
    codes = np.array([city[1] for city in cities])[chosen]
    return names, np.where(registered, 990_500 + community_index.to_numpy(), codes)


def _relations(persons: pd.DataFrame) -> list[str]:
    slot, age = persons["slot"].to_numpy(), persons["age"].to_numpy()
    first = np.flatnonzero(slot == 0)
    head_age = age[first][np.searchsorted(first, np.arange(len(slot)), side="right") - 1]
    relation = np.select(
        [
            slot == 0,
            (slot == 1) & (age >= 18) & (np.abs(age - head_age) <= 15),
            (age < 18) & (head_age >= 60),
            age < head_age - 15,
            age > head_age + 15,
        ],
        ["户主", "配偶", "孙辈", "子女", "父母"],
        "其他",
    )
    found: list[str] = relation.tolist()
    return found
