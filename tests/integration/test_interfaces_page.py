"""The office's pages of interfaces and of the data catalogue: what they show is what is there, what they do is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from access.sessions import find_session
from dashboard.exchange.register import register_given
from dashboard.exchange.resources import resources
from dashboard.office.catalogue.figures import figure_part, figure_rows
from dashboard.office.catalogue.layout import layout as catalogue_layout
from dashboard.office.catalogue.tables import listed, table_rows
from dashboard.office.interfaces.callbacks import (
    give_key,
    make_consumer,
    make_hook,
    pause,
    ping,
    revoke_keys,
    send_again,
    suspend,
)
from dashboard.office.interfaces.consumers import consumer_rows, scopes_of
from dashboard.office.interfaces.graph import build_graph, graph_figure
from dashboard.office.interfaces.hooks import hook_rows, letter_rows
from dashboard.office.interfaces.layout import layout
from dashboard.office.interfaces.picture import standings
from dashboard.office.page import Visit
from dashboard.services import Services
from dashboard.settings import ServerSettings
from gis.errors import BadInput
from gis.texts import texts_in
from tests.world import World

pytestmark = pytest.mark.database


def visit(world: World, account: str, **query: str) -> Visit:
    services = Services(ServerSettings(), world.database)
    with world.database.server.begin() as connection:
        session = find_session(connection, world.tokens[account], by_token=True)
    assert session is not None
    return Visit(session, texts_in("zh"), services, datetime.now(tz=UTC), query)


def form(**changes: Any) -> tuple[Any, ...]:
    """The values of the form of a new consumer."""
    values = {
        "name": "页上系统", "purpose": "联调", "contact": "", "basis": "", "role": "street_leader", "codes": [],
        "granted": ["incidents", "layers"], "fields": ["incidents.category"], "items": ["population"], "minute": 60,
        "day": 1000, "days": 30, "sandbox": False,
    }  # fmt: skip
    return tuple((values | changes).values())


@contextmanager
def chosen(world: World, name: str) -> Iterator[tuple[Visit, list[dict[str, Any]]]]:
    operator = visit(world, "operator")
    make_consumer(operator, [], form(name=name))
    yield operator, [row for row in consumer_rows(operator) if row["name"] == name]


def test_a_consumer_is_made_given_a_key_suspended_and_its_keys_revoked(world: World):
    with chosen(world, "页上系统甲") as (operator, rows):
        assert rows[0]["scopes"] == "事件 · 1字段；图层数值 · 1项"
        said, secret = give_key(operator, rows, (30,))
        assert said == "已为 页上系统甲 发放密钥"
        key = secret.rpartition("：")[2]
        with world.database.server.begin() as connection:
            assert find_session(connection, key, by_token=True) is not None
        assert suspend(operator, rows, ())[0].endswith("已暂停")
        assert suspend(operator, rows, ())[0].endswith("已恢复")
        assert revoke_keys(operator, rows, ())[0] == "已吊销 页上系统甲 的 1 个密钥"
        with world.database.server.begin() as connection:
            assert find_session(connection, key, by_token=True) is None


def test_fields_of_what_is_not_granted_are_refused():
    with pytest.raises(BadInput, match="fields of requests are chosen"):
        scopes_of(["incidents"], ["requests.title"], [])
    (scope,) = scopes_of(["incidents", "incidents:write"], [], ["population"])
    assert (scope.write, scope.whole, scope.items) == (True, True, frozenset({"*"}))


def test_feeds_are_granted_by_name():
    layers, feeds = scopes_of(["layers", "feeds", "feeds:write"], [], ["population", "feeds.weather_warnings"])
    assert (layers.items, feeds.write, feeds.items) == (
        frozenset({"population"}),
        True,
        frozenset({"weather_warnings"}),
    )
    for granted, items in ((["feeds:write"], []), (["incidents"], ["feeds.weather_warnings"])):
        with pytest.raises(BadInput, match="feeds are granted by name"):
            scopes_of(granted, [], items)


def test_a_webhook_is_made_pinged_paused_and_its_dead_letter_sent_again(world: World):
    with world.database.owner.begin() as connection:
        connection.execute(text("DELETE FROM support.outbox"))
    with chosen(world, "页上系统乙") as (operator, rows):
        _, secret = make_hook(operator, [], (str(rows[0]["id"]), "http://127.0.0.1:9/x", ["incident.reported"]))
        assert "whsec_" in secret
        hooks = [row for row in hook_rows(operator) if row["consumer"] == "页上系统乙"]
        ping(operator, hooks, ())
        assert [row["waiting"] for row in hook_rows(operator) if row["id"] == hooks[0]["id"]] == [1]
        with world.database.owner.begin() as connection:
            connection.execute(
                text("UPDATE support.outbox SET status = 'dead', settled_at = now(), reason = 'HTTP 500'")
            )
        letters = letter_rows(operator)
        assert [row["reason"] for row in letters] == ["HTTP 500"]
        assert send_again(operator, letters, ())[0] == "已重新投递 1 条"
        assert pause(operator, hooks, ())[0] == "已暂停"
        with pytest.raises(BadInput, match="choose in the table first"):
            ping(operator, [], ())
        with world.database.owner.begin() as connection:
            connection.execute(text("DELETE FROM access.webhook"))
            connection.execute(text("DELETE FROM support.outbox"))


def test_the_graph_has_an_edge_for_each_flow_there_is(world: World):
    with chosen(world, "页上系统丙"):
        pass
    register_given(world.database, now=datetime.now(tz=UTC))
    operator = visit(world, "operator")
    found = standings(operator)
    graph = build_graph(found, operator.texts)

    consumer = next(one.row["consumer_id"] for one in found if one.row["party"]["zh"] == "页上系统丙")
    assert ("outputs/incidents", f"parties/{consumer}") in graph.edges
    assert ("outputs/alerts", "parties/pages") in graph.edges
    assert {edge[0].partition("/")[0] for edge in graph.edges} <= {"feeds", "tables", "outputs"}
    figure = graph_figure(graph, operator.texts, height=400)
    assert sum(len(trace.x) for trace in figure.data if trace.mode == "markers") == sum(map(len, graph.nodes.values()))


@pytest.mark.parametrize("account", ["operator", "auditor"])
@pytest.mark.parametrize("view", ["register", "consumers", "hooks", "nonsense"])
def test_every_view_is_built_for_whoever_may_see_it(world: World, account: str, view: str):
    assert layout(visit(world, account, view=view)) is not None


@pytest.mark.parametrize("view", ["tables", "figures", "layers", "panels"])
def test_the_catalogue_is_built(world: World, view: str):
    assert catalogue_layout(visit(world, "auditor", view=view, figure="incidents")) is not None


def test_the_catalogue_names_tables_and_their_readers(world: World):
    operator = visit(world, "operator")
    rows = {row["table"]: row for row in table_rows(operator, listed(operator))}
    assert rows["base.incident"]["called"] == "事件"
    assert rows["base.incident"]["uses"] > 5
    assert next(iter(rows)).startswith("base."), "records first"


def test_a_figure_is_traced_on_the_page_within_rights(world: World):
    seen = {account: str(figure_part(visit(world, account), "residents")) for account in ("operator", "duty")}
    assert "有权查看 3/3" in seen["operator"]
    assert "有权查看 0/3" in seen["duty"]
    assert len(figure_rows(visit(world, "duty"))) > 30


def test_the_names_of_resources_are_unique():
    titles = [resource.name.zh for resource in resources().values()]
    assert len(set(titles)) == len(titles)
