"""待落图 in a real browser, by keyboard alone: place one, undo it, give one up, point at the map, teach a name."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text

pytestmark = [pytest.mark.browser, pytest.mark.database]

#: software drawing on two busy cores; what is asserted is never a time [ms]
PATIENCE_MS = 120_000
#: key of a report -> where it is said to be; 马浜花园 has a building 12 in three of its zones
REPORTS = {
    "20260017000001": ("马浜花园 12 幢", "楼道堆放杂物，多次反映"),
    "20260017000002": ("玉兰小苑 3 幢", "快递柜占用绿地"),
    "20260017000003": ("", "河边有人钓鱼"),
}


@pytest.fixture
def page(browser, serving, loaded) -> Iterator[Page]:
    """The office's page over three reports of its own, which are taken away afterwards."""
    now = datetime.now(UTC)
    headers = {"Authorization": f"Bearer {serving.links.api_token}"}
    for place, (key, (address, words)) in enumerate(REPORTS.items()):
        report = {
            "source_key": key, "reported_at": (now - timedelta(seconds=place)).isoformat(), "source": "12345热线",
            "category": "城市管理", "subcategory": "市容", "title": words, "description": words, "address": address,
        }  # fmt: skip
        answer = httpx.post(f"{serving.url}/api/incidents", json=report, headers=headers, timeout=60)
        assert answer.status_code == 201, answer.text
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    path, _, token = serving.links.office.partition("?")
    page.goto(f"{serving.url}{path}unplaced?{token}")
    page.wait_for_selector("#office-unplaced[data-ready]")
    yield page
    context.close()
    with loaded.database.owner.begin() as connection:
        keys = {"keys": list(REPORTS)}
        ids = "SELECT id FROM base.incident WHERE source_key = ANY(:keys)"
        connection.execute(
            text(f"DELETE FROM support.placement_decision WHERE subject = 'incident' AND record_id IN ({ids})"), keys
        )
        connection.execute(text("DELETE FROM base.place_alias WHERE feed = 'learned'"))
        connection.execute(text("DELETE FROM support.delivered WHERE source_key = ANY(:keys)"), keys)
        connection.execute(text("DELETE FROM base.incident WHERE source_key = ANY(:keys)"), keys)


def stored(loaded, key: str):
    with loaded.database.owner.connect() as connection:
        return connection.execute(
            text("SELECT placement, match_level, located_by, building_id FROM base.incident WHERE source_key = :key"),
            {"key": key},
        ).one()


def decided(loaded, key: str) -> list[str]:
    with loaded.database.owner.connect() as connection:
        return list(
            connection.execute(
                text(
                    "SELECT outcome || CASE WHEN ended_at IS NULL THEN '' ELSE ' ended' END"
                    " FROM support.placement_decision WHERE source_key = :key ORDER BY id"
                ),
                {"key": key},
            ).scalars()
        )


def row(page: Page, words: str):
    return page.locator(".unplaced-list li", has_text=words)


def until(page: Page, said) -> None:
    """Wait for what the server is told behind the page."""
    for _ in range(400):
        if said():
            return
        page.wait_for_timeout(50)
    pytest.fail("the server was not told")


def test_one_is_placed_by_keyboard_and_taken_back(page: Page, loaded):
    first, second, _ = REPORTS
    panel = page.locator(".unplaced-panel")
    expect(row(page, "马浜花园 12 幢")).to_have_attribute("aria-selected", "true")
    expect(row(page, "马浜花园 12 幢").locator("u")).to_have_text("马浜花园 12 幢")
    expect(panel).to_contain_text("三区均有 12 幢")
    assert panel.locator("ol > li").count() == 3
    # three alike: none stands ready, so that Enter alone sends nobody anywhere
    page.keyboard.press("Enter")
    expect(page.locator(".unplaced-told")).to_be_visible()
    assert stored(loaded, first).placement == "ambiguous"

    page.keyboard.press("2")
    expect(panel.locator("li[aria-selected=true]")).to_have_attribute("data-candidate", "2")
    page.keyboard.press("Enter")

    expect(row(page, "马浜花园 12 幢")).to_have_count(0)
    expect(row(page, "玉兰小苑")).to_have_attribute("aria-selected", "true")
    until(page, lambda: stored(loaded, first).placement == "placed")
    placed = stored(loaded, first)
    assert (placed.match_level, placed.located_by["by"]) == ("building", "person")
    expect(page.locator(".unplaced-head .today")).to_contain_text("1 条")

    page.keyboard.press("z")

    expect(row(page, "马浜花园 12 幢")).to_have_attribute("aria-selected", "true")
    until(page, lambda: stored(loaded, first).placement == "ambiguous")
    assert decided(loaded, first) == ["placed ended"]
    assert stored(loaded, second).placement == "unplaced"


