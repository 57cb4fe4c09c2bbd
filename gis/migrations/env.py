"""Alembic's entry point: runs inside the transaction that `gis.database.migrate.upgrade` opened."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=None,
    version_table="schema_version",
    version_table_schema="support",
    transaction_per_migration=False,
)
context.run_migrations()
