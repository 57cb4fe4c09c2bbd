"""Alerts over areas of cells, with their recurrence interval and the name of their rule."""

from gis.migrations import run_script

revision = "m0510"
down_revision = "m0205"


def upgrade() -> None:
    run_script(revision)
