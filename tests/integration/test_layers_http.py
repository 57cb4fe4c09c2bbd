"""Layers, legends, cells, tiles and the ground over HTTP, for every audience; open data as QGIS reads it."""

import gzip
import math
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import httpx
import psycopg
import pyogrio
import pytest
import shapely
import uvicorn
from sqlalchemy import text

from dashboard.server import create_app
from dashboard.settings import ServerSettings
from gis.database.connection import Database
from layers import facts
from tests.asking import Browser
from tests.integration import layer_world as world
from tests.integration.layer_fixtures import served_database, tokens
from tests.integration.layer_world import CODE, EAST, NOW, WEST, cell_of

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def own(database: Database) -> Iterator[Database]:
    with served_database(database, "fengqiao_layers_http") as own:
        yield own


@pytest.fixture(scope="module")
def token(own):
    return tokens(own)


@pytest.fixture(scope="module")
def app(own, database_settings):
    return create_app(ServerSettings(geodatabase=database_settings), own, clock=lambda: NOW)


@pytest.fixture(scope="module")
def browser(app):
    with Browser(app) as browser:
        yield browser


def tile_of(building, z):
    """The tile a building lies in, by the formula of the web Mercator pyramid (EPSG:3857)."""
    lon, lat, _, _ = world.BUILDINGS[building]
    side = 2**z
    return z, int((lon + 180) / 360 * side), int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * side)


def decoded(content, tmp_path, layer, address):
    """Read a tile with GDAL, a reader that is not ours; the folder's name tells it the zoom."""
    z, x, y = address
    path = tmp_path / f"{z}-{x}-{y}.mvt"
    path.write_bytes(content)
    return pyogrio.read_dataframe(path, layer=layer, X=x, Y=y, Z=z)


def test_each_role_sees_its_layers(browser, token):
    ids = {
        role: {layer["id"] for layer in browser.get("/api/layers", token=key).json()["layers"]}
        for role, key in token.items()
    }

    assert "population_minors" in ids["community_leader"]
    assert "population_minors" not in ids["wall"] | ids["duty_officer"] | ids["street_leader"]
    assert {"demand", "population", "reach_clinic", "alerts"} <= ids["wall"]
    assert browser.get("/api/layers").status_code == 401


def test_cells_come_as_lists_with_hexadecimal_text(browser, token):
    answer = browser.get("/api/layers/population/cells?resolution=11", token=token["wall"])

    body = answer.json()
    shown = dict(zip(body["cells"], body["values"], strict=True))
    assert answer.headers["content-encoding"] == "gzip"
    assert abs(shown[format(cell_of(1), "x")] - 40) <= 3
    assert shown[format(cell_of(2), "x")] is None
    assert body["suppressed"] == [format(cell_of(2), "x")]
    assert len(body["cells"]) == len(body["values"]) == len(body["classes"])


def test_the_same_cells_are_not_sent_twice(browser, token, own):
    path = "/api/layers/incidents/cells"
    first = browser.get(path, token=token["duty_officer"])
    again = browser.get(path, token=token["duty_officer"], headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")

    with own.owner.begin() as connection:
        world.incidents(connection, 2, "公共服务", [NOW], key="tag")
        number = connection.scalar(text("SELECT id FROM base.incident WHERE source_key = 'tag0'"))
        facts.apply_change(connection, {"kind": "incident", "id": number, "change": "taken"}, now=NOW)

    fresh = browser.get(path, token=token["duty_officer"], headers={"If-None-Match": first.headers["etag"]})
    assert fresh.status_code == 200
    assert format(cell_of(2, 10), "x") in fresh.json()["cells"]


def test_exact_counts_are_for_those_with_rights_to_the_rows(browser, token):
    path = "/api/layers/population_minors/cells"

    assert browser.get(path, token=token["duty_officer"]).status_code == 403
    assert browser.get(path, token=token["wall"]).status_code == 403
    answer = browser.get(path, token=token["community_leader"])
    assert answer.status_code == 200
    # nobody is a minor in this world
    assert answer.json()["cells"] == []


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/layers/moon/cells", 404, "no layer 'moon'"),
        ("/api/layers/communities/cells", 422, "shows shapes and not cells"),
        ("/api/layers/demand/cells?resolution=8", 422, "resolution 8 is none of 9, 10, 11"),
        ("/tiles/demand/3/9/1.mvt", 422, "no tile 3/9/1"),
        ("/tiles/moon/3/1/1.mvt", 404, "no layer 'moon'"),
        ("/tiles/beneath/3/1/1", 404, "no map lies beneath ours"),
    ],
)
def test_bad_questions_get_a_sentence(browser, token, path, status, words):
    answer = browser.get(path, token=token["duty_officer"])

    assert answer.status_code == status
    assert words in answer.json()["error"]


def test_a_legend_states_its_classes(browser, token):
    reach = browser.get("/api/layers/reach_fire_station/legend", token=token["wall"]).json()
    population = browser.get("/api/layers/population/legend", token=token["wall"]).json()

    assert [part["label"] for part in reach["classes"]] == ["5分钟内", "5—10分钟", "10—15分钟", "超过15分钟，缺口"]
    assert reach["classes"][0]["colours"]["dark"] == "#9188DC"
    assert reach["classes"][3]["colours"]["dark"] is None
    assert reach["estimated"] == "估算：直线距离×1.3，每分钟80米"
    # three buildings are too few for quintiles, and the legend says so rather than to show limits
    assert population["classes"] == []
    assert population["rule"] == "数据不足，尚未分级"
    assert population["suppressed"] == "少于5人不公布"


