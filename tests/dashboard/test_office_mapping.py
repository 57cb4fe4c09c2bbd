"""Headings nobody knows, from the refused load over the page to the load that is read by what was decided."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dash.exceptions import PreventUpdate
from sqlalchemy import text

from dashboard.office.mapping.callbacks import chosen, decision_of, read_words, saved, shown
from dashboard.office.mapping.layout import kept_headings, layout
from dashboard.office.page import Visit
from etl.load import load_folder
from gis.errors import BadInput
from tests.dashboard.test_office_rules import visit_of
from tests.etl.small_district import write_table, write_yaml
from tests.world import CODE, World

pytestmark = pytest.mark.database
NOW = datetime(2026, 4, 1, tzinfo=UTC)
STRANGE = ["流水号,问题归类,问题说明,在哪,社区,登记时刻,进展", "K1,环境,水面有蓝藻,甲苑1幢,,2026-03-01 08:00:00,办好了", "K2,环境,电话13800000000,,,2026-03-02 08:00:00,没办"]  # fmt: skip


@pytest.fixture
def operator(world: World) -> Iterator[Visit]:
    yield visit_of(world, "operator", "operator")
    with world.database.owner.begin() as connection:
        for table in (
            "support.heading_mapping",
            "support.delivered",
            "support.quarantine",
            "support.batch",
            "support.feed",
        ):
            connection.execute(text(f"DELETE FROM {table} WHERE subdistrict_code = :code"), {"code": CODE})
        connection.execute(text("DELETE FROM base.incident WHERE source_key IN ('K1', 'K2', 'K3')"))


@contextmanager
def delivery(tmp_path: Path, *lines: str) -> Iterator[Path]:
    write_table(tmp_path, "strange.csv", *lines, encoding="gb18030")
    write_yaml(tmp_path, [{"feed": "incidents", "name": "strange", "file": "strange.csv"}], code=CODE, name="x")
    yield tmp_path


def test_a_refused_file_is_matched_on_the_page_and_read_by_it_from_then_on(operator: Visit, tmp_path: Path) -> None:
    database = operator.services.database
    with delivery(tmp_path, *STRANGE) as folder:
        with pytest.raises(BadInput, match=r"lacks the column\(s\) .*; or match its headings on /office/mapping"):
            load_folder(database, folder, actor="test", now=NOW)
        waiting = kept_headings(operator)
        assert [(one.source, one.feed, one.decided_at) for one in waiting] == [("strange.csv", "incidents", None)]
        # telephones are sealed before an operator sees a sample
        assert waiting[0].samples["问题说明"] == ["水面有蓝藻", "电话[TEL]"]

        columns = chosen(operator, waiting[0].id, [{"field": "heading"}], anew=False)[2]
        found = {row["name"]: row["heading"] for row in columns if row["heading"]}
        assert found["source_key"] == "流水号"
        assert found["reported_at"] == "登记时刻"
        for row in columns:
            if row["name"] == "category":
                row.update(heading="问题归类", words="环境=环境保护")
            elif row["name"] == "status":
                row.update(heading="进展", words="办好了=已办结；没办=待派遣")
            elif row["name"] == "source":
                row["default"] = "网格上报"
            elif row["name"] == "description":
                row["heading"] = "问题说明"
            elif row["name"] == "address":
                row["heading"] = "在哪"
            elif row["heading"] in ("问题归类", "进展", "问题说明", "在哪"):
                row["heading"] = ""
        said, _, facts, _ = saved(operator, waiting[0].id, columns)
        assert "映射已保存" in said[0]["message"]
        assert facts == "待匹配 0，已保存 1"

        result = load_folder(database, folder, actor="test", now=NOW)[0]
        assert (result.read, result.loaded + result.unplaced, result.quarantined) == (2, 2, 0)
        again = load_folder(database, folder, actor="test", now=NOW)[0]
        assert (again.unchanged, again.read) == (2, 2)
    with database.owner.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT category, status, source, description FROM base.incident WHERE source_key LIKE 'K%' ORDER BY source_key"
            )
        ).all()
        decided = connection.execute(
            text(
                "SELECT actor, changes ->> 'decided_by' FROM access.audit WHERE table_name = 'support.heading_mapping' ORDER BY id DESC"
            )
        ).first()
    assert [tuple(row) for row in rows] == [
        ("环境保护", "closed", "网格上报", "水面有蓝藻"), ("环境保护", "reported", "网格上报", "电话[TEL]"),
    ]  # fmt: skip
    assert decided is not None
    assert decided.actor == "operator"


def test_another_decision_reads_the_same_file_anew(operator: Visit, tmp_path: Path) -> None:
    database = operator.services.database
    with delivery(tmp_path, *STRANGE[:2]) as folder:
        with pytest.raises(BadInput):
            load_folder(database, folder, actor="test", now=NOW)
        one = kept_headings(operator)[0]
        plain = {"source_key": "流水号", "description": "问题说明", "reported_at": "登记时刻"}

        def decided(category: str) -> list[dict[str, str]]:
            values = {"category": category, "source": "网格上报"}
            return [
                {"name": name, "heading": plain.get(name, ""), "default": values.get(name, "")}
                for name in {**plain, **values}
            ]

        saved(operator, one.id, decided("城市管理"))
        assert load_folder(database, folder, actor="test", now=NOW)[0].unchanged == 0
        saved(operator, one.id, decided("环境保护"))
        load_folder(database, folder, actor="test", now=NOW)
        assert kept_headings(operator)[0].defaults["category"] == "环境保护"


def test_a_file_that_is_shown_waits_and_one_that_is_known_does_not(operator: Visit) -> None:
    def contents(*lines: str) -> str:
        return "data:text/csv;base64," + base64.b64encode("\n".join([*lines, ""]).encode()).decode()

    said, rows, _, chosen_now = shown(operator, contents(*STRANGE), "../看看.csv", "incidents")
    assert "已列入待匹配" in said[0]["message"]
    assert [row["source"] for row in rows] == ["看看.csv"]
    assert chosen_now == rows

    said, rows, *_ = shown(
        operator, contents("id,所属社区,问题描述,时间,状态", "1,,a,2026-03-01,已处理"), "b.csv", "incidents"
    )
    assert "已能识别" in said[0]["message"]
    assert len(rows) == 1

    said = shown(operator, "data:text/csv;base64,!!", "b.csv", "incidents")[0]
    assert said[0]["message"]


def test_nobody_but_operators_sees_or_decides(operator: Visit, world: World) -> None:
    shown(
        operator,
        "data:;base64," + base64.b64encode(("\n".join(STRANGE) + "\n").encode()).decode(),
        "a.csv",
        "incidents",
    )
    one = kept_headings(operator)[0]
    duty = visit_of(world, "duty", "duty_officer")

    assert kept_headings(duty) == []
    assert "您的可见范围内没有表头" in saved(duty, one.id, [])[0][0]["message"]
    with pytest.raises(PreventUpdate):
        chosen(duty, one.id, [], anew=False)


def test_words_are_read_as_people_write_them() -> None:
    assert read_words("未处理=待派遣；已处理 ＝ 已办结;\n") == {"未处理": "待派遣", "已处理": "已办结"}
    with pytest.raises(BadInput, match="does not say what it means"):
        read_words("未处理")
    assert decision_of([{"name": "a", "heading": " h ", "default": None, "words": ""}]).mapping == {"a": "h"}


def test_the_page_is_laid_out_before_anything_waits(operator: Visit) -> None:
    assert "没有待匹配的表头" in str(layout(operator))
