"""The register and its contract tests: what is given is really asked for, what is taken is really looked at."""

from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import text

from access.consumers import NewConsumer, Scope, add_consumer, add_key, set_scopes
from access.interfaces import ContractRun, hold_against, list_interfaces, list_runs
from dashboard.exchange.probing import check_given
from dashboard.exchange.promises import parse_promises, promises
from dashboard.exchange.register import register_given
from dashboard.exchange.resources import resources
from etl.delivery import read_delivery
from etl.feeds import FEEDS, KNOWN
from etl.interfaces import check_feeds, measure_feeds, register_feeds
from etl.kept import KeptFiles
from etl.raw_contracts import check_delivered, hold_rows, raw_contract
from etl.reading import RawRows, content_hash
from gis.database.connection import identified
from gis.errors import BadInput
from gis.identity import identity_keys
from tests.loaded import Loaded
from tests.world import World

pytestmark = pytest.mark.database

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
numbers = count(1)


def registered(world: World) -> dict[str, dict[str, Any]]:
    with identified(world.database.server, world.sessions["operator"]) as connection:
        return {row["key"]: row for row in list_interfaces(connection)}


def consumer(world: World, *scopes: Scope, key: bool = True, **more: Any) -> int:
    with world.database.owner.begin() as connection:
        new = NewConsumer(name=f"接口{next(numbers)}", purpose="汇总", scopes=scopes, **more)
        made = add_consumer(connection, new)
        if key:
            add_key(connection, made, now=datetime.now(tz=UTC))
        return made


def test_what_is_granted_is_registered_with_its_fields_and_ends_with_its_grant(world: World):
    made = consumer(
        world,
        Scope("incidents", write=True, fields=frozenset({"category", "cell"})),
        Scope("tiles"),
        role="duty_officer",
    )
    register_given(world.database, now=NOW)

    rows = registered(world)
    given = rows[f"given:{made}:incidents"]
    assert given["direction"] == "given"
    assert [column["name"] for column in given["fields"]] == ["id", "reported_at", "category", "cell"]
    assert set(given["contract"]["required"]) == {"id", "reported_at", "category", "cell"}
    assert given["contract"]["additionalProperties"] is False
    assert rows[f"taken:{made}:incidents"]["direction"] == "taken"
    assert f"taken:{made}:tiles" not in rows
    assert {f"own:{name}" for name in promises()} <= set(rows)

    with world.database.owner.begin() as connection:
        set_scopes(connection, made, [Scope("tiles")])
    register_given(world.database, now=NOW)
    assert f"given:{made}:incidents" not in registered(world)
    assert f"given:{made}:tiles" in registered(world)


def test_every_promise_is_kept_and_each_run_is_noted(loaded: Loaded):
    broken = check_given(loaded.database, now=NOW)

    with loaded.database.owner.connect() as connection:
        rows = {row["key"]: row for row in list_interfaces(connection)}
    said = {key: row["faults"] for key, row in rows.items() if row["passed"] is False}
    assert (broken, said) == (0, {})
    own = {key for key, row in rows.items() if key.startswith("own:")}
    assert own == {f"own:{name}" for name in promises()}
    assert all(rows[key]["passed"] and rows[key]["passed_at"] == NOW for key in own)
    assert rows["own:incidents"]["checked"] == 50


def test_a_broken_promise_is_found_and_says_what_but_no_value(world: World):
    made = consumer(world, Scope("incidents"), role="community_leader", community_codes=("990000001002",))
    with world.database.owner.begin() as connection:
        broken = connection.scalar(
            text(
                "INSERT INTO base.incident (reported_at, subdistrict_code, feed, source_key, category, source, community_code)"
                " VALUES ('2026-03-01 08:00+00', '990000001', 'contracts', 'x', '', '机密来源', '990000001002') RETURNING id"
            )
        )
    try:
        assert check_given(world.database, now=NOW) >= 1
        row = registered(world)[f"given:{made}:incidents"]
        assert row["passed"] is False
        assert row["faults"] == ["category：不符合规则 minLength (1)"]
        assert row["failures_30_days"] >= 0
        assert "机密" not in str(row["faults"])
    finally:
        with world.database.owner.begin() as connection:
            connection.execute(text("DELETE FROM base.incident WHERE id = :id"), {"id": broken})
    check_given(world.database, now=NOW.replace(hour=9))
    assert registered(world)[f"given:{made}:incidents"]["passed"] is True
    with identified(world.database.server, world.sessions["operator"]) as connection:
        assert [run["passed"] for run in list_runs(connection, f"given:{made}:incidents")] == [True, False]


def test_an_interface_nobody_may_use_now_is_not_tested(world: World):
    made = consumer(world, Scope("incidents"), key=False)
    check_given(world.database, now=NOW)
    assert registered(world)[f"given:{made}:incidents"]["tested_at"] is None


def test_who_may_read_the_register(world: World):
    register_given(world.database, now=NOW)
    for account, sees in (("duty", True), ("auditor", True), ("worker-11", False), ("street", False)):
        with identified(world.database.server, world.sessions[account]) as connection:
            assert bool(list_interfaces(connection)) == sees, account


