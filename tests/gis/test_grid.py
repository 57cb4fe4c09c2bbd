"""The grid of a small made-up sub-district: two communities, three work grids, an outline that is no rectangle."""

import numpy as np
import pytest
import shapely
from pyproj import Transformer
from sqlalchemy import text

from gis import cells as h3_cells
from gis.district import District
from gis.errors import BadInput
from gis.grid import build_cells, cell_table, share_table

SRID = 4549
CODE = "999905001"

# metres east and north in EPSG:4549; 1 400 m x 900 m with a corner cut off, near the middle of the real district
EAST, NORTH = 499_000, 3_464_000
OUTLINE = shapely.Polygon([(0, 0), (1400, 0), (1400, 600), (1100, 900), (0, 900)])
WEST_COMMUNITY = OUTLINE.intersection(shapely.box(0, 0, 530, 900))
EAST_COMMUNITY = OUTLINE.intersection(shapely.box(530, 0, 1400, 900))
GRIDS = [
    WEST_COMMUNITY,
    EAST_COMMUNITY.intersection(shapely.box(0, 0, 2000, 455)),
    EAST_COMMUNITY.intersection(shapely.box(0, 455, 2000, 900)),
]


def degrees(shape):
    moved = shapely.transform(shape, lambda xy: xy + np.array([EAST, NORTH]))
    transformer = Transformer.from_crs(SRID, 4326, always_xy=True)
    return shapely.transform(moved, lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1])))


@pytest.fixture
def district():
    return District(code=CODE, name="试验街道", name_en="Trial Sub-district", metric_srid=SRID)


@pytest.fixture
def connection(database):
    """A transaction that holds the made-up boundaries and is rolled back."""
    with database.owner.connect() as connection, connection.begin() as transaction:
        connection.execute(
            text(
                "INSERT INTO base.subdistrict (code, name, name_en, metric_srid, timezone, geom)"
                " VALUES (:code, '试验街道', 'Trial', 4549, 'Asia/Shanghai', ST_Multi(ST_GeomFromWKB(:shape, 4326)))"
            ),
            {"code": CODE, "shape": shapely.to_wkb(degrees(OUTLINE))},
        )
        for number, shape in enumerate((WEST_COMMUNITY, EAST_COMMUNITY), 1):
            connection.execute(
                text(
                    "INSERT INTO base.community (code, subdistrict_code, feed, source_key, name, geom)"
                    " VALUES (:code, :sub, 'boundaries', :code, :code, ST_Multi(ST_GeomFromWKB(:shape, 4326)))"
                ),
                {"code": f"{CODE}00{number}", "sub": CODE, "shape": shapely.to_wkb(degrees(shape))},
            )
        for number, shape in enumerate(GRIDS, 1):
            connection.execute(
                text(
                    "INSERT INTO base.work_grid"
                    " (subdistrict_code, feed, source_key, code, name, grid_tier, community_code, geom)"
                    " VALUES (:sub, 'work_grids', :code, :code, :code, 3, :community,"
                    " ST_Multi(ST_GeomFromWKB(:shape, 4326)))"
                ),
                {
                    "code": f"{CODE}00{min(number, 2)}0{number}", "sub": CODE, "community": f"{CODE}00{min(number, 2)}",
                    "shape": shapely.to_wkb(degrees(shape)),
                },
            )  # fmt: skip
        yield connection
        transaction.rollback()


def test_every_resolution_sums_to_the_outline():
    grid = cell_table(degrees(OUTLINE), (9, 10, 11), metric_srid=SRID)

    # 1400 * 900 less the corner of 300 * 300 / 2
    expected_m2 = 1400 * 900 - 300 * 300 / 2
    grid["inside_m2"] = grid["share"] * shapely.area(h3_cells.to_metric(grid["shape"].to_numpy(), SRID))
    for inside_m2 in grid.groupby("resolution")["inside_m2"].sum():
        # parents that only stand in for a child add less than a thousandth
        assert inside_m2 == pytest.approx(expected_m2, rel=1e-3)
    assert grid["share"].between(0, 1, inclusive="right").all()


def test_every_cell_of_11_has_its_parents_in_the_grid():
    grid = cell_table(degrees(OUTLINE), (9, 10, 11), metric_srid=SRID)

    finest = grid.loc[grid["resolution"] == 11, "cell"].to_numpy()
    for resolution in (9, 10):
        known = set(grid.loc[grid["resolution"] == resolution, "cell"])
        assert set(h3_cells.parents(finest, resolution)) <= known


