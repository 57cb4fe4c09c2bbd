"""批次: the ledger of what was loaded; a file is previewed and loaded here, a batch undone or replayed."""

from dashboard.office.batches.callbacks import register
from dashboard.office.batches.layout import layout
from dashboard.office.page import OfficePage

PAGE = OfficePage(
    slug="batches", group="data", roles=frozenset({"operator", "auditor"}), layout=layout, register=register
)
