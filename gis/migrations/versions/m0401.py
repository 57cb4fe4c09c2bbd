"""Life of incidents, requests and visits; whose buildings and cells are whose."""

from gis.migrations import run_script

revision = "m0401"
down_revision = "m0202"


def upgrade() -> None:
    run_script(revision)
