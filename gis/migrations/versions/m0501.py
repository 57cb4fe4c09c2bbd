"""Alerts and what happened to them."""

from gis.migrations import run_script

revision = "m0501"
down_revision = "m0001"


def upgrade() -> None:
    run_script(revision)
