"""Which rows the database gives to whom, compared with queries written apart from the policies."""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from access.accounts import NewAccount, add_account, add_token, disable_account, revoke_tokens
from access.sessions import close_session, find_session, open_session
from gis.database.connection import Database, identified
from tests.world import ACCOUNTS, CODE, ELSEWHERE, FIRST, GUARDED, REPORTED, SECOND, World

pytestmark = pytest.mark.database

PERSONS = ("visit", "resident", "household", "dwelling")
HERE = f"subdistrict_code = '{CODE}'"
IN_GRID = "work_grid_id IN (SELECT id FROM base.work_grid WHERE code IN ({}))"
#: what each account may see, as an auditor would write it down: words of the world, no function of the policies
REFERENCE = {
    "duty": HERE,
    "commander": HERE,
    "operator": HERE,
    "street": HERE,
    "auditor": HERE,
    "worker-11": IN_GRID.format("'11'"),
    "worker-21": IN_GRID.format("'21'"),
    "leader-1": IN_GRID.format("'1', '11', '12'"),
    "community-2": f"community_code = '{SECOND}'",
    "wall": "false",
}
SEES_PERSONS = {"operator", "worker-11", "worker-21", "leader-1", "community-2"}


def reference(account: str, table: str, world: World) -> str:
    """The condition an account's rows of a table meet."""
    if table in PERSONS and account not in SEES_PERSONS:
        return "false"
    condition = REFERENCE[account]
    if table == "incident":
        return f"({condition}) OR reported_by = {world.accounts[account]}"
    return condition


def keys(connection: Connection, table: str, condition: str = "true") -> set[str]:
    key = "id::text" if table == "dwelling" else "source_key"
    return set(connection.scalars(text(f"SELECT {key} FROM base.{table} WHERE {condition}")))


@pytest.mark.parametrize("table", GUARDED)
@pytest.mark.parametrize("account", ACCOUNTS)
def test_an_account_sees_exactly_the_rows_of_the_reference(world: World, account: str, table: str):
    with world.database.owner.connect() as connection:
        expected = keys(connection, table, reference(account, table, world))
        everything = keys(connection, table)

    with identified(world.database.server, world.sessions[account]) as connection:
        seen = keys(connection, table)

    assert seen == expected
    if account not in ("wall",) and not (table in PERSONS and account not in SEES_PERSONS):
        assert seen, "the reference must show something, or it proves nothing"
    if account in ("worker-11", "worker-21", "leader-1", "community-2", "wall"):
        assert everything - seen, "the reference must hide something, or it proves nothing"


def test_a_worker_sees_the_incident_they_reported_in_somebody_elses_grid(world: World):
    with identified(world.database.server, world.sessions["worker-11"]) as connection:
        assert keys(connection, "incident", "source_key IN ('11', '12', '21', 'seen', 'nowhere', 'far')") == {
            "11",
            "seen",
        }


def test_unplaced_incidents_are_seen_by_those_who_see_everything(world: World):
    with identified(world.database.server, world.sessions["operator"]) as connection:
        assert "nowhere" in keys(connection, "incident")
    with identified(world.database.server, world.sessions["community-2"]) as connection:
        assert "nowhere" not in keys(connection, "incident")


def test_nobody_sees_another_sub_district(world: World):
    for account in ACCOUNTS:
        with identified(world.database.server, world.sessions[account]) as connection:
            assert "far" not in keys(connection, "incident"), account
    with world.database.owner.connect() as connection:
        assert keys(connection, "incident", f"subdistrict_code = '{ELSEWHERE}'") == {"far"}


@pytest.mark.parametrize(
    "table", [*(f"base.{table}" for table in GUARDED), "support.batch", "support.quarantine", "access.audit"]
)
@pytest.mark.parametrize("session", [None, "", "garbage", "00000000-0000-0000-0000-000000000000", "' OR true --"])
def test_without_a_session_that_holds_no_row_is_seen(world: World, table: str, session: str | None):
    with world.database.server.begin() as connection:
        if session is not None:
            connection.execute(text("SELECT set_config('fengqiao.session', :session, true)"), {"session": session})
        assert connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_identity_ends_with_the_transaction(world: World):
    single = Database(owner_url=world.database.owner_url, secrets=world.database.secrets, pool_size=1)
    try:
        with identified(single.server, world.sessions["operator"]) as connection:
            assert keys(connection, "incident")
            backend = connection.scalar(text("SELECT pg_backend_pid()"))
        with single.server.connect() as connection:
            assert connection.scalar(text("SELECT pg_backend_pid()")) == backend
            assert keys(connection, "incident") == set()
    finally:
        single.dispose()


