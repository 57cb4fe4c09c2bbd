"""Rasters as feeds: heights, persons and rain come to the cells; rain that arrives is flood risk at once."""

import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from sqlalchemy import text

from etl.kept import KeptFiles
from etl.ledger import batches
from etl.load import load_folder
from etl.undo import undo_batch
from gis import cells as h3_cells
from gis.database.connection import Database
from gis.district import select_district
from gis.errors import BadInput, Conflict, CrsMissing, NotAllowed
from gis.identity import identity_keys
from layers import facts
from layers.surface import write_surface
from layers.values import select_cell_values
from tests.etl.small_district import CODE, FEEDS, write_small_district, write_yaml
from tests.integration.test_load import forget

pytestmark = pytest.mark.database
NOW = datetime.now(UTC).replace(microsecond=0)
#: two pixels over the small district: west and east half
HALVES = Affine(0.005, 0, 120.50, 0, -0.006, 31.3055)


def write_raster(path: Path, west: float, east: float, *, crs: str | None = "EPSG:4326", **tags: str) -> None:
    with rasterio.open(
        path, "w", driver="GTiff", dtype="float32", count=1, width=2, height=1, crs=crs, transform=HALVES, nodata=-9999
    ) as raster:
        raster.write(np.array([[west, east]], dtype="float32"), 1)
        raster.update_tags(**tags)


@pytest.fixture
def emptied(database: Database) -> Iterator[Database]:
    forget(database)
    yield database
    forget(database)
    with database.owner.begin() as connection:
        connection.execute(text("DELETE FROM base.cell_measure WHERE subdistrict_code = :code"), {"code": CODE})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = write_small_district(tmp_path / "delivery")
    write_raster(folder / "terrain.tif", 3.0, 9.0)
    write_raster(folder / "persons.tif", 100.0, 300.0)
    write_raster(folder / "rain.tif", 50.0, 10.0, measured_at=(NOW - timedelta(hours=2)).isoformat())
    areas = [feed for feed in FEEDS if feed["feed"] in ("boundaries", "work_grids")]
    rasters = [
        {"feed": "rain", "file": "rain.tif"},
        {"feed": "terrain", "file": "terrain.tif"},
        {"feed": "population_raster", "file": "persons.tif"},
    ]
    write_yaml(folder, [*rasters, *areas])
    return folder


def load(database: Database, folder: Path) -> dict[str, Any]:
    return {result.feed: result for result in load_folder(database, folder, actor="test", now=NOW)}


def values_of(database: Database, layer: str) -> "dict[str, float]":
    """The values of a layer in the cell in the middle of the west and of the east half."""
    west, east = (
        h3_cells.to_hex(h3_cells.parents(h3_cells.index_points([lon], [31.3025]), 10))[0] for lon in (120.5025, 120.508)
    )
    with database.owner.connect() as connection:
        shown = select_cell_values(connection, layer, 10, code=CODE).set_index("cell_hex")["value"]
    return {"west": float(shown.get(west, np.nan)), "east": float(shown.get(east, np.nan))}


def bring_up_to_date(database: Database, results: dict[str, Any], *feeds: str) -> dict[str, int]:
    """What the follower does when it hears of the batches."""
    changed: dict[str, int] = {}
    with database.owner.begin() as connection:
        district = select_district(connection, code=CODE)
        for feed in feeds:
            changed |= facts.apply_batch(connection, district, feed, results[feed].batch_id, now=NOW)
    return changed


