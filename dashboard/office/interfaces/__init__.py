"""Interfaces: the register as graph and table, consumers with keys and scopes, webhooks with their dead letters."""

from dashboard.office.interfaces.callbacks import register
from dashboard.office.interfaces.layout import layout
from dashboard.office.page import OfficePage

PAGE = OfficePage(
    slug="interfaces", group="interfaces", roles=frozenset({"operator", "auditor"}), layout=layout, register=register
)
