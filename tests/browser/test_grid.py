"""The grid worker's phone in a real browser: seen, measured, used with and without signal."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import text

from tests.browser.grid import (
    MEASURE_CONTRAST,
    MEASURE_CUT,
    MEASURE_TARGETS,
    chromium,
    context,
    page,
    report,
    stored,
    url,
    wait_until_sent,
    waiting_keys,
    world,
)
from tests.casework.test_photos import picture
from tests.casework.world import World

#: fixtures
__all__ = ["chromium", "context", "page", "url", "world"]

pytestmark = [pytest.mark.browser, pytest.mark.database]


def test_the_page_shows_who_i_am_my_ground_and_my_list(page: Page, world: World):
    expect(page.locator(".who h1")).to_have_text("试验第1网格")
    expect(page.locator(".who p")).to_contain_text("幢")
    expect(page.locator(".pin rect.alert")).to_have_count(1)
    # numbers on the map are the numbers of the list, the alert is a square on both
    rows = page.locator(".row[data-key] .number").all_inner_texts()
    pins = page.locator(".map-holder .pin text").all_text_contents()
    assert sorted(pins, key=int) == rows[: len(pins)]
    assert page.locator(".number.alert").count() == 1
    assert page.locator("path.building.my").count() > 0
    expect(page.locator("path.outline").last).to_be_visible()
    expect(page.locator(".caption .saved")).to_contain_text("地图存于今日")
    expect(page.locator(".caption .saved")).to_contain_text("示意")
    assert page.faults == []


def test_texts_are_legible_in_the_sun_and_targets_fit_a_thumb(page: Page):
    measured: list[dict] = []
    targets: list[dict] = []
    cut: list[str] = []

    def measure() -> None:
        page.wait_for_timeout(150)
        measured.extend(page.evaluate(MEASURE_CONTRAST))
        targets.extend(page.evaluate(MEASURE_TARGETS))
        cut.extend(page.evaluate(MEASURE_CUT))

    measure()
    for tab in ("ground", "records", "me"):
        page.locator(f"[data-tab={tab}]").click()
        measure()
    page.locator("[data-tab=today]").click()
    page.get_by_role("button", name="上报事件").click()
    page.locator(".chip").first.click()
    measure()
    page.locator(".sheet .back").click()
    page.locator(".row[data-key^=visit]").first.click()
    page.locator("[data-step=done]").click()
    measure()

    assert len(measured) > 100
    assert [one for one in measured if one["contrast"] < 7] == []
    assert [one for one in measured if one["size"] < 16] == []
    assert [one for one in targets if min(one["width"], one["height"]) < 47.5] == []
    assert cut == []


def test_the_list_is_read_sideways_and_in_large_letters(page: Page):
    page.set_viewport_size({"width": 844, "height": 390})
    page.wait_for_timeout(200)
    boxes = page.evaluate(
        """() => [".row", ".map-holder", ".action"].map((one) => document.querySelector(one).getBoundingClientRect().toJSON())"""
    )
    row, ground, action = boxes
    # the map at the left, the list beside it and above the action
    assert row["left"] >= ground["right"] - 1
    assert row["bottom"] <= action["top"]

    page.set_viewport_size({"width": 360, "height": 740})
    size = "parseFloat(getComputedStyle(document.querySelector('.words strong')).fontSize)"
    before = page.evaluate(size)
    # what the telephone's own setting does
    page.evaluate("document.documentElement.style.fontSize = '24px'")
    assert page.evaluate(size) == pytest.approx(before * 1.5)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(MEASURE_CUT) == []


def test_the_one_big_action_is_as_high_as_the_picture_says(page: Page):
    # measured in the page: bounding_box() answers None while the list is drawn anew around the button
    box = page.get_by_role("button", name="上报事件").evaluate("button => button.getBoundingClientRect().toJSON()")

    assert box["height"] == pytest.approx(72, abs=0.5)
    assert box["y"] + box["height"] < 844 - 60  # above the tabs, in the thumb's reach


def test_an_incident_is_reported_in_four_taps_with_photo_and_position(page: Page, world: World):
    taps: list[str] = []
    page.expose_function("tapped", lambda what: taps.append(what))
    page.evaluate("addEventListener('click', (event) => window.tapped(event.target.className), true)")

    with page.expect_response(lambda answer: answer.url.endswith("/api/incidents")) as sent:
        report(page, "井盖破损", photo=picture(size=(1200, 900)))

    # open, kind, submit: the camera is the fourth; at five seconds a tap that is under thirty
    assert len(taps) <= 3
    assert sent.value.status == 201
    key = sent.value.request.post_data_json["source_key"]
    wait_until_sent(page)
    (row,) = stored(world, key)
    assert (row.subcategory, row.placement, row.work_grid_id) == ("井盖破损", "placed", world.grids[0])
    assert row.reported_by == world.accounts["trial-0"]
    assert row.status == "dispatched"  # to whose place it is, by rule
    assert row.photo
    expect(page.locator(".toast")).to_contain_text("已上报，归试验第1网格")


def test_without_signal_everything_opened_stays_and_what_is_entered_is_sent_once(
    page: Page, context: BrowserContext, world: World, url: str
):
    page.locator(".row[data-key^=visit]").first.click()
    expect(page.locator(".sheet .lead")).to_contain_text("甲")
    name = page.locator(".sheet .lead").inner_text()
    page.locator(".sheet .back").click()

    context.set_offline(True)
    report(page, "道路积水", note="没到脚踝", photo=picture(size=(800, 600)))
    expect(page.locator(".badge")).to_have_text("离线 · 待发 1 条")
    expect(page.locator(".toast")).to_contain_text("已存本机")
    (key,) = waiting_keys(page)
    # the phone restarts: the page opens, shows what it had, and still has the entry
    page.reload()
    expect(page.locator(".badge")).to_have_text("离线 · 待发 1 条")
    expect(page.locator(".row[data-key]").first).to_be_visible()
    page.locator(".row[data-key^=visit]").first.click()
    expect(page.locator(".sheet .lead")).to_have_text(name)
    page.locator(".sheet .back").click()
    assert stored(world, key) == []

    context.set_offline(False)
    wait_until_sent(page)

    (row,) = stored(world, key)
    assert (row.subcategory, row.description) == ("道路积水", "没到脚踝")
    assert row.photo
    assert waiting_keys(page) == []


def test_an_answer_that_got_lost_does_not_make_a_second_incident(page: Page, context: BrowserContext, world: World):
    attempts: list[str] = []

    def lose_the_first_answer(route) -> None:
        attempts.append(route.request.post_data_json["source_key"])
        if len(attempts) == 1:
            route.fetch()  # the server gets it
            route.abort()  # the phone never hears of it
        else:
            route.continue_()

    context.route("**/api/incidents", lose_the_first_answer)
    report(page, "求助")
    expect(page.locator(".badge")).to_contain_text("离线")
    wait_until_sent(page)

    assert len(attempts) == 2
    assert len(set(attempts)) == 1
    assert len(stored(world, attempts[0])) == 1


def test_a_double_tap_enters_once(page: Page, context: BrowserContext, world: World):
    context.set_offline(True)
    page.get_by_role("button", name="上报事件").click()
    page.locator('.chip[data-kind="暴露垃圾"]').click()
    page.evaluate("{ const b = document.querySelector('[data-submit]'); b.click(); b.click(); b.click(); }")
    expect(page.locator(".badge")).to_have_text("离线 · 待发 1 条")
    (key,) = waiting_keys(page)

    context.set_offline(False)
    wait_until_sent(page)
    assert len(stored(world, key)) == 1


def test_two_open_pages_send_an_entry_once(page: Page, context: BrowserContext, world: World, url: str):
    sent: list[str] = []
    context.on("request", lambda request: request.url.endswith("/api/incidents") and sent.append(request.url))
    context.set_offline(True)
    report(page, "乱堆物料")
    expect(page.locator(".badge")).to_have_text("离线 · 待发 1 条")
    (key,) = waiting_keys(page)
    second = context.new_page()
    second.goto(f"{url}/grid")
    expect(second.locator(".badge")).to_contain_text("待发 1 条")
    sent.clear()

    context.set_offline(False)
    wait_until_sent(page)
    wait_until_sent(second)

    assert len(stored(world, key)) == 1
    assert waiting_keys(second) == []


def test_an_alert_is_acknowledged_with_a_note_without_signal_and_sent_once(
    page: Page, context: BrowserContext, world: World
):
    row = page.locator(".row[data-key^=alert]").first
    alert = int(row.get_attribute("data-key").removeprefix("alert-"))
    expect(row).to_contain_text("橙色预警 · 待签收")
    context.set_offline(True)
    row.click()
    expect(page.locator(".sheet")).to_contain_text("网格员")
    page.locator("[data-step=acknowledged]").click()
    page.get_by_role("button", name="正在赶往").click()
    page.locator("[data-send=acknowledged]").click()
    expect(page.locator(f".row[data-key=alert-{alert}]")).to_contain_text("已记录，待发送")

    context.set_offline(False)
    wait_until_sent(page)

    with world.database.owner.connect() as connection:
        taken = connection.execute(
            text("SELECT status, note, acknowledged_by, due_at FROM alerting.alert WHERE id = :id"), {"id": alert}
        ).one()
        steps = connection.execute(
            text("SELECT change, actor FROM alerting.alert_event WHERE alert_id = :id"), {"id": alert}
        ).all()
    assert (taken.status, taken.note) == ("acknowledged", "正在赶往")
    assert taken.due_at is not None
    assert [step.change for step in steps] == ["acknowledged"]
    # what may follow stands at the foot now
    expect(page.locator(f".row[data-key=alert-{alert}]")).to_contain_text("已签收", timeout=30_000)
    page.locator(f".row[data-key=alert-{alert}]").click()
    expect(page.locator("[data-step=on_site]")).to_be_visible()
    page.locator(".sheet .back").click()


def test_a_visit_marked_without_signal_says_so_on_the_list_and_is_done_when_it_returns(
    page: Page, context: BrowserContext, world: World
):
    row = page.locator(".row[data-key^=visit]").first
    visit = int(row.get_attribute("data-key").removeprefix("visit-"))
    row.click()
    expect(page.locator("[data-step=done]")).to_be_visible()
    context.set_offline(True)
    page.locator("[data-step=done]").click()
    page.get_by_role("button", name="情况正常").click()
    page.locator("[data-send=done]").click()

    expect(page.locator(f".row[data-key=visit-{visit}]")).to_contain_text("已记录，待发送")
    context.set_offline(False)
    wait_until_sent(page)

    with world.database.owner.connect() as connection:
        note = connection.scalar(
            text("SELECT note FROM base.visit WHERE id = :id AND done_at IS NOT NULL"), {"id": visit}
        )
    assert note == "情况正常"
    expect(page.locator(f".row[data-key=visit-{visit}]")).to_have_count(0)
    expect(page.locator(".heading").first).to_contain_text("已办")


def test_what_the_server_refuses_stays_visible_and_can_be_deleted(page: Page, context: BrowserContext, world: World):
    row = page.locator(".row[data-key^=incident]").filter(has_text="已接单").first
    incident = int(row.get_attribute("data-key").removeprefix("incident-"))
    row.click()
    expect(page.locator("[data-step=handling]")).to_be_visible()
    context.set_offline(True)
    page.locator("[data-step=handling]").click()
    with world.database.owner.begin() as connection:  # meanwhile the office closed it
        connection.execute(
            text("UPDATE base.incident SET status = 'closed', closed_at = now() WHERE id = :id"), {"id": incident}
        )
    context.set_offline(False)
    expect(page.locator(".badge")).to_contain_text("1 条未被接收", timeout=30_000)

    page.locator("[data-tab=records]").click()
    entry = page.locator("[data-entry]")
    expect(entry).to_contain_text("未被接收")
    entry.get_by_role("button", name="删除").click()
    entry.get_by_role("button", name="再点一次确认删除").click()

    expect(page.locator(".badge")).to_have_text("在线")
    assert waiting_keys(page) == []


def test_names_are_shown_only_when_a_person_is_opened(page: Page):
    page.locator("[data-tab=ground]").click()
    expect(page.locator("[data-group=living_alone]")).to_be_visible()
    assert "甲" not in page.locator("#app").inner_text()
    page.locator("[data-group=living_alone]").click()
    expect(page.locator("[data-person]").first).to_be_visible()
    assert "甲" not in page.locator("#app").inner_text()

    page.locator("[data-person]").first.click()

    expect(page.locator(".sheet h1").last).to_contain_text("甲")
    page.go_back()
    page.go_back()
    expect(page.locator(".sheet")).to_have_count(0)


def test_the_page_can_be_installed(page: Page, url: str):
    manifest = page.evaluate("fetch(document.querySelector('link[rel=manifest]').href).then((answer) => answer.json())")

    assert (manifest["start_url"], manifest["display"]) == ("/grid", "standalone")
    assert page.evaluate("navigator.serviceWorker.ready.then((worker) => new URL(worker.scope).pathname)") == "/grid"
    for icon in manifest["icons"]:
        assert page.request.get(url + icon["src"]).ok


def test_signing_out_leaves_nothing_on_the_phone(page: Page):
    page.locator("[data-tab=me]").click()
    page.locator("[data-sign-out]").click()
    page.wait_for_url("**/sign-in**")

    kept = page.evaluate(
        """() => new Promise((resolve) => {
          const request = indexedDB.open("fengqiao-grid", 1);
          request.onsuccess = () => {
            const count = request.result.transaction("answers").objectStore("answers").count();
            count.onsuccess = () => resolve(count.result);
          };
        })"""
    )
    assert kept == 0