@contextmanager
def stranger(world: World, name: str) -> Iterator[tuple[int, str]]:
    """An operator of their own for a test, with a session."""
    with world.database.owner.begin() as connection:
        account_id = add_account(connection, NewAccount(name=name, role="operator", subdistrict_code=CODE))
        opened = open_session(connection, account_id, role="operator")
    yield account_id, opened.id
    with world.database.owner.begin() as connection:
        connection.execute(text("UPDATE access.account SET disabled_at = now() WHERE id = :id"), {"id": account_id})


def sees_anything(world: World, session: str) -> bool:
    with identified(world.database.server, session) as connection:
        return bool(keys(connection, "incident"))


def test_an_expired_session_sees_nothing(world: World):
    with stranger(world, "expires") as (_, session):
        assert sees_anything(world, session)
        with world.database.owner.begin() as connection:
            connection.execute(
                text("UPDATE access.session SET expires_at = now() - interval '1 second' WHERE id = :id"),
                {"id": session},
            )
        assert not sees_anything(world, session)


def test_a_closed_session_sees_nothing(world: World):
    with stranger(world, "leaves") as (_, session):
        with identified(world.database.server, session) as connection:
            close_session(connection)
        assert not sees_anything(world, session)


def test_a_disabled_account_sees_nothing(world: World):
    with stranger(world, "goes") as (_, session):
        with world.database.owner.begin() as connection:
            disable_account(connection, "goes", now=datetime.now(tz=UTC))
        assert not sees_anything(world, session)


def test_a_session_ends_with_the_token_it_came_from(world: World):
    now = datetime.now(tz=UTC)
    with stranger(world, "linked") as (account_id, _):
        with world.database.owner.begin() as connection:
            secret = add_token(connection, account_id, kind="link", label="phone", now=now)
        with world.database.server.begin() as connection:
            bearer = find_session(connection, secret, by_token=True)
        assert bearer is not None
        assert sees_anything(world, bearer.id)
        with world.database.owner.begin() as connection:
            assert revoke_tokens(connection, account_id, label="phone", now=now) == 1
        assert not sees_anything(world, bearer.id)
        with world.database.server.begin() as connection:
            assert find_session(connection, secret, by_token=True) is None


def test_two_hundred_interleaved_requests_of_two_users_through_two_connections_never_mix(world: World):
    pool = Database(owner_url=world.database.owner_url, secrets=world.database.secrets, pool_size=2)
    expected = {}
    for account in ("worker-11", "worker-21"):
        with world.database.owner.connect() as connection:
            expected[account] = keys(connection, "incident", reference(account, "incident", world))
    assert expected["worker-11"] != expected["worker-21"]
    backends: set[int] = set()
    together = threading.Barrier(2, timeout=30)
    order = random.Random(7).sample(["worker-11", "worker-21"] * 100, 200)

    def open_both(account: str) -> None:
        # two threads hold a connection each at the same moment, so the pool has both of its two
        with identified(pool.server, world.sessions[account]):
            together.wait()

    def ask(account: str) -> tuple[str, set[str], str]:
        with identified(pool.server, world.sessions[account]) as connection:
            backends.add(connection.scalar(text("SELECT pg_backend_pid()")))
            return account, keys(connection, "incident"), str(connection.scalar(text("SELECT access.actor()")))

    try:
        with ThreadPoolExecutor(max_workers=8) as threads:
            list(threads.map(open_both, expected))
            answers = list(threads.map(ask, order))
    finally:
        pool.dispose()

    assert len(answers) == 200
    assert len(backends) == 2
    for account, seen, actor in answers:
        assert (actor, seen) == (account, expected[account])


def test_the_servers_roles_own_nothing_and_cannot_pass_by_the_policies(world: World):
    with world.database.owner.connect() as connection:
        roles = connection.execute(
            text(
                "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname LIKE"
                " 'fengqiao\\_%' AND rolname <> 'fengqiao_owner'"
            )
        ).all()
        assert {row.rolname for row in roles} == {"fengqiao_server", "fengqiao_wall", "fengqiao_open"}
        assert not any(row.rolsuper or row.rolbypassrls or row.rolcreaterole or row.rolcreatedb for row in roles)
        assert (
            connection.scalar(
                text(
                    "SELECT count(*) FROM pg_auth_members JOIN pg_roles ON pg_roles.oid = member WHERE rolname LIKE"
                    " 'fengqiao%'"
                )
            )
            == 0
        )
        owned = (
            "SELECT count(*) FROM (SELECT relowner AS owner FROM pg_class UNION ALL SELECT proowner FROM pg_proc"
            " UNION ALL SELECT nspowner FROM pg_namespace)"
            " AS thing JOIN pg_roles ON pg_roles.oid = thing.owner WHERE rolname IN ('fengqiao_server',"
            " 'fengqiao_wall', 'fengqiao_open')"
        )
        assert connection.scalar(text(owned)) == 0


