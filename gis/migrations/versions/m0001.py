"""Record tables, their history, months and first grants."""

from gis.migrations import run_script

revision = "m0001"
down_revision = None


def upgrade() -> None:
    run_script(revision)
