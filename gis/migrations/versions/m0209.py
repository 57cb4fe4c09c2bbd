"""The register of interfaces with the runs of their contracts, and how complete feeds are."""

from gis.migrations import run_script

revision = "m0209"
down_revision = "m0103"


def upgrade() -> None:
    run_script(revision)
