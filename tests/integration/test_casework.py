"""Steps of incidents and visits on the real database: history, dispatch, rights, and one entry being one step."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from casework.dispatching import select_undispatched
from casework.states import DispatchRule
from casework.transitions import Asked, dispatch_by_place, dispatch_waiting, history, take_step
from gis.database.connection import identified
from gis.errors import BadInput, Conflict, NotAllowed, NotFound
from tests.casework.world import (
    CODE,
    DISTRICT,
    NOW,
    World,
    add_incident,
    add_visit,
    assign_afresh,
    role_of,
    session_secret,
)

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def world(trial: World) -> World:
    assign_afresh(trial, NOW - timedelta(days=1))
    return trial


def asked(world: World, account: str, to: str, **more: Any) -> Asked:
    return Asked(to=to, account_id=world.accounts[account], role=role_of(account), actor=account, **more)


def step(world: World, account: str, record: int, to: str, *, subject: str = "incident", **more: Any):
    session, _ = session_secret(world, account)
    with identified(world.database.server, session) as connection:
        wanted = asked(world, account, to, **more)
        return take_step(connection, subject, record, wanted, now=NOW, timezone=DISTRICT.zone)


def incident(world: World, **values: Any) -> int:
    with world.database.owner.begin() as connection:
        return add_incident(connection, world, uuid.uuid4().hex, **values)


def stored(world: World, record: int) -> Any:
    with world.database.owner.connect() as connection:
        return connection.execute(
            text("SELECT status, due_at, closed_at FROM base.incident WHERE id = :id"), {"id": record}
        ).one()


def owner_of(world: World, building: int) -> int:
    with world.database.owner.connect() as connection:
        found = connection.execute(
            text(
                "SELECT worker_id FROM casework.assignment"
                " WHERE building_id = :id AND cover_for IS NULL AND valid_to IS NULL"
            ),
            {"id": building},
        )
        return int(found.scalar_one())


def test_an_incident_goes_from_report_to_close_and_keeps_its_history(world):
    record = incident(world)

    dispatched = step(world, "trial-duty_officer", record, "dispatched")
    for to in ("accepted", "handling"):
        step(world, "trial-0", record, to)
    closed = step(world, "trial-0", record, "closed", note="已清走", at=NOW - timedelta(minutes=5))

    assert closed.status == "closed"
    # general: 72 h after the report of two hours ago
    assert dispatched.due_at == NOW + timedelta(hours=70)
    assert stored(world, record).closed_at == NOW - timedelta(minutes=5)
    session, _ = session_secret(world, "trial-0")
    with identified(world.database.server, session) as connection:
        told = history(connection, "incident", record)
    assert [row["to_status"] for row in told] == ["dispatched", "accepted", "handling", "closed"]
    assert told[-1]["note"] == "已清走"


def test_dispatch_finds_the_worker_whose_building_it_is(world):
    for building in (0, 5, 23, 30):
        record = incident(world, building=building)

        taken = step(world, "trial-duty_officer", record, "dispatched")

        assert taken.worker_id == owner_of(world, world.buildings[building])


def test_the_rule_dispatches_for_a_reporter_of_another_grid_and_only_what_waits(world):
    record = incident(world, building=30)  # in grid 2, worker 3 alone
    session, _ = session_secret(world, "trial-0")

    with identified(world.database.server, session) as connection:
        assert dispatch_by_place(connection, record, now=NOW) == world.workers[3]
        assert dispatch_by_place(connection, record, now=NOW) is None

    assert stored(world, record).status == "dispatched"


def test_what_cannot_be_placed_waits(world):
    record = incident(world, placement="unplaced", geom=None, cell=None, work_grid_id=None, match_level=None)
    session, _ = session_secret(world, "trial-duty_officer")

    with identified(world.database.server, session) as connection:
        assert dispatch_by_place(connection, record, now=NOW) is None
        dispatch_waiting(connection, subdistrict_code=CODE, now=NOW, rule=DispatchRule(0, ("general",), 3650))

    assert stored(world, record).status == "reported"


def test_the_clock_dispatches_what_an_officer_left_and_only_that(world):
    rule = DispatchRule(after_min=10, grades=("general",), within_days=7)
    ages = {"left": 11, "fresh": 9, "grave": 60, "old": 8 * 24 * 60, "returned": 60}
    records = {
        name: incident(world, at=NOW - timedelta(minutes=age), grade="major" if name == "grave" else "general")
        for name, age in ages.items()
    }
    step(world, "trial-duty_officer", records["returned"], "dispatched")
    step(world, "trial-0", records["returned"], "returned", note="属市政")

    with world.database.owner.begin() as connection:
        dispatch_waiting(connection, subdistrict_code=CODE, now=NOW, rule=rule)

    # eleven minutes are more than ten; nine are not; a graver one, one of last week and one that came back are for people
    statuses = {name: stored(world, record).status for name, record in records.items()}
    assert statuses == {"left": "dispatched"} | dict.fromkeys(("fresh", "grave", "old", "returned"), "reported")


def test_the_officer_sees_what_waits_with_whose_place_it_is_first(world):
    record = incident(world, at=NOW - timedelta(minutes=3), grade="severe")
    session, _ = session_secret(world, "trial-duty_officer")

    with identified(world.database.server, session) as connection:
        rows = select_undispatched(connection, subdistrict_code=CODE, now=NOW)
        expected = connection.scalar(
            text(
                "SELECT worker_id FROM base.incident, casework.worker_of(work_grid_id, cell, building_id, :at)"
                " WHERE id = :id"
            ),
            {"id": record, "at": NOW},
        )

    # the gravest stands first
    assert rows[0].record.id == record
    assert rows[0].workers[0].id == expected
    assert rows[0].workers[0].found_by in ("building", "cell", "grid", "cover")
    assert all(not worker.found_by for worker in rows[0].workers[1:])


def test_a_returned_incident_waits_again_and_is_nobodys(world):
    record = incident(world)
    step(world, "trial-duty_officer", record, "dispatched")

    returned = step(world, "trial-0", record, "returned", note="属市政")

    assert returned.status == "reported"
    with world.database.owner.connect() as connection:
        standing = text(
            "SELECT count(*) FROM casework.dispatch"
            " WHERE subject = 'incident' AND subject_id = :id AND ended_at IS NULL"
        )
        assert connection.scalar(standing, {"id": record}) == 0


def test_one_entry_sent_twice_is_one_step(world):
    record = incident(world)
    key = uuid.uuid4().hex

    first = step(world, "trial-0", record, "accepted", client_key=key)
    again = step(world, "trial-0", record, "accepted", client_key=key)

    assert (first.changed, again.changed) == (True, False)
    assert again.transition_id == first.transition_id
    with pytest.raises(Conflict, match="another entry"):
        step(world, "trial-0", record, "handling", client_key=key)


def test_a_colleague_of_another_grid_sees_and_changes_nothing(world):
    record = incident(world)

    with pytest.raises(NotFound):
        step(world, "trial-3", record, "accepted")
    assert stored(world, record).status == "reported"


def test_a_reporter_outside_their_grid_sees_their_report_but_may_not_change_it(world):
    record = incident(world, building=30, reported_by=world.accounts["trial-0"])

    with pytest.raises(NotAllowed, match="outside"):
        step(world, "trial-0", record, "accepted")


def test_an_auditor_reads_and_changes_nothing(world):
    with pytest.raises(NotAllowed):
        step(world, "trial-auditor", incident(world), "dispatched")


def test_a_clock_that_runs_ahead_does_not_close_in_the_future(world):
    record = incident(world)
    step(world, "trial-0", record, "accepted")

    step(world, "trial-0", record, "closed", note="好了", at=NOW + timedelta(days=3))

    assert stored(world, record).closed_at == NOW


def test_a_clock_that_runs_behind_does_not_close_before_the_report(world):
    record = incident(world)
    step(world, "trial-0", record, "accepted")

    step(world, "trial-0", record, "closed", note="好了", at=NOW - timedelta(days=300))

    assert stored(world, record).closed_at == NOW - timedelta(hours=2)


def test_a_time_without_zone_and_an_endless_note_are_refused(world):
    record = incident(world)

    with pytest.raises(BadInput, match="time zone"):
        step(world, "trial-0", record, "accepted", at=NOW.replace(tzinfo=None))
    with pytest.raises(BadInput, match="characters"):
        step(world, "trial-0", record, "accepted", note="x" * 3000)


def test_a_step_is_told_and_audited(world):
    record = incident(world)
    with world.database.owner.connect() as listener:
        listener.exec_driver_sql("LISTEN fengqiao")
        listener.commit()

        step(world, "trial-duty_officer", record, "dispatched")

        driver = listener.connection.driver_connection
        told = [notice.payload for notice in driver.notifies(timeout=5, stop_after=1)]
    assert told == [f'{{"id": {record}, "kind": "incident", "change": "dispatched"}}']
    with world.database.owner.connect() as connection:
        audited = text(
            "SELECT actor FROM access.audit"
            " WHERE table_name = 'base.incident' AND record_id = :id AND action = 'update'"
        )
        assert list(connection.execute(audited, {"id": str(record)}).scalars()) == ["trial-duty_officer"]


def test_a_visit_is_done_with_a_note_and_a_missed_one_stays_due(world):
    with world.database.owner.begin() as connection:
        done, missed = add_visit(connection, world, uuid.uuid4().hex), add_visit(connection, world, uuid.uuid4().hex)

    assert step(world, "trial-0", done, "done", subject="visit", note="一切安好").status == "done"
    assert step(world, "trial-0", missed, "missed", subject="visit").status == "due"

    with world.database.owner.connect() as connection:
        rows = dict(
            connection.execute(
                text("SELECT id, done_at FROM base.visit WHERE id IN (:done, :missed)"),
                {"done": done, "missed": missed},
            ).all()
        )
    assert rows == {done: NOW, missed: None}


def test_notes_on_visits_are_hidden_from_who_sees_no_persons(world):
    with world.database.owner.begin() as connection:
        visit = add_visit(connection, world, uuid.uuid4().hex)
    step(world, "trial-0", visit, "done", subject="visit", note="一切安好")
    session, _ = session_secret(world, "trial-duty_officer")

    with identified(world.database.server, session) as connection:
        assert history(connection, "visit", visit) == []


def test_without_a_session_no_step_is_seen(world):
    record = incident(world)
    with world.database.server.begin() as connection, pytest.raises(NotFound):
        take_step(
            connection,
            "incident",
            record,
            asked(world, "trial-0", "accepted"),
            now=NOW,
            timezone=DISTRICT.zone,
        )
