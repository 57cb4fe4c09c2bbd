"""`fengqiao doctor feed FILE`: the system is proposed with evidence, never applied; bad input is one sentence."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from gis.coordinates import System, from_wgs84
from gis.errors import BadInput
from gis.feed_command import conclusion, feed_report
from gis.feed_file import LONGEST_TEXT, read_feed_file
from gis.geocode import Geocoder
from tests.commands import Ended, run_command
from tests.gis.geocode_district import invented_gazetteer
from tests.world import COMPOUNDS, World

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture(scope="module")
def geocoder() -> Geocoder:
    return Geocoder(invented_gazetteer())


def addresses(geocoder: Geocoder) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Written addresses of the invented buildings, and where these stand."""
    buildings = list(geocoder.gazetteer.buildings.values())
    names = geocoder.gazetteer.places
    return (
        [f"{names[one.place_id].name}{one.number}幢" for one in buildings],
        np.array([one.lon for one in buildings], dtype=float),
        np.array([one.lat for one in buildings], dtype=float),
    )


def write_csv(path: Path, headings: list[str], *columns: object, encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(headings)
        writer.writerows(zip(*columns, strict=True))  # type: ignore[call-overload]
    return path


@pytest.mark.parametrize("system", [System.WGS84, System.GCJ02, System.BD09, System.EPSG4549, System.EPSG4528])
def test_a_csv_tells_its_system(tmp_path: Path, geocoder: Geocoder, system: System):
    texts, lon, lat = addresses(geocoder)
    x, y = from_wgs84(lon, lat, system=system)
    rows = read_feed_file(write_csv(tmp_path / "a.csv", ["编号", "地址", "经度", "纬度"], texts, texts, x, y))

    report = feed_report(rows, geocoder)

    assert rows.columns == {"address": "地址", "x": "经度", "y": "纬度"}
    assert report.found.system is system
    assert (report.rows, report.with_point, report.compared, report.found.rows) == (len(texts),) * 4
    assert report.found.evidence[0].median_m < 1
    assert f"Probably {system}" in str(conclusion(report.found))
    assert "Nothing was converted" in str(conclusion(report.found))


def test_exchanged_axes_are_said(tmp_path: Path, geocoder: Geocoder):
    texts, lon, lat = addresses(geocoder)
    x, y = from_wgs84(lon, lat, system="GCJ02")
    # surveyors write x for north
    rows = read_feed_file(write_csv(tmp_path / "a.csv", ["address", "X", "Y"], texts, y, x, encoding="gb18030"))

    found = feed_report(rows, geocoder).found

    assert (found.system, found.swapped) == (System.GCJ02, True)
    assert "exchanged" in str(conclusion(found))


def test_a_geojson_tells_its_system_and_rows_without_a_point_do_not_count(tmp_path: Path, geocoder: Geocoder):
    texts, lon, lat = addresses(geocoder)
    x, y = from_wgs84(lon, lat, system="BD09")
    features = [
        {
            "type": "Feature",
            "properties": {"事发地址": text},
            "geometry": {"type": "Point", "coordinates": [east, north]},
        }
        for text, east, north in zip(texts, x, y, strict=True)
    ]
    features[0]["geometry"] = None
    features[1]["properties"] = {"事发地址": "不知道的地方"}
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")

    report = feed_report(read_feed_file(path), geocoder)

    assert report.found.system is System.BD09
    assert (report.with_point, report.compared) == (len(texts) - 1, len(texts) - 1)
    assert report.found.rows == len(texts) - 2


def test_it_says_nothing_from_few_rows_or_from_roads(tmp_path: Path, geocoder: Geocoder):
    texts, lon, lat = addresses(geocoder)
    few = read_feed_file(write_csv(tmp_path / "few.csv", ["地址", "lon", "lat"], texts[:7], lon[:7], lat[:7]))
    roads = read_feed_file(
        write_csv(tmp_path / "roads.csv", ["地址", "lon", "lat"], ["枣林路"] * 40, lon[:40], lat[:40])
    )

    none = read_feed_file(write_csv(tmp_path / "none.csv", ["地址", "lon", "lat"], texts, [""] * len(texts), lat))

    for rows, known in ((few, 7), (roads, 0), (none, 0)):
        report = feed_report(rows, geocoder)
        assert (report.found.system, report.found.reason) == (None, "too few rows")
        assert report.found.rows == known
        assert str(conclusion(report.found)).startswith("Undecided: fewer than 8 rows")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", "地址,lon,lat\n".encode(), "no rows"),
        ("a.csv", "名称,lon,lat\n一,1,2\n".encode(), "--address-column"),
        ("a.csv", "地址,联系地址2,lon,lat\n".encode(), "no rows"),
        ("a.csv", "地址一,地址二,lon,lat\n一,二,1,2\n".encode(), "地址一, 地址二"),
        ("a.csv", "地址,lon\n一,1\n".encode(), "--y-column"),
        ("a.csv", "地址,lon,lat\n一,1\n".encode(), "line 2: 2 fields"),
        ("a.csv", "地址,lon,lat\n".encode() + b"a\0b,1,2\n", "NUL byte"),
        ("a.csv", b"\xff\xff\xff", "neither UTF-8 nor GB 18030"),
        ("a.csv", "地址,lon,lat\n\"一,1,2\n".encode(), "not a readable CSV"),
        ("a.csv", f"地址,lon,lat\n{'一' * (LONGEST_TEXT + 1)},1,2\n".encode(), "line 2: a field of more than 100,000 characters"),
        ("a.csv", b"\n" * 1_000_000, "is empty"),
        ("a.geojson", b"{", "not readable JSON"),
        ("a.geojson", b"[" * 100_000, "not readable JSON"),
        ("a.geojson", b'{"type": "Point"}', "no GeoJSON FeatureCollection"),
        ("a.geojson", b'{"features": []}', "--address-column"),
    ],
)  # fmt: skip
def test_a_bad_file_is_one_sentence(tmp_path: Path, name: str, content: bytes, says: str):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(BadInput, match=says) as caught:
        read_feed_file(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def run(*arguments: str) -> Ended:
    return run_command("doctor", "feed", *arguments)


def test_the_command_compares_with_the_gazetteer_of_the_database(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("FENGQIAO_DATABASE_URL", world.database.owner_url.render_as_string(hide_password=False))
    monkeypatch.setenv("FENGQIAO_VAR_DIR", str(tmp_path / "var"))
    texts = [f"{name}1幢" for name, _ in COMPOUNDS.values()] * 4
    x, y = from_wgs84([lon for _, lon in COMPOUNDS.values()] * 4, [31.29] * 12, system="GCJ02")
    path = write_csv(tmp_path / "a.csv", ["where", "x", "y"], texts, x, y)
    before = path.read_bytes()

    told = run(str(path), "--address-column", "where")
    unknown = run(str(path))

    assert told.exit_code == 0, told.stdout
    assert "12 rows" in told.stdout
    assert "Probably GCJ02" in told.stdout
    assert "crs: GCJ-02" in told.stdout
    assert "median distance (m)" in told.stdout
    assert path.read_bytes() == before
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert "--address-column" in unknown.stderr


def test_what_is_not_there_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("FENGQIAO_DATABASE_URL", raising=False)
    monkeypatch.setenv("FENGQIAO_VAR_DIR", str(tmp_path / "var"))
    path = write_csv(tmp_path / "a.csv", ["地址", "x", "y"], ["一"], [1], [2])

    no_file, no_installation = run(str(tmp_path / "none.csv")), run(str(path))

    assert (no_file.exit_code, no_installation.exit_code) == (1, 1)
    assert "is not there" in no_file.stderr
    assert "make run" in no_installation.stderr
    assert not (tmp_path / "var").exists()
