"""Preview, undo and replay: nothing is written by looking, everything is as before, and what rests on a batch holds it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from etl.intake import Intake
from etl.kept import KeptFiles
from etl.load import load_folder
from etl.preview import preview_folder
from etl.replay import replay_batch
from etl.undo import undo_batch
from gis.database.connection import Database
from gis.district import select_district
from gis.errors import BadInput, Conflict, NotFound
from gis.identity import identity_keys
from gis.texts import catalogue
from tests.etl.small_district import (
    CODE,
    FEEDS,
    INCIDENT_HEADING,
    RESIDENT_HEADING,
    incident,
    resident,
    write_small_district,
    write_table,
    write_yaml,
)
from tests.integration.test_load import NOW, forget, load, one, rows

pytestmark = pytest.mark.database

#: everything a load writes, and what is no content: numbers, instants, and ciphers that are drawn anew each time
STATE = {
    "base.subdistrict": "", "base.community": "", "base.work_grid": "id", "base.place": "id", "base.place_alias": "id",
    "base.building": "id", "base.dwelling": "id", "base.household": "id", "base.resident": "id", "base.incident": "id",
    "base.cell": "cell", "base.cell_share": "cell, unit_kind, unit_code", "support.delivered": "feed, source_key",
    "support.quarantine": "id", "support.feed": "name",
}  # fmt: skip


def state(database: Database) -> dict[str, list[str]]:
    """Every row of the small district as text, without the instant since when it is known."""
    found = {}
    for table, order in STATE.items():
        where = "code" if table == "base.subdistrict" else "subdistrict_code"
        kept = one(
            database,
            "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = CAST(:table AS regclass)"
            " AND attnum > 0 AND NOT attisdropped AND attname <> 'recorded_from'",
            table=table,
        )
        found[table] = [
            str(row)
            for row in rows(database, f"SELECT {kept} FROM {table} WHERE {where} = :code ORDER BY {order or where}, 1")
        ]
    return found


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_district(tmp_path_factory.mktemp("undo") / "delivery")


@pytest.fixture
def folder(district: Path) -> Path:
    """The delivery as it was first, whatever a test before wrote into it."""
    return write_small_district(district)


@pytest.fixture
def delivered(database: Database, folder: Path) -> Iterator[Database]:
    """The small district, loaded."""
    forget(database)
    load(database, folder)
    yield database
    forget(database)


def newest(database: Database, feed: str) -> int:
    return int(
        one(database, "SELECT max(id) FROM support.batch WHERE subdistrict_code = :code AND feed = :feed", feed=feed)
    )


def change_residents(folder: Path) -> None:
    """P1 moves to building 2, P3 is new, P4 has a wrong identity number; P2 says the same."""
    write_table(
        folder, "residents.csv", RESIDENT_HEADING,
        resident("P1", 楼栋="2", 姓名="张三三"), resident("P2", 楼栋="2", 户号="H2"),
        resident("P3", 户号="H3", 室号="501"), resident("P4", 身份证号="123"),
        encoding="gb18030",
    )  # fmt: skip


def test_a_preview_says_what_would_change_and_writes_nothing(delivered: Database, folder: Path) -> None:
    before = state(delivered)
    batches = one(delivered, "SELECT count(*) FROM support.batch")
    change_residents(folder)

    previews = {one.result.feed: one for one in preview_folder(delivered, folder, actor="test", now=NOW)}

    seen = previews["residents"]
    assert (seen.result.read, seen.result.loaded, seen.result.unchanged, seen.result.quarantined) == (4, 2, 1, 1)
    assert dict(seen.reasons) == {"identity_form:身份证号": 1}
    tables = {table.table: table for table in seen.tables}
    assert (tables["base.resident"].new, tables["base.resident"].changed) == (1, 1)
    # the household moved with P1, and so did the person: name, building and all that hangs on it
    assert {"name", "building_id", "dwelling_id", "cell"} & set(tables["base.resident"].columns) >= {
        "name",
        "building_id",
    }
    assert tables["base.resident"].columns["name"] == 1
    assert (tables["base.household"].new, tables["base.household"].changed) == (1, 1)
    # H1 stays at 2-402, now of building 2; H3 lives at 2-501 of building 1
    assert (tables["base.dwelling"].new, tables["base.dwelling"].changed) == (2 - 1, 0)
    key, former, latter = tables["base.resident"].sample[0]
    assert (key, former["name"], latter["name"]) == ("P1", "张三", "张三三")
    assert not {"identity_hash", "phone_cipher"} & set(former)
    assert all(one.new == one.changed == 0 for feed, one in previews.items() if feed != "residents")
    assert state(delivered) == before
    assert one(delivered, "SELECT count(*) FROM support.batch") == batches


def test_an_undone_batch_leaves_the_state_before_it_and_its_own_history(delivered: Database, folder: Path) -> None:
    before = state(delivered)
    change_residents(folder)
    load(delivered, folder)
    batch = newest(delivered, "residents")
    assert state(delivered) != before

    undone = undo_batch(delivered, batch, actor="值班员")

    after = state(delivered)
    for table in STATE:
        if table != "support.feed":
            assert after[table] == before[table], table
    assert {change.table for change in undone.tables} == {"base.resident", "base.household", "base.dwelling"}
    assert rows(delivered, "SELECT undone_by, undone_at IS NOT NULL FROM support.batch WHERE id = :id", id=batch) == [
        ("值班员", True)
    ]
    # what was known between loading and undoing stays known as what was known then
    forms = rows(
        delivered,
        "SELECT record ->> 'name' FROM support.record_version WHERE table_name = 'base.resident' AND batch_id = :id ORDER BY 1",
        id=batch,
    )
    assert forms == [("张三",), ("张三三",)]
    assert rows(
        delivered,
        "SELECT actor, changes ->> 'batch' FROM access.audit WHERE action = 'batch_undone' ORDER BY id DESC LIMIT 1",
    ) == [("值班员", str(batch))]
    # the same file comes in again as if it were new
    again = load(delivered, folder)["residents"]
    assert (again.loaded, again.unchanged, again.quarantined) == (2, 1, 1)
    with pytest.raises(Conflict, match=f"batch {batch} cannot be undone: 值班员 has undone it already"):
        undo_batch(delivered, batch, actor="x")


def test_every_batch_of_a_first_delivery_can_be_undone_one_after_the_other(delivered: Database) -> None:
    batches = rows(delivered, "SELECT id, feed FROM support.batch WHERE subdistrict_code = :code ORDER BY id DESC")

    for batch, _ in batches:
        undo_batch(delivered, batch, actor="test")

    left = {table: len(found) for table, found in state(delivered).items() if found}
    # the sub-district's row is registered before any batch; its outline is gone
    assert left == {"base.subdistrict": 1, "support.feed": len(FEEDS)}
    assert one(delivered, "SELECT geom IS NULL FROM base.subdistrict WHERE code = :code") is True


def test_what_rests_on_a_batch_holds_it(delivered: Database, folder: Path) -> None:
    buildings, incidents = newest(delivered, "buildings"), newest(delivered, "incidents")
    residents = newest(delivered, "residents")

    with pytest.raises(Conflict, match=rf"batch {residents} \(Residents\) was placed on it") as refused:
        undo_batch(delivered, buildings, actor="test")
    assert f"批次 {residents}（居民）在其后据此落图，请先撤销批次 {residents}" in refused.value.within("zh")
    # somebody handles an incident
    with delivered.owner.begin() as connection:
        connection.execute(
            text("UPDATE base.incident SET status = 'handling' WHERE subdistrict_code = :code AND source_key = '1'"),
            {"code": CODE},
        )
    with pytest.raises(Conflict) as refused:
        undo_batch(delivered, incidents, actor="test")
    assert "其中 1 条记录（事件）此后已由人员办理" in refused.value.within("zh")
    # a later batch delivers rows of it again
    change_residents(folder)
    load(delivered, folder)
    later = newest(delivered, "residents")
    with pytest.raises(Conflict) as refused:
        undo_batch(delivered, residents, actor="test")
    assert f"批次 {later} 在其后又送达了同样的记录" in refused.value.within("zh")
    # when that one is undone, nothing rests on the first any more
    undo_batch(delivered, later, actor="test")
    undo_batch(delivered, residents, actor="test")
    assert one(delivered, "SELECT count(*) FROM base.resident WHERE subdistrict_code = :code") == 0


def test_batches_with_other_keys_do_not_hold_one_another(delivered: Database, folder: Path) -> None:
    first = newest(delivered, "incidents")
    write_table(folder, "incidents.csv", INCIDENT_HEADING, incident("77"), encoding="utf-8-sig")
    load(delivered, folder)

    undo_batch(delivered, first, actor="test")

    assert rows(delivered, "SELECT source_key FROM base.incident WHERE subdistrict_code = :code") == [("77",)]


def test_boundaries_come_back_to_the_last_digit_with_their_cells(delivered: Database, folder: Path) -> None:
    before = state(delivered)
    path = folder / "work_grids.geojson"
    content = json.loads(path.read_text(encoding="utf-8"))
    for feature in content["features"]:
        ring = feature["geometry"]["coordinates"][0]
        feature["geometry"]["coordinates"][0] = [[lon + 1e-5, lat] for lon, lat in ring]
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    load(delivered, folder)
    assert state(delivered)["base.work_grid"] != before["base.work_grid"]

    undo_batch(delivered, newest(delivered, "work_grids"), actor="test")

    after = state(delivered)
    assert after["base.work_grid"] == before["base.work_grid"]
    assert after["base.cell_share"] == before["base.cell_share"]


def test_a_kept_delivery_is_replayed_and_nothing_of_it_lies_open(
    database: Database, folder: Path, tmp_path: Path
) -> None:
    forget(database)
    kept = KeptFiles(tmp_path / "kept", identity_keys(database.secrets))
    load_folder(database, folder, actor="test", now=NOW, kept=kept)
    before = rows(
        database, "SELECT source_key, name, ST_X(geom) FROM base.resident WHERE subdistrict_code = :code ORDER BY 1"
    )
    batch = newest(database, "residents")
    # the encrypted file holds neither the heading nor a name
    sealed = b"".join(path.read_bytes() for path in (tmp_path / "kept").rglob("*.sealed"))
    assert "人员编号".encode("gb18030") not in sealed
    assert "张三".encode("gb18030") not in sealed
    undo_batch(database, batch, actor="test")

    result = replay_batch(database, batch, kept, actor="test", now=NOW)

    assert (result.read, result.loaded) == (2, 2)
    assert (
        rows(
            database, "SELECT source_key, name, ST_X(geom) FROM base.resident WHERE subdistrict_code = :code ORDER BY 1"
        )
        == before
    )
    assert rows(
        database,
        "SELECT origin, replay_of, counted FROM support.batch WHERE id = :id",
        id=newest(database, "residents"),
    ) == [("replay", batch, 2)]
    # what the feed is called and how often it is expected stay
    assert (
        one(database, "SELECT title FROM support.feed WHERE subdistrict_code = :code AND name = 'residents'") == "居民"
    )
    change_residents(folder)
    load_folder(database, folder, actor="test", now=NOW, kept=kept)
    with pytest.raises(Conflict, match="of the same feed came later"):
        replay_batch(database, batch, kept, actor="test", now=NOW)
    with pytest.raises(NotFound, match="there is no batch 999999999"):
        replay_batch(database, 999999999, kept, actor="test", now=NOW)
    damaged = next((tmp_path / "kept" / "residents").glob("*.sealed"))
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    with (
        pytest.raises(BadInput, match="cannot be read with this installation's keys"),
        kept.opened(damaged.stem, feed="residents", name="x"),
    ):
        pass
    forget(database)


def test_a_second_feed_of_a_kind_is_undone_by_its_own_name(database: Database, folder: Path) -> None:
    forget(database)
    write_table(folder, "police.csv", RESIDENT_HEADING, resident("Q1"), encoding="utf-8")
    write_yaml(folder, [*FEEDS, {"feed": "residents", "file": "police.csv", "name": "police"}])
    load(database, folder)

    undo_batch(database, newest(database, "police"), actor="test")

    assert rows(database, "SELECT DISTINCT feed FROM base.resident WHERE subdistrict_code = :code") == [("residents",)]
    forget(database)


def test_every_origin_a_batch_may_have_has_its_word(database: Database) -> None:
    check = one(database, "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'batch_origin_check'")
    for origin in re.findall(r"'(\w+)'::text", check):
        assert f"batches.origin_{origin}" in catalogue(), origin


def test_a_single_report_is_undone_unless_somebody_has_handled_it(delivered: Database) -> None:
    before = state(delivered)
    with delivered.owner.connect() as connection:
        intake = Intake(delivered, select_district(connection, code=CODE), clock=lambda: NOW)
    report = {
        "source_key": "R-1", "reported_at": NOW.isoformat(), "source": "网格上报", "category": "城市管理",
        "title": "路灯不亮", "address": "枫桥大街",
    }  # fmt: skip

    def take() -> int:
        with delivered.owner.begin() as connection:
            intake.take_incident(connection, report, actor="网格员")
        return newest(delivered, "incidents")

    undo_batch(delivered, take(), actor="test")
    assert without_age(state(delivered)) == without_age(before)

    batch = take()
    with delivered.owner.begin() as connection:
        connection.execute(
            text("UPDATE base.incident SET status = 'accepted' WHERE source_key = 'R-1' AND subdistrict_code = :code"),
            {"code": CODE},
        )
    with pytest.raises(Conflict, match="people have handled"):
        undo_batch(delivered, batch, actor="test")


def without_age(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """How fresh a feed is tells of batches, not of rows."""
    return {table: rows for table, rows in found.items() if table != "support.feed"}
