"""Rights are asked again when a button is pressed: a callback is reached by every role of the office."""

from collections.abc import Collection

from dashboard.office.page import Visit
from gis.errors import NotAllowed


def require_role(visit: Visit, roles: Collection[str]) -> None:
    """Refuse whoever does not hold one of `roles`; raises NotAllowed in the asker's language."""
    if visit.session.role not in roles:
        raise NotAllowed("your post may not do this")
