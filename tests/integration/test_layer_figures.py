"""Layers traced: what a map shows in a cell, compound or community is what its records are, within rights."""

from collections.abc import Iterator

import numpy as np
import pytest
from sqlalchemy import text

from dashboard.figures.layer_trace import LayerTraced, Unit, layer_rows, meanings, trace_layer
from dashboard.figures.trace import Asked
from dashboard.reports.month import parse_month
from dashboard.server import create_app
from dashboard.settings import ServerSettings
from gis import cells as h3_cells
from gis.errors import BadInput
from layers.catalogue import catalogue
from layers.facts import refresh
from layers.values import select_cell_values
from tests.asking import Browser
from tests.loaded import NOW, Loaded
from tests.world import CODE, World

pytestmark = pytest.mark.database

CELL_LAYERS = [layer for layer in catalogue().layers if layer.geometry == "cell"]
#: kinds whose value in a cell is the number of its records
COUNTED = ("incidents_open", "incidents_reported", "resources", "exact_population")


@pytest.fixture(scope="module", autouse=True)
def counted(loaded: Loaded) -> None:
    """What other tests did to incidents is in the facts; here nobody listens for it."""
    refresh(loaded.database, now=NOW, changes=("incidents",))


def traced(loaded: Loaded, layer_id: str, unit: Unit) -> LayerTraced:
    asked = Asked(loaded.district.code, "Asia/Shanghai", NOW, parse_month("2026-10"), None)
    with loaded.database.owner.connect() as connection:
        return trace_layer(connection, connection, catalogue().layer(layer_id), unit, asked)


@pytest.mark.parametrize("layer", CELL_LAYERS, ids=lambda layer: layer.id)
def test_what_is_traced_in_a_cell_is_what_the_map_shows(loaded: Loaded, layer):
    with loaded.database.owner.connect() as connection:
        shown = select_cell_values(connection, layer.id, 10, code=loaded.district.code)
    shown = shown[shown["value"].notna()]
    if shown.empty:
        # the sample is small, and has no rain of today
        whole = Unit("subdistrict", loaded.district.code)
        assert layer.source.kind not in COUNTED or traced(loaded, layer.id, whole).value == 0
        assert layer.source.kind in (*COUNTED, "demand", "flood_risk", "measured")
        return
    row = shown.loc[shown["value"].idxmax()]

    one = traced(loaded, layer.id, Unit("cell", row["cell_hex"]))

    assert one.value == pytest.approx(row["value"])
    assert one.estimated == row["estimated"]
    assert all(len(query.version) == 12 for query in one.queries)
    assert one.batches
    assert one.feeds
    if layer.source.kind in COUNTED:
        assert one.readable == one.value
    assert (one.records is None) == meanings()[layer.source.kind].guarded
    if one.records is not None:
        assert one.records == one.readable == sum(part.records for part in one.batches)
    else:
        assert all(part.records == 0 for part in one.batches), "no number tells of persons"


def test_batches_of_a_value_are_those_its_records_came_in(loaded: Loaded):
    incidents = traced(loaded, "incidents_30_days", Unit("subdistrict", loaded.district.code))
    heights = traced(loaded, "elevation", Unit("cell", some_cell(loaded)))

    assert {part.batch_id for part in incidents.batches if part.records > 1} == {loaded.result("incidents").batch_id}
    assert [part.batch_id for part in heights.batches] == [loaded.result("terrain").batch_id]
    assert [feed.name for feed in heights.feeds] == ["terrain"]


def some_cell(loaded: Loaded) -> str:
    with loaded.database.owner.connect() as connection:
        cell = connection.scalar(text("SELECT cell FROM base.cell WHERE resolution = 10 ORDER BY cell LIMIT 1"))
    return h3_cells.to_hex([cell])[0]


def test_communities_and_compounds_have_their_published_value(loaded: Loaded):
    with loaded.database.owner.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT unit_kind, unit_code, total FROM topic.unit_population_published"
                " WHERE unit_kind IN ('community', 'place') AND total IS NOT NULL ORDER BY unit_kind, total DESC"
            )
        ).all()
        demand = connection.execute(
            text(
                "SELECT unit_code, per_1000 FROM topic.unit_demand_published WHERE unit_kind = 'community' AND topic = 'all'"
            )
        ).all()
    for kind, stored in (("community", "community"), ("compound", "place")):
        row = next(one for one in rows if one.unit_kind == stored)
        one = traced(loaded, "population", Unit(kind, row.unit_code))
        assert one.value == row.total
        # perturbed by little, so that the true number is near
        assert one.readable == pytest.approx(row.total, abs=10)
    for row in demand:
        assert traced(loaded, "demand", Unit("community", row.unit_code)).value == pytest.approx(row.per_1000)
    incidents = [traced(loaded, "incidents_30_days", Unit("community", row.unit_code)) for row in demand]
    whole = traced(loaded, "incidents_30_days", Unit("subdistrict", loaded.district.code))
    assert sum(one.value or 0 for one in incidents) == whole.value
    assert whole.value


