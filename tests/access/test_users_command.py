"""`fengqiao users` as an administrator types it."""

import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from access.users_command import app
from gis.database.connection import Database
from gis.settings import DatabaseSettings

pytestmark = pytest.mark.usefixtures("english")

PASSWORD = "seven green herons"


@pytest.fixture
def users(database: Database, database_settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch):
    """Run the command on the tests' database; accounts it made are gone afterwards."""
    monkeypatch.setenv("FENGQIAO_VAR_DIR", str(database_settings.var_dir))
    monkeypatch.delenv("FENGQIAO_DATABASE_URL", raising=False)

    def run(*arguments: str, typed: str = "") -> Result:
        return CliRunner().invoke(app, list(arguments), input=typed)

    yield run
    with database.owner.begin() as connection:
        for table in ("session", "token", "account"):
            connection.execute(text(f"DELETE FROM access.{table}"))


def test_an_account_is_made_listed_given_a_token_and_shut(users, database: Database):
    assert "no accounts yet" in users("list").output
    made = users(
        "add", "anna", "--role", "operator", "--title", "数据管理员", "--password-stdin", typed=PASSWORD + "\n"
    )
    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output
    secret = users("token", "anna", "--label", "gis", "--days", "1").output.strip()
    assert len(secret) == 43
    listed = users("list").output
    assert "anna" in listed
    assert "operator" in listed
    assert users("token", "anna", "--label", "gis", "--revoke").output == "tokens of anna revoked: 1\n"
    assert users("reset", "anna", "--password-stdin", typed="twelve green herons\n").exit_code == 0
    assert users("disable", "anna").output == "anna is shut\n"
    assert "shut" in users("list").output

    with database.owner.connect() as connection:
        actors = connection.scalars(
            text("SELECT DISTINCT actor FROM access.audit WHERE table_name = 'access.account'")
        ).all()
    assert "fengqiao users" in actors


def test_a_password_is_asked_for_twice_and_not_shown(users):
    made = users("add", "bela", "--role", "auditor", typed=f"{PASSWORD}\n{PASSWORD}\n")

    assert made.exit_code == 0, made.output
    assert PASSWORD not in made.output


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("add", "x", "--role", "emperor"), "no such role 'emperor'"),
        (("add", "x", "--role", "wall", "--community", "nowhere"), "no community nowhere"),
        (("add", "x", "--role", "grid_worker", "--worker", "W999", "--without-password"), "no grid worker 'W999'"),
        (("add", "x", "--role", "grid_worker", "--work-grid", "9", "--without-password"), "no work grid 9"),
        (("add", "x", "--role", "operator", "--password-stdin"), "at least 10 characters"),
        (("disable", "nobody"), "no account 'nobody'"),
        (("token", "nobody"), "no account 'nobody'"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(users, arguments: tuple[str, ...], why: str):
    refused = users(*arguments, typed="short\n")

    assert refused.exit_code == 1
    assert why in str(refused.exception)
