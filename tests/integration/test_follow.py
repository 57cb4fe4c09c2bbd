"""The follower over the loaded sample: what is written becomes facts and alerts without anybody asking."""

import asyncio
import json
import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from dashboard.follow import apart, follow, parse, take_in

pytestmark = pytest.mark.database

KEY = "follow-test"
COPY_ONE = """
    INSERT INTO base.incident (reported_at, subdistrict_code, feed, source_key, category, source, grade, status, due_at,
                               placement, geom, radius_m, match_level, confidence, cell, community_code, work_grid_id)
    SELECT :now, subdistrict_code, feed, :key, category, source, 'severe', 'reported', :due,
           placement, geom, radius_m, match_level, confidence, cell, community_code, work_grid_id
      FROM base.incident WHERE placement = 'placed' AND status = 'closed' ORDER BY id LIMIT 1
    RETURNING id, cell
"""


@pytest.fixture
def swept(loaded):
    """Take away what a test wrote, and let the facts follow."""
    yield
    with loaded.database.owner.begin() as connection:
        gone = connection.execute(text("DELETE FROM base.incident WHERE source_key = :key RETURNING id"), {"key": KEY})
        ids = list(gone.scalars())
        connection.execute(
            text(
                "DELETE FROM alerting.alert_event USING alerting.alert WHERE alert.id = alert_id AND raised_at > :now"
            ),
            {"now": loaded.now},
        )
        connection.execute(text("DELETE FROM alerting.alert WHERE raised_at > :now"), {"now": loaded.now})
    assert len(ids) <= 1


def open_in_cell(connection, cell):
    return connection.scalar(
        text("SELECT COALESCE(sum(open), 0) FROM topic.incident_open WHERE cell = :cell"),
        {"cell": cell},
    )


def test_a_grave_incident_is_counted_and_warned_of_by_itself(loaded, swept):
    database, now = loaded.database, loaded.now + timedelta(minutes=1)

    async def live() -> tuple[int, int, int]:
        following = asyncio.create_task(follow(database, clock=lambda: now))
        await asyncio.sleep(1)
        before = after = alerts = 0
        with database.owner.begin() as connection:
            incident_id, cell = connection.execute(
                text(COPY_ONE), {"now": now, "due": now + timedelta(hours=2), "key": KEY}
            ).one()
            before = open_in_cell(connection, cell)
            message = {"kind": "incident", "id": incident_id, "change": "taken"}
            connection.execute(text("SELECT support.tell(CAST(:message AS jsonb))"), {"message": json.dumps(message)})
        for _ in range(600):
            await asyncio.sleep(0.1)
            with database.owner.connect() as connection:
                after = open_in_cell(connection, cell)
                alerts = connection.scalar(text("SELECT count(*) FROM alerting.alert WHERE rule = 'grave_incident'"))
            if after > before and alerts:
                break
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following
        return before, after, alerts

    before, after, alerts = asyncio.run(live())

    assert after == before + 1
    assert alerts >= 1


def test_messages_that_are_none_of_ours_change_nothing(loaded):
    assert parse("{") == {}
    assert parse("[1]") == {}
    take_in(loaded.database, [{}, {"kind": "alert", "id": 1}, {"kind": "assignment"}], loaded.now)


def test_what_runs_apart_tells_its_fault_and_is_not_waited_for_at_the_end():
    begun, never = threading.Event(), threading.Event()

    def fails() -> None:
        raise ValueError("a fault")

    def lasts() -> None:
        begun.set()
        never.wait()

    async def scenario() -> None:
        with pytest.raises(ValueError, match="a fault"):
            await apart(fails)
        waiting = asyncio.create_task(apart(lasts))
        await asyncio.to_thread(begun.wait)
        waiting.cancel()

    # ends though the work never does
    asyncio.run(scenario())
