import datetime as dt
import json
from functools import lru_cache

import httpx
import pandas as pd
import pytest
import yaml

from etl.sample.story import ZONE, Step, Story, top_up
from etl.simulate import Caller, run_steps
from gis.errors import BadInput, NotAllowed
from tests.etl.sample_world import SCALE, UNTIL, small_delivery

MIDNIGHT = dt.datetime.combine(UNTIL + dt.timedelta(1), dt.time(), ZONE)


@lru_cache
def a_story() -> Story:
    return Story(seed=1, scale=SCALE, until=UNTIL)


def test_the_story_begins_where_the_delivery_ends(tmp_path):
    folder = small_delivery().folder
    out = top_up(folder, since=MIDNIGHT, until=MIDNIGHT + dt.timedelta(hours=20), out=tmp_path / "more")
    before = pd.read_csv(folder / "incidents.csv", dtype=str, encoding="utf-8-sig", keep_default_na=False)
    more = pd.read_csv(out / "incidents.csv", dtype=str, encoding="utf-8-sig", keep_default_na=False)
    fresh = more[more["上报时间"] >= "2026-11-23"]
    # Sunday's fellow Monday: 402.5 · 1.07 · 0.02 = 8.6 in a day
    assert 1 <= len(fresh) <= 25
    assert not set(fresh["事件编号"]) & set(before["事件编号"])
    moved = more[more["上报时间"] < "2026-11-23"].set_index("事件编号")
    was = before.drop_duplicates("事件编号").set_index("事件编号")
    assert (was.loc[moved.index, "状态"] != moved["状态"]).all()
    assert (was.loc[moved.index, "地址"] == moved["地址"]).all()
    feeds = yaml.safe_load((out / "district.yml").read_text(encoding="utf-8"))["feeds"]
    assert [feed["feed"] for feed in feeds][:2] == ["incidents", "requests"]
    assert {feed["file"] for feed in feeds} | {"district.yml"} == {path.name for path in out.iterdir()}
    # petitions open at the end of the delivery go on: some end within two weeks
    out = top_up(folder, since=MIDNIGHT, until=MIDNIGHT + dt.timedelta(days=14), out=tmp_path / "much_more")
    delivered = pd.read_csv(folder / "petitions.csv", dtype=str, keep_default_na=False)
    told = pd.read_csv(out / "petitions.csv", dtype=str, keep_default_na=False).set_index("信访编号")
    known = delivered.drop_duplicates("信访编号").set_index("信访编号")
    again = told.index.intersection(known.index)
    assert len(again)
    assert (told.loc[again, "处理状态"] != known.loc[again, "处理状态"]).all()
    assert (told["受理时间"].drop(again) >= "2026-11-23").all()


def test_a_folder_that_is_no_sample_is_named(tmp_path):
    with pytest.raises(BadInput, match=r"no district\.yml"):
        Story.of_folder(tmp_path)


class Server:
    """Answers as the open interface does; can be away for some calls."""

    def __init__(self, *, away: int = 0, status: int = 201) -> None:
        self.away, self.status = away, status
        self.calls: list[tuple[str, dict[str, object]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            self.away -= 1
            raise httpx.ConnectError("refused", request=request)
        self.calls.append((request.url.path, json.loads(request.content)))
        return httpx.Response(self.status, json={"id": len(self.calls)})


def caller_of(server: Server) -> tuple[Caller, list[float]]:
    slept: list[float] = []
    client = httpx.Client(base_url="http://centre", transport=httpx.MockTransport(server))
    return Caller(client, sleep=slept.append), slept


def test_reports_are_sent_in_order_of_time_and_led_on_by_their_id():
    server, story = Server(), a_story()
    caller, _ = caller_of(server)
    steps = list(story.steps(MIDNIGHT, 1))
    assert steps == sorted(steps)
    run_steps(iter(steps), story, caller, start=MIDNIGHT, speed=1e9)
    reported = [body for path, body in server.calls if path in ("/api/incidents", "/api/requests")]
    assert len({body["source_key"] for body in reported}) == len(reported) > 5
    assert {"source_key", "reported_at", "source", "title", "description", "address", "due_at"} <= set(reported[0])
    led = [path for path, _ in server.calls if path.endswith("/transitions")]
    assert led
    assert all(path.split("/")[3].isdigit() for path in led)
    assert caller.refused == 0


def test_what_is_sent_back_is_dispatched_a_second_time():
    server, story = Server(), a_story()
    caller, _ = caller_of(server)
    run_steps(iter(list(story.steps(MIDNIGHT, 12))), story, caller, start=MIDNIGHT, speed=1e9)
    back = [(path, body["note"]) for path, body in server.calls if body.get("to") == "returned"]
    assert back
    path, note = back[0]
    assert note
    steps = [body for where, body in server.calls if where == path and "to" in body]
    told = [step["to"] for step in steps][:6]
    assert told[:5] == ["dispatched", "accepted", "returned", "dispatched", "handling"]
    # the server takes the same entry once: the second dispatch is another
    assert len({step["client_key"] for step in steps}) == len(steps)


def test_a_server_that_is_away_is_waited_for():
    server = Server(away=3)
    caller, slept = caller_of(server)
    caller.report("incidents", {"source_key": "1"})
    # 0.5, 1 and 2 seconds, each twice the one before
    assert slept == [0.5, 1.0, 2.0]
    assert len(server.calls) == 1


def test_a_token_that_may_not_write_ends_the_run():
    caller, _ = caller_of(Server(status=403))
    with pytest.raises(NotAllowed, match="token"):
        caller.report("incidents", {"source_key": "1"})


def test_what_is_refused_is_counted_and_left():
    caller, slept = caller_of(Server(status=422))
    caller.report("incidents", {"source_key": "1"})
    assert (caller.sent, caller.refused, slept) == (0, 1, [])


def test_the_pace_is_kept():
    server, story = Server(), a_story()
    caller, slept = caller_of(server)
    moment = MIDNIGHT + dt.timedelta(seconds=120)
    step = Step(moment, "incidents", "1", "accepted")
    run_steps(iter([step]), story, caller, start=MIDNIGHT, speed=60.0, monotonic=lambda: 0.0)
    # 120 s of the story at sixtyfold speed
    assert slept == [pytest.approx(2.0)]
