"""`fengqiao analyse` over files: the given cases where they are at hand, and a clear sentence for every wrong input."""

import json
import shlex
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from alerts.analyse import app
from gis.errors import BadInput

CASES = Path(__file__).parents[2].parent / "shared" / "warning"
PLACES = "location_id,lon,lat\na,120.50,31.30\nb,120.51,31.30\nc,120.52,31.30\n"
CASE_ROWS = "location_id,date,count\na,2026-01-01,1\nb,2026-01-02,2\na,2026-01-05,3\nc,2026-01-03,1\n"
CELLS = ("8830d1b6a1fffff", "8830d1b6a3fffff")


def run(folder: Path, command: str) -> None:
    words = [str(folder / word) if word.endswith((".csv", ".json")) else word for word in shlex.split(command)]
    outcome = CliRunner().invoke(app, words)
    if outcome.exception and not isinstance(outcome.exception, SystemExit):
        raise outcome.exception
    assert outcome.exit_code == 0, outcome.output


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.{'json' if name == 'control' else 'csv'}").write_text(text)


def run_case(name: str, folder: Path, **changes: str) -> Path:
    case = CASES / name
    if not case.exists():
        pytest.skip(f"the case {name} is not at hand")
    words = shlex.split((case / "command.txt").read_text())[2:]
    for option, value in changes.items():
        words[words.index(f"--{option}") + 1] = value
    for at, word in enumerate(words):
        if word.endswith((".csv", ".json")):
            written = words[at - 1] in ("--out", "--classes")
            words[at] = str((folder if written else case) / word)
    outcome = CliRunner().invoke(app, words, catch_exceptions=False)
    assert outcome.exit_code == 0, outcome.output
    return folder / ("out.json" if (folder / "out.json").exists() else "out.csv")


@pytest.mark.parametrize(
    ("name", "ratios"),
    [
        ("scan/ny-leukemia-circle50", (14.780276, 8.287056, 7.199672)),
        ("scan/ny-leukemia-planar10", (11.577255, 9.019716, 6.114140)),
        ("scan/nyc-fever-stp", (3.845418, 3.164201, 2.137259)),
        ("scan/houston-burglary-stp", (7.527127, 6.609100, 6.276792)),
        ("scan/synthetic-st-poisson", (26.390587, 5.596785, 4.367861)),
        ("scan/synthetic-bernoulli", (5.514468, 3.214803)),
    ],
)
def test_scan_prints_the_ratios_of_satscan(tmp_path: Path, name: str, ratios: tuple[float, ...]):
    found = json.loads(run_case(name, tmp_path, replications="9").read_text())["clusters"]

    assert [cluster["llr"] for cluster in found[: len(ratios)]] == pytest.approx(ratios, abs=1e-6)


@pytest.mark.parametrize(
    ("name", "alarms"),
    [
        ("newport-flexible-noufaily", 16),
        ("newport-flexible-muan", 12),
        ("newport-flexible-original", 26),
        ("newport-farrington-original", 9),
        ("newport-ears-c1", 19),
        ("newport-ears-c2", 23),
        ("newport-ears-c3", 44),
        ("newport-cusum", 40),
        ("newport-glr-nb", 5),
        ("newport-bayes", 15),
    ],
)
def test_counts_raise_the_alarms_of_r_surveillance(tmp_path: Path, name: str, alarms: int):
    judged = pd.read_csv(run_case(f"counts/{name}", tmp_path))
    expected = pd.read_csv(CASES / "counts" / name / "expected.csv")

    assert judged["alarm"].sum() == alarms
    assert (judged["alarm"] == expected["alarm"]).all()
    bound = expected["upperbound"].where(expected["upperbound"] > 0)
    assert judged["upperbound"][bound.notna()].to_numpy() == pytest.approx(bound.dropna().to_numpy(), rel=1e-6)


def test_hot_cells_of_chicago_are_those_of_esda_and_spdep(tmp_path: Path):
    found = pd.read_csv(run_case("hotspots/chicago-theft-total", tmp_path))

    assert (found["hot"].sum(), found["cold"].sum()) == (30, 0)
    assert found["z"].max() == pytest.approx(19.404, abs=5e-4)


def test_classes_of_chicago_are_the_reference_classes(tmp_path: Path):
    run_case("hotspots/chicago-theft-cube", tmp_path)
    counted = pd.read_csv(tmp_path / "classes.csv")["class"].value_counts()

    named = counted[["sporadic", "intensifying", "persistent", "consecutive"]]
    assert list(named) == [20, 15, 11, 9]


@pytest.mark.parametrize(("days", "pairs", "expected"), [(7, 22, 11.1847), (14, 34, 21.3012), (28, 60, 41.2275)])
def test_near_repeats_of_portland_are_those_of_r(tmp_path: Path, days: int, pairs: int, expected: float):
    found = json.loads(run_case(f"near-repeat/portland-burglary-{days}d", tmp_path, replications="99").read_text())

    assert found["observed_pairs"] == pairs
    assert found["expected_pairs"] == pytest.approx(expected, abs=5e-5)
    assert found["p_value"] <= 0.05


