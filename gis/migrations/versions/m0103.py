"""Placing again is an origin of batches."""

from gis.migrations import run_script

revision = "m0103"
down_revision = "m0120"


def upgrade() -> None:
    run_script(revision)
