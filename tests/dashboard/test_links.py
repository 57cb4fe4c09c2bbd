"""The sample's links: the same from start to start, only for the sample, and revocable."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import text

import cli
from access.accounts import revoke_tokens
from access.sessions import find_session
from dashboard.links import SampleLinks, sample_links
from dashboard.server import create_app
from dashboard.settings import ServerSettings
from etl.sample.story import Step
from etl.simulate import Caller, bearer
from gis.database.connection import Database
from tests.asking import Browser
from tests.world import CODE, World


def session_behind(database: Database, link: str):
    secret = parse_qs(urlsplit(link).query)["token"][0] if "token=" in link else link
    with database.server.begin() as connection:
        return find_session(connection, secret, by_token=True)


@pytest.fixture
def sample(world: World) -> SampleLinks:
    with world.database.owner.begin() as connection:
        connection.execute(text("UPDATE base.subdistrict SET schematic = true WHERE code = :here"), {"here": CODE})
    links = sample_links(world.database)
    assert links is not None
    return links


def test_a_real_sub_district_has_no_links(world: World):
    with world.database.owner.begin() as connection:
        connection.execute(text("UPDATE base.subdistrict SET schematic = false"))
        before = connection.scalar(text("SELECT count(*) FROM access.account"))
    assert sample_links(world.database) is None
    with world.database.owner.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM access.account")) == before


def test_each_link_opens_what_it_is_for(world: World, sample: SampleLinks):
    roles = {
        link: getattr(session_behind(world.database, getattr(sample, link)), "role", None)
        for link in ("wall", "grid", "reports", "api_token")
    }

    assert roles == {"wall": "wall", "grid": "grid_worker", "reports": "street_leader", "api_token": "operator"}
    assert [urlsplit(link).path for link in (sample.wall, sample.grid, sample.reports)] == [
        "/wall/main",
        "/grid",
        "/reports",
    ]


def test_the_links_hold_from_start_to_start(world: World, sample: SampleLinks):
    assert sample_links(world.database) == sample


def test_the_phone_is_that_of_a_worker_on_file(world: World, sample: SampleLinks):
    session = session_behind(world.database, sample.grid)

    # W11 and W21 have accounts of their own
    assert session is not None
    assert session.grid_worker_id == world.workers["W12"]
    assert session.work_grid_ids == (world.grids["12"],)


def test_a_link_that_was_revoked_stays_revoked(world: World, sample: SampleLinks):
    with world.database.owner.begin() as connection:
        account = connection.scalar(text("SELECT id FROM access.account WHERE name = 'sample-leader'"))
        revoke_tokens(connection, account, label=None, now=datetime.now(tz=UTC))

    again = sample_links(world.database)

    assert again == sample
    assert session_behind(world.database, sample.reports) is None
    with world.database.owner.begin() as connection:
        connection.execute(text("UPDATE access.token SET revoked_at = NULL WHERE account_id = :id"), {"id": account})


def test_what_the_sample_reports_is_led_on_with_what_make_run_gives(world: World, sample: SampleLinks):
    with world.database.owner.connect() as connection:
        before = connection.scalar(text("SELECT COALESCE(max(id), 0) FROM support.batch"))
    app = create_app(ServerSettings(), world.database)

    def answer(request: httpx.Request) -> httpx.Response:
        body, headers = request.content, {name: request.headers[name] for name in ("Authorization", "Content-Type")}
        answered = browser.ask(request.method, request.url.path, content=body, headers=headers)
        return httpx.Response(answered.status_code, content=answered.content)

    with Browser(app) as browser:
        client = httpx.Client(
            base_url="http://centre", transport=httpx.MockTransport(answer), headers=bearer(sample.feed_key)
        )
        caller = Caller(client, handling_token=sample.api_token)
        moment = datetime.now(tz=UTC) - timedelta(minutes=5)
        shared = {"reported_at": moment.isoformat(), "title": "占道经营", "address": ""}
        caller.report("incidents", {**shared, "source_key": "life-1", "category": "城市管理", "source": "联动中心"})
        caller.report("requests", {**shared, "source_key": "life-2", "item_code": "S001", "source": "12345热线"})
        for subject, key, steps in (
            ("incidents", "life-1", ("dispatched", "accepted", "handling", "closed")),
            ("requests", "life-2", ("accepted", "closed")),
        ):
            for to in steps:
                caller.lead_on(Step(moment, subject, key, to, "已办结"))
        # what somebody else reports later hides nothing of the story that is to be topped up
        reported = {**shared, "source_key": "life-3", "category": "城市管理", "source": "联动中心"}
        reported["reported_at"] = (moment + timedelta(minutes=4)).isoformat()
        assert browser.post("/api/incidents", json=reported, token=sample.api_token).status_code == 201
        assert cli.loaded_history(world.database) == moment
        client.close()

    assert (caller.sent, caller.refused) == (8, 0)
    with world.database.owner.begin() as connection:
        for table in ("casework.transition", "base.incident", "base.service_request"):
            where = "client_key LIKE 'sim-%'" if table == "casework.transition" else "batch_id > :before"
            connection.execute(text(f"DELETE FROM {table} WHERE {where}"), {"before": before})


def test_another_installation_has_other_links(world: World, sample: SampleLinks):
    from dataclasses import replace

    other = Database(world.database.owner_url, replace(world.database.secrets, server_password="another"))
    other.__dict__["owner"] = world.database.owner

    links = sample_links(other)

    assert links is not None
    assert links.api_token != sample.api_token
