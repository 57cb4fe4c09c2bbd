"""The sign-in page as a person at a phone meets it."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from access.accounts import NewAccount, add_account
from dashboard.server import create_app
from dashboard.settings import ServerSettings
from dashboard.sign_in.pages import sentence_page
from dashboard.sign_in.routes import START_PAGE, START_PAGES, local_path
from gis.errors import NotAllowed, Unavailable
from gis.texts import texts_in
from tests.asking import Browser
from tests.world import CODE, World

PASSWORD = "seven green herons"


@pytest.fixture(scope="module")
def app(world: World) -> FastAPI:
    with world.database.owner.begin() as connection:
        for name, role in (("anna", "commander"), ("bela", "street_leader"), ("carl", "operator")):
            add_account(connection, NewAccount(name=name, role=role, password=PASSWORD, subdistrict_code=CODE))
    return create_app(ServerSettings(), world.database)


@pytest.fixture
def browser(app: FastAPI) -> Iterator[Browser]:
    with Browser(app) as browser:
        yield browser


def sign_in(browser: Browser, name: str, password: str = PASSWORD, **fields: str):
    return browser.post("/sign-in", data={"name": name, "password": password, **fields})


def test_the_right_password_leads_to_ones_own_start_page_with_a_cookie(browser: Browser):
    answer = sign_in(browser, "anna")

    assert (answer.status_code, answer.headers["location"]) == (303, "/wall/main")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert browser.get("/api/session").json()["role"] == "commander"


def test_sign_in_leads_back_to_the_page_that_was_asked_for(browser: Browser):
    assert sign_in(browser, "bela", next="/reports?month=2026-10").headers["location"] == "/reports?month=2026-10"


@pytest.mark.parametrize(
    ("name", "password"), [("anna", "wrong"), ("nobody", PASSWORD), ("", ""), ("wall", ""), ("anna", PASSWORD + " ")]
)
def test_a_wrong_password_and_an_unknown_account_are_told_the_same(browser: Browser, name: str, password: str):
    answer = sign_in(browser, name, password)

    assert answer.status_code == 401
    assert "账号或密码不对" in answer.text
    assert "set-cookie" not in answer.headers
    if password:
        assert password not in answer.text


def test_what_was_typed_is_shown_again_as_text_and_not_as_page(browser: Browser):
    answer = sign_in(browser, '"><script>alert(1)</script>', "x")

    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_after_five_failures_the_account_rests_even_for_the_right_password(browser: Browser, world: World):
    for _ in range(5):
        assert "账号或密码不对" in sign_in(browser, "carl", "guess").text
    assert "暂停登录" in sign_in(browser, "carl").text

    with world.database.owner.begin() as connection:
        connection.execute(text("UPDATE access.account SET locked_until = now() WHERE name = 'carl'"))
    assert sign_in(browser, "carl").status_code == 303
    with world.database.owner.connect() as connection:
        failed = connection.scalar(text("SELECT failed_sign_ins FROM access.account WHERE name = 'carl'"))
        noted = connection.scalar(
            text("SELECT count(*) FROM access.audit WHERE action = 'sign_in_failed' AND changes ->> 'name' = 'carl'")
        )
    assert (failed, noted) == (0, 5)


def test_signing_out_ends_the_session_at_once(browser: Browser):
    sign_in(browser, "anna")
    cookie = dict(browser.cookies)

    answer = browser.post("/sign-out")

    assert answer.headers["location"] == "/sign-in?why=signed_out"
    assert not dict(browser.cookies)
    browser.cookies.update(cookie)
    assert browser.get("/api/session").status_code == 401


def test_another_site_cannot_sign_somebody_in_or_out(browser: Browser):
    sign_in(browser, "anna")
    for path in ("/sign-in", "/sign-out"):
        assert (
            browser.post(
                path, data={"name": "bela", "password": PASSWORD}, headers={"Origin": "http://evil.test"}
            ).status_code
            == 403
        )
    assert browser.get("/api/session").json()["name"] == "anna"


@pytest.mark.parametrize(
    "target",
    ["//evil.test", "/\\evil.test", "https://evil.test", "evil", "", "/sign-in?next=/", "/a\nb", "javascript:alert(1)"],
)
def test_sign_in_leads_to_no_other_site(target: str):
    assert local_path(target) == "/"


@pytest.mark.parametrize("target", ["/grid", "/wall/main?x=1", "/reports/2026-10"])
def test_pages_of_ours_are_led_to(target: str):
    assert local_path(target) == target


def test_the_page_speaks_both_languages_and_keeps_the_choice(browser: Browser):
    assert '<html lang="zh-CN">' in browser.get("/sign-in").text
    english = browser.get("/sign-in", params={"lang": "en", "next": "/wall/main"}).text
    assert '<html lang="en">' in english
    assert "Sign in" in english
    assert 'value="/wall/main"' in english

    sign_in(browser, "bela", language="en")
    assert browser.get("/api/session").json()["role_name"] == "Street leader"
    sign_in(browser, "bela", language="zh")


def test_the_start_leads_everybody_to_a_page_their_role_may_open():
    from dashboard.route_table import route_table

    for role in (
        "duty_officer",
        "commander",
        "operator",
        "grid_worker",
        "grid_leader",
        "community_leader",
        "street_leader",
        "auditor",
        "wall",
    ):
        route = route_table().find("GET", START_PAGES.get(role, START_PAGE))
        assert route is not None
        assert role in route.roles, role


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("error", "status"), [(NotAllowed("x"), 403), (Unavailable("x"), 503)])
def test_a_page_that_cannot_be_opened_says_so_in_a_sentence(
    language: str, error: NotAllowed | Unavailable, status: int
):
    page = sentence_page(texts_in(language), error)

    assert page.status_code == status
    assert texts_in(language)(f"sign_in.status_{status}") in page.body.decode()


def test_a_page_of_another_role_offers_to_sign_in_as_somebody_else(browser: Browser):
    sign_in(browser, "anna")
    answer = browser.get("/grid", headers={"Accept": "text/html"})

    assert answer.status_code == 403
    assert 'action="/sign-out"' in answer.text
