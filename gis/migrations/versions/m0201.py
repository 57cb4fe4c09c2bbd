"""Accounts, sessions, tokens, audit, and row-level security on every record table."""

from gis.migrations import run_script

revision = "m0201"
down_revision = "m0501"


def upgrade() -> None:
    run_script(revision)
