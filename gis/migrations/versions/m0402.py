"""The ground of a grid worker."""

from gis.migrations import run_script

revision = "m0402"
down_revision = "m0301"


def upgrade() -> None:
    run_script(revision)
