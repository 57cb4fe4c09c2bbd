"""Measure the geocoder: right answers on districts and noise it never met, speed, memory, beside RapidFuzz and jionlp.

    nice -n 12 .venv/bin/python -m benchmarks.geocode [--full]

Prints Markdown tables; docs/geocoding.md keeps a run of them. Districts are made up (seeds 300 and 400 onwards); the
given evaluation set is measured too where its folder lies beside the checkout.
"""

import argparse
import csv
import gc
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.geocode_districts import make_district
from benchmarks.geocode_judge import Judged, by, interval, measures
from benchmarks.geocode_queries import make_queries
from benchmarks.geocode_query import Query
from benchmarks.weighing import weigh_command
from gis.geocode import Gazetteer, GazetteerBuilding, GazetteerPlace, Geocoder
from gis.geocode_command import geocode_file
from gis.location import Location

MEASURES = "geocoder: accuracy on districts and noise it never met, speed and memory, beside RapidFuzz and jionlp"

SHARED = Path(__file__).resolve().parents[2] / "shared" / "geocoding"
SAME_NOISE, OTHER_NOISE = range(300, 308), range(400, 408)


def judged(seeds: Iterable[int], count: int, *, held_out: bool) -> list[Judged]:
    """Ask `count` queries in each of some districts."""
    answers: list[Judged] = []
    for seed in seeds:
        district = make_district(seed)
        queries = make_queries(district, count, seed=seed, held_out=held_out)
        locations = Geocoder(district.gazetteer).locate_many([query.text for query in queries])
        answers += [Judged(query, location) for query, location in zip(queries, locations, strict=True)]
    return answers


