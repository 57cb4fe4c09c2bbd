"""Nothing lost: a ledger whose four counts add up, batches that can be undone, history for whoever may see it, persons not records."""

from gis.migrations import run_script

revision = "m0610"
down_revision = "m0205"


def upgrade() -> None:
    run_script(revision)
