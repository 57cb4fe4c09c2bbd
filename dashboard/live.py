"""What walls are told as it happens: one LISTEN, one picture for all of them, server-sent events to each.

A page gets the whole picture once, then only the parts that changed, a new incident at once, and a tick every two
seconds with the server's time and the age of every feed. While the database is away the ticks go on and say so.
"""

import asyncio
import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from dashboard.scenes import Scenes, read_scenes
from dashboard.wall.compose import Composer
from dashboard.wall.counters import select_counters
from dashboard.wall.ground import Area, Ground, Road, Spot
from dashboard.wall.picture import as_json
from dashboard.wall.select_ground import SQL, select_ground
from gis.database.connection import Database
from gis.errors import NotFound, Unavailable
from gis.texts import texts_in
from layers.measures import SENSITIVE_SUBCATEGORIES

log = structlog.get_logger(__name__)

TICK_S = 2.0
#: the database is lost when it does not answer a question of one line for this long [s]
ANSWER_S = 3.0
LONGEST_RETRY_S = 5.0
#: a picture is composed anew at most this often, and at least this often, since time itself changes it [s]
COMPOSE_AT_MOST_S = 2.0
COMPOSE_AT_LEAST_S = 30.0
QUEUE_LENGTH = 200
#: batches of these feeds change the ground itself
GROUND_FEEDS = frozenset({"boundaries", "compounds", "apartments", "places", "roads", "buildings", "work_grids"})

DATABASE_FAULTS = (psycopg.Error, DBAPIError, PoolTimeout, OSError, TimeoutError, Unavailable)


@dataclass
class Lost:
    """Since when the database is away, how often we tried, and when we try again."""

    lost_at: float
    attempt: int = 0
    retry_at: float = 0.0


@dataclass
class Part:
    """One part as it was last sent, and under which event."""

    text: str
    event: int


@dataclass(eq=False)
class Listener:
    """One open page."""

    screen: str
    language: str
    queue: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(QUEUE_LENGTH))

    def put(self, message: bytes) -> None:
        """Queue a message; a page that reads nothing is cut off and comes back by itself."""
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            while not self.queue.empty():
                self.queue.get_nowait()
            self.queue.put_nowait(None)


def event(name: str, data: str, *, event_id: str | None = None) -> bytes:
    """Write one server-sent event."""
    head = f"id: {event_id}\n" if event_id else ""
    return f"{head}event: {name}\ndata: {data}\n\n".encode()


