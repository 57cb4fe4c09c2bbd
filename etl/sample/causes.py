"""Where and when things are reported: hidden causes per building, clocks, seasons, weather, and the draws of one day.

What is drawn for a day depends only on the world's seed, scale and end date and on the day, so that the history, the
topping up and the simulation tell the same story. Assumed unless a table of facts says otherwise: shares within a
category, night clocks, seasons, hidden causes. From the order tables of 2021: shares of categories, daytime hours.
"""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from etl.sample.facts import read_facts, records, stream
from etl.sample.persons import TAGS
from etl.sample.surges import Surge, plan_surges
from etl.sample.tension import CONFLICT_ITEMS, DISPUTES, Tension
from etl.sample.world import World

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

DAILY_MEAN = 402.5
FIRST_DAY = dt.date(2022, 1, 1)
# first days of the Spring Festival; reports drop for a week
_FESTIVALS = tuple(
    dt.date.fromisoformat(day)
    for day in (
        "2021-02-12",
        "2022-02-01",
        "2023-01-22",
        "2024-02-10",
        "2025-01-29",
        "2026-02-17",
        "2027-02-06",
        "2028-01-26",
    )
)
# weekday factors Monday … Sunday; the order tables thin out at weekends
_WEEKDAYS = np.array([1.07, 1.06, 1.04, 1.03, 1.05, 0.92, 0.83])
# share of reports by hour; the daytime clock follows the 2021 orders (10-11, 13-16 busiest), the others are assumed
_CLOCKS = {
    "day": [1, 0, 0, 0, 0, 1, 3, 8, 34, 62, 78, 60, 26, 50, 66, 70, 52, 30, 14, 9, 6, 4, 2, 1],
    "evening": [6, 3, 2, 1, 1, 2, 6, 14, 24, 30, 32, 28, 22, 24, 28, 30, 34, 46, 62, 68, 62, 46, 28, 14],
    "night": [44, 30, 20, 12, 8, 8, 10, 14, 18, 20, 20, 18, 20, 18, 18, 18, 20, 24, 32, 44, 58, 72, 76, 62],
    "any": [14, 10, 8, 7, 7, 10, 20, 34, 44, 50, 52, 48, 42, 44, 48, 50, 50, 50, 48, 46, 42, 36, 28, 20],
    "rain": [20, 16, 14, 14, 16, 24, 40, 60, 66, 60, 54, 46, 40, 42, 50, 60, 66, 70, 62, 50, 42, 34, 28, 24],
}
PLACE_KINDS = ("home", "road", "poi", "works", "water")
# report of a place by day: none at all is possible only in the last three days, see docs/sample.md
_NO_PLACE_DAYS, _NO_PLACE_SHARE = 3, 0.019
_REQUEST_NO_PLACE_SHARE = 0.012


