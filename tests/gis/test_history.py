"""Valid time out of the forms of a record: moves end what was before, corrections unmake it."""

from datetime import UTC, datetime
from types import SimpleNamespace

from gis.history import KINDS, with_valid_time


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T00:00:00+00:00").astimezone(UTC)


def form(known: str, until: str | None, place: int, since: str | None, ended: str | None = None) -> SimpleNamespace:
    record = {
        "place_id": place,
        "valid_from": since and f"{since}T00:00:00+00:00",
        "valid_to": ended and f"{ended}T00:00:00+00:00",
    }
    return SimpleNamespace(recorded_from=at(known), recorded_to=until and at(until), batch_id=1, record=record)


def held(rows: list[SimpleNamespace], day: str) -> list[int]:
    return [one.record["place_id"] for one in with_valid_time(rows, KINDS["residents"]) if one.held_at(at(day))]


def test_a_move_ends_the_residence_before_it_on_the_day_it_begins():
    # lived at 1 since 2020, moved to 2 on 1 May 2026; we heard of it on 10 May
    rows = [form("2026-01-01", "2026-05-10", 1, "2020-01-01"), form("2026-05-10", None, 2, "2026-05-01")]

    assert (held(rows, "2019-12-31"), held(rows, "2026-04-30"), held(rows, "2026-05-01")) == ([], [1], [2])


def test_a_correction_unmakes_what_it_corrects():
    # it was place 3 all along
    rows = [form("2026-01-01", "2026-05-10", 1, "2020-01-01"), form("2026-05-10", None, 3, "2020-01-01")]

    assert held(rows, "2021-01-01") == [3]
    assert [one.corrected for one in with_valid_time(rows, KINDS["residents"])] == [True, False]


def test_an_earlier_move_that_is_heard_of_late_leaves_the_middle_out():
    # known: 1, then 2 from May; then we learn that it was 4 from March on
    rows = [
        form("2026-01-01", "2026-05-10", 1, "2020-01-01"),
        form("2026-05-10", "2026-06-01", 2, "2026-05-01"),
        form("2026-06-01", None, 4, "2026-03-01"),
    ]

    assert (held(rows, "2026-02-28"), held(rows, "2026-03-01"), held(rows, "2026-05-02")) == ([1], [4], [4])


def test_an_unstated_beginning_corrects_everything_before_and_a_stated_end_ends():
    rows = [form("2026-01-01", "2026-02-01", 1, "2020-01-01"), form("2026-02-01", None, 2, None, "2026-06-01")]

    assert (held(rows, "2021-01-01"), held(rows, "2026-05-31"), held(rows, "2026-06-01")) == ([2], [2], [])
