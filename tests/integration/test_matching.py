"""Two registers of the same people: each person is counted once, doubt waits, and every merge can be undone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from etl.matching import decide_pair, pair_counts, pairs_of
from etl.undo import undo_batch
from gis.database.connection import Database
from gis.database.statements import load_statements
from gis.errors import Conflict, NotFound
from tests.etl.small_district import (
    CODE,
    FEEDS,
    RESIDENT_HEADING,
    identity,
    resident,
    write_small_district,
    write_table,
    write_yaml,
)
from tests.integration.test_load import NOW, forget, load, one, rows

pytestmark = pytest.mark.database

#: of nobody: province 99 does not exist
WANG, LI, ZHAO = (
    identity(f"990101{born}00{tail}") for born, tail in (("19700101", "1"), ("19710202", "2"), ("19720303", "3"))
)


def person(key: str, name: str, number: str, born: str, room: str, household: str, **changes: str) -> str:
    return resident(key, 姓名=name, 身份证号=number, 出生日期=born, 室号=room, 户号=household, **changes)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_small_district(tmp_path_factory.mktemp("matching") / "delivery")
    write_table(
        folder, "residents.csv", RESIDENT_HEADING,
        person("A1", "王一", WANG, "1970-01-01", "101", "H1"),
        person("A2", "李二", LI, "1971-02-02", "101", "H1"),
        person("A3", "赵三", ZHAO, "1972-03-03", "201", "H2"),
        # without a number: only name, birthday and dwelling tell
        person("A4", "钱四", "", "1973-04-04", "301", "H3"),
        encoding="gb18030",
    )  # fmt: skip
    write_table(
        folder, "police.csv", RESIDENT_HEADING,
        # the same number, name written otherwise: sure
        person("B1", "王壹", WANG, "1970-01-01", "101", "K1"),
        # a further member of the household that only the police know
        person("B2", "王小", "", "2015-05-05", "101", "K1"),
        # the same name, birthday and dwelling, no number here: sure
        person("B3", "李二", "", "1971-02-02", "101", "K1"),
        # moved across the yard: doubtful
        person("B4", "钱四", "", "1973-04-04", "302", "K3"),
        # another number: another person, whatever else agrees
        person("B5", "赵三", identity("99010119720303004"), "1972-03-03", "201", "K2"),
        encoding="utf-8",
    )  # fmt: skip
    write_yaml(folder, [*FEEDS, {"feed": "residents", "file": "police.csv", "name": "police", "title": "派出所人口"}])
    return folder


@pytest.fixture
def both(database: Database, folder: Path) -> Iterator[Database]:
    forget(database)
    load(database, folder)
    yield database
    forget(database)


def persons(database: Database) -> int:
    """Persons the layers count, on the map or not."""
    with database.owner.connect() as connection:
        statement = load_statements("layers", "population")["persons_on_file"]
        return int(connection.execute(statement, {"code": CODE, "now": NOW}).one().total)


def households(database: Database) -> int:
    with database.owner.connect() as connection:
        statement = load_statements("layers", "population")["persons_on_file"]
        return int(connection.execute(statement, {"code": CODE, "now": NOW}).one().households)


def keys_of(database: Database, status: str) -> set[tuple[str, str]]:
    with database.owner.connect() as connection:
        return {
            (pair.source_key, pair.other_key) for pair in pairs_of(connection, subdistrict_code=CODE, statuses=[status])
        }


def decide(database: Database, status: str, pair: int) -> None:
    with database.owner.begin() as connection:
        decide_pair(connection, pair, status, actor="受理员", now=NOW)


def pair_id(database: Database, key: str) -> int:
    return int(
        one(database, "SELECT same_person.id FROM base.same_person JOIN base.resident ON resident.id IN (resident_id, other_id)"
            " WHERE resident.source_key = :key AND resident.subdistrict_code = :code", key=key)
    )  # fmt: skip


def test_sure_pairs_merge_doubtful_ones_wait_and_persons_are_counted_once(both: Database) -> None:
    assert keys_of(both, "merged") == {("A1", "B1"), ("A2", "B3")}
    assert keys_of(both, "waiting") == {("A4", "B4")}
    # A1 A2 A3 A4, and B2 B4 B5 whom no merge links: seven of nine records
    assert one(both, "SELECT count(*) FROM base.resident WHERE subdistrict_code = :code") == 9
    assert persons(both) == 7
    # H1 = K1 (two persons in common, one dwelling), H2, H3, K3, K2
    assert households(both) == 5
    with both.owner.connect() as connection:
        assert pair_counts(connection, subdistrict_code=CODE) == {"merged": (2, 2), "waiting": (1, 0)}
    # no record was changed by a merge
    assert one(both, "SELECT count(*) FROM support.record_version JOIN base.resident ON resident.id = record_id"
                     " WHERE table_name = 'base.resident' AND subdistrict_code = :code") == 0  # fmt: skip


def test_a_person_decides_takes_it_back_and_undoes_what_the_rule_did(both: Database) -> None:
    doubtful, sure = pair_id(both, "B4"), pair_id(both, "B1")

    decide(both, "merged", doubtful)
    assert persons(both) == 6
    decide(both, "waiting", doubtful)
    assert persons(both) == 7
    decide(both, "different", sure)
    assert persons(both) == 8
    # A2 and B3 are merged still, and they share the dwelling: one household yet
    assert households(both) == 5
    decide(both, "different", pair_id(both, "B3"))
    assert (persons(both), households(both)) == (9, 6)
    with pytest.raises(NotFound, match="there is no pair 999999999"):
        decide(both, "merged", 999999999)


def test_what_people_decided_outlives_a_reload_and_holds_the_batch(both: Database, folder: Path) -> None:
    decide(both, "different", pair_id(both, "B1"))
    path = folder / "police.csv"
    before = path.read_text(encoding="utf-8")
    try:
        # B1 comes again with another telephone, B4 with the dwelling of A4
        changed = before.replace("王壹,男", "王壹,女").replace("1,2,302", "1,2,301")
        path.write_text(changed, encoding="utf-8")
        assert load(both, folder)["police"].loaded == 2
    finally:
        path.write_text(before, encoding="utf-8")

    assert keys_of(both, "different") == {("A1", "B1")}
    assert keys_of(both, "merged") == {("A2", "B3"), ("A4", "B4")}
    batch = int(one(both, "SELECT max(id) FROM support.batch WHERE feed = 'police' AND subdistrict_code = :code"))
    with pytest.raises(Conflict, match="people have decided about 1 pairs of its persons"):
        undo_batch(both, batch, actor="x")


def test_undoing_a_register_brings_its_persons_back_to_the_other(both: Database) -> None:
    police = int(one(both, "SELECT max(id) FROM support.batch WHERE feed = 'police' AND subdistrict_code = :code"))

    undo_batch(both, police, actor="test")

    assert (persons(both), households(both)) == (4, 3)
    assert rows(both, "SELECT count(*) FROM base.same_person WHERE subdistrict_code = :code") == [(0,)]
    for table in ("base.person_record", "base.household_record"):
        assert one(both, f"SELECT count(*) FROM {table}") == 0


def test_three_records_of_one_person_count_once_and_lead_to_one(both: Database) -> None:
    with both.owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO base.same_person (subdistrict_code, resident_id, other_id, score, status, decided_by)"
                " SELECT :code, least(a.id, b.id), greatest(a.id, b.id), 1, 'merged', '受理员'"
                "   FROM base.resident AS a, base.resident AS b"
                "  WHERE a.source_key = 'B1' AND b.source_key = 'B3' AND a.subdistrict_code = :code AND b.subdistrict_code = :code"
            ),
            {"code": CODE},
        )

    # A1 = B1 = B3 = A2: one person with four records, whoever merged them
    assert persons(both) == 6
    leading = rows(
        both,
        "SELECT DISTINCT leader.source_key FROM base.person_record JOIN base.resident AS leader ON leader.id = person_id",
    )
    assert leading == [("A1",)]
