"""Activities, petitions and organisations wait to be placed like other records."""

from gis.migrations import run_script

revision = "m0104"
down_revision = "m0640"


def upgrade() -> None:
    run_script(revision)
