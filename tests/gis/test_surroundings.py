"""What the machine refuses becomes a sentence; what is a defect does not."""

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from gis.surroundings import refused_by_the_machine


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (OSError(28, "No space left on device"), "the disk is full"),
        (PermissionError(13, "Permission denied", "/x/y"), "/x/y may not be read or written"),
        (FileNotFoundError(2, "No such file or directory", "/proc/x"), "/proc/x cannot be there"),
        (MemoryError(), "not enough memory"),
        (psycopg.errors.DiskFull("could not extend file"), "the disk under the database is full"),
        (psycopg.errors.InsufficientPrivilege("no right to create extension"), "may not do this: no right to create"),
        (psycopg.OperationalError("the connection is lost"), "does not answer: the connection is lost"),
    ],
)
def test_what_the_machine_refuses_is_a_sentence(fault, said, tmp_path):
    assert said in str(refused_by_the_machine(fault, var_dir=tmp_path))


def test_a_lost_database_on_a_full_disk_names_the_disk(monkeypatch, tmp_path):
    monkeypatch.setattr("gis.surroundings.room_left", lambda folder: 0)

    assert "disk" in str(refused_by_the_machine(psycopg.OperationalError("the connection is lost"), var_dir=tmp_path))


def test_a_server_that_is_not_there_is_a_sentence(tmp_path):
    engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/x")

    with pytest.raises(DBAPIError) as caught, engine.connect() as connection:
        connection.execute(text("SELECT 1"))

    assert "refused" in str(refused_by_the_machine(caught.value, var_dir=tmp_path))


@pytest.mark.parametrize("fault", [KeyError("x"), ValueError("x"), psycopg.errors.UniqueViolation("x")])
def test_a_defect_stays_one(fault, tmp_path):
    assert refused_by_the_machine(fault, var_dir=tmp_path) is None