def test_a_tile_of_cells_carries_text_value_and_class(browser, token, tmp_path):
    address = tile_of(1, 14)
    answer = browser.get("/tiles/reach_fire_station/{}/{}/{}.mvt".format(*address), token=token["wall"])

    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert answer.headers["content-encoding"] == "gzip"
    cells = decoded(answer.content, tmp_path, "reach_fire_station", address).set_index("cell")
    here = cells.loc[format(cell_of(1, 10), "x")]
    assert here["class"] == 0
    assert here["value"] < 5
    assert (cells.geometry.geom_type.isin(["Polygon", "MultiPolygon"])).all()


def test_a_tile_is_where_its_cells_are(browser, token, tmp_path):
    address = tile_of(3, 15)
    answer = browser.get("/tiles/population/{}/{}/{}.mvt".format(*address), token=token["wall"])

    cells = decoded(answer.content, tmp_path, "population", address).set_crs(3857, allow_override=True).to_crs(4326)
    outline = cells.set_index("cell").loc[format(cell_of(3, 10), "x")].geometry
    lon, lat, _, _ = world.BUILDINGS[3]
    # the building lies in its cell, or in a child of it that sticks out by some metres
    assert outline.buffer(0.0002).contains(shapely.Point(lon, lat))


def test_tiles_of_shapes_carry_their_properties(browser, token, tmp_path):
    address = tile_of(1, 12)
    answer = browser.get("/tiles/communities/{}/{}/{}.mvt".format(*address), token=token["wall"])

    communities = decoded(answer.content, tmp_path, "communities", address)
    assert set(communities["name"]) == {WEST, EAST}
    assert abs(communities.set_index("name").loc[EAST, "residents"] - 120) <= 3


def test_a_tile_has_a_tag_and_an_empty_one_no_body(browser, token):
    path = "/tiles/roads/{}/{}/{}.mvt".format(*tile_of(1, 14))
    first = browser.get(path, token=token["operator"])
    assert (
        browser.get(path, token=token["operator"], headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    )
    plain = browser.get(path, token=token["operator"], headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == first.content
    assert browser.get("/tiles/roads/14/0/0.mvt", token=token["operator"]).status_code == 204
    # buildings begin at zoom 13
    assert browser.get("/tiles/buildings/{}/{}/{}.mvt".format(*tile_of(1, 11)), token=token["wall"]).status_code == 204


def test_the_ground_comes_in_parts(browser, token):
    parts = browser.get("/api/basemap", token=token["street_leader"]).json()

    assert parts["schematic"] is True
    counts = {name: len(part["features"]) for name, part in parts.items() if name != "schematic"}
    assert counts == {
        "district": 1, "communities": 2, "hills": 0, "water": 0, "roads": 1, "compounds": 1, "apartments": 1,
    }  # fmt: skip
    apartment = parts["apartments"]["features"][0]["properties"]
    assert apartment["beds"] == 200
    assert apartment["occupancy"] == pytest.approx(0.6, abs=0.02)
    style = browser.get("/api/basemap/style?theme=dark", token=token["wall"]).json()
    assert style["sources"]["roads"]["tiles"] == ["http://fengqiao.test/tiles/roads/{z}/{x}/{y}.mvt"]


@pytest.fixture(scope="module")
def served(own, database_settings):
    """The app behind a real uvicorn; its address."""
    app = create_app(ServerSettings(geodatabase=database_settings), own, clock=lambda: NOW)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=20)


def test_open_data_needs_a_sign_in_and_lists_its_tables(served, token):
    assert httpx.get(f"{served}/ogc/collections", follow_redirects=False).status_code == 401
    assert (
        httpx.get(f"{served}/ogc/collections", headers={"Authorization": f"Bearer {token['wall']}"}).status_code == 403
    )
    listed = httpx.get(f"{served}/ogc/collections", headers={"Authorization": f"Bearer {token['operator']}"}).json()

    assert {entry["id"] for entry in listed["collections"]} == {
        "open.communities", "open.places", "open.resources", "open.population_cells", "open.demand_cells",
    }  # fmt: skip
    # its links lead back to where it is mounted
    assert all(link["href"].startswith(f"{served}/ogc/") for entry in listed["collections"] for link in entry["links"])


READ_AS_QGIS = """
import sys, pyogrio
pyogrio.set_gdal_config_options({"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": sys.argv[2]})
cells = pyogrio.read_dataframe(f"OAPIF:{sys.argv[1]}/ogc", layer="open.population_cells")
print(len(cells), cells.crs.to_epsg() or "CRS84", sorted(cells["cell"])[0], cells.geometry.geom_type.unique().tolist())
"""


def test_gdal_reads_a_collection_as_qgis_does(served, token, own):
    # in a process of its own: GDAL keeps its settings for good, and would hold the interpreter that serves
    done = subprocess.run(
        [sys.executable, "-c", READ_AS_QGIS, served, token["operator"]],
        capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "NO_PROXY": "127.0.0.1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with own.owner.connect() as connection:
        count, first = connection.execute(text("SELECT count(*), min(cell) FROM open.population_cells")).one()
    assert done.stdout.split()[0] == str(count)
    assert first in done.stdout
    assert "Polygon" in done.stdout


def test_open_data_knows_nothing_beside_its_schema(own):
    with psycopg.connect(own.conninfo(own.open_url)) as connection:
        assert connection.execute("SELECT count(*) FROM open.population_cells").fetchone()
    for table in ("base.resident", "topic.population_published", "base.incident", "support.layer_state"):
        with (
            psycopg.connect(own.conninfo(own.open_url)) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(f"SELECT count(*) FROM {table}")


def test_unzipped_bodies_are_the_zipped_ones(browser, token):
    raw = browser.get("/api/basemap", token=token["wall"], headers={"Accept-Encoding": "identity"})

    assert raw.content[:1] == b"{"
    assert gzip.compress(raw.content)
    assert CODE in raw.text
