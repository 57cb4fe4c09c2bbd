"""How far a trial has come."""

from gis.migrations import run_script

revision = "m0530"
down_revision = "m0121"


def upgrade() -> None:
    run_script(revision)
