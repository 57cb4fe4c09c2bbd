"""Fresh cases through the command line, held against oracles written apart from the product: loops, no vectors.

Sizes, seeds and shapes vary: ties in distance, planar places, covariates, caps by share and by radius, least cases, leap
years, very large counts. The oracles follow the published formulas (Kulldorff 1997, 2001, 2005; Getis and Ord 1995;
Knox 1964); no product code is called but the command.
"""

import datetime as dt
import json
import math
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from esda.getisord import G_Local
from libpysal.weights import W
from statsmodels.stats.multitest import multipletests

from tests.alerts.test_detect_bad_input import analyse

EARTH_KM = 6371.0088


def distance(one, two, *, planar):
    if planar:
        return math.hypot(one[0] - two[0], one[1] - two[1])
    lon1, lat1, lon2, lat2 = (math.radians(angle) for angle in (*one, *two))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(half))


def circles(places, weights, *, share, km, planar):
    """Per centre its zones: runs of places, nearest first, in the order of the file where equally far."""
    limit = share * sum(weights.values()) * (1 + 1e-12)
    for centre in places:
        away = {name: distance(places[centre], place, planar=planar) for name, place in places.items()}
        near = sorted(
            (name for name in places if km is None or away[name] <= km), key=lambda name: round(away[name], 9)
        )
        zones, held = [], 0.0
        for count, name in enumerate(near, start=1):
            held += weights.get(name, 0.0)
            if held > limit:
                break
            zones.append(near[:count])
        yield zones


def poisson_ratio(cases, expected, total):
    if cases <= expected:
        return 0.0
    inside = cases * math.log(cases / expected)
    return inside + ((total - cases) * math.log((total - cases) / (total - expected)) if cases < total else 0.0)


def bernoulli_ratio(cases, people, all_cases, all_people):
    def part(sick, of):
        return sum(number * math.log(number / of) for number in (sick, of - sick) if number)

    if cases * (all_people - people) <= (all_cases - cases) * people:
        return 0.0
    return part(cases, people) + part(all_cases - cases, all_people - people) - part(all_cases, all_people)


def ratios_kept(best):
    """The ratios of clusters without overlap, the strongest of each centre in turn."""
    kept, taken = [], set()
    for ratio, _, zone in sorted(best, key=lambda one: (-round(one[0], 9), one[1])):
        if ratio > 0 and not taken & set(zone):
            kept.append(ratio)
            taken |= set(zone)
    return kept


