"""What rasters say of cells beside their height: rain, persons; and how the ground takes rain."""

from gis.migrations import run_script

revision = "m0120"
down_revision = "m0611"


def upgrade() -> None:
    run_script(revision)
