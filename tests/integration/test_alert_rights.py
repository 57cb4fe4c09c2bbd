"""Who may act on which alert: everybody reads all of the sub-district, and handles what lies on the own ground."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from alerts.acting import acknowledge
from alerts.life import standing_alerts
from gis.database.connection import identified
from gis.errors import NotFound
from tests.world import CODE

pytestmark = pytest.mark.database
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)

RAISE = """
INSERT INTO alerting.alert (subdistrict_code, rule, unit_kind, unit_code, letter, level, community_code, cells, observed, method, window_from,
                            window_to, raised_at, updated_at, held_at, opened_at, held_by_at, fingerprint)
SELECT :code, 'rights', 'cell', 'rights-' || place, 'A', 3, community, '{}', 1, 'test', :now, :now, :now, :now, :now, :now, :now, 'rights-' || place
  FROM unnest(CAST(:communities AS text[])) WITH ORDINALITY AS listed(community, place)
RETURNING id, community_code"""


@pytest.fixture
def alerts(world):
    """One alert in each of two communities, by community."""
    owner = world.database.owner
    with owner.begin() as connection:
        codes = list(connection.execute(text("SELECT code FROM base.community ORDER BY code LIMIT 2")).scalars())
        rows = connection.execute(text(RAISE), {"code": CODE, "now": NOW, "communities": codes}).all()
    yield {row.community_code: row.id for row in rows}
    with owner.begin() as connection:
        ids = [row.id for row in rows]
        connection.execute(text("DELETE FROM alerting.alert_event WHERE alert_id = ANY (:ids)"), {"ids": ids})
        connection.execute(text("DELETE FROM alerting.alert WHERE id = ANY (:ids)"), {"ids": ids})


def scope_of(world, account):
    with identified(world.database.server, world.sessions[account]) as connection:
        return list(connection.scalar(text("SELECT access.scope_communities()")))


def test_a_community_leader_reads_both_and_handles_only_the_own_communitys(world, alerts):
    account = next(name for name in world.sessions if name.startswith("community"))
    mine = scope_of(world, account)
    own = [alert for community, alert in alerts.items() if community in mine]
    others = [alert for community, alert in alerts.items() if community not in mine]
    assert own
    assert others
    with identified(world.database.server, world.sessions[account]) as connection:
        seen = {row["id"] for row in standing_alerts(connection, subdistrict_code=CODE)}
        assert seen >= set(alerts.values())
        acknowledge(connection, own[0], post="社区", note="", now=NOW + timedelta(minutes=1))
    with (
        identified(world.database.server, world.sessions[account]) as connection,
        pytest.raises(NotFound, match="not yours"),
    ):
        acknowledge(connection, others[0], post="社区", note="", now=NOW + timedelta(minutes=1))


def test_a_grid_worker_does_not_handle_what_lies_elsewhere_and_a_duty_officer_handles_all(world, alerts):
    worker = next(name for name in world.sessions if name.startswith("worker"))
    for alert in alerts.values():
        with (
            identified(world.database.server, world.sessions[worker]) as connection,
            pytest.raises(NotFound, match="not yours"),
        ):
            acknowledge(connection, alert, post="网格员", note="", now=NOW)
    with identified(world.database.server, world.sessions["duty"]) as connection:
        for alert in alerts.values():
            acknowledge(connection, alert, post="值班员", note="", now=NOW)
    with world.database.owner.connect() as connection:
        states = connection.execute(
            text("SELECT status FROM alerting.alert WHERE id = ANY (:ids)"), {"ids": list(alerts.values())}
        ).scalars()
        assert set(states) == {"acknowledged"}


def test_whoever_is_nobody_sees_nothing(world, alerts):
    with world.database.server.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM alerting.alert")) == 0
        assert connection.scalar(text("SELECT count(*) FROM alerting.shown_alert")) == 0
