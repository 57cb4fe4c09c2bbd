"""A step more in an alert's life: what still holds is said anew to other systems."""

from gis.migrations import run_script

revision = "m0522"
down_revision = "m0104"


def upgrade() -> None:
    run_script(revision)
