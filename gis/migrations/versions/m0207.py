"""Consumers of our interfaces: their scopes, quotas and calls."""

from gis.migrations import run_script

revision = "m0207"
down_revision = "m0206"


def upgrade() -> None:
    run_script(revision)
