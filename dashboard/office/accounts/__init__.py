"""Accounts: who may sign in as what, with which tokens; made and shut by operators, looked at by auditors."""

from access.administration import READERS
from dashboard.office.accounts.callbacks import register
from dashboard.office.accounts.layout import layout
from dashboard.office.page import OfficePage

PAGE = OfficePage(slug="accounts", group="access", roles=READERS, layout=layout, register=register)
