"""Tables of further feeds, mappings of heading sets, and pulls."""

from gis.migrations import run_script

revision = "m0630"
down_revision = "m0208"


def upgrade() -> None:
    run_script(revision)
