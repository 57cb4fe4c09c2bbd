"""Petitions, and what was sent back, where alerts look for them."""

from gis.migrations import run_script

revision = "m0531"
down_revision = "m0522"


def upgrade() -> None:
    run_script(revision)
