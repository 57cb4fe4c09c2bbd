"""Where counted records lie is said once; messages of others name what they replace, whatever order they come in."""

from gis.migrations import run_script

revision = "m0521"
down_revision = "m0530"


def upgrade() -> None:
    run_script(revision)
