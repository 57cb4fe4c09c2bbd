"""A grid worker's phone to test: its world, its server, its browser, and what tests do on it over and over."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright
from sqlalchemy import text

from dashboard.server import create_app
from dashboard.settings import ServerSettings
from gis.settings import DatabaseSettings
from tests.casework.world import CODE, World, add_incident, add_visit, assign_afresh, building_points, session_secret

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
if not Path(CHROMIUM).exists():
    pytest.skip("no Chromium on this machine", allow_module_level=True)

#: relative luminance and contrast as WCAG 2.2 defines them, of every text that is seen, against what lies behind it
MEASURE_CONTRAST = """() => {
  const channel = (value) => { const part = value / 255; return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; };
  const parse = (css) => { const [r, g, b, a = 1] = css.match(/[\\d.]+/g).map(Number); return { r, g, b, a }; };
  const luminance = ({ r, g, b }) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.a === 1) return colour;
    }
    return { r: 255, g: 255, b: 255 };
  };
  const found = [];
  const walker = document.createTreeWalker(document.getElementById("app"), NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const words = node.textContent.trim();
    const holder = node.parentElement;
    if (!words || holder.closest("svg, option, [hidden]") || !holder.checkVisibility()) continue;
    const style = getComputedStyle(holder);
    const [one, other] = [luminance(parse(style.color)), luminance(behind(holder))].sort((a, b) => b - a);
    found.push({ words, size: parseFloat(style.fontSize), contrast: (one + 0.05) / (other + 0.05) });
  }
  for (const label of document.querySelectorAll("svg text")) {
    const style = getComputedStyle(label);
    const ground = style.stroke !== "none" ? parse(style.stroke)
      : parse(getComputedStyle(label.parentElement.querySelector(".task, .alert")).fill);
    const [one, other] = [luminance(parse(style.fill)), luminance(ground)].sort((a, b) => b - a);
    found.push({ words: label.textContent, size: parseFloat(style.fontSize), contrast: (one + 0.05) / (other + 0.05) });
  }
  return found;
}"""

MEASURE_TARGETS = """() => [...document.querySelectorAll("button, a, select, input:not(.visually-hidden), textarea, label")]
  .filter((one) => one.checkVisibility() && !one.disabled)
  .map((one) => ({ what: one.textContent.trim() || one.getAttribute("aria-label") || one.tagName,
                   width: one.getBoundingClientRect().width, height: one.getBoundingClientRect().height }))"""

#: texts that are cut, or reach beyond the screen
MEASURE_CUT = """() => [...document.querySelectorAll("#app h1, #app h2, #app p, #app strong, #app span, #app button")]
  .filter((one) => one.checkVisibility() && one.textContent.trim())
  .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline"
                   || one.getBoundingClientRect().right > innerWidth + 1)
  .map((one) => one.textContent.trim())"""


@pytest.fixture(scope="module")
def world(trial: World) -> World:
    """The world with something to do for worker 0: an alert, two incidents, a visit."""
    now = datetime.now(tz=UTC)
    assign_afresh(trial, now)
    with trial.database.owner.begin() as connection:
        mine = mine_of(connection, trial)
        add_incident(connection, trial, "browser-1", building=mine[0], at=now - timedelta(hours=2), status="accepted")
        add_incident(connection, trial, "browser-2", building=mine[1], at=now - timedelta(hours=1), status="dispatched")
        add_visit(connection, trial, "browser-3", resident=mine[2] * 6, due_on=now.date())
        connection.execute(
            text(
                "INSERT INTO alerting.alert (subdistrict_code, rule, unit_kind, unit_code, unit_name, letter, level, cells,"
                " geom, observed, expected, method, window_from, window_to, raised_at, updated_at, held_at, opened_at, held_by_at,"
                " fingerprint, holder)"
                " SELECT :code, 'dispute_surge', 'cell', 'browser', '北苑', 'B', 2, ARRAY[cell.parent_10],"
                " ST_Multi(cell.geom), 9, 2.1, 'threshold', now(), now(), now(), now(), now(), now(), now(), 'browser', 'grid_worker'"
                "   FROM base.cell JOIN base.building ON building.cell = cell.cell WHERE building.id = :building"
            ),
            {"code": CODE, "building": trial.buildings[mine[3]]},
        )
    return trial


def mine_of(connection, world: World) -> list[int]:
    """Places in the world's list of buildings that are worker 0's."""
    found = connection.execute(
        text(
            "SELECT building_id FROM casework.assignment"
            " WHERE worker_id = :id AND building_id IS NOT NULL AND valid_to IS NULL AND cover_for IS NULL ORDER BY 1"
        ),
        {"id": world.workers[0]},
    )
    return [world.buildings.index(building) for building in found.scalars()]


@pytest.fixture(scope="module")
def url(world: World, database_settings: DatabaseSettings) -> Iterator[str]:
    """A real server over the world; `localhost`, since a phone gives its position to secure pages only."""
    app = create_app(ServerSettings(geodatabase=database_settings), world.database)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, access_log=False, log_config=None, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        threading.Event().wait(0.05)
    yield f"http://localhost:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def context(chromium, url: str, world: World) -> Iterator[BrowserContext]:
    """A phone of worker 0, standing beside one of their buildings."""
    with world.database.owner.connect() as connection:
        lon, lat = list(building_points())[mine_of(connection, world)[0]]
    context = chromium.new_context(
        viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True, locale="zh-CN",
        timezone_id="Asia/Shanghai", permissions=["geolocation"],
        geolocation={"longitude": lon + 0.0001, "latitude": lat, "accuracy": 8},
    )  # fmt: skip
    context.set_default_timeout(20_000)
    context.add_cookies([{"name": "fengqiao_worker", "value": session_secret(world, "trial-0")[1], "url": url}])
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, url: str) -> Page:
    """The page, opened with signal until everything is kept for when there is none."""
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.faults = faults  # type: ignore[attr-defined]
    page.goto(f"{url}/grid")
    expect(page.locator(".row[data-key]").first).to_be_visible()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    expect(page.locator(".badge")).to_have_text("在线")
    return page


def stored(world: World, source_key: str) -> list:
    with world.database.owner.connect() as connection:
        return connection.execute(
            text(
                "SELECT id, subcategory, status, placement, work_grid_id, photo, reported_by, description"
                " FROM base.incident WHERE feed = 'incidents' AND source_key = :key"
            ),
            {"key": source_key},
        ).all()


def waiting_keys(page: Page) -> list[str]:
    """Keys of the entries this phone still has to send."""
    return page.evaluate(
        """() => new Promise((resolve, reject) => {
          const request = indexedDB.open("fengqiao-grid", 1);
          request.onerror = () => reject(request.error);
          request.onsuccess = () => {
            const keys = request.result.transaction("queue").objectStore("queue").getAllKeys();
            keys.onsuccess = () => { request.result.close(); resolve(keys.result); };
          };
        })"""
    )


def report(page: Page, kind: str, *, note: str = "", photo: bytes | None = None) -> None:
    """Fill the form and hand it in."""
    page.get_by_role("button", name="上报事件").click()
    page.locator(f'.chip[data-kind="{kind}"]').click()
    if photo:
        page.locator('input[type="file"]').set_input_files({"name": "p.jpg", "mimeType": "image/jpeg", "buffer": photo})
        expect(page.locator(".preview")).to_be_visible()
    if note:
        page.get_by_placeholder("说明（可不填）").fill(note)
    expect(page.locator(".position")).to_contain_text("已定位")
    page.locator("[data-submit]").click()


def wait_until_sent(page: Page) -> None:
    expect(page.locator(".badge")).to_have_text("在线", timeout=30_000)
