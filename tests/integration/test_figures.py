"""Figures on the loaded sample: what is traced is what pages show, batch by batch, and rows are within rights."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from dashboard.figures.catalogue import Figure, figures
from dashboard.figures.trace import Asked, trace
from dashboard.reports.facts import find_scope
from dashboard.reports.month import parse_month
from dashboard.server import create_app
from dashboard.settings import ServerSettings
from gis.database.statements import load_statements
from tests.asking import Browser
from tests.loaded import NOW, Loaded
from tests.world import World

pytestmark = pytest.mark.database

MONTH = parse_month("2026-10")
#: shown by statements of several columns or rows, checked by hand below
BY_HAND = {
    ("resources_ready", "wall"), ("unplaced", "wall"), ("requests_day", "wall"), ("requests_weeks", "wall"),
    ("incidents_day", "wall"), ("incidents_weeks", "wall"),
}  # fmt: skip
SHOWN = [
    (figure.id, page)
    for figure in figures().values()
    if figure.parts is None
    for page in figure.shown
    if (figure.id, page) not in BY_HAND
]


def asked_of(loaded: Loaded, community: str | None = None) -> Asked:
    return Asked(loaded.district.code, "Asia/Shanghai", NOW, MONTH, community)


def value_shown(loaded: Loaded, figure: Figure, page: str) -> float:
    """What the page's own statement gives."""
    query, column = figure.shown_queries[page]
    place, _, name = query.statement.partition(":")
    package, _, file = place.partition("/")
    with loaded.database.owner.connect() as connection:
        scope = find_scope(connection, MONTH, community=None, now=NOW)
        bound = scope.parameters() | asked_of(loaded).parameters()
        rows = connection.execute(load_statements(package, file)[name], bound).mappings().all()
    return float(sum(row[column] or 0 for row in rows))


@pytest.mark.parametrize(("figure_id", "page"), SHOWN)
def test_what_is_traced_is_what_the_page_shows(loaded: Loaded, figure_id: str, page: str):
    figure = figures()[figure_id]
    with loaded.database.owner.connect() as connection:
        traced = trace(connection, figure, asked_of(loaded))

    assert traced.value == value_shown(loaded, figure, page)
    assert traced.records == traced.value


@pytest.mark.parametrize("kind", ["request", "incident"])
def test_the_hours_of_a_chart_add_up_to_its_figures(loaded: Loaded, kind: str):
    with loaded.database.owner.connect() as connection:
        rows = connection.execute(
            load_statements("dashboard", "wall")[f"{kind}_hours"], {"code": loaded.district.code, "now": NOW}
        ).all()
        day, weeks = (trace(connection, figures()[f"{kind}s_{part}"], asked_of(loaded)) for part in ("day", "weeks"))
    assert day.value == sum(row.events for row in rows if row.week == 0) > 0
    assert weeks.value == sum(row.events for row in rows if row.week > 0) > 0


def test_most_figures_are_not_nothing(loaded: Loaded):
    """Or the comparison above would compare zeros."""
    with loaded.database.owner.connect() as connection:
        values = {name: trace(connection, figure, asked_of(loaded)).value for name, figure in figures().items()}
    nothing = {name for name, value in values.items() if not value}
    # at ten past midnight little has been reported today
    assert nothing <= {
        "alerts_open",
        "incidents_today",
        "requests_today",
        "incidents_overdue",
        "incidents_30_overdue",
        "month_alerts",
        "month_acknowledged",
        "month_unplaced",
    }
    assert values["communities"] == 7
    assert values["resettlement"] == 26


def test_shares_are_made_of_their_parts(loaded: Loaded):
    with loaded.database.owner.connect() as connection:
        ready, on_map, share = (
            trace(connection, figures()[name], asked_of(loaded)).value
            for name in ("report_ready", "report_resources", "ready_share")
        )
    assert ready is not None
    assert on_map
    assert share == pytest.approx(100 * ready / on_map)


def test_batches_are_those_the_records_came_in(loaded: Loaded):
    with loaded.database.owner.connect() as connection:
        traced = trace(connection, figures()["incidents"], asked_of(loaded))
        brought = connection.scalar(
            text("SELECT loaded + unplaced FROM support.batch WHERE id = :id"),
            {"id": loaded.result("incidents").batch_id},
        )

    (batch,) = [part for part in traced.batches if part.records > 10]
    assert batch.batch_id == loaded.result("incidents").batch_id
    assert batch.feed == "incidents"
    assert batch.source == "incidents.csv"
    assert batch.records == brought


