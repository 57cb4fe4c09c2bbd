"""Risk points over the loaded sample: scored, laid before a person, confirmed with a reason, and only then published."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from alerts.judge import findings
from alerts.risk.store import Decision, decide, newest_models, points, score_kind, select_places, select_records
from alerts.rules import Rules, parse_rule
from dashboard.office.risk.callbacks import chosen, decided
from dashboard.office.risk.layout import layout
from dashboard.services import Services
from dashboard.settings import ServerSettings
from gis.database.connection import identified
from gis.errors import BadInput, Conflict, NotAllowed
from layers.values import select_geojson
from tests.visiting import visit_of
from tests.world import CODE

pytestmark = pytest.mark.database


@pytest.fixture
def candidates(world):
    """Two candidates in the little world, one in each community."""
    now = Services(ServerSettings(), world.database).clock()
    with world.database.owner.begin() as connection:
        ids = [
            connection.scalar(
                text(
                    "INSERT INTO alerting.risk_point (subdistrict_code, unit_kind, unit_code, unit_name, community_code, geom,"
                    " probability, base_rate, contributions, version, window_from, scored_at, valid_to) VALUES (:code, 'compound',"
                    " :unit, :name, :community, ST_Multi(ST_MakeEnvelope(120.50, 31.28, 120.51, 31.29, 4326)), :p, 0.2,"
                    ' \'[{"name": "disputes", "value": 40, "mean": 10, "points": 0.9},'
                    ' {"name": "vacancy", "value": 0.1, "mean": 0.2, "points": -0.1}]\', \'1\', :now, :now, :until) RETURNING id'
                ),
                {
                    "code": CODE,
                    "unit": unit,
                    "name": name,
                    "community": f"{CODE}{community}",
                    "p": p,
                    "now": now - timedelta(days=30),
                    "until": now + timedelta(days=7),
                },
            )
            for unit, name, community, p in (("11", "甲苑", "001", 0.6), ("21", "丙苑", "002", 0.4))
        ]
    yield ids
    with world.database.owner.begin() as connection:
        connection.execute(text("DELETE FROM alerting.risk_point"))


def seen_by(world, account):
    with identified(world.database.server, world.sessions[account]) as connection:
        return [
            (point["unit_name"], point["status"])
            for point in points(
                connection, subdistrict_code=CODE, now=Services(ServerSettings(), world.database).clock()
            )
        ]


def drawn_for(world, account):
    with identified(world.database.server, world.sessions[account]) as connection:
        return [
            feature["properties"]["unit_name"]
            for feature in select_geojson(connection, "risk_points", code=CODE)["features"]
        ]


def test_a_candidate_is_seen_by_who_decides_and_published_once_confirmed(world, candidates):
    first, second = candidates
    operator = visit_of(world, "operator", "operator")

    assert seen_by(world, "operator") == [("甲苑", "candidate"), ("丙苑", "candidate")]
    assert seen_by(world, "community-2") == []
    assert drawn_for(world, "operator") == []

    notices, rows, *_ = decided(operator, Decision(second, True, "近期多起停车纠纷，社区已走访"))
    decided(operator, Decision(first, False, "为施工噪声，已完工"))

    assert "已确认" in notices[0]["message"]
    assert {row["state"] for row in rows} == {"待确认", "已确认"}
    assert drawn_for(world, "operator") == ["丙苑"]
    assert drawn_for(world, "community-2") == ["丙苑"]
    assert drawn_for(world, "worker-11") == []
    with world.database.owner.connect() as connection:
        audited = connection.scalar(
            text("SELECT actor FROM access.audit WHERE table_name = 'alerting.risk_point' ORDER BY id DESC LIMIT 1")
        )
        rule = parse_rule("id: risk_confirmed\nkind: risk\nlevels: [{level: 4, probability: 0.3}]")
        (found,) = findings(
            connection, Rules(rules=(rule,)), subdistrict_code=CODE, now=operator.now + timedelta(seconds=1)
        )
    assert audited == "operator"
    assert (found.unit_code, found.level, found.observed, found.expected) == ("21", 4, 40.0, 10.0)
    assert found.reasons == (("近30天矛盾纠纷", 40),)


def test_who_may_not_decide_and_what_cannot_be_decided_is_refused(world, candidates):
    operator, duty = visit_of(world, "operator", "operator"), visit_of(world, "duty", "duty_officer")

    with operator.services.asking(operator.session) as connection:
        with pytest.raises(BadInput, match="say why"):
            decide(connection, Decision(candidates[0], True, " "), role="operator", by="x", now=operator.now)
        decide(connection, Decision(candidates[0], False, "查无此事"), role="operator", by="x", now=operator.now)
        with pytest.raises(Conflict, match="rejected already"):
            decide(connection, Decision(candidates[0], True, "又"), role="operator", by="x", now=operator.now)
    with duty.services.asking(duty.session) as connection:
        with pytest.raises(NotAllowed):
            decide(connection, Decision(candidates[1], True, "因为"), role="duty_officer", by="x", now=duty.now)
        # the database holds the same: no row of theirs is changed
        with pytest.raises(Conflict, match="candidate already"):
            decide(connection, Decision(candidates[1], True, "因为"), role="operator", by="x", now=duty.now)
    assert "甲苑" in str(layout(duty))
    assert chosen(duty, candidates[1])[1]  # nothing to decide for them
    view, nothing_to_decide, decided_already = chosen(operator, candidates[1])
    assert "近30天矛盾纠纷" in str(view)
    assert not nothing_to_decide
    assert not decided_already
    assert chosen(operator, candidates[0])[1:] == (True, True)


def test_places_and_records_of_the_sample_have_what_the_score_takes(loaded):
    with loaded.database.owner.connect() as connection:
        places = select_places(connection, loaded.district, "compound")
        records = select_records(connection, loaded.district, places, "compound", now=loaded.now)

    # a fiftieth of the persons: some compounds have fewer than ten lived-in dwellings and are not scored
    assert 10 < len(places.codes) <= 58
    assert set(places.kinds) == {"commercial", "resettlement", "apartment"}
    assert ((places.vacancy >= 0) & (places.vacancy <= 1)).all()
    assert (places.homes >= 10).all()
    assert records["dispute"].sum() > 500
    assert records["escalated"].sum() > 0
    assert records.loc[records["escalated"], ["dispute", "property", "wages"]].any(axis=1).all()
    assert (records["place"] >= 0).mean() > 0.3
    # petitions of the feed beside visits and letters among the requests; what was sent back in the other system
    with loaded.database.owner.connect() as connection:
        petitions = connection.scalar(text("SELECT count(*) FROM base.petition WHERE placement = 'placed'"))
    assert petitions > 10
    assert records["petition"].sum() > petitions
    assert (records["channel"] == "信访").sum() == petitions
    assert 0.01 < records.loc[records["dispute"], "returned"].mean() < 0.06
    assert not records.loc[records["petition"], "returned"].any()


def test_too_little_history_scores_nothing_and_leaves_no_candidate(loaded):
    with loaded.database.owner.connect() as connection:
        early = loaded.now - timedelta(days=700)
        assert score_kind(connection, loaded.district, "compound", now=early) == 0
        assert newest_models(connection, subdistrict_code=loaded.district.code).get("compound") is None
        connection.rollback()
