"""The migrated schema is the declared one; an older database is brought to it; roles own and bypass nothing."""

from importlib import import_module

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from gis.database.connection import Database
from gis.database.migrate import expected_version, may_log_in, prepare_roles, schema_version, upgrade
from gis.database.tables import metadata
from gis.errors import Conflict

pytestmark = pytest.mark.database

DECLARING = (
    "access.tables", "access.exchange_tables", "alerts.rule_tables", "alerts.tables", "casework.tables", "layers.tables",
)  # fmt: skip
OURS = ("base", "topic", "support", "casework", "alerting", "access", "open")


def declared():
    for module in DECLARING:
        import_module(module)
    return metadata


def test_every_declared_table_is_as_migrated(database):
    tables = {(table.schema, table.name) for table in declared().sorted_tables}

    def ours(name, kind, parents):
        if kind == "schema":
            return name in OURS
        if kind == "table":
            return (parents["schema_name"], name) in tables
        return True

    with database.owner.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_schemas": True, "include_name": ours, "compare_type": True}
        )
        differences = [difference for difference in compare_metadata(context, metadata) if relevant(difference)]

    assert not differences, "\n".join(map(str, differences))


def relevant(difference) -> bool:
    """Leave out what the comparison cannot see right: indexes on expressions and of partitions."""
    if isinstance(difference, list):
        return any(relevant(step) for step in difference)
    return difference[0] not in (
        "add_index",
        "remove_index",
        "modify_comment",
        "modify_default",
        "add_table_comment",
        "remove_table_comment",
    )


def test_upgrading_again_changes_nothing(database):
    upgrade(database)

    with database.owner.connect() as connection:
        assert schema_version(connection) == expected_version()


def test_a_database_of_a_newer_program_is_refused(database):
    with database.owner.begin() as connection:
        connection.execute(text("UPDATE support.schema_version SET version_num = 'm9999'"))
    try:
        with pytest.raises(Conflict, match=r"schema version m9999, newer than this program's"):
            upgrade(database)
    finally:
        with database.owner.begin() as connection:
            connection.execute(
                text("UPDATE support.schema_version SET version_num = :head"), {"head": expected_version()}
            )


def test_months_are_made_once_and_only_for_event_tables(database):
    asked = text("SELECT support.ensure_months(CAST(:parent AS regclass), '2019-11-15', '2020-02-01')")
    with database.owner.connect() as connection:
        # November, December, January, February
        assert connection.scalar(asked, {"parent": "base.incident"}) == 4
        assert connection.scalar(asked, {"parent": "base.incident"}) == 0
        with pytest.raises(Exception, match="not partitioned by month"):
            connection.scalar(asked, {"parent": "base.resident"})
        connection.rollback()


def test_login_roles_own_nothing_and_bypass_nothing(database):
    roles = "('fengqiao_server', 'fengqiao_wall', 'fengqiao_open')"
    with database.owner.connect() as connection:
        owned = connection.scalar(
            text(f"SELECT count(*) FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner WHERE rolname IN {roles}")
        )
        strong = connection.scalar(
            text(f"SELECT count(*) FROM pg_roles WHERE rolname IN {roles} AND (rolsuper OR rolbypassrls)")
        )
    assert owned == 0
    assert strong == 0


def test_a_changed_record_leaves_its_former_form(database):
    with database.owner.connect() as connection:
        connection.execute(
            text(
                "INSERT INTO base.place (subdistrict_code, feed, source_key, kind, name)"
                " VALUES ('999999003', 'test', 'p1', 'poi', '旧名')"
            )
        )
        connection.execute(text("UPDATE base.place SET name = '新名' WHERE subdistrict_code = '999999003'"))
        former = connection.execute(
            text("SELECT record->>'name' FROM support.record_version WHERE record->>'subdistrict_code' = '999999003'")
        ).scalars()
        assert list(former) == ["旧名"]
        connection.rollback()


def test_roles_are_written_only_where_their_password_is_another(database: Database):
    def row_version() -> str:
        with database.owner.connect() as connection:
            return str(connection.scalar(text("SELECT xmin FROM pg_authid WHERE rolname = 'fengqiao_wall'")))

    before = row_version()
    with database.owner.begin() as connection:
        prepare_roles(connection, database)
    # another command that makes roles ready at the same time meets no half-written row
    assert row_version() == before

    with database.owner.begin() as connection:
        connection.exec_driver_sql("ALTER ROLE fengqiao_wall PASSWORD 'of another installation'")
    assert not may_log_in(database, "fengqiao_wall", database.secrets.wall_password)
    with database.owner.begin() as connection:
        prepare_roles(connection, database)
    assert may_log_in(database, "fengqiao_wall", database.secrets.wall_password)
