"""Facts per cell on a real PostGIS: against counts by hand, from what changed, and for whom."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from access.accounts import NewAccount, add_account, add_token
from gis.database.connection import Database, identified
from layers import facts
from layers.values import select_cell_values, select_geojson
from tests.integration import layer_world as world
from tests.integration.layer_fixtures import served_database
from tests.integration.layer_world import CODE, EAST, NOW, WEST, cell_of

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def own(database: Database) -> Iterator[Database]:
    """A database of its own with the little sub-district, its facts refreshed."""
    with served_database(database, "fengqiao_layers") as own:
        yield own


@pytest.fixture
def connection(own):
    """The owner's, rolled back at the end."""
    with own.owner.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


def exact(connection, building, resolution, *columns):
    return tuple(
        connection.execute(
            text(
                f"SELECT {', '.join(f'sum({name})' for name in columns)} FROM topic.population"
                " WHERE cell = :cell AND resolution = :resolution"
            ),
            {"cell": cell_of(building, resolution), "resolution": resolution},
        ).one()
    )


def test_persons_are_counted_where_their_building_is(connection):
    columns = ("total", "registered", "migrant", "aged_60", "aged_80", "living_alone", "households")
    assert exact(connection, 1, 11, *columns) == (
        40, 25, 15, 10, 0, 3, 2,
    )  # fmt: skip
    assert exact(connection, 2, 11, "total", "registered", "minors") == (3, 3, 0)
    assert exact(connection, 3, 10, "total", "migrant", "households") == (120, 120, 1)


def test_every_resolution_sums_to_the_same(connection):
    sums = connection.execute(
        text(
            "SELECT resolution, sum(total), sum(total_key), sum(households) FROM topic.population GROUP BY 1 ORDER BY 1"
        )
    ).all()

    assert [row[0] for row in sums] == [9, 10, 11]
    assert len({tuple(row[1:]) for row in sums}) == 1
    assert sums[0][1] == 163


def test_fewer_than_five_are_not_published(connection):
    published = {
        row.cell: row.total
        for row in connection.execute(text("SELECT cell, total FROM topic.population_published WHERE resolution = 11"))
    }

    assert published[cell_of(2)] is None
    assert abs(published[cell_of(1)] - 40) <= 3
    assert abs(published[cell_of(3)] - 120) <= 3
    # ten old persons, of whom three live alone: the three are not published
    row = connection.execute(
        text("SELECT aged_60, aged_80, living_alone FROM topic.population_published WHERE cell = :cell"),
        {"cell": cell_of(1)},
    ).one()
    assert abs(row.aged_60 - 10) <= 3
    assert row.aged_80 == 0
    assert row.living_alone is None


def test_units_are_published_and_the_whole_is_what_is_on_file(connection):
    units = {
        (row.unit_kind, row.unit_code): row
        for row in connection.execute(text("SELECT * FROM topic.unit_population_published"))
    }

    whole = units["subdistrict", CODE]
    assert (whole.total, whole.registered, whole.migrant) == (163, 28, 135)
    assert abs(units["community", WEST].total - 43) <= 3
    assert abs(units["place", "2"].total - 120) <= 3
    # the apartment is the whole of its community: the same persons get the same noise, whichever way they are asked for
    assert units["place", "2"].total == units["community", EAST].total


def test_demand_counts_the_window_and_who_may_ask(connection):
    rows = {
        (row.topic, row.cell): (row.requests, row.eligible)
        for row in connection.execute(text("SELECT topic, cell, requests, eligible FROM topic.demand"))
    }

    # 12 of S1 and 2 of S2; the old and the withdrawn do not count
    assert rows["all", cell_of(1)] == (14, 40)
    assert rows["社会保障", cell_of(1)] == (12, 40)
    assert rows["养老服务", cell_of(1)] == (2, 10)
    assert rows["all", cell_of(3)] == (1, 120)
    assert ("养老服务", cell_of(3)) not in rows


def test_rates_of_fewer_than_five_are_not_published(connection):
    rows = {
        row.cell: row
        for row in connection.execute(
            text("SELECT * FROM topic.demand_published WHERE resolution = 11 AND topic = 'all'")
        )
    }

    assert rows[cell_of(2)].suppressed
    assert rows[cell_of(2)].per_1000 is None
    assert rows[cell_of(1)].per_1000 > rows[cell_of(3)].per_1000
    # one request is not published, though the rate knows it as nothing or five
    assert rows[cell_of(3)].requests is None