def test_every_table_of_persons_or_cases_the_server_may_read_has_policies(world: World):
    """A table that comes later and names a work grid is guarded, or stands in this list with its reason."""
    public = {
        "base.building": "a place, not a person",
        "base.place": "a place, not a person",
        "base.resource": "a place, not a person",
        "base.work_grid": "a boundary",
        "base.place_alias": "a place's name",
        "base.community": "a boundary",
        "alerting.alert": "names no person; its counts are guarded where they are computed",
    }
    with world.database.owner.connect() as connection:
        open_tables = connection.scalars(
            text(
                "SELECT DISTINCT namespace.nspname || '.' || class.relname FROM pg_class AS class"
                " JOIN pg_namespace AS namespace ON namespace.oid = class.relnamespace"
                " JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid"
                " WHERE namespace.nspname IN ('base', 'support', 'casework', 'alerting', 'access') AND class.relkind"
                " IN ('r', 'p')"
                " AND attribute.attname IN ('community_code', 'work_grid_id', 'resident_id', 'worker_id', 'account_id')"
                " AND (has_table_privilege('fengqiao_server', class.oid, 'SELECT') OR"
                " has_any_column_privilege('fengqiao_server', class.oid, 'SELECT'))"
                " AND NOT class.relrowsecurity"
            )
        ).all()
    assert set(open_tables) <= set(public)


def test_partitions_cannot_be_read_past_the_policies(world: World):
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        identified(world.database.server, world.sessions["worker-11"]) as connection,
    ):
        connection.execute(text("SELECT * FROM base.incident_202603"))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT description FROM base.incident",
        "SELECT address FROM base.incident",
        "SELECT title FROM base.service_request",
        "SELECT resident_id FROM base.service_request",
        "SELECT * FROM base.resident",
        "SELECT * FROM base.household",
        "SELECT * FROM base.dwelling",
        "SELECT * FROM base.visit",
        "SELECT * FROM base.grid_worker",
        "SELECT * FROM access.account",
        "SELECT * FROM access.audit",
        "SELECT raw FROM support.quarantine",
        "SELECT record FROM support.record_version",
        "SELECT actor FROM support.batch",
        "INSERT INTO base.incident (reported_at, subdistrict_code, feed, source_key, category, source) VALUES"
        " (now(), '1', 'x', 'x', 'x', 'x')",
        "UPDATE base.incident SET status = 'closed'",
        "SELECT access.find_session('x', true)",
    ],
)
def test_a_wall_reads_no_person_and_no_words_and_writes_nothing(world: World, statement: str):
    with pytest.raises(ProgrammingError, match="permission denied"), world.database.wall.begin() as connection:
        connection.execute(text(statement))


def test_a_wall_reads_what_it_shows(world: World):
    columns = (
        "id, reported_at, category, subcategory, grade, status, due_at, closed_at, placement, geom, cell,"
        " community_code, work_grid_id, source, feed"
    )
    with world.database.wall.connect() as connection:
        assert len(connection.execute(text(f"SELECT {columns} FROM base.incident WHERE {HERE}")).all()) >= 5
        requests = text(f"SELECT id, item_code, status, community_code FROM base.service_request WHERE {HERE}")
        assert len(connection.execute(requests).all()) >= 3


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM access.account",
        "SELECT * FROM access.session",
        "SELECT * FROM access.token",
        "INSERT INTO access.audit (actor, action) VALUES ('x', 'x')",
        "DELETE FROM base.incident",
        "UPDATE base.resident SET name = 'x'",
        "DELETE FROM access.audit",
        "TRUNCATE base.incident",
        "SELECT access.audit_table('base.cell'::regclass)",
        "ALTER TABLE base.incident DISABLE ROW LEVEL SECURITY",
        "SET ROLE fengqiao_owner",
    ],
)
def test_the_server_cannot_reach_accounts_nor_rewrite_what_happened(world: World, statement: str):
    with (
        pytest.raises(ProgrammingError, match=r"permission denied|must be owner"),
        identified(world.database.server, world.sessions["operator"]) as connection,
    ):
        connection.execute(text(statement))


REPORT = (
    "INSERT INTO base.incident (reported_at, subdistrict_code, feed, source_key, category, source, reported_by,"
    " community_code, work_grid_id)"
    " VALUES (:at, :here, 'api', :key, '城市管理', '网格上报', :reported_by, :community, :grid) RETURNING id"
)


def report(world: World, account: str, key: str, *, reported_by: str | None, here: str = CODE) -> int:
    values = {
        "at": REPORTED,
        "here": here,
        "key": key,
        "reported_by": world.accounts[reported_by] if reported_by else None,
        "community": SECOND,
        "grid": world.grids["21"],
    }
    with identified(world.database.server, world.sessions[account]) as connection:
        found = int(connection.scalar(text(REPORT), values))
        connection.rollback()
        return found


