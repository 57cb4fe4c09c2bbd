"""Which reports there are to read, for whom; and the making of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from access.sessions import Session
from dashboard.reports import facts
from dashboard.reports.facts import Scope, find_scope
from dashboard.reports.month import Month, month_of
from dashboard.reports.pages import Report, build_report
from dashboard.services import Services
from gis.errors import BadInput, NotAllowed
from gis.texts import Texts

#: a shelf goes back this many months
MONTHS = 13


@dataclass(frozen=True)
class Community:
    """A community one may ask a report of."""

    code: str
    name: str


def months_until(first: datetime | None, now: datetime, timezone: str) -> list[Month]:
    """Whole months with data, newest first, thirteen at most."""
    if first is None:
        return []
    newest = month_of(now, timezone).shifted(-1)
    oldest = month_of(first, timezone)
    # a month that begins without data is not whole
    if first >= oldest.bounds(timezone)[0] + timedelta(days=1):
        oldest = oldest.shifted(1)
    months = [newest.shifted(-back) for back in range(MONTHS)]
    return [month for month in months if month >= oldest]


def readable_communities(session: Session, communities: Sequence[Community]) -> list[Community]:
    """A community leader reads the own communities' reports, everybody else of the route all."""
    if session.role != "community_leader":
        return list(communities)
    return [community for community in communities if community.code in session.community_codes]


def may_read_whole(session: Session) -> bool:
    """Whether the whole sub-district's report is open to the asker."""
    return session.role != "community_leader"


def select_communities(connection: Connection, scope: Scope) -> list[Community]:
    """The sub-district's communities by code."""
    frame = facts.select(connection, "community_names", scope)
    return [Community(str(code), str(name)) for code, name in zip(frame["code"], frame["name"], strict=True)]


def first_request(connection: Connection, scope: Scope) -> datetime | None:
    """When the oldest request on file was asked for."""
    first: datetime | None = connection.scalar(facts.SQL["first_request"], scope.parameters())
    return first


def make_report(services: Services, session: Session, month: Month, community: str, texts: Texts) -> Report:
    """Make the report of a month that the asker may read.

    A report is the office's own publication: measured over all rows, and showing no cell of fewer than five persons.

    Raises
    ------
    NotAllowed
        If the asker may not read this community's, or the whole sub-district's.
    BadInput
        If the month has not ended yet.
    """
    now = services.clock()
    with services.database.owner.connect() as connection:
        scope = find_scope(connection, month, community=community or None, now=now, language=texts.language)
        if month >= month_of(now, scope.timezone):
            raise BadInput(
                "{month} has not ended; the newest report is of {newest}",
                month=month,
                newest=month_of(now, scope.timezone).shifted(-1),
            )
        if scope.community_code is None and not may_read_whole(session):
            raise NotAllowed("the report of the whole sub-district is not open to a community leader; name a community")
        if session.role == "community_leader" and scope.community_code not in (None, *session.community_codes):
            raise NotAllowed("the report of {community} is another community's", community=scope.community_name)
        return build_report(connection, scope, texts)