def test_the_age_is_that_of_the_newest_event_against_the_feeds_interval(loaded: Loaded):
    with loaded.database.owner.connect() as connection:
        newest = connection.execute(
            text("SELECT newest_event_at, expected_every_s FROM support.feed WHERE name = 'requests'")
        ).one()
        traced = trace(connection, figures()["requests"], asked_of(loaded))

    assert traced.age_s == pytest.approx((NOW - newest.newest_event_at).total_seconds())
    # a feed is silent beyond four intervals and twenty minutes
    assert traced.late == (traced.age_s >= max(4 * newest.expected_every_s, 1200))
    with loaded.database.owner.connect() as connection:
        at_once = Asked(loaded.district.code, "Asia/Shanghai", newest.newest_event_at, MONTH, None)
        assert not trace(connection, figures()["requests"], at_once).late
    with loaded.database.owner.connect() as connection:
        later = Asked(loaded.district.code, "Asia/Shanghai", NOW.replace(year=2027), MONTH, None)
        assert trace(connection, figures()["requests"], later).late


@pytest.fixture(scope="module")
def app(world: World) -> FastAPI:
    return create_app(ServerSettings(), world.database)


@pytest.fixture
def browser(app: FastAPI) -> Iterator[Browser]:
    with Browser(app) as browser:
        yield browser


def test_a_figure_answers_with_everything_it_stands_on(browser: Browser, world: World):
    listed = browser.get("/api/figures", token=world.tokens["duty"]).json()["figures"]
    sheet = browser.get("/api/figures/incidents", token=world.tokens["duty"]).json()

    assert [figure["id"] for figure in listed] == list(figures())
    assert sheet["query"] == [
        {"statement": "dashboard/figures:incidents", "version": figures()["incidents"].query.version}
    ]
    assert sheet["definition"]["zh"].startswith("登记在册")
    assert sheet["value"] == sheet["records"] == sum(batch["records"] for batch in sheet["batches"])
    with world.database.owner.connect() as connection:
        here = connection.scalar(text("SELECT count(*) FROM base.incident WHERE subdistrict_code = '990000001'"))
    assert sheet["value"] == here


def test_rows_are_given_within_rights_only(browser: Browser, world: World):
    by_operator = browser.get("/api/figures/residents/rows", token=world.tokens["operator"]).json()
    by_street = browser.get("/api/figures/residents/rows", token=world.tokens["street"]).json()
    by_community = browser.get("/api/figures/residents/rows", token=world.tokens["community-2"]).json()

    # three persons live in the world, one of them in the second community
    assert (by_operator["total"], by_operator["readable"], len(by_operator["records"])) == (3, 3, 3)
    assert (by_street["total"], by_street["readable"], by_street["records"]) == (3, 0, [])
    assert (by_community["total"], by_community["readable"]) == (1, 1)
    assert set(by_operator["records"][0]) == {
        "table_name", "id", "source_key", "feed", "batch_id", "at", "community_code", "status",
    }  # fmt: skip
    assert "nobody" not in str(by_operator), "no name among the rows"


def test_pages_of_rows_join(browser: Browser, world: World):
    whole = browser.get("/api/figures/incidents/rows", token=world.tokens["operator"]).json()
    seen, offset = [], 0
    while offset is not None:
        page = browser.get(
            "/api/figures/incidents/rows", params={"limit": 2, "offset": offset}, token=world.tokens["operator"]
        ).json()
        seen += page["records"]
        offset = page["next"]
    assert seen == whole["records"]


def test_a_community_leader_gets_their_own_community(browser: Browser, world: World):
    token = world.tokens["community-2"]
    assert browser.get("/api/figures/incidents", token=token).json()["community"] == "990000001002"
    other = browser.get("/api/figures/incidents", params={"community": "990000001001"}, token=token)
    assert other.status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/figures/cats", 404),
        ("/api/figures/incidents?month=2099-01", 422),
        ("/api/figures/incidents?month=x", 422),
    ],
)
def test_what_cannot_be_asked_is_said(browser: Browser, world: World, path: str, status: int):
    assert browser.get(path, token=world.tokens["operator"]).status_code == status