def town(seed, count, *, planar, lattice):
    generator = np.random.default_rng(seed)
    if lattice:  # rows and columns: many places equally far from each other
        side = math.ceil(math.sqrt(count))
        grid = [(number % side, number // side) for number in range(count)]
    else:
        grid = generator.uniform(0, 6, (count, 2)).tolist()
    step = 1.0 if planar else 0.01
    offset = (0.0, 0.0) if planar else (120.5, 31.3)
    return {f"p{number:02d}": (offset[0] + x * step, offset[1] + y * step) for number, (x, y) in enumerate(grid)}


def place_text(places, *, planar):
    head = "location_id,x,y\n" if planar else "location_id,lon,lat\n"
    return head + "".join(f"{name},{x!r},{y!r}\n" for name, (x, y) in places.items())


def scanned(tmp_path, command, **files):
    outcome = analyse(tmp_path, f"scan {command} --replications 0 --out out.json", **files)
    assert outcome.returncode == 0, outcome.stderr
    return json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["clusters"]


@pytest.mark.parametrize(
    ("seed", "count", "planar", "lattice", "share", "km", "least"),
    [
        (31, 14, True, True, 0.5, None, 2),
        (32, 25, True, False, 0.3, 3.0, 2),
        (33, 18, False, True, 0.5, 2.0, 3),
        (34, 30, False, False, 0.1, None, 2),
        (35, 2, True, False, 0.5, None, 1),
    ],
)
def test_permutation_scans_of_fresh_towns(tmp_path: Path, seed, count, planar, lattice, share, km, least):
    places, generator = town(seed, count, planar=planar, lattice=lattice), np.random.default_rng(seed)
    last = dt.date(2024, 3, 3)  # the window crosses a leap day
    rows = [
        (str(generator.choice(list(places))), last - dt.timedelta(days=int(generator.integers(0, 40))), 1)
        for _ in range(150)
    ]
    rows += [("p01", last - dt.timedelta(days=int(day)), 2) for day in generator.integers(0, 3, 4)]
    total = sum(number for *_, number in rows)
    text = "location_id,date,count\n" + "".join(f"{name},{day},{number}\n" for name, day, number in rows)
    options = f"--max-share {share} --max-days 6 --min-cases {least} --from 2024-01-24 --to {last} --prospective"
    options += (" --planar" if planar else "") + (f" --max-km {km}" if km else "")

    found = scanned(
        tmp_path,
        f"--kind space-time-permutation --cases cases.csv --locations places.csv {options}",
        cases=text,
        places=place_text(places, planar=planar),
    )

    own = {name: sum(number for at, _, number in rows if at == name) for name in places}
    best = []
    for zones in circles(places, own, share=share, km=km, planar=planar):
        tried = []
        for zone in zones:
            for length in range(1, 7):
                recent = [row for row in rows if (last - row[1]).days < length]
                cases = sum(number for name, _, number in recent if name in zone)
                expected = sum(own[name] for name in zone) * sum(row[2] for row in recent) / total
                if cases >= least:
                    tried.append((poisson_ratio(cases, expected, total), len(zone), zone))
        best.append(max(tried, key=lambda one: (round(one[0], 9), -one[1]), default=(0.0, 0, ())))
    expected_ratios = ratios_kept(best)
    assert [cluster["llr"] for cluster in found] == pytest.approx(expected_ratios, abs=1e-6)
    for cluster in found:
        begun = dt.date.fromisoformat(cluster["start"])
        inside = [row for row in rows if row[0] in cluster["location_ids"] and row[1] >= begun]
        assert cluster["end"] == str(last)
        assert cluster["observed"] == sum(number for *_, number in inside)


@pytest.mark.parametrize(
    ("seed", "count", "share", "factor"), [(41, 20, 0.5, 1), (42, 33, 0.25, 1), (43, 12, 0.5, 10**6)]
)
def test_poisson_scans_with_covariates_and_very_large_counts(tmp_path: Path, seed, count, share, factor):
    places, generator = town(seed, count, planar=True, lattice=False), np.random.default_rng(seed)
    strata = [("young", "m"), ("young", "f"), ("old", "m")]
    people = {(name, one): int(generator.integers(20, 400)) * factor for name in places for one in strata}
    cases = {key: int(generator.poisson(4 if key[0] in ("p03", "p04") else 1.5)) * factor for key in people}

    found = scanned(
        tmp_path,
        f"--kind spatial-poisson --cases cases.csv --locations places.csv --population people.csv --planar"
        f" --max-share {share}",
        cases="location_id,count,age,sex\n" + "".join(f"{a},{n},{s[0]},{s[1]}\n" for (a, s), n in cases.items()),
        people="location_id,population,sex,age\n" + "".join(f"{a},{n},{s[1]},{s[0]}\n" for (a, s), n in people.items()),
        places=place_text(places, planar=True),
    )

    rate = {one: sum(cases[name, one] for name in places) / sum(people[name, one] for name in places) for one in strata}
    expected = {name: sum(people[name, one] * rate[one] for one in strata) for name in places}
    seen = {name: sum(cases[name, one] for one in strata) for name in places}
    total = sum(seen.values())
    best = []
    for zones in circles(places, expected, share=share, km=None, planar=True):
        tried = [
            (poisson_ratio(sum(map(seen.get, zone)), sum(map(expected.get, zone)), total), len(zone), zone)
            for zone in zones
        ]
        best.append(max(tried, key=lambda one: (round(one[0], 9), -one[1]), default=(0.0, 0, ())))
    assert [cluster["llr"] for cluster in found] == pytest.approx(ratios_kept(best), rel=1e-9, abs=1e-6)
    first = found[0]
    inside, awaited = (sum(table[name] for name in first["location_ids"]) for table in (seen, expected))
    assert (first["observed"], first["expected"]) == (inside, pytest.approx(awaited))
    assert first["relative_risk"] == pytest.approx((inside / awaited) / ((total - inside) / (total - awaited)))


@pytest.mark.parametrize(
    ("seed", "count", "share", "km"), [(51, 16, 0.5, None), (52, 40, 0.5, 1.5), (53, 9, 0.35, None)]
)
def test_bernoulli_scans_of_fresh_towns(tmp_path: Path, seed, count, share, km):
    places, generator = town(seed, count, planar=True, lattice=True), np.random.default_rng(seed)
    cases = {name: int(generator.integers(0, 6)) for name in places}
    controls = {name: int(generator.integers(0, 9)) + (cases[name] == 0) for name in places}

    found = scanned(
        tmp_path,
        "--kind spatial-bernoulli --cases cases.csv --locations places.csv --controls controls.csv --planar"
        f" --max-share {share}" + (f" --max-km {km}" if km else ""),
        cases="location_id,count\n" + "".join(f"{name},{number}\n" for name, number in cases.items()),
        controls="location_id,count\n" + "".join(f"{name},{number}\n" for name, number in controls.items()),
        places=place_text(places, planar=True),
    )

    people = {name: cases[name] + controls[name] for name in places}
    everybody = sum(cases.values()), sum(people.values())
    best = []
    for zones in circles(places, people, share=share, km=km, planar=True):
        tried = [
            (bernoulli_ratio(sum(map(cases.get, zone)), sum(map(people.get, zone)), *everybody), len(zone), zone)
            for zone in zones
            if sum(map(cases.get, zone)) >= 2
        ]
        best.append(max(tried, key=lambda one: (round(one[0], 9), -one[1]), default=(0.0, 0, ())))
    assert [cluster["llr"] for cluster in found] == pytest.approx(ratios_kept(best), abs=1e-6)


@pytest.mark.parametrize(("seed", "count", "scale"), [(61, 40, 1.0), (62, 7, 1.0), (63, 55, 1e9), (64, 30, 1e-6)])
def test_hot_cells_of_odd_neighbourhoods_are_those_of_esda(tmp_path: Path, seed, count, scale):
    generator = np.random.default_rng(seed)
    values = generator.gamma(0.4, 5.0, count) * scale
    values[: count // 4] = 0
    # links drawn at random: uneven degrees, and cell 0 with no neighbour at all
    linked = {number: set() for number in range(count)}
    for one, two in generator.integers(1, count, (2 * count, 2)).tolist():
        if one != two:
            linked[one].add(two)
            linked[two].add(one)

    outcome = analyse(
        tmp_path,
        "hotspots --counts counts.csv --neighbours near.csv --fdr 0.05 --out out.csv",
        counts="cell,value\n" + "".join(f"c{number},{value!r}\n" for number, value in enumerate(values.tolist())),
        near="cell,neighbour\n" + "".join(f"c{one},c{two}\n" for one, near in linked.items() for two in sorted(near)),
    )

    assert outcome.returncode == 0, outcome.stderr
    found = pd.read_csv(tmp_path / "out.csv").set_index("cell").loc[[f"c{number}" for number in range(count)]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that it is not connected is what is tried
        weights = W({one: sorted(near) for one, near in linked.items()}, silence_warnings=True)
        reference = G_Local(values, weights, transform="B", star=True, permutations=0)
    assert found["z"].to_numpy() == pytest.approx(reference.Zs, abs=1e-9)
    significant = multipletests(found["p"], alpha=0.05, method="fdr_bh")[0]
    assert (found["hot"] == (significant & (reference.Zs > 0)).astype(int)).all()
    assert (found["cold"] == (significant & (reference.Zs < 0)).astype(int)).all()


@pytest.mark.parametrize(("seed", "count", "days", "metres"), [(71, 60, 7, 200), (72, 90, 1, 50), (73, 25, 30, 1000)])
def test_near_repeats_of_fresh_streets(tmp_path: Path, seed, count, days, metres):
    generator = np.random.default_rng(seed)
    places = [(float(x), float(y)) for x, y in generator.integers(0, 12, (count, 2)) * 50]
    # irregular moments over the end of a leap year, to the minute
    moments = [
        dt.datetime(2024, 12, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=int(minute))
        for minute in generator.integers(0, 60 * 24 * 60, count)
    ]

    outcome = analyse(
        tmp_path,
        f"near-repeat --events events.csv --days {days} --metres {metres} --planar --replications 49 --out out.json",
        events="id,date,x,y\n"
        + "".join(
            f"{number},{moment:%Y-%m-%dT%H:%M},{x},{y}\n"
            for number, (moment, (x, y)) in enumerate(zip(moments, places, strict=True))
        ),
    )

    assert outcome.returncode == 0, outcome.stderr
    found = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    in_time = in_space = both = 0
    for one in range(count):
        for two in range(one):
            soon = abs(moments[one] - moments[two]) <= dt.timedelta(days=days)
            close = distance(places[one], places[two], planar=True) <= metres
            in_time, in_space, both = in_time + soon, in_space + close, both + (soon and close)
    pairs = count * (count - 1) // 2
    assert found["table"] == [[both, in_time - both], [in_space - both, pairs - in_time - in_space + both]]
    assert found["expected_pairs"] == pytest.approx(in_time * in_space / pairs, abs=1e-9)


def test_the_week_a_year_back_in_a_year_of_53_weeks(tmp_path: Path):
    """Farrington's original method about the turn of 2020, which had 53 ISO weeks, worked out by its formulas."""
    mondays = pd.date_range("2016-01-04", periods=52 * 6, freq="7D")
    generator = np.random.default_rng(81)
    counts = generator.poisson(20, len(mondays))
    judged = mondays[(mondays >= "2020-12-14") & (mondays <= "2021-01-18")]
    control = {
        "range": {"from": f"{judged[0]:%Y-%m-%d}", "to": f"{judged[-1]:%Y-%m-%d}"},
        "b": 4, "w": 3, "freq": 52, "epochAsDate": True, "alpha": 0.01, "trend": False, "reweight": False,
        "powertrans": "none", "limit54": [5, 4],
    }  # fmt: skip

    outcome = analyse(
        tmp_path,
        "counts --method farrington --series series.csv --control control.json --out out.csv",
        series="series_id,date,count\n"
        + "".join(f"s,{day:%Y-%m-%d},{count}\n" for day, count in zip(mondays, counts, strict=True)),
        control=json.dumps(control),
    )

    assert outcome.returncode == 0, outcome.stderr
    found = pd.read_csv(tmp_path / "out.csv")
    for row in found.itertuples():
        day = pd.Timestamp(row.date)
        # as R: the Monday nearest to the same date of an earlier year, and three weeks on either side
        base = []
        for years in range(1, 5):
            back = day - pd.DateOffset(years=years)
            at = int(np.argmin(np.abs((mondays - back).days)))
            base += counts[at - 3 : at + 4].tolist()
        mean = np.mean(base)
        assert row.expected == pytest.approx(mean, rel=1e-3)
        # quasi-Poisson without a trend: variance = phi (mean + mean / n)
        phi = max(1.0, sum((value - mean) ** 2 / mean for value in base) / (len(base) - 1))
        bound = mean + 2.5758293035489 * math.sqrt(phi * (mean + mean / len(base)))
        assert row.upperbound == pytest.approx(bound, rel=1e-3)
