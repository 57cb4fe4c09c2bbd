"""The slower detectors over the loaded sample: planted surges are found, kept, judged; a trial sees what is raised."""

import json
from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import text

from alerts.detection import detect, findings_now
from alerts.judge import count_findings, denominators, finding_from, finding_to, findings, measure, rate_findings
from alerts.replay import replay
from alerts.rules import Rules, check_rule, shipped_rules
from alerts.trial import Progress, ask_trial, drift_of, finish, run_trial, run_waiting, trial, tried_on
from alerts.trial_score import Grave
from gis.errors import BadInput

pytestmark = pytest.mark.database

RULES = {rule.id: rule for rule in shipped_rules().rules}


def changed(name, **settings):
    """A shipped rule with other settings."""
    return check_rule(RULES[name].model_dump(mode="json") | settings)


@pytest.fixture
def connection(loaded):
    """The owner's transaction, rolled back."""
    with loaded.database.owner.connect() as connection:
        yield connection
        connection.rollback()


def planted(loaded, *names):
    """Planted surges as something grave that lasts; the units are those of their true members."""
    truth = loaded.folder.with_name(loaded.folder.name + ".truth")
    surges = pd.read_csv(truth / "surges.csv").set_index("surge")
    members = pd.read_csv(truth / "surge_members.csv", dtype=str)
    found = []
    with loaded.database.owner.connect() as connection:
        for name in names:
            keys = members[members["surge"] == name]["source_key"].tolist()
            rows = connection.execute(
                text(
                    "SELECT fine.parent_10 AS cell, building.place_id AS compound, event.community_code AS community"
                    " FROM (SELECT source_key, cell, building_id, community_code FROM base.incident UNION ALL"
                    " SELECT source_key, cell, building_id, community_code FROM base.service_request) AS event"
                    " JOIN base.cell AS fine ON fine.cell = event.cell"
                    " LEFT JOIN base.building ON building.id = event.building_id WHERE event.source_key = ANY (:keys)"
                ),
                {"keys": keys},
            ).all()
            compounds = [row.compound for row in rows if row.compound is not None]
            begin, end = (date.fromisoformat(surges.loc[name, column]) for column in ("start", "end"))
            found.append(
                Grave(
                    since=datetime(begin.year, begin.month, begin.day, tzinfo=loaded.district.zone),
                    at=datetime(end.year, end.month, end.day, 23, tzinfo=loaded.district.zone),
                    cells=frozenset(row.cell for row in rows),
                    compound=str(max(set(compounds), key=compounds.count)) if compounds else None,
                    community=rows[0].community,
                )
            )
    return found


def plant(loaded, connection):
    """Twelve disputes in the last four days at one building of the fiftieth; returns its cell of resolution 10."""
    row = connection.execute(
        text(
            "SELECT incident.id, fine.parent_10 AS cell FROM base.incident JOIN base.cell AS fine USING (cell)"
            " WHERE building_id IS NOT NULL AND category = '治安稳定' AND placement = 'placed' ORDER BY incident.id LIMIT 1"
        )
    ).one()
    columns = "subdistrict_code, feed, category, subcategory, source, placement, geom, cell, community_code, building_id, status"
    connection.execute(
        text(
            f"INSERT INTO base.incident (source_key, reported_at, {columns})"
            f" SELECT 'planted-' || n, :now - n * interval '8 hours', {columns}"
            " FROM base.incident, generate_series(1, 12) AS n WHERE incident.id = :id"
        ),
        {"id": row.id, "now": loaded.now},
    )
    return row.cell


def test_a_planted_surge_of_disputes_is_found_where_and_when_it_is(loaded, connection):
    cell = plant(loaded, connection)

    found = findings_now(connection, RULES["dispute_cluster"], loaded.district, now=loaded.now, share_of_last_day=1.0)

    strongest = max(found, key=lambda finding: finding.recurrence_days)
    assert cell in strongest.cells
    assert strongest.observed >= 12 > 3 * strongest.expected
    assert len(strongest.member_ids) == strongest.observed
    assert strongest.recurrence_days > 200
    # twelve in steps of eight hours: the first was four days ago
    assert timedelta(days=3) <= loaded.now - strongest.window_from <= timedelta(days=6)