def test_giving_up_asks_for_a_reason_and_a_point_on_the_map_places(page: Page, loaded):
    _, second, third = REPORTS
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(row(page, "河边有人钓鱼")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("u")
    sheet = page.locator(".unplaced-sheet .sheet")
    expect(sheet).to_be_visible()
    # no key of the page works under the sheet, and Escape decides nothing
    page.keyboard.press("Escape")
    expect(page.locator(".unplaced-sheet")).to_be_hidden()
    assert decided(loaded, third) == []
    page.keyboard.press("u")
    page.keyboard.press("2")
    expect(row(page, "河边有人钓鱼")).to_have_count(0)
    until(page, lambda: decided(loaded, third) == ["given_up"])

    page.keyboard.press("k")
    row(page, "玉兰小苑").click()
    page.keyboard.press("p")
    expect(page.locator(".unplaced-panel .point")).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowDown")
    # where the point falls is said before anything is decided
    expect(page.locator(".unplaced-panel .point .second").first).to_contain_text("社区")
    page.keyboard.press("Enter")
    until(page, lambda: stored(loaded, second).placement == "placed")
    assert stored(loaded, second).match_level in ("coordinates", "building")


def test_nothing_is_cut_and_every_key_stands_below(page: Page):
    for width, height in ((1440, 900), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        keys = page.locator(".office-keys kbd").all_inner_texts()
        assert keys == ["J", "K", "1–9", "Enter", "P", "A", "O", "U", "Z", "?"]
        foot = page.locator(".office-keys")
        assert foot.evaluate("e => e.scrollWidth <= e.clientWidth + 1")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        # rows in a third, the map in two thirds
        share = page.locator(".unplaced-list").evaluate("e => e.getBoundingClientRect().width / innerWidth")
        assert share == pytest.approx(1 / 3, abs=0.01)
        small = page.evaluate(
            "[...document.querySelectorAll('#office-unplaced *')].filter(e => e.childElementCount === 0 && e.textContent.trim()"
            " && e.getClientRects().length && parseFloat(getComputedStyle(e).fontSize) < 14).map(e => e.textContent)"
        )
        assert small == []


def test_an_incident_is_dispatched_by_keyboard_and_taken_back(browser, serving, loaded):
    key = "20260017000009"
    report = {
        "source_key": key, "reported_at": datetime.now(UTC).isoformat(), "source": "12345热线", "category": "城市管理",
        "title": "墙体开裂", "description": "墙体开裂", "address": "马浜花园北区12幢", "grade": "severe",
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {serving.links.api_token}"}
    answer = httpx.post(f"{serving.url}/api/incidents", json=report, headers=headers, timeout=60)
    assert answer.status_code == 201, answer.text
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    try:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        path, _, token = serving.links.office.partition("?")
        page.goto(f"{serving.url}{path}dispatch?{token}")
        page.wait_for_selector("#office-dispatch[data-ready]")
        # the gravest stands first and is chosen
        expect(page.locator(".unplaced-list li").first).to_contain_text("马浜花园北区12幢")
        page.keyboard.press("Enter")
        until(page, lambda: status_of(loaded, key) == "dispatched")
        page.keyboard.press("z")
        until(page, lambda: status_of(loaded, key) == "reported")
        expect(page.locator(".unplaced-list li").first).to_contain_text("马浜花园北区12幢")
    finally:
        context.close()
        with loaded.database.owner.begin() as connection:
            found = {"id": answer.json()["id"]}
            for table in ("casework.transition", "casework.dispatch"):
                connection.execute(text(f"DELETE FROM {table} WHERE subject = 'incident' AND subject_id = :id"), found)
            connection.execute(text("DELETE FROM base.incident WHERE id = :id"), found)
            connection.execute(text("DELETE FROM support.delivered WHERE source_key = :key"), {"key": key})


def status_of(loaded, key: str) -> str:
    with loaded.database.owner.connect() as connection:
        return str(
            connection.execute(
                text("SELECT status FROM base.incident WHERE source_key = :key"), {"key": key}
            ).scalar_one()
        )
