"""Webhooks: who wants to be told of which events, and the events themselves."""

from gis.migrations import run_script

revision = "m0208"
down_revision = "m0610"


def upgrade() -> None:
    run_script(revision)
