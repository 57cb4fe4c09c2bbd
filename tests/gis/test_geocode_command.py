"""`geocode IN.csv --out OUT.csv --gazetteer DIR`: right rows, or one sentence and no file."""

import csv
import random
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.weighing import weigh_command
from gis.geocode_command import RESULT_COLUMNS
from tests.commands import run_command

pytestmark = pytest.mark.usefixtures("english")

PLACES = (
    "place_id,kind,name,parent_id,lon,lat,crs,address,households,valid_from,valid_to\n"
    "C1,community,桃林社区,,120.5,31.3,WGS84,,,,\nE1,compound,桃林新村,C1,120.505,31.305,WGS84,,,,\n"
)
BUILDINGS = (
    "building_id,place_id,zone,number,units,floors,rooms_per_floor,lon,lat,crs\n"
    "E1-12,E1,,12,3,6,2,120.5051,31.3051,WGS84\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "gazetteer").mkdir()
    (tmp_path / "gazetteer" / "places.csv").write_text(PLACES, encoding="utf-8")
    (tmp_path / "gazetteer" / "buildings.csv").write_text(BUILDINGS, encoding="utf-8")
    return tmp_path


def run(folder: Path, *more: str) -> tuple[int, str]:
    source, out, gazetteer = (str(folder / name) for name in ("in.csv", "out.csv", "gazetteer"))
    ended = run_command("geocode", source, "--out", out, "--gazetteer", gazetteer, *more)
    return ended.exit_code, ended.stderr


def test_every_row_is_answered_under_its_id(folder):
    (folder / "in.csv").write_text(
        "query_id,text\nq1,桃林新村12幢3单元402室\nq2,河道有垃圾\n\nq3,\n", encoding="utf-8-sig"
    )

    code, said = run(folder)

    assert (code, said) == (0, "")
    with (folder / "out.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0]) == RESULT_COLUMNS
    assert [row["query_id"] for row in rows] == ["q1", "q2", "q3"]
    assert (rows[0]["status"], rows[0]["level"], rows[0]["building_id"], rows[0]["room"]) == (
        "matched",
        "room",
        "E1-12",
        "402",
    )
    # the cell at resolution 11, as text of 15 characters (design: 64-bit integers do not survive JavaScript)
    assert len(rows[0]["h3"]) == 15
    assert rows[0]["h3"][1] == "b"
    assert float(rows[0]["lon"]) == 120.5051
    assert {row["status"] for row in rows[1:]} == {"unmatched"}
    assert rows[1]["confidence"] == ""


def test_another_column_can_be_named(folder):
    (folder / "in.csv").write_text("id,address\n7,桃林新村12幢\n", encoding="utf-8")

    assert run(folder, "--text-column", "address")[0] == 0
    assert (folder / "out.csv").read_text(encoding="utf-8").splitlines()[1].startswith("7,matched,building,E1,E1-12")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"query_id,address\n1,x\n", "no column 'text'"),
        ("query_id,text\n1,桃林新村\n".encode("gb18030"), "not UTF-8"),
        (b"query_id,text\n1,a\x00b\n", "NUL"),
        (b"query_id,text\n1," + b"x" * 200_000 + b"\n", "200000 characters"),
        # a cell of 10 MB, in one line and in many
        (b"query_id,text\n1," + b"x" * 10_000_000 + b"\n", "more than 4000000 characters"),
        (b'query_id,text\n1,"' + b"xxxxxxxx\n" * 1_200_000 + b'"\n', "a field of more than 1,000,000 characters"),
        (b"query_id,text\n1,x,y,z\n", "4 fields"),
        (b'query_id,text\n1,"x"y"\n', "not a readable CSV"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe", "not UTF-8"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_no_file(folder, content, said):
    (folder / "in.csv").write_bytes(content)

    code, error = run(folder)

    assert code == 1
    assert said in error
    assert len(error.strip().splitlines()) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["gazetteer", "in.csv"]


def test_a_bad_gazetteer_is_one_sentence_and_leaves_the_old_file(folder):
    (folder / "in.csv").write_text("text\n桃林新村\n", encoding="utf-8")
    (folder / "out.csv").write_text("from before", encoding="utf-8")
    (folder / "gazetteer" / "places.csv").write_text(
        PLACES.replace("E1,compound,桃林新村,C1", "E1,compound,桃林新村,E1"), encoding="utf-8"
    )

    code, error = run(folder)

    assert code == 1
    assert "loop" in error
    assert len(error.strip().splitlines()) == 1
    assert (folder / "out.csv").read_text(encoding="utf-8") == "from before"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("E1,compound,桃林新村,C1", "E1,compound,桃林新村,C9", "parent C9 of place E1 is missing"),
        ("120.505,31.305", "31.305,120.505", "expected longitude and latitude"),
        ("120.505,31.305", "inf,31.305", "expected longitude and latitude"),
        ("WGS84,,,,\nE1", "WGS84,,1e400,,\nE1", "expected a whole number"),
        ("WGS84,,,,\nE1", "WGS84,,,,,,,\nE1", "line 2: 14 fields where the header has 11"),
    ],
)
def test_a_gazetteer_that_contradicts_itself_is_one_sentence(folder, old, new, said):
    (folder / "in.csv").write_text("text\n桃林新村\n", encoding="utf-8")
    assert old in PLACES
    (folder / "gazetteer" / "places.csv").write_text(PLACES.replace(old, new), encoding="utf-8")

    code, error = run(folder)

    assert code == 1
    assert said in error
    assert len(error.strip().splitlines()) == 1
    assert not (folder / "out.csv").exists()


