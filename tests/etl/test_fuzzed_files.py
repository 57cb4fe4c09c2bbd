"""Good files changed at random: rows or one sentence come of them. And what such changes once found, kept."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.etl.fuzz_readers import FILES, changed, good_files, read_changed

#: a good file, and changes of it that once were no sentence: (thousandth of the file, bytes that go, what comes)
FOUND = {
    "a workbook whose directory is cut panics in the reader": ("a.xls", [(0, 1540, b"")]),
    "a text of a GeoJSON that is not UTF-8": ("a.geojson", [(230, 0, b"\xff")]),
    "a control character that GDAL passes over and a count does not": ("a.geojson", [(230, 0, b"\x01")]),
    "a ring that does not close": ("a.geojson", [(760, 1, b"7")]),
    "a heading of old line ends": ("utf-8.csv", [(20, 0, b"\r")]),
}  # fmt: skip

#: files made up whole that once were no sentence
MADE = {
    "headings without a letter above a broken row": ("made.csv", b",,,,,,,,,,,\n,\n,,,,,,,,,,,\n"),
}


def said_well(sentences: list[str]) -> bool:
    return all(sentence.strip() and len(sentence) < 2_000 for sentence in sentences)


@pytest.mark.parametrize("name", list(good_files()))
def test_the_good_files_are_good(tmp_path: Path, name: str) -> None:
    assert read_changed(name, good_files()[name], tmp_path) == []


@pytest.mark.parametrize(("name", "changes"), FOUND.values(), ids=list(FOUND))
def test_what_was_found_is_a_sentence_now(tmp_path: Path, name: str, changes: list[tuple[int, int, bytes]]) -> None:
    assert said_well(read_changed(name, changed(good_files()[name], changes), tmp_path))


@pytest.mark.parametrize(("name", "content"), MADE.values(), ids=list(MADE))
def test_what_was_made_up_and_found_is_a_sentence_now(tmp_path: Path, name: str, content: bytes) -> None:
    assert said_well(read_changed(name, content, tmp_path))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(drawn=FILES)
def test_a_file_changed_or_made_up_gives_rows_or_a_sentence(tmp_path: Path, drawn: tuple[str, bytes]) -> None:
    assert said_well(read_changed(*drawn, tmp_path))
