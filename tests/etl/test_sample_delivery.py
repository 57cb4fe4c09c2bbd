import datetime as dt
import json
import re

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely
import yaml
from typer import Typer
from typer.testing import CliRunner

from etl.sample.delivery import FEEDS, history_days, write_sample
from etl.sample_command import sample
from gis.errors import BadInput
from tests.etl.sample_world import SCALE, UNTIL, small_delivery


def read_text(name: str, encoding: str = "utf-8") -> pd.DataFrame:
    return pd.read_csv(small_delivery().folder / name, encoding=encoding, dtype=str, keep_default_na=False)


def read_requests() -> list[dict[str, object]]:
    lines = (small_delivery().folder / "requests.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def good_incidents() -> pd.DataFrame:
    truth = pd.read_csv(small_delivery().truth / "bad_rows.csv")
    bad = truth.loc[truth["feed"] == "incidents", "row"] - 1
    return read_text("incidents.csv", "utf-8-sig").drop(index=bad).reset_index(drop=True)


def test_every_feed_of_district_yml_is_there():
    folder = small_delivery().folder
    district = yaml.safe_load((folder / "district.yml").read_text(encoding="utf-8"))
    assert district["subdistrict"]["code"] == "320505003"
    assert [feed["feed"] for feed in district["feeds"]] == [feed["feed"] for feed in FEEDS]
    assert {feed["file"] for feed in district["feeds"]} | {"district.yml"} == {path.name for path in folder.iterdir()}


def test_the_same_seed_and_day_give_the_same_bytes(tmp_path):
    again = write_sample(tmp_path / "sample", seed=1, scale=SCALE, until=UNTIL)
    first = small_delivery()
    for folder, other in ((first.folder, again.folder), (first.truth, again.truth)):
        differing = [path.name for path in folder.iterdir() if path.read_bytes() != (other / path.name).read_bytes()]
        assert differing == []


def test_residents_read_in_their_encoding_and_count_exactly():
    residents = read_text("residents.csv", "gb18030")
    truth = pd.read_csv(small_delivery().truth / "bad_rows.csv")
    bad = truth[truth["feed"] == "residents"]
    assert len(residents) == 4609 + len(bad)
    good = residents.drop(index=bad["row"] - 1)
    assert good["人员编号"].is_unique
    assert (good["人口类型"] == "户籍").sum() == 1523
    # about one row in a hundred is bad
    assert len(bad) == pytest.approx(46, abs=1)


def test_compounds_have_a_title_above_the_heading():
    sheet = openpyxl.load_workbook(small_delivery().folder / "compounds.xlsx")["小区一览"]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][0] == "枫桥街道住宅小区一览表（示意）"
    assert rows[1][:4] == ("编号", "名称", "类型", "社区")
    kinds = [row[2] for row in rows[2:] if re.fullmatch(r"C\d\d", str(row[0]))]
    # 56 compounds and one number given twice
    assert len(kinds) in (57, 58)


def test_geopackages_are_metric_and_readable():
    folder = small_delivery().folder
    resources = gpd.read_file(folder / "resources.gpkg", layer="resources")
    assert resources.crs.to_epsg() == 4549
    good = resources.drop_duplicates("资源编号")
    good = good[good["资源编号"].str.fullmatch(r"R\d{3}") & (good["资源编号"] <= "R402")]
    assert len(good) == 402
    assert (good["状态"] == "停用").sum() == 31
    assert set(pyogrio.list_layers(folder / "roads.gpkg")[:, 0]) == {"roads", "junctions", "water", "hills"}
    stock = pyogrio.read_dataframe(folder / "resources.gpkg", layer="stock", read_geometry=False)
    assert set(stock["资源编号"]) <= set(good["资源编号"])


def test_the_road_graph_hangs_together():
    roads = gpd.read_file(small_delivery().folder / "roads.gpkg", layer="roads")
    edges = list(zip(roads["起点"], roads["终点"], strict=True))
    reached = {edges[0][0]}
    for _ in range(len(edges)):
        grown = reached | {b for a, b in edges if a in reached} | {a for a, b in edges if b in reached}
        if grown == reached:
            break
        reached = grown
    nodes = {node for edge in edges for node in edge}
    assert len(reached) / len(nodes) > 0.97


def test_boundaries_are_shifted_as_the_published_system_is():
    boundaries = gpd.read_file(small_delivery().folder / "boundaries.geojson")
    street = boundaries.loc[boundaries["级别"] == "街道"].geometry.iloc[0]
    # the street office (WGS-84 120.511181, 31.321027) is about 404 m further east and 236 m further south in GCJ-02
    assert street.contains(shapely.Point(120.511181 + 404 / 95_150, 31.321027 - 236 / 110_870))
    assert len(boundaries) == 8
    assert shapely.coverage_is_valid(list(boundaries.loc[boundaries["级别"] == "社区"].geometry))


def test_terrain_is_a_raster_over_the_street():
    with rasterio.open(small_delivery().folder / "terrain.tif") as terrain:
        assert terrain.crs.to_epsg() == 4326
        value = next(terrain.sample([(120.545, 31.316)]))[0]
    assert 0 < value < 30


def test_the_history_has_twenty_six_months_and_ends_on_the_day():
    days = history_days(dt.date(2026, 11, 22))
    assert (days[0], days[-1]) == (dt.date(2024, 9, 23), dt.date(2026, 11, 22))
    assert history_days(dt.date(2026, 4, 30))[0] == dt.date(2024, 3, 1)
    reported = pd.to_datetime(good_incidents()["上报时间"])
    assert reported.is_monotonic_increasing
    assert reported.iloc[-1] < pd.Timestamp("2026-11-23")