def test_what_was_detected_is_judged_until_it_is_too_old(loaded, connection):
    rules = Rules(rules=(RULES["dispute_cluster"],))
    code = loaded.district.code
    plant(loaded, connection)
    (one, *_) = findings_now(connection, rules.rules[0], loaded.district, now=loaded.now, share_of_last_day=1.0)
    assert finding_from(json.loads(json.dumps(finding_to(one)))) == one
    connection.execute(
        text(
            "INSERT INTO alerting.detection (subdistrict_code, rule, at, findings)"
            " VALUES (:code, 'dispute_cluster', :now, jsonb_build_array(CAST(:finding AS jsonb)))"
            " ON CONFLICT (subdistrict_code, rule) DO UPDATE SET at = EXCLUDED.at, findings = EXCLUDED.findings"
        ),
        {"code": code, "now": loaded.now, "finding": json.dumps(finding_to(one))},
    )

    judged = findings(connection, rules, subdistrict_code=code, now=loaded.now)
    later = findings(connection, rules, subdistrict_code=code, now=loaded.now + timedelta(hours=3))

    assert judged == [one]
    assert later == []  # a detection older than two hours holds no longer


def test_every_slower_rule_runs_over_the_sample(loaded):
    found = detect(loaded.database.owner, shipped_rules(), loaded.district, now=loaded.now)

    slower = {rule.id for rule in shipped_rules().rules if rule.kind in ("cluster", "forecast-exceeded")}
    assert set(found) == slower


@pytest.mark.parametrize(
    "rule",
    [
        changed("dispute_surge", levels=[{"level": 4, "at_least": 1, "times": 1}]),
        changed("overdue_community", levels=[{"level": 4, "at_least": 1, "times": 0}]),
        changed(
            "overdue_share", levels=[{"level": 4, "at_least": 1, "per_1000": 1, "times": 1}], where={}, window_h=72
        ),
    ],
    ids=lambda rule: rule.id,
)
def test_a_replay_judges_as_the_judge_does(loaded, connection, rule):
    # 18:00 on the last day: the records' states are those of the end of the history, six hours later
    moment = loaded.now.replace(hour=10, minute=0)
    last = moment.astimezone(loaded.district.zone).date()
    rows = measure(connection, rule, subdistrict_code=loaded.district.code, now=moment)
    if rule.kind == "rate":
        units = denominators(connection, rule, subdistrict_code=loaded.district.code, now=moment)
        judged = rate_findings(rule, rows, units, now=moment)
    else:
        judged = count_findings(rule, rows, now=moment)

    alerts = replay(connection, rule, loaded.district, first=last, last=last)
    holding = {alert.unit_code for alert in alerts if alert.raised_at <= moment <= alert.held_until}

    expected = {finding.unit_code for finding in judged}
    if rule.where.overdue:
        # what was closed since is closed for the judge, and was open for the replay
        assert expected <= holding
    else:
        assert expected == holding
        assert expected


def test_a_trial_on_history_finds_the_planted_surges_and_says_how_late(loaded, connection):
    graves = planted(loaded, "dispute-now", "dispute-before")
    last = loaded.now.astimezone(loaded.district.zone).date() - timedelta(days=1)

    result = tried_on(
        connection,
        RULES["dispute_cluster"],
        loaded.district,
        first=last - timedelta(days=100),
        last=last,
        graves=graves,
    )

    assert result["alerts"] == result["hits"] + result["false_alarms"] + result["undecided"]
    assert result["caught"] + result["misses"] == 2
    assert sum(week["hits"] + week["false"] + week["undecided"] for week in result["weeks"]) == result["alerts"]
    assert sum(sum(kinds.values()) for kinds in result["by_community"].values()) == result["alerts"]


