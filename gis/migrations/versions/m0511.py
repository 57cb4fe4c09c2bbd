"""Rules as data with their versions and trials, what slower detectors found, and risk points."""

from gis.migrations import run_script

revision = "m0511"
down_revision = "m0630"


def upgrade() -> None:
    run_script(revision)
