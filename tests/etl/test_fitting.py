"""Which heading set a file is of, and what becomes of the words of other systems."""

import json
from pathlib import Path

import pandas as pd
import pytest

from etl.declaration import read_declaration
from etl.delivery import FeedSource
from etl.feeds import FEEDS
from etl.fitting import declared_set, fingerprint_of, with_heading_set
from etl.reading import renamed
from etl.shaping import serial_days, shaped
from gis.errors import BadInput

HEADINGS_FILE = Path(__file__).parents[3] / "shared" / "inputs" / "orders" / "event_table_headings.json"
INCIDENTS = FEEDS["incidents"]


def shape(headings: str, *values: str) -> dict[str, str]:
    """One row of another system under our names, as the checks get it."""
    columns = headings.split("|")
    found = declared_set(INCIDENTS, columns)
    assert found is not None
    source = with_heading_set(FeedSource("incidents", Path("x.csv")), found, columns)
    frame = pd.DataFrame(
        {column: pd.array([value], dtype="str") for column, value in zip(columns, values, strict=True)}
    )
    rows = renamed(frame, INCIDENTS.headings_in(source), source.defaults, source.values)
    return {name: value for name, value in shaped(rows, INCIDENTS.declaration, source).iloc[0].items() if value}


@pytest.mark.skipif(not HEADINGS_FILE.exists(), reason="outside inputs are not here")
def test_every_layout_of_the_collected_headings_is_known() -> None:
    collected = json.loads(HEADINGS_FILE.read_text(encoding="utf-8"))
    layouts = {name: one["columns"] for name, one in collected.items() if isinstance(one, dict) and "columns" in one}
    fields = [one.split()[0] for one in collected["wecom_gov_patrol_order"]["fields"]]
    assert declared_set(FEEDS["petitions"], layouts.pop("fengqiao_2021_petition")) is not None

    found = {name: declared_set(INCIDENTS, columns) for name, columns in {**layouts, "wecom": fields}.items()}

    assert len(found) == 13
    assert [name for name, one in found.items() if one is None] == []
    # no layout is taken for another
    assert len({one.en for one in found.values() if one}) == len(found)


def test_the_day_and_the_levels_of_a_beijing_order_are_taken_apart() -> None:
    row = shape(
        "工单编号|工单类型|问题分类|标题|主要内容|工单状态|村/社区|小区点位",
        "热线-250329-022222", "投诉", "科体文宣->文化->文物保护", "古井", "井盖坏了", "已办结", "", "甲苑1幢",
    )  # fmt: skip

    assert row == {
        "source_key": "热线-250329-022222", "reported_at": "2025-03-29", "category": "社情民意",
        "subcategory": "文物保护", "title": "古井", "description": "井盖坏了", "status": "已办结", "address": "甲苑1幢",
        "source": "12345热线",
    }  # fmt: skip


def test_seconds_of_a_patrol_become_an_instant() -> None:
    row = shape(
        "order_id|desc|case_name|create_time|urge_type|location", "g1", "破损", "路灯", "1620000000", "2", "东路"
    )

    # date -u -d @1620000000
    assert row["reported_at"] == "2021-05-03T00:00:00Z"
    assert (row["category"], row["subcategory"], row["grade"]) == ("城市管理", "路灯", "较大")


def test_words_of_a_district_hotline_become_ours() -> None:
    row = shape(
        "工单编号|工单标题|诉求内容|诉求类型|区交办时间|区交办办结期限|紧急程度|工单状态|诉求详细地址|求助人员",
        "G1", "停车", "乱停车", "交通", "2026-03-01 08:00:00", "2026-03-05 08:00:00", "紧急", "待签收", "东路1号", "张三",
    )  # fmt: skip

    assert (row["category"], row["subcategory"], row["grade"], row["status"]) == ("社情民意", "交通", "较大", "待派遣")
    # who called is not taken over
    assert "张三" not in row.values()


def test_what_a_delivery_states_itself_goes_before_the_set() -> None:
    columns = ["id", "所属社区", "问题描述", "时间", "状态"]
    found = declared_set(INCIDENTS, columns)
    assert found is not None
    stated = FeedSource(
        "incidents", Path("x.csv"), defaults={"category": "环境保护"}, values={"status": {"未处理": "处置中"}}
    )

    source = with_heading_set(stated, found, columns)

    assert source.defaults == {"category": "环境保护", "source": "网格上报"}
    assert source.values["status"]["未处理"] == "处置中"
    assert source.values["status"]["已结案"] == "已办结"


def test_serial_numbers_are_days_in_workbooks_alone() -> None:
    values = pd.Series(["44375", "44375.65625", "2021-06-28", "12", "", "99999"], dtype="str")

    # 44375 is 28 June 2021 in every spreadsheet program; 0.65625 of a day is 15:45
    assert serial_days(values).tolist() == ["2021-06-28", "2021-06-28 15:45:00", "2021-06-28", "12", "", "99999"]


def test_the_fingerprint_knows_the_set_and_not_the_order() -> None:
    assert fingerprint_of(["b", " a", ""]) == fingerprint_of(["a", "b"]) != fingerprint_of(["a", "b", "c"])


@pytest.mark.parametrize("feed", [*FEEDS, "terrain"])
def test_every_feed_says_who_answers_for_it_and_for_how_long(feed: str) -> None:
    declaration = read_declaration(feed)

    for said in (declaration.owner, declaration.legal_basis, declaration.retention, declaration.schedule):
        assert said.zh
        assert said.en
    # what is about persons ends some day
    assert declaration.retention.months or not declaration.persons


def test_a_declaration_that_contradicts_itself_is_refused_with_every_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "feeds").mkdir()
    (tmp_path / "feeds" / "x.yml").write_text(
        "owner: {zh: a, en: a}\nlegal_basis: {zh: a, en: a}\nretention: {zh: a, en: a}\nschedule: {zh: a, en: a}\n"
        "composed_key: [nothing]\nevent_time: never\ncolumns: {a: {zh: a, en: a, kind: reference}}\n",
        encoding="utf-8",
    )
    monkeypatch.setattr("etl.declaration.files", lambda package: tmp_path)

    with pytest.raises(BadInput, match=r"x\.yml: .*composed_key nothing.*event_time never.*a refers to nothing"):
        read_declaration("x")