def test_a_trial_that_was_asked_for_is_run_and_one_of_a_risk_rule_is_refused(loaded):
    last = date(2026, 11, 20)
    with loaded.database.owner.begin() as connection:
        asked = {
            "subdistrict_code": loaded.district.code,
            "first": date(2026, 10, 1),
            "by": "值班长",
            "now": loaded.now,
        }
        trial_id = ask_trial(connection, RULES["dispute_surge"], last=last, **asked)
        with pytest.raises(BadInput, match="back-test of the score"):
            ask_trial(connection, RULES["risk_confirmed"], last=last, **asked)
        with pytest.raises(BadInput, match="not over yet"):
            ask_trial(connection, RULES["dispute_surge"], last=date(2026, 11, 29), **asked)

    assert run_waiting(loaded.database.owner, loaded.district) >= 1

    with loaded.database.owner.connect() as connection:
        row = connection.execute(
            text("SELECT result, fault, finished_at FROM alerting.rule_trial WHERE id = :id"), {"id": trial_id}
        ).one()
    assert row.fault is None
    assert row.finished_at is not None
    assert row.result["alerts_per_week"] == round(row.result["alerts"] / (51 / 7), 2)


def test_a_trial_says_how_far_it_has_come_and_is_run_by_one_process_only(loaded, monkeypatch):
    database, last = loaded.database, loaded.now.astimezone(loaded.district.zone).date() - timedelta(days=1)
    with database.owner.begin() as connection:
        asked = {"subdistrict_code": loaded.district.code, "by": "值班长", "now": loaded.now}
        trial_id = ask_trial(connection, RULES["safety_hotspot"], first=last - timedelta(days=9), last=last, **asked)
    seen = []

    def look(self, day):
        write(self, day)
        with database.owner.connect() as other:
            seen.append(trial(other, trial_id)["progress"])
        # while it runs here, another process leaves it alone
        assert run_trial(database.owner, loaded.district, trial_id) is False

    write = Progress.__call__
    monkeypatch.setattr("alerts.trial.PROGRESS_EVERY_S", 0.0)
    monkeypatch.setattr(Progress, "__call__", look)

    assert run_trial(database.owner, loaded.district, trial_id) is True

    # days before the period are looked at too, for calibration; then ten days, a tenth each
    assert seen[-10:] == pytest.approx([number / 10 for number in range(10)])
    assert set(seen[:-10]) <= {0.0}
    with database.owner.connect() as connection:
        assert trial(connection, trial_id)["fault"] is None
    assert run_trial(database.owner, loaded.district, trial_id) is False


def test_a_rule_that_leaves_its_band_becomes_an_alert_of_the_judge(loaded, connection):
    rule = changed("incident_surge_cell", levels=[{"level": 4, "at_least": 1, "times": 1}])
    last = loaded.now.astimezone(loaded.district.zone).date() - timedelta(days=1)
    checked = drift_of(connection, rule, loaded.district, last=last)

    # hundreds of alerts in the weeks before give the band; the last week lies about its mean
    assert checked["low"] < checked["mean"] < checked["high"]
    assert checked["alerts"] > 0

    asked = {
        "subdistrict_code": loaded.district.code,
        "first": last - timedelta(days=6),
        "last": last,
        "now": loaded.now,
    }
    trial_id = ask_trial(connection, rule, by="fengqiao", purpose="drift", **asked)
    finish(connection, trial_id, checked | {"alerts": 900, "outside": True}, None)
    connection.execute(text("UPDATE alerting.rule_trial SET finished_at = :now"), {"now": loaded.now})
    judged = findings(connection, Rules(rules=()), subdistrict_code=loaded.district.code, now=loaded.now)

    assert [(one.rule, one.unit_kind, one.unit_code, one.level, one.observed) for one in judged] == [
        ("rule_drift", "rule", "incident_surge_cell", 4, 900.0)
    ]
