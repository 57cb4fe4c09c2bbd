"""The outbox: messages to people and systems outside, delivered with retries, dead letters and a log."""

from gis.migrations import run_script

revision = "m0206"
down_revision = "m0510"


def upgrade() -> None:
    run_script(revision)