def test_a_boundary_cell_is_shared_as_its_area_is():
    # the shares of a cell cut by the communities' border are the areas of its two parts
    grid = cell_table(degrees(OUTLINE), (10,), metric_srid=SRID)
    shapes = units(WEST_COMMUNITY, EAST_COMMUNITY)

    shares = share_table(grid, shapes, metric_srid=SRID)

    cut = shares[shares.duplicated("cell", keep=False)].groupby("cell")
    assert cut.ngroups > 3
    for cell, parts in cut:
        outline = h3_cells.to_metric(h3_cells.polygons([cell]), SRID)[0]
        west = outline.intersection(shapely.transform(WEST_COMMUNITY, lambda xy: xy + np.array([EAST, NORTH]))).area
        east = outline.intersection(shapely.transform(EAST_COMMUNITY, lambda xy: xy + np.array([EAST, NORTH]))).area
        assert parts.set_index("unit_code")["share"].to_dict() == pytest.approx(
            {"A": west / (west + east), "B": east / (west + east)}, abs=1e-6
        )


def units(*shapes):
    import pandas as pd

    return pd.DataFrame(
        {
            "unit_kind": "community",
            "unit_code": list("ABCDE"[: len(shapes)]),
            "shape": [degrees(shape) for shape in shapes],
        }
    )


@pytest.mark.database
def test_shares_sum_to_one_and_building_again_changes_nothing(connection, district):
    first = build_cells(connection, district)

    sums = connection.execute(
        text(
            "SELECT unit_kind, resolution, min(total) AS low, max(total) AS high, count(*) AS cells FROM ("
            "  SELECT unit_kind, cell, sum(share) AS total FROM base.cell_share"
            "   WHERE subdistrict_code = :code GROUP BY 1, 2"
            ") AS totals JOIN base.cell USING (cell) WHERE subdistrict_code = :code GROUP BY 1, 2"
        ),
        {"code": CODE},
    ).all()
    assert len(sums) == 6
    for row in sums:
        assert (float(row.low), float(row.high)) == pytest.approx((1, 1), abs=1e-12)
        # every cell is shared out, among communities and among work grids
        assert row.cells == first.cells[row.resolution]
    assert first.cells[10] == pytest.approx(1_215_000 / 11_390 * 1.3, rel=0.2)
    assert build_cells(connection, district).changed == 0


@pytest.mark.database
def test_areas_of_the_communities_come_back_out_of_their_shares(connection, district):
    build_cells(connection, district)

    areas = dict(
        connection.execute(
            text(
                "SELECT unit_code, sum(cell_share.share * cell.share * cell.area_m2) FROM base.cell_share"
                " JOIN base.cell USING (cell, subdistrict_code) WHERE subdistrict_code = :code AND resolution = 11"
                " AND unit_kind = 'community' GROUP BY 1"
            ),
            {"code": CODE},
        ).all()
    )

    # west is 530 * 900; H3's sphere makes areas 0.1 % larger than the ellipsoid does
    assert float(areas[f"{CODE}001"]) == pytest.approx(530 * 900, rel=2e-3)
    assert float(areas[f"{CODE}002"]) == pytest.approx(1400 * 900 - 45_000 - 530 * 900, rel=2e-3)


@pytest.mark.database
def test_a_moved_boundary_leaves_no_cell_behind(connection, district):
    whole = build_cells(connection, district)
    for table, key in (("subdistrict", CODE), ("community", f"{CODE}001")):
        connection.execute(
            text(f"UPDATE base.{table} SET geom = ST_Multi(ST_GeomFromWKB(:shape, 4326)) WHERE code = :code"),
            {"code": key, "shape": shapely.to_wkb(degrees(WEST_COMMUNITY))},
        )
    connection.execute(text("DELETE FROM base.community WHERE code = :code"), {"code": f"{CODE}002"})
    connection.execute(
        text("DELETE FROM base.work_grid WHERE subdistrict_code = :code AND community_code <> :west"),
        {"code": CODE, "west": f"{CODE}001"},
    )

    west = build_cells(connection, district)

    assert west.cells[10] < whole.cells[10]
    stored = connection.scalar(
        text("SELECT count(*) FROM base.cell WHERE subdistrict_code = :code AND resolution = 10"), {"code": CODE}
    )
    assert stored == west.cells[10]


@pytest.mark.database
def test_a_sub_district_without_outline_is_told_so(connection):
    with pytest.raises(BadInput, match="999905009 has no outline"):
        build_cells(connection, District(code="999905009", name="无", name_en="None", metric_srid=SRID))