def test_a_cells_records_are_those_of_the_cells_below_it(loaded: Loaded):
    asked = Asked(loaded.district.code, "Asia/Shanghai", NOW, parse_month("2026-10"), None)
    with loaded.database.owner.connect() as connection:
        cells = np.array(
            connection.scalars(
                text(
                    "SELECT cell FROM base.incident WHERE placement = 'placed' AND status NOT IN ('closed', 'withdrawn')"
                )
            ).all()
        )
        parent = h3_cells.to_hex(h3_cells.parents(cells[:1], 9))[0]
        rows = layer_rows(
            connection, catalogue().layer("incidents"), Unit("cell", parent), asked, limit=1000, offset=0
        )  # fmt: skip
        inside = connection.scalars(
            text("SELECT cell FROM base.incident WHERE id = ANY (:ids)"), {"ids": [row["id"] for row in rows]}
        ).all()
    assert rows
    assert set(h3_cells.to_hex(h3_cells.parents(np.array(inside), 9))) == {parent}
    assert "title" not in rows[0]


def test_a_layer_without_a_value_of_a_unit_says_so(loaded: Loaded):
    with pytest.raises(BadInput, match="layer 'elevation' has no value of a community; name a cell"):
        traced(loaded, "elevation", Unit("community", "x"))
    with pytest.raises(BadInput, match="is a cell of resolution 5"):
        traced(loaded, "incidents", Unit("cell", h3_cells.to_hex(h3_cells.parents([int(some_cell(loaded), 16)], 5))[0]))


@pytest.fixture(scope="module")
def browser(world: World) -> Iterator[Browser]:
    with Browser(create_app(ServerSettings(), world.database)) as browser:
        yield browser


@pytest.fixture
def on_the_map(world: World) -> Iterator[None]:
    """The world's persons at a point of their own community."""
    put = (
        "UPDATE base.resident SET placement = 'placed', geom = ST_SetSRID(ST_MakePoint(120.5, 31.3), 4326),"
        " cell = 626740321835323391, radius_m = 20, match_level = 'building', confidence = 1"
    )
    take = (
        "UPDATE base.resident SET placement = 'unplaced', geom = NULL, cell = NULL, radius_m = NULL, match_level = NULL,"
        " confidence = NULL"
    )
    with world.database.owner.begin() as connection:
        connection.execute(text(f"{put} WHERE subdistrict_code = :code"), {"code": CODE})
    yield
    with world.database.owner.begin() as connection:
        connection.execute(text(f"{take} WHERE subdistrict_code = :code"), {"code": CODE})


@pytest.mark.usefixtures("on_the_map")
def test_rows_of_persons_are_within_rights_and_nobody_else_learns_their_number(browser: Browser, world: World):
    def sheet(account: str, **asked: str) -> dict:
        return browser.get("/api/layers/population/trace", params=asked, token=world.tokens[account]).json()

    operator, street = sheet("operator"), sheet("street")
    assert operator["definition"]["zh"].startswith("登记人口：登记在册")
    assert (operator["readable"] > 0, street["readable"]) == (True, 0)
    assert operator["records"] is street["records"] is None
    assert all(batch["records"] is None for batch in street["batches"])
    rows = browser.get("/api/layers/population/trace/rows", token=world.tokens["operator"]).json()
    assert len(rows["records"]) == rows["readable"] == operator["readable"]
    assert browser.get("/api/layers/population/trace/rows", token=world.tokens["street"]).json()["records"] == []
    # a community leader gets their own community, whatever is not asked
    assert sheet("community-2")["code"] == f"{CODE}002"


@pytest.mark.parametrize(
    ("account", "path", "status", "said"),
    [
        ("wall", "population/trace", 403, "not on a wall"),
        ("operator", "compounds_resettlement/trace", 422, "shows records themselves"),
        ("operator", "cats/trace", 404, "no layer"),
        ("operator", "population/trace?compound=1&community=x", 422, "name one of"),
        ("street", "population_disabled/trace", 403, "not for the role"),
        ("community-2", "incidents/trace?community=990000001001", 403, "another community"),
    ],
)
def test_what_cannot_be_asked_is_said(
    browser: Browser, world: World, account: str, path: str, status: int, said: str
):  # fmt: skip
    answer = browser.get(f"/api/layers/{path}", token=world.tokens[account])
    assert answer.status_code == status, answer.text
    assert said in answer.text
