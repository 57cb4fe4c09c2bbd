"""Every bad input the issue names, through the command line: one sentence that names the row, or a defined result.

Never a traceback, never a silent zero. One runs as people run it, in a process of its own.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from alerts.analyse import app
from gis.errors import FengqiaoError

pytestmark = pytest.mark.usefixtures("english")

PLACES = "location_id,lon,lat\na,120.50,31.30\nb,120.51,31.30\nc,120.52,31.30\n"
CASES = "location_id,date,count\na,2026-01-01,1\nb,2026-01-02,2\na,2026-01-05,3\n"
ONE_CELL = "8830d1b6a1fffff"
SCAN = "scan --kind space-time-permutation --cases cases.csv --locations places.csv --replications 9 --out out.json"
POISSON = (
    "scan --kind spatial-poisson --cases cases.csv --locations places.csv --population people.csv --replications 9"
    " --out out.json"
)
BERNOULLI = (
    "scan --kind spatial-bernoulli --cases cases.csv --locations places.csv --controls sound.csv --replications 9"
    " --out out.json"
)
COUNTS = "counts --method {method} --series series.csv --control control.json --out out.csv"
HOT = "hotspots --counts counts.csv --out out.csv"
NEAR = "near-repeat --events events.csv --days 7 --metres 200 --replications 9 --out out.json"
FORECAST = "forecast --events events.csv --resolution 8 --train-to 2026-02-02 --weeks 1 --out out.csv"
WATCH = "watch --events events.csv --resolution 8 --from 2026-02-01 --to 2026-02-02 --out out.csv"
METHODS = ("farrington-flexible", "farrington", "ears-c1", "ears-c2", "ears-c3", "cusum", "glr-nb", "bayes")


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    returncode: int
    stderr: str


def analyse(folder: Path, command: str, **files: str) -> Outcome:
    """Run `fengqiao analyse …` over these files, as its `main` does, in this process."""
    for name, content in files.items():
        (folder / f"{name}.{'json' if name == 'control' else 'csv'}").write_text(content, encoding="utf-8")
    words = [str(folder / word) if word.endswith((".csv", ".json")) else word for word in command.split()]
    ended = CliRunner().invoke(app, words)
    if isinstance(ended.exception, FengqiaoError):
        return Outcome(1, f"{ended.exception}\n")
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    return Outcome(ended.exit_code, ended.stderr)


def series(counts, start="2026-01-04"):
    days = pd.date_range(start, periods=len(counts), freq="7D")
    rows = (f"s,{day:%Y-%m-%d},{count}\n" for day, count in zip(days, counts, strict=True))
    return "series_id,date,count\n" + "".join(rows)


def events(rows):
    return "id,time,date,lon,lat,category\n" + "".join(
        f"{number},{day}T08:00,{day},{lon},{lat},x\n" for number, (day, lon, lat) in enumerate(rows, start=1)
    )


JANUARY = [(f"2026-01-{day:02d}", 120.5, 31.3) for day in range(1, 29)]


@pytest.mark.parametrize(
    ("command", "files", "said"),
    [
        pytest.param(COUNTS.format(method="cusum"), {"series": "series_id,date,count\n", "control": "{}"},
                     "series.csv has no rows", id="empty series"),
        pytest.param(SCAN, {"cases": CASES + "a,2026-01-07,-2\n", "places": PLACES},
                     "cases.csv line 5: count is '-2'; it must be a whole number of at least 0", id="negative count"),
        pytest.param(SCAN, {"cases": CASES + "a,2026-01-07,\n", "places": PLACES},
                     "cases.csv line 5: count is ''", id="missing count"),
        pytest.param(HOT, {"counts": f"cell,value\n{ONE_CELL},NaN\n"},
                     "counts.csv line 2: value is 'NaN'; it must be a number", id="NaN"),
        pytest.param(COUNTS.format(method="ears-c1"), {"series": series([1, 2, "nan"]), "control": "{}"},
                     "series.csv line 4: count is 'nan'", id="NaN in a series"),
        pytest.param(COUNTS.format(method="bayes"), {"series": series([1, 2, 3]) + "s,2026-01-18,4\n", "control": "{}"},
                     "series.csv line 5: s, 2026-01-18 is there twice", id="duplicate key"),
        pytest.param(SCAN, {"cases": CASES, "places": PLACES + "b,120.6,31.3\n"},
                     "places.csv line 5: b is there twice", id="duplicate location"),
        pytest.param(SCAN, {"cases": CASES + "zz,2026-01-07,1\n", "places": PLACES},
                     "cases.csv line 5: location 'zz' is not in places.csv", id="unknown location"),
        pytest.param(SCAN, {"cases": CASES + "c,2026-01-07,60000000\n", "places": PLACES},
                     "cases.csv has 60000006 cases; a scan takes up to 50000000", id="more events than can be permuted"),
        pytest.param(BERNOULLI, {"cases": "location_id,count\na,999999999\n", "places": PLACES, "sound": "location_id,count\nb,9\n"},
                     "1000000008 cases and controls are too many", id="more people than can be drawn from"),
        pytest.param(HOT, {"counts": "cell,value\n8f,1\n"}, "'8f' is not an H3 cell", id="unknown cell"),
        pytest.param(POISSON, {"cases": "location_id,count\na,1\nb,2\n", "places": PLACES,
                               "people": "location_id,population\na,5\nb,0\nc,7\n"},
                     "cases.csv line 3: location b has cases but no population", id="population zero with cases"),
        pytest.param(HOT + " --neighbours near.csv", {"counts": "cell,value\na,1\nb,2\n", "near": "cell,neighbour\na,b\n"},
                     "near.csv line 2: a lists b but not the other way round; list both", id="one-way neighbour"),
        pytest.param(WATCH, {"events": events([("2026-01-05", "NaN", 31.3)])},
                     "events.csv line 2: lon is 'NaN'", id="NaN in a place"),
        pytest.param(NEAR, {"events": events([("2026-01-05", 120.5, 31.3)])},
                     "1 event makes no pair", id="one event"),
        pytest.param(SCAN, {"places": PLACES}, "cases.csv does not exist", id="missing file"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_in_one_sentence(
    tmp_path: Path, command: str, files: dict[str, str], said: str
):
    outcome = analyse(tmp_path, command, **files)

    assert outcome.returncode == 1
    assert said in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert len(outcome.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.glob("out.*"))


def test_a_process_of_its_own_ends_with_the_sentence_and_a_code(tmp_path: Path):
    (tmp_path / "counts.csv").write_text(f"cell,value\n{ONE_CELL},-1\n")
    command = [sys.executable, "-m", "cli", "analyse", *HOT.split()]
    root = Path(__file__).parents[2]
    ended = subprocess.run(
        command,
        cwd=tmp_path,
        env={"PYTHONPATH": str(root), "FENGQIAO_LANGUAGE": "en"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr.strip() == ("fengqiao: counts.csv line 2: value is '-1'; it must be a number of at least 0")


def test_one_location_and_no_case_at_all_give_no_cluster_and_say_so(tmp_path: Path):
    one = "location_id,lon,lat\na,120.5,31.3\n"
    outcome = analyse(tmp_path, SCAN, cases="location_id,date,count\na,2026-01-01,4\na,2026-01-05,3\n", places=one)
    found = json.loads((tmp_path / "out.json").read_text())
    empty = analyse(tmp_path, SCAN, cases="location_id,date,count\na,2026-01-01,0\n", places=PLACES)

    assert (outcome.returncode, found["clusters"], found["cases"]) == (0, [], 7)
    assert empty.returncode == 0
    assert "cases.csv has no case; there is nothing to find" in empty.stderr
    assert json.loads((tmp_path / "out.json").read_text())["clusters"] == []


def test_all_zero_counts_have_a_defined_result_with_every_method(tmp_path: Path):
    """A series of nothing but zeros is judged, and no week of it raises an alarm."""
    weeks = 6 * 52
    last = pd.date_range("2020-01-05", periods=weeks, freq="7D")[-10:]
    control = json.dumps({"range": {"from": f"{last[0]:%Y-%m-%d}", "to": f"{last[-1]:%Y-%m-%d}"}})
    zeros = series([0] * weeks, start="2020-01-05")
    for method in METHODS:
        outcome = analyse(tmp_path, COUNTS.format(method=method), series=zeros, control=control)
        judged = pd.read_csv(tmp_path / "out.csv")
        assert outcome.returncode == 0, method
        assert len(judged) == 10, method
        assert (judged["observed"] == 0).all()
        assert (judged["alarm"] == 0).all(), method


def test_all_zero_and_all_equal_cells_have_no_z_and_say_so(tmp_path: Path):
    outcome = analyse(tmp_path, HOT, counts=f"cell,value\n{ONE_CELL},0\n8830d1b6a3fffff,0\n")

    found = pd.read_csv(tmp_path / "out.csv")
    assert outcome.returncode == 0
    assert "all values are equal, Gi* is undefined and left empty" in outcome.stderr
    assert found["z"].isna().all()
    assert found[["hot", "cold"]].to_numpy().sum() == 0


def test_dates_out_of_order_mean_the_same(tmp_path: Path):
    for name, rows in (("ordered", JANUARY), ("mixed", [*JANUARY[14:], *JANUARY[:14]])):
        folder = tmp_path / name
        folder.mkdir()
        for command in (FORECAST, WATCH.replace("out.csv", "alarms.csv")):
            assert analyse(folder, command, events=events(rows)).returncode == 0
    for file in ("out.csv", "alarms.csv"):
        assert (tmp_path / "ordered" / file).read_bytes() == (tmp_path / "mixed" / file).read_bytes()


@pytest.mark.parametrize("command", [NEAR, FORECAST, WATCH], ids=["near-repeat", "forecast", "watch"])
def test_a_million_identical_points_end_well(tmp_path: Path, command: str):
    rows = "".join(
        f"{number},2026-01-{1 + number % 28:02d}T08:00,2026-01-{1 + number % 28:02d},120.5,31.3,x\n"
        for number in range(1_000_000)
    )
    outcome = analyse(tmp_path, command, events="id,time,date,lon,lat,category\n" + rows)

    assert outcome.returncode == 0, outcome.stderr
    if command == NEAR:
        found = json.loads((tmp_path / "out.json").read_text())
        # 28 dates of 35 714 or 35 715 points: pairs within 7 days, all at one place
        sizes = [35_715 if day < 8 else 35_714 for day in range(28)]
        close = sum(n * (n - 1) // 2 for n in sizes) + sum(
            sizes[one] * sizes[two] for one in range(28) for two in range(one + 1, min(one + 8, 28))
        )
        assert found["observed_pairs"] == close
        assert found["ratio"] == pytest.approx(1.0)
    elif command == FORECAST:
        assert pd.read_csv(tmp_path / "out.csv")["mean"].iloc[0] > 100_000
    else:
        assert list(pd.read_csv(tmp_path / "out.csv")["date"]) == ["2026-02-01", "2026-02-02"]
