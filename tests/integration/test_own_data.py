"""The operator's guide works: what it tells to type into an empty folder is loaded, and it names every feed."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from sqlalchemy import text

from etl.delivery import read_entry
from etl.feeds import FEEDS, KNOWN, RASTERS
from etl.load import load_folder
from gis.database.connection import Database
from gis.district import District

GUIDE = Path(__file__).parents[2] / "docs" / "own-data.md"
CODE = "320599009"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TABLES = "base.incident base.place base.community base.cell_share base.cell base.subdistrict support.delivered support.quarantine support.batch support.feed"


def blocks() -> list[tuple[str, str, str]]:
    """Language, file name and content of every block of the guide."""
    return BLOCK.findall(GUIDE.read_text(encoding="utf-8"))


@pytest.mark.database
def test_the_first_folder_of_the_guide_is_loaded(database: Database, tmp_path: Path) -> None:
    for _, name, content in blocks():
        if name:
            (tmp_path / name).write_text(content, encoding="utf-8")
    try:
        results = {
            one.feed: one for one in load_folder(database, tmp_path, actor="test", now=datetime(2026, 4, 1, tzinfo=UTC))
        }
        with database.owner.connect() as connection:
            order = connection.execute(
                text(
                    "SELECT category, subcategory, match_level, community_code FROM base.incident WHERE subdistrict_code = :code"
                ),
                {"code": CODE},
            ).one()
    finally:
        with database.owner.begin() as connection:
            for table in TABLES.split():
                column = "code" if table == "base.subdistrict" else "subdistrict_code"
                connection.execute(text(f"DELETE FROM {table} WHERE {column} = :code"), {"code": CODE})

    assert {feed: (one.read, one.loaded, one.quarantined) for feed, one in results.items()} == {
        "boundaries": (1, 1, 0), "places": (1, 1, 0), "incidents": (1, 1, 0),
    }  # fmt: skip
    assert tuple(order) == ("城市管理", "排水", "poi", f"{CODE}001")


def test_the_pull_of_the_guide_is_an_entry(tmp_path: Path) -> None:
    stated = [yaml.safe_load(content) for _, _, content in blocks() if "pull:" in content]
    faults: list[str] = []

    district = District(code="320505005", name="枫桥街道", name_en="Fengqiao", metric_srid=4549)

    source = read_entry(stated[0][0], tmp_path, district, KNOWN, faults)

    assert faults == []
    assert source is not None
    assert source.pull["every_s"] == 300


@pytest.mark.parametrize("feed", [*FEEDS, *RASTERS])
def test_the_guide_names_every_feed(feed: str) -> None:
    assert f"`{feed}`" in GUIDE.read_text(encoding="utf-8")