@dataclass
class LiveHub:
    """Computes once and tells everybody. One per server process."""

    database: Database
    clock: Callable[[], datetime]
    cache_dir: Path
    scenes: Scenes = field(default_factory=read_scenes)
    #: events of another life of the server are unknown here
    life: str = field(default_factory=lambda: secrets.token_hex(3))
    count: int = 0
    composer: Composer | None = None
    #: called with every new ground, in a thread, before the first page asks for it
    prepare: Callable[[], object] | None = None
    parts: dict[str, dict[str, Part]] = field(default_factory=dict)
    listeners: set[Listener] = field(default_factory=set)
    feeds: list[dict[str, Any]] | None = None
    lost: Lost | None = None
    composed_at: float = 0.0
    saved_at: float = 0.0
    ground_changed: bool = True
    waiting_ids: set[int] = field(default_factory=set)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    dirty: asyncio.Event = field(default_factory=asyncio.Event)
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    #: somebody opened a wall in a language that has no picture yet
    unseen: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def languages(self) -> set[str]:
        """Those somebody watches, and Chinese, so that the first wall has its picture at once."""
        return {"zh"} | {listener.language for listener in self.listeners}

    # ---- life

    def start(self) -> None:
        """Begin to listen; needs the running event loop."""
        self.read_cache()
        self.tasks = [asyncio.create_task(work()) for work in (self.listen, self.tick, self.compose_again)]

    async def stop(self) -> None:
        """End every stream and task."""
        for listener in list(self.listeners):
            listener.put(b"")
            with suppress(asyncio.QueueFull):
                listener.queue.put_nowait(None)
        # asked again until they end: Python 3.11's wait_for swallows a cancellation that comes as its awaitable is done
        running = {task for task in self.tasks if not task.done()}
        while running:
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=0.5)
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def now_s(self) -> float:
        return self.clock().timestamp()

    # ---- the database

    async def listen(self) -> None:
        """Hear the channel for ever; whatever ends the connection is a loss that is told and mended."""
        while True:
            try:
                connection = await asyncio.wait_for(
                    psycopg.AsyncConnection.connect(self.database.conninfo(self.wall_url()), autocommit=True),
                    ANSWER_S + 2,
                )
            except DATABASE_FAULTS as fault:
                await self.note_loss(fault)
                continue
            async with connection:
                try:
                    await connection.execute("LISTEN fengqiao")
                    await self.note_recovery()
                    async for notice in connection.notifies():
                        self.hear(notice.payload)
                except DATABASE_FAULTS as fault:
                    await self.note_loss(fault)

    def wall_url(self) -> Any:
        return self.database.wall.url

    async def note_loss(self, fault: Exception) -> None:
        """Remember the loss, and wait until the next attempt is due."""
        self.connected.clear()
        if self.lost is None:
            self.lost = Lost(lost_at=self.now_s())
            log.warning("database lost", fault=str(fault))
        self.lost.attempt += 1
        wait_s = min(LONGEST_RETRY_S, float(self.lost.attempt))
        self.lost.retry_at = self.now_s() + wait_s
        self.send_tick()
        await asyncio.sleep(wait_s)

    async def note_recovery(self) -> None:
        """Bring every page up to date at once, and say how many records came meanwhile."""
        was_lost = self.lost is not None
        missed = await asyncio.to_thread(self.count_missed, self.records_seen()) if was_lost else None
        await self.compose(back=missed)
        self.feeds = await asyncio.to_thread(self.select_feeds)
        self.lost = None
        self.connected.set()

    def records_seen(self) -> dict[str, int]:
        """The newest records the pictures know."""
        for parts in self.parts.values():
            if "records" in parts:
                return {kind: int(number or 0) for kind, number in json.loads(parts["records"].text).items()}
        return {"incident": 0, "request": 0}

    def count_missed(self, seen: dict[str, int]) -> int:
        """Count the records that came after those seen."""
        if self.composer is None:
            return 0
        with self.database.wall.connect() as connection:
            asked = {"code": self.composer.code, "incident": seen.get("incident", 0), "request": seen.get("request", 0)}
            return int(connection.execute(SQL["records_after"], asked).scalar_one())

    def hear(self, payload: str) -> None:
        """Take one message of the channel."""
        try:
            message = json.loads(payload)
        except ValueError:
            log.warning("not a message of ours", payload=payload[:200])
            return
        if message.get("kind") == "incident" and isinstance(message.get("id"), int):
            first = not self.waiting_ids
            self.waiting_ids.add(message["id"])
            if first:
                self.tasks.append(asyncio.create_task(self.tell_incidents()))
                self.tasks[:] = [task for task in self.tasks if not task.done()]
        if message.get("kind") == "batch" and message.get("feed") in GROUND_FEEDS:
            self.ground_changed = True
        self.dirty.set()

    # ---- what is told

    async def tell_incidents(self) -> None:
        """Tell new and changed incidents at once, without waiting for the whole picture."""
        await asyncio.sleep(0.02)
        ids, self.waiting_ids = sorted(self.waiting_ids), set()
        if self.composer is None:
            return
        try:
            rows = await asyncio.to_thread(self.select_incidents, self.composer, ids)
            self.broadcast(event("incidents", as_json({"at": self.now_s(), "rows": rows, "counters": None})))
            for language, counters in (await asyncio.to_thread(self.select_counters, self.composer)).items():
                data = f'{{"at":{self.now_s()},"rows":[],"counters":{counters}}}'
                self.broadcast(event("incidents", data), language=language)
        except DATABASE_FAULTS as fault:
            log.warning("incidents not told", fault=str(fault))

    def select_incidents(self, composer: Composer, ids: list[int]) -> list[list[Any]]:
        """Select points of incidents (lon, lat, id, open); sensitive kinds are left out."""
        asked = {"ids": ids, "code": composer.code, "sensitive": list(SENSITIVE_SUBCATEGORIES)}
        with self.database.wall.connect() as connection:
            found = connection.execute(SQL["new_incidents"], asked).all()
        return [
            [row.lon and round(row.lon, 6), row.lat and round(row.lat, 6), row.id, is_open(row)]
            for row in found
            if row.shown
        ]

    def select_counters(self, composer: Composer) -> dict[str, str]:
        """Select the counters in every language, as text."""
        now = self.clock().astimezone(ZoneInfo(composer.ground.timezone))
        with self.database.wall.connect() as connection:
            resources = connection.execute(SQL["resources"], {"code": composer.code, "now": now}).mappings().all()
            return {
                language: as_json(
                    select_counters(
                        connection, code=composer.code, now=now, resources=resources, texts=texts_in(language)
                    )
                )
                for language in self.languages
            }

    async def compose_again(self) -> None:
        """Compose whenever something changed, and now and then, since time passes."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.dirty.wait(), COMPOSE_AT_LEAST_S)
            await self.connected.wait()
            self.dirty.clear()
            try:
                await self.compose()
            except DATABASE_FAULTS as fault:
                log.warning("picture not composed", fault=str(fault))
                self.dirty.set()
            # a wall in a language nobody watched so far does not wait for the pause to end
            with suppress(TimeoutError):
                await asyncio.wait_for(self.unseen.wait(), COMPOSE_AT_MOST_S)
            self.unseen.clear()

    async def compose(self, *, back: int | None = None) -> None:
        """Compose every language's picture and tell what changed of it."""
        try:
            composed = await asyncio.to_thread(self.select_parts)
        except NotFound as fault:
            log.info("nothing to show yet", reason=str(fault))
            return
        self.count += 1
        self.composed_at = self.now_s()
        # a picture that is not kept up is not kept: whoever comes next would take it for today's
        for language in self.parts.keys() - composed.keys():
            del self.parts[language]
        for language, texts in composed.items():
            known = self.parts.setdefault(language, {})
            changed = {name: text for name, text in texts.items() if name not in known or known[name].text != text}
            for name, text in changed.items():
                known[name] = Part(text, self.count)
            if changed or back is not None:
                self.broadcast(self.parts_event(language, changed, back=back), language=language)
        if self.composed_at - self.saved_at > 60:
            self.saved_at = self.composed_at
            await asyncio.to_thread(self.write_cache)

    def select_parts(self) -> dict[str, dict[str, str]]:
        """Select all parts of all languages as text, in one snapshot."""
        now = self.clock()
        with self.database.wall.connect() as connection:
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
            composer = self.composer
            if composer is None or self.ground_changed:
                code, ground = select_ground(connection, now=now)
                if composer is None or composer.ground != ground:
                    composer = Composer(self.scenes, code, ground)
            parts = {
                language: {name: as_json(part) for name, part in composer.parts(connection, language=language, now=now)}
                for language in self.languages
            }
        # pages see a new ground together with figures that lie on it, never alone
        known, self.composer, self.ground_changed = self.composer, composer, False
        if self.prepare is not None and known is not composer:
            self.prepare()
        return parts

    def parts_event(self, language: str, changed: dict[str, str], *, back: int | None = None) -> bytes:
        body = ",".join(f"{json.dumps(name)}:{text}" for name, text in changed.items())
        version = json.dumps(self.composer.ground.version if self.composer else None)
        extra = "" if back is None else f',"back":{back}'
        data = f'{{"at":{self.composed_at},"ground":{version},"parts":{{{body}}}{extra}}}'
        return event("parts", data, event_id=f"{self.life}-{self.count}")

    def broadcast(self, message: bytes, *, language: str | None = None) -> None:
        for listener in self.listeners:
            if language is None or listener.language == language:
                listener.put(message)

    async def tick(self) -> None:
        """Every two seconds: the server's time, each feed's newest event, and whether the database answers."""
        while True:
            began = asyncio.get_running_loop().time()
            if self.connected.is_set():
                try:
                    self.feeds = await asyncio.wait_for(asyncio.to_thread(self.select_feeds), ANSWER_S)
                except DATABASE_FAULTS as fault:
                    self.connected.clear()
                    if self.lost is None:
                        self.lost = Lost(lost_at=self.now_s(), attempt=1, retry_at=self.now_s() + 1)
                        log.warning("database does not answer", fault=str(fault))
                    self.restart_listening()
            self.send_tick()
            await asyncio.sleep(max(0.1, TICK_S - (asyncio.get_running_loop().time() - began)))

    def send_tick(self) -> None:
        told = None
        if self.lost is not None:
            told = {
                "lost_at": self.lost.lost_at,
                "attempt": max(1, self.lost.attempt),
                "retry_at": self.lost.retry_at,
            }
        if self.composer is not None:
            self.broadcast(event("tick", as_json({"now": self.now_s(), "database": told, "feeds": self.feeds or None})))

    def restart_listening(self) -> None:
        """A connection that hangs never ends by itself."""
        self.tasks[0].cancel()
        self.tasks[0] = asyncio.create_task(self.listen())

    def select_feeds(self) -> list[dict[str, Any]]:
        if self.composer is None:
            return []
        with self.database.wall.connect() as connection:
            return [dict(row) for row in connection.execute(SQL["feeds"], {"code": self.composer.code}).mappings()]

    # ---- the last good picture

    @property
    def cache_file(self) -> Path:
        return self.cache_dir / "last_picture.json"

    def write_cache(self) -> None:
        """Keep the last good picture, so that a server that starts without its database shows it, with its age."""
        if self.composer is None:
            return
        kept = {
            "at": self.composed_at,
            "code": self.composer.code,
            "ground": json.loads(self.composer.ground.as_json()),
            "parts": {
                language: {name: part.text for name, part in parts.items()} for language, parts in self.parts.items()
            },
        }
        self.cache_dir.mkdir(parents=True, exist_ok=True)
        fresh = self.cache_file.with_suffix(".new")
        fresh.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
        fresh.replace(self.cache_file)

    def read_cache(self) -> None:
        """Take up the last good picture, if there is one that can be read."""
        try:
            kept = json.loads(self.cache_file.read_text(encoding="utf-8"))
            ground = ground_from(kept["ground"])
        except (OSError, ValueError, KeyError, TypeError):
            return
        self.composer = Composer(self.scenes, kept["code"], ground)
        self.composed_at = kept["at"]
        self.count = 1
        self.parts = {
            language: {name: Part(text, 1) for name, text in parts.items()} for language, parts in kept["parts"].items()
        }

    # ---- pages

    def open(self, screen: str) -> Listener:
        """Let a page listen; raises NotFound for a screen that is not ours."""
        listener = Listener(screen, self.scenes.screen(screen).language)
        self.listeners.add(listener)
        if listener.language not in self.parts:
            self.dirty.set()
            self.unseen.set()
        return listener

    def first_event(self, listener: Listener, *, last_event_id: str, back: int | None) -> bytes | None:
        """What a page gets first: the whole picture, or what changed since the last event it knows."""
        if self.composer is None or not self.parts.get(listener.language):
            return None
        life, _, number = last_event_id.partition("-")
        known = int(number) if life == self.life and number.isdigit() else 0
        parts = self.parts.get(listener.language, {})
        changed = {name: part.text for name, part in parts.items() if part.event > known}
        if not known:
            screen = self.composer.screen(self.scenes.screen(listener.screen), language=listener.language)
            changed["screen"] = as_json(screen)
        return self.parts_event(listener.language, changed, back=back)

    def ground_answer(self, screen: str) -> str:
        """The ground with the texts and settings of a screen; raises Unavailable before the first picture."""
        shown = self.scenes.screen(screen)
        if self.composer is None:
            raise Unavailable("no sub-district is loaded yet, or the database does not answer")
        texts = texts_in(shown.language)
        head = {
            "texts": texts.under("wall.page."),
            "language": shown.language,
            "type_factor": shown.type_factor,
            "now": self.now_s(),
            "version": self.composer.ground.version,
        }
        return f'{json.dumps(head, ensure_ascii=False)[:-1]},"ground":{self.composer.ground.as_json()}}}'


def is_open(row: Any) -> bool:
    return row.placement == "placed" and row.status not in ("closed", "withdrawn")


def ground_from(kept: dict[str, Any]) -> Ground:
    """Build the ground from its own JSON."""
    lists: dict[str, Callable[..., Any]] = {
        "communities": Area,
        "water": Area,
        "hills": Area,
        "roads": Road,
        "spots": Spot,
    }
    built: dict[str, Any] = {
        name: [lists[name](**one) for one in value] if name in lists else value for name, value in kept.items()
    }
    return Ground(**built)
