"""Single reports: the same way as files, under the server's role, placed and told at once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from access.accounts import NewAccount, add_account
from etl.intake import Intake
from etl.load import load_folder
from gis.cells import index_points, to_hex
from gis.coordinates import from_wgs84
from gis.database.connection import Database, identified
from gis.district import select_district
from gis.errors import BadInput
from tests.etl.small_district import BUILDINGS, CODE, WEST, write_small_district
from tests.integration.test_load import forget

NOW = datetime(2026, 4, 1, tzinfo=UTC)
pytestmark = pytest.mark.database

REPORT: dict[str, Any] = {
    "source_key": "ab-1",
    "reported_at": "2026-03-31T08:00:00+08:00",
    "source": "网格上报",
    "category": "城市管理",
    "grade": "larger",
    "title": "垃圾堆放",
    "description": "楼道内有垃圾",
    "address": "乙苑1幢",
}


@pytest.fixture(scope="module")
def loaded(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    forget(database)
    folder: Path = write_small_district(tmp_path_factory.mktemp("intake") / "delivery")
    load_folder(database, folder, actor="test", now=NOW)
    yield database
    with database.owner.begin() as connection:
        connection.execute(
            text("DELETE FROM access.session WHERE account_id = (SELECT id FROM access.account WHERE name = 'in-op')")
        )
        connection.execute(text("DELETE FROM access.account WHERE name = 'in-op'"))
    forget(database)


@pytest.fixture(scope="module")
def session_id(loaded: Database) -> str:
    with loaded.owner.begin() as connection:
        account = add_account(connection, NewAccount(name="in-op", role="operator", subdistrict_code=CODE))
        return str(
            connection.scalar(
                text(
                    "INSERT INTO access.session (account_id, expires_at)"
                    " VALUES (:id, now() + interval '1 day') RETURNING id"
                ),
                {"id": account},
            )
        )


@pytest.fixture(scope="module")
def intake(loaded: Database) -> Intake:
    with loaded.owner.connect() as connection:
        return Intake(loaded, select_district(connection, code=CODE), clock=lambda: NOW)


def take(loaded: Database, intake: Intake, session_id: str, **changes: Any) -> Any:
    with identified(loaded.server, session_id) as connection:
        return intake.take_incident(connection, REPORT | changes, actor="in-op")


def one(database: Database, statement: str) -> Any:
    with database.owner.connect() as connection:
        return connection.execute(text(statement), {"code": CODE}).one()


def test_a_report_is_placed_and_answered_with_its_place(loaded: Database, intake: Intake, session_id: str) -> None:
    taken = take(loaded, intake, session_id)

    lon, lat = BUILDINGS["C02-001"]
    assert taken.status == "loaded"
    assert (taken.location["placement"], taken.location["match_level"]) == ("placed", "building")
    assert (taken.location["lon"], taken.location["lat"]) == (lon, lat)
    assert taken.location["cell"] == to_hex(index_points([lon], [lat]))[0]
    stored = one(loaded, f"SELECT grade, status, reported_at FROM base.incident WHERE id = {taken.id}")
    assert tuple(stored) == ("larger", "reported", datetime(2026, 3, 31, tzinfo=UTC))


def test_the_same_report_twice_is_one_incident(loaded: Database, intake: Intake, session_id: str) -> None:
    first = take(loaded, intake, session_id, source_key="ab-2")
    second = take(loaded, intake, session_id, source_key="ab-2")

    assert (second.id, second.status) == (first.id, "unchanged")


def test_stated_coordinates_win_over_words(loaded: Database, intake: Intake, session_id: str) -> None:
    lon, lat = from_wgs84([120.504], [31.304], system="BD09")

    taken = take(
        loaded, intake, session_id, source_key="ab-3", address="", description="路面破损",
        lon=float(lon[0]), lat=float(lat[0]), crs="BD-09",
    )  # fmt: skip

    assert taken.location["match_level"] == "coordinates"
    assert taken.location["lon"] == pytest.approx(120.504, abs=1e-7)
    assert taken.location["community_code"] == WEST


def test_a_bad_report_is_refused_with_every_reason_and_kept_in_quarantine(
    loaded: Database, intake: Intake, session_id: str
) -> None:
    with pytest.raises(BadInput) as refused:
        take(loaded, intake, session_id, source_key="ab-4", category="看电视", description="1111")

    assert "事件大类" in str(refused.value)
    assert "事件描述" in str(refused.value)
    kept = one(
        loaded, "SELECT raw, reasons FROM support.quarantine WHERE subdistrict_code = :code ORDER BY id DESC LIMIT 1"
    )
    assert kept.raw["事件编号"] == "ab-4"
    assert set(kept.reasons) == {"unknown_choice:事件大类", "rubbish:事件描述"}
    assert (
        one(loaded, "SELECT count(*) FROM base.incident WHERE source_key = 'ab-4' AND subdistrict_code = :code")[0] == 0
    )


def test_words_that_name_no_place_stay_unplaced(loaded: Database, intake: Intake, session_id: str) -> None:
    taken = take(loaded, intake, session_id, source_key="ab-5", address="", description="有人扰民", title="扰民")

    assert taken.location["placement"] == "unplaced"
    assert taken.location["cell"] is None


def test_whoever_listens_hears_of_it(loaded: Database, intake: Intake, session_id: str) -> None:
    with psycopg.connect(loaded.conninfo(), autocommit=True) as listener:
        listener.execute("LISTEN fengqiao")
        taken = take(loaded, intake, session_id, source_key="ab-6")
        told = [json.loads(note.payload) for note in listener.notifies(timeout=2, stop_after=2)]

    assert {"kind": "incident", "id": taken.id, "change": "taken"} in told
    assert any(message["kind"] == "batch" and message["rows"] == 1 for message in told)


def test_nobody_takes_a_report_without_a_session(loaded: Database, intake: Intake) -> None:
    from sqlalchemy.exc import DBAPIError

    with pytest.raises(DBAPIError, match="row-level security"), loaded.server.begin() as connection:
        intake.take_incident(connection, REPORT | {"source_key": "ab-7"}, actor="nobody")
