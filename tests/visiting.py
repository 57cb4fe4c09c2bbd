"""Somebody of the little world who looks at a page of the office."""

from datetime import UTC, datetime, timedelta

from access.sessions import Session
from dashboard.office.page import Visit
from dashboard.services import Services
from dashboard.settings import ServerSettings
from gis.texts import texts_in
from tests.world import CODE, World


def visit_of(world: World, account: str, role: str, language: str = "zh") -> Visit:
    """Return the visit of an account, now."""
    session = Session(
        id=world.sessions[account],
        account_id=world.accounts[account],
        name=account,
        title=f"post of {account}",
        role=role,
        subdistrict_code=CODE,
        community_codes=(),
        work_grid_ids=(),
        grid_worker_id=None,
        language=language,
        expires_at=datetime.now(tz=UTC) + timedelta(hours=1),
    )
    services = Services(ServerSettings(), world.database)
    return Visit(session, texts_in(language), services, services.clock())