SCAN = "scan --kind space-time-permutation --cases cases.csv --locations places.csv --replications 19 --out out.json"
POISSON = "scan --kind spatial-poisson --cases cases.csv --locations places.csv --population people.csv --out out.json"
COUNTS = "counts --method ears-c1 --series series.csv --control control.json --out out.csv"
HOT = "hotspots --counts counts.csv --out out.csv"
NEAR = "near-repeat --events events.csv --replications 9 --out out.json"
FORECAST = "forecast --events events.csv --resolution 8 --train-to 2026-02-01 --weeks 1 --out out.csv"
WATCH = "watch --events events.csv --resolution 8 --from 2026-02-01 --to 2026-02-03 --out out.csv"
EVENT_ROWS = "id,time,date,lon,lat,category\n1,2026-01-05T08:00,2026-01-05,120.5,31.3,x\n"
SERIES = "series_id,date,count\n" + "".join(f"s,2026-01-{day:02d},{day % 3}\n" for day in range(1, 29))


@pytest.mark.parametrize(
    ("command", "files", "sentence"),
    [
        (SCAN, {"cases": CASE_ROWS + "zz,2026-01-01,1\n"}, "cases.csv line 6: location 'zz' is not in places.csv"),
        (SCAN, {"cases": CASE_ROWS + "a,2026-01-01,-1\n"}, "cases.csv line 6: count is '-1'"),
        (SCAN, {"cases": CASE_ROWS + "a,2026-01-01,\n"}, "cases.csv line 6: count is ''"),
        (SCAN, {"cases": CASE_ROWS + "a,2026-01-01,nan\n"}, "cases.csv line 6: count is 'nan'"),
        (SCAN, {"cases": CASE_ROWS + "a,2026-13-01,1\n"}, "cases.csv line 6: date is '2026-13-01'"),
        (SCAN, {"cases": CASE_ROWS + "a,2026-01-01,1,2\n"}, "cases.csv is not a regular CSV"),
        (SCAN, {"places": PLACES + "a,120.5,31.3\n"}, "places.csv line 5: a is there twice"),
        (SCAN, {"places": PLACES + "d,200,31.3\n"}, "places.csv line 5: lon is '200'"),
        (SCAN, {"places": PLACES + "d,inf,31.3\n"}, "places.csv line 5: lon is 'inf'"),
        (SCAN, {"places": "location_id,lon,lat\n"}, "places.csv has no rows"),
        (SCAN, {"places": ""}, "places.csv is empty"),
        (SCAN, {"cases": "location_id,count\na,1\n"}, "cases.csv lacks the column date"),
        (SCAN + " --planar", {}, "lacks the column x"),
        (SCAN + " --from 2026-02-01 --to 2026-01-01", {}, "before it starts"),
        (
            POISSON,
            {"people": "location_id,population\na,5\nb,0\nc,7\n"},
            "cases.csv line 3: location b has cases but no",
        ),
        (POISSON, {"people": "location_id,population\na,5\na,6\n"}, "people.csv line 3: a is there twice"),
        (POISSON.replace("--population people.csv ", ""), {}, "needs --population"),
        (COUNTS, {"series": SERIES + "s,2026-01-28,1\n"}, "series.csv line 30: s, 2026-01-28 is there twice"),
        (COUNTS, {"series": SERIES + "s,2026-02-09,1\n"}, "goes from 2026-01-28 to 2026-02-09"),
        (COUNTS, {"series": SERIES + "s,2026-01-29,1.5\n"}, "series.csv line 30: count is '1.5'"),
        (COUNTS, {"series": "series_id,date,count\n"}, "series.csv has no rows"),
        (COUNTS, {"control": "{"}, "control.json is not JSON"),
        (COUNTS, {"control": '{"alpha": "small"}'}, "alpha is 'small'; it must be a number"),
        (COUNTS, {"control": '{"baseline": 7.5}'}, "baseline is 7.5; it must be a whole number"),
        (SCAN, {"cases": CASE_ROWS + "a,2026-01-01,60000000\n"}, "a scan takes up to 50000000"),
        (COUNTS, {"control": '{"range": {"from": "soon"}}'}, "range from is 'soon'"),
        (COUNTS, {"control": '{"range": {"from": "2030-01-01"}}'}, "has no date in the range"),
        (HOT, {"counts": f"cell,value\n{CELLS[0]},1\n{CELLS[0]},2\n"}, "counts.csv line 3"),
        (HOT, {"counts": f"cell,value\n{CELLS[0]},-1\n"}, "counts.csv line 2: value is '-1'"),
        (HOT, {"counts": "cell,value\nnowhere,1\n"}, "'nowhere' is not an H3 cell"),
        (HOT, {"counts": f"cell,value,period\n{CELLS[0]},1,1\n{CELLS[1]},1,2\n"}, "has no row for cell"),
        (
            HOT + " --neighbours near.csv",
            {"counts": "cell,value\na,1\nb,2\n", "near": "cell,neighbour\na,b\n"},
            "near.csv line 2: a lists b but not the other way round",
        ),
        (
            HOT + " --neighbours near.csv",
            {"counts": "cell,value\na,1\nb,2\n", "near": "cell,neighbour\na,c\nc,a\n"},
            "near.csv line 3: cell 'c' is not in counts.csv",
        ),
        (NEAR, {"events": EVENT_ROWS}, "1 event makes no pair"),
        (NEAR, {"events": EVENT_ROWS + "1,2026-01-05T08:00,2026-01-05,120.5,31.3,x\n"}, "line 3: 1 is there twice"),
        (FORECAST, {"events": EVENT_ROWS.replace("2026-01-05T08:00", "2026-01-31T08:00")}, "no full week before"),
        (FORECAST, {"events": EVENT_ROWS.replace(",x", ",")}, "events.csv line 2: category is ''"),
        (WATCH, {"events": EVENT_ROWS.replace("31.3", "91.3")}, "events.csv line 2: lat is '91.3'"),
        (WATCH, {"events": EVENT_ROWS.replace("2026-01-05T08:00", "")}, "events.csv line 2: time is ''"),
    ],
)
def test_a_wrong_input_is_named_in_one_sentence(tmp_path: Path, command: str, files: dict[str, str], sentence: str):
    whole = {
        "cases": CASE_ROWS,
        "places": PLACES,
        "people": "location_id,population\na,5\nb,6\nc,7\n",
        "series": SERIES,
        "control": "{}",
        "events": EVENT_ROWS,
    }
    write(tmp_path, **{**whole, **files})

    with pytest.raises(BadInput) as fault:
        run(tmp_path, command)

    assert sentence in str(fault.value)
    assert "\n" not in str(fault.value)


