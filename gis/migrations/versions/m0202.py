"""The figures of GET /api/status."""

from gis.migrations import run_script

revision = "m0202"
down_revision = "m0201"


def upgrade() -> None:
    run_script(revision)
