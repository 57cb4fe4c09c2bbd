"""GET /api/status counts the big tables only when they changed."""

from gis.migrations import run_script

revision = "m0205"
down_revision = "m0601"


def upgrade() -> None:
    run_script(revision)