def test_dates_out_of_order_and_repeated_case_rows_have_one_meaning(tmp_path: Path):
    rows = CASE_ROWS.splitlines()
    write(tmp_path, cases=CASE_ROWS, places=PLACES)
    run(tmp_path, SCAN)
    first = json.loads((tmp_path / "out.json").read_text())
    split = [rows[0], rows[3].replace(",3", ",1"), *rows[1:3], rows[4], rows[3].replace(",3", ",2")]
    write(tmp_path, cases="\n".join(split) + "\n")
    run(tmp_path, SCAN)

    second = json.loads((tmp_path / "out.json").read_text())
    assert first["cases"] == second["cases"] == 7
    pairs = zip(first["clusters"], second["clusters"], strict=True)
    assert all(one["location_ids"] == two["location_ids"] and one["llr"] == two["llr"] for one, two in pairs)


@pytest.mark.parametrize(
    ("places", "cases"),
    [
        ("location_id,lon,lat\na,120.5,31.3\n", "location_id,date,count\na,2026-01-01,1\na,2026-01-05,3\n"),
        (PLACES, "location_id,date,count\na,2026-01-01,0\n"),
        (PLACES, "location_id,date,count\n"),
    ],
)
def test_one_location_and_no_case_give_no_cluster(tmp_path: Path, places: str, cases: str):
    write(tmp_path, places=places, cases=cases)

    run(tmp_path, SCAN)

    assert json.loads((tmp_path / "out.json").read_text())["clusters"] == []


def test_all_zero_counts_have_no_z(tmp_path: Path):
    write(tmp_path, counts=f"cell,value\n{CELLS[0]},0\n{CELLS[1]},0\n")

    run(tmp_path, HOT)

    found = pd.read_csv(tmp_path / "out.csv")
    assert found["z"].isna().all()
    assert found[["hot", "cold"]].to_numpy().sum() == 0


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path):
    write(tmp_path, places=PLACES, cases=CASE_ROWS, events=EVENT_ROWS + "2,2026-01-06T08:00,2026-01-06,120.5,31.3,y\n")

    def texts() -> list[str]:
        run(tmp_path, SCAN)
        scan = json.loads((tmp_path / "out.json").read_text())
        scan.pop("seconds")
        run(tmp_path, NEAR)
        near = (tmp_path / "out.json").read_text()
        run(tmp_path, FORECAST)
        return [json.dumps(scan), near, (tmp_path / "out.csv").read_text()]

    assert texts() == texts()


def test_every_watched_day_has_its_row(tmp_path: Path):
    write(tmp_path, events=EVENT_ROWS)

    run(tmp_path, WATCH)

    assert list(pd.read_csv(tmp_path / "out.csv")["date"]) == ["2026-02-01", "2026-02-02", "2026-02-03"]
