"""Nothing lost: counts that add up, batches that can be undone, history under its policies, persons counted once."""

from gis.migrations import run_script

revision = "m0610"
down_revision = "m0520"


def upgrade() -> None:
    run_script(revision)
