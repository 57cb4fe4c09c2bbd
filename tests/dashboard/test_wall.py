"""The wall's parts without a database: what is counted, worded, encoded and drawn."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import h3.api.basic_int as h3
import pandas as pd
import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response

from dashboard import ids
from dashboard.errors import install_error_answers
from dashboard.look import DARK
from dashboard.scenes import read_scenes
from dashboard.wall.alerts_shown import measured, people, steps, where
from dashboard.wall.basemap import THIN_ROADS, wall_style
from dashboard.wall.figure import SHRINK, TRACES, map_figure, shrunk
from dashboard.wall.ground import Area, Ground, Road, Spot, bounds_of, rings_of
from dashboard.wall.layers_shown import encode, legend_steps
from dashboard.wall.page import mount_page, wall_layout
from dashboard.wall.panels import out_list, reach_shares, trend, until
from dashboard.wall.picture import change, signed, thousands
from gis.texts import catalogue, texts_in

ZH = texts_in("zh")
NOW = datetime(2026, 11, 23, 14, 2, 38, tzinfo=ZoneInfo("Asia/Shanghai"))
SCRIPTS = files("dashboard").joinpath("static", "wall")


def square(west: float, south: float, side: float = 0.02) -> list[list[float]]:
    east, north = west + side, south + side
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


@pytest.fixture
def ground() -> Ground:
    cells = sorted(h3.grid_disk(h3.latlng_to_cell(31.31, 120.51, 10), 1))
    rings = [[[lon, lat] for lat, lon in (*h3.cell_to_boundary(cell), h3.cell_to_boundary(cell)[0])] for cell in cells]
    outline = [[square(120.5, 31.3)]]
    return Ground(
        name="某街道",
        name_en="Somewhere",
        timezone="Asia/Shanghai",
        schematic=True,
        outline=outline,
        communities=[Area("1", "甲社区", "Jia", outline, [120.51, 31.31])],
        cells=[format(cell, "x") for cell in cells],
        hexagons=rings,
        cell_community=[0] * len(cells),
        roads=[Road("长路", "main", [[[120.49, 31.31], [120.51, 31.31]]])],
        water=[],
        hills=[],
        spots=[Spot(1, "甲苑", "commercial", [120.51, 31.31], 300, "1")],
        cell_area_m2=11_390.0,
        bounds=bounds_of(outline),
    )


def test_numbers_are_written_as_the_look_has_them():
    assert thousands(230464) == "230,464"
    assert (signed(30), signed(-5), signed(0)) == ("+30", "−5", "0")
    # 190 now, 160 then: 30 more, 30 / 160 = 18.75 %
    assert change(190, 160, texts_in("zh")) == "+30（+19%）"
    assert change(190, 160, texts_in("en")) == "+30 (+19%)"
    assert change(3, 0, texts_in("zh")) == "+3"


def test_a_trend_lays_todays_hours_beside_the_mean_of_earlier_weeks():
    rows = [
        {"week": 0, "hour": 23, "events": 7},
        {"week": 1, "hour": 23, "events": 4},
        {"week": 2, "hour": 23, "events": 8},
        {"week": 2, "hour": 0, "events": 1},
    ]

    shown = trend(rows, title="近24小时诉求", feed="requests", now=NOW, oldest_week=2, texts=ZH)

    assert shown.actual == [0] * 23 + [7]
    # the last hour: (4 + 8) / 2 = 6; the first: (0 + 1) / 2 = 0.5, a week without any counts as none
    assert shown.expected[23] == 6
    assert shown.expected[0] == 0.5
    assert shown.until == NOW.timestamp()


def test_without_earlier_weeks_nothing_is_expected():
    shown = trend([{"week": 0, "hour": 1, "events": 2}], title="", feed="requests", now=NOW, oldest_week=0, texts=ZH)

    assert shown.expected == [None] * 24


def values(ground: Ground, **columns) -> pd.DataFrame:
    given = {"value": 1.0, "class_index": 0, "suppressed": False, "estimated": False} | columns
    return pd.DataFrame(
        {"cell_hex": ground.cells[: len(next(v for v in given.values() if isinstance(v, list)))], **given}
    )


def test_cells_are_encoded_in_the_grounds_order(ground):
    shown = values(ground, class_index=pd.array([4, pd.NA, 2], dtype="Int64"), suppressed=[False, True, False])

    assert encode(shown, ground, reach=False, inhabited=set()) == "4f2" + "." * 4


def test_reach_fills_only_where_somebody_lives_and_a_gap_is_said(ground):
    shown = values(ground, class_index=pd.array([0, 3, 2], dtype="Int64"), suppressed=[False] * 3)

    assert encode(shown, ground, reach=True, inhabited=set(ground.cells[:2])) == "0g" + "." * 5


def test_a_legend_states_every_limit():
    classes = [{"from": None, "to": 25.0}, {"from": 25.0, "to": 40.0}, {"from": 40.0, "to": None}]

    labels = [step.label for step in legend_steps(classes, ZH, reach=False, few=True)]

    assert labels == ["不足25", "25—40", "40及以上", "少于5人不公布"]


def test_shares_of_reach_are_of_all_persons():
    rows = [
        {
            "unit_kind": "subdistrict",
            "kind": "aed",
            "persons": 200,
            "within_5": 128,
            "within_10": 196,
            "within_15": 200,
        },
        {
            "unit_kind": "subdistrict",
            "kind": "depot",
            "persons": 200,
            "within_5": None,
            "within_10": 9,
            "within_15": 10,
        },
    ]

    shares = reach_shares(rows)

    # 128 / 200 = 64 %, 196 / 200 = 98 %, 200 / 200 = 100 %; of the depots one count is not published
    assert shares["aed"] == "64 / 98 / 100%"
    assert shares["depot"] == ""


def resource(kind, name, status, **more):
    return {
        "kind": kind, "name": name, "status": status, "community": "马浜社区", "community_en": "",
        "status_reason": None, "status_until": None,
    } | more  # fmt: skip


def test_what_is_out_of_use_lists_teams_and_stations_first():
    shown = out_list(
        [
            resource("hydrant", "一号栓", "out"),
            resource("team", "巡查二队", "deployed"),
            resource("fire_station", "东站", "ready"),
            resource("fire_station", "西站", "out", status_reason="车辆检修", status_until=NOW + timedelta(hours=4)),
        ],
        now=NOW,
        texts=ZH,
    )

    assert [row.name for row in shown.rows] == ["巡查二队", "西站", "一号栓"]
    assert [row.under for row in shown.rows] == ["马浜社区 · 已出动", "马浜社区 · 车辆检修", "马浜社区 · 原因未报"]
    assert shown.rows[1].when == "至18:02"
    assert shown.title == "停用 3 处"


def test_when_something_should_long_be_back_is_said():
    assert until(NOW - timedelta(hours=2), NOW, ZH) == "已过12:02"
    assert until((NOW + timedelta(days=2)).astimezone(UTC), NOW, ZH) == "至11月25日"


ALERT = {
    "unit_kind": "compound", "unit_name": "马浜花园北区", "community": "马浜社区", "community_en": "Mabang", "recurrence_days": None, "first_at": None, "raised_at": NOW - timedelta(hours=2),
    "observed": 11.0, "expected": 3.2, "expected_low": 0.6, "expected_high": 6.5, "method": "threshold",
    "window_from": NOW - timedelta(hours=24), "window_to": NOW,
    "reasons": [{"name": "物业收费", "count": 6}, {"name": "停车", "count": 3}],
}  # fmt: skip


def test_an_alert_tells_how_much_against_expected():
    told = measured(ALERT, ZH)

    assert told["observed"] == "11"
    assert told["expected"] == "件，预期 3.2 件"
    # 11 / 3.2 = 3.4
    assert told["times"] == "3.4 倍"
    assert told["gauge"] == {"observed": 11.0, "expected": 3.2, "low": 0.6, "high": 6.5, "unit": "件/24小时"}
    assert told["reasons"] == "物业收费 6 · 停车 3"


def test_an_alert_without_expectation_shows_no_interval():
    told = measured(ALERT | {"expected": None, "expected_high": None}, ZH)

    assert told["gauge"] is None
    assert told["times"] == ""


def test_what_is_due_next_closes_the_row_of_steps():
    row = {
        "raised_at": NOW, "first_at": None, "status": "open", "level": 2, "holder": "grid_leader", "held_by_at": NOW, "due_at": None,
        "silenced_by": None, "exercise": False,
    }  # fmt: skip
    # orange: each post has ten minutes before the next is asked
    (*_, due) = steps(row, [], ZH)
    assert (due["label"], due["at"], due["due"]) == ("应签收", (NOW + timedelta(minutes=10)).timestamp(), True)
    # nobody is above the commander, a silence asks nobody
    assert [step["label"] for step in steps(row | {"holder": "commander"}, [], ZH)] == ["首起"]
    assert [step["label"] for step in steps(row | {"silenced_by": 4}, [], ZH)] == ["首起"]
    taken = row | {"status": "acknowledged", "due_at": NOW + timedelta(minutes=30)}
    assert steps(taken, [], ZH)[-1]["label"] == "应反馈"


def test_fewer_than_five_people_are_not_counted_out():
    told = people({"persons": None, "households": None, "aged_60": 12, "living_alone": None}, ZH)

    assert told["people"] == "少于5 户　少于5 人"
    assert told["groups"] == "60岁以上 12 人 · 独居老人 少于5 人"


def test_where_an_alert_holds_is_said_once():
    assert where(ALERT, ZH) == "马浜社区 马浜花园北区"
    assert where(ALERT | {"unit_kind": "community", "unit_name": "马浜社区"}, ZH) == "马浜社区"
    assert where(ALERT | {"unit_kind": "feed", "unit_name": "", "community": None}, ZH) == "全街道"


def test_what_happened_is_told_in_order_and_the_grade_is_marked():
    events = [
        {"at": NOW - timedelta(hours=2), "change": "raised", "level": 3},
        {"at": NOW - timedelta(hours=1, minutes=30), "change": "updated", "level": 3},
        {"at": NOW - timedelta(hours=1), "change": "acknowledged", "level": 3},
        {"at": NOW - timedelta(minutes=20), "change": "followed", "level": 3, "detail": {"what": "on_site"}},
        {"at": NOW, "change": "level", "level": 2, "detail": {"from": 3}},
    ]

    told = steps(ALERT | {"status": "acknowledged", "due_at": NOW + timedelta(minutes=30)}, events, ZH)

    assert [step["label"] for step in told] == ["首起", "黄色", "签收", "到场", "升橙", "应反馈"]
    assert [step["mine"] for step in told] == [False, False, False, False, True, False]
    assert [step["due"] for step in told] == [False, False, False, False, False, True]


def test_hexagons_shrink_towards_their_centre(ground):
    ring = [[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0], [0.0, 0.0]]

    small = shrunk(ring)

    # the centre is (1, 1): a corner moves by SHRINK of the way to it
    assert small[0] == pytest.approx([SHRINK, SHRINK])
    assert small[2] == pytest.approx([2 - SHRINK, 2 - SHRINK])


def test_the_map_asks_no_host_for_anything(ground):
    style = wall_style(ground, DARK)

    assert "http" not in json.dumps(style)
    assert "glyphs" not in style
    assert all(source["type"] == "geojson" for source in style["sources"].values())


def test_roads_fade_out_beyond_the_district(ground):
    roads = wall_style(ground, DARK)["sources"]["roads"]["data"]["features"]

    # the road runs from 120.49 to 120.51, the district begins at 120.50
    inside = {feature["properties"]["inside"]: feature["geometry"]["coordinates"] for feature in roads}
    assert sorted(inside[1][0]) == [(120.5, 31.31), (120.51, 31.31)]
    assert sorted(inside[0][0]) == [(120.49, 31.31), (120.5, 31.31)]


def test_live_figures_lie_under_the_thin_roads(ground):
    figure = map_figure(ground)

    assert len(figure.data) == len(TRACES)
    assert [trace.below for trace in figure.data] == [THIN_ROADS] * 4
    order = [layer["id"] for layer in figure.layout.map.style["layers"]]
    assert order.index("roads") < order.index(THIN_ROADS) < order.index("borders")


def test_multipolygons_and_polygons_become_the_same_lists():
    ring = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0))
    polygon = {"type": "Polygon", "coordinates": (ring,)}
    many = {"type": "MultiPolygon", "coordinates": ((ring,),)}

    assert rings_of(polygon) == rings_of(many) == [[[list(point) for point in ring]]]
    assert rings_of(None) == []


def test_scripts_name_only_ids_of_the_layout():
    known = {
        name for value in vars(ids).values() for name in (value if isinstance(value, tuple) else [value])
        if isinstance(name, str) and name.startswith("wall")
    }  # fmt: skip
    # made by the scripts themselves: the tab's progress, the drawing until MapLibre draws
    own = {"wall-progress", "wall-first", "wall-small-top-", "wall-small-"}
    for script in SCRIPTS.iterdir():
        if script.name.endswith(".js"):
            named = set(re.findall(r'"#?(wall(?:-[a-z0-9]+)+-?)', script.read_text(encoding="utf-8")))
            assert named <= known | own, script.name


def test_scripts_ask_only_for_texts_there_are():
    for script in SCRIPTS.iterdir():
        if script.name.endswith(".js"):
            asked = re.findall(r'wall\.text\("([a-z_.]+)"\s*[,)]', script.read_text(encoding="utf-8"))
            assert all(f"wall.page.{key}" in catalogue() for key in asked), script.name


def test_scripts_hold_no_chinese_text():
    for script in SCRIPTS.iterdir():
        if script.name.endswith(".js"):
            code = re.sub(r"//.*", "", script.read_text(encoding="utf-8"))
            assert not re.search(r"[\u4e00-\u9fff]", code), script.name


def test_no_text_of_the_style_sheet_is_smaller_than_one_rem():
    sizes = re.findall(r"font(?:-size)?:[^;]*?([\d.]+)rem", SCRIPTS.joinpath("wall.css").read_text(encoding="utf-8"))

    assert sizes
    assert min(float(size) for size in sizes) >= 1.0


def test_every_screen_is_the_same_page_and_unknown_paths_are_nobodys(ground):
    server = FastAPI()
    install_error_answers(server)
    layout = wall_layout(ZH, map_figure(ground), name="某街道")
    mount_page(server, layout=lambda: layout, texts=ZH, check=read_scenes().screen)

    async def ask() -> list[Response]:
        async with AsyncClient(transport=ASGITransport(app=server), base_url="http://wall") as client:
            return [await client.get(path) for path in ("/wall/main", "/wall/duty", "/somewhere", "/wall/lobby")]

    page, other, nowhere, lobby = asyncio.run(ask())

    assert page.status_code == other.status_code == 200
    assert "assets/wall.css" in page.text
    assert "assets/live.js" in page.text
    assert "https://" not in page.text
    assert nowhere.status_code == 404
    assert (lobby.status_code, lobby.json()) == (404, {"error": "没有屏幕“lobby”；现有：main、main-en、duty"})