def test_rain_that_arrives_is_flood_risk_at_once(emptied: Database, folder: Path) -> None:
    results = load(emptied, folder)
    bring_up_to_date(emptied, results, "terrain", "rain")

    assert values_of(emptied, "elevation") == pytest.approx({"west": 3.0, "east": 9.0})
    # 50 mm and the lowest height of all: many cells share it, so that their mean rank is taken; no water is on file
    risk = values_of(emptied, "flood_risk")
    assert values_of(emptied, "rain") == pytest.approx({"west": 50.0, "east": 10.0})
    with emptied.owner.connect() as connection:
        heights = np.sort(
            connection.scalars(
                text("SELECT elevation_m FROM base.cell WHERE subdistrict_code = :code AND resolution = 10"),
                {"code": CODE},
            ).all()
        )
    lowest, highest = np.isclose(heights, 3.0).sum(), np.isclose(heights, 9.0).sum()
    rank_west, rank_east = (lowest + 1) / 2, len(heights) - (highest - 1) / 2
    assert risk["west"] == pytest.approx(100 * (1 - (rank_west - 1) / (len(heights) - 1)), abs=15)
    assert risk["east"] == pytest.approx(100 * 10 / 50 * (1 - (rank_east - 1) / (len(heights) - 1)), abs=3)

    write_raster(folder / "rain.tif", 0.0, 100.0, measured_at=(NOW - timedelta(hours=1)).isoformat())
    results = load(emptied, folder)
    assert bring_up_to_date(emptied, results, "rain")["rasters"] > 0

    after = values_of(emptied, "flood_risk")
    assert after["west"] == 0.0
    # more than 50 mm is not worse than 50 mm: five times the former share of 10 of 50
    assert after["east"] == pytest.approx(5 * risk["east"])


def test_the_newest_rain_stays_and_old_rain_is_no_risk(emptied: Database, folder: Path) -> None:
    bring_up_to_date(emptied, load(emptied, folder), "terrain")
    write_raster(folder / "rain.tif", 1.0, 1.0, measured_at=(NOW - timedelta(hours=3)).isoformat())
    load(emptied, folder)
    assert values_of(emptied, "rain")["west"] == pytest.approx(50.0)

    with emptied.owner.begin() as connection:
        connection.execute(
            text("UPDATE base.cell_measure SET measured_at = :then WHERE subdistrict_code = :code AND kind = 'rain'"),
            {"then": NOW - timedelta(hours=25), "code": CODE},
        )
    assert np.isnan(values_of(emptied, "flood_risk")["west"])


def test_persons_of_a_raster_are_summed(emptied: Database, folder: Path) -> None:
    load(emptied, folder)

    with emptied.owner.connect() as connection:
        shown = select_cell_values(connection, "population_raster", 10, code=CODE)
    # cells on the edge of the district reach past the raster's own edge in places: nearly all of its 400 persons
    assert shown["value"].sum() == pytest.approx(400, rel=0.1)
    assert shown["estimated"].all()


def test_the_ledger_has_every_cell_and_the_pixels_of_the_header(emptied: Database, folder: Path) -> None:
    results = load(emptied, folder)
    with emptied.owner.connect() as connection:
        cells = connection.scalar(text("SELECT count(*) FROM base.cell WHERE subdistrict_code = :c"), {"c": CODE})
        rows = {row.feed: row for row in batches(connection, subdistrict_code=CODE)}

    for feed in ("terrain", "rain", "population_raster"):
        row = rows[feed]
        assert (row.read, row.counted, row.pixels) == (cells, cells, 2)
        assert row.loaded + row.unchanged == cells
        assert 0 < row.loaded == results[feed].loaded
    # other heights in the west alone: as many cells change as lie there
    write_raster(folder / "terrain.tif", 4.0, 9.0)
    again = load(emptied, folder)["terrain"]
    assert 0 < again.loaded < results["terrain"].loaded
    assert again.read == cells


