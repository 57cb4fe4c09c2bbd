"""The assignment in the database: coverage, history, decisions, cover, and what a worker sees of it."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, text

from casework.assignment import read_effort
from casework.assignment_store import Plan, decide, make_plan, note_absence, publish_plan, withdraw_decision
from gis.errors import BadInput, Conflict, NotFound
from tests.casework.world import CODE, NOW, World

pytestmark = pytest.mark.database
EFFORT = read_effort()


@pytest.fixture
def connection(trial: World):
    """The owner's, rolled back at the end; the assignment begins empty, and only households make load."""
    with trial.database.owner.connect() as connection, connection.begin() as transaction:
        for table in ("assignment", "assignment_decision", "absence"):
            connection.execute(text(f"DELETE FROM casework.{table} WHERE subdistrict_code = :code"), {"code": CODE})
        connection.execute(text("DELETE FROM base.incident WHERE subdistrict_code = :code"), {"code": CODE})
        connection.execute(text("DELETE FROM base.visit WHERE subdistrict_code = :code"), {"code": CODE})
        yield connection
        transaction.rollback()


@pytest.fixture
def world(trial: World) -> World:
    return trial


def plan_at(connection: Connection, now: datetime = NOW) -> Plan:
    return make_plan(connection, subdistrict_code=CODE, effort=EFFORT, now=now)


def count(connection: Connection, condition: str) -> int:
    return int(
        connection.scalar(
            text(f"SELECT count(*) FROM casework.assignment WHERE subdistrict_code = :code AND {condition}"),
            {"code": CODE},
        )
    )


def test_every_building_and_every_cell_part_is_somebodys_exactly_once(connection, world):
    publish_plan(connection, plan_at(connection), actor="test", now=NOW)

    # 24 buildings a grid, each with one row
    assert count(connection, "building_id IS NOT NULL") == 48
    assert count(connection, "building_id IS NULL") == len(plan_at(connection).pieces)
    alike = connection.scalar(
        text("""
        SELECT count(*) FROM base.building JOIN casework.assignment AS cells
            ON cells.work_grid_id = building.work_grid_id AND cells.cell = building.cell
           AND cells.building_id IS NULL AND cells.valid_to IS NULL
          JOIN casework.assignment AS houses ON houses.building_id = building.id AND houses.worker_id = cells.worker_id
           AND houses.valid_to IS NULL
         WHERE building.subdistrict_code = :code"""),
        {"code": CODE},
    )
    assert alike == 48


def test_publishing_again_moves_nobody_and_keeps_since_when(connection):
    publish_plan(connection, plan_at(connection), actor="test", now=NOW)

    later = NOW + timedelta(days=30)
    again = plan_at(connection, later)
    publish_plan(connection, again, actor="test", now=later)

    assert again.moved_households == 0
    since = connection.execute(
        text("SELECT DISTINCT valid_from, valid_to FROM casework.assignment WHERE subdistrict_code = :code"),
        {"code": CODE},
    ).all()
    assert since == [(NOW, None)]


def test_a_decision_holds_from_the_next_publication_and_ends_with_its_withdrawal(connection, world):
    first = plan_at(connection)
    publish_plan(connection, first, actor="test", now=NOW)
    building = connection.execute(
        text(
            "SELECT source_key, building_id, worker_id"
            "  FROM casework.assignment JOIN base.building ON building.id = building_id"
            " WHERE assignment.work_grid_id = :grid ORDER BY building_id LIMIT 1"
        ),
        {"grid": world.grids[0]},
    ).one()
    other = next(worker for worker in world.workers[:3] if worker != building.worker_id)
    number = f"W{world.workers.index(other) + 1:03d}"

    decision = decide(
        connection,
        subdistrict_code=CODE,
        worker=number,
        building=building.source_key,
        reason="熟悉住户",
        actor="test",
        now=NOW,
    )
    publish_plan(connection, plan_at(connection, NOW + timedelta(hours=1)), actor="test", now=NOW + timedelta(hours=1))

    row = connection.execute(
        text(
            "SELECT worker_id, reason, decision FROM casework.assignment WHERE building_id = :id AND valid_to IS NULL"
        ),
        {"id": building.building_id},
    ).one()
    assert tuple(row) == (other, "decided", "熟悉住户")
    # history: whose it was before is still there
    assert (
        count(
            connection,
            f"building_id = {building.building_id} AND valid_to IS NOT NULL AND worker_id = {building.worker_id}",
        )
        == 1
    )

    withdraw_decision(connection, decision, subdistrict_code=CODE, now=NOW + timedelta(hours=2))
    after = plan_at(connection, NOW + timedelta(hours=3))
    assert not (after.pieces["reason"] == "decided").any()
    with pytest.raises(Conflict):
        withdraw_decision(connection, decision, subdistrict_code=CODE, now=NOW + timedelta(hours=3))