def test_feeds_are_registered_by_their_declaration_and_keep_their_contract(loaded: Loaded, tmp_path: Path):
    assert register_feeds(loaded.database, now=NOW) >= 15
    broken = check_feeds(loaded.database, now=NOW, kept=KeptFiles(tmp_path, identity_keys(loaded.database.secrets)))

    with loaded.database.owner.connect() as connection:
        rows = {row["key"]: row for row in list_interfaces(connection) if row["feed"]}
    assert (broken, {key: row["faults"] for key, row in rows.items() if row["passed"] is False}) == (0, {})
    incidents = rows["feed:incidents"]
    assert (incidents["table_name"], incidents["direction"], incidents["checked"]) == ("base.incident", "taken", 200)
    assert incidents["party"]["zh"]
    assert incidents["legal_basis"]["zh"]
    columns = {column["name"]: column for column in incidents["fields"]}
    assert (columns["category"]["zh"], columns["category"]["required"]) == ("事件大类", True)


def test_the_last_delivery_of_each_feed_is_held_against_its_contract(loaded: Loaded, tmp_path: Path):
    kept = KeptFiles(tmp_path, identity_keys(loaded.database.secrets))
    delivery = read_delivery(loaded.folder, known=KNOWN)
    for source in delivery.sources:
        kept.keep(source.path, content_hash(source.path), feed=source.known_as)
    with loaded.database.owner.connect() as connection:

        def run(feed: str, since: datetime | None = None) -> ContractRun | None:
            return check_delivered(connection, feed, kept, code=loaded.district.code, since=since)

        runs = {name: run(name) for name in FEEDS if (tmp_path / name).is_dir()}
        later = run("incidents", since=datetime.now(tz=UTC))
    found = {name: one for name, one in runs.items() if one is not None}
    assert {"residents", "incidents", "requests", "boundaries", "roads", "compounds"} <= set(found)
    assert {name: one.faults for name, one in found.items() if not one.passed} == {}
    assert found["incidents"].checked == 500
    # the planted bad rows are seen, and borne
    assert any(one.faults for one in found.values())
    assert later is None, "nothing came since"


def test_a_feed_whose_form_drifts_breaks_its_contract():
    contract = raw_contract(FEEDS["weather_warnings"].declaration)
    good = {"预警编号": "W1", "预警类型": "暴雨", "预警等级": "橙色", "发布时间": "2026-03-01 07:00"}

    def rows(*changed: dict[str, str]) -> RawRows:
        return RawRows(pd.DataFrame([*[good] * (100 - len(changed)), *changed]).fillna(""), first_row=2)

    assert hold_rows(contract, rows()).faults == ()
    few = hold_rows(contract, rows(*[{**good, "发布时间": "3月1日"}] * 5))
    assert (few.passed, few.checked, few.faults) == (True, 100, ("发布时间：不符合规则 pattern (5)",))
    assert not hold_rows(contract, rows(*[{**good, "发布时间": "3月1日"}] * 6)).passed
    gone = RawRows(pd.DataFrame([{"预警编号": "W1"}] * 3), first_row=2)
    assert "record：缺少 预警等级 (3)" in hold_rows(contract, gone).faults


@pytest.fixture
def measured(loaded: Loaded) -> dict[str, Any]:
    measure_feeds(loaded.database, now=datetime.now(tz=UTC))
    with loaded.database.owner.connect() as connection:
        rows = connection.execute(text("SELECT * FROM support.feed_quality")).mappings().all()
    return {row["feed"]: dict(row) for row in rows}


def test_completeness_is_what_was_accepted_times_what_is_filled(loaded: Loaded, measured: dict[str, Any]):
    result = loaded.result("incidents")
    row = measured["incidents"]

    assert row["read"] == result.read
    # one minus refused over read: the sample plants about 1 % of bad rows
    assert row["accepted_share"] == pytest.approx(1 - result.quarantined / result.read)
    assert 0.9 < row["accepted_share"] < 1
    # what the feed requires cannot be empty, or it would have been refused
    assert row["required_share"] == 1
    assert row["completeness"] == pytest.approx(row["accepted_share"])
    assert 0.3 < row["filled_share"] < 1


def test_faults_name_field_and_rule():
    contract = {
        "type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": {"enum": [1]}},
        "additionalProperties": False,
    }  # fmt: skip
    run = hold_against(contract, [{"a": "x"}, {"b": 2}, {"a": 5, "c": "secret"}])

    assert not run.passed
    assert run.checked == 3
    assert set(run.faults) == {
        "record：缺少 a (1)", "b：不符合规则 enum (1)", "a：类型不是 string (1)", "record：含有未约定的字段 (1)",
    }  # fmt: skip
    assert hold_against(contract, [{"a": "x"}]).passed


def test_promises_are_of_resources_and_name_their_fields():
    for name, promise in promises().items():
        resource = resources()[name]
        if resource.fields and name != "layers":
            assert set(promise.record["required"]) <= set(resource.fields), name
    with pytest.raises(BadInput, match=r"cats is no resource"):
        parse_promises({"cats": promises()["tiles"].model_dump()})
    with pytest.raises(BadInput, match="is not valid"):
        parse_promises({"tiles": promises()["tiles"].model_dump() | {"record": {"type": "cat"}}})
