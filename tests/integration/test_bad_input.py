"""Malformed files: each a clear sentence, within little memory, and nothing changed."""

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from etl.load import load_folder
from gis.database.connection import Database
from gis.errors import BadInput
from tests.etl.malformed import FILES, Malformed, features
from tests.etl.small_district import CODE, write_small_district, write_table, write_yaml
from tests.integration.test_load import forget

NOW = datetime(2026, 4, 1, tzinfo=UTC)
pytestmark = pytest.mark.database
#: what reading all of them one after another may take beside the program itself [bytes]
MEMORY = 400 << 20
STATE = """
SELECT (SELECT count(*) FROM support.batch WHERE subdistrict_code = :code), (SELECT count(*) FROM base.place WHERE subdistrict_code = :code),
       (SELECT count(*) FROM base.work_grid WHERE subdistrict_code = :code), (SELECT count(*) FROM support.quarantine WHERE subdistrict_code = :code),
       (SELECT count(*) FROM support.delivered WHERE subdistrict_code = :code)
"""


@pytest.fixture(scope="module")
def small(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    forget(database)
    load_folder(database, write_small_district(tmp_path_factory.mktemp("small") / "delivery"), actor="test", now=NOW)
    yield database
    forget(database)
    with database.owner.begin() as connection:
        connection.execute(text("DELETE FROM support.heading_mapping WHERE subdistrict_code = :code"), {"code": CODE})


def state(database: Database) -> tuple[int, ...]:
    with database.owner.connect() as connection:
        return tuple(connection.execute(text(STATE), {"code": CODE}).one())


def deliver(folder: Path, malformed: Malformed) -> None:
    malformed.write(folder / malformed.name)
    write_yaml(
        folder, [{"feed": "places", "name": "bad", "file": malformed.name, "crs": "EPSG:4326", **malformed.entry}]
    )


@pytest.mark.parametrize("malformed", FILES.values(), ids=list(FILES))
def test_a_malformed_file_is_refused_in_a_sentence_and_nothing_changed(
    small: Database, tmp_path: Path, malformed: Malformed
) -> None:
    deliver(tmp_path, malformed)
    before = state(small)

    with pytest.raises(BadInput, match=malformed.sentence) as refused:
        load_folder(small, tmp_path, actor="test", now=NOW)

    said = str(refused.value)
    assert malformed.name.partition(".")[0] in said
    assert "\n" not in said
    assert len(said) < 600
    assert state(small) == before


READ_ALL = """
import resource, sys
from pathlib import Path
from etl.delivery import FeedSource
from etl.feeds import FEEDS
from gis.errors import BadInput
from tests.etl.malformed import FILES
folder = Path(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for number, one in enumerate(FILES.values()):
    place = folder / str(number)
    place.mkdir()
    one.write(place / one.name)
made = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for number, one in enumerate(FILES.values()):
    feed = FEEDS[one.entry.get("feed", "places")]
    source = FeedSource(feed.name, folder / str(number) / one.name, encoding="", crs="EPSG:4326")
    try:
        feed.read(source, feed.required_headings(source))
    except BadInput:
        pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - made) * 1024)
"""


def test_no_malformed_file_takes_more_memory_than_it_promises(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ_ALL, str(tmp_path)], capture_output=True, text=True, check=False, timeout=500
    )

    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) < MEMORY


def test_an_area_that_crosses_itself_waits_in_quarantine(small: Database, tmp_path: Path) -> None:
    bow = "[120.501,31.301],[120.504,31.304],[120.504,31.301],[120.501,31.304],[120.501,31.301]"
    (tmp_path / "grids.geojson").write_text(features(bow), encoding="utf-8")
    write_yaml(tmp_path, [{"feed": "work_grids", "name": "bow", "file": "grids.geojson", "crs": "EPSG:4326"}])

    result = load_folder(small, tmp_path, actor="test", now=NOW)[0]

    assert (result.read, result.loaded, result.quarantined) == (1, 0, 1)
    assert result.reasons[0] == ["invalid_shape:geometry"]


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-inf", "1e999", "nan"])
def test_a_coordinate_that_is_no_number_waits_in_quarantine(small: Database, tmp_path: Path, value: str) -> None:
    write_table(tmp_path, "p.csv", "编号,类别,名称,经度,纬度", f"N{value},兴趣点,乙小学,{value},31.3")
    write_yaml(tmp_path, [{"feed": "places", "name": f"none{value}", "file": "p.csv", "crs": "EPSG:4326"}])

    result = load_folder(small, tmp_path, actor="test", now=NOW)[0]

    assert "no_number:经度" in result.reasons[0]


def test_there_are_at_least_thirty_of_them() -> None:
    assert len(FILES) >= 30
    assert len({re.sub(r"[0-9.]+", "", one.sentence) for one in FILES.values()}) >= 25
