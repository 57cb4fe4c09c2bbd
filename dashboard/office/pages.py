"""Every page of the office, in the order of the bar."""

from functools import lru_cache
from importlib import import_module

from dashboard.office.page import GROUPS, OfficePage

#: module:attribute of each page
PAGES = (
    "dashboard.office.warnings.lives:PAGE",
    "dashboard.office.warnings.quiet:PAGE",
    "dashboard.office.warnings.ways:PAGE",
    "dashboard.office.warnings.exercises:PAGE",
    "dashboard.office.unplaced:PAGE",
    "dashboard.office.dispatch:PAGE",
    "dashboard.office.accounts:PAGE",
    "dashboard.office.rules:PAGE",
    "dashboard.office.risk:PAGE",
    "dashboard.office.audit:PAGE",
    "dashboard.office.batches:PAGE",
    "dashboard.office.quarantine:PAGE",
    "dashboard.office.catalogue:PAGE",
    "dashboard.office.interfaces:PAGE",
    "dashboard.office.mapping:PAGE",
    "dashboard.office.same_person:PAGE",
)


@lru_cache(maxsize=1)
def office_pages() -> tuple[OfficePage, ...]:
    """Import the pages, in the order of their groups, then of the list."""
    found = [getattr(import_module(module), name) for module, _, name in (page.partition(":") for page in PAGES)]
    return tuple(sorted(found, key=lambda page: GROUPS.index(page.group)))


def pages_for(role: str) -> tuple[OfficePage, ...]:
    """The pages a role sees."""
    return tuple(page for page in office_pages() if role in page.roles)


def page_named(slug: str, role: str) -> OfficePage | None:
    """The page of a slug, if there is one and the role sees it."""
    return next((page for page in pages_for(role) if page.slug == slug), None)
