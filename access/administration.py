"""Accounts as an operator administers them from a page: the command's functions, in the operator's own name.

Runs as the owner, since the server's role reads no account; the session is set for the transaction, so the audit names
the operator. What the command line may do beyond this (an auditor's account) stays there: who is audited does not
appoint the auditor.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from access.sessions import Session
from access.tables import ROLES
from gis.database.connection import Database, identified
from gis.errors import NotAllowed

#: roles an operator may give
GIVEN_ROLES = tuple(role for role in ROLES if role != "auditor")
ADMINISTRATORS = frozenset({"operator"})
READERS = ADMINISTRATORS | {"auditor"}


@contextmanager
def administering(database: Database, session: Session, *, writing: bool = True) -> Iterator[Connection]:
    """One transaction of the owner in the name of `session`.

    Raises
    ------
    NotAllowed
        If the role may not administer accounts (or, when not `writing`, not look at them).
    """
    if session.role not in (ADMINISTRATORS if writing else READERS):
        raise NotAllowed("the role {role} may not administer accounts", role=session.role)
    with identified(database.owner, session.id) as connection:
        yield connection


def check_given_role(role: str) -> None:
    """Raise unless an operator may give this role."""
    if role not in GIVEN_ROLES:
        raise NotAllowed(
            "accounts of the role {role} are administered on the command line: fengqiao users --help", role=role
        )


def check_administered(connection: Connection, name: str) -> None:
    """Raise if the account's role is one that an operator may not give: nor may they take its tokens or password."""
    check_given_role(str(connection.scalar(text("SELECT role FROM access.account WHERE name = :name"), {"name": name})))


def check_other(name: str, session: Session) -> None:
    """Raise if it is the operator's own account."""
    if name == session.name:
        raise NotAllowed("one's own account is shut by somebody else")


def community_choices(connection: Connection) -> list[tuple[str, str]]:
    """(code, name) of the communities there are."""
    rows = connection.execute(
        text("SELECT code, name FROM base.community WHERE valid_to IS NULL OR valid_to > now() ORDER BY code")
    )
    return [(row.code, row.name) for row in rows]