def print_accuracy(count: int) -> None:
    """Print the measures of both noises, then those of the unseen noise by family, level and length of name."""
    same, other = (judged(seeds, count, held_out=held) for seeds, held in ((SAME_NOISE, False), (OTHER_NOISE, True)))
    print("\n### Made-up districts\n\n| measure | same noise | noise left out |\n|---|---|---|")
    ours, theirs = measures(same), measures(other)
    for name, value in ours.items():
        print(f"| {name} | {value:.4g} | {theirs[name]:.4g} |")
    answerable = [one for one in same + other if one.query.status == "match"]
    _print_shares("family of noise", by(answerable, lambda one: one.query.families))
    _print_shares("level", by(answerable, lambda one: [one.query.level]))
    gazetteers = {}
    for seed in (*SAME_NOISE, *OTHER_NOISE):
        gazetteers[seed] = make_district(seed).gazetteer

    def name_length(row: int) -> int:
        seed = (*SAME_NOISE, *OTHER_NOISE)[row // count]
        place_id = min((same + other)[row].query.place_ids)
        return min(len(gazetteers[seed].places[place_id].name), 9)

    lengths: dict[object, list[Judged]] = {}
    for row, one in enumerate(same + other):
        if one.query.status == "match" and one.query.level not in ("junction",):
            lengths.setdefault(name_length(row), []).append(one)
    _print_shares("characters of the name (9: or more)", lengths)


def _print_shares(heading: str, groups: dict[object, list[Judged]]) -> None:
    print(f"\n| {heading} | n | right place | 95 % | right place, building, unit, room |\n|---|---|---|---|---|")
    for key, group in sorted(groups.items(), key=lambda item: str(item[0])):
        low, high = interval([one.place for one in group])
        place = sum(one.place for one in group) / len(group)
        full = sum(one.full for one in group) / len(group)
        print(f"| {key} | {len(group)} | {place:.3f} | {low:.3f}–{high:.3f} | {full:.3f} |")


def print_given(folder: Path) -> None:
    """Print what the given scorer says of the given set, if it is there."""
    if not (folder / "score.py").is_file():
        print("\nThe given evaluation set is not here; skipped.")
        return
    out = Path("/tmp") / "geocode-bench-results.csv"
    geocode_file(folder / "queries.csv", out, gazetteer=folder / "gazetteer")
    command = [sys.executable, folder / "score.py", folder / "labels.csv", out, "--gazetteer", folder / "gazetteer"]
    scored = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    print("\n### The given set\n\n| measure | value |\n|---|---|")
    for name, value in scored.items():
        if not isinstance(value, dict):
            print(f"| {name} | {value} |")
    for name, value in _given_skill(folder, out).items():
        print(f"| {name} | {value:.4f} |")
    out.unlink()
    for level in ("junction", "poi"):
        print(f"| right, {level} | {scored['per_level_top1_place'][level]['top1_place']} |")
    print(f"| right, landmark phrases | {scored['per_family_top1_place']['landmark']['top1_place']} |")


def _given_skill(folder: Path, results: Path) -> dict[str, float]:
    """Return what the given scorer leaves out and a constant confidence would fail: Brier skill, coverage at 99.5 %."""
    labels = {row["query_id"]: row for row in _rows(folder / "labels.csv")}
    answers: list[Judged] = []
    for row in _rows(results):
        label = labels[row["query_id"]]
        point = (float(label["lon"]), float(label["lat"])) if label["lon"] else (None, None)
        query = Query(
            "", label["status"], label["level"], frozenset(filter(None, label["place_ids"].split("|"))),
            label["building_id"], label["unit"], label["room"], (), *point,
        )  # fmt: skip
        placed = (float(row["lon"]), float(row["lat"])) if row["lon"] else (None, None)
        confidence = float(row["confidence"] or 0)
        location = Location(
            row["status"], row["level"], row["place_id"], row["building_id"], row["unit"], row["room"], *placed,
            confidence=confidence,
        )  # fmt: skip
        answers.append(Judged(query, location))
    found = measures(answers)
    return {name: found[name] for name in ("brier_skill", "coverage_at_99.5")}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def large_gazetteer(places: int, buildings: int) -> Gazetteer:
    """Return a gazetteer as large as a small city's, put together from many made-up districts.

    Zones stay zones of their estate, and buildings stand where a register has them: in the zones, or in an estate
    that has none.
    """
    names: dict[str, GazetteerPlace] = {}
    seed = 1000
    while len(names) < places:
        of_district = make_district(seed).gazetteer.places
        ids: dict[str, str] = {}
        for place in of_district.values():
            if place.kind in ("compound", "poi", "road") and place.name not in names:
                ids[place.place_id] = f"L{len(names)}"
                parent = ids.get(place.parent_id, "")
                names[place.name] = GazetteerPlace(
                    ids[place.place_id], place.kind, place.name, parent, lon=place.lon, lat=place.lat
                )
        seed += 1
    kept = list(names.values())[:places]
    divided = {place.parent_id for place in kept}
    estates = [place for place in kept if place.kind == "compound" and place.place_id not in divided]
    numbered = (divmod(number, len(estates)) for number in range(buildings))
    return Gazetteer(
        kept,
        buildings=[
            GazetteerBuilding(
                f"{estates[at].place_id}-{row + 1}", estates[at].place_id, str(row + 1), 3, 5, 1, 120.0, 31.0
            )
            for row, at in numbered
        ],
    )


def print_speed(count: int) -> None:
    """Print speed and latency on a district and on a large gazetteer, and what the large one costs to build."""
    district = make_district(SAME_NOISE[0])
    texts = [query.text for query in make_queries(district, count, seed=1)]
    geocoder = Geocoder(district.gazetteer)
    geocoder.locate(texts[0])
    gazetteer = large_gazetteer(5000, 20_000)
    large = Geocoder(gazetteer)
    large.locate(texts[0])
    # as the command does once its index stands
    gc.freeze()
    print("\n### Speed, one core (processor time)\n\n| | per second | median ms | p99 ms |\n|---|---|---|---|")
    # texts about a district that is part of the large gazetteer
    own = [query.text for query in make_queries(make_district(1003), count, seed=1)]
    estates = list(dict.fromkeys(_clean(gazetteer, count * 20, places=200)))
    for name, engine, asked in (
        ("cold, made-up district, noisy", geocoder, texts),
        ("cold, 5 000 places, noisy, of another district", large, texts[: count // 2]),
        ("cold, 5 000 places, noisy, of its own", large, own),
        ("clean addresses, each in another estate", large, _clean(gazetteer, count, places=5000)),
        ("clean addresses in 200 estates, first time", large, estates),
        ("clean addresses in 200 estates, later", large, estates),
    ):
        per_second, median_ms, p99_ms = _timed(engine.locate, asked)
        print(f"| {name} | {per_second:,.0f} | {median_ms:.3f} | {p99_ms:.2f} |")
    print_index(gazetteer, texts)


def print_index(gazetteer: Gazetteer, texts: list[str]) -> None:
    """Print what an index of a large gazetteer costs to build, and what the whole command takes that places by it."""
    start = time.process_time()
    Geocoder(gazetteer).locate(texts[0])
    build_s = time.process_time() - start
    rooms = sum(
        (one.units or 0) * (one.floors or 0) * (one.rooms_per_floor or 0) for one in gazetteer.buildings.values()
    )
    size = f"{len(gazetteer.places):,} places, {len(gazetteer.buildings):,} buildings and {rooms:,} rooms"
    print(f"\nIndex of {size}: built in {build_s:.1f} s.")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_gazetteer(folder, gazetteer)
        _write(folder / "in.csv", "text", ([text] for text in texts))
        took = weigh_command("geocode", folder / "in.csv", "--out", folder / "out.csv", "--gazetteer", folder)
    print(
        f"`fengqiao geocode` of {len(texts):,} texts by such files: at most {took.resident_mb:.0f} MB resident, "
        f"{took.proportional_mb:.0f} MB where shared pages are divided among processes (PSS); "
        f"{took.processor_s:.1f} s of processor time."
    )


def write_gazetteer(folder: Path, gazetteer: Gazetteer) -> None:
    """Write places and buildings of a gazetteer as the files the command reads."""
    _write(
        folder / "places.csv",
        "place_id kind name parent_id lon lat crs address households valid_from valid_to",
        (
            [one.place_id, one.kind, one.name, one.parent_id, one.lon, one.lat, "WGS84", one.address, "", "", ""]
            for one in gazetteer.places.values()
        ),
    )
    _write(
        folder / "buildings.csv",
        "building_id place_id zone number units floors rooms_per_floor lon lat crs",
        (
            [one.building_id, one.place_id, "", one.number, one.units, one.floors, one.rooms_per_floor, one.lon,
             one.lat, "WGS84"]
            for one in gazetteer.buildings.values()
        ),
    )  # fmt: skip


def _write(path: Path, header: str, rows: Iterable[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(header.split())
        writer.writerows(rows)


def _clean(gazetteer: Gazetteer, count: int, *, places: int) -> list[str]:
    rng = random.Random(places)
    kept = set(list(gazetteer.buildings_of)[-places:])
    standing = [building for building in gazetteer.buildings.values() if building.place_id in kept]
    return [
        f"{gazetteer.places[one.place_id].name}{one.number}幢{rng.randint(1, 3)}单元{rng.randint(1, 5)}01室"
        for one in rng.choices(standing, k=count)
    ]


def _timed(locate: Callable[[str], object], texts: list[str]) -> tuple[float, float, float]:
    taken = []
    for text in texts:
        start = time.process_time()
        locate(text)
        taken.append(time.process_time() - start)
    ranked = sorted(taken)
    return len(texts) / sum(taken), ranked[len(ranked) // 2] * 1e3, ranked[int(len(ranked) * 0.99)] * 1e3


def print_peers(count: int) -> None:
    """Print how often RapidFuzz and jionlp find the place of the same queries, and how fast."""
    from rapidfuzz import fuzz, process

    district = make_district(OTHER_NOISE[0])
    queries = make_queries(district, count, seed=5, held_out=True)
    answerable = [query for query in queries if query.status == "match"]
    foreign = [query for query in queries if query.status == "none"]
    names = [(place.name, place.place_id) for place in district.gazetteer.places.values()]
    names += [(alias.alias, alias.place_id) for alias in district.gazetteer.aliases]
    words = [name for name, _ in names]
    geocoder = Geocoder(district.gazetteer)

    def by_rapidfuzz(text: str) -> str:
        found = process.extractOne(text, words, scorer=fuzz.WRatio, score_cutoff=60)
        return names[found[2]][1] if found else ""

    def by_us(text: str) -> str:
        return geocoder.locate(text).place_id

    print("\n### Beside others, noise left out\n\n| | right place | foreign accepted | per second |\n|---|---|---|---|")
    for name, find in (("this geocoder", by_us), ("RapidFuzz WRatio ≥ 60", by_rapidfuzz)):
        start = time.process_time()
        right = sum(find(query.text) in query.place_ids for query in answerable)
        per_second = len(answerable) / (time.process_time() - start)
        if find is by_us:
            accepted = sum(geocoder.locate(query.text).status == "matched" for query in foreign)
        else:
            accepted = sum(find(query.text) != "" for query in foreign)
        print(f"| {name} | {right / len(answerable):.3f} | {accepted / len(foreign):.3f} | {per_second:,.0f} |")
    try:
        import jionlp
    except ImportError:
        print("| jionlp | not installed | | |")
        return
    start = time.process_time()
    towns = 0
    for query in answerable[:200]:
        parsed = jionlp.parse_location(query.text, town_village=True)
        towns += bool(parsed.get("town") or parsed.get("county"))
    per_second = 200 / (time.process_time() - start)
    share = f"{towns / 200:.3f} (county or town only)"
    print(f"| jionlp | {share} | – | {per_second:,.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the geocoder")
    parser.add_argument("--full", action="store_true", help="400 queries in each district instead of 150")
    arguments = parser.parse_args()
    count = 400 if arguments.full else 150
    print_given(SHARED)
    print_accuracy(count)
    print_speed(count * 2)
    print_peers(count * 2)


if __name__ == "__main__":
    main()
