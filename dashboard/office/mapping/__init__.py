"""Headings that nobody knows, matched to the columns of a feed by a person; suggested, saved with date and name."""

from dashboard.office.mapping.callbacks import register
from dashboard.office.mapping.layout import layout
from dashboard.office.page import OfficePage

PAGE = OfficePage(slug="mapping", group="data", roles=frozenset({"operator"}), layout=layout, register=register)
