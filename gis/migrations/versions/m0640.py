"""What is known of a batch besides: when its lineage was told, and how many pixels a raster has."""

from gis.migrations import run_script

revision = "m0640"
down_revision = "m0521"


def upgrade() -> None:
    run_script(revision)
