"""One linear history of the schema, for every package's tables; see docs/decisions/0003-one-migration-history.md."""

from importlib.resources import files

from alembic import op


def run_script(revision: str) -> None:
    """Run ``versions/<revision>.sql`` as one script on the migration's own connection.

    The driver's connection is used directly: SQLAlchemy would look for placeholders behind every percent sign.
    """
    script = files("gis.migrations").joinpath("versions", f"{revision}.sql").read_text(encoding="utf-8")
    connection = op.get_bind().connection.driver_connection
    if connection is None:
        raise RuntimeError("a migration needs a live connection")
    connection.execute(script)
