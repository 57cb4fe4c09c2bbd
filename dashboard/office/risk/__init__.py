"""Risk points: candidates and what speaks for each, confirmed or rejected with a reason; the back-test of the score."""

from dashboard.office.page import OfficePage
from dashboard.office.risk.callbacks import register
from dashboard.office.risk.layout import layout

PAGE = OfficePage(
    slug="risk",
    group="warning",
    roles=frozenset({"duty_officer", "commander", "operator", "auditor"}),
    layout=layout,
    register=register,
)
