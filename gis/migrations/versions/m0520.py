"""The life of an alert: identity, grounds of levels, holders, silences, notices, drills, alerts from outside."""

from gis.migrations import run_script

revision = "m0520"
down_revision = "m0207"


def upgrade() -> None:
    run_script(revision)
