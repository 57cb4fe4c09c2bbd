"""Headings that nobody knows: what is suggested for them."""

from etl.declaration import read_declaration
from etl.mapping import Decision, HeadingsToMatch, decision_faults, name_likeness, suggest
from tests.world import REPORTED

COMMUNITIES = frozenset({"甲社区", "甲", "乙社区", "乙"})


def suggested(feed: str, samples: dict[str, list[str]]) -> dict[str, str]:
    found = suggest(read_declaration(feed), list(samples), samples, communities=COMMUNITIES)
    return {one.name: one.heading for one in found if one.heading}


def test_names_and_values_together_find_the_columns_of_work_orders() -> None:
    assert suggested(
        "incidents",
        {
            "工单流水号": ["A1", "A2"],
            "问题大类": ["市容", "噪音"],
            "问题详细描述": ["垃圾无人清理", "有人扰民"],
            "发生地点": ["东路1号", ""],
            "所在社区": ["甲社区", "乙"],
            "登记时间": ["2026-03-01 08:00:00"],
            "处理进度": ["处置中", "已办结"],
            "坐标X": ["120.5051"],
            "坐标Y": ["31.3002"],
            "市民电话": ["[TEL]"],
        },
    ) == {
        "source_key": "工单流水号", "category": "问题大类", "description": "问题详细描述", "address": "发生地点",
        "community": "所在社区", "reported_at": "登记时间", "status": "处理进度", "lon": "坐标X", "lat": "坐标Y",
    }  # fmt: skip


def test_pinyin_and_initials_are_read_as_what_they_stand_for() -> None:
    assert name_likeness("姓名", "XM") > 0.5
    assert name_likeness("出生日期", "chushengriqi") > 0.9
    assert name_likeness("姓名", "dizhi") < 0.5
    assert suggested(
        "residents",
        {
            "xm": ["张三"], "sfzh": ["[ID]"], "csrq": ["1980-01-01"], "sjh": ["[TEL]"], "xiaoqu": ["甲苑"], "louhao": ["1"],
            "renkouleixing": ["户籍", "流动"],
        },
    ) | {"building": ""} == {
        "name": "xm", "identity": "sfzh", "birth_date": "csrq", "phone": "sjh", "compound": "xiaoqu", "building": "",
        "registration": "renkouleixing",
    }  # fmt: skip


def test_values_that_are_plainly_something_else_outweigh_a_name() -> None:
    found = suggested(
        "incidents", {"上报时间": ["张三", "李四"], "登记日": ["2026-03-01 08:00:00", "2026-03-02 09:30:00"]}
    )

    assert found.get("reported_at") != "上报时间"


def test_numbers_of_persons_go_only_where_they_are_sealed() -> None:
    waiting = HeadingsToMatch(
        id=1, feed="incidents", source="x.csv", headings=["a", "b"], samples={"a": ["[TEL]"], "b": ["垃圾，电[TEL]"]},
        seen_at=REPORTED,
    )  # fmt: skip
    decided = Decision({"subcategory": "a", "description": "b"})
    faults = [str(fault) for fault in decision_faults(read_declaration("incidents"), waiting, decided)]

    assert [fault for fault in faults if "numbers" in fault] == [
        "a holds numbers of persons; 事件小类 (subcategory) takes none"
    ]


def test_a_decision_is_looked_at_whole() -> None:
    waiting = HeadingsToMatch(
        id=1, feed="incidents", source="x.csv", headings=["a", "b"], samples={}, seen_at=REPORTED
    )  # fmt: skip
    decision = Decision(
        {"reported_at": "a", "title": "a", "grade": "z", "nothing": "b"}, words={"grade": {"急": "很急"}}
    )

    faults = [str(fault) for fault in decision_faults(read_declaration("incidents"), waiting, decision)]

    assert len(faults) == 6
    assert "nothing is no column of incidents" in faults
    assert "'z' is no heading of the file" in faults
    assert "a stands for two columns" in faults
    assert "事件大类 (category) must have a heading or a value" in faults
    assert "事件来源 (source) must have a heading or a value" in faults
    assert any("'很急' is none of 一般, 较大" in fault for fault in faults)
