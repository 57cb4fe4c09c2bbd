"""What walls may know of persons: three totals of the whole sub-district."""

from gis.migrations import run_script

revision = "m0601"
down_revision = "m0302"


def upgrade() -> None:
    run_script(revision)