@dataclass(frozen=True)
class DayDraws:
    """Raw draws of one feed and day, one element per report; texts are made from them later."""

    day: dt.date
    first_number: int
    kind: Integers  # row of the feed's table of kinds
    second_of_day: Integers
    place_kind: Integers  # index in PLACE_KINDS, −1 none
    spot: Integers  # row among buildings, crossings, points of interest, by place kind
    person: Integers  # row of persons or −1
    surge: Integers  # index of the surge or −1
    dice: Floats  # (n, 8) uniforms for wording, source, grade, duration, coordinates
    escalation: Floats  # probability that a dispute escalates; 0 for what is none
    tense: Floats  # how tense a dispute's compound is that month (mean 0, deviation 1); 0 for what is none

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True)
class Causes:
    """The hidden state of a world from which days are drawn."""

    world: World

    @cached_property
    def incident_kinds(self) -> pd.DataFrame:
        return read_facts("incident_categories", "share", "due_h")

    @cached_property
    def items(self) -> pd.DataFrame:
        return read_facts("service_items", "due_days", "min_age", "max_age", "weight")

    @cached_property
    def surges(self) -> list[Surge]:
        return plan_surges(self.world)

    @cached_property
    def junctions(self) -> pd.DataFrame:
        table = self.world.landscape.junctions.copy()
        table["x"] = [point.x for point in table["geometry"]]
        table["y"] = [point.y for point in table["geometry"]]
        street = self.world.territory.street
        inside = [street.contains(point) for point in table["geometry"]]
        return table[inside].reset_index(drop=True)

    @cached_property
    def spots(self) -> dict[str, Integers]:
        """Rows of the points of interest that serve each kind of place."""
        subkind = self.world.places.pois["subkind"]
        return {
            "works": np.flatnonzero(subkind == "企业"),
            "water": np.flatnonzero(subkind.isin(["水闸", "桥"])),
            "poi": np.flatnonzero(~subkind.isin(["企业", "水闸", "桥"])),
        }

    @cached_property
    def building_weights(self) -> Floats:
        """Cumulated weight of each building per group of kinds: people there times causes of compound and house."""
        buildings = self.world.fabric.buildings
        groups = len(self.incident_kinds["category"].unique())
        rng = stream(self.world.seed, "causes")
        persons = np.bincount(self.world.persons["building"], minlength=len(buildings)) / self.world.scale
        owners, owner = np.unique(buildings["owner"].to_numpy(), return_inverse=True)
        weights = np.empty((groups, len(buildings)))
        for group in range(groups):
            by_owner = rng.gamma(4.0, 0.25, len(owners))[owner]
            by_house = rng.gamma(1.6, 1 / 1.6, len(buildings))
            weights[group] = (persons + 4.0) * by_owner * by_house
        return np.cumsum(weights, axis=1)

    @cached_property
    def tension(self) -> Tension:
        return Tension(self.world)

    @cached_property
    def person_pools(self) -> list[Integers]:
        """Rows of the persons who may ask for each service item; everybody where nobody may."""
        persons = self.world.persons
        age, tags = persons["age"].to_numpy(), persons["tags"].to_numpy()
        registered, female = persons["registered"].to_numpy(), persons["female"].to_numpy()
        pools = []
        for item in records(self.items):
            low = 0 if np.isnan(item.min_age) else item.min_age
            high = 200 if np.isnan(item.max_age) else item.max_age
            mask = (age >= low) & (age <= high)
            if item.registration != "不限":
                mask &= registered == (item.registration == "户籍")
            if item.sex == "女":
                mask &= female
            bits = sum(1 << TAGS.index(tag) for tag in str(item.groups).split(";") if tag)
            if bits:
                mask &= (tags & bits) > 0
            pool = np.flatnonzero(mask)
            pools.append(pool if len(pool) else np.arange(len(persons)))
        return pools

    @cached_property
    def demand(self) -> Floats:
        """Hidden inclination to ask, per building."""
        rng = stream(self.world.seed, "demand")
        buildings = self.world.fabric.buildings
        owners, owner = np.unique(buildings["owner"].to_numpy(), return_inverse=True)
        inclination: Floats = rng.gamma(5.0, 0.2, len(owners))[owner] * rng.gamma(3.0, 1 / 3, len(buildings))
        # workers in dormitories ask less
        inclination[buildings["beds"].to_numpy() > 0] *= 0.45
        return inclination

    def rain(self, day: dt.date) -> float:
        """Rain of a day relative to its mean (1); the planted day pours."""
        rng = stream(self.world.seed, "rain", day.toordinal())
        wet = rng.random() < 0.33 + 0.1 * np.cos((day.timetuple().tm_yday - 175) / 365 * 2 * np.pi)
        return float(rng.gamma(1.2, 2.4)) if wet else 0.05

    def volume(self, feed: str, day: dt.date) -> int:
        """Ordinary reports of a day, before surges."""
        rng = stream(self.world.seed, "volume", feed, day.toordinal())
        return int(rng.poisson(self._mean(day) * self.world.scale * rng.lognormal(-0.0025, 0.07)))

    def _mean(self, day: dt.date) -> float:
        season = 1 + 0.06 * np.sin((day.timetuple().tm_yday - 110) / 365.25 * 2 * np.pi)
        years = (day - self.world.until).days / 365.25
        quiet = any(0 <= (day - festival).days < 7 for festival in _FESTIVALS)
        return float(DAILY_MEAN * _WEEKDAYS[day.weekday()] * season * (1.03 + 0.028 * years) * (0.62 if quiet else 1.0))

    def numbers_before(self, feed: str, day: dt.date) -> int:
        """Reports of a feed since the first day of numbering and before `day`; numbers run on from it."""
        if day <= FIRST_DAY:
            return 0
        ordinary = self._cumulated(feed, day)
        extra = sum(
            count
            for surge in self.surges
            if surge.plan.feed == feed
            for offset, count in enumerate(surge.per_day)
            if surge.start + dt.timedelta(offset) < day
        )
        return ordinary + extra

    def _cumulated(self, feed: str, day: dt.date) -> int:
        known = self._volumes.setdefault(feed, [0])
        while len(known) <= (day - FIRST_DAY).days:
            known.append(known[-1] + self.volume(feed, FIRST_DAY + dt.timedelta(len(known) - 1)))
        return known[(day - FIRST_DAY).days]

    @cached_property
    def _volumes(self) -> dict[str, list[int]]:
        return {}

    def draw(self, feed: str, day: dt.date) -> DayDraws:
        """Draw a day of `incidents` or `requests`, in order of time."""
        rng = stream(
            self.world.seed, "day", feed, day.toordinal(), self.world.until.toordinal(), round(self.world.scale * 1e6)
        )
        count = self.volume(feed, day)
        kinds = self.incident_kinds if feed == "incidents" else self.items
        weights = self._kind_weights(feed, day)
        kind = rng.choice(len(kinds), size=count, p=weights / weights.sum())
        surge = np.full(count, -1)
        for number, planted in enumerate(self.surges):
            extra = planted.count_on(day) if planted.plan.feed == feed else 0
            if extra:
                column = "subcategory" if feed == "incidents" else "name"
                row = int(np.flatnonzero(kinds[column] == planted.plan.subcategory)[0])
                kind, surge = np.append(kind, np.full(extra, row)), np.append(surge, np.full(extra, number))
        total = len(kind)
        second = self._seconds(feed, kind, rng)
        order = np.argsort(second, kind="stable")
        kind, surge, second = kind[order], surge[order], second[order]
        place_kind = self._kind_columns[feed][kind].astype(np.int64)
        spot, person = self._spots(feed, kind, place_kind, rng, day)
        for number in np.unique(surge[surge >= 0]):
            rows, planted = np.flatnonzero(surge == number), self.surges[number]
            if planted.spots:
                place_kind[rows], spot[rows] = 0, rng.choice(planted.spots, size=len(rows))
                person[rows] = -1
        late = (day - self.world.until).days + _NO_PLACE_DAYS - 1 >= 0
        share = _NO_PLACE_SHARE if feed == "incidents" else _REQUEST_NO_PLACE_SHARE
        if late:
            place_kind = np.where((rng.random(total) < share) & (surge < 0), -1, place_kind)
        disputed = self._kind_columns["dispute"][kind].astype(bool) if feed == "incidents" else np.zeros(total, bool)
        housed = disputed & (place_kind == 0)
        return DayDraws(
            day=day,
            first_number=self.numbers_before(feed, day) + 1,
            kind=kind,
            second_of_day=second,
            place_kind=place_kind,
            spot=spot,
            person=person,
            surge=surge,
            dice=rng.random((total, 8)),
            escalation=np.where(housed, self.tension.escalation(day)[np.where(housed, spot, 0)], 0.0),
            tense=np.where(housed, self.tension.seen(day)[np.where(housed, spot, 0)], 0.0),
        )

    @cached_property
    def _kind_columns(self) -> dict[str, NDArray[np.object_]]:
        """Columns read each day, as plain arrays."""
        kinds, items = self.incident_kinds, self.items
        place = {name: index for index, name in enumerate(PLACE_KINDS)}
        return {
            "season": kinds["season"].to_numpy(dtype=object),
            "item_category": items["category"].to_numpy(dtype=object),
            "incidents": np.array([place[where] for where in kinds["where"]]),
            "requests": np.array([place[where] for where in items["where"]]),
            "clock": np.array([list(_CLOCKS).index(clock) for clock in kinds["clock"]]),
            "group": pd.factorize(kinds["category"])[0],
            "dispute": kinds["subcategory"].isin(DISPUTES).to_numpy(),
            "conflict": items["category"].isin(CONFLICT_ITEMS).to_numpy(),
            "share": kinds["share"].to_numpy(),
            "weight": items["weight"].to_numpy(),
        }

    @cached_property
    def _clock_ladders(self) -> Floats:
        hours = np.array(list(_CLOCKS.values()), dtype=float)
        return np.cumsum(hours / hours.sum(axis=1, keepdims=True), axis=1)

    def _kind_weights(self, feed: str, day: dt.date) -> Floats:
        columns = self._kind_columns
        summer = float(np.cos((day.timetuple().tm_yday - 200) / 365.25 * 2 * np.pi))
        if feed == "requests":
            weights = columns["weight"].astype(float)
            weights[columns["item_category"] == "教育服务"] *= 1.0 + 0.6 * max(0.0, summer)
            weights[columns["item_category"] == "卫生健康"] *= 1.0 - 0.25 * summer
            return weights
        weights, season = columns["share"].astype(float), columns["season"]
        weights[season == "summer"] *= 1 + 0.35 * summer
        weights[season == "winter"] *= 1 - 0.35 * summer
        weights[season == "rain"] *= self.rain(day)
        weights[season == "newyear"] *= 2.4 if day.month in (12, 1) else 0.8
        return weights

    def _seconds(self, feed: str, kind: Integers, rng: np.random.Generator) -> Integers:
        names = list(_CLOCKS)
        if feed == "incidents":
            clock = self._kind_columns["clock"][kind].astype(np.int64)
        else:
            clock = np.where(rng.random(len(kind)) < 0.5, names.index("any"), names.index("evening"))
        ladder = self._clock_ladders[clock]
        hour = (rng.random(len(kind))[:, None] > ladder).sum(axis=1).clip(0, 23)
        return np.asarray(hour * 3600 + rng.integers(0, 3600, len(kind)), dtype=np.int64)

    def _spots(
        self, feed: str, kind: Integers, place_kind: Integers, rng: np.random.Generator, day: dt.date
    ) -> tuple[Integers, Integers]:
        spot, person = np.zeros(len(kind), dtype=np.int64), np.full(len(kind), -1, dtype=np.int64)
        if feed == "incidents":
            groups, disputes = self._kind_columns["group"][kind], self._kind_columns["dispute"][kind].astype(bool)
            draw = rng.random(len(kind))
            tense = self.tension.on_reports(day)
            for group in range(len(self.building_weights)):
                ladder = self.building_weights[group]
                for rows, steps in (
                    (np.flatnonzero((groups == group) & (place_kind == 0) & ~disputes), ladder),
                    (
                        np.flatnonzero((groups == group) & (place_kind == 0) & disputes),
                        np.cumsum(np.diff(ladder, prepend=0.0) * tense),
                    ),
                ):
                    spot[rows] = np.searchsorted(steps, draw[rows] * steps[-1], side="right")
        else:
            pools, start, length = self._flat_pools
            # of three candidates the one from the more inclined house asks, more often than not
            three = pools[start[kind][:, None] + (rng.random((len(kind), 3)) * length[kind][:, None]).astype(np.int64)]
            inclined = self.demand[self._home[three]] * rng.exponential(1.0, three.shape)
            conflict = self._kind_columns["conflict"][kind].astype(bool)
            inclined[conflict] *= self.tension.on_reports(day)[self._home[three[conflict]]]
            person = three[np.arange(len(kind)), np.argmax(inclined, axis=1)]
            spot = np.where(place_kind == 0, self._home[person], spot)
        crossing = np.flatnonzero(place_kind == 1)
        spot[crossing] = np.floor(len(self.junctions) * rng.random(len(crossing)) ** 1.5).astype(np.int64)
        for index, name in enumerate(PLACE_KINDS[2:], start=2):
            rows = np.flatnonzero(place_kind == index)
            choices = self.spots[name]
            spot[rows] = choices[np.floor(len(choices) * rng.random(len(rows)) ** 1.3).astype(np.int64)]
        return spot, person

    @cached_property
    def _home(self) -> Integers:
        return np.asarray(self.world.persons["building"].to_numpy(), dtype=np.int64)

    @cached_property
    def _flat_pools(self) -> tuple[Integers, Integers, Integers]:
        """The pools end to end, where each begins, and how long it is."""
        length = np.array([len(pool) for pool in self.person_pools])
        return np.concatenate(self.person_pools), np.cumsum(length) - length, length
