"""The sample after loading: counts hold exactly, every bad row is where it belongs, places are where the truth has them."""

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from tests.loaded import SCALE

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def connection(loaded):
    with loaded.database.owner.connect() as connection:
        yield connection


def count(connection, sql, **values):
    return connection.scalar(text(f"SELECT count(*) FROM {sql}"), values)


def test_persons_are_exactly_those_promised(connection):
    assert count(connection, "base.resident") == round(230_464 * SCALE)
    assert count(connection, "base.resident WHERE registration = 'registered'") == round(76_158 * SCALE)
    assert count(connection, "base.resident WHERE placement = 'placed'") == round(230_464 * SCALE)


def test_places_are_exactly_those_promised(connection):
    counted = "base.place WHERE kind = 'compound' AND counted"
    assert count(connection, "base.community") == 7
    assert count(connection, counted) == 56
    assert count(connection, counted + " AND compound_kind = 'resettlement'") == 26
    assert count(connection, "base.place WHERE kind = 'apartment'") == 2
    assert connection.scalar(text("SELECT sum(beds) FROM base.place WHERE kind = 'apartment'")) == 50_000
    assert count(connection, "base.work_grid WHERE grid_tier = 2") == 20
    assert count(connection, "base.work_grid WHERE grid_tier = 3") == 97
    assert count(connection, "base.grid_worker") == 234


def test_ages_are_spread_as_promised(connection, loaded):
    persons = round(230_464 * SCALE)
    old = count(
        connection, "base.resident WHERE birth_date <= CAST(:day AS date) - interval '60 years'", day="2026-11-22"
    )
    young = count(
        connection, "base.resident WHERE birth_date > CAST(:day AS date) - interval '18 years'", day="2026-11-22"
    )

    assert old / persons == pytest.approx(0.20, abs=0.005)
    assert young / persons == pytest.approx(0.22, abs=0.005)


def test_nothing_is_lost(loaded, connection):
    for result in loaded.results:
        assert result.read == result.loaded + result.unchanged + result.quarantined + result.unplaced, result.feed
    assert count(connection, "support.batch WHERE read <> loaded + unchanged + quarantined + unplaced") == 0


def test_every_file_was_counted_apart_from_its_reader(loaded, connection):
    rows = connection.execute(
        text("SELECT feed, read, counted, pixels FROM support.batch WHERE origin = 'delivery'")
    ).all()
    # of a raster the cells are counted, and its pixels stand beside them
    assert {row.feed for row in rows if row.pixels} == {"terrain"}
    assert all(row.counted == row.read for row in rows if row.counted is not None)
    # by a third way: lines of the file less its heading; the sample puts no line end inside a field
    lines = (loaded.folder / "incidents.csv").read_bytes().count(b"\n") - 1
    assert next(row.counted for row in rows if row.feed == "incidents") == lines


def test_every_bad_row_is_in_quarantine_or_unchanged(loaded):
    bad = pd.read_csv(loaded.folder.with_name(loaded.folder.name + ".truth") / "bad_rows.csv", dtype=str)
    for feed, rows in bad.groupby("feed"):
        if feed == "stock":
            continue
        result = loaded.result(str(feed))
        copies = int((rows["reason"] == "copy").sum())
        assert result.unchanged == copies, feed
        assert result.quarantined == len(rows) - copies, feed


def test_cells_cover_the_sub_district_exactly(connection, loaded):
    rows = connection.execute(
        text(
            "SELECT resolution, sum(share * area_m2) / 1e6, count(*) FROM base.cell GROUP BY resolution ORDER BY resolution"
        )
    ).all()
    area_km2 = connection.scalar(text("SELECT area_km2 FROM base.subdistrict"))

    assert area_km2 == pytest.approx(34.6, abs=0.05)
    for _, covered_km2, _ in rows:
        # H3's areas are on a sphere, the district's in its metric system: they differ by a few parts in a thousand
        assert covered_km2 == pytest.approx(area_km2, rel=0.01)
    sums = connection.execute(
        text("SELECT sum(share) FROM base.cell_share WHERE unit_kind = 'community' GROUP BY cell")
    ).scalars()
    assert np.allclose(list(map(float, sums)), 1.0, atol=1e-6)


def test_every_person_lies_in_a_cell_that_has_its_parent(connection):
    wrong = connection.scalar(
        text(
            "SELECT count(*) FROM (SELECT resident.id FROM base.resident LEFT JOIN base.cell ON cell.cell = resident.cell"
            " AND cell.resolution = 11 WHERE cell.cell IS NULL OR cell.parent_10 IS NULL) AS lost"
        )
    )
    assert wrong == 0


def test_most_located_incidents_are_at_building_crossing_or_point_of_interest(loaded):
    levels = loaded.result("incidents").levels
    fine = sum(levels.get(level, 0) for level in ("room", "unit", "building", "junction", "poi", "coordinates"))

    assert fine / sum(levels.values()) >= 0.9


def test_incidents_are_where_the_truth_has_them(loaded, connection):
    truth = pd.read_csv(
        loaded.folder.with_name(loaded.folder.name + ".truth") / "incident_places.csv", dtype={"source_key": str}
    )
    placed = pd.DataFrame(
        connection.execute(
            text(
                "SELECT source_key, ST_X(geom) AS x, ST_Y(geom) AS y FROM base.incident WHERE placement = 'placed' AND feed = 'incidents'"
            )
        ).all(),
        columns=["source_key", "x", "y"],
    )
    both = truth.merge(placed, on="source_key")
    # metres at 31.3 degrees north: 95 180 a degree of longitude, 110 870 a degree of latitude
    away_m = np.hypot((both["lon"] - both["x"]) * 95_180, (both["lat"] - both["y"]) * 110_870)

    assert len(both) > 100
    assert (away_m <= 150).mean() >= 0.9
    assert np.median(away_m) <= 30


def test_no_identity_number_stands_in_the_database(connection):
    for table, column in (
        ("base.resident", "address"),
        ("base.incident", "description"),
        ("base.service_request", "description"),
    ):
        found = connection.scalar(text(f"SELECT count(*) FROM {table} WHERE {column} ~ '99[0-9]{{15}}[0-9X]'"))
        assert found == 0, table
    raw = connection.scalar(text("SELECT count(*) FROM support.quarantine WHERE raw::text ~ '99[0-9]{15}[0-9X]'"))
    assert raw == 0
