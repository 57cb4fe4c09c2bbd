"""A risk point is read with what speaks for it, confirmed with a reason, and only then on the map's layer."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from layers.values import select_geojson

pytestmark = [pytest.mark.browser, pytest.mark.database]

CANDIDATE = """
INSERT INTO alerting.risk_point (subdistrict_code, unit_kind, unit_code, unit_name, community_code, geom, probability, base_rate,
                                 contributions, version, window_from, scored_at, valid_to)
SELECT :code, 'compound', CAST(place.id AS text), place.name, place.community_code, ST_Multi(ST_Buffer(place.point, 0.001)), :probability, 0.2,
       '[{"name": "disputes", "value": 40, "mean": 10, "points": 0.9}, {"name": "vacancy", "value": 0.1, "mean": 0.2, "points": -0.1}]',
       '1', :since, :now, :until
  FROM base.place WHERE kind = 'compound' AND counted ORDER BY id OFFSET :offset LIMIT 1
RETURNING unit_name"""


@pytest.fixture
def candidates(loaded):
    """Two candidates of now; gone again after the test."""
    now = datetime.now(UTC)
    span = {"since": now - timedelta(days=30), "now": now, "until": now + timedelta(days=7)}
    with loaded.database.owner.begin() as connection:
        names = [
            connection.scalar(
                text(CANDIDATE), {"code": loaded.district.code, "probability": probability, "offset": offset, **span}
            )
            for offset, probability in enumerate((0.6, 0.4))
        ]
    yield names
    with loaded.database.owner.begin() as connection:
        connection.execute(text("DELETE FROM alerting.risk_point"))


def test_a_risk_point_is_read_confirmed_with_a_reason_and_only_then_published(browser, serving, loaded, candidates):
    first, second = candidates
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    try:
        path, _, token = serving.links.office.partition("?")
        page.goto(f"{serving.url}{path}?{token}")
        page.goto(f"{serving.url}/office/risk")
        page.wait_for_selector(".ag-row")
        assert "待确认 2 个，已确认 0 个" in page.inner_text(".office-head")
        # a fiftieth of the sample is too little for a back-test, and that is said
        assert "历史数据不足，尚未评分" in page.inner_text(".risk-proof")
        # nothing is to be decided before a point is chosen
        assert not page.locator("#risk-confirm").is_visible()

        page.locator(".ag-row").get_by_text(first, exact=True).click()
        page.wait_for_selector(".risk-parts")
        told = page.inner_text("#risk-point")
        # 60 % against a mean place's 20 %
        assert "60%" in told
        assert "为其 3.0 倍" in told
        # e to the power of .9
        assert "×2.46" in told

        page.locator("#risk-confirm").click()
        page.wait_for_selector(".mantine-Notification-root")
        assert published(loaded) == []
        page.locator("#risk-reason").fill("近期多起停车纠纷，社区已走访")
        page.locator("#risk-confirm").click()
        page.wait_for_selector("text=已确认，30天内")
        page.wait_for_selector("text=待确认 1 个，已确认 1 个")
        assert "近期多起停车纠纷" in page.inner_text("#risk-point")
        assert published(loaded) == [first]

        page.locator(".ag-row").get_by_text(second, exact=True).click()
        page.locator("#risk-reason").fill("为施工噪声，已完工")
        page.locator("#risk-reject").click()
        page.wait_for_selector("text=待确认 0 个，已确认 1 个")
        assert published(loaded) == [first]
        assert [fault for fault in faults if "favicon" not in fault] == []
    finally:
        context.close()


def published(loaded) -> list[str]:
    """Names of the risk points that others see."""
    with loaded.database.owner.connect() as connection:
        found = select_geojson(connection, "risk_points", code=loaded.district.code)["features"]
    return [feature["properties"]["unit_name"] for feature in found]
