"""隔离区: rows that were refused, with every reason; downloaded as a sheet, mended, and handed back."""

from dashboard.office.page import OfficePage
from dashboard.office.quarantine.callbacks import register
from dashboard.office.quarantine.layout import layout

PAGE = OfficePage(slug="quarantine", group="data", roles=frozenset({"operator"}), layout=layout, register=register)
