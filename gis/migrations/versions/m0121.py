"""The rows of a batch of incidents are found without reading all of them."""

from gis.migrations import run_script

revision = "m0121"
down_revision = "m0310"


def upgrade() -> None:
    run_script(revision)
