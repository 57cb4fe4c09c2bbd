"""The wall in a real browser: every size, a new incident, the loss of the server, an alert that takes the wall."""

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import text

from gis.database.embedded import EmbeddedServer
from tests.loaded import standing_alert

pytestmark = [pytest.mark.browser, pytest.mark.database]

OVERLAP = Path(__file__).with_name("overlap.js").read_text(encoding="utf-8").split("\n", 1)[1]
#: software drawing on two busy cores; what is asserted is never a time [ms]
PATIENCE_MS = 240_000


def open_wall(browser, serving, *, width: int, height: int, scene: str = ""):
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN", reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.outside = []
    page.on("request", lambda request: page.outside.append(request.url) if outside(request.url, serving) else None)
    page.goto(serving.url + serving.links.wall + (f"&scene={scene}" if scene else ""))
    page.wait_for_selector("#wall[data-first]", state="attached")
    return context, page


def outside(url: str, serving) -> bool:
    return not url.startswith((serving.url, "data:", "blob:"))


@pytest.mark.parametrize(
    ("width", "height", "scene"),
    [(1920, 1080, "demand"), (3840, 1080, "emergency"), (3840, 2160, "population"), (1280, 1024, "risk")],
)
def test_nothing_overlaps_is_cut_or_too_small(browser, serving, width, height, scene):
    context, page = open_wall(browser, serving, width=width, height=height, scene=scene)
    try:
        page.wait_for_selector("#wall-counters .counter >> nth=5")
        page.wait_for_selector("#wall-overlay svg text.community >> nth=6", state="attached")

        assert page.evaluate(OVERLAP) == []
        assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        # 1 rem is a fifty-fourth of the height
        rem = page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)")
        assert rem == pytest.approx(height / 54, abs=0.1)
        # the map is the page: at least 60 % of a 16:9 wall below its header is map
        area = page.evaluate("(r => r.width * r.height)(document.querySelector('.map').getBoundingClientRect())")
        if width / height == pytest.approx(16 / 9):
            assert area / (width * height) >= 0.6
        assert "枫桥街道指挥中心" in page.inner_text("#wall-title")
        every_panel_says_how_old_it_is(page)
        assert page.locator("#wall-overlay text.community").count() == 7
        assert not page.outside
    finally:
        context.close()


def every_panel_says_how_old_it_is(page) -> None:
    heads = page.locator("#wall-alerts .panel-head:visible, #wall-panel .panel-head, #wall-legend .panel-head")
    ages = [heads.nth(place).locator(".age").inner_text() for place in range(heads.count())]
    ages += page.eval_on_selector_all(
        "#wall-counters .counter .top", "tops => tops.map(top => top.lastChild.innerText)"
    )
    assert len(ages) >= 8
    assert all(re.search(r"前|今日|昨日|月|停更|停在", age) for age in ages), ages


@pytest.fixture(scope="module")
def wall(browser, serving):
    """One page at rest, on which the tests below let things happen one after the other."""
    context, page = open_wall(browser, serving, width=1920, height=1080, scene="risk")
    page.wait_for_selector("#wall-counters .counter >> nth=5")
    yield page
    context.close()


def tell(loaded, message: dict[str, object]) -> None:
    with loaded.database.owner.begin() as connection:
        connection.execute(text(TELL), {"message": json.dumps(message)})


def test_a_new_incident_reaches_the_page(wall, loaded):
    with loaded.database.owner.connect() as connection:
        number = connection.execute(text(NEWEST)).scalar_one()

    tell(loaded, {"kind": "incident", "id": number, "change": "taken"})

    wall.wait_for_selector(f'#wall[data-newest="{number}"]', state="attached")
    assert wall.evaluate("number => wall.parts.incidents.rows.some(row => row[2] === number)", number)


def test_a_lost_server_is_said_and_mends_by_itself(wall):
    wall.route("**/live/**", lambda route: route.abort())
    wall.evaluate("wall.live.source && wall.live.source.close(); wall.live.source = null")

    wall.wait_for_selector("#wall.lost", state="attached")
    bar = wall.inner_text("#wall-bar")
    assert "服务器连接中断" in bar
    assert "画面停在" in bar
    assert "轮播暂停" in bar
    clock = wall.inner_text("#wall-clock")
    wall.wait_for_function("before => document.getElementById('wall-clock').innerText !== before", arg=clock)
    assert wall.evaluate(OVERLAP) == []

    wall.unroute("**/live/**")
    wall.wait_for_selector("#wall.back", state="attached")
    assert "连接恢复" in wall.inner_text("#wall-bar")
    wall.wait_for_selector("#wall:not(.lost):not(.back)", state="attached")


def test_a_stopped_database_is_said_and_its_return_too(wall, loaded):
    server = EmbeddedServer(loaded.settings.var_dir, loaded.database.secrets)
    server.stop()
    try:
        wall.wait_for_selector("#wall.lost", state="attached")
        wall.wait_for_function("/第[2-9]次重连/.test(document.getElementById('wall-bar').innerText)")
        bar = wall.inner_text("#wall-bar")
        assert "数据库连接中断" in bar
        assert re.search(r"画面停在 \d\d:\d\d:\d\d", bar)
        assert wall.evaluate(OVERLAP) == []
    finally:
        server.start()

    wall.wait_for_selector("#wall.back", state="attached")
    assert "连接恢复" in wall.inner_text("#wall-bar")
    wall.wait_for_selector("#wall:not(.lost):not(.back)", state="attached")


def test_an_orange_alert_takes_the_wall_and_gives_it_back(wall, loaded):
    with standing_alert(loaded) as number:
        tell(loaded, {"kind": "alert", "id": number, "change": "raised"})
        wall.wait_for_selector("#wall.taken", state="attached")
        wall.wait_for_selector("#wall-takeover .block >> nth=2")

        head = wall.inner_text("#wall-takeover-head")
        assert "橙色预警 Ⅱ级" in head
        assert "后返回风险预警" in head
        facts = wall.inner_text("#wall-takeover")
        assert "预期 3.2 件" in facts
        assert "少于5" in facts
        assert wall.evaluate(OVERLAP) == []

        with loaded.database.owner.begin() as connection:
            connection.execute(text(CLEAR), {"id": number})
        tell(loaded, {"kind": "alert", "id": number, "change": "cleared"})
        wall.wait_for_selector("#wall:not(.taken)", state="attached")


NEWEST = """
SELECT max(id) FROM base.incident WHERE placement = 'placed' AND status NOT IN ('closed', 'withdrawn')"""
TELL = "SELECT support.tell(CAST(:message AS jsonb))"
CLEAR = "UPDATE alerting.alert SET status = 'cleared', ended_by = 'gone', cleared_at = now() WHERE id = :id"
