"""One table from errors to statuses, and sentences that show no inside."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from sqlalchemy.exc import OperationalError, ProgrammingError

from dashboard.errors import STATUSES, status_of, translated
from dashboard.server import create_app
from dashboard.settings import ServerSettings
from gis import errors
from gis.errors import FengqiaoError, NotAllowed, Unavailable
from tests.asking import Browser
from tests.world import World


def kinds(root: type[FengqiaoError]) -> Iterator[type[FengqiaoError]]:
    yield root
    for child in root.__subclasses__():
        yield from kinds(child)


def test_every_kind_of_error_has_the_status_of_its_nearest_row():
    found = {kind.__name__: status_of(kind("x")) for kind in kinds(FengqiaoError) if kind.__module__ == errors.__name__}

    assert found == {
        "FengqiaoError": 500, "BadInput": 422, "CrsMissing": 422, "IndexMismatch": 422, "NotFound": 404, "NotAllowed": 403,
        "NotSignedIn": 401, "Conflict": 409, "LimitReached": 429, "Unavailable": 503,
    }  # fmt: skip
    assert list(STATUSES)[-1] is FengqiaoError, "a parent after its children"


class Denied(Exception):
    sqlstate = "42501"


def test_the_databases_faults_are_told_in_our_words():
    assert isinstance(translated(OperationalError("SELECT secret", {}, Exception())), Unavailable)
    denied = translated(ProgrammingError("SELECT secret", {}, Denied()))
    assert isinstance(denied, NotAllowed)
    assert "secret" not in str(denied)
    assert translated(ProgrammingError("SELECT secret", {}, Exception("a defect"))) is None
    assert translated(ZeroDivisionError()) is None


@pytest.fixture(scope="module")
def app(world: World) -> FastAPI:
    return create_app(ServerSettings(), world.database)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/incidents/99999999999999999999999", 404),
        ("/api/incidents/x", 422),
        ("/api/incidents?limit=0", 422),
        ("/api/incidents?since=yesterday", 422),
        ("/api/incidents?category=%00", 422),
        ("/api/incidents/4711", 404),
    ],
)
def test_odd_questions_are_answered_with_one_sentence(app: FastAPI, world: World, path: str, status: int):
    with Browser(app) as browser:
        answer = browser.get(path, token=world.tokens["operator"])

    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert "SELECT" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_name_no_database_can_hold_is_refused_like_a_wrong_one(app: FastAPI):
    with Browser(app) as browser:
        answer = browser.post("/sign-in", data={"name": "a\0b", "password": "x"})

    assert answer.status_code in (401, 422)