def test_a_million_empty_lines_are_no_rows(folder):
    (folder / "in.csv").write_bytes(b"text\n" + b"\n" * 1_000_000)

    assert run(folder)[0] == 0
    assert len((folder / "out.csv").read_text(encoding="utf-8").splitlines()) == 1


def test_the_process_stays_small_on_a_gazetteer_of_a_small_city(tmp_path):
    # the size: 5 000 places, 20 000 buildings of 3 units, 5 floors and one room each, 300 000 rooms
    rng = random.Random(3)
    common = bytes(range(0xB0, 0xD8))  # first bytes of the commoner half of GB 2312
    characters = [bytes([high, low]).decode("gb2312") for high in common[:-1] for low in range(0xA1, 0xFF)]
    names = ["".join(rng.choices(characters, k=4)) for _ in range(5000)]
    places = [f"P{row},compound,{name}花园,,120.5,31.3,WGS84,,,," for row, name in enumerate(names)]
    buildings = [f"B{row},P{row % 5000},,{row // 5000 + 1},3,5,1,120.5,31.3,WGS84" for row in range(20_000)]
    for name, header, rows in (("places", PLACES, places), ("buildings", BUILDINGS, buildings)):
        (tmp_path / f"{name}.csv").write_text("\n".join([header.split("\n")[0], *rows]) + "\n", encoding="utf-8")
    asked = [f"{place.split(',')[2]}{row % 4 + 1}幢2单元{row % 5 + 1}01室" for row, place in enumerate(places[::10])]
    (tmp_path / "in.csv").write_text("\n".join(["text", *asked]) + "\n", encoding="utf-8")
    # machine code that is not there yet is made by another process, as in `make setup`
    subprocess.run([sys.executable, "-m", "gis.geocode.warm"], check=True)

    took = weigh_command("geocode", tmp_path / "in.csv", "--out", tmp_path / "out.csv", "--gazetteer", tmp_path)

    assert (tmp_path / "out.csv").read_text(encoding="utf-8").count(",matched,room,") > 490
    assert took.resident_mb < 250


def test_missing_files_are_named(folder):
    assert run(folder)[0] == 1
    (folder / "in.csv").write_text("text\nx\n", encoding="utf-8")
    code, error = run(folder, "--out", str(folder / "nowhere" / "out.csv"))
    assert code == 1
    assert "cannot be written" in error