def test_incidents_are_exact(connection):
    values = select_cell_values(connection, "incidents", 10, code=CODE).set_index("cell_hex")["value"].to_dict()
    assert values == {format(cell_of(1, 10), "x"): 2.0, format(cell_of(3, 10), "x"): 1.0}
    major = select_cell_values(connection, "incidents_grade_major", 9, code=CODE)
    assert major["cell_hex"].tolist() == [format(cell_of(3, 9), "x")]
    # the one of 35 days ago lies before the 30 days up to the newest day
    month = select_cell_values(connection, "incidents_30_days", 11, code=CODE)
    assert month["value"].sum() == 3


def test_walking_time_grows_along_the_road_and_only_ready_resources_count(connection):
    reach = select_cell_values(connection, "reach_fire_station", 11, code=CODE).set_index("cell_hex")

    near, far = reach.loc[format(cell_of(1), "x")], reach.loc[format(cell_of(3), "x")]
    # 0.017° of longitude are 1 618 m here: about 20 min and more at 80 m a minute; the one that is out does not help
    assert near["class_index"] == 0
    assert near["value"] < 1
    assert 20 < far["value"] < 24
    assert far["class_index"] == 3
    nowhere = select_cell_values(connection, "reach_clinic", 10, code=CODE)
    assert nowhere["value"].isna().all()
    assert (nowhere["class_index"] == 3).all()


def test_the_gap_is_counted_by_community(connection):
    rows = {
        row.unit_code: row
        for row in connection.execute(text("SELECT * FROM topic.unit_coverage_published WHERE kind = 'fire_station'"))
    }

    assert abs(rows[EAST].gap - 120) <= 3
    assert rows[EAST].within_15 == 0
    assert rows[WEST].gap == 0
    assert abs(rows[WEST].within_5 - 40) <= 6


def test_refreshing_again_changes_nothing(own):
    versions = "SELECT topic, version FROM support.layer_state ORDER BY topic"
    with own.owner.connect() as connection:
        before = connection.execute(text(versions)).all()

    changed = facts.refresh(own, now=NOW + timedelta(minutes=1))

    assert set(changed.values()) == {0}
    with own.owner.connect() as connection:
        assert connection.execute(text(versions)).all() == before


def test_new_residents_are_counted_in_their_cells_and_nothing_is_left_for_a_full_count(connection):
    number = world.batch(connection, "residents")
    world.residents(connection, 2, "new", 4, registration="migrant", batch_id=number)

    changed = facts.apply_change(connection, {"kind": "batch", "feed": "residents", "batch_id": number}, now=NOW)

    assert changed["population"] > 0
    assert exact(connection, 2, 11, "total", "migrant") == (7, 4)
    assert connection.scalar(
        text("SELECT total FROM topic.population_published WHERE cell = :cell"), {"cell": cell_of(2)}
    ) in range(5, 11)
    again = facts.refresh_topics(connection, world.DISTRICT, ("population", "incidents", "resources"), now=NOW)
    assert set(again.values()) == {0}


def test_somebody_who_moves_is_gone_from_the_former_cell(connection):
    number = world.batch(connection, "residents")
    lon, lat, community, place = world.BUILDINGS[3]
    connection.execute(
        text(
            "UPDATE base.resident SET batch_id = :batch, building_id = 3, place_id = :place,"
            " community_code = :community,"
            " cell = :cell,"
            " geom = ST_SetSRID(ST_MakePoint(:lon, :lat), 4326) WHERE source_key = 'b0'"
        ),
        {"batch": number, "place": place, "community": community, "cell": cell_of(3), "lon": lon, "lat": lat},
    )

    facts.apply_change(connection, {"kind": "batch", "feed": "residents", "batch_id": number}, now=NOW)

    assert exact(connection, 1, 10, "total", "migrant") == (39, 14)
    assert exact(connection, 3, 9, "total") == (121,)


def test_one_incident_changes_its_cell_only(connection):
    world.incidents(connection, 3, "应急指挥", [NOW], key="new")
    number = connection.scalar(text("SELECT id FROM base.incident WHERE source_key = 'new0'"))

    changed = facts.apply_change(connection, {"kind": "incident", "id": number, "change": "taken"}, now=NOW)

    # one row of its day and one of what is open
    assert changed == {"incidents": 2}
    connection.execute(
        text("UPDATE base.incident SET status = 'closed', closed_at = :now WHERE id = :id"), {"now": NOW, "id": number}
    )
    assert facts.apply_change(connection, {"kind": "incident", "id": number, "change": "closed"}, now=NOW) == {
        "incidents": 1
    }
    values = select_cell_values(connection, "incidents", 11, code=CODE).set_index("cell_hex")["value"]
    assert values[format(cell_of(3), "x")] == 1


