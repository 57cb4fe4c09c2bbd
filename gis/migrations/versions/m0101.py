"""What loading needs beside the record tables: the rows as last delivered, aliases of communities, workers' telephones."""

from gis.migrations import run_script

revision = "m0101"
down_revision = "m0401"


def upgrade() -> None:
    run_script(revision)
