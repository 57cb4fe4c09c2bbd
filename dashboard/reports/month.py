"""A calendar month in the district's own time."""

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from gis.errors import BadInput

FORM = re.compile(r"^(\d{4})-(\d{2})$")


@dataclass(frozen=True, order=True)
class Month:
    """One month; compare and step it like a number."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"

    def shifted(self, months: int) -> "Month":
        """The month `months` later, or earlier when negative."""
        index = self.year * 12 + self.number - 1 + months
        return Month(index // 12, index % 12 + 1)

    def bounds(self, timezone: str) -> tuple[datetime, datetime]:
        """Begin and end (exclusive), aware, in `timezone`."""
        zone = ZoneInfo(timezone)
        after = self.shifted(1)
        return datetime(self.year, self.number, 1, tzinfo=zone), datetime(after.year, after.number, 1, tzinfo=zone)


def parse_month(text: str) -> Month:
    """Read ``YYYY-MM``; raises BadInput for anything else."""
    match = FORM.match(text)
    if not match or not 1 <= int(match[2]) <= 12 or not 1900 <= int(match[1]) <= 9998:
        raise BadInput("{text!r} is not a month; write it like 2026-10", text=text)
    return Month(int(match[1]), int(match[2]))


def month_of(moment: datetime, timezone: str) -> Month:
    """The month a moment falls in, in `timezone`."""
    local = moment.astimezone(ZoneInfo(timezone))
    return Month(local.year, local.month)
