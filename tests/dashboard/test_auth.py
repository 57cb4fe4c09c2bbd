"""Who is let in, where to, and how they say who they are; rows are the business of integration/test_rls.py."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from access.accounts import NewAccount, add_account, add_token, revoke_tokens
from dashboard.auth import LOST_TRUST_S, TRUST_S, SessionBook, is_loopback, same_origin
from dashboard.route_table import parse_routes, route_table
from dashboard.server import create_app
from dashboard.services import Services
from dashboard.settings import ServerSettings
from gis.database.connection import Database
from gis.errors import BadInput, Unavailable
from tests.asking import ORIGIN, Browser
from tests.world import CODE, World


@pytest.fixture(scope="module")
def app(world: World) -> FastAPI:
    return create_app(ServerSettings(), world.database)


@pytest.fixture
def browser(app: FastAPI) -> Iterator[Browser]:
    with Browser(app) as browser:
        yield browser


def link(world: World, account: str, *, lifetime: timedelta | None = None) -> str:
    with world.database.owner.begin() as connection:
        return add_token(
            connection, world.accounts[account], kind="link", label="test", now=datetime.now(tz=UTC), lifetime=lifetime
        )


@pytest.mark.parametrize("path", ["/wall/main", "/grid", "/reports", "/office", "/"])
def test_a_page_leads_who_is_not_known_to_sign_in_and_back(browser: Browser, path: str):
    answer = browser.get(path, params={"a": "1"})

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?next={path.replace('/', '%2F')}%3Fa%3D1"


@pytest.mark.parametrize(
    "path", ["/api/layers", "/api/incidents", "/tiles/cells/12/1/1.mvt", "/live/main", "/ogc/collections", "/metrics"]
)
def test_what_is_no_page_answers_401_with_a_sentence(browser: Browser, path: str):
    answer = browser.get(path)

    assert answer.status_code == 401
    assert answer.json() == {"error": "this needs a sign-in or a token"}
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/nowhere", "/api", "/walls", "/api/statusx", "/wall/%2e%2e/api/incidents", "/.env"])
def test_what_is_in_no_row_of_the_table_is_nobodys(browser: Browser, world: World, path: str):
    assert browser.get(path, token=world.tokens["operator"]).status_code == 404


@pytest.mark.parametrize(
    "path", ["/health", "/api/status", "/api/docs", "/api/openapi.json", "/api/docs/assets/swagger-ui.css", "/sign-in"]
)
def test_some_answers_need_nobody_to_be_known(browser: Browser, path: str):
    assert browser.get(path).status_code == 200


def test_the_api_page_loads_nothing_from_elsewhere(browser: Browser):
    page = browser.get("/api/docs").text

    assert "/api/docs/assets/swagger-ui-bundle.js" in page
    assert "http://" not in page
    assert "https://" not in page


@pytest.mark.parametrize(
    ("account", "path", "status"),
    [
        ("wall", "/api/incidents", 403),
        ("wall", "/api/session", 200),
        ("worker-11", "/api/session", 200),
        ("worker-11", "/api/audit", 403),
        ("operator", "/api/incidents", 200),
        ("operator", "/grid", 403),
        ("auditor", "/wall/main", 403),
    ],
)
def test_a_token_opens_what_its_role_may_reach(browser: Browser, world: World, account: str, path: str, status: int):
    assert browser.get(path, token=world.tokens[account]).status_code == status


@pytest.mark.parametrize("token", ["nonsense", "ü", "a" * 5000])
def test_a_token_that_is_none_is_refused(browser: Browser, token: str):
    answer = browser.get("/api/session", headers={b"Authorization": f"Bearer {token}".encode()})

    assert answer.status_code == 401
    assert answer.json()["error"] == "this token is not known, has expired or was revoked"


def test_a_link_becomes_a_cookie_and_leaves_the_address(browser: Browser, world: World):
    secret = link(world, "worker-11")

    answer = browser.get("/grid", params={"token": secret, "tab": "today"})

    assert answer.status_code == 303
    assert answer.headers["location"] == "/grid?tab=today"
    assert answer.headers["cache-control"] == "no-store"
    cookie = answer.headers["set-cookie"]
    assert secret not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert browser.get("/api/session").json()["name"] == "worker-11"


def test_a_link_that_does_not_hold_leads_to_sign_in_and_says_why(browser: Browser, world: World):
    secret = link(world, "worker-11", lifetime=timedelta(seconds=-1))

    answer = browser.get("/grid", params={"token": secret})

    assert answer.headers["location"] == "/sign-in?why=link"
    assert "链接已失效" in browser.get("/sign-in?why=link").text


def test_cookies_are_for_https_only_where_https_is_served(world: World):
    secret = link(world, "worker-11")
    with Browser(create_app(ServerSettings(secure_cookies=True), world.database)) as browser:
        assert "Secure" in browser.get("/grid", params={"token": secret}).headers["set-cookie"]


def test_a_link_to_an_interface_works_without_a_cookie(browser: Browser, world: World):
    answer = browser.get("/api/session", params={"token": world.tokens["operator"]})

    assert answer.json()["name"] == "operator"
    assert "set-cookie" not in answer.headers


def test_one_browser_may_show_a_wall_and_a_workers_page_beside_each_other(browser: Browser, world: World):
    browser.get("/wall/main", params={"token": link(world, "wall")})
    browser.get("/grid", params={"token": link(world, "worker-11")})

    wall = browser.get("/api/session", headers={"Referer": f"{ORIGIN}/wall/main"})
    phone = browser.get("/api/session", headers={"Referer": f"{ORIGIN}/grid"})

    assert (wall.json()["role"], phone.json()["role"]) == ("wall", "grid_worker")
    # either is enough where only the other may not
    assert browser.get("/api/incidents", headers={"Referer": f"{ORIGIN}/wall/main"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://elsewhere.test"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {},
        {"Origin": ORIGIN + ".elsewhere.test"},
    ],
)
def test_a_change_by_cookie_must_come_from_a_page_of_ours(app: FastAPI, world: World, headers: dict[str, str]):
    with Browser(app, origin=None) as browser:
        browser.get("/grid", params={"token": link(world, "worker-11")})
        answer = browser.post("/api/incidents", json={}, headers=headers)

    assert answer.status_code == 403
    assert "只能从本服务器的页面提交修改" in answer.json()["error"]


def test_a_change_by_token_needs_no_origin(app: FastAPI, world: World):
    with Browser(app, origin=None) as browser:
        # 422: it got as far as the body
        assert browser.post("/api/incidents", json={}, token=world.tokens["operator"]).status_code == 422


def test_a_change_by_nobody_is_told_what_it_needs(app: FastAPI):
    with Browser(app, origin=None) as browser:
        assert browser.post("/api/incidents", json={}).status_code == 401


def test_another_page_may_not_open_a_socket_with_our_cookie():
    def opens(**headers: str) -> bool:
        raw = [(key.encode(), value.encode()) for key, value in {"host": "centre:8050", **headers}.items()]
        return same_origin({"type": "websocket", "headers": raw})

    assert opens(origin="https://centre:8050")
    assert not opens(origin="https://centre:8051")
    assert not opens(origin="https://elsewhere")
    assert not opens()


def test_a_revoked_token_is_refused_once_the_moment_of_trust_is_over(world: World):
    now_s = [0.0]
    book = SessionBook(Services(ServerSettings(), world.database), monotonic=lambda: now_s[0])
    with world.database.owner.begin() as connection:
        account_id = add_account(connection, NewAccount(name="briefly", role="operator", subdistrict_code=CODE))
        secret = add_token(connection, account_id, kind="api", now=datetime.now(tz=UTC))
    assert book.by_token(secret) is not None
    with world.database.owner.begin() as connection:
        revoke_tokens(connection, account_id, label=None, now=datetime.now(tz=UTC))

    now_s[0] = TRUST_S - 0.1
    assert book.by_token(secret) is not None
    now_s[0] = TRUST_S + 0.1
    assert book.by_token(secret) is None


class Lost:
    """A database that does not answer."""

    def begin(self) -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))


def test_while_the_database_is_gone_who_was_known_stays_known_for_a_while(world: World):
    now_s = [0.0]
    services = Services(ServerSettings(), Database(world.database.owner_url, world.database.secrets))
    book = SessionBook(services, monotonic=lambda: now_s[0])
    assert book.by_token(world.tokens["wall"]) is not None
    services.database.dispose()
    services.database.__dict__["server"] = Lost()

    now_s[0] = LOST_TRUST_S - 1
    session = book.by_token(world.tokens["wall"])
    assert session is not None
    assert session.role == "wall"
    with pytest.raises(Unavailable):
        book.by_token(world.tokens["operator"])
    now_s[0] = LOST_TRUST_S + 1
    with pytest.raises(Unavailable):
        book.by_token(world.tokens["wall"])


def test_a_session_that_spent_a_quarter_of_its_time_is_extended_with_its_cookie(browser: Browser, world: World):
    browser.get("/reports", params={"token": link(world, "street")})
    assert "set-cookie" not in browser.get("/").headers
    with world.database.owner.begin() as connection:
        # 12 h for staff: 8 h are left
        connection.execute(
            text(
                "UPDATE access.session SET expires_at = now() + interval '8 hours' WHERE account_id = :id AND"
                " secret_hash IS NOT NULL"
            ),
            {"id": world.accounts["street"]},
        )
    browser.http._transport.app.state.book.known.clear()  # type: ignore[attr-defined]

    answer = browser.get("/")

    assert "Max-Age=43200" in answer.headers["set-cookie"]
    with world.database.owner.connect() as connection:
        left = text(
            "SELECT max(expires_at) > now() + interval '11 hours' FROM access.session WHERE account_id = :id AND"
            " secret_hash IS NOT NULL"
        )
        assert connection.scalar(left, {"id": world.accounts["street"]})


def test_no_log_holds_a_token(
    browser: Browser, world: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
):
    caplog.set_level(logging.DEBUG)
    secret = link(world, "worker-11")

    browser.get("/grid", params={"token": secret})
    browser.get("/api/session", params={"token": secret})
    browser.get("/api/session", params={"token": secret + "x"})
    browser.get("/api/session", token=secret)

    # httpx is the asker's own log
    ours = "".join(
        record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))
    )
    out, err = capfd.readouterr()
    assert secret not in ours + out + err


def test_metrics_are_for_this_machine_and_for_those_who_run_it(app: FastAPI, browser: Browser, world: World):
    assert browser.get("/metrics", token=world.tokens["worker-11"]).status_code == 403
    assert browser.get("/metrics", token=world.tokens["operator"]).status_code == 200
    with Browser(app, client=("127.0.0.1", 1)) as here:
        page = here.get("/metrics").text
    assert "fengqiao_database_up 1" in page
    assert 'fengqiao_requests_total{route="/metrics",method="GET",status="403"} 1' in page


@pytest.mark.parametrize(
    ("client", "expected"),
    [(("127.0.0.1", 1), True), (("::1", 1), True), (("192.0.2.7", 1), False), (None, False), (("unix", 1), False)],
)
def test_this_machine_is_known_by_its_address(client: tuple[str, int] | None, expected: bool):
    assert is_loopback({"client": client}) == expected


def test_the_table_takes_the_longest_prefix_that_fits_path_and_method():
    table = parse_routes(
        [
            {"prefix": "/a", "roles": ["operator"]},
            {"prefix": "/a/b", "methods": ["GET"], "open": True},
            {"prefix": "/", "exact": True, "open": True},
        ]
    )

    found = {
        (method, path): getattr(table.find(method, path), "prefix", None)
        for method, path in [
            ("GET", "/a/b/c"),
            ("HEAD", "/a/b"),
            ("POST", "/a/b"),
            ("GET", "/a/bc"),
            ("GET", "/ab"),
            ("GET", "/"),
            ("GET", "/x"),
        ]
    }

    assert list(found.values()) == ["/a/b", "/a/b", "/a", "/a", None, "/", None]


def test_a_wrong_table_names_every_fault():
    rows = [
        {"prefix": "/a", "roles": ["emperor"]},
        {"prefix": "/b"},
        {"prefix": "/c", "open": True, "audience": "cats"},
        {"prefix": "/c", "open": True},
    ]
    with pytest.raises(BadInput, match=r"emperor.*/b: neither open nor anybody's.*cats.*/c: \* is given twice"):
        parse_routes(rows)


def test_no_wall_may_change_anything_or_reach_persons():
    for route in route_table().routes:
        if "wall" in route.roles and not route.prefix.startswith(("/wall", "/api/session")):
            assert route.methods in (frozenset({"GET"}), frozenset()), route.prefix
            assert route.prefix in ("/", "/live", "/tiles", "/api/layers", "/api/basemap", "/api/alerts"), route.prefix


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("en;q=0.1, zh-CN", "没有内容"),
        ("zh;q=0.3, en-GB;q=0.9", "nothing is served"),
        ("fr, en;q=0", "没有内容"),
        ("zh;q=0, fr, en;q=0.01", "nothing is served"),
    ],
)
def test_a_program_is_answered_in_the_language_it_wants_most(app, header, said):
    with Browser(app) as browser:
        answer = browser.get("/nowhere", headers={"Accept-Language": header})

    assert answer.status_code == 404
    assert said in answer.json()["error"]
