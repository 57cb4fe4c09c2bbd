from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from casework.states import CLOSED_STATUSES, OPEN_STATUSES, incident_due_at, parse_rules, read_rules, request_due_at
from gis.database.tables.events import INCIDENT_STATES
from gis.errors import BadInput, Conflict, NotAllowed

INCIDENT = read_rules().life("incident")
SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_an_incident_can_be_led_from_report_to_close():
    status = "reported"
    for name, role in (
        ("dispatched", "duty_officer"),
        ("accepted", "grid_worker"),
        ("handling", "grid_worker"),
        ("closed", "grid_worker"),
    ):
        status = INCIDENT.step(name, status=status, roles=[role], note="已清理").target
    assert status == "closed"


def test_every_step_stays_within_the_statuses_of_the_record():
    for subject in ("incident", "request"):
        for step in read_rules().life(subject).steps.values():
            assert {step.target} | step.sources <= set(INCIDENT_STATES)


def test_open_and_closed_statuses_are_all_statuses_of_the_record():
    assert set(OPEN_STATUSES) | set(CLOSED_STATUSES) == set(INCIDENT_STATES)


def test_what_is_returned_waits_again_and_says_why():
    with pytest.raises(BadInput, match="needs a note"):
        INCIDENT.step("returned", status="accepted", roles=["grid_worker"], note="  ")
    assert INCIDENT.step("returned", status="accepted", roles=["grid_worker"], note="不在本网格").target == "reported"


def test_a_closed_incident_is_not_closed_again():
    with pytest.raises(Conflict, match="'closed'"):
        INCIDENT.step("closed", status="closed", roles=["grid_worker"], note="x")


def test_a_worker_does_not_dispatch_and_an_officer_does_not_accept():
    with pytest.raises(NotAllowed):
        INCIDENT.step("dispatched", status="reported", roles=["grid_worker"])
    with pytest.raises(NotAllowed):
        INCIDENT.step("accepted", status="dispatched", roles=["duty_officer"])


def test_nobody_reading_only_may_step_at_all():
    for role in ("auditor", "wall", "street_leader"):
        assert not any(INCIDENT.open_to(status=status, roles=[role]) for status in INCIDENT_STATES)


def test_an_unknown_step_names_those_there_are():
    with pytest.raises(BadInput, match="dispatched, accepted"):
        INCIDENT.step("finished", status="reported", roles=["operator"])


def test_a_broken_rules_file_names_every_fault():
    with pytest.raises(BadInput, match=r"incident\.closed.*request: has no steps.*visit: has no steps"):
        parse_rules(
            {
                "incident": {"closed": {"from": ["handling"], "to": "closed"}},
                "incident_due_h": {},
                "request_due_days": 5,
            }
        )


def test_the_rule_by_the_clock_leaves_graver_incidents_to_people():
    rule = read_rules().dispatch

    assert (rule.after_min, rule.grades) == (10, ("general",))


def test_a_major_incident_is_due_four_hours_later_day_or_night():
    reported_at = datetime(2026, 11, 21, 15, 30, tzinfo=UTC)  # 23:30 in Shanghai

    assert incident_due_at(reported_at, "major", rules=read_rules()) == datetime(2026, 11, 21, 19, 30, tzinfo=UTC)


def test_a_request_of_friday_with_three_days_is_due_on_wednesday_evening():
    friday = datetime(2026, 11, 20, 9, 0, tzinfo=SHANGHAI)

    # Sat and Sun do not count: Mon 23, Tue 24, Wed 25 November
    assert request_due_at(friday, 3, rules=read_rules(), timezone=SHANGHAI) == datetime(
        2026, 11, 25, 17, 30, tzinfo=SHANGHAI
    )


def test_a_request_before_midnight_in_utc_counts_by_the_local_day():
    late = datetime(2026, 11, 19, 17, 0, tzinfo=UTC)  # Friday 01:00 in Shanghai

    assert request_due_at(late, 1, rules=read_rules(), timezone=SHANGHAI) == datetime(
        2026, 11, 23, 17, 30, tzinfo=SHANGHAI
    )
