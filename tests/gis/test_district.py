"""The head of district.yml: read strictly, every fault named at once."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from gis.district import parse_district, read_district
from gis.errors import BadInput

GOOD = {"code": "320505003", "name": "枫桥街道", "metric_srid": 4549}


def test_what_is_not_stated_has_a_default() -> None:
    district = parse_district(GOOD)

    assert (district.name_en, district.resolutions, district.schematic) == ("枫桥街道", (9, 10, 11), False)
    assert district.history_end is None


def test_history_ends_at_midnight_of_its_last_day_in_local_time() -> None:
    district = parse_district(GOOD | {"history_until": date(2026, 11, 22)})

    # 24:00 in Shanghai is 16:00 UTC
    assert district.history_end is not None
    assert district.history_end.astimezone(UTC) == datetime(2026, 11, 22, 16, tzinfo=UTC)


def test_every_fault_is_named_at_once() -> None:
    stated = {
        "code": "1", "metric_srid": 4490, "timezone": "Asia/Suzhou", "cell_resolutions": [8], "colour": "red",
        "bounds": [121, 31, 120, 32], "history_until": "soon",
    }  # fmt: skip

    with pytest.raises(BadInput) as refused:
        parse_district(stated)

    for word in ("name is missing", "4490", "Asia/Suzhou", "[8]", "colour", "[121, 31, 120, 32]", "'soon'"):
        assert word in str(refused.value)


def test_a_folder_without_district_yml_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"holds no district\.yml"):
        read_district(tmp_path)
    (tmp_path / "district.yml").write_text("a: [1\nb: 2", encoding="utf-8")
    with pytest.raises(BadInput, match=r"line 2 is no YAML"):
        read_district(tmp_path)
