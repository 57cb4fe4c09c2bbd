"""The open tables."""

from gis.migrations import run_script

revision = "m0302"
down_revision = "m0204"


def upgrade() -> None:
    run_script(revision)
