"""Delivered files become rows of text, or one sentence."""

from pathlib import Path

import pytest

from etl import reading
from etl.delivery import FeedSource
from etl.reading import as_text, read_csv_rows, read_jsonl_rows, renamed
from gis.errors import BadInput


def source(path: Path, content: bytes, encoding: str = "utf-8") -> FeedSource:
    path.write_bytes(content)
    return FeedSource("places", path, encoding=encoding)


def test_rows_stay_the_text_they_were(tmp_path: Path) -> None:
    content = '编号,名称,数\n007,"甲,乙",1.50\n8,"两\n行",\n'

    rows = read_csv_rows(source(tmp_path / "a.csv", content.encode("gb18030"), "gb18030"), ["编号"])

    assert rows.frame.to_numpy().tolist() == [["007", "甲,乙", "1.50"], ["8", "两\n行", ""]]
    assert rows.row_number(0) == 2


def test_a_byte_order_mark_is_no_part_of_a_heading(tmp_path: Path) -> None:
    rows = read_csv_rows(source(tmp_path / "a.csv", "\ufeff编号\n1\n".encode(), "utf-8-sig"), ["编号"])

    assert list(rows.frame.columns) == ["编号"]


def test_a_line_with_too_few_fields_is_kept_apart_with_its_number(tmp_path: Path) -> None:
    lines = ["编号,名称,数", *(f"{at},a,1" for at in range(30)), '请及时签收",2', "31,b,2"]

    rows = read_csv_rows(source(tmp_path / "a.csv", ("\n".join(lines) + "\n").encode()), ["编号"])

    assert len(rows) == 32
    # heading, thirty good rows, then line 32
    assert rows.broken == {31: 32}
    assert rows.frame.iloc[31, 0] == '请及时签收",2'


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a,b\n1,2\n3", "ends in the middle of line 3"),
        (b"a,b\n1,2\n3\n", "row 3: 1 fields where the heading has 2; the file was cut"),
        (b"a,b\n1\n2\n3\n4,5\n", "and so in 3 rows"),
        (b"a,a\n1,2\n", "has the column.s. a twice"),
        (b"b,c\n1,2\n", "lacks the column.s. a; its columns are b, c"),
        (b"\n\n", "is empty"),
    ],
)
def test_files_that_are_not_right_are_refused_in_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        read_csv_rows(source(tmp_path / "a.csv", content), ["a"])


def test_both_ways_of_reading_json_lines_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = '{"k": "1", "lon": 120.5, "lat": null, "t": "a"}\n{"k": "2", "lon": 121.0, "lat": 31.25, "t": null}\n'
    path = source(tmp_path / "a.jsonl", content.encode())
    fast = read_jsonl_rows(path, ["k"]).frame
    monkeypatch.setattr(reading, "read_plain_jsonl", lambda data: None)

    slow = read_jsonl_rows(path, ["k"]).frame

    assert fast.to_numpy().tolist() == [["1", "120.5", "", "a"], ["2", "121", "31.25", ""]]
    assert slow.equals(fast)


def test_a_line_that_is_no_object_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"a.jsonl, line 2: no JSON object"):
        read_jsonl_rows(source(tmp_path / "a.jsonl", b'{"k": "1"}\n{"k": \n'), ["k"])


def test_columns_take_our_names_defaults_and_words(tmp_path: Path) -> None:
    raw = read_csv_rows(source(tmp_path / "a.csv", "id,状态\n1, 未处理 \n".encode()), ["id"]).frame

    rows = renamed(
        raw,
        {"source_key": "id", "status": "状态", "source": "来源"},
        {"source": "网格"},
        {"status": {"未处理": "待派遣"}},
    )

    assert rows.to_dict("records") == [{"source_key": "1", "status": "待派遣", "source": "网格"}]


def test_whole_numbers_of_spreadsheets_lose_their_point() -> None:
    assert [as_text(value) for value in (12.0, 12.5, None, True, float("nan"), "x")] == [
        "12",
        "12.5",
        "",
        "true",
        "",
        "x",
    ]
