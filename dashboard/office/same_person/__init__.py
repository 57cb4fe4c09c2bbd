"""疑似同一人: pairs of records that may be of one person, decided by keyboard; every merge is undone by a key."""

from dashboard.office.page import OfficePage
from dashboard.office.same_person.callbacks import register
from dashboard.office.same_person.layout import layout

PAGE = OfficePage(slug="same-person", group="data", roles=frozenset({"operator"}), layout=layout, register=register)