def test_a_raster_is_undone_by_the_file_of_the_one_before(emptied: Database, folder: Path, tmp_path: Path) -> None:
    kept = KeptFiles(tmp_path / "kept", identity_keys(emptied.secrets))

    def deliver() -> dict[str, int]:
        results = load_folder(emptied, folder, actor="test", now=NOW, kept=kept)
        return {result.feed: int(result.batch_id or 0) for result in results}

    first = deliver()
    write_raster(folder / "terrain.tif", 7.0, 8.0)
    write_raster(folder / "rain.tif", 5.0, 6.0, measured_at=(NOW - timedelta(hours=1)).isoformat())
    second = deliver()
    assert (values_of(emptied, "elevation")["west"], values_of(emptied, "rain")["west"]) == pytest.approx((7.0, 5.0))

    with pytest.raises(Conflict, match=f"undo batch {second['terrain']} first"):
        undo_batch(emptied, first["terrain"], actor="test", kept=kept)
    for feed in ("terrain", "rain"):
        undo_batch(emptied, second[feed], actor="test", kept=kept)
    assert values_of(emptied, "elevation") == pytest.approx({"west": 3.0, "east": 9.0})
    assert values_of(emptied, "rain") == pytest.approx({"west": 50.0, "east": 10.0})
    with emptied.owner.connect() as connection:
        told = connection.execute(
            text(
                "SELECT DISTINCT batch_id, measured_at FROM base.cell_measure WHERE kind = 'rain' AND subdistrict_code = :c"
            ),
            {"c": CODE},
        ).all()
    assert told == [(first["rain"], NOW - timedelta(hours=2))]

    # before the first one there was nothing
    undo_batch(emptied, first["rain"], actor="test", kept=kept)
    assert np.isnan(values_of(emptied, "rain")["west"])
    write_raster(folder / "terrain.tif", 7.0, 8.0)
    third = deliver()["terrain"]
    (tmp_path / "kept" / "terrain").rename(tmp_path / "gone")
    with pytest.raises(Conflict, match=rf"the raster before it \(batch {first['terrain']}\) is not kept"):
        undo_batch(emptied, third, actor="test", kept=kept)
    assert values_of(emptied, "elevation")["west"] == pytest.approx(7.0)


def test_a_raster_comes_in_a_zip_with_what_lies_beside_it(emptied: Database, folder: Path) -> None:
    with zipfile.ZipFile(folder / "terrain.zip", "w") as packed:
        packed.write(folder / "terrain.tif", "高程/terrain.tif")
        packed.writestr("高程/说明.txt", "…")
    (folder / "terrain.tif").unlink()
    areas = [feed for feed in FEEDS if feed["feed"] in ("boundaries", "work_grids")]
    write_yaml(folder, [{"feed": "terrain", "file": "terrain.zip"}, *areas])

    load(emptied, folder)

    assert values_of(emptied, "elevation") == pytest.approx({"west": 3.0, "east": 9.0})


def test_the_same_rasters_again_change_nothing(emptied: Database, folder: Path) -> None:
    load(emptied, folder)

    for result in load(emptied, folder).values():
        assert (result.loaded, result.unchanged) == (0, result.read)


@pytest.mark.parametrize(
    ("tags", "crs", "fault", "sentence"),
    [
        ({}, "EPSG:4326", BadInput, r"rain\.tif does not say when it was measured"),
        ({"measured_at": "yesterday"}, "EPSG:4326", BadInput, r"rain\.tif says 'yesterday' for its time"),
        ({"measured_at": "2026-06-01T08:00"}, None, CrsMissing, r"rain\.tif states no coordinate system"),
    ],
)
def test_a_rain_raster_that_does_not_say_enough_is_refused_and_nothing_changes(
    emptied: Database, folder: Path, tags: dict[str, str], crs: str | None, fault: type[Exception], sentence: str
) -> None:
    write_raster(folder / "rain.tif", 1.0, 2.0, crs=crs, **tags)

    with pytest.raises(fault, match=sentence):
        load(emptied, folder)

    with emptied.owner.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM base.cell WHERE subdistrict_code = :c"), {"c": CODE}) == 0


def test_impossible_rain_is_refused(emptied: Database, folder: Path) -> None:
    write_raster(folder / "rain.tif", 99999.0, 2.0, measured_at=NOW.isoformat())

    with pytest.raises(BadInput, match=r"rain\.tif holds values from 2 to 99999 mm, .* check its nodata value"):
        load(emptied, folder)


def test_a_layer_is_written_as_a_surface(emptied: Database, folder: Path, tmp_path: Path) -> None:
    bring_up_to_date(emptied, load(emptied, folder), "terrain", "rain")
    path = tmp_path / "rain_surface.tif"

    with emptied.owner.connect() as connection:
        written = write_surface(connection, "rain", path, now=NOW, code=CODE)
        with pytest.raises(NotAllowed):
            write_surface(connection, "population_minors", path, now=NOW, code=CODE)

    with rasterio.open(path) as raster:
        assert (raster.width, raster.height) == (written.width, written.height)
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert (raster.tags()["layer"], raster.tags()["unit"]) == ("rain", "mm")
        assert np.nanmax(raster.read(1)) == pytest.approx(50.0)
