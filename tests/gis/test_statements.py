"""Annotated SQL files."""

import pytest

from gis.database.statements import load_statements, parse_statements, quoted
from gis.errors import NotFound

SQL = """-- one --
-- The first.
SELECT 1 -- not a heading --
-- two --
SELECT :value;
"""


def test_a_file_splits_at_its_headings():
    parsed = parse_statements(SQL)

    assert list(parsed) == ["one", "two"]
    assert parsed["one"] == "-- The first.\nSELECT 1 -- not a heading --"
    assert parsed["two"] == "SELECT :value;"


def test_an_unknown_statement_names_those_there_are():
    with pytest.raises(NotFound, match="standing_alerts"):
        load_statements("alerts", "life").source("fly")


@pytest.mark.parametrize("identifier", ['x"; DROP TABLE y', "Upper", "1st", "a b", ""])
def test_only_identifiers_of_the_catalogue_are_quoted(identifier):
    assert quoted("cell_share") == '"cell_share"'
    with pytest.raises(ValueError, match="not an identifier"):
        quoted(identifier)