def test_one_request_raises_the_rate_of_its_cell(connection):
    before = select_cell_values(connection, "demand", 11, code=CODE).set_index("cell_hex")["value"]
    number = world.batch(connection, "requests")
    world.requests(connection, 3, "S1", [NOW - timedelta(hours=1)] * 30, key="new", batch_id=number)

    facts.apply_change(connection, {"kind": "batch", "feed": "requests", "batch_id": number}, now=NOW)

    after = select_cell_values(connection, "demand", 11, code=CODE).set_index("cell_hex")["value"]
    busy, quiet = format(cell_of(3), "x"), format(cell_of(1), "x")
    assert after[busy] > before[busy]
    # what rates are drawn to is fixed for the day: another cell stays as it was
    assert after[quiet] == before[quiet]


def test_the_first_change_of_a_day_moves_the_window(connection):
    # 12 requests lie on as many days; a fortnight and a half later most of them are older than 30 days
    later = NOW + timedelta(days=25)
    world.requests(connection, 1, "S1", [later], key="later")
    number = connection.scalar(text("SELECT id FROM base.service_request WHERE source_key = 'later0'"))

    facts.apply_change(connection, {"kind": "request", "id": number, "change": "taken"}, now=later)

    requests = connection.scalar(
        text("SELECT requests FROM topic.demand WHERE topic = '社会保障' AND cell = :cell"), {"cell": cell_of(1)}
    )
    # days 0 to 4 before NOW are days 25 to 29 before later, and the new one
    assert requests == 6


def test_messages_that_are_not_ours_change_nothing(connection):
    for message in ({"kind": "alert", "id": 1}, {"kind": "batch", "feed": "visits", "batch_id": 1}, {}):
        assert facts.apply_change(connection, message, now=NOW) == {}


def test_a_wall_reads_what_is_published_and_no_exact_count(own):
    with own.wall.begin() as connection:
        assert not select_cell_values(connection, "population", 10, code=CODE).empty
        assert select_geojson(connection, "communities", code=CODE)["features"]
    for table in ("topic.population", "topic.demand", "support.perturbation_seed", "base.resident"):
        with pytest.raises(ProgrammingError, match="permission denied"), own.wall.begin() as connection:
            connection.execute(text(f"SELECT count(*) FROM {table}"))


def test_exact_counts_follow_the_rights_to_the_rows(own):
    sessions = {}
    with own.owner.begin() as connection:
        for name, role, communities in (
            ("operator-l", "operator", ()), ("west-l", "community_leader", (WEST,)), ("duty-l", "duty_officer", ()),
        ):  # fmt: skip
            account = add_account(
                connection, NewAccount(name=name, role=role, subdistrict_code=CODE, community_codes=communities)
            )
            add_token(connection, account, kind="api", now=NOW, lifetime=timedelta(days=9_000))
            sessions[name] = str(
                connection.scalar(text("SELECT id FROM access.session WHERE account_id = :id"), {"id": account})
            )
    seen = {}
    for name, session in sessions.items():
        with identified(own.server, session) as connection:
            seen[name] = connection.scalar(text("SELECT sum(total) FROM topic.population WHERE resolution = 11"))
    with own.server.begin() as connection:
        seen["nobody"] = connection.scalar(text("SELECT sum(total) FROM topic.population WHERE resolution = 11"))

    # reference: counted from the residents themselves
    assert seen == {"operator-l": 163, "west-l": 43, "duty-l": None, "nobody": None}
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        identified(own.server, sessions["operator-l"]) as connection,
    ):
        connection.execute(text("SELECT total_key FROM topic.population"))


def test_open_tables_never_show_fewer_than_five(own):
    with own.owner.connect() as connection:
        rows = connection.execute(text("SELECT * FROM open.population_cells")).mappings().all()
        assert {row["resolution"] for row in rows} == {9, 10}
        counts = [row[name] for row in rows for name in ("residents", "registered", "migrant", "aged_60", "households")]
        assert all(count is None or count == 0 or count >= 5 for count in counts)
        assert connection.scalar(text("SELECT count(*) FROM open.resources")) == 2
        assert connection.scalar(text("SELECT count(*) FROM open.places")) == 2
