"""What loading remembers: rows as they were delivered, feeds of communities, telephones of grid workers."""

from gis.migrations import run_script

revision = "m0101"
down_revision = "m0401"


def upgrade() -> None:
    run_script(revision)
