"""What a page of the office is, and what it knows of whoever looks at it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from dash import Dash
from dash.development.base_component import Component

from access.sessions import Session
from dashboard.dash_app import asking_session
from dashboard.services import Services
from gis.district import District, select_district
from gis.errors import NotFound
from gis.texts import Texts

#: groups of the bar, in its order; text ``office.group.<group>``
GROUPS = ("work", "warning", "data", "interfaces", "access")


@dataclass(frozen=True)
class Visit:
    """Somebody looking at a page: who, in which language, when, and what the address asks for."""

    session: Session
    texts: Texts
    services: Services
    now: datetime
    #: of the address, `?name=value`
    query: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def district(self) -> District | None:
        """The sub-district that is loaded; None before the first load."""
        with self.services.asking(self.session) as connection:
            try:
                return select_district(connection)
            except NotFound:
                return None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone people read times in."""
        return self.district.zone if self.district else ZoneInfo(District.timezone)

    def local(self, moment: datetime | None, form: str = "%Y-%m-%d %H:%M:%S") -> str:
        """Write a moment as people here read it; empty for none."""
        return "" if moment is None else moment.astimezone(self.zone).strftime(form)


def visit_of(services: Services, query: Mapping[str, str] | None = None) -> Visit:
    """Return the visit that the running layout or callback belongs to."""
    session = asking_session()
    return Visit(session, services.texts(session), services, services.clock(), query or {})


def no_callbacks(app: Dash, services: Services) -> None:
    """A page that only shows registers nothing."""


@dataclass(frozen=True)
class OfficePage:
    """One page: `/office/<slug>`, titled ``office.<slug>.title``."""

    slug: str
    #: one of GROUPS
    group: str
    #: roles that see it; a subset of those `routes.yml` lets into /office
    roles: frozenset[str]
    layout: Callable[[Visit], Component]
    register: Callable[[Dash, Services], None] = no_callbacks
