"""Households stay together as long as any person of theirs is merged."""

from gis.migrations import run_script

revision = "m0611"
down_revision = "m0102"


def upgrade() -> None:
    run_script(revision)
