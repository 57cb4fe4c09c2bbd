"""What every route works with: the geodatabase, the clock, the texts, and the intake."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from fastapi import Request
from sqlalchemy import Connection

from access.sessions import Session
from alerts.notify.routing import Routing, read_routing
from dashboard.settings import ServerSettings
from gis.database.connection import Database, identified
from gis.errors import NotSignedIn
from gis.texts import Texts, texts_in

if TYPE_CHECKING:
    from etl.intake import Intake

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The time now, in UTC."""
    return datetime.now(tz=UTC)


@dataclass(frozen=True)
class Services:
    """Handed to every router factory. Routers keep no state of their own beside it."""

    settings: ServerSettings
    database: Database
    clock: Clock = system_clock
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def texts(self, session: Session | None) -> Texts:
        """The catalogue in the asker's language."""
        return texts_in(session.language if session else self.settings.language)

    @cached_property
    def alert_routing(self) -> Routing:
        """Who is told of alerts, as this installation's file says; its secrets come from the environment by name."""
        return read_routing(self.settings.alert_routes, environment=os.environ)

    @contextmanager
    def asking(self, session: Session) -> Iterator[Connection]:
        """One transaction of the server's role in which row-level security knows the asker."""
        with identified(self.database.server, session.id) as connection:
            yield connection

    @cached_property
    def loaded_intake(self) -> "Intake":
        from etl.intake import Intake
        from gis.district import select_district

        with self.database.owner.connect() as connection:
            district = select_district(connection)
        return Intake(self.database, district)

    def intake(self) -> "Intake":
        """The one way in for records from the network; made when the first one comes, since it reads the gazetteer."""
        with self.lock:
            return self.loaded_intake


def session_of(request: Request) -> Session:
    """The asker, as the authentication in front of everything found out; for `Depends`.

    Raises
    ------
    NotSignedIn
        On a route that is open to everybody and was asked by nobody we know.
    """
    session = request.scope.get("state", {}).get("session")
    if not isinstance(session, Session):
        raise NotSignedIn("this needs a sign-in or a token")
    return session
