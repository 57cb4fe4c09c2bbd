"""Places decided by people, dated and attributed names, and the runs that place again."""

from gis.migrations import run_script

revision = "m0102"
down_revision = "m0511"


def upgrade() -> None:
    run_script(revision)
