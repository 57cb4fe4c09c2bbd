"""A wall sees no account's name in the ledger."""

from gis.migrations import run_script

revision = "m0204"
down_revision = "m0203"


def upgrade() -> None:
    run_script(revision)
