"""Alert rules: which there are, what they say in words, changed with a reason, and tried on history before that."""

from dashboard.office.page import OfficePage
from dashboard.office.rules.callbacks import register
from dashboard.office.rules.layout import layout

PAGE = OfficePage(
    slug="rules",
    group="warning",
    roles=frozenset({"duty_officer", "commander", "operator", "auditor"}),
    layout=layout,
    register=register,
)
