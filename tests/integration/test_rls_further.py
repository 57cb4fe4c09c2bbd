"""Who sees which rows of the further feeds' tables: one row in each community, asked for by every account."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from gis.database.connection import identified
from tests.world import ACCOUNTS, CODE, FIRST, REPORTED, SECOND, World

pytestmark = pytest.mark.database

#: table -> its columns beside key, community and grid, as SQL values; {person}, {building}, {dwelling} are of the grid
TABLES = {
    "water_gauge": {"name": "'g'"},
    "weather_warning": {"kind": "'暴雨'", "level": "2", "issued_at": ":at"},
    "activity": {"name": "'a'", "starts_at": ":at"},
    "bed": {"place_id": "{place}", "room": "'1'", "status": "'free'"},
    "door_count": {"counted_from": ":at", "door": "'d'", "entries": "1"},
    "duty": {"post": "'p'", "name": "'n'", "starts_at": ":at", "ends_at": ":at + interval '1 hour'"},
    "petition": {"title": "'t'", "received_at": ":at"},
    "residence": {"resident_id": "{person}", "building_id": "{building}", "dwelling_id": "{dwelling}", "tenure": "'owned'"},
    "force_member": {"kind": "'volunteer'", "name": "'n'"},
    "school_admission": {"school_year": "2026", "stage": "'primary'", "school": "'s'", "resident_id": "{person}", "status": "'applied'"},
    "credit_tag": {"subject": "'resident'", "resident_id": "{person}", "tag": "'t'", "issuer": "'i'"},
}  # fmt: skip
EVERYBODY = {"water_gauge", "weather_warning", "activity", "bed"}
SEES_ALL = {"duty", "commander", "operator", "street", "auditor"}
ONLY_OPERATORS = {"school_admission", "credit_tag"}
PERSONS = {"residence", "force_member"}


def expected(account: str, table: str) -> set[str]:
    """What an account is to see, written apart from the policies: keys of rows."""
    if account == "wall":
        return {"1", "2"} if table in ("water_gauge", "weather_warning") else set()
    if table in EVERYBODY:
        return {"1", "2"}
    if table in ONLY_OPERATORS:
        return {"1", "2"} if account == "operator" else set()
    if table == "petition":
        return {"1", "2"} if account in ("commander", "operator", "street") else {"2"} & {account[-1]}
    if account == "community-2":
        return {"2"}
    if table in PERSONS:
        return {
            "operator": {"1", "2"}, "worker-11": {"1"}, "leader-1": {"1"}, "worker-21": {"2"},
        }.get(account, set())  # fmt: skip
    return {"1", "2"} if account in SEES_ALL else set()


@pytest.fixture(scope="module")
def furnished(world: World) -> Iterator[World]:
    with world.database.owner.begin() as connection:
        connection.execute(text("SELECT support.ensure_months('base.door_count', :at, :at)"), {"at": REPORTED})
        for key, community, grid in (("1", FIRST, "11"), ("2", SECOND, "21")):
            home = connection.execute(
                text(
                    "SELECT resident.id AS person, building.id AS building, dwelling.id AS dwelling, building.place_id AS place"
                    " FROM base.building JOIN base.dwelling ON dwelling.building_id = building.id"
                    " JOIN base.resident ON resident.work_grid_id = building.work_grid_id"
                    " WHERE building.work_grid_id = :grid LIMIT 1"
                ),
                {"grid": world.grids[grid]},
            ).one()
            for table, stated in TABLES.items():
                columns = {
                    "subdistrict_code": f"'{CODE}'", "feed": "'rls'", "source_key": f"'{key}'",
                    **{name: value.format(**home._mapping) for name, value in stated.items()},
                }  # fmt: skip
                if table != "weather_warning":
                    columns["community_code"] = f"'{community}'"
                if table in PERSONS | ONLY_OPERATORS:
                    columns["work_grid_id"] = str(world.grids[grid])
                if table == "credit_tag":
                    del columns["community_code"], columns["work_grid_id"]
                connection.execute(
                    text(f"INSERT INTO base.{table} ({', '.join(columns)}) VALUES ({', '.join(columns.values())})"),
                    {"at": REPORTED} if ":at" in str(stated) else {},
                )
    yield world
    with world.database.owner.begin() as connection:
        for table in TABLES:
            connection.execute(text(f"DELETE FROM base.{table} WHERE feed = 'rls'"))


@pytest.mark.parametrize("account", ACCOUNTS)
def test_an_account_sees_the_rows_it_answers_for(furnished: World, account: str) -> None:
    for table in TABLES:
        with identified(furnished.database.server, furnished.sessions[account]) as connection:
            seen = set(connection.scalars(text(f"SELECT source_key FROM base.{table} WHERE feed = 'rls'")))
        if account == "wall" and table in EVERYBODY:
            continue
        assert seen == expected(account, table), table


def test_the_wall_reads_water_and_weather_and_nothing_else(furnished: World) -> None:
    for table in TABLES:
        with furnished.database.wall.connect() as connection:
            asked = text(f"SELECT count(*) FROM base.{table} WHERE feed = 'rls'")
            if table in ("water_gauge", "weather_warning"):
                assert connection.scalar(asked) == 2
            else:
                with pytest.raises(ProgrammingError, match="permission denied"):
                    connection.scalar(asked)


def test_earlier_forms_of_what_operators_alone_see_are_for_operators_alone(furnished: World) -> None:
    with furnished.database.owner.begin() as connection:
        connection.execute(text("UPDATE base.school_admission SET status = 'admitted' WHERE feed = 'rls'"))
    asked = text("SELECT count(*) FROM support.record_version WHERE table_name = 'base.school_admission'")
    seen = {}
    for account in ACCOUNTS:
        with identified(furnished.database.server, furnished.sessions[account]) as connection:
            seen[account] = connection.scalar(asked)

    assert seen == {account: 2 if account == "operator" else 0 for account in ACCOUNTS}