def test_nine_in_ten_incidents_are_closed_and_few_are_open():
    incidents = good_incidents()
    # 402.5 a day · 791 days · 0.02
    assert len(incidents) == pytest.approx(402.5 * 791 * SCALE, rel=0.05)
    assert (incidents["状态"] == "已办结").mean() == pytest.approx(0.90, abs=0.02)
    still = incidents[incidents["状态"].isin(["待派遣", "已派遣", "已接单", "处置中"])]
    assert 0 < len(still) < 10
    assert (still["办结时间"] == "").all()


def test_some_incidents_were_sent_back_on_their_way_and_none_that_is_void():
    incidents = good_incidents()
    back = incidents[incidents["退回时间"] != ""]
    # 2.5 % of all, disputes of tense compounds more, void ones never
    assert 0.018 < len(back) / len(incidents) < 0.035
    assert (back["状态"] != "已作废").all()
    assert (back["退回时间"] > back["派遣时间"]).all()
    ended = back[back["办结时间"] != ""]
    assert (ended["退回时间"] < ended["办结时间"]).all()


def test_petitions_come_on_working_days_and_end_within_their_time():
    truth = pd.read_csv(small_delivery().truth / "bad_rows.csv")
    bad = truth.loc[truth["feed"] == "petitions", "row"] - 1
    petitions = read_text("petitions.csv").drop(index=bad)
    # 2.4 a working day, 565 of them, a fiftieth
    assert len(petitions) == pytest.approx(2.4 * 565 * SCALE, abs=3 * (2.4 * 565 * SCALE) ** 0.5)
    assert petitions["信访编号"].is_unique
    received, ended = pd.to_datetime(petitions["受理时间"]), pd.to_datetime(petitions["办结时间"])
    assert received.is_monotonic_increasing
    assert (received.dt.day_of_week < 5).all()
    closed = petitions["处理状态"] == "已办结"
    assert (closed == ended.notna()).all()
    # 60 days, one in twenty up to 84
    assert ((ended - received)[closed] <= pd.Timedelta(days=84)).all()
    assert petitions["涉及地点"].str.len().min() > 2


def test_incidents_have_coordinates_only_sometimes_and_in_bd09():
    incidents = good_incidents()
    located = incidents[incidents["经度"] != ""]
    assert 0.12 < len(located) / len(incidents) < 0.28
    assert located["经度"].astype(float).between(120.46, 120.59).all()
    assert located["纬度"].astype(float).between(31.29, 31.37).all()


def test_requests_name_items_and_residents_that_exist():
    truth = pd.read_csv(small_delivery().truth / "bad_rows.csv")
    bad = set(truth.loc[truth["feed"] == "requests", "row"])
    items = set(read_text("service_items.csv")["事项编码"])
    residents = set(read_text("residents.csv", "gb18030")["人员编号"])
    requests = [row for number, row in enumerate(read_requests(), start=1) if number not in bad]
    assert {row["item_code"] for row in requests} <= items
    assert {row["resident_key"] for row in requests if row["resident_key"]} <= residents
    assert {row["status"] for row in requests} <= {"待受理", "办理中", "已办结", "已撤回"}


def test_whoever_asks_may_ask():
    items = read_text("service_items.csv").set_index("事项编码")
    persons = read_text("residents.csv", "gb18030").drop_duplicates("人员编号").set_index("人员编号")
    allowance = [
        persons.loc[str(row["resident_key"]), "性别"] == "女"
        for row in read_requests()
        if row["resident_key"] in persons.index
        and row["item_code"] in items.index
        and items.loc[str(row["item_code"]), "性别要求"] == "女"
    ]
    assert allowance
    assert np.mean(allowance) > 0.95


def test_planted_surges_are_in_the_files():
    truth = small_delivery().truth
    surges = pd.read_csv(truth / "surges.csv")
    members = pd.read_csv(truth / "surge_members.csv", dtype=str)
    keys = set(good_incidents()["事件编号"]) | {str(row["source_key"]) for row in read_requests()}
    assert set(members["source_key"]) <= keys
    counted = members["surge"].value_counts()
    assert {row.surge: row.extra for row in surges.itertuples()} == {
        name: counted.get(name, 0) for name in surges["surge"]
    }


def test_two_hundred_and_thirty_four_workers_serve_real_grids():
    workers = read_text("grid_workers.csv").drop_duplicates("工号")
    workers = workers[workers["工号"].str.fullmatch(r"W\d{3}") & (workers["工号"] <= "W234")]
    assert len(workers) == 234
    grids = gpd.read_file(small_delivery().folder / "work_grids.geojson").set_index("编码")["层级"]
    leaders = workers[workers["职务"] == "网格长"]
    assert (grids[leaders["网格编码"]] == 2).all()
    assert set(workers.loc[workers["职务"] == "网格员", "网格编码"]) == set(grids.index[grids == 3])


def test_a_file_in_the_way_is_named(tmp_path):
    (tmp_path / "taken").write_text("x", encoding="utf-8")
    with pytest.raises(BadInput, match="taken is a file"):
        write_sample(tmp_path / "taken", seed=1, scale=SCALE, until=UNTIL)


def test_the_command_explains_a_wrong_day(tmp_path):
    app = Typer()
    app.command()(sample)
    result = CliRunner().invoke(app, [str(tmp_path / "out"), "--until", "yesterday"])
    assert isinstance(result.exception, BadInput)
    assert "yesterday" in str(result.exception)
