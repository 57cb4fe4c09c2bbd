"""Write the schema `open`: what anybody may read over the open interface, de-identified.

Counts come from the published facts, where fewer than five persons are left out, never from exact ones; cells of
resolution 11 (a building) are not given out at all.
"""

from sqlalchemy import Connection

from gis.database.statements import load_statements
from gis.district import District

STATEMENTS = load_statements("layers", "open_data")

#: tables of the schema, each with a statement of its name that fills it
TABLES = ("communities", "places", "resources", "population_cells", "demand_cells")


def write_open_data(connection: Connection, district: District) -> dict[str, int]:
    """Bring the open tables to what is published now; returns the rows of each. Needs the owner's connection."""
    counts = {}
    for table in TABLES:
        connection.execute(STATEMENTS[f"empty_{table}"])
        counts[table] = connection.execute(STATEMENTS[table], {"code": district.code}).rowcount
    return counts
