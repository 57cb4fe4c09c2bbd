"""The topic library: facts per cell."""

from gis.migrations import run_script

revision = "m0301"
down_revision = "m0101"


def upgrade() -> None:
    run_script(revision)
