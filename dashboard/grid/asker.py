"""Who asks on the phone, as every statement of grid.sql wants to know it."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from access.sessions import Session
from gis.database.statements import load_statements
from gis.district import District, select_district
from gis.texts import Texts

STATEMENTS = load_statements("dashboard", "grid")


@dataclass(frozen=True)
class Asker:
    """A grid worker or leader, at one time, over one connection that row-level security knows."""

    connection: Connection
    session: Session
    district: District
    texts: Texts
    now: datetime

    @property
    def today(self) -> date:
        """The local day."""
        return self.now.astimezone(self.zone).date()

    @property
    def zone(self) -> ZoneInfo:
        return self.district.zone

    @property
    def midnight(self) -> datetime:
        """When the local day began."""
        return datetime.combine(self.today, time(), tzinfo=self.zone)

    def rows(self, statement: str, **values: Any) -> list[Row[Any]]:
        """Run a statement of grid.sql with who asks and when bound."""
        given = {
            "worker_id": self.session.grid_worker_id or 0,
            "account_id": self.session.account_id,
            "grid_ids": list(self.session.work_grid_ids),
            "subdistrict_code": self.district.code,
            "now": self.now,
            "today": self.today,
        }
        return list(self.connection.execute(STATEMENTS[statement], given | values))

    def row(self, statement: str, **values: Any) -> Row[Any] | None:
        """Return the only row of a statement, None when there is none."""
        found = self.rows(statement, **values)
        return found[0] if found else None


def asker_of(connection: Connection, session: Session, *, texts: Texts, now: datetime) -> Asker:
    """Return the asker in the sub-district of their session."""
    return Asker(connection, session, select_district(connection, code=session.subdistrict_code), texts, now)