def test_cover_is_shared_beside_the_assignment_and_ends_by_itself(connection, world):
    publish_plan(connection, plan_at(connection), actor="test", now=NOW)
    away = world.workers[0]
    until = NOW + timedelta(days=5)

    note_absence(
        connection, subdistrict_code=CODE, worker="W001", absent_from=NOW, absent_to=until, actor="test", now=NOW
    )
    plan = plan_at(connection, NOW + timedelta(minutes=1))
    publish_plan(connection, plan, actor="test", now=NOW + timedelta(minutes=1))

    assert plan.moved_households == 0
    theirs = count(connection, f"worker_id = {away} AND cover_for IS NULL AND valid_to IS NULL")
    assert theirs > 0
    assert count(connection, f"cover_for = {away}") == theirs
    assert set(plan.cover["worker_id"]) == {world.workers[1], world.workers[2]}
    building = connection.execute(
        text(
            "SELECT work_grid_id, cell, building_id FROM casework.assignment"
            " WHERE worker_id = :id AND building_id IS NOT NULL LIMIT 1"
        ),
        {"id": away},
    ).one()
    whose = text("SELECT worker_id, found_by FROM casework.worker_of(:grid, :cell, :building, :at)")
    place = {"grid": building.work_grid_id, "cell": building.cell, "building": building.building_id}
    during = connection.execute(whose, place | {"at": NOW + timedelta(days=1)}).one()
    assert during.found_by == "cover"
    assert during.worker_id in world.workers[1:3]
    assert tuple(connection.execute(whose, place | {"at": until}).one()) == (away, "building")


def test_a_named_cover_of_another_grid_takes_all_and_sees_that_grid_for_as_long(connection, world):
    publish_plan(connection, plan_at(connection), actor="test", now=NOW)
    now = connection.scalar(text("SELECT now()"))
    note_absence(
        connection,
        subdistrict_code=CODE,
        worker="W001",
        cover="W004",
        absent_from=now,
        absent_to=now + timedelta(days=2),
        actor="test",
        now=now,
    )

    plan = plan_at(connection, now)
    publish_plan(connection, plan, actor="test", now=now)

    assert set(plan.cover["worker_id"]) == {world.workers[3]}
    opened = connection.scalar(
        text("INSERT INTO access.session (account_id, expires_at) VALUES (:id, now() + interval '1 day') RETURNING id"),
        {"id": world.accounts["trial-3"]},
    )
    connection.execute(text("SELECT set_config('fengqiao.session', :id, true)"), {"id": str(opened)})
    assert connection.scalar(text("SELECT access.scope_work_grids()")) == world.grids
    connection.execute(
        text("UPDATE casework.assignment SET valid_to = now() WHERE cover_for IS NOT NULL AND valid_from < now()")
    )
    connection.execute(text("DELETE FROM casework.assignment WHERE cover_for IS NOT NULL AND valid_from >= now()"))
    assert connection.scalar(text("SELECT access.scope_work_grids()")) == [world.grids[1]]


def test_an_absence_noted_again_replaces_the_cover(connection, world):
    for hours in (0, 1):
        now = NOW + timedelta(hours=hours)
        note_absence(
            connection,
            subdistrict_code=CODE,
            worker="W001",
            absent_from=NOW,
            absent_to=NOW + timedelta(days=5 + hours),
            actor="test",
            now=now,
        )
        publish_plan(connection, plan_at(connection, now), actor="test", now=now)

    at = NOW + timedelta(days=1)
    twice = connection.scalar(
        text(
            "SELECT count(*) FROM (SELECT cell, building_id FROM casework.assignment"
            " WHERE cover_for IS NOT NULL AND valid_from <= :at AND valid_to > :at"
            " GROUP BY cell, building_id, work_grid_id, worker_id HAVING count(*) > 2) AS found"
        ),
        {"at": at},
    )
    assert twice == 0


def test_the_digest_tells_whether_the_preview_still_holds(connection):
    assert plan_at(connection).digest == plan_at(connection).digest
    publish_plan(connection, plan_at(connection), actor="test", now=NOW)
    before = plan_at(connection, NOW + timedelta(hours=1)).digest

    decide(connection, subdistrict_code=CODE, worker="W001", building="C1-024", reason="x", actor="test", now=NOW)
    decide(connection, subdistrict_code=CODE, worker="W001", building="C1-001", reason="x", actor="test", now=NOW)

    assert plan_at(connection, NOW + timedelta(hours=1)).digest != before


@pytest.mark.parametrize(
    ("worker", "building", "reason", "error", "says"),
    [
        ("W999", "C1-001", "x", NotFound, "W001"),
        ("W001", "C9-001", "x", NotFound, "C9-001"),
        ("W004", "C1-001", "x", BadInput, "does not work"),
        ("W001", "C1-001", " ", BadInput, "reason"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(connection, worker, building, reason, error, says):
    with pytest.raises(error, match=says):
        decide(
            connection, subdistrict_code=CODE, worker=worker, building=building, reason=reason, actor="test", now=NOW
        )


def test_the_preview_says_who_gains_and_loses_and_writes_nothing(connection, world):
    plan = plan_at(connection)

    assert count(connection, "true") == 0
    # nothing was published: everybody gains, nobody loses
    assert plan.changes["households_gained"].sum() == 288
    assert plan.changes["households_lost"].sum() == 0
    assert plan.figures()["unassigned_pieces"] == 0
