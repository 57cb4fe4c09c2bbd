"""The queue of jobs: procrastinate's own schema, in a PostgreSQL schema of its own."""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "m0203"
down_revision = "m0402"


def upgrade() -> None:
    # the library's statements name no schema: they go where the search path begins
    op.execute("CREATE SCHEMA jobs")
    op.execute("SET LOCAL search_path TO jobs, public")
    connection = op.get_bind().connection.driver_connection
    if connection is None:
        raise RuntimeError("a migration needs a live connection")
    connection.execute(SchemaManager.get_schema())
    op.execute("SET LOCAL search_path TO DEFAULT")
    op.execute("COMMENT ON SCHEMA jobs IS 'Queue of the worker; the tables are procrastinate''s'")
