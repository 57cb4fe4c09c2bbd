"""Feeds pulled over HTTP from a system that is really asked: pages, conditions, pauses, failures."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from etl.load import load_folder
from etl.pull import Pulled, pull_due, pull_folder
from etl.pulling import Mark, Paging, fetch, parse_pull
from gis.database.connection import Database
from gis.errors import BadInput, Unavailable
from tests.etl.small_district import CODE, incident, write_small_district, write_yaml
from tests.etl.small_district import INCIDENT_HEADING as HEADING
from tests.integration.test_load import forget

NOW = datetime(2026, 4, 1, tzinfo=UTC)


@dataclass
class Other:
    """The other system: what it offers, and what it was asked."""

    url: str = ""
    rows: list[dict[str, Any]] = field(default_factory=list)
    etag: str = '"1"'
    status: int = 200
    asked: list[tuple[dict[str, str], dict[str, str]]] = field(default_factory=list)
    #: header Link instead of cursors
    by_link: bool = False
    endless: bool = False


@pytest.fixture
def other() -> Iterator[Other]:
    system = Other()

    class Answers(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            system.asked.append((query, dict(self.headers)))
            if self.headers.get("If-None-Match") == system.etag:
                self.send_response(304)
                self.end_headers()
                return
            self.send_response(system.status)
            start = (
                0
                if system.endless
                else (int(query.get("page", 1)) - 1) * 2
                if "page" in query
                else int(query.get("after", 0))
            )
            part = system.rows[start : start + 2]
            after = start + 2 if start + 2 < len(system.rows) else None
            body = json.dumps({"code": 0, "data": {"list": part, "next": after}}, ensure_ascii=False).encode()
            self.send_header("ETag", system.etag)
            if system.by_link and after:
                self.send_header("Link", f'</orders?after={after}>; rel="next"')
            if system.status == 429:
                self.send_header("Retry-After", "120")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    system.url = f"http://127.0.0.1:{server.server_port}/orders"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield system
    server.shutdown()
    thread.join()
    server.server_close()


def order(key: str, **changes: str) -> dict[str, str]:
    return dict(zip(HEADING.split(","), incident(key, **changes).split(","), strict=True))


PAGINGS = {
    "page": {"kind": "page", "parameter": "page", "size": 2, "size_parameter": "size"},
    "cursor": {"kind": "cursor", "parameter": "after", "next": "data.next"},
    "link": {"kind": "link"},
}


@pytest.mark.parametrize("kind", list(PAGINGS))
@pytest.mark.parametrize("rows", [0, 1, 2, 5])
def test_all_pages_become_one_file(other: Other, tmp_path: Path, kind: str, rows: int) -> None:
    other.rows = [{"n": number} for number in range(rows)]
    other.by_link = kind == "link"
    pull = parse_pull({"url": other.url, "paging": PAGINGS[kind]})

    mark = fetch(pull, tmp_path / "a.json", mark=Mark(), now=NOW)

    assert json.loads((tmp_path / "a.json").read_text()) == other.rows
    assert mark == Mark(etag='"1"')
    # the last page of two rows may be full: by number one more is asked
    assert len(other.asked) == {"page": rows // 2 + 1}.get(kind, max(1, -(-rows // 2)))


def test_pages_that_lead_nowhere_end_in_a_sentence_and_the_old_file_stays(other: Other, tmp_path: Path) -> None:
    other.rows, other.endless = [{"n": 1}, {"n": 2}], True
    (tmp_path / "a.json").write_text("old")

    with pytest.raises(BadInput, match="page 2 is page 1 again"):
        fetch(parse_pull({"url": other.url, "paging": PAGINGS["page"]}), tmp_path / "a.json", mark=Mark(), now=NOW)

    assert (tmp_path / "a.json").read_text() == "old"


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"url": "ftp://x/y"}, "url: must have the form"),
        ({"url": "http://x", "every_s": 1}, "every_s: must be at least 30"),
        ({"url": "http://x", "paging": {"kind": "page"}}, "paging by page needs parameter"),
        ({"url": "http://x", "paging": {"kind": "cursor", "parameter": "c"}}, "needs next"),
        ({"url": "http://x", "secret": "hush"}, "secret: is not known here"),
    ],
)
def test_what_an_entry_says_is_checked(stated: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        parse_pull(stated)


def test_a_secret_goes_with_the_question_and_into_no_sentence(
    other: Other, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull = parse_pull({"url": other.url + "?key=hush", "secret_setting": "FENGQIAO_PULL_TEST"})
    with pytest.raises(Unavailable, match="setting FENGQIAO_PULL_TEST"):
        fetch(pull, tmp_path / "a.json", mark=Mark(), now=NOW)

    monkeypatch.setenv("FENGQIAO_PULL_TEST", "hush")
    fetch(pull, tmp_path / "a.json", mark=Mark(), now=NOW)
    query, headers = other.asked[0]
    assert (query["key"], headers["Authorization"]) == ("hush", "Bearer hush")

    other.status = 500
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:\d+ answers 500") as failed:
        fetch(pull, tmp_path / "a.json", mark=Mark(), now=NOW)
    assert "hush" not in str(failed.value)


def test_a_page_at_another_place_is_not_followed() -> None:
    import httpx

    from etl.pulling import next_page

    answer = httpx.Response(
        200,
        headers={"Link": '<http://elsewhere.test/2>; rel="next"'},
        request=httpx.Request("GET", "http://here.test/1"),
    )
    with pytest.raises(BadInput, match=r"lies at another place, elsewhere\.test"):
        next_page(Paging(kind="link"), {}, 2, 1, answer)


@pytest.fixture
def district(database: Database, tmp_path: Path) -> Iterator[tuple[Database, Path, Path]]:
    forget(database)
    folder = write_small_district(tmp_path / "delivery")
    load_folder(database, folder, actor="test", now=NOW)
    yield database, folder, tmp_path / "var"
    forget(database)
    with database.owner.begin() as connection:
        connection.execute(text("DELETE FROM support.pull WHERE subdistrict_code = :code"), {"code": CODE})


def state(database: Database) -> Any:
    with database.owner.connect() as connection:
        return connection.execute(
            text("SELECT * FROM support.pull WHERE subdistrict_code = :code"), {"code": CODE}
        ).one()


def due(database: Database, var_dir: Path, at: datetime) -> list[Pulled]:
    return [one for one in pull_due(database, now=at, var_dir=var_dir) if one.feed == "hotline"]


@pytest.mark.database
def test_what_is_new_is_loaded_and_the_clock_goes_on_with_it(
    other: Other, district: tuple[Database, Path, Path]
) -> None:
    database, folder, var_dir = district
    other.rows = [order("901"), order("902", 地址="乙苑1幢"), order("903", 社区="移动巡河")]
    pull = {"url": other.url, "every_s": 300, "paging": PAGINGS["cursor"]}
    write_yaml(
        folder, [{"feed": "incidents", "name": "hotline", "file": "hotline.json", "crs": "EPSG:4326", "pull": pull}]
    )

    first = pull_folder(database, folder, var_dir=var_dir, actor="test", now=NOW)[0]

    assert first.result is not None
    assert (first.result.read, first.result.loaded, first.result.quarantined) == (3, 2, 1)
    # nothing new: 304, nothing read
    assert due(database, var_dir, NOW + timedelta(seconds=200)) == []
    assert due(database, var_dir, NOW + timedelta(seconds=301)) == [Pulled("hotline")]
    assert other.asked[-1][1]["If-None-Match"] == '"1"'

    other.rows.append(order("904"))
    other.etag = '"2"'
    later = due(database, var_dir, NOW + timedelta(seconds=700))[0].result
    assert later is not None
    assert (later.read, later.loaded, later.unchanged) == (4, 1, 3)
    # the ledger knows how often something is expected
    with database.owner.connect() as connection:
        expected = connection.scalar(
            text("SELECT expected_every_s FROM support.feed WHERE subdistrict_code = :code AND name = 'hotline'"),
            {"code": CODE},
        )
    assert expected == 300


@pytest.mark.database
def test_failures_are_kept_as_facts_with_growing_pauses_and_a_pause_that_is_asked_for_is_kept(
    other: Other, district: tuple[Database, Path, Path]
) -> None:
    database, folder, var_dir = district
    other.rows, other.status = [order("911")], 500
    pull = {"url": other.url, "every_s": 300, "paging": PAGINGS["cursor"]}
    write_yaml(
        folder, [{"feed": "incidents", "name": "hotline", "file": "hotline.json", "crs": "EPSG:4326", "pull": pull}]
    )

    assert "应答 500" in pull_folder(database, folder, var_dir=var_dir, actor="test", now=NOW)[0].fault
    assert (state(database).failures, state(database).next_at) == (1, NOW + timedelta(seconds=300))
    second = NOW + timedelta(seconds=300)
    assert "应答 500" in due(database, var_dir, second)[0].fault
    assert state(database).next_at == second + timedelta(seconds=600)

    other.status = 429
    third = second + timedelta(seconds=600)
    assert "要求暂停至" in due(database, var_dir, third)[0].fault
    assert state(database).next_at == third + timedelta(seconds=120)

    other.status = 200
    fourth = third + timedelta(seconds=120)
    taken = due(database, var_dir, fourth)[0].result
    assert taken is not None
    assert taken.loaded == 1
    assert (state(database).failures, state(database).fault) == (0, "")