def test_a_worker_may_report_in_another_grid_under_their_own_name_only(world: World):
    assert report(world, "worker-11", "own", reported_by="worker-11") > 0
    for reported_by in ("worker-21", None):
        with pytest.raises(ProgrammingError, match="row-level security"):
            report(world, "worker-11", "other", reported_by=reported_by)
    with pytest.raises(ProgrammingError, match="row-level security"):
        report(world, "worker-11", "far away", reported_by="worker-11", here=ELSEWHERE)


@pytest.mark.parametrize(
    ("account", "changed"),
    [
        ("worker-11", {"11"}),
        ("leader-1", {"11", "12"}),
        ("community-2", {"21", "seen"}),
        ("operator", {"11", "12", "21", "seen", "nowhere"}),
        ("auditor", set()),
        ("street", set()),
        ("wall", set()),
    ],
)
def test_people_handle_incidents_of_their_scope_only(world: World, account: str, changed: set[str]):
    with identified(world.database.server, world.sessions[account]) as connection:
        rows = connection.scalars(
            text(
                "UPDATE base.incident SET status = 'handling' WHERE source_key IN ('11', '12', '21', 'seen',"
                " 'nowhere', 'far') RETURNING source_key"
            )
        ).all()
        connection.rollback()
    assert set(rows) == changed


def test_a_closed_ledger_row_stays_as_it_is(world: World):
    with identified(world.database.server, world.sessions["operator"]) as connection:
        batch = connection.scalar(
            text(
                "INSERT INTO support.batch (subdistrict_code, feed, source, actor) VALUES (:here, 'incidents',"
                " 'api', 'operator') RETURNING id"
            ),
            {"here": CODE},
        )
        assert (
            connection.execute(
                text("UPDATE support.batch SET read = 1, loaded = 1 WHERE id = :id"), {"id": batch}
            ).rowcount
            == 1
        )
    with identified(world.database.server, world.sessions["operator"]) as connection:
        assert (
            connection.execute(text("UPDATE support.batch SET actor = 'nobody' WHERE id = :id"), {"id": batch}).rowcount
            == 0
        )


def test_refused_rows_are_read_by_operators_and_by_nobody_else_afterwards(world: World):
    with identified(world.database.server, world.sessions["worker-21"]) as connection:
        connection.execute(
            text(
                "WITH batch AS (INSERT INTO support.batch (subdistrict_code, feed, source, actor) VALUES (:here,"
                " 'incidents', 'api', 'x') RETURNING id)"
                " INSERT INTO support.quarantine (subdistrict_code, feed, batch_id, row_hash, raw, reasons)"
                " SELECT :here, 'incidents', id, 'h1', '{}', '{bad}' FROM batch ON CONFLICT DO NOTHING"
            ),
            {"here": CODE},
        )
    for account, count in (("worker-21", 0), ("operator", 1), ("commander", 0)):
        with identified(world.database.server, world.sessions[account]) as connection:
            assert connection.scalar(text("SELECT count(*) FROM support.quarantine")) == count, account


def test_every_write_of_a_person_leaves_an_audit_row_with_what_changed(world: World):
    with identified(world.database.server, world.sessions["leader-1"]) as connection:
        id_ = connection.scalar(
            text("UPDATE base.incident SET status = 'accepted' WHERE source_key = '12' RETURNING id")
        )
    with identified(world.database.server, world.sessions["auditor"]) as connection:
        row = connection.execute(
            text(
                "SELECT actor, account_id, session_id::text, action, changes FROM access.audit WHERE table_name ="
                " 'base.incident' AND record_id = :id"
            ),
            {"id": str(id_)},
        ).one()
    assert row.actor == "leader-1"
    assert row.account_id == world.accounts["leader-1"]
    assert row.session_id == world.sessions["leader-1"]
    assert (row.action, row.changes) == ("update", {"status": ["reported", "accepted"]})


def test_a_load_by_the_owner_answers_to_the_ledger_and_not_to_the_audit(world: World):
    with world.database.owner.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM access.audit WHERE table_name = 'base.resident'")) == 0
        assert FIRST in connection.scalars(text("SELECT code FROM base.community")).all()


def test_only_the_auditor_reads_the_audit_and_it_holds_no_secret(world: World):
    for account in ACCOUNTS:
        with identified(world.database.server, world.sessions[account]) as connection:
            rows = connection.execute(text("SELECT changes::text FROM access.audit")).all()
        assert bool(rows) == (account == "auditor"), account
        for (changes,) in rows:
            assert "password_hash" not in changes
            assert "secret_hash" not in changes
