"""The last days of incidents are read out of an index alone."""

from gis.migrations import run_script

revision = "m0310"
down_revision = "m0209"


def upgrade() -> None:
    run_script(revision)
